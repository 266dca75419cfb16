"""What a place is for is said in it until it was used, and never again."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake import FakeStudio, done
from patience import until

from ima_tui.i18n import say
from ima_tui.tui.app import ImaApp
from ima_tui.tui.screens import SCREENS
from ima_tui.tui.shell.frame import HintLine
from ima_tui.tui.widgets.app_context import HINTED, SeenHints


def open_app(data: Path, start: str = "queue", *, hints: bool = True) -> ImaApp:
    return ImaApp(FakeStudio((done(1),), data=data, hints=hints), start=start)  # type: ignore[arg-type]


def shown(app: ImaApp) -> bool:
    return app.screen.query_one(HintLine).display


@pytest.mark.parametrize("place", [place.id for place in SCREENS])
async def test_a_new_place_says_what_it_is_for(tmp_path: Path, place: str) -> None:
    app = open_app(tmp_path, place)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: shown(app))
        await pilot.pause()
        drawn = ["".join(p.text for p in line) for line in app.screen._compositor.render_strips()]
        words = " ".join(" ".join(drawn).split())
        assert say(f"hint.{place}") in words


async def test_a_place_that_was_used_and_left_says_it_no_more(tmp_path: Path) -> None:
    app = open_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: shown(app))
        await pilot.press("down", "S", "1")
        await pilot.press("3")
        await until(pilot, lambda: not shown(app))
    again = open_app(tmp_path)
    async with again.run_test(size=(80, 24)) as pilot:
        await again.workers.wait_for_complete()
        await pilot.pause()
        assert not shown(again)
        await pilot.press("1")
        await until(pilot, lambda: shown(again))  # that one was only passed through


async def test_short_screens_and_those_who_want_none_have_none(tmp_path: Path) -> None:
    for size, hints in (((80, 12), True), ((80, 24), False)):
        app = open_app(tmp_path, hints=hints)
        async with app.run_test(size=size) as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert not shown(app)


async def test_a_file_that_cannot_be_read_or_written_troubles_nobody(tmp_path: Path) -> None:
    (tmp_path / "used_places.json").write_text("{broken")
    used = SeenHints(tmp_path, wanted=True)
    await used.load()
    assert all(used.wants_hint(place) for place in HINTED)
    await used.add("queue")
    assert not used.wants_hint("queue")
    nowhere = SeenHints(tmp_path / "used_places.json" / "x", wanted=True)
    await nowhere.load()
    await nowhere.add("queue")


def test_every_place_has_a_hint() -> None:
    assert {place.id for place in SCREENS} <= set(HINTED)
