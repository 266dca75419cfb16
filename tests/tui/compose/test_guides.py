"""Guides beside Compose: named where they matter, opened by a key, read and nothing more."""

from __future__ import annotations

from pathlib import Path

from patience import until
from test_compose_reads import composing, told
from textual.widgets import Markdown

from ima_tui.studio.guides import Guides
from ima_tui.tui.shell.guides import GuidesScreen


def guides(folder: Path) -> Guides:
    (folder / "references").mkdir()
    for name, text in {
        "video-modes": "# Modes\n\nSee [this](https://example.com).\n\n" + "line\n\n" * 80,
        "workflow-design": "# Steps\n\nFirst a picture.",
    }.items():
        (folder / "references" / f"{name}.md").write_text(text, "utf-8")
    knowledge = Guides(folder)
    knowledge.load()
    return knowledge


async def test_a_key_opens_what_fits_the_wish(tmp_path: Path) -> None:
    async with composing("a video of the sea") as (pilot, screen):
        screen.studio.guides = guides(tmp_path)
        await pilot.press("space", "1")
        await until(pilot, lambda: "video modes" in told(screen))
        assert "workflow" not in told(screen)
        await pilot.press("alt+K")
        await until(pilot, lambda: isinstance(pilot.app.screen, GuidesScreen))
        opened = pilot.app.screen
        assert isinstance(opened, GuidesScreen)
        assert [each.title for each in opened.documents] == ["Modes", "Steps"]
        await until(pilot, lambda: "See" in opened.query_one(Markdown).source)
        await pilot.press("space", "j", "end")
        assert opened.query_one("#guide").scroll_y > 0
        await pilot.press("right")
        await until(pilot, lambda: "First a picture" in opened.query_one(Markdown).source)
        await pilot.press("escape")
        assert pilot.app.screen is screen


async def test_links_in_a_guide_are_not_followed(tmp_path: Path) -> None:
    async with composing("a video of the sea") as (pilot, screen):
        screen.studio.guides = guides(tmp_path)
        opened: list[str] = []
        pilot.app.open_url = lambda url, **_: opened.append(url)  # type: ignore[method-assign]
        await pilot.press("alt+K")
        await until(pilot, lambda: isinstance(pilot.app.screen, GuidesScreen))
        page = pilot.app.screen.query_one(Markdown)
        page.post_message(Markdown.LinkClicked(page, "https://example.com"))
        await pilot.pause()
        assert opened == []


async def test_without_guides_there_is_neither_line_nor_key() -> None:
    async with composing("a video of the sea") as (pilot, screen):
        await until(pilot, lambda: screen.composer.intent)
        assert "guides" not in told(screen)
        assert not any(
            active.binding.id == "compose.guides" for active in screen.active_bindings.values()
        )
        await pilot.press("alt+K")
        assert pilot.app.screen is screen


async def test_a_key_with_alt_types_nothing() -> None:
    async with composing("a fox") as (pilot, screen):
        before = screen.prompt.text
        await pilot.press("alt+q")
        assert screen.prompt.text == before


async def test_a_recommended_model_says_so(tmp_path: Path) -> None:
    (tmp_path / "model-selection.md").write_text("recommended for images: Midjourney")
    knowledge = Guides(tmp_path)
    knowledge.load()
    async with composing("a picture of a fox, Midjourney") as (pilot, screen):
        screen.studio.guides = knowledge
        await pilot.press("space", "x")
        line = screen.form.model
        await until(pilot, lambda: "recommended by your guides" in str(line.parts(90)))
