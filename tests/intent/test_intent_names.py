"""Every model of the founding document by the names people use, bound to the live ids of its task
type; what is not offered is said so, with its kin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ima_tui.catalogue import names, tree
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.intent.route import route
from ima_tui.sandbox.products import SandboxCatalogue

RECORDED = Path(__file__).parents[3] / "shared" / "catalog"
IMAGE, VIDEO, ANIMATE, FRAMES, REFERENCE, MUSIC, SPEECH = (
    TaskType.TEXT_TO_IMAGE,
    TaskType.TEXT_TO_VIDEO,
    TaskType.IMAGE_TO_VIDEO,
    TaskType.FIRST_LAST_FRAME,
    TaskType.REFERENCE_TO_VIDEO,
    TaskType.TEXT_TO_MUSIC,
    TaskType.TEXT_TO_SPEECH,
)
WISHES = {
    IMAGE: ("用{}画一只猫", "use {} to draw a cat", 0),
    VIDEO: ("用{}做一段海浪的视频", "a video of the sea with {}", 0),
    ANIMATE: ("用{}把这张图动起来", "animate this picture with {}", 1),
    MUSIC: ("用{}写一首歌", "use {} for a song about rain", 0),
    SPEECH: ("用{}朗读：你好", "use {} to read aloud: hello", 0),
}
KNOWN = [
    (IMAGE, "doubao-seedream-4.5", "SeeDream 4.5|see dream|seedream|即梦|可梦"),
    (IMAGE, "midjourney", "Midjourney|MJ|mid journey|midjorney"),
    (IMAGE, "gemini-3.1-flash-image", "Nano Banana 2|Nano Banana2|nanobanana2|香蕉2|NB2|小香蕉"),
    (IMAGE, "gemini-3-pro-image", "Nano Banana Pro|nanobananapro|香蕉Pro|大香蕉|NB Pro|nano bannana"
     " pro"),
    (VIDEO, "wan2.6-t2v", "Wan 2.6|Wan|万相|通义万相|万2.6"),
    (ANIMATE, "wan2.6-i2v", "Wan 2.6|Wan|万相|万2.6"),
    (VIDEO, "kling-video-o1", "Kling O1|可灵O1|可灵|Kling|kling-video-o1"),
    (VIDEO, "kling-v2-6", "Kling 2.6|可灵2.6|可灵 2.6"),
    (ANIMATE, "kling-v2-6", "Kling 2.6|可灵2.6"),
    (VIDEO, "MiniMax-Hailuo-2.3", "Hailuo 2.3|海螺2.3|海螺|MiniMax Hailuo|MiniMax Hailuo 2.3"),
    (VIDEO, "MiniMax-Hailuo-02", "Hailuo 2.0|海螺2.0|Hailuo 02"),
    (VIDEO, "veo-3.1-generate-preview", "Veo 3.1|Google Veo 3.1|veo|谷歌Veo"),
    (VIDEO, "sora-2-pro", "Sora 2 Pro|Sora|sora2pro"),
    (VIDEO, "pixverse", "Pixverse|PixVerse V5.5|pixverse v5|Pixverse 4.5"),
    (VIDEO, "viduq2", "Vidu Q2|Vidu"),
    (ANIMATE, "viduq2-pro", "Vidu Q2 Pro"),
    (VIDEO, "doubao-seedance-1.5-pro", "SeeDance 1.5 Pro|Seedance|see dance 1.5 pro"),
    (MUSIC, "sonic", "Suno|suno v5|Suno sonic v4|sonic v5"),
    (MUSIC, "GenBGM", "DouBao BGM|豆包BGM|GenBGM"),
    (MUSIC, "GenSong", "DouBao Song|豆包Song|GenSong"),
    (SPEECH, "seed-tts-2.0", "seed-tts-2.0|seed tts|seed-tts"),
    (SPEECH, "seed-tts-1.1", "seed-tts-1.1"),
]  # fmt: skip
NAMED = [(task, model, word) for task, model, words in KNOWN for word in words.split("|")]


@pytest.mark.parametrize(("task_type", "model_id", "word"), NAMED)
@pytest.mark.parametrize("language", [0, 1])
def test_a_name_leads_to_its_id(
    task_type: TaskType, model_id: str, word: str, language: int
) -> None:
    *texts, pictures = WISHES[task_type]
    text = str(texts[language]).format(word)
    intent = route(text, ["./a.png"] * int(str(pictures)))
    assert intent.task_type is task_type, text
    assert intent.model_id == model_id, text


def sandboxed() -> dict[TaskType, tuple[ModelVersion, ...]]:
    offered = SandboxCatalogue()
    return {
        task_type: tree.models(offered.tree(task_type.value, "en"), task_type)
        for task_type in TaskType
    }


def test_every_name_is_a_leaf_of_the_sandbox_or_said_to_be_absent() -> None:
    lists = sandboxed()
    for task_type, model_id, word in NAMED:
        text = str(WISHES[task_type][0]).format(word)
        intent = route(text, ["./a.png"] * int(str(WISHES[task_type][2])), lists)
        if intent.model is None:
            assert model_id in intent.absent, text
            assert any(each.part == "model" for each in intent.alternatives), text
        else:
            assert intent.model.model_id == model_id, text


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded lists are not beside the project")
@pytest.mark.parametrize("task_type", [IMAGE, VIDEO, MUSIC, SPEECH])
def test_every_name_is_a_leaf_of_the_recorded_lists(task_type: TaskType) -> None:
    raw = json.loads((RECORDED / f"products_{task_type.value}.json").read_text("utf-8"))
    lists = {task_type: tuple(tree.models(raw, task_type))}
    mine = [row for row in NAMED if row[0] is task_type]
    for _, model_id, word in mine:
        intent = route(str(WISHES[task_type][0]).format(word), (), lists)
        assert intent.model is not None, word
        assert intent.model.model_id == model_id


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("pixverse v5", "Pixverse V5"),
        ("Pixverse 4.5", "Pixverse V4.5"),
        ("pixverse", "Pixverse V5.5"),
        ("PixVerse V3.5", "Pixverse V3.5"),
    ],
)
def test_a_version_word_picks_the_leaf(word: str, name: str) -> None:
    intent = route(f"a video of the sea with {word}", (), sandboxed())
    assert intent.model is not None
    assert intent.model.name == name


@pytest.mark.parametrize(
    ("word", "value"),
    [("suno v5", "sonic-v5"), ("Suno 4.5", "sonic-v4-5"), ("Suno v3.5", "sonic-v3-5")],
)
def test_a_version_word_sets_the_field(word: str, value: str) -> None:
    intent = route(f"use {word} for a song about rain", (), sandboxed())
    assert dict(intent.bound)["model_version"] == value


def test_a_model_from_elsewhere_is_said_to_be_absent() -> None:
    for text in ("use DALL-E to draw a cat", "用Runway做一段海浪的视频"):
        intent = route(text, (), sandboxed())
        assert intent.absent, text
        assert intent.model_id == ""


def test_every_family_has_an_id_for_what_it_makes() -> None:
    for family in names.names().families:
        assert family.model_ids(), family.name
        assert family.model_id("", None) in family.model_ids()


@pytest.mark.parametrize(
    "text", ["use gpt-image to draw a fox", "用chatgpt画一只猫", "with qwen-image: a fox picture"]
)
def test_models_of_no_one_are_told_however_they_are_written(text: str) -> None:
    assert len(route(text).absent) == 1


def test_a_seed_that_no_model_takes_is_a_requirement_all_the_same() -> None:
    assert ("seed", 10**20) in [
        (p.name, p.value) for p in route(f"a fox video, seed {10**20}").requirements
    ]
