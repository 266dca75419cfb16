"""Widgets that several screens use, and the functions that write their text.

Start with `lines` (panes and lines), `table` (lists) and `app_context` (what a widget sees of the
app).
"""
