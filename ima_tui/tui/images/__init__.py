"""Images in the terminal: which protocol it speaks, and drawing, caching and scaling.

May import `tui.widgets`, `tui.theme` and `tui.terminal`. Start with `graphics`.
"""
