"""Questions about the service are answered; polite requests are requests."""

from __future__ import annotations

import pytest

from ima_tui.compose.question_answer import answer
from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent.intent import RequestKind
from ima_tui.intent.route import route

QUESTIONS = [
    "how much does a video cost?",
    "can you make videos?",
    "is it possible to make music here?",
    "what models do you have?",
    "How many points for a song?",
    "do you support 4K video?",
    "做一个视频多少钱",
    "能不能做视频吗",
    "你能生成音乐吗？",
    "有哪些模型",
    "視頻怎麼收費？",
]
REQUESTS = [
    "can you make a video of a fox?",
    "could you draw a whale under the moon?",
    "能帮我画一只猫吗？",
    "画一张海报，写着多少钱一斤",
    "what if cats ruled the world, a poster",
    "how to bake bread, an explainer video",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_answered_and_nothing_is_made(text: str) -> None:
    intent = route(text)
    assert (intent.kind, intent.task_type) == (RequestKind.QUESTION, None)


@pytest.mark.parametrize("text", REQUESTS)
def test_a_polite_request_is_no_question(text: str) -> None:
    assert route(text).kind is RequestKind.SINGLE


def test_a_settled_task_type_makes_it() -> None:
    intent = route("how much is the fish?", settled=TaskType.TEXT_TO_IMAGE)
    assert intent.task_type is TaskType.TEXT_TO_IMAGE


def test_without_lists_the_answer_says_how_to_see_them() -> None:
    intent = route("how much does a video cost?")
    assert intent.medium is Medium.VIDEO
    assert "ima-tui models" in answer(intent, {})
