"""What a reading leaves open has answers, each a choice by hand that is not asked about again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from beliefs import torn

from ima_tui.catalogue import choice, tree
from ima_tui.compose import draft as drafting
from ima_tui.compose import preference_prompts, suggestions
from ima_tui.compose.composer import KIND, MODEL, Composer, loosen, recall
from ima_tui.compose.suggestions import OpenQuestion, Suggestion
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.i18n import say
from ima_tui.intent import second_opinion
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import route
from ima_tui.preferences.policy import PreferenceChange
from ima_tui.sandbox.products import SandboxCatalogue

Lists = Mapping[TaskType, tuple[ModelVersion, ...]]


@pytest.fixture(scope="module")
def lists() -> Lists:
    offered = SandboxCatalogue()
    return {kind: tree.models(offered.tree(kind.value, "en"), kind) for kind in TaskType}


def read(
    composer: Composer, lists: Lists, text: str, preferred: Mapping[TaskType, str] | None = None
) -> None:
    from dataclasses import replace

    from ima_tui.compose import apply_intent

    settled = composer.task_type if KIND in composer.pins else None
    intent = route(text, composer.attached, lists, preferred, settled=settled)
    if (likely := apply_intent.tentative(intent)) is not None:
        rest = route(text, composer.attached, lists, preferred, settled=likely)
        intent = replace(rest, kind=intent.kind, question=intent.question)
    meant = intent.task_type or composer.task_type
    composer.hear(intent, choice.default_model(lists[meant], meant))


@pytest.fixture
def composer(lists: Lists) -> Composer:
    composer = Composer()
    composer.catch_up(
        lists[composer.task_type],
        choice.default_model(lists[composer.task_type], composer.task_type),
    )
    return composer


def only(composer: Composer, lists: Lists) -> OpenQuestion:
    (one,) = suggestions.askings(composer, lists)
    return one


def give(composer: Composer, lists: Lists, answer: Suggestion) -> None:
    suggestions.take(composer, answer, lambda kind: choice.default_model(lists[kind], kind))


def values(asking: OpenQuestion) -> list[object]:
    return [answer.values.get("value") for answer in asking.answers]


def test_an_unnamed_medium_is_asked_for_and_the_answer_settles_it(
    composer: Composer, lists: Lists
) -> None:
    read(composer, lists, "a fox in snow, 16:9")
    asking = only(composer, lists)
    assert [answer.key for answer in asking.answers] == [
        "compose.answer_image",
        "compose.answer_video",
        "compose.answer_music",
        "compose.answer_speech",
    ]
    give(composer, lists, asking.answers[1])
    read(composer, lists, "a fox in snow, 16:9")
    assert composer.task_type is TaskType.TEXT_TO_VIDEO
    assert composer.draft is not None
    assert dict(composer.draft.chosen)["aspect_ratio"] == "16:9"
    assert suggestions.askings(composer, lists) == ()


def test_two_pictures_are_asked_about_and_their_order_is_kept(
    composer: Composer, lists: Lists
) -> None:
    text = "把 a.png 和 b.png 做成视频"
    read(composer, lists, text)
    asking = only(composer, lists)
    assert asking.blocks
    other_way = asking.answers[1]
    assert other_way.values == {"first": "b.png", "last": "a.png"}
    give(composer, lists, other_way)
    read(composer, lists, text)
    assert composer.task_type is TaskType.FIRST_LAST_FRAME
    assert drafting.ordered(("a.png", "b.png"), composer.order) == ("b.png", "a.png")
    assert suggestions.askings(composer, lists) == ()


def test_a_missing_picture_is_asked_for_on_a_form_that_takes_one(
    composer: Composer, lists: Lists
) -> None:
    read(composer, lists, "把这张图做成10秒的视频，用可灵O1")
    assert composer.task_type is TaskType.IMAGE_TO_VIDEO
    assert composer.model is not None
    assert composer.model.model_id == "kling-video-o1"
    add, without = only(composer, lists).answers
    assert add.wants_input
    give(composer, lists, without)
    read(composer, lists, "把这张图做成10秒的视频，用可灵O1")
    assert composer.task_type is TaskType.TEXT_TO_VIDEO
    assert suggestions.askings(composer, lists) == ()


def test_the_impossible_says_what_can_be_had_and_one_answer_settles_it(
    composer: Composer, lists: Lists
) -> None:
    text = "a picture of a harbour, 7:3"
    read(composer, lists, text)
    asking = only(composer, lists)
    crop, *near = asking.answers
    assert (crop.plans, crop.values["ratio"]) == (True, "7:3"), "a workflow really makes it"
    assert [answer.values["value"] for answer in near] == ["21:9", "16:9"]
    assert all(answer.points == 5 for answer in asking.answers)
    give(composer, lists, near[0])
    read(composer, lists, text)
    assert suggestions.askings(composer, lists) == ()
    assert composer.draft is not None
    assert dict(composer.draft.chosen)["aspect_ratio"] == "21:9"
    composer.unpin("aspect_ratio")
    read(composer, lists, text)
    assert values(only(composer, lists))[1:] == ["21:9", "16:9"]


def test_music_of_a_length_is_offered_as_pieces_with_their_price(
    composer: Composer, lists: Lists
) -> None:
    for text, count in (("five minutes of calm piano music", 3), ("来一段100秒的轻音乐", 1)):
        read(composer, lists, text)
        join = only(composer, lists).answers[0]
        assert (join.plans, join.values["n"], join.points) == (True, count, count * 25)
    read(composer, lists, "200 minutes of calm piano music")
    assert not any(answer.plans for answer in only(composer, lists).answers)


def test_too_long_a_video_can_be_had_shorter_at_a_price(composer: Composer, lists: Lists) -> None:
    read(composer, lists, "a 30 second video of the sea")
    asking = only(composer, lists)
    assert [(a.values["value"], a.points) for a in asking.answers] == [("15 s", 120), ("10 s", 80)]


def test_what_only_this_model_lacks_names_what_it_has_and_who_can(
    composer: Composer, lists: Lists
) -> None:
    read(composer, lists, "a video of a puppy with Kling O1, 15 seconds")
    asking = only(composer, lists)
    assert asking.key == "compose.lacks_value"
    assert values(asking)[0] == "10 s"
    assert asking.answers[-1].model is not None
    give(composer, lists, asking.answers[-1])
    read(composer, lists, "a video of a puppy with Kling O1, 15 seconds")
    assert composer.model is not None
    assert composer.model.model_id != "kling-video-o1"
    assert suggestions.askings(composer, lists) == ()


def test_a_model_that_is_not_here_is_said_and_replaced_by_hand(
    composer: Composer, lists: Lists
) -> None:
    read(composer, lists, "a picture of a fox with DALL-E 3")
    asking = only(composer, lists)
    assert asking.key == "compose.reads_absent"
    give(composer, lists, asking.answers[-1])
    assert MODEL in composer.pins
    read(composer, lists, "a picture of a fox with DALL-E 3")
    assert suggestions.askings(composer, lists) == ()


@pytest.mark.parametrize("text", ["music for a film, 45 seconds", "lo-fi, 90 BPM 的音乐，两分钟"])
def test_every_answer_of_every_question_can_be_given(
    text: str, composer: Composer, lists: Lists
) -> None:
    read(composer, lists, text)
    for asking in suggestions.askings(composer, lists):
        for answer in asking.answers:
            give(composer.copy(), lists, answer)


def test_always_use_is_a_switch_that_is_on(composer: Composer, lists: Lists) -> None:
    read(composer, lists, "always use Nano Banana Pro; draw a fox")
    turn = preference_prompts.switch(composer, "")
    assert turn is not None
    assert (turn.on, turn.proposal.change) == (True, PreferenceChange.SAVE)
    composer.remember = False
    turn = preference_prompts.switch(composer, "")
    assert turn is not None
    assert not turn.on


def test_another_model_than_the_usual_one_is_a_switch_that_is_off(
    composer: Composer, lists: Lists
) -> None:
    preferred = {TaskType.TEXT_TO_IMAGE: "midjourney"}
    read(composer, lists, "draw a fox with Nano Banana Pro", preferred)
    turn = preference_prompts.switch(composer, "midjourney")
    assert turn is not None
    assert turn.proposal.asks
    assert not turn.on
    read(composer, lists, "draw a fox", preferred)
    assert preference_prompts.switch(composer, "midjourney") is None


def test_a_wish_to_choose_again_is_a_switch_that_forgets(composer: Composer, lists: Lists) -> None:
    read(composer, lists, "推荐一个模型，画一只狐狸", {TaskType.TEXT_TO_IMAGE: "midjourney"})
    turn = preference_prompts.switch(composer, "midjourney")
    assert turn is not None
    assert (turn.on, turn.proposal.change) == (True, PreferenceChange.FORGET)


def test_silence_is_had_from_a_model_without_sound(composer: Composer, lists: Lists) -> None:
    read(composer, lists, "a video of a puppy with Kling O1, no sound")
    assert suggestions.askings(composer, lists) == ()
    read(composer, lists, "a video of a puppy with Kling O1, with sound")
    assert "sound" in say(only(composer, lists).key, **only(composer, lists).values)
    assert "True" not in say(only(composer, lists).key, **only(composer, lists).values)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("a video of a whale in 8K", [("1080P", "")]),
        ("a video of a whale in 8K with Seedance 2.0", [("720p", ""), ("1080P", "Wan 2.6")]),
        ("a picture of a whale in 8K", [("4K", "")]),
    ],
)
def test_instead_of_8k_stands_what_the_chosen_leaf_can_or_a_model_that_can_more(
    composer: Composer, lists: Lists, text: str, offered: list[tuple[str, str]]
) -> None:
    read(composer, lists, text)
    told = only(composer, lists).answers
    assert [(str(a.values["value"]), a.model.name if a.model else "") for a in told] == offered
    give(composer, lists, told[-1])
    assert suggestions.askings(composer, lists) == ()


def test_a_model_that_is_offered_for_sound_makes_sound(composer: Composer, lists: Lists) -> None:
    read(composer, lists, "a video of a storm with sound, Wan 2.6")
    names = [answer.model.name for answer in only(composer, lists).answers if answer.model]
    assert "Kling O1" not in names
    assert names
    for answer in only(composer, lists).answers:
        fresh = Composer()
        fresh.catch_up(lists[TaskType.TEXT_TO_VIDEO], answer.model)
        read(
            fresh,
            lists,
            f"a video of a storm with sound, {answer.model.name if answer.model else ''}",
        )
        assert not suggestions.askings(fresh, lists)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a video of a whale in 8K with Kling O1", "1080p"),
        ("an 8K picture of a whale, then make it a video", "4K"),
        ("an 8K video of a whale and a song about it", "1080p"),
    ],
)
def test_without_a_screen_8k_is_answered_with_what_is_possible(
    lists: Lists, text: str, told: str
) -> None:
    from ima_tui.compose import apply_intent

    intent = route(text, (), lists)
    (limit,) = intent.limits
    key, words = apply_intent.told(intent, limit)
    assert told in say(key, **words)


@pytest.fixture
def doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second opinion that may as well be another."""
    monkeypatch.setattr(second_opinion, "believe", torn)


@pytest.mark.usefixtures("doubt")
def test_a_doubtful_reading_is_asked_about_with_the_guess_first(
    composer: Composer, lists: Lists
) -> None:
    read(composer, lists, "draw a fox")
    asking = only(composer, lists)
    assert [each.task_type for each in asking.answers] == [
        TaskType.TEXT_TO_IMAGE,
        TaskType.TEXT_TO_VIDEO,
    ]
    give(composer, lists, asking.answers[0])
    read(composer, lists, "draw a fox")
    assert not list(suggestions.askings(composer, lists))


@pytest.mark.usefixtures("doubt")
def test_a_recalled_job_is_not_asked_about_again(composer: Composer, lists: Lists) -> None:
    usual = choice.default_model(lists[TaskType.TEXT_TO_IMAGE], TaskType.TEXT_TO_IMAGE)
    assert usual is not None
    order, _ = drafting.finish(usual, drafting.begin(usual, "draw a fox"))

    def words(on: Composer) -> Intent:
        return route("draw a fox", on.attached, lists, settled=on.settled)

    def suggested(kind: TaskType) -> ModelVersion | None:
        return choice.default_model(lists[kind], kind)

    recall(composer, order)
    composer.catch_up(lists[composer.task_type], suggested(composer.task_type))
    loosen(composer, words, suggested)
    composer.hear(words(composer), suggested(composer.task_type))
    assert KIND in composer.pins
    assert not list(suggestions.askings(composer, lists))
