"""Colours, glyphs and style sheets. Imports no widget. Start with `theme`."""
