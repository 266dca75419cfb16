"""Sentences about what a workflow ends with beside its film: crops and joined music."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ima_tui.core.domain import Medium
from ima_tui.film.timeline import largest_within
from ima_tui.i18n import say
from ima_tui.workflow import finishing
from ima_tui.workflow.finishing import Crop
from ima_tui.workflow.pricing import PricedStep
from ima_tui.workflow.steps import Workflow

_SIZE = re.compile(r"(\d{3,5})\s*[x*×]\s*(\d{3,5})")
_LINES = re.compile(r"(\d{3,4})p", re.I)


def sentences(workflow: Workflow, priced: Iterable[PricedStep] = ()) -> list[str]:
    """Return a sentence for each: what is made, how large, and that it is free.

    `priced`: the steps with their orders, from which sizes are known.
    """
    steps = {each.step.id: each for each in priced}
    found: list[str] = []
    for each in workflow.finish:
        if isinstance(each, Crop):
            media = {workflow.step(step_id).task_type.medium for step_id in each.steps}
            key = "finish.crop" if media == {Medium.IMAGE} else "finish.crop_video"
            sizes = [_size(steps.get(step_id)) for step_id in each.steps]
            found.append(say(key, ratio=_ratio(each.ratio, sizes)))
        else:
            seconds = f"{each.seconds:g}"
            found.append(say("finish.join", n=len(each.steps), seconds=seconds))
    if workflow.film is not None and workflow.film.ratio != (0, 0):
        videos = (each for each in steps.values() if each.step.task_type.medium is Medium.VIDEO)
        ratio = _ratio(workflow.film.ratio, [_size(each) for each in videos])
        found.append(say("finish.crop_film", ratio=ratio))
    return found


def _ratio(ratio: tuple[int, int], sizes: list[tuple[int, int]]) -> str:
    """Return proportions, with the size that a crop will have where all have the same one."""
    words, known = finishing.words_of(ratio), set(sizes)
    if len(known) != 1 or (0, 0) in known:
        return words
    width, height = largest_within(known.pop(), ratio)
    return say("finish.ratio_size", ratio=words, width=width, height=height)


def _size(priced: PricedStep | None) -> tuple[int, int]:
    """Return the size of what a step makes, by its parameters; (0, 0): not known."""
    if priced is None or priced.order is None:
        return 0, 0
    values = dict(priced.order.parameters)
    if size := _SIZE.search(str(values.get("size", ""))):
        return int(size[1]), int(size[2])
    lines = _LINES.fullmatch(str(values.get("resolution", "")))
    ratio = finishing.ratio_of(str(values.get("aspect_ratio", "")))
    if lines is None or ratio is None:
        return 0, 0
    short, (wide, high) = int(lines[1]), ratio
    return (short * wide // high, short) if wide > high else (short, short * high // wide)
