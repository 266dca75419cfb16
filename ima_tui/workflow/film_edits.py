"""Changes to the film of a workflow. All are free but `remade`, which orders a step anew.

Steps are never moved or renumbered here: their numbers are part of what was paid for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.core.errors import UsageError
from ima_tui.film.timeline import MOST_SHOTS, Role
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.sources import result_of, source_of
from ima_tui.workflow.steps import Workflow, WorkflowStep

STEP_SECONDS = 0.5
SHORTEST = 0.5
"""Seconds that stay of a trimmed shot."""
STEP_VOLUME = 0.1
LOUDEST = 2.0
_NUMBER = re.compile(r"\d{1,5}(?:\.\d{1,3})?")


def shot_of(plan: FilmPlan, shot_id: int) -> PlannedShot:
    """Return one shot."""
    return next(shot for shot in plan.shots if shot.id == shot_id)


def _with_shot(plan: FilmPlan, shot: PlannedShot) -> FilmPlan:
    return replace(plan, shots=tuple(shot if s.id == shot.id else s for s in plan.shots))


def moved(plan: FilmPlan, shot_id: int, by: int) -> FilmPlan:
    """Return the film with a shot `by` places later. Crossfades stay where they are."""
    order = list(plan.shots)
    at = order.index(shot_of(plan, shot_id))
    to = max(0, min(len(order) - 1, at + by))
    order.insert(to, order.pop(at))
    return _joined(plan, order)


def without(plan: FilmPlan, shot_id: int) -> FilmPlan:
    """Return the film without a shot. Raises `UsageError` where it is the only one."""
    if len(plan.shots) == 1:
        raise UsageError("error.film_last_shot")
    return _joined(plan, [shot for shot in plan.shots if shot.id != shot_id])


def _joined(plan: FilmPlan, order: Sequence[PlannedShot]) -> FilmPlan:
    """Return the film with these shots; how one goes over to the next belongs to the place."""
    shots: list[PlannedShot] = []
    for place, shot in enumerate(order):
        like, last = plan.shots[place], place == len(order) - 1
        fades = like.transition == "fade" and not last
        shots.append(
            replace(
                shot,
                transition="fade" if fades else "cut",
                transition_s=like.transition_s,
                hold=like.hold if fades else 0.0,
            )
        )
    return replace(plan, shots=tuple(shots))


def trimmed(plan: FilmPlan, shot_id: int, by: float, whole: float) -> FilmPlan:
    """Return the film with a shot `by` seconds longer, of a file of `whole` seconds."""
    shot = shot_of(plan, shot_id)
    begins, ends = shot.trim
    until = min(whole, max(begins + SHORTEST, (ends or whole) + by))
    return _with_shot(
        plan, replace(shot, trim=(begins, 0.0 if until >= whole else round(until, 3)))
    )


def swapped(plan: FilmPlan, shot_id: int, source: str) -> FilmPlan:
    """Return the film with another source for a shot, uncut; the one before stays among its takes.

    A trim belongs to the file that it was chosen for.
    """
    shot = shot_of(plan, shot_id)
    takes = tuple(dict.fromkeys((*shot.takes, shot.source)))
    kept = tuple(take for take in takes if take != source)[-MOST_SHOTS:]
    return _with_shot(plan, replace(shot, source=source, takes=kept, trim=(0.0, 0.0)))


def with_louder(plan: FilmPlan, role: Role, by: float) -> FilmPlan:
    """Return the film with another volume of its music or voice, between 0 and `LOUDEST`."""
    tracks = tuple(
        replace(track, volume=round(min(LOUDEST, max(0.0, track.volume + by)), 2))
        if track.role is role
        else track
        for track in plan.tracks
    )
    return replace(plan, tracks=tracks)


def video_step(workflow: Workflow, shot: PlannedShot) -> WorkflowStep | None:
    """Return the step that makes a shot, None where it comes from elsewhere."""
    found = result_of(shot.source)
    return workflow.step(found[0]) if found is not None else None


def step_seconds(workflow: Workflow, shot: PlannedShot) -> float:
    """Return the length of what a shot's step makes, 0 where it is not known."""
    step = video_step(workflow, shot)
    return number(dict(step.chosen).get("duration")) if step is not None else 0.0


def number(value: object) -> float:
    """Return the number that a setting begins with: 5 of "5s"; 0 for none."""
    found = _NUMBER.match(str(value)) if value is not None else None
    return float(found[0]) if found else 0.0


def picture_step(workflow: Workflow, shot: PlannedShot) -> WorkflowStep | None:
    """Return the step that makes a shot's own first frame; the master image is nobody's own."""
    video = video_step(workflow, shot)
    for source in video.sources if video is not None else ():
        step = workflow.step(source)
        users = workflow.users_of(source)
        if step.task_type.medium is Medium.IMAGE and len(users) == 1:
            return step
    return None


def remade(workflow: Workflow, shot_id: int, step_id: int, before: str) -> Workflow:
    """Return the workflow with a step of a shot ordered anew; `before`: what it made, `job:41#1`.

    That stays among the takes of the shot, which shows the new one.
    """
    plan = workflow.film
    if plan is None:
        raise UsageError("error.film_none")
    shot, step = shot_of(plan, shot_id), workflow.step(step_id)
    again = replace(step, take=step.take + 1)
    steps = tuple(again if each.id == step_id else each for each in workflow.steps)
    takes = tuple(dict.fromkeys((*shot.takes, *((before,) if before else ()))))[-MOST_SHOTS:]
    video = video_step(workflow, shot)
    source = source_of(video.id) if video is not None else shot.source
    film = _with_shot(plan, replace(shot, source=source, takes=takes))
    return replace(workflow, steps=steps, film=film)
