"""The Spending screen: points by day, model and task type. Start with `screen`."""
