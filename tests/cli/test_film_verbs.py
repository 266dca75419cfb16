"""`ima-tui assemble`, `frame` and `extend`, on small files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from verbs import Verb

from ima_tui.sandbox import uploads
from ima_tui.sandbox.server import Sandbox

sys.path.append(str(Path(__file__).parents[1] / "film"))
pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from clips import BLUE, RED, clip, near, read, tone


@pytest.fixture
def two(home: Path) -> tuple[str, str]:
    return clip(home / "red.mp4", RED, 1.0), clip(home / "blue.mp4", BLUE, 1.0)


def test_assemble_joins_files_and_says_what_it_made(
    ima: Verb, home: Path, two: tuple[str, str]
) -> None:
    sound = tone(home / "m.wav", 440, 1.0)
    said = ima("assemble", *two, "--music", sound, "-o", "film.mp4", "--json")
    assert said.code == 0, said.err
    assert said.json["status"] == "done"
    assert (said.json["film"], said.json["seconds"]) == (str(home / "film.mp4"), 2.0)
    film = read(home / "film.mp4")
    assert near(film.colour(0.5), RED)
    assert near(film.colour(1.5), BLUE)
    assert film.samples
    again = ima("assemble", *two, "--music", sound, "-o", "film.mp4")
    assert again.code == 0
    assert "already exists" in again.err
    other = ima("assemble", two[1], two[0], "-o", "film.mp4")
    assert (other.code, "--replace" in other.err) == (1, True)
    assert ima("assemble", two[1], two[0], "-o", "film.mp4", "--replace").code == 0


def test_assemble_files_a_film_under_its_project(
    ima: Verb, home: Path, two: tuple[str, str]
) -> None:
    (home / "config.toml").write_text(f'[results]\nfolder = "{home / "out"}"\n')
    said = ima("assemble", *two, "--project", "Spring/2026", "--json")
    assert said.code == 0, said.err
    film = Path(said.json["film"])
    assert (film.parent, film.is_file()) == (home / "out" / "Spring-2026", True)
    assert ima("assemble", *two, "--project", "Spring/2026", "--json").json["made"] is False
    assert ima("assemble", *two).code == 2
    assert ima("assemble", *two, "-o", "film.mp4", "--project", "Spring").code == 2


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (("--size", "big"), "film_size_text"),
        (("--music-volume", "11"), "film_volume"),
        (("--fade", "1x"), "film_seconds"),
        (("--fps", "500"), "film_fps"),
        (("--subtitles", "hello"), "film_subtitles"),
    ],
)
def test_what_is_wrong_is_said_in_one_document(
    ima: Verb, two: tuple[str, str], more: tuple[str, ...], kind: str
) -> None:
    said = ima("assemble", *two, "-o", "film.mp4", "--json", *more)
    assert (said.code, said.json["error"]["kind"]) == (2, kind)


def test_a_film_never_replaces_its_own_shot(ima: Verb, home: Path, two: tuple[str, str]) -> None:
    before = Path(two[0]).read_bytes()
    said = ima("assemble", *two, "-o", two[0], "--replace", "--json")
    assert (said.code, said.json["error"]["kind"]) == (2, "film_own_file")
    assert Path(two[0]).read_bytes() == before


def test_a_broken_shot_is_named(ima: Verb, home: Path, two: tuple[str, str]) -> None:
    (home / "bad\x1b[31m.mp4").write_bytes(b"no video")
    said = ima("assemble", two[0], str(home / "bad\x1b[31m.mp4"), "-o", "film.mp4")
    assert said.code == 1
    assert "Shot 2" in said.err
    assert "\x1b" not in said.err


def test_frame_saves_one_picture(ima: Verb, home: Path, two: tuple[str, str]) -> None:
    said = ima("frame", two[1], "--at", "last", "--ratio", "7:3", "-o", "last.png", "--json")
    assert said.code == 0, said.err
    assert (said.json["width"], said.json["height"]) == (128, 54)
    assert ima("frame", two[1], "-o", "last.png").code == 1
    assert ima("frame", two[1], "--at", "half", "-o", "x.png").code == 2
    assert ima("frame", str(home / "none.mp4"), "-o", "x.png").code == 1


def test_extend_generates_from_the_last_frame(
    ima: Verb, two: tuple[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CLOCK_SLACK", 1e9)  # two fast clocks drift apart
    said = ima("extend", two[1], "it turns to the left", "--yes", "--json")
    assert said.code == 0, said.err
    assert said.json["task_type"] == "image_to_video"
    assert "Continuing" in said.err
    charged = [each for each in sandbox.ledger()["creates"] if each["charged"]]
    assert len(charged) == 1


def test_a_dry_run_of_extend_leaves_nothing(
    ima: Verb, home: Path, two: tuple[str, str], sandbox: Sandbox
) -> None:
    before = sorted(home.rglob("*.png"))
    said = ima("extend", two[1], "it turns to the left", "--dry-run", "--json")
    assert said.code == 0, said.err
    assert said.json["payload"]["task_type"] == "image_to_video"
    assert sorted(home.rglob("*.png")) == before
    assert not sandbox.ledger()["creates"]


def test_without_pyav_it_says_what_to_install(
    ima: Verb, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.film.assembler.can_assemble", lambda: False)
    said = ima("assemble", *two, "-o", "film.mp4", "--json")
    assert (said.code, said.json["error"]["kind"]) == (2, "film_no_av")
    assert "ima-tui[video]" in said.json["error"]["suggestions"][0]
