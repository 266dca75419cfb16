"""Films assembled from small clips: order, lengths, sound and sync are read from the file."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from clips import BLUE, GREEN, RED, WHITE, clip, cut_off, near, read, tone, turned

from ima_tui.core.errors import UsageError
from ima_tui.film import assembler, making
from ima_tui.film.assembler import FilmError, FilmProgress
from ima_tui.film.timeline import (
    AssembleJob,
    CannotAssemble,
    Film,
    Shot,
    StillJob,
    music,
    voice,
    with_fades,
)


class Cutting:
    """A folder, and films made in this process from its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def job(self, film: Film, name: str = "film.mp4", **more: object) -> AssembleJob:
        target = str(self.folder / name)
        return replace(AssembleJob(film, str(self.folder / "cache"), target), **more)  # type: ignore[arg-type]

    def make(self, film: Film, name: str = "film.mp4", **more: object) -> dict[str, object]:
        return making.assemble(self.job(film, name, **more), lambda told: None)

    def left(self) -> list[str]:
        """What is in the folder beside clips and films."""
        return sorted(
            p.name for p in self.folder.rglob("*") if ".part" in p.name or "piece" in p.name
        )


@pytest.fixture
def cutting(tmp_path: Path) -> Cutting:
    return Cutting(tmp_path)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name, colour in (("red", RED), ("green", GREEN), ("blue", BLUE)):
        clip(folder / f"{name}.mp4", colour, tone=330.0 if name == "green" else 0.0)
    tone(folder / "music.wav", 440.0, 3.0)
    tone(folder / "voice.wav", 1000.0, 1.5)
    return folder


def shots(clips: Path, *names: str, **more: float) -> tuple[Shot, ...]:
    return tuple(Shot(str(clips / f"{name}.mp4"), **more) for name in names)


def test_cuts_are_copied_in_order(cutting: Cutting, clips: Path) -> None:
    done = cutting.make(Film(shots(clips, "red", "green", "blue")))
    assert (done["encoded"], done["frames"], done["made"]) == (0, 144, True)
    film = read(str(done["path"]))
    assert len(film.frames) == 144
    seen = [film.colour(at) for at in (0.0, 1.96, 2.0, 3.96, 4.0, 5.96)]
    assert all(map(near, seen, (RED, RED, GREEN, GREEN, BLUE, BLUE)))
    assert not film.samples


def test_a_film_with_fades_music_and_voice(cutting: Cutting, clips: Path) -> None:
    whole = with_fades(shots(clips, "red", "green", "blue"), 0.5, hold=False)
    words = voice(str(clips / "voice.wav"), text="Run free. Now!")
    done = cutting.make(Film(whole, (music(str(clips / "music.wav")), words)))
    film = read(str(done["path"]))
    assert film.seconds == 5.0
    assert len(film.samples) / 48_000 == pytest.approx(5.0, abs=0.022)
    halfway = tuple((a + b) // 2 for a, b in zip(RED, GREEN, strict=True))
    assert near(film.colour(1.75), halfway, 15)
    assert near(film.colour(1.4), RED)
    assert near(film.colour(2.1), GREEN)
    assert near(film.colour(4.9), BLUE)
    assert film.loudness == pytest.approx(-14.0, abs=0.5)
    alone, under = film.level(440, 0.5), film.level(440, 1.5)
    assert alone - under >= 8
    assert film.level(440, 2.8) - under >= 8, "the music comes back after the voice"
    assert alone - film.level(440, 4.8, 0.15) >= 15, "it fades out at the end"
    assert film.level(1000, 1.2) - film.level(1000, 0.5) > 40
    assert [text for _, _, text in film.cues if text] == ["Run free.", "Now!"]
    assert [round(at, 1) for at, _, text in film.cues if text] == [1.0, 2.0]


def test_every_shot_fills_proportions_that_no_model_makes(cutting: Cutting, clips: Path) -> None:
    tall = clip(cutting.folder / "tall.mp4", GREEN, 1.0, size=(72, 128), marked=True, tone=500.0)
    wide = clip(cutting.folder / "wide.mp4", RED, 1.0, marked=True)
    pair = (Shot(wide), Shot(tall, own_sound=1.0))
    film = read(str(cutting.make(Film(pair, ratio=(7, 3), size=(128, 72)))["path"]))
    assert film.size == (128, 54)
    assert (film.seconds, len(film.samples) > 0) == (2.0, True)
    assert near(film.edges[0], RED), "neither padded nor taken from a side"
    assert near(film.edges[-1], GREEN)
    padded = read(str(cutting.make(Film(pair, size=(128, 54)), "padded.mp4")["path"]))
    assert near(padded.edges[-1], (0, 0, 0))


def test_held_frames_keep_the_length(cutting: Cutting, clips: Path) -> None:
    whole = with_fades(shots(clips, "red", "green"), 0.5, hold=True)
    film = read(str(cutting.make(Film(whole))["path"]))
    assert film.seconds == 4.0
    assert near(film.colour(1.96), RED)
    assert near(film.colour(2.6), GREEN)


def test_copied_and_encoded_pieces_decode_as_one_track(cutting: Cutting, clips: Path) -> None:
    keys = clip(cutting.folder / "keys.mp4", WHITE, 3.0, gop=24)
    same = clip(cutting.folder / "same.mp4", BLUE, 3.0, gop=24)
    whole = with_fades((Shot(keys, start=0.5), Shot(same, end=2.5)), 0.5, hold=False)
    done = cutting.make(Film(whole))
    assert 0 < int(str(done["encoded"])) < 60 < int(str(done["frames"])) == 108
    film = read(str(done["path"]))
    assert len(film.frames) == 108
    assert [round(t * 24) for t, _ in film.frames] == list(range(108))
    assert near(film.colour(1.9), WHITE)
    assert near(film.colour(2.6), BLUE)


def test_shots_of_any_shape_fit_into_one_film(cutting: Cutting, clips: Path) -> None:
    folder = cutting.folder
    tall = clip(folder / "tall.mp4", GREEN, 1.0, size=(72, 128), fps=30)
    slow = clip(folder / "slow.mp4", BLUE, 1.0, fps=12, tone=500.0)
    times = [0, 40, 90, 200, 210, 300, 480, 500, 700, 720, 760, 950]
    uneven = clip(folder / "uneven.mp4", WHITE, times=times)
    film = Film((*shots(clips, "red", "red"), Shot(tall), Shot(slow), Shot(uneven)))
    found = read(str(cutting.make(film)["path"]))
    assert (found.size, found.rate) == ((128, 72), 24)
    assert found.seconds == pytest.approx(7.0, abs=0.1)
    assert near(found.colour(4.5), GREEN)
    assert near(found.colour(5.5), BLUE)
    assert near(found.colour(6.5), WHITE)


def test_a_turned_shot_stands_upright(cutting: Cutting) -> None:
    import av

    shot = clip(cutting.folder / "phone.mp4", GREEN, 1.0, size=(128, 72), marked=True)
    done = cutting.make(Film((Shot(turned(Path(shot))),)))
    with av.open(str(done["path"])) as film:
        image = next(film.decode(video=0)).to_image()
    assert image.size == (72, 128)
    assert near(image.getpixel((64, 10)), WHITE), "its left top corner is now at the right"
    assert near(image.getpixel((8, 10)), GREEN)
    assert near(image.getpixel((64, 120)), GREEN)


def test_odd_sides_become_even(cutting: Cutting) -> None:
    odd = clip(cutting.folder / "odd.mp4", BLUE, 1.0, size=(101, 57), pixels="yuv444p")
    found = read(str(cutting.make(Film((Shot(odd),)))["path"]))
    assert (found.size, found.seconds) == ((100, 56), 1.0)
    assert near(found.colour(0.5), BLUE)


def test_portrait_is_padded_with_black(cutting: Cutting, clips: Path) -> None:
    import av

    tall = clip(cutting.folder / "tall.mp4", GREEN, 1.0, size=(72, 128))
    done = cutting.make(Film((*shots(clips, "red", "red"), Shot(tall))))
    with av.open(str(done["path"])) as film:
        *_, last = film.decode(video=0)
        image = last.to_image()
    assert near(image.getpixel((64, 36)), GREEN)
    assert near(image.getpixel((10, 36)), (0, 0, 0))


def test_own_sound_is_in_step_with_its_shot(cutting: Cutting, clips: Path) -> None:
    film = read(str(cutting.make(Film(shots(clips, "red", "green", "red", own_sound=1.0)))["path"]))
    assert film.level(330, 1.5) < -60 < -30 < film.level(330, 2.5)
    loud = next(i for i, value in enumerate(film.samples) if abs(value) > 0.02)
    assert loud / 48_000 == pytest.approx(2.0, abs=0.03)
    assert film.level(330, 4.3) < -50


def test_music_is_repeated_to_the_end(cutting: Cutting, clips: Path) -> None:
    track = replace(music(str(clips / "music.wav")), fade_out=0.1)
    film = read(str(cutting.make(Film(shots(clips, "red", "green", "blue"), (track,)))["path"]))
    levels = [film.level(440, at) for at in (0.8, 3.2, 5.2)]
    assert max(levels) - min(levels) < 4


def test_the_last_frame_is_held_for_a_voice_that_is_a_little_too_long(
    cutting: Cutting, clips: Path
) -> None:
    long = str(tone(cutting.folder / "long.wav", 1000.0, 2.5))
    done = cutting.make(Film(shots(clips, "red"), (voice(long),)))
    assert done["seconds"] == pytest.approx(3.5, abs=1 / 24)
    assert done["voice_cut"] == 0.0
    assert near(read(str(done["path"])).colour(3.4), RED)


def test_a_voice_that_is_cut_is_told_each_time(cutting: Cutting, clips: Path) -> None:
    long = str(tone(cutting.folder / "long.wav", 1000.0, 5.0))
    film = Film(shots(clips, "red"), (voice(long),))
    assert cutting.make(film)["voice_cut"] == pytest.approx(4.0, abs=0.1)
    again = cutting.make(film)
    assert not again["made"]
    assert again["voice_cut"] == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_a_truncated_shot_is_named(cutting: Cutting, clips: Path, share: float) -> None:
    broken = Path(
        clip(cutting.folder / "broken.mp4", BLUE, 4.0, size=(320, 180), options={"crf": "1"})
    )
    cut_off(broken, share)
    film = Film((*shots(clips, "red"), Shot(str(broken))))
    with pytest.raises(CannotAssemble) as caught:
        cutting.make(film)
    assert caught.value.key in ("film.damaged", "film.damaged_file")
    assert caught.value.values["shot"] == 2
    assert not (cutting.folder / "film.mp4").exists()


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", bytes(5000)])
def test_a_file_that_is_no_video_is_named_and_the_last_film_stays(
    cutting: Cutting, clips: Path, content: bytes
) -> None:
    before = cutting.make(Film(shots(clips, "red")))
    kept = Path(str(before["path"])).read_bytes()
    wrong = cutting.folder / "wrong.mp4"
    wrong.write_bytes(content)
    with pytest.raises(CannotAssemble) as caught:
        cutting.make(Film((Shot(str(wrong)), *shots(clips, "red"))), replace=True)
    assert caught.value.values["shot"] == 1
    assert Path(str(before["path"])).read_bytes() == kept


def test_the_same_request_makes_no_new_file_and_another_one_asks(
    cutting: Cutting, clips: Path
) -> None:
    film = Film(shots(clips, "red", "green"))
    first = cutting.make(film)
    changed = Path(str(first["path"])).stat().st_mtime_ns
    again = cutting.make(film)
    assert (again["made"], Path(str(first["path"])).stat().st_mtime_ns) == (False, changed)
    other = Film(shots(clips, "green", "red"))
    with pytest.raises(CannotAssemble, match="exists"):
        cutting.make(other)
    assert cutting.make(other, replace=True)["made"]
    assert near(read(str(first["path"])).colour(0), GREEN)


def test_a_full_disk_is_told_before_anything_is_encoded(
    cutting: Cutting, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = making.shutil.disk_usage(cutting.folder)
    monkeypatch.setattr(making.shutil, "disk_usage", lambda folder: usage._replace(free=1_000_000))
    with pytest.raises(CannotAssemble, match="no_space"):
        cutting.make(Film(shots(clips, "red", "green"), size=(320, 180)))
    assert cutting.left() == []


def test_a_name_of_its_own_follows_the_request(cutting: Cutting, clips: Path) -> None:
    where = {"target": "", "folder": str(cutting.folder / "out"), "stem": "film-7"}
    one = cutting.make(Film(shots(clips, "red")), **where)
    two = cutting.make(Film(shots(clips, "green")), **where)
    assert one["path"] != two["path"]
    assert Path(str(one["path"])).name.startswith("film-7-")
    assert cutting.make(Film(shots(clips, "red")), **where)["made"] is False


# ------------------------------------------------------------------------- the worker process


async def test_the_worker_tells_its_progress_and_the_time_left(
    cutting: Cutting, clips: Path
) -> None:
    told: list[FilmProgress] = []
    film = Film(
        with_fades(shots(clips, "red", "green"), 0.5, hold=False),
        (music(str(clips / "music.wav")),),
    )
    done = await assembler.assemble(cutting.job(film), told.append)
    assert done["frames"] == 84
    assert told
    assert all(0 <= each.share <= 1 and each.left >= 0 for each in told)
    assert [each.share for each in told] == sorted(each.share for each in told)
    assert cutting.left() == []


async def test_an_error_of_the_worker_speaks_of_the_shot(cutting: Cutting, clips: Path) -> None:
    film = Film((*shots(clips, "red"), Shot(str(cutting.folder / "gone.mp4"))))
    with pytest.raises(FilmError) as caught:
        await assembler.assemble(cutting.job(film))
    assert (caught.value.key, caught.value.values["shot"]) == ("error.film_missing", 2)
    with pytest.raises(UsageError, match="film_empty"):
        await assembler.assemble(cutting.job(Film(())))


async def test_cancelled_at_any_piece_it_goes_on_from_there(cutting: Cutting, clips: Path) -> None:
    big = clip(cutting.folder / "big.mp4", WHITE, 12.0, fps=30)
    film = Film(
        (*shots(clips, "red", "green", "blue"), Shot(big), *shots(clips, "red", "blue")),
        size=(320, 180),
    )
    kept: list[int] = []
    for _ in range(3):
        begun = len(list((cutting.folder / "cache").glob("piece-*.mp4")))
        making_it = asyncio.create_task(assembler.assemble(cutting.job(film)))
        while not making_it.done():
            await asyncio.sleep(0.005)
            found = len(list((cutting.folder / "cache").glob("piece-*.mp4")))
            if found > begun:
                kept.append(found)
                making_it.cancel()
                break
        await asyncio.gather(making_it, return_exceptions=True)
        if not making_it.cancelled():
            break
        assert not (cutting.folder / "film.mp4").exists()
    assert len(kept) >= 2
    assert kept == sorted(kept)
    await assembler.assemble(cutting.job(film))
    found = read(cutting.folder / "film.mp4")
    assert found.seconds == 22.0
    assert near(found.colour(12), WHITE)
    assert cutting.left() == []


async def test_a_killed_worker_is_told_and_leaves_no_half_film(
    cutting: Cutting, clips: Path
) -> None:
    film = Film(shots(clips, "red", "green", "blue"), size=(640, 360))
    pids: list[int] = []
    spawn = asyncio.create_subprocess_exec

    async def spawned(*argv: object, **more: object) -> object:
        child = await spawn(*argv, **more)  # type: ignore[arg-type]
        pids.append(child.pid)
        os.kill(child.pid, signal.SIGKILL)
        return child

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "create_subprocess_exec", spawned)
        with pytest.raises(FilmError, match="crashed"):
            await assembler.assemble(cutting.job(film))
    assert pids
    assert not (cutting.folder / "film.mp4").exists()


# ------------------------------------------------------------------------------------ frames


def test_frames_first_last_and_between(cutting: Cutting, clips: Path) -> None:
    from PIL import Image

    from ima_tui.film import picture

    whole = cutting.make(Film(shots(clips, "red", "green", "blue")))
    for at, colour, when in ((0.0, RED, 0.0), (-1.0, BLUE, 143 / 24), (3.0, GREEN, 3.0)):
        target = cutting.folder / f"{at}.png"
        done = picture.write(StillJob(str(whole["path"]), str(target), at))
        assert done["at"] == pytest.approx(when, abs=0.03)
        with Image.open(target) as image:
            assert near(image.convert("RGB").getpixel((60, 30)), colour)
    target = cutting.folder / "wide.png"
    done = picture.write(StillJob(str(whole["path"]), str(target), 0.0, (7, 3)))
    assert (done["width"], done["height"]) == (128, 54)
    with pytest.raises(CannotAssemble, match="beyond"):
        picture.write(StillJob(str(whole["path"]), str(cutting.folder / "no.png"), 99.0))
