"""From a wish to steps: the patterns, what stands where, and what each costs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_leaves import PLAN_ID, bare_step, lists, plan_of, planned

from ima_tui.compose import confirmation
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.intent.sharing import share
from ima_tui.workflow.file import parse, to_json
from ima_tui.workflow.status import price_workflow
from ima_tui.workflow.steps import Workflow, check, put

T2I, I2I = TaskType.TEXT_TO_IMAGE, TaskType.IMAGE_TO_IMAGE
T2V, I2V = TaskType.TEXT_TO_VIDEO, TaskType.IMAGE_TO_VIDEO
MUSIC, SPEECH = TaskType.TEXT_TO_MUSIC, TaskType.TEXT_TO_SPEECH


def kinds(workflow: Workflow) -> list[TaskType]:
    return [step.task_type for step in workflow.steps]


@pytest.mark.parametrize(
    "wish",
    [
        "make a short film about a fox: poster, then animate it, with music",
        "先画一张海报，再做成视频，配上音乐",
        "畫一張海報，然後做成影片，再配上背景音樂",
        "Draw a dragon, then animate it, and add a soundtrack",
        "Design a mascot, animate it, and write it a theme song",
    ],
)
def test_a_picture_a_film_of_it_and_music(wish: str) -> None:
    workflow = plan_of(wish)
    assert kinds(workflow) == [T2I, I2V, MUSIC]
    picture, film, music = workflow.steps
    assert film.inputs == (f"step:{picture.id}#1",)
    assert (music.inputs, music.after) == ((), film.id)
    assert workflow.total == sum(step.points for step in workflow.steps) > 0


def test_what_stands_beside_a_thing_is_about_that_thing() -> None:
    workflow = plan_of(
        "Draw a 4K poster of a fox in snow, then turn it into a 10 second video with Kling O1, "
        "and add a lo-fi soundtrack without vocals"
    )
    picture, film, music = workflow.steps
    assert dict(picture.chosen) == {"aspect_ratio": "4k"}  # its one control
    assert (film.model_id, dict(film.chosen)) == ("kling-video-o1", {"duration": "10"})
    words = "a lo-fi soundtrack without vocals, about 10 seconds long"
    assert dict(music.chosen) == {
        "make_instrumental": True,
        "custom_mode": False,
        "gpt_description_prompt": words,
    }
    assert picture.prompt == "Draw a poster of a fox in snow"
    assert "lo-fi" not in film.prompt


def test_the_same_in_chinese_with_names_of_models() -> None:
    workflow = plan_of(
        "先画一张竖屏的狐狸海报，用Nano Banana Pro，再做成10秒的视频，用可灵O1，"
        "最后配一首轻快的钢琴曲"
    )
    picture, film, music = workflow.steps
    assert picture.model_id == "gemini-3-pro-image"
    assert picture.prompt == "画一张竖屏的狐狸海报"
    assert film.model_id == "kling-video-o1"
    assert dict(film.chosen) == {"duration": "10", "aspect_ratio": "9:16"}
    assert music.prompt == "一首轻快的钢琴曲，约10秒"


def test_a_picture_has_the_shape_of_the_film_that_is_made_of_it() -> None:
    picture, film = plan_of("Draw a dragon, then animate it as a vertical video").steps
    assert dict(picture.chosen)["aspect_ratio"] == "9:16"
    assert film.inputs == ("step:1#1",)


def test_music_is_told_how_long_the_film_is() -> None:
    film, music = plan_of("I want a 10 second video of a waterfall and a song to go with it").steps
    assert dict(film.chosen) == {"duration": 10}
    assert music.prompt.endswith(", about 10 seconds long")
    assert "waterfall" in music.prompt


def test_words_that_only_name_a_thing_are_told_what_it_is_about() -> None:
    workflow = plan_of("make a short film about a fox: poster, then animate it, with music")
    assert all("a fox" in step.prompt for step in workflow.steps)
    assert [step.title for step in workflow.steps] == ["poster", "animate it", "music"]


@pytest.mark.parametrize(
    ("wish", "subject", "scenes"),
    [
        (
            "three pictures of the same cat: at the beach, in the snow, in a cafe",
            "the same cat",
            ["at the beach", "in the snow", "in a cafe"],
        ),
        (
            "画一组系列插画，同一个角色小兔子：在森林里，在海边，在雪山上",
            "画一组系列插画，同一个角色小兔子",
            ["在森林里", "在海边", "在雪山上"],
        ),
    ],
)
def test_a_series_is_made_of_one_master_picture(wish: str, subject: str, scenes: list[str]) -> None:
    workflow = plan_of(wish)
    assert kinds(workflow) == [T2I, I2I, I2I, I2I]
    master, *rest = workflow.steps
    assert (master.prompt, master.n) == (subject, 1)
    assert [step.title for step in rest] == scenes
    assert all(step.inputs == ("step:1#1",) and subject in step.prompt for step in rest)


def test_a_picture_at_hand_is_the_master() -> None:
    workflow = plan_of("three pictures of the same cat: at the beach, in the snow", ["cat.png"])
    assert kinds(workflow) == [I2I, I2I]
    assert all(step.inputs == ("cat.png",) for step in workflow.steps)


def test_shots_with_one_subject_start_from_one_picture() -> None:
    workflow = plan_of("用旺财做一个短片，三个镜头：跑步，睡觉，吃饭，配上音乐")
    assert kinds(workflow) == [T2I, I2V, I2V, I2V, MUSIC]
    assert workflow.steps[-1].after == 4
    assert "约15秒" in workflow.steps[-1].prompt


def test_a_protagonist_asks_for_a_picture_first() -> None:
    workflow = plan_of("帮我做个产品宣传MV,有背景音乐,主角是旺财小狗")
    assert kinds(workflow) == [T2I, I2V, MUSIC]
    assert workflow.steps[0].prompt == "主角是旺财小狗"
    assert kinds(plan_of("做个产品宣传片，要有配乐")) == [T2V, MUSIC]


def test_a_photo_at_hand_feeds_the_film() -> None:
    film, music = plan_of("把这张图做成视频，再配背景音乐", ["a.png"]).steps
    assert (film.task_type, film.inputs) == (I2V, ("a.png",))
    assert music.model_id == "GenBGM"


def test_of_a_wish_for_speech_only_the_words_are_spoken() -> None:
    workflow = plan_of('a video of the sea, then read aloud: "Good evening, everyone"')
    assert kinds(workflow) == [T2V, SPEECH]
    assert workflow.steps[1].prompt == "Good evening, everyone"


def test_a_voice_without_words_says_what_is_missing() -> None:
    workflow = plan_of("Make a promo video with background music and a voiceover")
    assert kinds(workflow) == [T2V, MUSIC, SPEECH]
    _, priced = price_workflow(workflow, lists())
    problems = [each.problem.key for each in priced if each.problem]
    assert problems == ["error.plan_no_words"]


def test_one_thing_is_a_plan_of_one_step() -> None:
    workflow = plan_of("draw a fox, 16:9")
    assert kinds(workflow) == [T2I]
    assert dict(workflow.steps[0].chosen) == {"aspect_ratio": "16:9"}


@pytest.mark.parametrize("wish", ["", "   ", "a fox in the snow", "always use Kling O1"])
def test_what_asks_for_nothing_is_no_plan(wish: str) -> None:
    with pytest.raises(UsageError, match="plan_nothing"):
        plan_of(wish)


def test_the_preferred_model_serves_where_none_is_named() -> None:
    workflow = planned("Draw a dragon, then animate it", preferred={T2I: "midjourney"})
    assert workflow.steps[0].model_id == "midjourney"


def told(workflow: Workflow) -> list[tuple[int, str]]:
    return [(step, confirmation.sentence(each)) for step, each in workflow.unmet]


def test_a_length_that_the_model_does_not_offer_becomes_the_nearest_and_is_told() -> None:
    workflow = planned("Draw a dragon, then animate it for 7 seconds with Kling O1")
    assert workflow.steps[1].model_id == "kling-video-o1"
    assert dict(workflow.steps[1].chosen) == {"duration": "5"}
    assert told(workflow) == [(2, "7 seconds isn't available for Kling O1: sent as 5 s.")]


def test_every_unmet_requirement_of_each_step_is_told() -> None:
    workflow = planned(
        "an 8K poster of a fox, then animate it for 30s with Kling O1, with calm music"
    )
    assert told(workflow) == [
        (1, "8K isn't available for SeeDream 4.5: sent as 4k."),
        (2, "30s isn't available for Kling O1: sent as 10 s."),
    ]
    assert dict(workflow.steps[0].chosen) == {"aspect_ratio": "4k"}


def test_a_named_model_that_no_step_gets_is_told() -> None:
    workflow = planned("a poster of a fox and a video of it, with runway")
    assert [sentence for _, sentence in told(workflow)] == [
        "runway isn't available: SeeDream 4.5 is used instead."
    ]


def test_what_a_person_set_in_a_step_is_not_asked_again() -> None:
    workflow = planned("Draw a dragon, then animate it for 7 seconds with Kling O1")
    changed = put(workflow, replace(workflow.steps[1], chosen=(("duration", "10"),)))
    assert changed.unmet == ()
    retitled = put(workflow, replace(workflow.steps[1], title="slow"))
    assert retitled.unmet == workflow.unmet


def test_what_is_unmet_survives_the_file() -> None:
    workflow = planned("Draw a dragon, then animate it for 7 seconds with Kling O1")
    assert parse(json.dumps(to_json(workflow)), "plan.json").unmet == workflow.unmet


def test_lyrics_are_the_words_of_a_song_in_a_plan() -> None:
    workflow = planned('a video of rain, and a pop song with the lyrics "Rain on the window"')
    song = workflow.steps[-1]
    assert song.prompt == "Rain on the window"
    assert dict(song.chosen)["custom_mode"] is True


def test_every_step_has_the_price_of_the_lists() -> None:
    workflow = plan_of("先画一张海报，再做成视频，配上音乐")
    again, priced = price_workflow(workflow, lists())
    assert [each.problem for each in priced] == [None] * 3
    assert again == workflow


@given(
    st.text(max_size=300) | st.from_regex(r"(draw|画|视频|video|音乐|music|：|:|,|，|then|再| )*")
)
def test_whatever_is_written_is_a_plan_that_can_stand_or_none(text: str) -> None:
    shared = share(text)
    if not shared.shares:
        return
    check(plan_of(text))


@pytest.mark.parametrize("shape", ["4:3", "16：9"])
def test_the_colon_of_a_shape_is_no_heading(shape: str) -> None:
    workflow = plan_of(
        f"draw three posters of a fox, {shape}, then animate the best one, add music"
    )
    assert [step.task_type.value for step in workflow.steps] == [
        "text_to_image",
        "image_to_video",
        "text_to_music",
    ]
    assert workflow.steps[0].n == 3
    assert workflow.steps[0].prompt.startswith("draw three posters")
    assert workflow.steps[1].prompt == "animate the best one"


def test_a_step_beyond_its_models_limits_has_a_problem_and_no_order() -> None:
    links = tuple(f"https://x.example/{number}.png" for number in range(15))
    facts: dict[str, object] = {
        "task_type": I2I,
        "model_id": "gemini-3.1-flash-image",
        "version": "gemini-3.1-flash-image-preview",
    }
    sound = "https://x.example/a.mp3"
    steps = (bare_step(1, *links, **facts), bare_step(2, sound, **facts))  # type: ignore[arg-type]
    _, priced = price_workflow(Workflow(PLAN_ID, "x", steps), lists())
    assert [each.order for each in priced] == [None, None]
    keys = [each.problem and each.problem.key for each in priced]
    assert keys == ["error.inputs_range", "error.input_kind"]
