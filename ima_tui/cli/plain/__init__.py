"""The plain mode: a line-by-line text interface for screen readers and simple terminals.

Imports the studio and compose, never Textual. Start with `mode`.
"""
