"""Shell completion: which word may come next (`words`), from the parser and what is known here.

The scripts in `scripts` ask `ima-tui __complete` at each tab, so they never fall behind the parser.
"""

from typing import NamedTuple


class Candidate(NamedTuple):
    """A word that completes, with what it means."""

    word: str
    about: str = ""
