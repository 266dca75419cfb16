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
from ima_tui.i18n import say
from ima_tui.intent.limits import CROSSFADE

MOST_SECONDS = 3600.0
_RATIO = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)\s*[:/]\s*(\d{1,4}(?:\.\d{1,2})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Crop:
    """All images of some steps, cropped to proportions that no model makes."""

    steps: tuple[int, ...]
    ratio: tuple[int, int]

    @property
    def words(self) -> str:
        """The proportions as people write them."""
        return f"{self.ratio[0]}:{self.ratio[1]}"


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


def check(finish: Sequence[Finish], media: Mapping[int, Medium]) -> None:
    """Raise `UsageError` where a step is missing, or makes another medium; `media`: by step."""
    for each in finish:
        wanted = Medium.IMAGE if isinstance(each, Crop) else Medium.MUSIC
        for step_id in each.steps:
            if media.get(step_id) is not wanted:
                raise UsageError("error.finish_step", id=step_id)


def without(finish: Sequence[Finish], step_id: int) -> tuple[Finish, ...]:
    """Return what is left to do after a step was removed."""
    left = (tuple(step for step in each.steps if step != step_id) for each in finish)
    kept = (replace(each, steps=steps) for each, steps in zip(finish, left, strict=True) if steps)
    return tuple(kept)


def sentences(finish: Sequence[Finish]) -> list[str]:
    """Return a sentence for each: what is made at the end, and that it is free."""
    return [
        say("finish.crop", ratio=each.words)
        if isinstance(each, Crop)
        else say("finish.join", n=len(each.steps), seconds=f"{each.seconds:g}")
        for each in finish
    ]
