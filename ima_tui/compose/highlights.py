"""Which words of the prompt belong to which part of the reading, and where they stand meanwhile.

Arithmetic on places in a text. A mark outlives a key: until the prompt was read anew, what stands
behind the edit moves along with it, and what was edited itself is let go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from ima_tui.compose.composer import KIND, MODEL, ORDER, Composer
from ima_tui.core.records import dataclass

REMEMBER, LIMIT = "remember", "limit"
"""Parts that are no control: what is to be remembered, and what isn't available."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """Characters `start` to `end` gave `part`."""

    start: int
    end: int
    part: str


class SetBy(StrEnum):
    """Who set a part of the draft."""

    HAND = "hand"
    WORDS = "words"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a part of the draft, and the words of the prompt that did (`spans`)."""

    by: SetBy
    spans: tuple[tuple[int, int], ...] = ()


def origin(composer: Composer, part: str) -> Origin:
    """Return where `part` (as in `Pins`) comes from."""
    if part in composer.pins:
        return Origin(SetBy.HAND)
    decision = composer.decision
    if decision is None or decision.task_type is not composer.kind:
        return Origin(SetBy.ITSELF)
    told = {KIND: ("media", "task_type"), MODEL: ("model", "tier"), ORDER: ("images_role",)}
    if part in composer.read:
        told[part] = (composer.read[part].part,)
    spans = tuple(span for name in told.get(part, ()) for span in decision.spans(name))
    return Origin(SetBy.WORDS, spans) if spans else Origin(SetBy.ITSELF)


def unmet(composer: Composer) -> frozenset[str]:
    """Controls that have another value than the words ask for: the model doesn't offer that."""
    return frozenset(name for name, one in composer.read.items() if not one.exact)


def marks(desk: Composer) -> tuple[Highlight, ...]:
    """The words that count, in their order; what was chosen by the user has none."""
    spans = [
        (span, part)
        for part in (KIND, MODEL, ORDER, *sorted(desk.read))
        for span in origin(desk, part).spans
    ]
    if desk.decision is not None:
        spans += [(span, REMEMBER) for span in desk.decision.spans("preference")]
        controls = {span for span, part in spans if part in desk.read}  # see `unmet`
        limits = (span for span in desk.decision.spans("unsupported") if span not in controls)
        spans += [(span, LIMIT) for span in limits]
    return tuple(Highlight(start, end, part) for (start, end), part in sorted(spans))


def moved(known: Sequence[Highlight], before: str, after: str) -> tuple[Highlight, ...]:
    """`known` marks of `before` in `after`, which is the same text with one stretch replaced."""
    if before == after:
        return tuple(known)
    head = _shared(before, after)
    room = min(len(before), len(after)) - head
    tail = min(room, _shared(before[::-1], after[::-1]))
    edited_to, by = len(before) - tail, len(after) - len(before)
    kept: list[Highlight] = []
    for mark in known:
        if mark.end <= head:
            kept.append(mark)
        elif mark.start >= edited_to:
            kept.append(replace(mark, start=mark.start + by, end=mark.end + by))
    return tuple(kept)


def _shared(one: str, other: str) -> int:
    """Characters that both begin with."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(i for i in range(length) if one[i] != other[i])


def by_line(
    known: Sequence[Highlight], lines: Sequence[str], ending: int = 1
) -> Mapping[int, tuple[Highlight, ...]]:
    """Marks by the line they stand on, in columns; `ending`: characters between two lines."""
    found: dict[int, tuple[Highlight, ...]] = {}
    begin = 0
    for number, line in enumerate(lines):
        end = begin + len(line)
        here = tuple(
            replace(mark, start=max(mark.start, begin) - begin, end=min(mark.end, end) - begin)
            for mark in known
            if max(mark.start, begin) < min(mark.end, end)
        )
        if here:
            found[number] = here
        begin = end + ending
    return found
