"""The Compose screen: prompt, settings, price, and sending.

May import `tui.shell`, `tui.widgets` and what lies below. Start with `screen`.
"""
