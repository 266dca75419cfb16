"""The Queue screen: the jobs, their states, and what can be done with them. Start with `screen`."""
