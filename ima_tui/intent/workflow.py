"""Several media in one wish: the ordered steps, and which is made of which."""

from __future__ import annotations

import re
from dataclasses import replace

from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent.inputs import Inputs
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.wants import Want

_FROM_TEXT = {
    Medium.IMAGE: TaskType.TEXT_TO_IMAGE,
    Medium.VIDEO: TaskType.TEXT_TO_VIDEO,
    Medium.MUSIC: TaskType.TEXT_TO_MUSIC,
    Medium.SPEECH: TaskType.TEXT_TO_SPEECH,
}


def plan(asked: MediaRequest, inputs: Inputs) -> tuple[tuple[TaskType, int | None], ...]:
    """(task type, the step it is made of), images first, then video, then what sounds."""
    steps: list[tuple[TaskType, int | None]] = []
    image_step: int | None = None
    edited: Want | None = None
    for want in asked.wants:
        if want.medium is None:
            continue
        if want.medium is Medium.VIDEO:
            if edited is not None and want.start > edited.start:
                want = replace(want, works_on=True)  # of the picture as it was altered
            steps.append(_video(want, image_step, inputs))
        elif want.medium is Medium.IMAGE:
            image_step = len(steps)
            edited = want if inputs.sources and want.edit else None
            altered = bool(inputs.sources)  # what is given would be left out otherwise
            steps.append((TaskType.IMAGE_TO_IMAGE if altered else TaskType.TEXT_TO_IMAGE, None))
        else:
            steps.append((_FROM_TEXT[want.medium], None))
    return tuple(steps)


def _video(want: Want, image_step: int | None, inputs: Inputs) -> tuple[TaskType, int | None]:
    if image_step is not None:
        made = want.works_on
        return (TaskType.IMAGE_TO_VIDEO, image_step) if made else (TaskType.TEXT_TO_VIDEO, None)
    if inputs.has_media:
        return (TaskType.REFERENCE_TO_VIDEO, None)
    return (TaskType.IMAGE_TO_VIDEO if inputs.sources else TaskType.TEXT_TO_VIDEO, None)


_COLON = re.compile(r"(?<!\d)[:：](?!//)|[:：](?!//|\s*\d)")
"""Not that of 16:9, 10:30 or an address."""


def behind_heading(text: str) -> int:
    """Where the parts of "a film about a fox: poster, then animate it" begin; 0 where none do."""
    found = _COLON.search(text)
    return found.end() if found is not None and text[found.end() :].strip() else 0


def from_text(medium: Medium) -> TaskType:
    """The task type that makes this medium from text alone."""
    return _FROM_TEXT[medium]
