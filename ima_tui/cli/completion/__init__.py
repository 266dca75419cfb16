"""Shell completion: which word may come next (`words`), from what this machine knows (`values`).

The scripts in `scripts` ask `ima-tui __complete` at each tab, so they never fall behind the parser.
"""
