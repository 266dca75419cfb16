"""The Gallery screen: results as tiles, the viewer, and comparing two. Start with `screen`."""
