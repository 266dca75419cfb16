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
    intent = route(text, settled=settled)
    assert (intent.kind, intent.task_type, intent.question) == (
        RequestKind.SINGLE,
        settled,
        None,
    )


def test_parameters_and_model_are_read_for_it() -> None:
    intent = route("a fox, 10 seconds, 9:16, Wan", ("a.png",), settled=TaskType.IMAGE_TO_VIDEO)
    assert intent.model_id == "wan2.6-i2v"
    assert (intent.param("duration"), intent.param("aspect_ratio")) == (10, "9:16")
    assert intent.roles.source == (0,)


def test_two_pictures_are_first_and_last_in_their_order() -> None:
    intent = route("a.png b.png morph", settled=TaskType.FIRST_LAST_FRAME)
    assert (intent.roles.first_frame, intent.roles.last_frame) == (0, 1)


def test_a_wish_about_models_alone_stays_one() -> None:
    intent = route("always use Nano Banana Pro", settled=TaskType.TEXT_TO_IMAGE)
    assert intent.kind is RequestKind.PREFERENCE
