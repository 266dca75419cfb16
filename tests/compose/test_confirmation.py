"""What has to be confirmed before points are spent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from trees import field_json, model_json, read, rule_json

from ima_tui import i18n
from ima_tui.compose import apply_intent, confirmation
from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import Composer
from ima_tui.compose.confirmation import Unmet, Why
from ima_tui.compose.prices import price_of
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.intent.kinds import IntentQuestion
from ima_tui.intent.route import route


def model(
    model_id: str, name: str, kind: TaskType, *fields: dict[str, Any], **more: Any
) -> ModelVersion:
    raw = model_json(id=model_id, model_id=model_id, name=name, form_config=list(fields), **more)
    return read(raw, kind)


KLING = model(
    "kling-video-o1", "Kling O1", TaskType.TEXT_TO_VIDEO,
    field_json("duration", ["5", "10"]),
    field_json("aspect_ratio", ["16:9", "9:16", "1:1"]),
    field_json("quality", ["720p", "1080p"]),
)  # fmt: skip
WAN = model(
    "wan2.6-t2v", "Wan 2.6", TaskType.TEXT_TO_VIDEO,
    field_json("duration", [5, 10, 15]), credit_rules=[rule_json(25)],
)  # fmt: skip
MIDJOURNEY = model(
    "midjourney", "Midjourney", TaskType.TEXT_TO_IMAGE,
    field_json("n", ["1"]), credit_rules=[rule_json(8)],
)  # fmt: skip
BANANA = model(
    "gemini-3-pro-image", "Nano Banana Pro", TaskType.TEXT_TO_IMAGE,
    field_json("aspect_ratio", ["1:1", "16:9", "21:9"]), field_json("size", ["1K", "2K", "4K"]),
)  # fmt: skip
PIXELS = model(
    "doubao-seedream-4.5", "SeeDream 4.5", TaskType.TEXT_TO_IMAGE,
    field_json("size", ["2048x2048", "2560x1440", "1440x2560"]),
)  # fmt: skip
SPEECH = model(
    "seed-tts-2.0", "seed-tts-2.0", TaskType.TEXT_TO_SPEECH, field_json("speaker", ["Ella", "Max"])
)
SUNO = model(
    "sonic", "Suno", TaskType.TEXT_TO_MUSIC,
    field_json("custom_mode", type="toggle", value=True),
    field_json("gpt_description_prompt", type="textarea", value=None, config={"maximum": 400}),
    field_json("tags", type="textarea", value=None),
    field_json("title", type="textarea", value=None),
)  # fmt: skip
LISTS = {
    TaskType.TEXT_TO_VIDEO: (KLING, WAN),
    TaskType.TEXT_TO_IMAGE: (BANANA, MIDJOURNEY, PIXELS),
    TaskType.TEXT_TO_SPEECH: (SPEECH,),
    TaskType.TEXT_TO_MUSIC: (SUNO,),
}


def checked(
    text: str, *by_hand: str, usual: ModelVersion | None = None
) -> tuple[Composer, list[Unmet]]:
    """What the words of `text` leave unmet on the desk that follows them."""
    intent = route(text, (), LISTS)
    composer = Composer()
    composer.hear(intent, usual or intent.model)
    assert composer.model is not None
    assert composer.draft is not None
    found = confirmation.check(text, intent, composer.model, composer.draft, by_hand)
    return composer, list(found.unmet)


def asked_and_sent(unmet: list[Unmet]) -> set[tuple[str, str]]:
    return {(each.asked, each.sent) for each in unmet}


def test_the_nearest_value_is_sent_and_every_difference_is_named() -> None:
    composer, unmet = checked("a 30s video of a whale in 8K, 7:3, with kling o1")
    assert asked_and_sent(unmet) == {("8K", "1080p"), ("7:3", "16:9"), ("30s", "10 s")}
    assert composer.draft is not None
    assert dict(composer.draft.chosen) == {
        "duration": "10",
        "quality": "1080p",
        "aspect_ratio": "16:9",
    }
    sentence = "8K isn't available for Kling O1: sent as 1080p."
    assert sentence in confirmation.sentences(unmet)


def test_the_nearest_value_is_said_in_chinese() -> None:
    i18n.use("zh")
    try:
        _, unmet = checked("用可灵O1做一个30秒的8K视频")
        assert set(confirmation.sentences(unmet)) == {
            "Kling O1 不支持 8K，将按 1080p 发送。",
            "Kling O1 不支持 30秒，将按 10 秒发送。",
        }
    finally:
        i18n.use("en")


@pytest.mark.parametrize(
    ("text", "asked", "sent", "why"),
    [
        ("a 1:3 picture of a cat with nano banana pro, aspect ratio 1:3", "1:3", "1:1", Why.VALUE),
        ("aspect ratio 7:3, a picture of a cat, nano banana pro", "7:3", "21:9", Why.VALUE),
        ("a 512px picture of a cat with nano banana pro", "512px", "1K", Why.VALUE),
        ("a video of a cat with sound, kling o1", "with sound", "", Why.SETTING),
        ("7 pictures of a cat with midjourney", "7 pictures", "1", Why.COUNT),
        ("a 12 second video of a cat with wan 2.6", "12 second", "10 s", Why.VALUE),
        ("a 14 second video of a cat with wan 2.6", "14 second", "15 s", Why.VALUE),
    ],
)
def test_each_unmet_requirement_has_its_words_and_reason(
    text: str, asked: str, sent: str, why: Why
) -> None:
    _, unmet = checked(text)
    assert [(each.sent, each.why) for each in unmet] == [(sent, why)]
    assert asked in unmet[0].asked


def test_what_is_met_needs_no_confirmation() -> None:
    for text in (
        "a 10s video of a whale, 9:16, 1080p, kling o1",
        "a silent 5s video of a whale, kling o1",
        "4 pictures of a fox in 4K with nano banana pro",
        "a 16:9 picture of a fox with seedream",  # 2560x1440
    ):
        assert checked(text)[1] == [], text


def test_a_shape_is_bound_to_the_pixels_that_have_it() -> None:
    composer, unmet = checked("a 9:16 picture of a fox with seedream")
    assert composer.draft is not None
    assert dict(composer.draft.chosen) == {"size": "1440x2560"}
    assert unmet == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a picture of a cat, 2560x1440, seedream 4.5", set()),
        ("a picture of a cat, 1000x1000, seedream 4.5", {("1000x1000", "2048x2048")}),
        ("a picture of a cat, 1000x1000, nano banana pro", {("1000x1000", "1K")}),
        ("a picture of a cat, 2048x2048, nano banana pro", set()),
        ("a video of a cat, 1920x1080, kling o1", set()),
    ],
)
def test_a_size_in_pixels_that_the_model_lacks_is_named(
    text: str, expected: set[tuple[str, str]]
) -> None:
    _, unmet = checked(text)
    assert asked_and_sent(unmet) == expected


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a picture of a cat, nano banana pro, 10 seconds", "10 seconds"),
        ("draw a cat with sound, nano banana pro", "with sound"),
        ("read aloud, 16:9: hello there", "16:9"),
        ("一张猫的图片，10秒，nano banana pro", "10秒"),
    ],
)
def test_a_setting_of_another_medium_is_named(text: str, asked: str) -> None:
    _, unmet = checked(text)
    assert [(each.asked, each.sent, each.why) for each in unmet] == [(asked, "", Why.SETTING)]


@pytest.mark.parametrize(
    "text",
    [
        "a photo of a 10 second countdown on a screen, nano banana pro",
        "a poster for a 90 minute film, nano banana pro",
        "say: the screen is 16:9",
        "a salsa song with a 2:3 clave",
    ],
)
def test_what_describes_is_no_setting(text: str) -> None:
    assert checked(text)[1] == []


def test_a_voice_that_the_model_lacks_is_named() -> None:
    _, unmet = checked('say "good morning" in a female voice', usual=SPEECH)
    assert [(each.name, each.why) for each in unmet] == [("voice", Why.VALUE)]


def test_a_model_of_another_medium_is_told_with_offers() -> None:
    _, (unmet,) = checked("use Midjourney to make a 5s video of a fox", usual=WAN)
    assert (unmet.why, unmet.medium, unmet.model) == (Why.MEDIUM, Medium.IMAGE, "Wan 2.6")
    assert (
        confirmation.sentence(unmet)
        == "Midjourney makes images, not video: Wan 2.6 is used instead."
    )
    offers = confirmation.alternatives(unmet, TaskType.TEXT_TO_VIDEO, LISTS)
    assert [(each.model.name, each.points) for each in offers] == [
        ("Midjourney", 8),
        ("Wan 2.6", 25),
        ("Kling O1", 5),
    ]


def test_a_model_that_nobody_offers_is_told_with_offers() -> None:
    _, (unmet,) = checked("a video of a fox with runway", usual=WAN)
    assert (unmet.why, unmet.asked) == (Why.ABSENT, "runway")
    assert confirmation.alternatives(unmet, TaskType.TEXT_TO_VIDEO, LISTS)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("use Flibber 3 to make a video of a fox", "Flibber 3"),
        ("use the flibber model to make a video of a fox", "flibber"),
        ("model: foo-9, a video of a fox", "foo-9"),
        ("用飞影模型做一个视频，狐狸", "飞影"),
        ("用PixelForge 2做一个视频，狐狸", "PixelForge 2"),
        ("a video of a fox with pixverse v9", "pixverse v9"),
        ("a video of a fox with kling 7", "kling 7"),
    ],
)
def test_a_name_that_nobody_knows_is_told(text: str, name: str) -> None:
    intent = route(text, (), LISTS)
    composer = Composer()
    composer.hear(intent, WAN)
    assert composer.model is not None
    assert composer.draft is not None
    found = confirmation.check(text, intent, composer.model, composer.draft).unmet
    assert [(each.why, each.asked) for each in found] == [(Why.ABSENT, name)]


@pytest.mark.parametrize(
    "text",
    [
        "use watercolor to draw a fox, a video",
        "use the best model to make a video of a fox",
        "用最便宜的模型做一个视频",
        "用水彩画一只狐狸的视频",
        "用AI做一个视频",
        "a video of a fashion model, model: tall woman",
    ],
)
def test_a_material_is_no_model(text: str) -> None:
    assert route(text).absent == ()


def test_a_model_that_only_the_list_knows_is_taken() -> None:
    nova = model("nova-3", "Nova 3", TaskType.TEXT_TO_VIDEO)
    text = "use Nova 3 to make a video of a fox"
    intent = route(text, (), {TaskType.TEXT_TO_VIDEO: (WAN, nova)})
    assert intent.model is nova
    composer = Composer()
    composer.hear(intent, nova)
    assert composer.draft is not None
    assert confirmation.check(text, intent, nova, composer.draft).unmet == ()


def test_a_model_that_the_list_lacks_is_told_by_the_words() -> None:
    _, (unmet,) = checked("a video of a fox with Vidu Q2", usual=WAN)
    assert (unmet.why, unmet.asked, unmet.model) == (Why.ABSENT, "Vidu Q2", "Wan 2.6")


@pytest.mark.parametrize(
    "text",
    [
        "a video of a fox in the style of midjourney",
        "a video of a fox, the Midjourney look",
        "a video about Midjourney",
        "a video of a fox, not Midjourney",
    ],
)
def test_a_model_that_is_no_wish_is_not_told(text: str) -> None:
    assert checked(text, usual=WAN)[1] == []


def test_what_was_set_by_hand_is_not_asked_again() -> None:
    text = "a 30s video of a whale in 8K with kling o1"
    _, unmet = checked(text, "duration", "quality")
    assert unmet == []
    assert checked("use Midjourney to make a video of a fox", "model", usual=WAN)[1] == []


def test_a_value_that_the_nearest_price_rule_replaces_is_named() -> None:
    priced = model(
        "kling-video-o1", "Kling O1", TaskType.TEXT_TO_VIDEO,
        field_json("duration", [5, 10]), field_json("quality", ["720p", "1080p"]),
        credit_rules=[rule_json(5, duration=5, quality="720p"),
                      rule_json(9, duration=10, quality="720p")],
    )  # fmt: skip
    text = "a video of a fox in 1080p, 10s"
    intent = route(text, (), {TaskType.TEXT_TO_VIDEO: (priced,)})
    composer = Composer()
    composer.hear(intent, priced)
    assert composer.draft is not None
    (unmet,) = confirmation.check(text, intent, priced, composer.draft).unmet
    assert (unmet.asked, unmet.sent) == ("1080p", "720p")


def test_of_two_that_exclude_each_other_the_later_gets_what_is_possible() -> None:
    exclusive = model(
        "kling-video-o1", "Kling O1", TaskType.TEXT_TO_VIDEO,
        field_json("duration", [5, {"label": "10", "value": 10,
                                    "disabled": {"quality": ["1080p"]}}]),
        field_json("quality", ["720p", "1080p"]),
    )  # fmt: skip
    text = "a video of a fox, 10s, 1080p"
    intent = route(text, (), {TaskType.TEXT_TO_VIDEO: (exclusive,)})
    composer = Composer()
    composer.hear(intent, exclusive)
    assert composer.draft is not None
    found = confirmation.check(text, intent, exclusive, composer.draft)
    assert [each.why for each in found.unmet] == [Why.TOGETHER]
    assert price_of(composer, (exclusive,)).problem is None


def test_open_questions_are_told_apart_from_what_is_confirmed() -> None:
    intent = route("可爱的小猫，竖屏")
    assert confirmation.open_questions(intent, None) == (IntentQuestion.MEDIA_TYPE,)
    assert confirmation.open_questions(intent, None, ("kind",)) == ()


@pytest.mark.parametrize(
    ("text", "prompt", "settings"),
    [
        (
            'Here are my lyrics: "Rain on the window\nI wait for you" pop ballad',
            "Rain on the window\nI wait for you",
            {"custom_mode": True, "tags": "pop ballad"},
        ),
        (
            'write a song with these lyrics: "Hello sun", upbeat folk, titled "Morning"',
            "Hello sun",
            {"custom_mode": True, "tags": "upbeat folk", "title": "Morning"},
        ),
        (
            "写一首歌，歌名《晴天》，歌词是「故事的小黄花」，民谣",
            "故事的小黄花",
            {"custom_mode": True, "tags": "民谣", "title": "晴天"},
        ),
        (
            "rap song. [Verse 1] draw me a map [Chorus] all night",
            "[Verse 1] draw me a map [Chorus] all night",
            {"custom_mode": True, "tags": "rap song"},
        ),
        (
            'make a song called "Blue River", slow jazz',
            "make a song, slow jazz",
            {
                "custom_mode": False,
                "gpt_description_prompt": "make a song, slow jazz",
                "title": "Blue River",
            },
        ),
        (
            "a song about rain, pop, lyrics about love",
            "a song about rain, pop, lyrics about love",
            {
                "custom_mode": False,
                "gpt_description_prompt": "a song about rain, pop, lyrics about love",
            },
        ),
    ],
)
def test_lyrics_and_title_are_parameters_and_the_rest_describes(
    text: str, prompt: str, settings: dict[str, Any]
) -> None:
    intent = route(text, (), LISTS)
    assert intent.model is SUNO
    composer = Composer()
    composer.hear(intent, SUNO)
    assert composer.draft is not None
    told = {name: value for name, value in composer.draft.chosen if name != "make_instrumental"}
    assert told == settings
    assert apply_intent.prompt(text, intent, composer.task_type, SUNO) == prompt
    assert confirmation.check(text, intent, SUNO, composer.draft).unmet == ()


def test_a_song_model_without_fields_gets_all_the_words() -> None:
    text = 'a song with the lyrics "Hello sun", folk'
    plain = model("GenSong", "DouBao - Song", TaskType.TEXT_TO_MUSIC)
    intent = route(text, (), {TaskType.TEXT_TO_MUSIC: (plain,)})
    assert apply_intent.prompt(text, intent, plain.task_type, plain) == text


def test_a_retry_on_another_model_keeps_the_nearest_and_names_what_differs() -> None:
    draft = replace(drafting.begin(WAN, "a whale"), chosen=(("duration", 15),))
    done, _ = drafting.finish(WAN, draft)
    order, unmet = confirmation.instead(KLING, done, WAN)
    assert dict(order.parameters)["duration"] == "10"
    assert [(each.name, each.asked, each.sent) for each in unmet] == [("duration", "15 s", "10 s")]
    order, unmet = confirmation.instead(WAN, done, WAN)
    assert (order.parameters, unmet) == (done.parameters, ())
