"""Previews: pictures as cells, painted or filled by the terminal, and one sentence for the rest."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path

import pytest
from fake import SEEDREAM, FakeStudio, done
from patience import until
from PIL import Image
from rich.color import ColorSystem
from rich.style import Style
from textual.geometry import Region
from textual.widgets import Static

from ima_tui.core.domain import Media, TaskType
from ima_tui.imaging import terminal
from ima_tui.tui.app import ImaApp
from ima_tui.tui.images import cells as pictures
from ima_tui.tui.images.preview import Preview, Viewport
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.shell.viewer import ViewerLine, ViewerScreen
from ima_tui.tui.theme.theme import style


def picture(folder: Path, name: str = "a.png", size: tuple[int, int] = (64, 32)) -> str:
    path = folder / name
    image = Image.new("RGB", size, "#102030")
    image.paste("#c04020", (0, 0, size[0] // 2, size[1]))
    image.save(path)
    return str(path)


# ------------------------------------------------------------------------------------- cells


def test_two_pixels_a_cell_and_runs_of_one_colour_are_one_segment() -> None:
    red, blue = bytes.fromhex("c04020"), bytes.fromhex("102030")
    lines = pictures.blocks((red * 4 + blue * 4) * 3, 8, 3, "#000000")
    assert len(lines) == 2
    assert [segment.text for segment in lines[0]] == ["▀▀▀▀", "▀▀▀▀"]
    assert str(lines[0][0].style) == "#c04020 on #c04020"
    assert str(lines[1][1].style) == "#102030 on #000000"  # an odd line ends on the ground


def test_dots_hold_eight_pixels() -> None:
    data = bytes([255, 0, 0, 0, 0, 0, 0, 255])  # the first and the last of 2 x 4
    (line,) = pictures.dots(data, 2, 4, Style(), light=False)
    assert line[0].text == chr(0x2800 + 0x01 + 0x80)
    (line,) = pictures.dots(data, 2, 4, Style(), light=True)
    assert line[0].text == chr(0x2800 + 0xFF - 0x81)


def test_letters_grow_with_the_light() -> None:
    data = bytes([0, 0, 0, 128, 128, 128, 255, 255, 255]) * 2
    (line,) = pictures.letters(data, 3, 2, Style(), light=False)
    assert [pictures.RAMP.index(letter) for letter in line[0].text] == [0, 5, 9]
    (line,) = pictures.letters(data, 3, 2, Style(), light=True)
    assert [pictures.RAMP.index(letter) for letter in line[0].text] == [9, 4, 0]


def test_a_wave_stands_and_hangs_from_its_middle() -> None:
    lines = pictures.wave(bytes([0, 128, 255]), 5, Style(color="red", bgcolor="blue"))
    texts = [line[0].text for line in lines]
    assert texts == ["  █", "▁██", "▇  ", "██ "]
    assert (lines[0][0].style, lines[3][0].style) == (
        Style(color="red", bgcolor="blue"),
        Style(color="red", bgcolor="blue", reverse=True),
    )


def test_a_wide_wave_is_made_of_bars_with_gaps() -> None:
    lines = pictures.wave(bytes([255, 40] * 10), 4, Style(color="red", bgcolor="blue"))
    assert lines[0][0].text == "█ " * 10
    assert lines[-1][0].text == " █" * 10  # turned round: what is blank is drawn


def test_looking_closely_stays_within_the_picture() -> None:
    lens = Viewport().closer(2)
    assert lens.crop == (0.25, 0.25, 0.75, 0.75)
    for _ in range(9):
        lens = lens.moved(1, -1)
    assert lens.crop == (0.5, 0.0, 1.0, 0.5)
    assert lens.closer(0.5) == Viewport()
    assert lens.closer(64).zoom == 8


# ----------------------------------------------------------------------- pixels of the terminal


def app_of(path: str, **settings: object) -> ImaApp:
    studio = FakeStudio((done(1, path),), **settings)
    return ImaApp(studio, start="queue")  # type: ignore[arg-type]


def sent_by(app: ImaApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes straight to the terminal from now on."""
    found: list[str] = []
    monkeypatch.setattr(app, "write", lambda text: found.append(text) if text else None)
    app.graphics.shelf._write = app.write
    return found


async def test_kitty_gets_a_picture_once_and_shows_it_by_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(picture(tmp_path), images="kitty")
    sent = sent_by(app, monkeypatch)
    async with app.run_test(size=(80, 24)) as pilot:
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown)
        shown = preview.shown
        assert shown is not None
        uploads = [text for text in sent if "a=T" in text]
        assert len(uploads) == 1
        assert f"i={shown.number},c={shown.width},r={len(shown.lines)}" in uploads[0]
        cells = preview.render_line(0).text
        assert cells.count(terminal.PLACEHOLDER) == shown.width
        style = shown.lines[0][0].style
        assert style is not None
        assert style.color is not None
        assert shown.number == style.color.downgrade(ColorSystem.EIGHT_BIT).number
        preview.refresh()
        await pilot.press("escape", "j", "k")
        await pilot.pause(0.5)
        assert len([text for text in sent if "a=T" in text]) == 1
    assert any(f"a=d,d=I,q=2,i={shown.number}" in text for text in sent)


async def test_painted_pictures_follow_their_cells_and_hide_below_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "cell_size", lambda: (10, 20))
    app = app_of(picture(tmp_path, size=(640, 320)), images="sixel")
    async with app.run_test(size=(80, 24)) as pilot:
        sent = sent_by(app, monkeypatch)
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown and any("\x1bP0;1" in text for text in sent))
        shown = preview.shown
        assert shown is not None
        region = preview.region
        left = region.x + (region.width - shown.width) // 2
        assert any(f"\x1b[{region.y + 1};{left + 1}H\x1bP" in text for text in sent)
        assert not preview.render_line(0).text.strip()
        await pilot.pause(0.3)
        sent.clear()
        app.screen.query_one("#detail-facts").refresh()  # not its cells
        await pilot.pause(0.3)
        assert sent == []
        preview.refresh(Region(preview.size.width // 2, 1, 1, 1))  # one of its cells
        await until(pilot, lambda: sent)
        await pilot.press("question_mark")  # a panel over it
        await pilot.pause(0.3)
        sent.clear()
        preview.refresh()
        await pilot.pause(0.3)
        assert sent == []
        await pilot.press("escape")
        await until(pilot, lambda: sent)  # uncovered again
        await pilot.press("1")
        await pilot.pause(0.3)
        sent.clear()
        preview.refresh()
        await pilot.pause(0.3)
        assert sent == []


@pytest.mark.parametrize(("setting", "begins"), [("iterm2", "\x1b]1337;File=")])
async def test_iterm2_is_painted_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, begins: str
) -> None:
    app = app_of(picture(tmp_path), images=setting)
    async with app.run_test(size=(80, 24)) as pilot:
        sent = sent_by(app, monkeypatch)
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown and any(begins in text for text in sent))


async def test_pictures_can_be_switched_off(tmp_path: Path) -> None:
    app = app_of(picture(tmp_path), images="off")
    async with app.run_test(size=(80, 24)) as pilot:
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: "turned off" in preview.render_line(1).text)
        assert preview.shown is None


async def test_without_signs_a_picture_is_letters(tmp_path: Path) -> None:
    app = app_of(picture(tmp_path), ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown)
        assert preview.shown is not None
        assert "".join(line[0].text for line in preview.shown.lines).isascii()
        assert len(set(preview.shown.lines[0][0].text)) == 2


async def test_a_changed_file_is_drawn_anew(tmp_path: Path) -> None:
    path = picture(tmp_path)
    app = app_of(path)
    async with app.run_test(size=(80, 24)):
        first = await app.graphics.picture(path, 16, 8, ground="surface")
        assert (first.facts.width, first.width, len(first.lines)) == (64, 16, 4)
        assert await app.graphics.picture(path, 16, 8, ground="surface") is first
        picture(tmp_path, size=(32, 32))
        assert (await app.graphics.picture(path, 16, 8, ground="surface")).facts.width == 32


# --------------------------------------------------------------------------------- the viewer


async def test_a_sound_is_drawn_in_the_colour_of_its_medium(tmp_path: Path) -> None:
    song = tmp_path / "a.wav"
    with wave.open(str(song), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x40\x00\xc0" * 4000)
    app = ImaApp(
        FakeStudio((done(1, str(song), replace(SEEDREAM, task_type=TaskType.TEXT_TO_MUSIC)),)),
        start="queue",
    )  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown is not None)
        assert preview.shown is not None
        drawn = {one.style.color for line in preview.shown.lines for one in line if one.style}
        assert drawn == {style(app.theme, "music", "background").color}


async def test_the_viewer_turns_through_all_results(tmp_path: Path) -> None:
    medias = tuple(
        Media(f"https://ima.example/{name}", path=picture(tmp_path, name))
        for name in ("a.png", "b.png", "c.png")
    )
    studio = FakeStudio((done(1, medias=medias),))
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert isinstance(app.screen, ViewerScreen)
        preview = app.screen.query_one(Preview)
        await app.workers.wait_for_complete()
        assert preview.shown is not None
        await pilot.press("right", "right")
        assert preview.media == medias[2]
        await pilot.press("right", "left")
        assert preview.media == medias[2]
        assert "3 of 3" in app.screen.query_one(ViewerLine).render_line(0).text
        await pilot.press("escape")
        assert not isinstance(app.screen, ViewerScreen)


async def test_a_broken_file_is_said_and_hurts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("no picture")
    studio = FakeStudio((done(1, str(path)),))
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await app.workers.wait_for_complete()
        preview = app.screen.query_one(Preview)
        assert preview.shown is None
        text = " ".join(preview.render_line(y).text.strip() for y in range(4))
        assert "can't be shown" in text


async def test_over_a_slow_line_a_picture_is_drawn_when_asked_for(tmp_path: Path) -> None:
    path = picture(tmp_path)
    studio = FakeStudio((done(1, path),), preview=False)
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        beside = app.screen.query_one(Preview)
        facts = app.screen.query_one("#detail-facts", Static)
        pane = app.screen.query_one("#picture-pane")
        assert (beside.media, pane.display) == (None, False)
        assert "enter shows it" in str(facts.content)
        await pilot.press("enter")
        assert isinstance(app.screen, ViewerScreen)
        large = app.screen.query_one(Preview)
        await until(pilot, lambda: large.shown)


async def test_a_picture_is_drawn_though_a_region_was_asked_for_before_the_layout(
    tmp_path: Path,
) -> None:
    studio = FakeStudio((done(1, picture(tmp_path)),))
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown)
        media, detail = preview.media, app.screen.query_one(JobDetail)
        preview.see(None)
        detail.remove_class("-picture")
        await until(pilot, lambda: not preview.size)
        preview.see(media)
        detail.add_class("-picture")
        compositor = app.screen._compositor
        compositor._full_map_invalidated = True  # as after a scroll
        assert preview in compositor.full_map  # the layout then finds nothing that changed
        await until(pilot, lambda: preview.shown)


async def test_a_film_plays_and_stops_by_itself(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 36), (80 * at, 40, 60)) for at in range(3)]
    path = tmp_path / "a.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200)
    studio = FakeStudio((done(1, str(path)),), motion=True)
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.is_film)
        still = preview.render_line(0)
        await pilot.press("p")
        await until(pilot, lambda: preview.playing)
        await until(pilot, lambda: not preview.playing)
        assert preview.render_line(0) == still


async def test_without_motion_a_key_shows_one_frame_after_the_other(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 36), (80 * at, 40, 60)) for at in range(3)]
    path = tmp_path / "a.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=1000)
    app = app_of(str(path), motion=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.is_film)
        seen = set()
        for _ in range(3):
            await pilot.press("p")
            await until(pilot, lambda: preview.playing)
            await app.workers.wait_for_complete()
            seen.add(str(preview.render_line(0)))
        assert len(seen) == 3


def facts_of(preview: Preview) -> str:
    return preview.render_line(len(preview.shown.lines)).text if preview.shown else ""


async def test_zoom_turns_the_arrows_into_ways_over_the_picture(tmp_path: Path) -> None:
    medias = tuple(
        Media(f"https://ima.example/{name}", path=picture(tmp_path, name))
        for name in ("a.png", "b.png")
    )
    app = ImaApp(FakeStudio((done(1, medias=medias),)), start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.shown)
        await pilot.press("plus", "right")
        assert preview.media == medias[0]
        assert preview.lens == Viewport(2, 0.625, 0.5)
        await until(pilot, lambda: "  2x" in facts_of(preview))
        await pilot.press("minus", "right")
        assert preview.media == medias[1]
        assert preview.lens == Viewport()
