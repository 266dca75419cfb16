"""What is turned down or there already, where lists of settings end, and who speaks."""

from __future__ import annotations

import pytest

from ima_tui.core.domain import TaskType
from ima_tui.intent.intent import Intent
from ima_tui.intent.kinds import IntentQuestion, RequestKind
from ima_tui.intent.route import route


def rules(text: str, *images: str) -> Intent:
    return route(text, images, weighed=False)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("一张海报就行，别弄成视频：雨夜的出租车", TaskType.TEXT_TO_IMAGE),
        ("不用生成音乐，来个视频", TaskType.TEXT_TO_VIDEO),
        ("我写了首歌叫《北站》，现在缺个封面", TaskType.TEXT_TO_IMAGE),
        ("我们拍了个短片，还差片头音乐", TaskType.TEXT_TO_MUSIC),
        ("I wrote a song called Blue, now I need a cover for it", TaskType.TEXT_TO_IMAGE),
        ("a picture for my uncle. He used to fish here and sing all day", TaskType.TEXT_TO_IMAGE),
        ("suno: a shanty, male choir, storm is coming", TaskType.TEXT_TO_MUSIC),
    ],
)
def test_what_is_refused_or_done_is_not_made(text: str, task: TaskType) -> None:
    assert (rules(text).kind, rules(text).task_type) == (RequestKind.SINGLE, task)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "one picture of a bear, a lullaby, and read this aloud: hush",
            ["image", "music", "speech"],
        ),
        ("1) a banner 2) a 10s clip 3) female voice: 'Go.'", ["image", "video", "speech"]),
        ("first an image of a seed. Then a video where that seed sprouts.", ["image", "video"]),
        ("a voice over for my explainer video, and calm music", ["music", "speech"]),
        ("ein Plakat und ein Lied für das Fest", ["image", "music"]),
        ("ロゴを作って、それをアニメーションにして", ["image", "video"]),
    ],
)
def test_entries_of_a_list_are_steps(text: str, steps: list[str]) -> None:
    assert [step.task_type.medium.value for step in rules(text).steps] == steps


def test_a_video_of_what_was_drawn_is_made_of_the_picture() -> None:
    steps = rules("an image of a seed. Then a video where that seed sprouts.").steps
    assert [step.uses for step in steps] == [None, 0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("clip of waves, 0:08", 8),
        ("做个4″的视频，小猫", 4),
        ("clip, 6'', a fox", 6),
        ("a video of a clock showing 3:05", None),
        ('a video of a 12" pizza', None),
    ],
)
def test_short_forms_of_lengths(text: str, seconds: int | None) -> None:
    assert rules(text).param("duration") == seconds


def test_a_minute_and_a_half_is_ninety_seconds() -> None:
    (limit,) = rules("a video, 1 min 30, of our office").limits
    assert limit.asked == "90 s"


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("a video of a fox, negative prompt: blurry, text, and make it 5 s long", "blurry, text"),
        ("draw a cat, negative prompt: dogs, rain but keep the umbrella", "dogs, rain"),
        ("a forest image. avoid: people, cars. sunny", "people, cars"),
        ("a photo, negative prompt: people with umbrellas, cars", "people with umbrellas, cars"),
        ("做视频，夜景，反向提示词 模糊 变形，然后配上音乐", "模糊 变形"),
    ],
)
def test_a_negative_prompt_ends_where_a_request_begins(text: str, unwanted: str) -> None:
    assert rules(text).param("negative_prompt") == unwanted


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("Turn the text into audio, a man should read it. Dear residents", "male"),
        ("读一下这段，声音要小姐姐那种：晚安", "female"),
        ("女儿的口吻，念：爸爸生日快乐", "female"),
        ("speak it like a queen addressing her people: we endure", "female"),
        ("text to speech: your parcel is here. Female voice, 1.1x", "female"),
        ("Lies das vor, mit Männerstimme: Der Zug", "male"),
        ("念给妈妈听：我到家了", None),
    ],
)
def test_who_speaks(text: str, voice: str | None) -> None:
    assert rules(text).param("voice") == voice


def test_settings_behind_the_words_are_not_spoken() -> None:
    text = "text to speech: your parcel is here. Female voice, 1.1x"
    spoken = rules(text).spoken
    assert spoken is not None
    assert text[slice(*spoken)].rstrip() == "your parcel is here."


@pytest.mark.parametrize(
    ("text", "source", "reference"),
    [
        ("use the 2nd image's style on the 1st", (0,), (1,)),
        ("make the first image look like the second one", (0,), (1,)),
        ("照第二张的样子画第一张", (0,), (1,)),
    ],
)
def test_whose_style(text: str, source: tuple[int, ...], reference: tuple[int, ...]) -> None:
    roles = rules(text, "a.png", "b.png").roles
    assert (roles.source, roles.reference) == (source, reference)


def test_frames_that_are_pointed_at_are_asked_for() -> None:
    assert rules("首帧是这张，尾帧是那张，做个视频").question is IntentQuestion.MISSING_INPUT
    assert rules("首帧：一朵花苞，尾帧：盛开的花，做个视频").question is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("你能生成一段两只小猫打架的视频吗", RequestKind.SINGLE),
        ("你能生成一段4K的视频吗", RequestKind.QUESTION),
        ("视频封面：新手如何养多肉", RequestKind.SINGLE),
        ("视频：多少钱一条？", RequestKind.QUESTION),
        ("you can make music, right?", RequestKind.QUESTION),
        ("動画を作るのにいくらかかりますか", RequestKind.QUESTION),
    ],
)
def test_a_request_worded_as_a_question_is_none(text: str, kind: RequestKind) -> None:
    assert rules(text).kind is kind
