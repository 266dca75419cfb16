"""When the rules and a second opinion are sure together, and when a person is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import second_opinion
from ima_tui.intent.intent import Intent, RunnerUp
from ima_tui.intent.intent_json import intent_json
from ima_tui.intent.kinds import Confidence, IntentQuestion, RequestKind
from ima_tui.intent.route import route

TWO = ("a.png", "b.png")
Read = Callable[..., Intent]
"""Read a text, with pictures, while each label has that probability."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    def read_while(text: str, *images: str, **beliefs: float) -> Intent:
        found = beliefs or None
        monkeypatch.setattr(second_opinion, "believe", lambda text, intent: found)
        return route(text, images)

    return read_while


def test_what_is_probable_is_sure(read: Read) -> None:
    intent = read("draw a fox", image=0.95, video=0.03)
    assert (intent.confidence, intent.runner_up) == (Confidence.SURE, None)


def test_what_is_less_probable_is_asked_with_both_answers(read: Read) -> None:
    intent = read("draw a fox", image=0.6, video=0.3)
    assert intent.task_type is TaskType.TEXT_TO_IMAGE
    assert intent.confidence is Confidence.UNSURE
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_VIDEO)
    told = intent_json("draw a fox", intent)
    assert told["confidence"] == "unsure"
    assert told["runner_up"] == {"task_type": "text_to_video", "kind": "single"}


def test_another_medium_than_the_rules_is_followed_where_it_is_more_probable(read: Read) -> None:
    guess = read("fox portrait, long ears", image=0.3, video=0.68)
    assert (guess.medium, guess.confidence) == (Medium.VIDEO, Confidence.UNSURE)
    assert guess.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_IMAGE)
    kept = read("draw a fox", image=0.3, video=0.68)  # a verb asks for it
    assert (kept.medium, kept.confidence) == (Medium.IMAGE, Confidence.UNSURE)
    assert read("draw a fox", image=0.02, video=0.95).confidence is Confidence.SURE


def test_what_the_rules_would_ask_is_answered(read: Read) -> None:
    text = "soft piano, slow tempo, rain"
    sure = read(text, music=0.9, ask=0.05)
    assert (sure.task_type, sure.confidence) == (TaskType.TEXT_TO_MUSIC, Confidence.SURE)
    guess = read(text, music=0.7, speech=0.2)
    assert (guess.task_type, guess.confidence) == (TaskType.TEXT_TO_MUSIC, Confidence.UNSURE)
    assert guess.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_SPEECH)
    assert read(text, ask=0.6, music=0.3).question is IntentQuestion.MEDIA_TYPE


@pytest.mark.parametrize("text", ["a fox", "可爱的小猫，竖屏"])
def test_a_subject_alone_is_asked_about_whatever_the_opinion(read: Read, text: str) -> None:
    intent = read(text, image=0.99)
    assert intent.question is IntentQuestion.MEDIA_TYPE
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_IMAGE)


@pytest.mark.parametrize(
    ("text", "label", "kind"),
    [
        ("what would 20 images set me back", "question", RequestKind.QUESTION),
        ("做歌就默认Suno，别问我了", "preference", RequestKind.PREFERENCE),
        ("logo plus jingle please", "several", RequestKind.WORKFLOW),
        ("a trailer. It needs thunderous music", "several", RequestKind.WORKFLOW),
    ],
)
def test_the_kind_is_followed(read: Read, text: str, label: str, kind: RequestKind) -> None:
    intent = read(text, **{label: 0.9})
    assert (intent.kind, intent.confidence) == (kind, Confidence.SURE)


def test_a_text_without_a_wish_asks_what_to_make(read: Read) -> None:
    intent = read("for row in table: print(row)", ask=0.7, image=0.2)
    assert intent.question is IntentQuestion.MEDIA_TYPE
    assert read("draw a fox", ask=0.45, image=0.4).task_type is TaskType.TEXT_TO_IMAGE


def test_a_picture_that_is_spoken_of_is_asked_for(read: Read) -> None:
    intent = read("colour in my grandfather's portrait", missing=0.7, image=0.2)
    assert (intent.kind, intent.question) == (RequestKind.CLARIFY, IntentQuestion.MISSING_INPUT)


def test_a_picture_that_the_rules_miss_is_asked_for_unless_that_is_improbable(read: Read) -> None:
    assert read("animate this photo", missing=0.3, video=0.6).question is not None
    intent = read("animate this photo", missing=0.05, video=0.9)
    assert intent.task_type is TaskType.TEXT_TO_VIDEO


@pytest.mark.parametrize(
    ("label", "task_type"),
    [
        ("frames", TaskType.FIRST_LAST_FRAME),
        ("reference", TaskType.REFERENCE_TO_VIDEO),
        ("image", TaskType.IMAGE_TO_IMAGE),
    ],
)
def test_what_two_pictures_are_for_is_followed(read: Read, label: str, task_type: TaskType) -> None:
    intent = read("the seedling grows into the tree", *TWO, **{label: 0.9, "video": 0.05})
    assert (intent.task_type, intent.confidence) == (task_type, Confidence.SURE)
    assert read("the seedling grows", "a.png", frames=0.9, video=0.05).task_type is not task_type


def test_a_video_of_one_attached_picture_is_made_of_it(read: Read) -> None:
    intent = read("slow dolly in, dust in the light", "a.png", video=0.9)
    assert intent.task_type is TaskType.IMAGE_TO_VIDEO


def test_one_thing_or_several_is_asked(read: Read) -> None:
    text = "a poster and a theme song for a circus"
    assert read(text, several=0.9, image=0.05).confidence is Confidence.SURE
    several = read(text, several=0.6, image=0.3)
    assert several.kind is RequestKind.WORKFLOW
    assert several.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_IMAGE)


def test_several_things_that_the_rules_do_not_find_are_not_made_up(read: Read) -> None:
    intent = read("draw a fox", several=0.6, image=0.3)
    assert (intent.task_type, intent.confidence) == (TaskType.TEXT_TO_IMAGE, Confidence.UNSURE)
    assert intent.runner_up == RunnerUp(RequestKind.WORKFLOW)


def test_a_very_long_text_is_sure_only_if_it_is_very_probable(read: Read) -> None:
    text = "Draw a fox. " + "It is late in the year and the hills are brown. " * 70
    assert read(text, image=0.995).confidence is Confidence.SURE
    assert read(text, image=0.9, video=0.08).confidence is Confidence.UNSURE
    assert read(text, video=0.95).task_type is TaskType.TEXT_TO_IMAGE


@pytest.mark.parametrize(
    "text",
    [
        "The harbour lies still. " * 14 + "Like an old photo of my youth. " + "Nets dry. " * 8,
        "a photo with birds, birds, and a third of birds: like a song",
    ],
)
def test_without_an_opinion_what_the_rules_only_guess_is_unsure(read: Read, text: str) -> None:
    intent = read(text)
    assert intent.confidence is Confidence.UNSURE or not (intent.guessed or intent.brief)


def test_what_was_settled_by_hand_is_not_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "believe", lambda text, intent: {"video": 0.9})
    intent = route("draw a fox", settled=TaskType.TEXT_TO_IMAGE)
    assert intent.confidence is Confidence.SURE


@pytest.mark.parametrize(
    "text", ["animate it", "Animate it.", "please animate it", "can you animate it", "让它动起来"]
)
def test_it_is_the_attached_picture_and_not_an_earlier_step(text: str) -> None:
    intent = route(text, ["a.png"])
    assert (intent.task_type, intent.confidence) == (TaskType.IMAGE_TO_VIDEO, Confidence.SURE)


def test_probabilities_add_up_to_one() -> None:
    intent = route("draw a fox", weighed=False)
    beliefs = second_opinion.believe("draw a fox", intent)
    assert beliefs is not None
    assert sum(beliefs.values()) == pytest.approx(1)
    assert max(beliefs, key=lambda label: beliefs[label]) == "image"


def test_a_picture_that_may_be_missing_leaves_nothing_sure(read: Read) -> None:
    """That a verb asks for a medium excuses doubts about a wish, not about what is there."""
    plain = read("draw a poster", ask=0.5, image=0.45)
    assert (plain.task_type, plain.confidence) == (TaskType.TEXT_TO_IMAGE, Confidence.SURE)
    missed = read("draw a poster", missing=0.5, image=0.45)
    assert (missed.task_type, missed.confidence) == (TaskType.TEXT_TO_IMAGE, Confidence.UNSURE)
