"""What surrounds every screen: header, key bar, confirm bar, palette, help, picker.

Start with `base_screen`.
"""
