"""The verbs of the command line, one module each.

A verb reads its arguments, calls the studio and prints; it decides nothing about money. May import
everything below `cli`; only `tui` imports the terminal interface. Start with `generate`.
"""
