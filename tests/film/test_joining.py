"""Pieces of music become one file of a length; pictures are cropped, without PyAV."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from ima_tui.core.errors import ImaError
from ima_tui.film import assembler
from ima_tui.film.timeline import JoinJob, StillJob

sys.path.append(str(Path(__file__).parent))
needs_av = pytest.mark.skipif(not assembler.can_assemble(), reason="PyAV is not installed")


@needs_av
@pytest.mark.parametrize(
    ("lengths", "seconds", "starts"),
    [
        ((120.0, 120.0, 120.0), 300.0, [0.0, 117.0, 234.0]),
        ((120.0,), 45.0, [0.0]),
        ((100.0, 90.0), 250.0, [0.0, 97.0, 184.0]),  # the first one again
        ((120.0, 30.5), 147.0, [0.0, 117.0]),  # half a second is missing: no third piece for that
    ],
)
def test_pieces_overlap_until_the_length_is_filled(
    lengths: tuple[float, ...], seconds: float, starts: list[float]
) -> None:
    from ima_tui.film.sound import plan

    clips = plan([f"{n}.mp3" for n in range(len(lengths))], lengths, seconds, 3.0)
    assert [clip.at / 48_000 for clip in clips] == starts
    assert all(clip.fade_in for clip in clips[1:])
    assert clips[0].fade_in == 0
    assert max(clip.at + clip.length for clip in clips) <= seconds * 48_000
    for before, clip in pairwise(clips):
        assert before.at + before.length - clip.at == 3 * 48_000


@needs_av
async def test_the_file_has_the_length_and_every_piece(tmp_path: Path) -> None:
    from clips import read, tone

    files = tuple(tone(tmp_path / f"{hz}.wav", hz, 5.0) for hz in (300, 500, 800))
    job = JoinJob(files, str(tmp_path / "out" / "song.m4a"), str(tmp_path / "cache"), 12.0, 1.0)
    done = await assembler.join(job)
    song = read(str(done["path"]))
    assert done["repeats"] == 0
    assert len(song.samples) / 48_000 == pytest.approx(12.0, abs=0.05)
    for at, loud, silent in ((2.0, 300, 500), (6.0, 500, 800), (10.0, 800, 300)):
        assert song.level(loud, at) - song.level(silent, at) > 20
    assert abs(song.level(300, 4.2, 0.2) - song.level(500, 4.8, 0.2)) < 12, "both at the join"
    assert song.loudness == pytest.approx(-14.0, abs=0.5)
    assert list((tmp_path / "cache").iterdir()) == []


@needs_av
async def test_a_damaged_piece_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    job = JoinJob((str(bad),), str(tmp_path / "out" / "song.m4a"), str(tmp_path / "cache"), 9.0)
    with pytest.raises(ImaError) as refused:
        await assembler.join(job)
    assert refused.value.values["path"] == "bad.wav"
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    ("name", "size", "ratio", "cropped"),
    [
        ("wide.jpg", (2100, 900), (7, 3), (2100, 900)),
        ("wide.png", (2100, 900), (5, 2), (2100, 840)),
        ("tall.webp", (900, 1600), (5, 2), (900, 360)),
        ("odd.jpg", (333, 101), (1, 3), (33, 101)),
    ],
)
async def test_a_picture_is_cropped_in_its_own_format(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    size: tuple[int, int],
    ratio: tuple[int, int],
    cropped: tuple[int, int],
) -> None:
    monkeypatch.setattr(assembler, "can_assemble", lambda: False)  # Pillow is enough
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 200, 30), (size[0] // 4, 0, size[0] * 3 // 4, size[1]))
    image.save(tmp_path / name)
    target = tmp_path / "out" / name
    done = await assembler.crop(StillJob(str(tmp_path / name), str(target), ratio=ratio))
    with Image.open(target) as made:
        assert made.size == (done["width"], done["height"]) == cropped
        assert made.format == Image.open(tmp_path / name).format
        middle = made.convert("RGB").getpixel((made.width // 2, made.height // 2))
    assert isinstance(middle, tuple)
    assert abs(middle[1] - 200) < 12, "from the middle"


async def test_a_turned_photo_is_cropped_as_it_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.new("RGB", (400, 300)).save(tmp_path / "turned.jpg", exif=exif)
    job = StillJob(str(tmp_path / "turned.jpg"), str(tmp_path / "crop.jpg"), ratio=(3, 1))
    done = await assembler.crop(job)
    assert (done["width"], done["height"]) == (300, 100)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 half a photo", b"<html>"])
async def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jpg").write_bytes(content)
    job = StillJob(str(tmp_path / "bad.jpg"), str(tmp_path / "crop.jpg"), ratio=(3, 1))
    with pytest.raises(ImaError):
        await assembler.crop(job)
    assert not (tmp_path / "crop.jpg").exists()
