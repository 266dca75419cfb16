"""When the rules and a second opinion are sure together, and when a person is asked."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ima_tui.core.domain import TaskType
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
    intent = read("draw a fox", says, Opinion("image", 0.1))
    assert (intent.confidence, intent.runner_up) == (Confidence.SURE, None)


def test_a_clear_disagreement_is_unsure_and_keeps_both_answers(says: object) -> None:
    intent = read("draw a fox", says, Opinion("video", 1.5))
    assert intent.task_type is TaskType.TEXT_TO_IMAGE
    assert intent.confidence is Confidence.UNSURE
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_VIDEO)
    told = decision_json("draw a fox", intent)
    assert told["confidence"] == "unsure"
    assert told["runner_up"] == {"task_type": "text_to_video", "kind": "single"}


def test_a_faint_disagreement_does_not_ask(says: object) -> None:
    assert read("draw a fox", says, Opinion("video", 0.4)).confidence is Confidence.SURE


def test_where_the_opinion_would_ask_its_second_label_is_the_other_answer(says: object) -> None:
    intent = read("draw a fox", says, Opinion("ask", 2.0, runner_up="music"))
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_MUSIC)


def test_a_clear_opinion_answers_what_the_rules_would_ask(says: object) -> None:
    intent = read("soft piano, slow tempo, rain", says, Opinion("music", 2.5))
    assert (intent.kind, intent.task_type) == (RequestKind.SINGLE, TaskType.TEXT_TO_MUSIC)
    assert intent.confidence is Confidence.SURE


def test_a_faint_opinion_does_not_answer_what_the_rules_would_ask(says: object) -> None:
    intent = read("soft piano, slow tempo, rain", says, Opinion("music", 1.2))
    assert intent.question is IntentQuestion.MEDIA_TYPE
    assert intent.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_MUSIC)


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
    several = read("a poster and a theme song for a circus", says, Opinion("image"))
    assert several.kind is RequestKind.WORKFLOW
    assert several.runner_up == RunnerUp(RequestKind.SINGLE, TaskType.TEXT_TO_IMAGE)


def test_a_medium_that_a_long_description_only_mentions_is_asked(says: object) -> None:
    text = (
        "The harbour lies still before dawn, gulls asleep on the ropes. "
        "An old man hums a song of his youth while the first boats leave. "
        "Nets dry on the wall. The lighthouse turns once more and goes dark."
    )
    assert read(text, says, Opinion("music")).confidence is Confidence.UNSURE


def test_what_was_settled_by_hand_is_not_doubted(says: object) -> None:
    assert callable(says)
    says(Opinion("video"))
    intent = route("draw a fox", settled=TaskType.TEXT_TO_IMAGE)
    assert intent.confidence is Confidence.SURE
