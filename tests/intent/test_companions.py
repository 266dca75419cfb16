"""What is asked for without its name: a spoken line, an instrument, a picture that is to move,
lyrics, who speaks, a length; and a picture that should be there."""

from __future__ import annotations

import pytest

from ima_tui.core.domain import TaskType
from ima_tui.intent.intent_json import intent_json
from ima_tui.intent.kinds import IntentQuestion, RequestKind
from ima_tui.intent.route import route

IMAGE, VIDEO = TaskType.TEXT_TO_IMAGE, TaskType.TEXT_TO_VIDEO
MOVED, MUSIC, SPEECH = TaskType.IMAGE_TO_VIDEO, TaskType.TEXT_TO_MUSIC, TaskType.TEXT_TO_SPEECH


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ('film a mountain sunrise and have a man say "Good morning"', [VIDEO, SPEECH]),
        ("先出一张古风美人图，再做成动态视频，配上古琴", [IMAGE, MOVED, MUSIC]),
        ("画一条龙，然后让它飞起来", [IMAGE, MOVED]),
        ("Draw a dragon. Use it as the first frame of a 5s video.", [IMAGE, MOVED]),
        ("promo for tea: video, background music and a voiceover", [VIDEO, MUSIC, SPEECH]),
        ("端午节宣传片，要配乐，要旁白", [VIDEO, MUSIC, SPEECH]),
    ],
)
def test_companions_are_steps(text: str, steps: list[TaskType]) -> None:
    assert [step.task_type for step in route(text).steps] == steps


@pytest.mark.parametrize(
    ("text", "task_type"),
    [
        ("title: Paper Boats\nlyrics:\n[Verse]\nWe folded up the summer", MUSIC),
        ("Chorus: We never sleep.\nVerse: up to you.\nIndie rock.", MUSIC),
        ("sports commentator, yelling: Goal! What a strike!", SPEECH),
        ("5s 720p chimney smoke at dusk", VIDEO),
    ],
)
def test_a_medium_may_be_told_without_its_name(text: str, task_type: TaskType) -> None:
    assert route(text).task_type is task_type


@pytest.mark.parametrize(
    "text",
    ["use my selfie to make a passport photo", "抠图",
     "把背景换成巴黎铁塔", "put my dog on a surfboard, photo attached"],
)  # fmt: skip
def test_a_picture_that_is_spoken_of_and_not_there_is_asked_for(text: str) -> None:
    assert route(text).question is IntentQuestion.MISSING_INPUT


def test_a_video_to_be_altered_is_asked_about() -> None:
    assert route("Extend clip.mp4 by 5 seconds").kind is RequestKind.CLARIFY


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("a lady announcing: the next tour starts in ten minutes", "voice", "female"),
        ("用老爷爷的口吻讲：很久以前，这里是一片海", "voice", "male"),
        ("a ballad sung by an old man", "vocal_gender", "m"),
        ("jazz trio, nobody sings", "make_instrumental", True),
        ("video of a fox, 240p", "resolution", "240p"),
        ("video of a fox, 60fps", "fps", 60),
        ("2x4s clips of a fox", "n", 2),
        ("2x4s clips of a fox", "duration", 4),
        ("three logo ideas for a baker", "n", 3),
    ],
)
def test_parameters_in_odd_forms(text: str, name: str, value: object) -> None:
    assert route(text).param(name) == value


@pytest.mark.parametrize(
    ("text", "asked", "sent"),
    [
        ("16K photo of a fox", "16K", "photo of a fox"),
        ("picture of a fox 500x300", "5:3", "picture of a fox"),
        ("picture of a fox, 1:7", "1:7", "picture of a fox"),
    ],
)
def test_what_nobody_offers_is_named_and_not_sent(text: str, asked: str, sent: str) -> None:
    intent = route(text)
    assert [limit.asked for limit in intent.limits] == [asked]
    assert intent_json(text, intent)["prompt_sent"] == sent


def test_the_path_of_an_input_is_not_sent() -> None:
    text = "animate ./fox.png with wind"
    assert intent_json(text, route(text))["prompt_sent"] == "animate this image with wind"


def test_models_named_for_steps_that_they_cannot_make_are_told_and_used_for_none() -> None:
    intent = route("a poster of a fox with wan 2.6, then animate it with midjourney")
    assert [each.medium.value for each in intent.misplaced] == ["video", "image"]
    assert [step.model_id for step in intent.steps] == ["", ""]
