"""A parameter as it was found in a text."""

from __future__ import annotations

import re

from ima_tui.core.domain import Value
from ima_tui.core.records import dataclass
from ima_tui.intent.scan import Scan


@dataclass(frozen=True, slots=True)
class FoundParameter:
    """A parameter with its place in the folded text."""

    name: str
    value: Value
    start: int
    end: int


TURNED_DOWN = re.compile(
    r"(?:不用|不要|别用|别要|不是|\bnot|\bno|\bwithout|\binstead of|\brather than)\s*(?:an?\s+)?$"
)
"""不用16:9, "not instrumental": what stands behind is not wanted."""


def written(scan: Scan, first: int, last: int) -> str:
    """The person's own words, folded in width and case only: a decision is the same in capitals."""
    import unicodedata

    start, end = scan.plain.span(first, last)
    return unicodedata.normalize("NFKC", scan.plain.original[start:end]).casefold().strip(" :,、")


_BREAKS = ",.;:!?，。；：、\n"
_LEADS = re.compile(
    r"(?:\b(?:in|at|as|an?|make it|about|for)|用|要|时长|长度|duration|length|约|比例)\s*$"
)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Nothing stands beside it in its clause but a word that leads to it."""
    before = text[max(0, start - 24) : start]
    before = _LEADS.sub("", before).rstrip(" ")
    behind = text[end : end + 2].lstrip(" ")
    return (not before or before[-1] in _BREAKS) and (not behind or behind[0] in _BREAKS)
