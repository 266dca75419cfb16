"""The film at a workflow's end: shots in order, sounds, settings. It costs nothing.

Nothing of it is part of the hash that the user approves, or of a step's name in the ledger:
reordering or trimming shots never buys anything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import has_chinese
from ima_tui.film import timeline
from ima_tui.film.timeline import Cue, Film, Role, Shot, Track
from ima_tui.workflow.sources import job_of, result_of

TITLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """A shot: `source` is `step:7#1`, `job:41#1` or a path; `trim` seconds of it, 0 for its end."""

    id: int
    title: str
    source: str
    takes: tuple[str, ...] = ()
    trim: tuple[float, float] = (0.0, 0.0)
    hold: float = 0.0
    transition: str = "cut"
    transition_s: float = timeline.FADE
    own_sound: float = 0.0


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """What is assembled. `master`: the step to look at before the rest is bought, or 0.

    The `file` of a track is a source like that of a shot.
    """

    shots: tuple[PlannedShot, ...]
    tracks: tuple[Track, ...] = ()
    size: tuple[int, int] = (0, 0)
    fps: int = 0
    loudness: float = timeline.LOUDNESS
    title: str = ""
    subtitles: bool = False
    master: int = 0
    burned: bool = False
    """Whether title and subtitles are drawn into the pictures, instead of a subtitle track."""
    ratio: tuple[int, int] = (0, 0)
    """Proportions that no model makes, to which every shot is cropped; (0, 0): none."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Everything that the film is made of."""
        return (*(shot.source for shot in self.shots), *(each.file for each in self.tracks))

    @property
    def job_numbers(self) -> tuple[int, ...]:
        """The jobs that it names by number."""
        found = (job_of(source) for source in self.sources if result_of(source) is None)
        return tuple(dict.fromkeys(number for number, _ in filter(None, found)))


Made = Mapping[int, tuple[Medium, int]]
"""The medium of each step, and how many results it has."""


def check(plan: FilmPlan, steps: Made) -> None:
    """Raise `UsageError` where a source is no step, or of another medium."""
    if not plan.shots:
        raise UsageError("error.film_empty")
    for shot in plan.shots:
        _check_source(shot.source, steps, (Medium.VIDEO,))
    for track in plan.tracks:
        wanted = Medium.MUSIC if track.role is Role.MUSIC else Medium.SPEECH
        _check_source(track.file, steps, (wanted,))


def _check_source(source: str, steps: Made, media: Sequence[Medium]) -> None:
    found = result_of(source)
    if found is None:
        return
    medium, count = steps.get(found[0], (None, 0))
    if medium not in media or not 1 <= found[1] <= count:
        raise UsageError("error.film_source", source=source)


def without(plan: FilmPlan, step_id: int) -> FilmPlan | None:
    """Return the film without what a removed step made, None where no shot is left."""

    def stays(source: str) -> bool:
        found = result_of(source)
        return found is None or found[0] != step_id

    shots = tuple(shot for shot in plan.shots if stays(shot.source))
    tracks = tuple(track for track in plan.tracks if stays(track.file))
    master = 0 if plan.master == step_id else plan.master
    return replace(plan, shots=shots, tracks=tracks, master=master) if shots else None


def film(plan: FilmPlan, file_of: Callable[[str], str]) -> Film:
    """Return the film with each source's file."""
    shots = tuple(
        Shot(
            file_of(shot.source),
            shot.trim[0],
            shot.trim[1],
            shot.hold,
            shot.transition_s if shot.transition == "fade" else 0.0,
            shot.own_sound,
        )
        for shot in plan.shots
    )
    tracks = tuple(
        replace(track, file=file_of(track.file), text=track.text if plan.subtitles else "")
        for track in plan.tracks
    )
    cues = (Cue(0.0, TITLE_SECONDS, plan.title, is_title=True),) if plan.title else ()
    said = (plan.title, *(track.text for track in tracks))
    language = "zho" if any(map(has_chinese, said)) else "eng"
    return Film(
        shots,
        tracks,
        cues,
        plan.size,
        plan.fps,
        plan.loudness,
        language,
        plan.burned,
        plan.ratio,
    )


def seconds(plan: FilmPlan, whole: Callable[[PlannedShot], float]) -> float:
    """Return the film's length; `whole`: that of a shot's file. 0 where one is not known."""
    total = 0.0
    for shot in plan.shots:
        ends = shot.trim[1] or whole(shot)
        if ends <= shot.trim[0]:
            return 0.0
        fade = shot.transition_s if shot.transition == "fade" else 0.0
        total += ends - shot.trim[0] + shot.hold - fade
    return round(total, 2)


def with_transition(plan: FilmPlan, transition: str, seconds: float) -> FilmPlan:
    """Return the film with this transition between all shots, as long as before."""
    last = len(plan.shots) - 1
    shots = tuple(
        replace(
            shot,
            transition="cut" if place == last else transition,
            transition_s=seconds,
            hold=seconds if transition == "fade" and place != last else 0.0,
        )
        for place, shot in enumerate(plan.shots)
    )
    return replace(plan, shots=shots)


def with_volume(plan: FilmPlan, volume: float) -> FilmPlan:
    """Return the film with this volume of the music."""
    tracks = tuple(
        replace(track, volume=volume) if track.role is Role.MUSIC else track
        for track in plan.tracks
    )
    return replace(plan, tracks=tracks)
