"""What is made of results at a workflow's end, here and free: images cropped, music joined.

No image model makes 7:3 and no music model makes five minutes: the nearest that they make is
ordered, and the rest happens on this machine. Like a film, nothing of it is part of the hash.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.intent.limits import CROSSFADE
from ima_tui.intent.shapes import STANDARD

_LARGE = 22
"""21:9 is written so, 47:20 isn't."""
_CROPPED = (Medium.IMAGE, Medium.VIDEO)
_RATIO = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)\s*[:/]\s*(\d{1,4}(?:\.\d{1,2})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Crop:
    """All images or videos of some steps, cropped to proportions that no model makes."""

    steps: tuple[int, ...]
    ratio: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Join:
    """All music of some steps, crossfaded, as one file of a length."""

    steps: tuple[int, ...]
    seconds: float
    crossfade: float = CROSSFADE


Finish = Crop | Join


def ratio_of(text: str) -> tuple[int, int] | None:
    """Return proportions in whole numbers, None for no such text: 2.35:1 is 47:20."""
    found = _RATIO.fullmatch(text.strip())
    if found is None:
        return None
    wide, high = (round(float(each) * 100) for each in found.groups())
    shared = math.gcd(wide, high)
    return (wide // shared, high // shared) if wide and high else None


def odd_ratio(text: str) -> tuple[int, int] | None:
    """Return proportions that no model makes, None for others."""
    return ratio_of(text) if text not in STANDARD else None


def ratio_text(ratio: tuple[int, int]) -> str:
    """Return proportions as `ratio_of` reads them."""
    return f"{ratio[0]}:{ratio[1]}"


def words_of(ratio: tuple[int, int]) -> str:
    """Return proportions as people write them: 47:20 is 2.35:1."""
    wide, high = ratio
    against_one = f"{wide / high:g}:1"
    is_short = max(ratio) < _LARGE or ratio_of(against_one) != ratio
    return ratio_text(ratio) if is_short else against_one


def check(finish: Sequence[Finish], media: Mapping[int, Medium]) -> None:
    """Raise `UsageError` where a step is missing, or makes another medium; `media`: by step."""
    for each in finish:
        wanted = _CROPPED if isinstance(each, Crop) else (Medium.MUSIC,)
        for step_id in each.steps:
            if media.get(step_id) not in wanted:
                raise UsageError("error.finish_step", id=step_id)


def without(finish: Sequence[Finish], step_id: int) -> tuple[Finish, ...]:
    """Return what is left to do after a step was removed."""
    left = (tuple(step for step in each.steps if step != step_id) for each in finish)
    kept = (replace(each, steps=steps) for each, steps in zip(finish, left, strict=True) if steps)
    return tuple(kept)
