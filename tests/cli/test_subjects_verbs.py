"""`subjects`, and prompts that name one: what is kept, and what would be sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_person import Person
from PIL import Image


@pytest.fixture
def mia(person: Person) -> Person:
    picture = person.folder / "mia.png"
    Image.new("RGB", (640, 640), "red").save(picture)
    said = person.verb("subjects", "add", "Mia", str(picture), "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["subject"]["name"] == "Mia"
    picture.unlink()
    return person


def payload(person: Person, *prompt: str) -> dict[str, object]:
    said = person.verb("generate", *prompt, "--dry-run", "--json")
    assert said.code == 0, said.err
    found: dict[str, object] = json.loads(said.out)["payload"]
    return found


def test_subjects_are_listed_exported_and_removed(mia: Person) -> None:
    (only,) = json.loads(mia.verb("subjects", "list", "--json").out)["subjects"]
    assert Path(only["files"][0]["path"]).is_file()
    target = mia.folder / "all.zip"
    assert mia.verb("subjects", "export", str(target)).code == 0
    assert target.is_file()
    assert mia.verb("subjects", "remove", "mia").code == 0
    assert json.loads(mia.verb("subjects", "list", "--json").out)["subjects"] == []


def test_a_picture_of_a_subject_is_made_from_its_image(mia: Person) -> None:
    sent = payload(mia, "@Mia on a roof at night")
    assert sent["task_type"] == "image_to_image"
    assert "@" not in json.dumps(sent)
    assert "Mia on a roof at night" in json.dumps(sent)
    assert str(sent["src_img_url"]).count("subjects") == 1


def test_a_video_of_a_subject_uses_a_reference_and_animating_its_picture(mia: Person) -> None:
    assert payload(mia, "a video of @Mia on a roof")["task_type"] == "reference_image_to_video"
    assert payload(mia, "animate @Mia")["task_type"] == "image_to_video"


def test_a_bare_name_is_offered_and_an_unknown_one_refused(mia: Person) -> None:
    said = mia.verb("generate", "a photo of Mia on a roof", "--dry-run")
    assert said.code == 0
    assert "write @Mia" in said.err
    said = mia.verb("generate", "a photo of @Mai on a roof", "--dry-run")
    assert said.code == 2
    assert "Known: Mia" in said.err


def test_a_film_of_a_subject_is_made_from_its_image(mia: Person) -> None:
    brief = "Two shots: @Mia wakes up; she rides a bike. 10 seconds, calm music"
    said = mia.verb("workflow", "plan", brief, "--json")
    assert said.code == 0, said.err
    steps = json.loads(said.out)["steps"]
    pictures = [step for step in steps if step["task_type"] == "image_to_image"]
    assert len(pictures) == 2
    assert all("subjects" in step["inputs"][0] for step in pictures)
