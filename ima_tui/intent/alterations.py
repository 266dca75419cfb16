"""What is altered or moves, where no noun names it: 把照片变成动漫，然后做成视频 asks for a picture
and for a film of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import Clause, Item, Scan
from ima_tui.intent.wants import ClauseReading, Want, begins_step, medium_of

Wants = dict[Medium, Want]
Readings = Sequence[ClauseReading]


def altered(scan: Scan, readings: Readings, inputs: int) -> Wants:
    """Nothing is asked for outright: an alteration of what is at hand."""
    if inputs or any(reading.existing for reading in readings):
        motion = next((r for r in readings if r.motion and not r.edit), None)
        edits = (r.edit or _sure_edit(r) for r in readings)
        item = next((each for each in edits if each is not None), None)
        found: Wants = {}
        if item is not None and (motion is None or begins_step(motion.clause)):
            found |= one(Medium.IMAGE, item.start, item.end, works_on=True, edit=True)
        if motion is not None and motion.motion is not None:
            found |= one(Medium.VIDEO, motion.motion.start, motion.motion.end, works_on=True)
        if found:
            return found
    sure = next((item for r in readings if (item := _sure_edit(r)) is not None), None)
    if sure is not None:
        return one(Medium.IMAGE, sure.start, sure.end, works_on=True, edit=True)
    if (frames := _both_frames(scan)) is not None:
        return one(Medium.VIDEO, frames.start, frames.end, works_on=True)
    return {}


def _sure_edit(reading: ClauseReading) -> Item | None:
    """抠图, 照片上色: words that always alter a picture."""
    return next((i for i in reading.clause.items[:8] if i.has("edit_sure")), None)


def _both_frames(scan: Scan) -> Item | None:
    """第一张作为首帧，第二张作为尾帧: only a film has both."""
    items = [i for c in scan.clauses for i in c.items if _FRAME.search(i.phrase)]
    last = next((item for item in items if item.has("first.last")), None)
    return last if any(item.has("first") for item in items) else None


_FRAME = re.compile("帧|frame")


def with_edit(scan: Scan, readings: Readings, wants: Wants, inputs: int) -> Wants:
    """把照片变成动漫，然后做成视频: the alteration is a step of its own."""
    video = wants.get(Medium.VIDEO)
    if video is None or Medium.IMAGE in wants or not video.works_on:
        return wants
    clause = scan.clauses[video.clause]
    before = scan.clauses[max(0, video.clause - 1)]
    stepped = begins_step(clause) or (clause.after == "," and begins_step(before))
    if inputs and clause.after == "," and not any(item.has("neg") for item in before.items):
        stepped = stepped or readings[before.index].edit is not None  # "restore it, animate it"
    if not (stepped or (not inputs and _moves_it(clause))):
        return wants
    if not inputs:
        return _with_first_step(readings, wants, video)
    for reading in readings[: video.clause]:
        sure = next((i for i in reading.clause.items if i.has("edit_sure")), None)
        heads = reading.edit in reading.clause.items[:2]
        item = sure or (reading.edit if reading.existing or heads else None)
        if item is not None:
            return wants | one(Medium.IMAGE, item.start, item.end, works_on=True, edit=True)
    return wants


def _moves_it(clause: Clause) -> bool:
    """ "create an owl, make him blink": what was described before."""
    return clause.after == "," and any(item.phrase in OF_BEFORE for item in clause.items[:3])


def _with_first_step(readings: Readings, wants: Wants, video: Want) -> Wants:
    """ "Generate a dragon, then animate it": what moves later is a picture first."""
    for reading in readings[: video.clause]:
        items = reading.clause.items
        made = next((i for i in items[:3] if i.under("verb") == "make" and not i.has("with")), None)
        if made is not None and len(items) > 2:
            return one(Medium.IMAGE, made.start, made.end) | wants
    return wants


def further(readings: Readings, wants: Wants, inputs: int) -> Wants:
    """Known to be several: what is only mentioned, or the picture that is to move."""
    refused = {item.under("noun") for reading in readings for item in reading.refused}
    for want in (want for reading in readings for want in reading.weak):
        if (
            want.medium is not None
            and want.medium not in wants
            and want.medium.value not in refused
        ):
            return wants | {want.medium: want}
    moved = next((reading.motion for reading in readings if reading.motion), None)
    if moved is not None and Medium.VIDEO not in wants:
        return wants | one(Medium.VIDEO, moved.start, moved.end, works_on=True)
    for reading in readings:
        for item in () if reading.done else reading.clause.items:
            told = Medium.SPEECH if item.under("verb") == "speech" else medium_of(item)
            if told is not None and told not in wants and told.value not in refused:
                return wants | one(told, item.start, item.end)
    video = wants.get(Medium.VIDEO)
    if video is not None and (video.works_on or inputs):
        return one(Medium.IMAGE, 0, 0, works_on=inputs > 0, edit=inputs > 0) | wants
    return wants


def one(
    medium: Medium, start: int, end: int, *, works_on: bool = False, edit: bool = False
) -> Wants:
    """One thing to make, by the words at that place."""
    want = Want(medium, start, end, works_on=works_on, edit=edit, phrase=(start, end))
    return {medium: want}


OF_BEFORE = frozenset({"它", "她", "他", "其", "it", "让它", "把它", "them", "him", "her"})
"""再制作她跳舞的视频: made of what the step before made."""
