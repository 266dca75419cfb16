"""What a storyboard shows: master image, shots, sounds and film as tiles. No widget here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from textual.content import Content

from ima_tui.core.domain import Job, Medium, Result, State, TaskType, results_of
from ima_tui.core.records import dataclass
from ima_tui.core.text import duration, one_line
from ima_tui.film.assembler import FilmProgress, progress_words
from ima_tui.film.timeline import Role, Track
from ima_tui.i18n import listed, say
from ima_tui.studio.endings import Ending, Stage
from ima_tui.studio.films import MadeFilm
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, STATE_ROLE, Glyphs
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.lines import Part
from ima_tui.workflow import film_edits, film_plan
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.sources import job_of, result_of
from ima_tui.workflow.status import StepStatus, WorkflowStatus

MASTER, MUSIC, VOICE, FILM = "master", "music", "voice", "film"


@dataclass(frozen=True, slots=True)
class BoardTile:
    """One tile. `id`: `master`, `shot:3`, `music`, `voice` or `film`.

    `step`: what keys for steps act on, 0 for none. `empty` is shown while there is no `result`.
    """

    id: str
    title: str
    sign: Part
    length: str
    caption: str
    states: tuple[Part, ...]
    step: int = 0
    result: Result | None = None
    empty: str = ""

    @property
    def shot(self) -> int:
        """The shot's number, 0 for other tiles."""
        name, _, number = self.id.partition(":")
        return int(number) if name == "shot" else 0


@dataclass(frozen=True, slots=True)
class FilmState:
    """Where the film stands: being made, made, or neither.

    `outdated`: the film on the disk was made before the last change.
    """

    made: MadeFilm | None = None
    outdated: bool = False
    ending: Ending | None = None

    @property
    def progress(self) -> FilmProgress | None:
        """How far it is, None while nothing is assembled here."""
        if self.ending is None or self.ending.stage is not Stage.MAKING:
            return None
        return self.ending.progress or FilmProgress(0.0, 0.0, "check", 1)


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """All that a storyboard is drawn from. `jobs`: those that the film names by number."""

    status: WorkflowStatus
    film: FilmPlan
    jobs: Mapping[int, Job]
    state: FilmState
    now: float
    glyphs: Glyphs


def tiles(facts: BoardFacts) -> tuple[BoardTile, ...]:
    """Return every tile, in the film's order."""
    found = [_shot(facts, shot, place) for place, shot in enumerate(facts.film.shots, 1)]
    if facts.film.master:
        found.insert(0, _master(facts))
    found += [_track(facts, track) for track in facts.film.tracks]
    return (*found, _film(facts))


# -------------------------------------------------------------------------------------- tiles


def _master(facts: BoardFacts) -> BoardTile:
    each = facts.status.step_status(facts.film.master)
    return BoardTile(
        MASTER,
        say("board.master"),
        _sign(facts, each),
        "",
        one_line(each.step.prompt, 200),
        _states(facts, each),
        each.step.id,
        _result(each.job, 1),
        _planned("board.no_picture", each),
    )


def _planned(key: str, each: StepStatus | None) -> str:
    """Return what is missing, and what was ordered of it."""
    prompt = one_line(each.step.prompt, 400) if each is not None else ""
    return "\n".join(filter(None, (say(key), prompt)))


def _shot(facts: BoardFacts, shot: PlannedShot, place: int) -> BoardTile:
    steps = list(_steps_of(facts, shot))
    seconds = shot_seconds(facts, shot)
    length = say("board.seconds", seconds=f"{seconds:g}") if seconds else ""
    result = shot_result(facts, shot)
    states: tuple[Part, ...] = ()
    for each in steps:
        states += ((f" {facts.glyphs.dot} ", "muted"),) if states else ()
        states += _states(facts, each)
    sign = _sign(facts, steps[-1] if steps else None, here=result is not None)
    if not steps:
        states = ((_source_words(shot.source), "muted"),)
    for each in reversed(steps):
        result = result or _result(each.job, 1)
    title = shot.title or (steps[-1].step.prompt if steps else "")
    return BoardTile(
        f"shot:{shot.id}",
        say("board.shot", n=place),
        sign,
        length,
        one_line(title, 200),
        states,
        steps[-1].step.id if steps else 0,
        result,
        _planned("board.no_picture", steps[-1] if steps else None),
    )


def _track(facts: BoardFacts, track: Track) -> BoardTile:
    step, named = result_of(track.file), job_of(track.file)
    each = facts.status.step_status(step[0]) if step else None
    job = facts.jobs.get(named[0]) if named else each.job if each else None
    name = MUSIC if track.role is Role.MUSIC else VOICE
    caption = track.text or (each.step.title if each else _source_words(track.file))
    states = _states(facts, each) if each else ((_source_words(track.file), "muted"),)
    return BoardTile(
        name,
        say(f"board.{name}"),
        _sign(facts, each, here=job is not None or named is None),
        say("board.volume", percent=round(track.volume * 100)),
        one_line(caption, 200),
        states,
        each.step.id if each else 0,
        _result(job, (step or named or (0, 1))[1]),
        _planned("board.no_sound", each),
    )


def _film(facts: BoardFacts) -> BoardTile:
    state, made = facts.state, facts.state.made
    seconds = film_seconds(facts)
    sign, result = (facts.glyphs.planned, "muted"), None
    if made is not None:
        sign = ("!", "warn") if state.outdated else (facts.glyphs.state(State.DONE), "ok")
        result = Result(0, 0, made.at, TaskType.TEXT_TO_VIDEO, "", "", made.path)
    if state.ending is not None and state.ending.is_open:
        sign = facts.glyphs.state(State.RUNNING), "accent"
    return BoardTile(
        FILM,
        say("board.film"),
        sign,
        say("board.seconds", seconds=f"{seconds:g}") if seconds else "",
        Path(made.path).name if made else settings_words(facts.film),
        (film_words(facts),),
        0,
        result,
        say("board.no_film"),
    )


def detail(tile: BoardTile) -> Content:
    """Return what a tile without a step says beside its picture: a film, or a file of one's own."""
    path = tile.result.path if tile.result is not None else ""
    lines = [
        *(Content.styled(text, f"${role}") for text, role in tile.states if text),
        *([Content.styled(one_line(path, 300), "$info")] if path else [Content(tile.caption)]),
    ]
    return Content("\n").join(lines)


def settings_words(film: FilmPlan) -> str:
    """Return the settings of a film in few words."""
    fades = any(shot.transition == "fade" for shot in film.shots)
    told = [say("board.fades" if fades else "board.cuts")]
    if film.subtitles:
        told.append(say("board.subtitles"))
    return " · ".join(told)


def film_words(facts: BoardFacts) -> Part:
    """Return where the film stands, and its role."""
    state = facts.state
    if state.progress is not None:
        return progress_words(state.progress), "accent"
    if state.ending is not None and state.ending.is_open:
        return say(f"board.stage_{state.ending.stage}"), "accent"
    if missing := missing_shots(facts):
        shown = listed(missing)
        return say("board.waits", n=len(missing), shots=shown), "muted"
    if not facts.status.is_done:
        return say("board.waits_sound"), "muted"
    if state.made is None:
        return say("board.ready"), "info"
    return (say("board.outdated"), "warn") if state.outdated else (say("board.made"), "ok")


def missing_shots(facts: BoardFacts) -> list[int]:
    """Return the places of the shots that are not made yet."""
    steps = [result_of(shot.source) for shot in facts.film.shots]
    return [
        place
        for place, step in enumerate(steps, 1)
        if step is not None and not facts.status.step_status(step[0]).is_done
    ]


# ------------------------------------------------------------------------------------ details


def _steps_of(facts: BoardFacts, shot: PlannedShot) -> Iterator[StepStatus]:
    """Yield the step of its own picture and that of the video, where it has them."""
    workflow = facts.status.workflow
    for step in (film_edits.picture_step(workflow, shot), film_edits.video_step(workflow, shot)):
        if step is not None:
            yield facts.status.step_status(step.id)


def shot_result(facts: BoardFacts, shot: PlannedShot) -> Result | None:
    """Return the video of a shot, None while there is none."""
    step, named = result_of(shot.source), job_of(shot.source)
    if step is not None:
        return _result(facts.status.step_status(step[0]).job, step[1])
    if named is not None:
        return _result(facts.jobs.get(named[0]), named[1])
    return Result(0, shot.id, 0.0, TaskType.IMAGE_TO_VIDEO, "", "", shot.source)


def _result(job: Job | None, index: int) -> Result | None:
    found = results_of(job) if job is not None else ()
    return found[index - 1] if 0 < index <= len(found) else None


def _sign(facts: BoardFacts, each: StepStatus | None, *, here: bool = False) -> Part:
    """Return the sign of a step; without one that of a file, which is `here` or not."""
    if each is None:
        return (facts.glyphs.state(State.DONE), "ok") if here else ("!", "bad")
    job = each.job
    if job is None:
        wrong = each.priced.problem is not None
        return ("!", "bad") if wrong else (facts.glyphs.planned, "muted")
    role = "warn" if job.needs_approval else STATE_ROLE[job.state]
    return facts.glyphs.state(job.state), role


def _states(facts: BoardFacts, each: StepStatus) -> tuple[Part, ...]:
    """Return medium, state, time while it runs, and price of a step."""
    medium, job = each.step.task_type.medium, each.job
    time = ""
    if job is not None and job.state in words.MOVING:
        time = f" {duration(words.stepped(job.elapsed(facts.now)))}"
    return (
        (f"{say(f'task.tag_{medium}')} ", MEDIUM_ROLE[medium]),
        _sign(facts, each),
        (f"{time} {each.step.total}", "muted"),
    )


def _source_words(source: str) -> str:
    named = job_of(source)
    return f"#{named[0]}" if named else one_line(Path(source).name, 60)


# -------------------------------------------------------------------------------------- times


def whole_seconds(facts: BoardFacts, shot: PlannedShot) -> float:
    """Return the length of a shot's file, 0 where it is not known."""
    named = job_of(shot.source)
    if named is None:
        return film_edits.step_seconds(facts.status.workflow, shot)
    job = facts.jobs.get(named[0])
    return film_edits.number(dict(job.order.parameters).get("duration")) if job else 0.0


def shot_seconds(facts: BoardFacts, shot: PlannedShot) -> float:
    """Return how long a shot is in the film, without what a crossfade holds; 0: not known."""
    ends = shot.trim[1] or whole_seconds(facts, shot)
    return round(max(0.0, ends - shot.trim[0]), 2)


def film_seconds(facts: BoardFacts) -> float:
    """Return the film's length, 0 where a shot's is not known."""
    return film_plan.seconds(facts.film, lambda shot: whole_seconds(facts, shot))


def is_sound(tile: BoardTile) -> bool:
    """Tell whether a tile is music or voice-over."""
    return tile.id in (MUSIC, VOICE)


def is_video(job: Job) -> bool:
    """Tell whether a job made a video."""
    return job.order.task_type.medium is Medium.VIDEO and bool(job.medias)
