"""The least delay that any schedule could have, if it knew the distribution of durations exactly,
kept the closest gap, and asked no more often than a given number of questions.

By Lagrange: whatever a question is taken to cost, the cheapest schedule's cost (delay and questions
together, by dynamic programming backwards in time) less that of the questions which are allowed is
no more than the least delay. The best of some prices of a question is the bound. Questions stand on
a grid of an eighth of the closest gap. Nothing here is shared with the program's own planning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import erf, sqrt

Share = Callable[[float], float]
"""How many jobs have ended after so many seconds."""

PARTS = 8
PRICES = (0.0, *(0.01 * 1.6**power for power in range(14)))
"""Seconds of delay that a question is taken to cost."""
HORIZON = 12.0
"""Of the longest usual duration: what ends later than that is taken to be known at once."""


def uniform(low: float, high: float) -> Share:
    return lambda at: min(1.0, max(0.0, (at - low) / (high - low)))


def with_tail(low: float, high: float) -> Share:
    """One in ten ends later than usual, by Pareto's law with the exponent 1.5."""
    usual = uniform(low, high)
    return lambda at: 0.9 * usual(at) + (0.1 * (1 - (high / at) ** 1.5) if at > high else 0.0)


def normal(mean: float, deviation: float) -> Share:
    return lambda at: 0.5 * (1 + erf((at - mean) / deviation / sqrt(2)))


def questions(share: Share, every: float, reach: float) -> float:
    """Of asking every so many seconds from the start, on average."""
    found, at = 1.0, every
    while at < reach and share(at) < 1:
        found += 1 - share(at)
        at += every
    return found


def least(shares: Sequence[Share], floor: float, allowed: float, reach: float) -> float:
    """Seconds, on average over distributions that are equally likely and each known when it is
    its turn; `allowed` questions on average."""
    step = floor / PARTS
    tables = [_table(share, step, int(reach / step) + 2 * PARTS) for share in shares]
    bounds = [
        sum(_cheapest(*table, price, step) for table in tables) / len(tables) - price * allowed
        for price in PRICES
    ]
    return max(0.0, *bounds)


def _table(share: Share, step: float, count: int) -> tuple[list[float], list[float]]:
    """The share that has ended, and its integral, at each step."""
    ended = [share(at * step) if at else 0.0 for at in range(count)]
    sums = [0.0]
    for before, after in pairwise(ended):
        sums.append(sums[-1] + (before + after) / 2 * step)
    return ended, sums


def _cheapest(ended: list[float], sums: list[float], price: float, step: float) -> float:
    """Delay and questions, at `price` each, of the best schedule from the start."""
    count = len(ended)
    first = next((at for at, share in enumerate(ended) if share > 1e-6), 0)
    costs = [0.0] * count
    for here in (*range(count - PARTS - 1, max(1, first - PARTS) - 1, -1), 0):
        alive = 1 - ended[here]
        if alive < 1e-6:
            continue
        best = float("inf")
        for there in range(max(here + PARTS, first), count):
            wait = sums[there] - sums[here] - ended[here] * (there - here) * step
            best = min(best, wait + costs[there])
            if wait > best:
                break  # a later one only makes more wait
        costs[here] = price * alive + best
    return costs[0]
