"""Splits a film's length among its shots, by the lengths that a model offers and their prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ima_tui.core.records import dataclass

Offers = Mapping[int, int]
"""Seconds that a model makes at once, with the points for them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A shot: `seconds` that are ordered, and `used` of them in the film."""

    seconds: int
    used: float


def total(wanted: float, count: int, offers: Offers, words: Sequence[int]) -> list[Part] | None:
    """Return `count` parts for a film of `wanted` seconds, None where the model can't.

    The cheapest combination that is long enough, then the shortest, then the most even. The longest
    go to the shots with most `words`; what is too much is trimmed in proportion.
    """
    values = _cheapest(wanted, count, offers)
    if values is None:
        return None
    by_words = sorted(range(count), key=lambda place: (-words[place], place))
    found = [0] * count
    for place, value in zip(by_words, sorted(values, reverse=True), strict=True):
        found[place] = value
    share = min(1.0, wanted / sum(found))
    return [Part(value, round(value * share, 3)) for value in found]


def one(wanted: float, offers: Offers) -> Part | None:
    """Return the shortest length that holds `wanted` seconds; None above the longest."""
    fitting = [value for value in offers if value >= wanted]
    return Part(min(fitting), wanted) if fitting else None


def most(offers: Offers) -> int:
    """Return the longest length, 0 for none."""
    return max(offers, default=0)


def usual_count(seconds: float) -> int:
    """Return how many shots a film of this length has if nobody says it."""
    for limit, count in ((5, 1), (10, 2), (20, 3)):
        if seconds <= limit:
            return count
    return min(8, round(seconds / 7.5))


def _cheapest(wanted: float, count: int, offers: Offers) -> list[int] | None:
    """Return the lengths, by dynamic programming over the sum."""
    best: dict[int, tuple[int, int, tuple[int, ...]]] = {0: (0, 0, ())}
    for _ in range(count):
        following: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        for reached, (points, spread, values) in best.items():
            for value, price in offers.items():
                made = (points + price, spread + value * value, (*values, value))
                if reached + value not in following or made < following[reached + value]:
                    following[reached + value] = made
        best = following
    enough = [(kept[0], at, kept[1], kept[2]) for at, kept in best.items() if at >= wanted - 1e-9]
    return list(min(enough)[3]) if enough else None
