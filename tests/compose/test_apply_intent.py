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


def hear(desk: Composer, lists: Lists, text: str) -> None:
    decision = route(text, (), lists) if text else None
    if decision is not None and not desk.yields_to(decision):
        decision = route(text, (), lists, settled=desk.settled)
    meant = desk.meant(decision)
    desk.hear(decision, choice.default_model(lists[meant], meant))


def chosen(desk: Composer) -> dict[str, object]:
    assert desk.draft is not None
    return dict(desk.draft.chosen)


@pytest.fixture
def desk(lists: Lists) -> Composer:
    desk = Composer()
    desk.catch_up(lists[desk.kind], choice.default_model(lists[desk.kind], desk.kind))
    return desk


def test_kind_model_and_settings_follow(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "a 10s video of a puppy with Kling O1, 9:16")
    assert desk.kind is TaskType.TEXT_TO_VIDEO
    assert desk.model is not None
    assert desk.model.model_id == "kling-video-o1"
    assert chosen(desk) == {"duration": "10", "aspect_ratio": "9:16"}


def test_what_is_no_longer_said_goes_back(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "画三张雪山，16:9，用Nano Banana Pro，4K")
    assert desk.draft is not None
    assert desk.draft.n == 3
    hear(desk, lists, "a fox")
    assert desk.model is not None
    assert desk.model.model_id == "doubao-seedream-4.5"
    assert chosen(desk) == {}
    assert desk.draft.n == 1


def test_an_emptied_wish_leaves_no_dear_setting_behind(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "picture of a fox, 4K, Nano Banana Pro")
    hear(desk, lists, "")
    assert desk.model is not None
    assert desk.model.model_id == "doubao-seedream-4.5"
    assert chosen(desk) == {}


def test_what_was_chosen_by_hand_stays(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "a video of a puppy, 10 seconds")
    desk.set("duration", 5)
    desk.pins.hold("duration")
    hear(desk, lists, "a video of a puppy, 15 seconds")
    assert chosen(desk)["duration"] == 5


def test_a_pinned_kind_and_model_are_not_read(desk: Composer, lists: Lists) -> None:
    desk.pins.hold(KIND, MODEL)
    model = desk.model
    hear(desk, lists, "a video of a puppy with Kling O1, 2 of them")
    assert desk.kind is TaskType.TEXT_TO_IMAGE
    assert desk.model is model


def test_a_new_prompt_starts_from_nothing_that_the_last_words_decided(
    desk: Composer, lists: Lists
) -> None:
    hear(desk, lists, "read aloud slowly: Good evening")
    assert desk.kind is TaskType.TEXT_TO_SPEECH
    hear(desk, lists, "a fox in the snow")  # typed over it, without emptying the field
    assert desk.kind is TaskType.TEXT_TO_IMAGE
    hear(desk, lists, "画三张雪山，用Nano Banana Pro，4K")
    desk.begin_anew()
    hear(desk, lists, "一张狐狸的图片")
    assert desk.model is not None
    assert desk.model.model_id == "doubao-seedream-4.5"
    assert desk.draft is not None
    assert (desk.draft.chosen, desk.draft.n, desk.pins) == ((), 1, set())


def test_a_pin_stays_until_the_words_of_a_new_prompt_say_otherwise(
    desk: Composer, lists: Lists
) -> None:
    hear(desk, lists, "a video of a whale")
    desk.take(next(model for model in lists[desk.kind] if model.model_id == "kling-video-o1"))
    desk.pins.hold(KIND, MODEL)
    desk.set("duration", 10)
    desk.pins.hold("duration")
    desk.begin_anew()
    hear(desk, lists, "a dog in a park")
    assert desk.model is not None
    assert (desk.model.model_id, chosen(desk)["duration"]) == ("kling-video-o1", "10")
    hear(desk, lists, "a 5s video of a dog in a park with Wan 2.6")
    assert desk.model is not None
    assert (desk.model.model_id, str(chosen(desk)["duration"])) == ("wan2.6-t2v", "5")


def test_an_answer_and_a_recalled_setting_hold_for_one_prompt(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "a fox")
    desk.pins.hold(KIND, COUNT, passing=True)
    desk.begin_anew()
    hear(desk, lists, "lo-fi music, no vocals")
    assert desk.kind is TaskType.TEXT_TO_MUSIC
    assert chosen(desk) == {
        "make_instrumental": True,
        "custom_mode": False,
        "gpt_description_prompt": "lo-fi music, no vocals",
    }


def test_who_put_a_part_where_it_stands_is_known(desk: Composer, lists: Lists) -> None:
    text = "a 10s video of a puppy with Kling O1, 9:16"
    hear(desk, lists, text)
    said = origin(desk, "duration")
    assert (said.by, [text[a:b] for a, b in said.spans]) == (SetBy.WORDS, ["10s"])
    assert [text[a:b] for a, b in origin(desk, KIND).spans] == ["video"]
    assert [text[a:b] for a, b in origin(desk, MODEL).spans] == ["Kling O1"]
    assert origin(desk, "quality").by is SetBy.ITSELF
    desk.set("duration", 5)
    desk.pins.hold("duration")
    assert origin(desk, "duration").by is SetBy.HAND


def test_what_is_let_go_follows_the_words_again(desk: Composer, lists: Lists) -> None:
    text = "a 10s video of a puppy with Kling O1"
    hear(desk, lists, text)
    desk.set("duration", 5)
    desk.pins.hold("duration", MODEL)
    desk.take(
        choice.newest([model for model in lists[desk.kind] if model.model_id == "wan2.6-t2v"])
    )
    desk.unpin("duration")
    desk.unpin(MODEL)
    hear(desk, lists, text)
    assert desk.model is not None
    assert desk.model.model_id == "kling-video-o1"
    assert chosen(desk)["duration"] == "10"


def test_a_model_let_go_goes_back_to_the_usual_one(desk: Composer, lists: Lists) -> None:
    desk.pins.hold(KIND, MODEL)
    desk.take(next(model for model in lists[desk.kind] if model.model_id == "midjourney"))
    desk.unpin(MODEL)
    hear(desk, lists, "")
    assert desk.model is not None
    assert desk.model.model_id == "doubao-seedream-4.5"


def test_roles_of_pictures_decide_their_order(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "把 /a.png 当尾帧，/b.png 当首帧，做成视频")
    assert desk.kind is TaskType.FIRST_LAST_FRAME
    assert drafting.ordered(("/a.png", "/b.png"), desk.order) == ("/b.png", "/a.png")
    assert [role.value for role in desk.roles(2)] == ["last", "first"]


def test_a_picture_that_only_earlier_words_named_goes_with_them(
    desk: Composer, lists: Lists
) -> None:
    hear(desk, lists, "animate /cat.png")
    assert desk.draft is not None
    assert desk.draft.inputs == ("/cat.png",)
    hear(desk, lists, "animate this picture")
    assert desk.draft.inputs == ()
    hear(desk, lists, "animate /cat.png")
    desk.begin_anew()
    assert desk.draft.inputs == ()


def test_a_picture_that_was_put_in_by_hand_stays(desk: Composer, lists: Lists) -> None:
    hear(desk, lists, "animate this picture")
    desk.feed(("/cat.png",))
    desk.pins.hold(INPUTS)
    hear(desk, lists, "animate this picture, 10 seconds")
    desk.begin_anew()
    assert desk.draft is not None
    assert desk.draft.inputs == ("/cat.png",)
