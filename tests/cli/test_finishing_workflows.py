"""`an image of 7:3` and `five minutes of music`: one command to the file that was asked for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from batch_person import PATIENT, Person
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "film"))


def made(person: Person, prompt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan of a prompt, and what its run said."""
    person.sandbox.scenario(PATIENT)
    file = str(person.folder / "plan.json")
    said = person.verb("workflow", "plan", prompt, "-o", file)
    assert said.code == 0, said.err
    workflow = json.loads(Path(file).read_text("utf-8"))
    folder = ("--download", str(person.folder / "made"))
    agreed = ("--confirm", workflow["hash"], "--no-pause")
    said = person.verb("workflow", "run", file, *agreed, *folder, "--json")
    assert said.code == 0, said.err
    return workflow, json.loads(said.out)


@pytest.mark.parametrize(
    ("prompt", "ratio"),
    [("two images of a fox in 5:2", 5 / 2), ("做一张7:3的风景图", 7 / 3)],
)
def test_images_of_any_ratio_are_cropped(person: Person, prompt: str, ratio: float) -> None:
    workflow, told = made(person, prompt)
    assert len(told["files"]) == workflow["steps"][0]["n"]
    for path in told["files"]:
        with Image.open(path) as image:
            assert image.width / image.height == pytest.approx(ratio, rel=0.01)
    assert len(person.accepted()) == 1


@pytest.mark.parametrize(
    ("prompt", "ratio"),
    [
        ("a 7:3 video of waves", 7 / 3),
        ("一段2.35:1的海浪视频", 2.35),
        ("two shots of a cat, 7:3, 10 seconds", 7 / 3),
    ],
)
def test_videos_of_any_ratio_are_cropped(person: Person, prompt: str, ratio: float) -> None:
    pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")
    from clips import read

    workflow, told = made(person, prompt)
    (path,) = told.get("files") or [told["film"]]
    film = read(path)
    assert film.size[0] / film.size[1] == pytest.approx(ratio, rel=0.02)
    assert min(map(sum, film.edges)) > 30, "not padded"
    assert len(person.accepted()) == len(workflow["steps"])


@pytest.mark.parametrize("prompt", ["40 seconds of calm piano music", "来一段40秒的轻音乐"])
def test_music_of_any_length_is_joined(person: Person, prompt: str) -> None:
    pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")
    from clips import read

    _, told = made(person, prompt)
    (path,) = told["files"]
    assert len(read(path).samples) / 48_000 == pytest.approx(40.0, abs=0.05)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("an image of a fox in 5:2", "Exactly 5:2, cropped here, 5 pts: ima-tui workflow plan"),
        ("a 7:3 video of waves", "Exactly 7:3, cropped here, 40 pts: ima-tui workflow plan"),
        ("five minutes of calm piano music", "Exactly 300 s from 3 pieces, 75 pts"),
        ("200 minutes of calm piano music", ""),
    ],
)
def test_generate_names_the_verb_that_really_makes_it(
    person: Person, prompt: str, words: str
) -> None:
    said = person.verb("generate", prompt)
    assert said.code == 2
    assert (words or "Nothing was sent") in said.err
    assert words or "Exactly" not in said.err
    assert person.accepted() == []


def test_without_pyav_music_is_refused_before_it_is_paid_and_a_crop_is_not(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.film.assembler.can_assemble", lambda: False)
    file = str(person.folder / "music.json")
    said = person.verb("workflow", "plan", "five minutes of calm piano music", "-o", file)
    workflow = json.loads(Path(file).read_text("utf-8"))
    assert "PyAV" in said.err
    said = person.verb("workflow", "run", file, "--confirm", workflow["hash"], "--json")
    assert (said.code, json.loads(said.out)["error"]["kind"]) == (2, "film_no_av")
    assert person.accepted() == []
    assert made(person, "an image of a fox in 5:2")[1]["files"]
