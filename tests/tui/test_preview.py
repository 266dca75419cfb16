"""Previews: pictures as half blocks, sounds as waves, and one sentence for what can't be shown."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

import pytest
from fake import FakeStudio, done
from patience import until
from PIL import Image
from textual.widgets import Static

from ima_tui import messages
from ima_tui.domain import Media
from ima_tui.tui import pictures
from ima_tui.tui.app import ImaApp
from ima_tui.tui.screens.viewer import ViewerLine, ViewerScreen
from ima_tui.tui.widgets.preview import Preview


@pytest.fixture(autouse=True)
def english() -> None:
    messages.use("en")


def picture(folder: Path, name: str = "a.png", size: tuple[int, int] = (64, 32)) -> str:
    path = folder / name
    image = Image.new("RGB", size, "#102030")
    image.paste("#c04020", (0, 0, size[0] // 2, size[1] // 2))
    image.save(path)
    return str(path)


# -------------------------------------------------------------------------------- rendering


@pytest.mark.parametrize(
    ("shape", "room", "pixels"),
    [
        ((640, 360), (40, 20), (40, 22)),
        ((360, 640), (40, 20), (22, 40)),
        ((10, 4000), (40, 20), (1, 40)),
        ((4000, 10), (40, 20), (40, 2)),
    ],
)
def test_a_picture_keeps_its_shape(
    shape: tuple[int, int], room: tuple[int, int], pixels: tuple[int, int]
) -> None:
    assert pictures.fit_pixels(*shape, *room) == pixels


def test_two_pixels_a_cell_and_runs_of_one_colour_are_one_segment(tmp_path: Path) -> None:
    found = pictures.render(picture(tmp_path), 16, 8)
    assert (found.width, len(found.lines)) == (16, 4)
    assert found.facts == "64x32"
    assert all(sum(len(part.text) for part in line) == 16 for line in found.lines)
    first, *_, last = found.lines[0]
    assert first.text.startswith("▀▀▀▀")
    assert str(first.style).startswith("#c04020")
    assert str(last.style).startswith("#102030")


def test_coarse_pictures_use_colours_that_the_terminal_has(tmp_path: Path) -> None:
    found = pictures.render(picture(tmp_path), 16, 8, coarse=True)
    steps = {0, 95, 135, 175, 215, 255, *range(8, 248, 10)}
    for line in found.lines:
        for part in line:
            assert part.style is not None
            assert part.style.color is not None
            assert part.style.color.triplet is not None
            assert set(part.style.color.triplet) <= steps


def test_a_changed_file_is_drawn_anew(tmp_path: Path) -> None:
    path = picture(tmp_path, size=(64, 32))
    assert pictures.render(path, 16, 8).facts == "64x32"
    picture(tmp_path, size=(32, 32))
    assert pictures.render(path, 16, 8).facts == "32x32"


def test_a_sound_is_a_wave_with_a_length(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        for at in range(16_000):
            loud = 30_000 if at > 8_000 else 300
            out.writeframes(struct.pack("<h", int(loud * math.sin(at / 5))))
    found = pictures.render(str(path), 20, 6)
    assert found.facts == "WAV  8 kHz  0:02"
    bottom, top = found.lines[-1][0].text, found.lines[0][0].text
    assert bottom.strip()
    assert top[:8].strip() == ""
    assert top[12:].strip()


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("gone.png", None, "viewer.gone"),
        ("broken.png", b"\x89PNG\r\n\x1a\n but no more", "viewer.broken"),
        ("lies.png", b"%!PS-Adobe-3.0 EPSF", "viewer.broken"),
        ("broken.wav", b"RIFF....", "viewer.broken"),
        ("song.mp3", b"ID3", "viewer.no_sound"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, key: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(pictures.CannotShow) as caught:
        pictures.render(str(path), 20, 10)
    assert caught.value.key == key
    assert messages.say(key, **caught.value.values)


def test_a_picture_of_too_many_pixels_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100)
    with pytest.raises(pictures.CannotShow, match=r"viewer\.too_big"):
        pictures.render(picture(tmp_path, "large.png"), 16, 8)


# --------------------------------------------------------------------------------- the viewer


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
        assert "can't be read" in text


async def test_over_a_slow_line_a_picture_is_drawn_when_asked_for(tmp_path: Path) -> None:
    path = picture(tmp_path)
    studio = FakeStudio((done(1, path),), preview=False)
    app = ImaApp(studio, start="queue")  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        beside = app.screen.query_one(Preview)
        facts = app.screen.query_one("#detail-facts", Static)
        assert (beside.media, beside.display) == (None, False)
        assert "enter shows it" in str(facts.content)
        await pilot.press("enter")
        assert isinstance(app.screen, ViewerScreen)
        large = app.screen.query_one(Preview)
        await until(pilot, lambda: large.shown)
