"""Settings of a whole film as changes that can be picked: transitions, subtitles, loudness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.film import timeline
from ima_tui.i18n import say
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.table import Cell
from ima_tui.workflow import film_plan
from ima_tui.workflow.film_plan import FilmPlan

_COLUMNS = (Column("setting", 30, "board.col_setting", flex=1), Column("now", 14, "board.col_now"))


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A change, in words, and what holds now."""

    words: str
    now: str
    change: Callable[[FilmPlan], FilmPlan]


def picker(rows: Sequence[SettingChange]) -> Picker:
    """Return the list of changes; it gives back the number of one."""
    items = [
        PickerItem((Cell(row.words), Cell(row.now, "muted")), folded(row.words)) for row in rows
    ]
    return Picker(say("board.settings"), _COLUMNS, items)


def changes(film: FilmPlan) -> tuple[SettingChange, ...]:
    """Return the changes that mean something for a film."""
    found: list[SettingChange] = []
    if len(film.shots) > 1:
        found.append(_transition(film))
    if any(track.text for track in film.tracks):
        found.append(_subtitles(film))
    if film.title or film.subtitles:
        found.append(_burned(film))
    return (*found, _loudness(film))


def _transition(film: FilmPlan) -> SettingChange:
    fades = any(shot.transition == "fade" for shot in film.shots)
    wanted = "cut" if fades else "fade"
    return SettingChange(
        say("board.use_cuts" if fades else "board.use_fades"),
        say("board.fades" if fades else "board.cuts"),
        lambda plan: film_plan.with_transition(plan, wanted, timeline.FADE),
    )


def _subtitles(film: FilmPlan) -> SettingChange:
    return SettingChange(
        say("board.no_subtitles" if film.subtitles else "board.with_subtitles"),
        _on(film.subtitles),
        lambda plan: replace(plan, subtitles=not plan.subtitles),
    )


def _burned(film: FilmPlan) -> SettingChange:
    return SettingChange(
        say("board.subtitle_track" if film.burned else "board.burn_subtitles"),
        _on(film.burned),
        lambda plan: replace(plan, burned=not plan.burned),
    )


def _loudness(film: FilmPlan) -> SettingChange:
    even = film.loudness != 0.0
    return SettingChange(
        say("board.keep_loudness" if even else "board.even_loudness"),
        _on(even),
        lambda plan: replace(plan, loudness=0.0 if even else timeline.LOUDNESS),
    )


def _on(flag: bool) -> str:
    return say("compose.on" if flag else "compose.off")
