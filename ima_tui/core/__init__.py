"""Types and tools that every other package may use: domain types, errors, text, time, files.

Imports nothing else of ima_tui. Start with `domain`.
"""
