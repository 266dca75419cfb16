"""The Models screen: every model version with its prices. Start with `screen`."""
