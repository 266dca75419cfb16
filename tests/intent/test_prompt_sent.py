"""What goes out as the prompt: descriptions word for word, commands not at all."""

from __future__ import annotations

import pytest

from ima_tui.intent.commands import without
from ima_tui.intent.decision_json import prompt_sent
from ima_tui.intent.route import route

SENT = {
    "use Kling O1 to make a 16:9 video of a fox, seed 7": "make a video of a fox",
    "draw 3 pictures of a fox in 16:9, 4K, with Nano Banana Pro": "draw pictures of a fox",
    "用可灵O1生成一段10秒的16:9视频，一只狐狸在雪地里跑": "生成一段10秒的视频，一只狐狸在雪地里跑",
    "帮我生成一张16:9的雪山风景图": "帮我生成一张雪山风景图",
    "a portrait of a sailor, negative prompt: blurry, extra fingers": "a portrait of a sailor",
    "画一只猫，负面提示词：模糊，多余的手指，seed 42": "画一只猫",
    "always use Nano Banana Pro; draw a fox, 16:9, 4K": "draw a fox",
    "以后都用可灵，做一个海边日落的视频": "做一个海边日落的视频",
    "generate an 8 second clip of waves at 1080p with Veo 3.1": (
        "generate an 8 second clip of waves"
    ),
    "a poster for a jazz night, size 1024x1024, n=2": "a poster for a jazz night",
    "用最好的模型画一幅山水画，比例3:4": "画一幅山水画",
    "给我来4张赛博朋克城市海报，2K，竖屏": "给我来赛博朋克城市海报",
    "an image of two foxes, four versions": "an image of two foxes",
}
WHOLE = [
    "a fox in the snow, oil painting",
    "a Midjourney style picture of a castle",
    "a poster that says \"use Kling O1, 16:9\"",
    "画一张时钟指向3:45的图",
    "an image of three cats on two chairs",
    "a picture of a banana, a pro photographer and a nano robot",
    "A 16:9 image of an aurora",
]  # fmt: skip


@pytest.mark.parametrize(("text", "sent"), SENT.items())
def test_what_became_a_parameter_does_not_go_out(text: str, sent: str) -> None:
    assert prompt_sent(text, route(text)) == sent


@pytest.mark.parametrize("text", WHOLE)
def test_a_description_stays_word_for_word(text: str) -> None:
    assert prompt_sent(text, route(text)) == text


def test_the_words_of_a_parameter_that_is_not_met_stay() -> None:
    text = "draw a fox, seed 7, 16:9"
    commands = route(text).commands
    assert without(text, commands, kept={"params.seed"}) == "draw a fox, seed 7"


def test_nothing_but_commands_goes_out_as_it_is() -> None:
    text = "16:9, 4K"
    assert without(text, route(text + " image of a fox").commands) == text


def test_spoken_words_and_lyrics_go_out_untouched() -> None:
    text = "read aloud: use Kling O1, 16:9"
    assert prompt_sent(text, route(text)) == "use Kling O1, 16:9"
