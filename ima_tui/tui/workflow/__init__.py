"""The Workflow screen: steps, their graph, prices and states. Start with `screen`."""
