"""Batches: many prompts in one file, a job for each row.

`rows` reads JSON Lines, CSV and plain text; `manifest` keeps what became of each row, so that a
batch can be run again. May import compose's lower layers (runner and below). Start with `rows`.
"""
