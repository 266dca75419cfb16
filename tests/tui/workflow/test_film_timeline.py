"""The lines below a storyboard: each sound from where it begins to where it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake import NOW, WAN, done

from ima_tui.core.domain import Media
from ima_tui.film import timeline
from ima_tui.film.timeline import Track
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets.lines import Part, measure
from ima_tui.tui.workflow import board_tiles
from ima_tui.tui.workflow.board_tiles import BoardFacts, FilmState
from ima_tui.tui.workflow.timelines import LABEL, film_lines
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.status import WorkflowStatus
from ima_tui.workflow.steps import Workflow

VOICE = "The light never sleeps."
ROOM = 100
"""Cells of the ten seconds of the film."""


def facts_of(*tracks: Track, seconds: str = "") -> BoardFacts:
    """A film of one shot, of job 1, with sounds of job 2, which last so many seconds."""
    video = done(1, model=WAN)
    video = replace(video, order=replace(video.order, parameters=(("duration", 10),)))
    sound = replace(done(2), medias=(Media("https://x.test/a.mp3", duration=seconds),))
    film = FilmPlan((PlannedShot(1, "a lighthouse", "job:1#1"),), tracks)
    workflow = Workflow("p", "a lighthouse", (), film=film)
    jobs = {1: video, 2: sound}
    return BoardFacts(
        WorkflowStatus(workflow, workflow, ()),
        film,
        jobs,
        FilmState(),
        NOW,
        glyphs(ascii_only=False),
    )


def line_of(facts: BoardFacts, cells: int = ROOM + LABEL + 1) -> list[Part]:
    """Return the parts of the sound's line behind its label."""
    found = film_lines(facts, board_tiles.tiles(facts), cells, 4)
    return found[2][1:]


def cells_of(parts: list[Part], *roles: str) -> list[int]:
    """Return the cells that stand in these roles."""
    drawn = "".join(
        "x" * measure([part]) if part[1] in roles else " " * measure([part]) for part in parts
    )
    return [at for at, sign in enumerate(drawn) if sign == "x"]


def said(parts: list[Part]) -> str:
    return "".join(text for text, _ in parts)


def test_music_has_its_bar_from_the_beginning_to_the_end_of_the_film_and_its_words_on_it() -> None:
    parts = line_of(facts_of(timeline.music("job:2#1")))
    bar = cells_of(parts, "music")
    assert (bar[0], bar[-1]) == (0, ROOM - 1)
    assert "#2  volume 40%" in said(parts)


def test_a_voice_lasts_as_long_as_its_file_and_longer_words_stand_behind_the_bar() -> None:
    parts = line_of(facts_of(timeline.voice("job:2#1", text=VOICE), seconds="2s"))
    assert cells_of(parts, "speech") == list(range(10, 30))
    assert said(parts).index(VOICE) > 30
    assert (f" {VOICE}  volume 100%", "muted") in parts


@pytest.mark.parametrize(("length", "end"), [("0:07", 80), ("5s", 60), ("", 26), ("1:00", 100)])
def test_where_a_sound_ends(length: str, end: int) -> None:
    facts = facts_of(timeline.voice("job:2#1", text=VOICE), seconds=length)
    parts = line_of(facts)
    bar = cells_of(parts, "speech")
    assert (bar[0], bar[-1] + 1) == (10, end)


def test_music_that_is_not_repeated_ends_with_its_file() -> None:
    parts = line_of(facts_of(timeline.music("job:2#1", loop=False), seconds="6"))
    assert cells_of(parts, "music")[-1] + 1 == 60


def test_a_sound_that_is_not_made_has_an_empty_bar() -> None:
    facts = facts_of(timeline.voice("job:3#1", text=VOICE))
    parts = line_of(replace(facts, jobs={1: facts.jobs[1]}))
    assert cells_of(parts, "speech") == []
    assert "─" in said(parts)


@pytest.mark.parametrize("cells", [LABEL + 2, 20, 31, 40, 79, 118])
@pytest.mark.parametrize("start", [0.0, 1.0, 9.5])
def test_a_sound_is_never_wider_than_the_film(cells: int, start: float) -> None:
    for track in (timeline.music("job:2#1"), timeline.voice("job:2#1", start, VOICE * 5)):
        facts = facts_of(track, seconds="3s")
        assert measure(line_of(facts, cells)) <= cells - LABEL - 1
