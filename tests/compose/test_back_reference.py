"""A prompt that speaks of "it" means the last image, and only where nothing else can be meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ima_tui.compose.back_reference import LastResult, last_result, read_with
from ima_tui.core.domain import Job, Media, Order, State, TaskType
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import route

FOX = LastResult(1, "a red fox in the snow", "/results/fox.jpg")
IMAGE, VIDEO = TaskType.IMAGE_TO_IMAGE, TaskType.IMAGE_TO_VIDEO


def read(text: str, settled: TaskType | None = None) -> Intent:
    def decide(inputs: Sequence[str]) -> Intent:
        return route(text, inputs, settled=settled)

    return read_with(decide, text, decide(()), FOX, settled)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("animate it", VIDEO),
        ("make a video from it", VIDEO),
        ("a video of it", VIDEO),
        ("now a 10s video of this, the fox turns its head", VIDEO),
        ("turn it into a 10 second video with Kling O1", VIDEO),
        ("a video from the last picture", VIDEO),
        ("use the last result as first frame", VIDEO),
        ("make it darker and add a moon", IMAGE),
        ("the same at night", IMAGE),
        ("make it look like winter", IMAGE),
        ("把它做成10秒视频", VIDEO),
        ("用刚才的图做个视频", VIDEO),
        ("让它动起来", VIDEO),
        ("它的10秒视频", VIDEO),
        ("把这张图做成视频", VIDEO),
        ("给它戴顶帽子", IMAGE),
        ("把上一张图变成水彩", IMAGE),
    ],
)
def test_what_points_back_is_made_of_the_last_image(text: str, made: TaskType) -> None:
    intent = read(text)
    assert (intent.task_type, intent.inputs) == (made, (FOX.source,))
    assert intent.question is None
    assert intent.confidence == "sure"


@pytest.mark.parametrize(
    "text",
    [
        "a picture of a fox",
        "a video of this cat",
        "a video of it raining in Tokyo",
        "it was a dark night, a castle on a hill",
        "make it rain over the city",
        "animate my photo",
        "a picture of a fox, then a video of it",
        "make music for it",
        "它是一只猫，在雪地里",
        "一只猫，它在雪地里跑的视频",
        "这个女孩的视频",
        "那个图书馆的视频",
        "刚刚下过雨的街道",
        "再来一张",
    ],
)
def test_what_names_its_subject_is_read_as_before(text: str) -> None:
    assert read(text) == route(text)


def test_a_task_type_that_takes_no_input_stays() -> None:
    assert read("a video of it", TaskType.TEXT_TO_VIDEO).inputs == ()


def a_job(number: int, state: State, kind: TaskType = TaskType.TEXT_TO_IMAGE) -> Job:
    order = Order(kind, "m", "v", "M", f"prompt {number}", 1, (), 1, 5)
    here = (Media(f"https://example.com/{number}.png", path=f"/results/{number}.png"),)
    return Job(number, order, state, 0, 0, medias=here if state is State.DONE else ())


def test_the_newest_image_is_meant_and_none_while_it_is_being_made() -> None:
    done, film = a_job(1, State.DONE), a_job(2, State.DONE, TaskType.TEXT_TO_VIDEO)
    assert last_result(()) is None
    assert last_result((done, film)) == LastResult(1, "prompt 1", "/results/1.png")
    assert last_result((done, a_job(3, State.RUNNING))) is None
    assert last_result((done, a_job(3, State.FAILED))) == last_result((done,))
    bare = replace(done, medias=(Media("https://example.com/1.png"),))
    assert last_result((bare,)) == LastResult(1, "prompt 1", "https://example.com/1.png")
