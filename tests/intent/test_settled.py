"""A task type that is settled by hand is not asked about, and the rest is read for it."""

from __future__ import annotations

import pytest

from ima_tui.core.domain import TaskType
from ima_tui.intent.kinds import RequestKind
from ima_tui.intent.route import route


@pytest.mark.parametrize("settled", list(TaskType))
@pytest.mark.parametrize(
    "text", ["a fox, 16:9", "把这张图做成视频", "a.png and b.png", "读出来：晚上好"]
)
def test_nothing_is_asked(text: str, settled: TaskType) -> None:
    decision = route(text, settled=settled)
    assert (decision.kind, decision.task_type, decision.question) == (
        RequestKind.SINGLE,
        settled,
        None,
    )


def test_parameters_and_model_are_read_for_it() -> None:
    decision = route("a fox, 10 seconds, 9:16, Wan", ("a.png",), settled=TaskType.IMAGE_TO_VIDEO)
    assert decision.model_id == "wan2.6-i2v"
    assert (decision.param("duration"), decision.param("aspect_ratio")) == (10, "9:16")
    assert decision.roles.source == (0,)


def test_two_pictures_are_first_and_last_in_their_order() -> None:
    decision = route("a.png b.png morph", settled=TaskType.FIRST_LAST_FRAME)
    assert (decision.roles.first_frame, decision.roles.last_frame) == (0, 1)


def test_a_wish_about_models_alone_stays_one() -> None:
    decision = route("always use Nano Banana Pro", settled=TaskType.TEXT_TO_IMAGE)
    assert decision.kind is RequestKind.PREFERENCE
