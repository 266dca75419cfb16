"""When the rules and a second opinion are sure together, and when a person is asked."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import second_opinion
from ima_tui.intent.decision_json import decision_json
from ima_tui.intent.intent import Confidence, Intent, IntentQuestion, RequestKind, RunnerUp
from ima_tui.intent.route import route


@dataclass(frozen=True)
class Opinion:
    label: str
    margin: float = 3.0
    runner_up: str = "ask"


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> object:
    """Set what the second opinion is; None: there is none."""

    def set_to(opinion: Opinion | None) -> None:
        monkeypatch.setattr(second_opinion, "on", lambda text, images: opinion)

    set_to(None)
    return set_to


def read(text: str, says: object, opinion: Opinion | None, images: tuple[str, ...] = ()) -> Intent:
    assert callable(says)
    says(opinion)
    return route(text, images)


def test_agreement_is_sure(says: object) -> None:
    intent = read("draw a fox", says, Opinion("image", 1.1))
    assert (intent.confidence, intent.runner_up) == (Confidence.SURE, None)


def test_agreement_with_a_faint_opinion_is_unsure(says: object) -> None:
    """The less so, the less the text asks: docs/routing.md has the figures."""
    assert read("draw a fox", says, Opinion("image", 0.1)).confidence is Confidence.UNSURE
    assert read("a fox, photo", says, Opinion("image", 0.3)).confidence is Confidence.UNSURE
    assert read("draw a fox", says, Opinion("image", 0.3)).confidence is Confidence.SURE


def test_a_clear_disagreement_is_unsure_and_keeps_both_answers(says: object) -> None:
    intent = read("draw a fox", says, Opinion("video", 4.5))
    assert intent.task_type is TaskType.TEXT_TO_IMAGE
    assert intent.confidence is Confidence.UNSURE
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_VIDEO)
    told = decision_json("draw a fox", intent)
    assert told["confidence"] == "unsure"
    assert told["runner_up"] == {"task_type": "text_to_video", "kind": "single"}


@pytest.mark.parametrize("text", ["draw a fox", "I need a poster for a film about a singer"])
def test_what_a_verb_asks_for_stays_the_guess_where_another_medium_is_seen(
    says: object, text: str
) -> None:
    intent = read(text, says, Opinion("video", 1.5))
    assert (intent.medium, intent.confidence) == (Medium.IMAGE, Confidence.UNSURE)


def test_where_the_opinion_would_ask_its_second_label_is_the_other_answer(says: object) -> None:
    intent = read("draw a fox", says, Opinion("ask", 3.0, runner_up="music"))
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_MUSIC)


def test_a_clear_opinion_answers_what_the_rules_would_ask(says: object) -> None:
    intent = read("soft piano, slow tempo, rain", says, Opinion("music", 3.2))
    assert (intent.kind, intent.task_type) == (RequestKind.SINGLE, TaskType.TEXT_TO_MUSIC)
    assert intent.confidence is Confidence.SURE
    assert read("soft piano, slow tempo, rain", says, Opinion("music", 2.8)).confidence is (
        Confidence.UNSURE
    )


def test_a_faint_opinion_does_not_answer_what_the_rules_would_ask(says: object) -> None:
    text = "soft piano, slow tempo, rain"
    intent = read(text, says, Opinion("music", 0.3))
    assert intent.question is IntentQuestion.MEDIA_TYPE
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_MUSIC)
    guess = read(text, says, Opinion("music", 1.2, runner_up="speech"))
    assert (guess.task_type, guess.confidence) == (TaskType.TEXT_TO_MUSIC, Confidence.UNSURE)
    assert guess.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_SPEECH)


@pytest.mark.parametrize("text", ["a fox", "可爱的小猫，竖屏"])
def test_a_subject_alone_is_asked_about_whatever_the_opinion(says: object, text: str) -> None:
    assert read(text, says, Opinion("image", 6.0)).question is IntentQuestion.MEDIA_TYPE


@pytest.mark.parametrize(
    ("text", "label", "kind"),
    [
        ("what would 20 images set me back", "question", RequestKind.QUESTION),
        ("做歌就默认Suno，别问我了", "preference", RequestKind.PREFERENCE),
        ("logo plus jingle please", "several", RequestKind.WORKFLOW),
        ("a trailer. It needs thunderous music", "several", RequestKind.WORKFLOW),
    ],
)
def test_a_clear_opinion_about_the_kind_is_followed(
    says: object, text: str, label: str, kind: RequestKind
) -> None:
    intent = read(text, says, Opinion(label, 5.5))
    assert (intent.kind, intent.confidence) == (kind, Confidence.SURE)


def test_a_brief_is_led_by_the_opinion_and_sure_only_if_that_is_clear(says: object) -> None:
    text = "The harbour lies still. " * 14 + "Like an old photo of my youth. " + "Nets dry. " * 8
    guess = read(text, says, Opinion("video", 1.5))
    assert (guess.medium, guess.confidence) == (Medium.VIDEO, Confidence.UNSURE)
    assert read(text, says, Opinion("video", 6.0)).confidence is Confidence.SURE


def test_a_video_of_one_attached_picture_is_made_of_it(says: object) -> None:
    intent = read("slow dolly in, dust in the light", says, Opinion("video"), ("a.png",))
    assert intent.task_type is TaskType.IMAGE_TO_VIDEO


@pytest.mark.parametrize(
    ("text", "images"),
    [("always use Nano Banana Pro", ()), ("animate this photo", ())],
)
def test_preferences_and_missing_pictures_are_the_rules_own(
    says: object, text: str, images: tuple[str, ...]
) -> None:
    alone = read(text, says, None, images)
    other = read(text, says, Opinion("music", 9.0), images)
    assert (other.kind, other.question, other.runner_up) == (alone.kind, alone.question, None)


def test_one_thing_or_several_is_asked(says: object) -> None:
    assert read("draw a fox", says, Opinion("several")).runner_up == RunnerUp(RequestKind.WORKFLOW)
    text = "a poster and a theme song for a circus"
    assert read(text, says, Opinion("image", 3.0)).confidence is Confidence.SURE
    several = read(text, says, Opinion("image", 5.5))
    assert several.kind is RequestKind.WORKFLOW
    assert several.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_IMAGE)


def test_a_medium_that_a_long_description_only_mentions_is_asked(says: object) -> None:
    text = (
        "The harbour lies still before dawn, gulls asleep on the ropes. "
        "An old man hums a song of his youth while the first boats leave. "
        "Nets dry on the wall. The lighthouse turns once more and goes dark."
    )
    assert read(text, says, Opinion("music", 2.0)).confidence is Confidence.UNSURE


def test_what_was_settled_by_hand_is_not_doubted(says: object) -> None:
    assert callable(says)
    says(Opinion("video"))
    intent = route("draw a fox", settled=TaskType.TEXT_TO_IMAGE)
    assert intent.confidence is Confidence.SURE


@pytest.mark.parametrize(
    "text", ["animate it", "Animate it.", "please animate it", "can you animate it", "让它动起来"]
)
def test_it_is_the_attached_picture_and_not_an_earlier_step(text: str) -> None:
    intent = route(text, ["a.png"])
    assert (intent.task_type, intent.confidence) == (TaskType.IMAGE_TO_VIDEO, Confidence.SURE)
