"""Spelling mistakes: which known word somebody meant.

Both sides are indexed by what is left when one letter is taken out, so that a word is looked up
and not compared with all of them. One slip (a letter too many, too few, wrong, or two swapped) is
forgiven where one of the two has five letters or more, two in words of eight and more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

SHORTEST = 4
LONG = 8
LONGEST = 24


class Speller:
    """`known` are words that are right as they are, however like a listed one they look."""

    def __init__(self, words: Iterable[str], known: Collection[str]) -> None:
        self._words = frozenset(words)
        self._known = frozenset(known) | self._words
        self._by_part: dict[str, set[str]] = {}
        for word in self._words:
            for part in _parts(word, twice=len(word) >= LONG):
                self._by_part.setdefault(part, set()).add(word)
        self.meant = lru_cache(maxsize=4096)(self._meant)

    def _meant(self, word: str) -> str | None:
        """The word that was meant by a misspelt one, or None."""
        if not SHORTEST <= len(word) <= LONGEST or word in self._known or not word.isascii():
            return None
        found: list[tuple[int, str]] = []
        for part in _parts(word, twice=len(word) >= LONG):
            for listed in self._by_part.get(part, ()):
                allowed = 2 if min(len(word), len(listed)) >= LONG else 1
                slips = distance(word, listed)
                if len(listed) <= SHORTEST:
                    allowed = 0 if len(word) <= SHORTEST else 1
                if slips <= allowed and word[0] == listed[0]:
                    found.append((slips, listed))
        return min(found)[1] if found else None


def _parts(word: str, *, twice: bool) -> set[str]:
    once = {word[:i] + word[i + 1 :] for i in range(len(word))}
    if twice:
        once |= {part[:i] + part[i + 1 :] for part in once for i in range(len(part))}
    return once | {word}


def distance(left: str, right: str) -> int:
    """Slips between two words: insertions, omissions, wrong letters, neighbours swapped."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
