"""Subtitles of a voice-over's words: a track, or drawn into the pictures; read from the file."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

import av

from ima_tui.film import captions, making
from ima_tui.film.captions import Captions
from ima_tui.film.timeline import AssembleJob, Cue, Film, Shot, voice

sys.path.append(str(Path(__file__).parent))
from clips import clip, near, read, tone

BLUE = (40, 60, 200)
ENGLISH, CHINESE = "Run free. Every morning.", "一叶知春。山里的茶，慢慢长。"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("clips")
    video = clip(folder / "blue.mp4", BLUE, 4.0, size=(320, 180))
    return video, tone(folder / "voice.wav", 1000.0, 2.0)


def made(folder: Path, files: tuple[str, str], text: str, **more: Any) -> dict[str, object]:
    film = Film((Shot(files[0]),), (voice(files[1], text=text),), **more)
    job = AssembleJob(film, str(folder / "cache"), str(folder / "film.mp4"))
    return making.assemble(job, lambda told: None)


def white_below(path: object) -> list[bool]:
    """For each frame, whether there is something white in its lower third."""
    found: list[bool] = []
    with av.open(str(path)) as film:
        for frame in film.decode(film.streams.video[0]):
            image = frame.to_image().convert("L")
            part = image.crop((0, image.height * 2 // 3, image.width, image.height))
            found.append(part.getextrema()[1] > 200)
    return found


def spoken(shown: list[bool]) -> tuple[float, float]:
    """When something is shown, first and last, in seconds."""
    places = [place for place, white in enumerate(shown) if white]
    return places[0] / 24, (places[-1] + 1) / 24


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        (ENGLISH, "eng", ["Run free.", "Every morning."]),
        (CHINESE, "zho", ["一叶知春。", "山里的茶，慢慢长。"]),
    ],
)
def test_a_track_says_the_words_while_they_are_spoken(
    tmp_path: Path, files: tuple[str, str], text: str, language: str, told: list[str]
) -> None:
    done = made(tmp_path, files, text, language=language)
    film = read(str(done["path"]))
    cues = [cue for cue in film.cues if cue[2]]
    assert [text for _, _, text in cues] == told
    assert cues[0][0] == pytest.approx(1.0, abs=0.02)
    assert cues[-1][1] == pytest.approx(3.0, abs=0.05)
    with av.open(str(done["path"])) as container:
        assert container.streams.subtitles[0].metadata["language"] == language
    assert done["encoded"] == 0, "the pictures are copied"
    assert not any(white_below(done["path"]))


def test_burned_words_are_in_the_pictures_only_while_they_are_spoken(
    tmp_path: Path, files: tuple[str, str]
) -> None:
    done = made(tmp_path, files, ENGLISH, burned=True)
    with av.open(str(done["path"])) as container:
        assert not container.streams.subtitles
    begins, ends = spoken(white_below(done["path"]))
    assert (begins, ends) == (pytest.approx(1.0, abs=0.05), pytest.approx(3.0, abs=0.05))
    film = read(str(done["path"]))
    assert film.seconds == pytest.approx(4.0, abs=1 / 24)
    assert near(film.colour(0.5), BLUE)
    assert near(film.colour(2.0), BLUE), "the middle stays as it is"
    assert not done["no_font"]


def test_burned_chinese_needs_a_font_else_it_is_a_track_and_that_is_told_each_time(
    tmp_path: Path, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captions, "FONTS", ())
    monkeypatch.setattr(captions.font_for, "__defaults__", ((),))
    for _ in range(2):
        done = made(tmp_path, files, CHINESE, burned=True, language="zho")
        assert done["no_font"]
        assert next(text for _, _, text in read(str(done["path"])).cues if text) == "一叶知春。"
        assert not any(white_below(done["path"]))


@pytest.mark.skipif(captions.font_for(CHINESE) is None, reason="no font has Chinese characters")
def test_burned_chinese_is_drawn_with_a_font_that_has_it(
    tmp_path: Path, files: tuple[str, str]
) -> None:
    done = made(tmp_path, files, CHINESE, burned=True, language="zho")
    assert spoken(white_below(done["path"]))[0] == pytest.approx(1.0, abs=0.05)


def test_other_words_use_no_piece_that_was_drawn_before(
    tmp_path: Path, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: None)  # pieces stay
    first = made(tmp_path, files, ENGLISH, burned=True)
    assert any(white_below(first["path"]))
    film = Film((Shot(files[0]),), (replace(voice(files[1]), text=""),), burned=True)
    job = AssembleJob(film, str(tmp_path / "cache"), str(tmp_path / "plain.mp4"))
    plain = making.assemble(job, lambda told: None)
    assert not any(white_below(plain["path"]))


def test_a_font_without_a_character_is_not_used() -> None:
    assert captions.font_for("Run free.", ()) == ""
    assert captions.font_for("Run 春", ()) is None
    assert captions.font_for("Run", ("no such font.ttf",)) == ""


def lines(text: str, size: tuple[int, int] = (360, 640)) -> list[str]:
    from PIL import Image, ImageDraw

    drawing = Captions((), size, Fraction(24), "")
    return drawing._fitted(ImageDraw.Draw(Image.new("RGBA", size)), Cue(0, 1, text))[1]


def test_long_words_are_broken_and_stay_within_the_picture() -> None:
    text = "Every night for forty years the keeper climbed the stairs, and every ship came home."
    broken = lines(text)
    assert 1 < len(broken) <= 4
    assert " ".join(broken) == text
    card = Captions((), (360, 640), Fraction(24), "").card([Cue(0, 1, text)])
    box = card.getbbox()
    assert box is not None
    assert box[0] >= 0
    assert box[2] <= 360
    assert box[1] > 640 / 2
    chinese = lines("山里的茶，" * 9)
    assert not any(line.startswith("，") for line in chinese)


def test_title_and_words_are_shown_together() -> None:
    both = [Cue(0, 2, "SLOW HANDS", is_title=True), Cue(1, 3, "Clay remembers.")]
    drawing = Captions((), (640, 360), Fraction(24), "")
    title, words = (drawing.card([cue]).getbbox() for cue in both)
    box = drawing.card(both).getbbox()
    assert title is not None
    assert words is not None
    assert box is not None
    assert title[3] < words[1]
    assert (box[1], box[3]) == (title[1], words[3])
