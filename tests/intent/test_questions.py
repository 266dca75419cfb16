"""Questions about the service are answered; polite requests are requests."""

from __future__ import annotations

import pytest

from ima_tui.compose.other_requests import answer
from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent.kinds import RequestKind
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
    "If I ask for four images, am I charged four times?",
    "is Sora 2 Pro worth the extra points over Wan 2.6?",
    "where did the song I made yesterday go?",
    "can midjourney do wide images or only square ones?",
    "生成的图片保存在哪里？能保存多久？",
    "可灵2.6和海螺2.3哪个便宜？",
    "為什麼我的任務一直在排隊",
]
REQUESTS = [
    "can you make a video of a fox?",
    "could you draw a whale under the moon?",
    "能帮我画一只猫吗？",
    "画一张海报，写着多少钱一斤",
    "what if cats ruled the world, a poster",
    "how to bake bread, an explainer video",
    "What's the cheapest option? I need a picture of a paperclip",
    "Could someone read the menu aloud? Soup of the day: leek and potato",
    "做个解释为什么天空是蓝色的视频",
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
