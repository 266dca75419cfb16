"""What goes out as the prompt: descriptions word for word, commands not at all."""

from __future__ import annotations

import pytest

from ima_tui.intent.commands import without
from ima_tui.intent.intent_json import prompt_sent
from ima_tui.intent.route import route
from ima_tui.intent.song import read_song

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
    "draw a fox x3": "draw a fox",
    "draw a cat x 2, 16:9": "draw a cat",
    "画猫 * 3": "画猫",
    "画一只猫，x4": "画一只猫",
    "draw a fox, shape: 16:9": "draw a fox",
    "画狐狸，画面形状：16:9": "画狐狸",
    "- 3 images of a fox": "images of a fox",
    "- draw a fox": "- draw a fox",
    "为茶馆设计一个水墨风格的标志，来四张": "为茶馆设计一个水墨风格的标志",
    "画一只猫，给我来两张": "画一只猫",
    "猫咪海报，三款，竖屏": "猫咪海报",
}
WHOLE = [
    "a fox in the snow, oil painting",
    "a Midjourney style picture of a castle",
    "a poster that says \"use Kling O1, 16:9\"",
    "画一张时钟指向3:45的图",
    "an image of three cats on two chairs",
    "a picture of a banana, a pro photographer and a nano robot",
    "A 16:9 image of an aurora",
    "a picture of a 2x2 grid of cats",
    "a cookie in the shape of a heart, photo",
    "画一只狗，四只脚",
    "足球比赛海报，3比2",
    "poster of a match, 3:2",
    "画一张 2×3 米的地毯",
    "draw a blackboard with 3 x 4 = 12 written on it",
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


def test_what_is_left_does_not_begin_with_what_joined_it_on() -> None:
    text = "a 10 second video, 16:9, 1080p, of a dragon landing on a castle"
    assert prompt_sent(text, route(text)) == "a dragon landing on a castle"
    text = "of mice and men, as a picture, 16:9"
    assert prompt_sent(text, route(text)) == "of mice and men, as a picture"


SONGS = [
    # text, lyrics, title, style
    ("Lyrics:\n[Verse]\nRain\n[Chorus]\nCome home\n\nStyle: pop ballad",
     "[Verse]\nRain\n[Chorus]\nCome home", "", "pop ballad"),
    ('sing these words: "Rain on the window, I miss you" as a pop ballad',
     "Rain on the window, I miss you", "", "pop ballad"),
    ("写一首歌，歌名《雨夜》，歌词是：雨落在窗上，我想你。风格民谣，女声",
     "雨落在窗上，我想你", "雨夜", "民谣, 女声"),
    ('a song called "Blue Harbor" with the lyrics "Rain on the window" jazz',
     "Rain on the window", "Blue Harbor", "jazz"),
    ("Here are the lyrics, make it a rock song:\n\nWalking down the road\nNever looking back\n\n"
     "Oh the road goes on\nAnd on",
     "Walking down the road\nNever looking back\n\nOh the road goes on\nAnd on", "", "rock song"),
    ("用这段歌词作一首流行歌：\n天空很蓝\n我想飞\n", "天空很蓝\n我想飞", "", "流行歌"),
    ("make a song titled Midnight Train, country", "", "Midnight Train", "country"),
    ("an anthem called The Wall and the Sea for our team", "", "The Wall and the Sea", ""),
    ("my lyrics are: Rain on the window. turn them into a punk song",
     "Rain on the window", "", "punk song"),
    ("歌词如下\n[主歌]\n雨落在窗上\n[副歌]\n我想你\n曲风：抒情，男声",
     "[主歌]\n雨落在窗上\n[副歌]\n我想你", "", "抒情, 男声"),
    ("a folk song with my own lyrics", "", "", "folk song"),
    ("请把以下歌词谱成台语歌：阿母的手 粗粗的手 牵我行过 彼条水沟",
     "阿母的手 粗粗的手 牵我行过 彼条水沟", "", "台语歌"),
    ('Sing my verse in a calypso: "Boss man say come early, sun say stay in bed"',
     "Boss man say come early, sun say stay in bed", "", ""),
    ("写一首歌，歌词：“我再也不唱情歌，唱给谁听”，民谣", "我再也不唱情歌，唱给谁听", "", "民谣"),
    ("歌词就这两句：潮水退到第七天，我还在等你的船。不用唱，做成明信片", "", "", ""),
    ("女声，《第七封信》，弦乐起，写异地恋", "", "第七封信", ""),
    ("给《黑神话》的片头写首歌", "", "", ""),
    ("a calm song about a town called hope", "", "", "calm song about a town called hope"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lyrics", "title", "style"), SONGS)
def test_lyrics_title_and_style_are_told_apart(
    text: str, lyrics: str, title: str, style: str
) -> None:
    song = read_song(text)
    assert ("" if song.lyrics is None else text[slice(*song.lyrics)]) == lyrics
    assert ("" if song.title is None else text[slice(*song.title)]) == title
    assert not style or song.style == style
