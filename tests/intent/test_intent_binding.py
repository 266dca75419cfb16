"""With a catalogue, a decision leads to a live leaf and to that leaf's own parameters."""

from __future__ import annotations

from functools import cache

import pytest

from ima_tui.catalogue import tree
from ima_tui.compose import apply_intent, suggestions
from ima_tui.compose.composer import Composer
from ima_tui.core.domain import ModelVersion, TaskType, Value
from ima_tui.intent import binding
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import route
from ima_tui.sandbox.products import SandboxCatalogue


@cache
def lists() -> dict[TaskType, tuple[ModelVersion, ...]]:
    shop = SandboxCatalogue()
    return {each: tree.models(shop.tree(each.value, "en"), each) for each in TaskType}


def read(text: str, *images: str, preferred: dict[TaskType, str] | None = None) -> Intent:
    return route(text, images, lists(), preferred)


@pytest.mark.parametrize(
    ("text", "name", "bound"),
    [
        ("video of a fox, Pixverse v5, 8s", "Pixverse V5", {"duration": 8}),
        ("用可灵O1做个10秒视频，9:16", "Kling O1", {"duration": "10", "aspect_ratio": "9:16"}),
        ("Suno v5 song, no vocals", "Suno",
         {"make_instrumental": True, "model_version": "sonic-v5"}),
        ("写一首女声的歌，用suno", "Suno", {"vocal_gender": "f"}),
        ("Nano Banana Pro picture of a fox, 4k", "Nano Banana Pro", {"size": "4K"}),
        ("wan 1080p video of a fox", "Wan 2.6", {"resolution": "1080P"}),
    ],
)  # fmt: skip
def test_words_become_the_leafs_own_fields(text: str, name: str, bound: dict[str, Value]) -> None:
    intent = read(text)
    assert intent.model is not None
    assert intent.model.name == name
    assert dict(intent.bound) == bound


def test_what_the_leaf_cannot_do_is_answered_with_what_it_can() -> None:
    intent = read("用可灵O1做个7秒的视频")
    refusal = intent.refused[0]
    assert (refusal.name, refusal.asked) == ("duration", 7)
    assert "5" in refusal.possible


def test_two_settings_for_one_control_are_told_and_a_model_for_both_is_named() -> None:
    intent = read("a picture of a fox, 16:9, 4K, with SeeDream 4.5")
    (refusal,) = intent.refused
    assert (refusal.asked, refusal.possible, refusal.both) == ("16:9", ("4k",), True)
    assert dict(intent.bound) == {"aspect_ratio": "4k"}
    composer = Composer()
    composer.hear(intent, None)
    (asking,) = suggestions.askings(composer, lists())
    assert asking.key == "lacking.both"
    assert [dict(answer.sets) for answer in asking.answers[:2]] == [
        {"aspect_ratio": "4k"},
        {"aspect_ratio": "16:9"},
    ]
    able = asking.answers[2].model
    assert able is not None
    assert not binding.bind(able, intent.params)[1]


def test_a_size_is_set_where_people_see_it() -> None:
    intent = read("a picture of a fox in 2K, SeeDream 4.5")
    assert intent.model is not None
    assert apply_intent.parameters(intent, intent.model)["aspect_ratio"].value == "2k"


def test_the_tempo_stays_in_the_prompt() -> None:
    intent = read("Suno song, 90 BPM")
    assert intent.param("bpm") == 90
    assert intent.bound == ()
    assert intent.refused == ()


def test_the_preferred_model_serves_where_none_is_named() -> None:
    wish = {TaskType.TEXT_TO_IMAGE: "midjourney"}
    assert read("draw a fox", preferred=wish).model is not None
    intent = read("draw a fox", preferred=wish)
    assert intent.model is not None
    assert intent.model.model_id == "midjourney"
    assert intent.model_id == ""
    intent = read("用最好的模型画一只狐狸", preferred=wish)
    assert intent.model is not None
    assert intent.model.model_id != "midjourney"


def test_a_model_that_the_list_lacks_is_said_with_its_kin() -> None:
    intent = read("用Kling 2.1 master做个视频")
    offered = {model.model_id for model in lists()[TaskType.TEXT_TO_VIDEO]}
    assert intent.model_id not in offered  # else this needs another absent model
    assert intent.model is None
    assert intent.model_id in intent.absent
    assert [each.value for each in intent.alternatives if each.part == "model"]


def test_every_id_of_the_names_that_is_live_is_known_to_the_lists() -> None:
    live = {model.model_id for models in lists().values() for model in models}
    assert {"kling-video-o1", "midjourney", "sonic", "wan2.6-t2v"} <= live
