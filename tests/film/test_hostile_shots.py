"""Shots that differ from the others, or are broken: one film with all of each, or the shot named.

Each is joined between two ordinary shots, once by cuts and once by crossfades.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

import av
from PIL import Image

from ima_tui.film import making
from ima_tui.film.timeline import AssembleJob, CannotAssemble, Film, Shot, music, with_fades

sys.path.append(str(Path(__file__).parent))
from clips import BLUE, GREEN, RED, WHITE, clip, cut_off, near, read, tone, turned

UNEVEN = [0, 40, 90, 200, 210, 300, 480, 500, 700, 720, 760, 950]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("plain")
    return clip(folder / "red.mp4", RED, 1.0), clip(folder / "blue.mp4", BLUE, 1.0)


def film_of(folder: Path, shots: tuple[Shot, ...], **more: Any) -> dict[str, object]:
    job = AssembleJob(Film(shots, **more), str(folder / "cache"), str(folder / "film.mp4"))
    return making.assemble(job, lambda told: None)


def codec(path: Path, name: str, pixels: str = "yuv420p", rate: int = 24) -> str:
    """A second of green in another codec."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(name, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 128, 72, pixels
        for number in range(rate):
            frame = av.VideoFrame.from_image(Image.new("RGB", (128, 72), GREEN))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame.reformat(format=pixels)))
        out.mux(stream.encode(None))
    return str(path)


def wide_pixels(path: Path) -> str:
    """A second of green whose pixels are twice as wide as high."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 72, "yuv420p"
        stream.options = {"x264-params": "sar=2/1"}
        for number in range(24):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 72), GREEN))
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return str(path)


HOSTILE: dict[str, Callable[[Path], str]] = {
    "larger": lambda path: clip(path, GREEN, 1.0, size=(256, 144)),
    "smaller": lambda path: clip(path, GREEN, 1.0, size=(48, 28)),
    "portrait": lambda path: clip(path, GREEN, 1.0, size=(72, 128)),
    "odd sides": lambda path: clip(path, GREEN, 1.0, size=(101, 57), pixels="yuv444p"),
    "12 frames a second": lambda path: clip(path, GREEN, 1.0, fps=12),
    "25 frames a second": lambda path: clip(path, GREEN, 1.0, fps=25),
    "29.97 frames a second": lambda path: clip(path, GREEN, 1.0, fps=Fraction(30000, 1001)),
    "60 frames a second": lambda path: clip(path, GREEN, 1.0, fps=60),
    "uneven frames": lambda path: clip(path, GREEN, times=UNEVEN),
    "with sound": lambda path: clip(path, GREEN, 1.0, tone=500.0),
    "turned": lambda path: turned(Path(clip(path, GREEN, 1.0))),
    "wide pixels": wide_pixels,
    "VP9 in WebM": lambda path: codec(path.with_suffix(".webm"), "libvpx-vp9"),
    "HEVC with 10 bits": lambda path: codec(path, "libx265", "yuv420p10le"),
}


@pytest.mark.parametrize("fades", [False, True], ids=["cuts", "fades"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_shot_of_another_kind_is_shown_whole_between_the_others(
    tmp_path: Path, plain: tuple[str, str], kind: str, fades: bool
) -> None:
    try:
        odd = HOSTILE[kind](tmp_path / "odd.mp4")
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"no encoder here: {error}")
    shots = tuple(map(Shot, (plain[0], odd, plain[1], plain[0])))
    if fades:
        shots = with_fades(shots, 0.25, hold=True)
    film = read(str(film_of(tmp_path, shots)["path"]))
    assert (film.size, film.rate) == ((128, 72), 24)
    assert film.seconds == pytest.approx(4.0, abs=0.1)
    for at, colour in ((0.4, RED), (1.5, GREEN), (2.6, BLUE), (3.6, RED)):
        assert near(film.colour(at), colour), (kind, at)


def test_portrait_shots_in_the_majority_make_a_portrait_film(
    tmp_path: Path, plain: tuple[str, str]
) -> None:
    tall = clip(tmp_path / "tall.mp4", GREEN, 1.0, size=(72, 128))
    film = read(str(film_of(tmp_path, tuple(map(Shot, (tall, plain[0], tall))))["path"]))
    assert film.size == (72, 128)
    assert near(film.colour(1.5), RED)


def test_own_sounds_play_with_their_shots_and_silence_between(
    tmp_path: Path, plain: tuple[str, str]
) -> None:
    loud = clip(tmp_path / "loud.mp4", GREEN, 1.0, tone=500.0)
    shots = (
        Shot(plain[0], own_sound=1.0),
        Shot(loud, own_sound=1.0),
        Shot(plain[1], own_sound=1.0),
    )
    film = read(str(film_of(tmp_path, shots)["path"]))
    assert len(film.samples) / 48_000 == pytest.approx(3.0, abs=0.022)
    assert film.level(500, 0.3) < -60 < -30 < film.level(500, 1.3)
    assert film.level(500, 2.3) < -60


def test_a_single_frame_is_a_still_and_the_film_goes_on(
    tmp_path: Path, plain: tuple[str, str]
) -> None:
    still = clip(tmp_path / "still.mp4", WHITE, 1 / 24)
    shots = (Shot(plain[0]), Shot(still, hold=0.5), Shot(plain[1]))
    film = read(str(film_of(tmp_path, shots)["path"]))
    assert film.seconds == pytest.approx(2.54, abs=0.05)
    assert near(film.colour(1.3), WHITE)


def holed(path: Path) -> str:
    """Zeros in the middle of the pictures."""
    clip(path, GREEN, 3.0, size=(320, 180), options={"crf": "1"})
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + len(data) // 3
    data[middle : middle + len(data) // 4] = bytes(len(data) // 4)
    path.write_bytes(data)
    return str(path)


def without_index(path: Path) -> str:
    clip(path, GREEN, 1.0)
    path.write_bytes(path.read_bytes().replace(b"moov", b"junk"))
    return str(path)


BROKEN: dict[str, Callable[[Path], str]] = {
    "missing": str,
    "empty": lambda path: (path.write_bytes(b""), str(path))[1],
    "a web page": lambda path: (path.write_bytes(b"<html>504</html>"), str(path))[1],
    "a picture": lambda path: (Image.new("RGB", (64, 64)).save(path, "PNG"), str(path))[1],
    "a sound": lambda path: tone(path, 440.0, 1.0),
    "cut off": lambda path: cut_off(Path(clip(path, GREEN, 4.0, options={"crf": "1"})), 0.6),
    "with a hole": holed,
    "without an index": without_index,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_shot_is_named_and_nothing_is_left(
    tmp_path: Path, plain: tuple[str, str], kind: str
) -> None:
    broken = BROKEN[kind](tmp_path / "broken.mp4")
    sound = music(tone(tmp_path / "music.wav", 440.0, 2.0))
    shots = tuple(map(Shot, (plain[0], plain[1], broken)))
    with pytest.raises(CannotAssemble) as caught:
        film_of(tmp_path, shots, tracks=(sound,))
    assert caught.value.values["shot"] == 3
    assert Path(str(caught.value.values["path"])).name == "broken.mp4"
    assert not (tmp_path / "film.mp4").exists()
    assert not list(tmp_path.rglob("*.part"))
