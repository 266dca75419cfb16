"""The words of the wish are followed, but for what was chosen by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ima_tui.catalogue import choice, tree
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import (
    INPUTS,
    KIND,
    MODEL,
    Composer,
)
from ima_tui.compose.prompt_text import SetBy, origin
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.intent.route import route
from ima_tui.sandbox.products import SandboxCatalogue

Lists = Mapping[TaskType, tuple[ModelVersion, ...]]


@pytest.fixture(scope="module")
def lists() -> Lists:
    offered = SandboxCatalogue()
    return {kind: tree.models(offered.tree(kind.value, "en"), kind) for kind in TaskType}


def hear(composer: Composer, lists: Lists, text: str) -> None:
    intent = route(text, (), lists) if text else None
    if intent is not None and not composer.yields_to(intent):
        intent = route(text, (), lists, settled=composer.settled)
    meant = composer.meant(intent)
    composer.hear(intent, choice.default_model(lists[meant], meant))


def chosen(composer: Composer) -> dict[str, object]:
    assert composer.draft is not None
    return dict(composer.draft.chosen)


@pytest.fixture
def composer(lists: Lists) -> Composer:
    composer = Composer()
    composer.catch_up(
        lists[composer.task_type],
        choice.default_model(lists[composer.task_type], composer.task_type),
    )
    return composer


def test_kind_model_and_settings_follow(composer: Composer, lists: Lists) -> None:
    hear(composer, lists, "a 10s video of a puppy with Kling O1, 9:16")
    assert composer.task_type is TaskType.TEXT_TO_VIDEO
    assert composer.model is not None
    assert composer.model.model_id == "kling-video-o1"
    assert chosen(composer) == {"duration": "10", "aspect_ratio": "9:16"}


def test_what_is_no_longer_said_goes_back(composer: Composer, lists: Lists) -> None:
    hear(composer, lists, "画三张雪山，16:9，用Nano Banana Pro，4K")
    assert composer.draft is not None
    assert composer.draft.n == 3
    hear(composer, lists, "a fox")
    assert composer.model is not None
    assert composer.model.model_id == "doubao-seedream-4.5"
    assert chosen(composer) == {}
    assert composer.draft.n == 1


def test_an_emptied_wish_leaves_no_dear_setting_behind(composer: Composer, lists: Lists) -> None:
    hear(composer, lists, "picture of a fox, 4K, Nano Banana Pro")
    hear(composer, lists, "")
    assert composer.model is not None
    assert composer.model.model_id == "doubao-seedream-4.5"
    assert chosen(composer) == {}


def test_what_was_chosen_by_hand_stays(composer: Composer, lists: Lists) -> None:
    hear(composer, lists, "a video of a puppy, 10 seconds")
    composer.set("duration", 5)
    composer.pins.hold("duration")
    hear(composer, lists, "a video of a puppy, 15 seconds")
    assert chosen(composer)["duration"] == 5


def test_a_pinned_kind_and_model_are_not_read(composer: Composer, lists: Lists) -> None:
    composer.pins.hold(KIND, MODEL)
    model = composer.model
    hear(composer, lists, "a video of a puppy with Kling O1, 2 of them")
    assert composer.task_type is TaskType.TEXT_TO_IMAGE
    assert composer.model is model


def test_a_new_prompt_starts_from_nothing_that_the_last_words_decided(
    composer: Composer, lists: Lists
) -> None:
    hear(composer, lists, "read aloud slowly: Good evening")
    assert composer.task_type is TaskType.TEXT_TO_SPEECH
    hear(composer, lists, "a fox in the snow")  # typed over it, without emptying the field
    assert composer.task_type is TaskType.TEXT_TO_IMAGE
    hear(composer, lists, "画三张雪山，用Nano Banana Pro，4K")
    composer.begin_anew()
    hear(composer, lists, "一张狐狸的图片")
    assert composer.model is not None
    assert composer.model.model_id == "doubao-seedream-4.5"
    assert composer.draft is not None
    assert (composer.draft.chosen, composer.draft.n, composer.pins) == ((), 1, set())


def test_a_pin_stays_until_the_words_of_a_new_prompt_say_otherwise(
    composer: Composer, lists: Lists
) -> None:
    hear(composer, lists, "a video of a whale")
    composer.take(
        next(model for model in lists[composer.task_type] if model.model_id == "kling-video-o1")
    )
    composer.pins.hold(KIND, MODEL)
    composer.set("duration", 10)
    composer.pins.hold("duration")
    composer.begin_anew()
    hear(composer, lists, "a dog in a park")
    assert composer.model is not None
    assert (composer.model.model_id, chosen(composer)["duration"]) == ("kling-video-o1", "10")
    hear(composer, lists, "a 5s video of a dog in a park with Wan 2.6")
    assert composer.model is not None
    assert (composer.model.model_id, str(chosen(composer)["duration"])) == ("wan2.6-t2v", "5")


def test_an_answer_and_a_recalled_setting_hold_for_one_prompt(
    composer: Composer, lists: Lists
) -> None:
    hear(composer, lists, "a fox")
    composer.pins.hold(KIND, COUNT, passing=True)
    composer.begin_anew()
    hear(composer, lists, "lo-fi music, no vocals")
    assert composer.task_type is TaskType.TEXT_TO_MUSIC
    assert chosen(composer) == {
        "make_instrumental": True,
        "custom_mode": False,
        "gpt_description_prompt": "lo-fi music, no vocals",
    }


def test_who_put_a_part_where_it_stands_is_known(composer: Composer, lists: Lists) -> None:
    text = "a 10s video of a puppy with Kling O1, 9:16"
    hear(composer, lists, text)
    said = origin(composer, "duration")
    assert (said.by, [text[a:b] for a, b in said.spans]) == (SetBy.WORDS, ["10s"])
    assert [text[a:b] for a, b in origin(composer, KIND).spans] == ["video"]
    assert [text[a:b] for a, b in origin(composer, MODEL).spans] == ["Kling O1"]
    assert origin(composer, "quality").by is SetBy.ITSELF
    composer.set("duration", 5)
    composer.pins.hold("duration")
    assert origin(composer, "duration").by is SetBy.HAND


def test_what_is_let_go_follows_the_words_again(composer: Composer, lists: Lists) -> None:
    text = "a 10s video of a puppy with Kling O1"
    hear(composer, lists, text)
    composer.set("duration", 5)
    composer.pins.hold("duration", MODEL)
    composer.take(
        choice.newest(
            [model for model in lists[composer.task_type] if model.model_id == "wan2.6-t2v"]
        )
    )
    composer.unpin("duration")
    composer.unpin(MODEL)
    hear(composer, lists, text)
    assert composer.model is not None
    assert composer.model.model_id == "kling-video-o1"
    assert chosen(composer)["duration"] == "10"


def test_a_model_let_go_goes_back_to_the_usual_one(composer: Composer, lists: Lists) -> None:
    composer.pins.hold(KIND, MODEL)
    composer.take(
        next(model for model in lists[composer.task_type] if model.model_id == "midjourney")
    )
    composer.unpin(MODEL)
    hear(composer, lists, "")
    assert composer.model is not None
    assert composer.model.model_id == "doubao-seedream-4.5"


def test_roles_of_pictures_decide_their_order(composer: Composer, lists: Lists) -> None:
    hear(composer, lists, "把 /a.png 当尾帧，/b.png 当首帧，做成视频")
    assert composer.task_type is TaskType.FIRST_LAST_FRAME
    assert drafting.ordered(("/a.png", "/b.png"), composer.order) == ("/b.png", "/a.png")
    assert [role.value for role in composer.roles(2)] == ["last", "first"]


def test_a_picture_that_only_earlier_words_named_goes_with_them(
    composer: Composer, lists: Lists
) -> None:
    hear(composer, lists, "animate /cat.png")
    assert composer.draft is not None
    assert composer.draft.inputs == ("/cat.png",)
    hear(composer, lists, "animate this picture")
    assert composer.draft.inputs == ()
    hear(composer, lists, "animate /cat.png")
    composer.begin_anew()
    assert composer.draft.inputs == ()


def test_a_picture_that_was_put_in_by_hand_stays(composer: Composer, lists: Lists) -> None:
    hear(composer, lists, "animate this picture")
    composer.feed(("/cat.png",))
    composer.pins.hold(INPUTS)
    hear(composer, lists, "animate this picture, 10 seconds")
    composer.begin_anew()
    assert composer.draft is not None
    assert composer.draft.inputs == ("/cat.png",)
