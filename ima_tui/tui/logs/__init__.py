"""The Logs screen: entries of the shared log folder, filtered and followed. Start with `screen`."""
