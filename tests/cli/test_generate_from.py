"""A result carries what it was made from: names, embedded prompts, and `generate --from`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from verbs import Verb

pytestmark = pytest.mark.sandbox(speed=200)

MADE = ("generate", "a fox at dawn", "--task-type", "text_to_image", "--size", "2k", "--json")


@pytest.fixture
def made(ima: Verb, home: Path) -> Path:
    for name, value in (("results.embed", "on"), ("results.name", "{job}-{prompt}-{index}")):
        assert ima("config", "set", name, value).code == 0
    said = ima(*MADE, "--download", str(home / "out"))
    assert said.code == 0, said.err
    return Path(said.json["medias"][0]["path"])


def dry(ima: Verb, *words: str) -> dict[str, Any]:
    said = ima("generate", *words, "--dry-run", "--json")
    assert said.code == 0, said.err
    found: dict[str, Any] = said.json["payload"]
    return found


def test_the_same_again_from_a_file_alone(ima: Verb, made: Path) -> None:
    assert made.name.startswith("1-a-fox-at-dawn-1.")
    with Image.open(made) as opened:
        opened.load()
    before = dry(ima, *MADE[1:-1])
    (Path(str(made) + ".json")).unlink()  # the file itself is enough
    assert dry(ima, "--from", str(made)) == before


def test_flags_win_over_the_file(ima: Verb, made: Path) -> None:
    payload = dry(ima, "a boat", "--from", str(made), "--model-id", "midjourney")
    (entry,) = payload["parameters"]
    assert entry["parameters"]["prompt"] == "a boat"
    assert entry["model_id"] == "midjourney"
    (entry,) = dry(ima, "--from", str(made), "--size", "4k")["parameters"]
    assert entry["parameters"]["size"] == "4k"


def test_a_file_of_others_is_refused_and_nothing_is_sent(ima: Verb, home: Path) -> None:
    Image.new("RGB", (8, 8)).save(home / "plain.png")
    for name, kind in (("plain.png", "not_made_here"), ("none.png", "not_made_here")):
        said = ima("generate", "--from", name, "--json")
        assert (said.code, said.json["error"]["kind"]) == (2, kind)
    assert ima("jobs", "list", "--json").jobs == []


def test_nothing_is_embedded_unless_it_is_set(ima: Verb, home: Path) -> None:
    said = ima(*MADE, "--download", str(home / "out"))
    content = Path(said.json["medias"][0]["path"]).read_bytes()
    assert b"a fox at dawn" not in content
    sidecar = json.loads(Path(said.json["medias"][0]["path"] + ".json").read_text())
    assert "prompt" not in sidecar
