"""What was being written comes back; earlier wishes and templates are at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from fake import NOW, FakeStudio, done, job
from patience import until
from test_compose import said
from textual.pilot import Pilot

from ima_tui import i18n
from ima_tui.catalogue.form import COUNT
from ima_tui.compose.composer import MODEL
from ima_tui.compose.draft_store import Drafts, SavedDraft, Templates
from ima_tui.core.domain import TaskType
from ima_tui.ledger import process_id
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.terminal import external_editor
from ima_tui.tui.widgets.table import Table

GONE = f"{process_id.name().partition('/')[0]}/999999999/0000"


@asynccontextmanager
async def opened(data: Path, *jobs: object) -> AsyncIterator[tuple[Pilot[None], ComposeScreen]]:
    i18n.use("en")
    studio = FakeStudio(jobs, data=data, after_send="stay")  # type: ignore[arg-type]
    app = ImaApp(studio)  # type: ignore[arg-type]
    async with app.run_test(size=(100, 30)) as pilot:
        screen = cast(ComposeScreen, app.screen)
        await until(pilot, lambda: screen.is_mounted and screen.reader.can_read)
        yield pilot, screen


async def test_a_draft_is_written_when_typing_stops_and_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("alt+t", *"video", "enter")
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_VIDEO)
        screen.prompt.text = "旺财 runs"
        await pilot.pause()
        await screen.history.keep()
        (kept,) = (tmp_path / "drafts").glob("*.json")
        kept.write_text(kept.read_text().replace(process_id.name().rpartition("/")[0], GONE[:-5]))
    (kept,) = (tmp_path / "drafts").glob("*.json")
    async with opened(tmp_path) as (pilot, screen):
        await until(pilot, lambda: screen.prompt.text == "旺财 runs")
        assert screen.composer.task_type is TaskType.TEXT_TO_VIDEO
        await until(pilot, lambda: "was restored" in said(pilot))


async def test_what_was_sent_as_it_stands_does_not_come_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = "a picture of a fox"
        await pilot.pause()
        await screen.history.keep()
        assert list((tmp_path / "drafts").glob("*.json"))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "in the queue" in said(pilot))
        await until(pilot, lambda: not list((tmp_path / "drafts").glob("*.json")))


async def test_leaving_keeps_the_draft_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = "half a wi"
        await pilot.pause()
    assert Drafts(tmp_path / "drafts").take_over(NOW) is not None


async def test_choices_by_hand_come_back_pinned(tmp_path: Path) -> None:
    wish = SavedDraft("a fox", TaskType.TEXT_TO_IMAGE, "gemini-3-pro-image", n=2, at=NOW)
    chosen = SavedDraft(**{**_fields(wish), "chosen": (("size", "4K"), ("gone", 1))})
    Drafts(tmp_path / "drafts", GONE).keep(chosen)
    async with opened(tmp_path) as (pilot, screen):
        await until(pilot, lambda: screen.prompt.text == "a fox")
        await until(pilot, lambda: "size" in screen.composer.pins)
        assert MODEL in screen.composer.pins
        assert screen.composer.draft is not None
        assert (dict(screen.composer.draft.chosen), screen.composer.draft.n) == ({"size": "4K"}, 2)


async def test_a_draft_that_is_read_late_does_not_replace_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = SavedDraft("a fox", TaskType.TEXT_TO_IMAGE, "gemini-3-pro-image", at=NOW)
    drafts = Drafts(tmp_path / "drafts", GONE)
    drafts.keep(left)
    reading, may_end, was_read = Event(), Event(), Event()
    take_over = Drafts.take_over

    def late(self: Drafts, now: float) -> SavedDraft | None:
        reading.set()
        may_end.wait(60)
        try:
            return take_over(self, now)
        finally:
            was_read.set()

    monkeypatch.setattr(Drafts, "take_over", late)
    async with opened(tmp_path) as (pilot, screen):
        await until(pilot, reading.is_set)
        await pilot.press("ctrl+n")
        may_end.set()
        await until(pilot, was_read.is_set)
        await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
        assert screen.prompt.text == ""
        assert not screen.composer.pins
        assert "restored" not in said(pilot)
    (kept,) = (tmp_path / "drafts").glob("*.json")
    assert '"a fox"' in kept.read_text()  # it comes back with the next start


async def test_a_new_draft_is_not_filled_with_the_rest_of_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (_, screen):
        reload = ComposeScreen.reload

        async def begun_meanwhile(self: ComposeScreen) -> None:
            await reload(self)
            await self.new_draft()

        old = SavedDraft("a fox", TaskType.TEXT_TO_IMAGE, "gemini-3-pro-image", n=2)
        monkeypatch.setattr(ComposeScreen, "reload", begun_meanwhile)
        await screen.history.put_back(old)
        assert screen.prompt.text == ""
        assert MODEL not in screen.composer.pins
        assert COUNT not in screen.composer.pins


def _fields(wish: SavedDraft) -> dict[str, object]:
    return {name: getattr(wish, name) for name in wish.__slots__}


async def test_an_earlier_wish_is_found_by_a_few_letters(tmp_path: Path) -> None:
    jobs = [job(1, prompt="a lighthouse in fog"), job(2, prompt="旺财在雪地里"), done(3)]
    async with opened(tmp_path, *jobs) as (pilot, screen):
        await pilot.press("alt+h")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*"lthsfg")
        chooser = cast(Picker, pilot.app.screen)
        rows = chooser.query_one(Table).order
        assert [chooser.choices[int(row)].cells[1].text for row in rows] == ["a lighthouse in fog"]
        await pilot.press("enter")
        await until(pilot, lambda: screen.prompt.text == "a lighthouse in fog")


async def test_without_earlier_wishes_that_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("alt+h")
        await until(pilot, lambda: "No prompts yet" in said(pilot))


async def test_a_template_is_saved_taken_and_deleted(tmp_path: Path) -> None:
    templates = Templates(tmp_path / "templates")
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = "a picture of a fox, 4K"
        await pilot.pause()
        await pilot.app.run_action("do('templates')", pilot.app.screen)
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*"Fox", "ctrl+n")
        await until(pilot, lambda: [wish.name for wish in templates.all()] == ["Fox"])
        await until(pilot, lambda: "Saved as" in said(pilot))
        screen.prompt.text = ""
        await pilot.app.run_action("do('templates')", pilot.app.screen)
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: screen.prompt.text == "a picture of a fox, 4K")
        await pilot.app.run_action("do('templates')", pilot.app.screen)
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("ctrl+d")
        assert [wish.name for wish in templates.all()] == ["Fox"]
        await pilot.press("ctrl+d")
        assert templates.all() == []


async def test_an_editor_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor-here -w")
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = "a fox"
        await pilot.press("f4")
        await until(pilot, lambda: "no-such-editor-here" in said(pilot))
        assert screen.prompt.text == "a fox"


def test_an_editor_has_blanks_in_its_name_arguments_or_a_quote_too_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "my editor"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    expected = {
        str(mine): [str(mine)],
        f"'{mine}' --wait": [str(mine), "--wait"],
        "code -w": ["code", "-w"],
        "vi 'x": ["vi 'x"],
    }
    for written, command in expected.items():
        monkeypatch.setenv("VISUAL", written)
        assert external_editor.command() == command
