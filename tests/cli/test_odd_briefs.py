"""Short and odd briefs: a sensible workflow or a question, never something else in silence."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from batch_person import Person

sys.path.append(str(Path(__file__).parents[1] / "film"))

IMAGES, VIDEOS = ("text_to_image", "image_to_image"), ("image_to_video",)


def planned(person: Person, prompt: str) -> tuple[dict[str, Any], str]:
    """The plan of a prompt, and what was said about it."""
    said = person.verb("workflow", "plan", prompt, "--json")
    return (json.loads(said.out) if said.out else {}), said.err


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("make me a video", "The prompt doesn't describe the content"),
        ("30秒宣传片", "The prompt doesn't describe the content"),
        ("a film in three acts", "The prompt doesn't say what the film shows"),
        ("5 shots", "The prompt doesn't say what the film shows"),
        ("a film with subtitles", "There is no text for the subtitles"),
        ("a documentary about bees with a narrator", "The text of the voice-over is missing"),
        ("clip1.mp4 and clip2.mp4 joined with music", "ima-tui assemble clip1.mp4 clip2.mp4 -o"),
        ("把a.mp4和b.mp4拼起来", "ima-tui assemble a.mp4 b.mp4 -o film.mp4"),
        ("a music video of a city with missing.mp3", "File not found: missing.mp3"),
    ],
)
def test_what_can_not_be_guessed_is_asked(person: Person, prompt: str, words: str) -> None:
    workflow, said = planned(person, prompt)
    assert words in json.dumps(workflow, ensure_ascii=False) + said
    assert "steps" not in workflow


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("a before/after video from old.png to new.png", "old.png, new.png"),
        ("用旧照.png和新照.png做一个前后对比视频", "旧照.png, 新照.png"),
        ("海边.png动起来", "海边.png"),
    ],
)
def test_missing_files_are_named(person: Person, prompt: str, names: str) -> None:
    workflow, said = planned(person, prompt)
    (step,) = workflow["steps"]
    frames = "first_last_frame_to_video" if "," in names else "image_to_video"
    assert step["task_type"] == frames
    assert f"Step 1: File not found: {names}" in said


@pytest.mark.parametrize(
    ("prompt", "shows"),
    [
        ("make a birthday video for Lily", ["Lily's birthday"] * 3),
        ("给莉莉做一个生日视频", ["莉莉的生日"] * 3),
        ("a commercial for my bakery", ["my bakery"] * 3),
        ("vlog of a day in Tokyo: breakfast, metro, ramen", ["breakfast", "metro", "ramen"]),
        ("a 20s film: sunrise. coffee. bike ride.", ["sunrise", "coffee", "bike ride"]),
        ("timelapse of a city from dawn to night, 20 seconds", ["dawn to night"] * 3),
        ("a red kite flies, two shots", ["a red kite flies"] * 2),
        ("三个镜头的猫", ["猫"] * 3),
        ("我要拍一个30秒的房产视频，客厅、厨房、卧室", ["客厅", "厨房", "卧室"]),
        ("剧本：小明回家。妈妈开门。", ["小明回家", "妈妈开门"]),
        ("INT. ATTIC - DAY. Ann looks. EXT. ROOF - NIGHT. Ann runs.", ["Ann looks", "roof, night"]),
        ("photo album from a.jpg, b.jpg, c.jpg, 3 seconds each", ["slow"] * 3),
        ("a film for kids about a fox, two shots", ["a fox"] * 2),
    ],
)
def test_a_few_words_become_a_film_of_what_they_name(
    person: Person, prompt: str, shows: list[str]
) -> None:
    workflow, _ = planned(person, prompt)
    videos = [step for step in workflow["steps"] if step["task_type"] in VIDEOS]
    assert len(workflow["shots"]) == len(videos) == len(shows)
    for step, words in zip(videos, shows, strict=True):
        assert words in step["prompt"]


@pytest.mark.parametrize(
    ("prompt", "shows"),
    [
        ("three videos: a cat; a dog; a bird", ["a cat", "a dog", "a bird"]),
        ("video 1: a fox; video 2: an owl", ["a fox", "an owl"]),
        ("two 5 second clips, one of a dog, one of a cat", ["a dog", "a cat"]),
        ("three pictures: a cat, a dog and a bird", ["a cat", "a dog", "a bird"]),
        ("两张图：一只猫和一只狗", ["一只猫", "一只狗"]),
    ],
)
def test_several_things_are_made_one_by_one(person: Person, prompt: str, shows: list[str]) -> None:
    workflow, _ = planned(person, prompt)
    assert [(step["prompt"], step["n"]) for step in workflow["steps"]] == [
        (each, 1) for each in shows
    ]


def test_a_sound_of_ones_own_is_the_music_of_the_film(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(person.folder)
    song = person.folder / "song.mp3"
    song.write_bytes(b"a song")
    workflow, _ = planned(person, "给我的歌song.mp3做MV，主角是一只猫")
    assert {step["task_type"] for step in workflow["steps"]} == {*IMAGES, *VIDEOS}
    (track,) = workflow["tracks"]
    assert (track["role"], track["source"]) == ("music", str(song))


def test_what_stands_behind_a_colon_is_what_all_of_it_is_about(person: Person) -> None:
    workflow, _ = planned(person, "a song and a video: rain on a window")
    assert all("rain on a window" in json.dumps(step) for step in workflow["steps"])
    assert len(workflow["steps"]) == 2
