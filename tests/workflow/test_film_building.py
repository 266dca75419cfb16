"""From a brief to steps and a film: what is bought, in which length, and what the file holds."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
from planned_leaves import PLAN_ID, lists

from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.film import brief as briefs
from ima_tui.film.timeline import Role
from ima_tui.intent.route import by_rules
from ima_tui.workflow import film_building, film_edits, film_plan
from ima_tui.workflow.file import parse, to_json
from ima_tui.workflow.film_building import BuiltFilm
from ima_tui.workflow.film_plan import PlannedShot
from ima_tui.workflow.status import price_workflow
from ima_tui.workflow.steps import Workflow, digest, intents, remove

SHORT = {
    TaskType.TEXT_TO_IMAGE: "T",
    TaskType.IMAGE_TO_IMAGE: "I",
    TaskType.IMAGE_TO_VIDEO: "V",
    TaskType.FIRST_LAST_FRAME: "F",
    TaskType.REFERENCE_TO_VIDEO: "R",
    TaskType.TEXT_TO_MUSIC: "Mu",
    TaskType.TEXT_TO_SPEECH: "Sp",
}


def built(text: str, *images: str) -> BuiltFilm:
    brief = briefs.read(text, lambda clause: bool(by_rules(f"{clause} video").model_id))
    assert brief is not None
    brief = replace(brief, images=(*images, *brief.images))
    named = by_rules(f"{brief.model} video") if brief.model else by_rules("video")
    model = (named.model_id, named.version)
    return film_building.build(brief, lists(), {}, PLAN_ID, text, model)


def film(text: str, *images: str) -> Workflow:
    return built(text, *images).workflow


def steps(workflow: Workflow) -> str:
    """T I V10: the steps in order, videos with their seconds."""
    return " ".join(
        SHORT[step.task_type] + str(dict(step.chosen).get("duration", ""))
        for step in workflow.steps
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "A 30 second product video of a sneaker from three shots, upbeat music, a voice-over "
            "saying 'Run free'",
            "T I I I V10 V10 V10 Mu Sp",
        ),
        ("Three shots: a; b lighthouse; c gull. 20 seconds, calm piano", "T T T V5 V10 V5 Mu"),
        (
            "1. A robot wakes up (4s) 2. It waters a plant (8s) 3. It sleeps (5s). Music: lo-fi",
            "T I I I V5 V10 V5 Mu",
        ),
        (
            "First a potter wedges clay, then the bowl rises, finally it is glazed blue. 15s",
            "T I I I V5 V5 V5",
        ),
        ("A music video, the singer is in mia.png. Lyrics: 'Rain'", "I I I V5 V5 V5 Mu"),
        (
            'SCENE 1 – a kettle boils. SCENE 2 – steam in moonlight. Narration: "It sleeps."',
            "T T V5 V5 Sp",
        ),
        (
            "bag.jpg: four shots of the bag on a beach, in a cafe, on a train, at night; "
            "5 seconds each; Kling 2.6; jazz",
            "I I I I V5 V5 V5 V5 Mu",
        ),
        (
            "From seed.png to tree.png in 8 seconds, then the tree in autumn, ambient music",
            "I F10 V5 Mu",
        ),
        ("帮我做个产品宣传MV,有背景音乐,主角是旺财小狗", "T I I I V5 V5 V5 Mu"),
        (
            "三个镜头：茶山日出；采茶的手；一杯热茶。总共15秒，配古筝音乐，旁白“一叶知春”",
            "T T T V5 V5 V5 Mu Sp",
        ),
        (
            "镜头一：雨夜便利店，5秒；镜头二：女孩进来，10秒；镜头三：她接过牛奶，5秒。竖屏",
            "T I I I V5 V10 V5",
        ),
        ("先是种子落地，然后发芽，最后开花，12秒，轻快的音乐", "T I I I V5 V5 V5 Mu"),
        (
            "给这款音箱（speaker.jpg）做30秒宣传片，男声旁白：“声动生活”，加字幕",
            "I I I I V10 V10 V5 V5 Sp",
        ),
        (
            "用可灵2.6做四格：小机器人在厨房、花园、屋顶、海边，各5秒，同一个角色",
            "T I I I I V5 V5 V5 V5",
        ),
        ("做一首歌的MV，歌词：“月光洒在河面上”，女声，国风，20秒", "T I I I V10 V5 V5 Mu"),
        ("从春.png过渡到秋.png，再拍落叶特写，配乐舒缓，不要人声", "I F5 V5 Mu"),
        (
            "video of a bakery with voiceover 'baked before dawn' and soft guitar music",
            "T V5 Mu Sp",
        ),
        ("Two shots: Mia waves; Mia runs. As a reference mia.png. 10 seconds", "R5 R5"),
    ],
)
def test_a_brief_becomes_these_steps(text: str, told: str) -> None:
    workflow = film(text)
    assert steps(workflow) == told
    _, priced = price_workflow(workflow, lists())
    assert [each.problem for each in priced if each.problem] == []
    assert workflow.film is not None
    assert len(workflow.film.shots) == sum(
        step.task_type.medium.value == "video" for step in workflow.steps
    )


def test_shots_are_made_from_the_master_and_say_who_is_in_them() -> None:
    workflow = film("1. A robot wakes up (4s) 2. It waters a plant (8s) 3. A cat sleeps on its arm")
    assert workflow.film is not None
    assert workflow.film.master == 1
    assert [step.inputs for step in workflow.steps[1:4]] == [("step:1#1",)] * 3
    prompts = [step.prompt for step in workflow.steps]
    assert prompts[0] == "A robot"
    assert prompts[2] == "A robot waters a plant"
    assert prompts[3] == "A robot, A cat sleeps on its arm"
    assert [shot.trim for shot in workflow.film.shots] == [(0.0, 4.0), (0.0, 8.0), (0.0, 0.0)]


def test_style_and_shape_are_carried_along() -> None:
    workflow = film("Three shots: a fox; an owl; a hare. In watercolour style, vertical")
    assert all(step.prompt.endswith("watercolour style") for step in workflow.steps)
    assert all(dict(step.chosen)["aspect_ratio"] == "9:16" for step in workflow.steps[:3])


def test_the_named_model_makes_the_videos() -> None:
    workflow = film("Three shots: a fox; an owl; a hare. Kling 2.6, 5 seconds each")
    videos = [step for step in workflow.steps if step.task_type is TaskType.IMAGE_TO_VIDEO]
    assert {step.model_id for step in videos} == {"kling-v2-6"}


def test_music_is_instrumental_unless_it_is_sung() -> None:
    workflow = film("Three shots: a fox; an owl; a hare. 15 seconds, calm piano")
    music = workflow.steps[-1]
    assert dict(music.chosen)["make_instrumental"] is True
    assert music.prompt == "calm piano, about 15 seconds long"
    sung = film("做一首歌的MV，歌词：“月光洒在河面上”，女声，国风，20秒").steps[-1]
    assert sung.prompt == "月光洒在河面上"
    assert dict(sung.chosen) == {"custom_mode": True, "tags": "国风", "vocal_gender": "f"}


def test_what_no_model_offers_is_a_note() -> None:
    assert built("Two shots: a fox; an owl. 20 seconds").notes == ()
    (long,) = built("Two shots: a fox; an owl. 60 seconds").notes
    assert "30 s" in long
    (own,) = built("1. A fox runs (20s) 2. It sleeps (5s)").notes
    assert "15 s" in own
    (voice,) = built(f'Two shots: a fox; an owl. 10 s. Narrator: "{"word " * 60}"').notes
    assert "voice-over" in voice
    (other,) = built("Three shots: a fox; an owl. 10 seconds").notes
    assert "lists 2" in other
    many = "; ".join(f"bird {n}" for n in range(20))
    (most,) = built(f"20 shots: {many}. 5 seconds each").notes
    assert "18 of 20" in most
    (both,) = built("1. A fox runs (5s) 2. It sleeps (5s). 30 seconds").notes
    assert "10 s" in both


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A film about a moka pot: three clips of it, subtitles", "error.film_no_subtitles"),
        ("A product video of a shoe, two shots, with a voice-over", "error.film_no_words"),
        ("A promo video, three shots, lo-fi", "error.film_no_subject"),
    ],
)
def test_what_nobody_can_guess_is_asked(text: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        film(text)
    assert caught.value.key == key


# ---------------------------------------------------------------------------------- the file


def test_a_film_is_written_as_version_2_and_read_back() -> None:
    workflow = film("Two shots: a fox; an owl. 10 s, piano, fade, title 'Night', voice-over 'Hush'")
    document = to_json(workflow)
    assert document["ima_tui_plan"] == 2
    again = parse(json.dumps(document), "film.json")
    assert again.film == workflow.film
    assert again == replace(workflow, files=again.files)


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("Two shots: a fox; an owl. In 2.35:1", (47, 20)),
        ("两个镜头：狐狸；猫头鹰，7:3", (7, 3)),
        ("Two shots: a fox at 7:30 pm; an owl. 16:9", (0, 0)),
    ],
)
def test_a_shape_that_no_model_makes_is_cropped_out_of_every_shot(
    text: str, ratio: tuple[int, int]
) -> None:
    workflow = film(text)
    assert workflow.film is not None
    assert workflow.film.ratio == ratio
    assert len(workflow.film.shots) == 2
    assert not any(":" in shot.title for shot in workflow.film.shots if ratio != (0, 0))
    assert not workflow.finish
    assert not workflow.unmet
    again = parse(json.dumps(to_json(workflow)), "film.json")
    assert again.film == workflow.film
    assert film_plan.film(workflow.film, lambda source: source).ratio == ratio


def test_a_film_without_its_film_is_version_1_with_the_same_hash_and_names() -> None:
    workflow = film("Two shots: a fox; an owl. 10 s, piano")
    bare = replace(workflow, film=None)
    document = to_json(bare)
    assert document["ima_tui_plan"] == 1
    assert not {"shots", "tracks", "assemble"} & set(document)
    assert (digest(bare), intents(bare)) == (digest(workflow), intents(workflow))
    with pytest.raises(UsageError, match="plan_unknown"):
        parse(json.dumps({**document, "shots": []}), "old.json")


@pytest.mark.parametrize(
    ("change", "key", "where"),
    [
        ({"source": "step:99#1"}, "error.film_source", None),
        ({"source": "step:1#1"}, "error.film_source", None),
        ({"source": None}, "error.plan_missing", "shots[0].source"),
        ({"trim": [0, "x"]}, "error.plan_shape_value", "shots[0].trim[1]"),
        ({"trim": [3]}, "error.plan_shape_pair", "shots[0].trim"),
        ({"hold": -1}, "error.plan_shape_value", "shots[0].hold"),
        ({"transition": "wipe"}, "error.plan_shape_text", "shots[0].transition"),
        ({"volume": 1}, "error.plan_unknown", "shots[0].volume"),
    ],
)
def test_a_wrong_shot_is_refused_with_its_place(
    change: dict[str, object], key: str, where: str | None
) -> None:
    document = json.loads(json.dumps(to_json(film("Two shots: a fox; an owl. 10 s"))))
    document["shots"][0].update(change)
    with pytest.raises(UsageError) as caught:
        parse(json.dumps(document), "film.json")
    assert (caught.value.key, caught.value.values.get("where")) == (key, where)


def test_reordering_trimming_and_volume_change_no_hash() -> None:
    workflow = film("Two shots: a fox; an owl. 10 s, piano")
    assert workflow.film is not None
    turned = replace(workflow.film, shots=workflow.film.shots[::-1])
    for changed in (
        turned,
        film_plan.with_volume(workflow.film, 0.1),
        film_plan.with_transition(workflow.film, "fade", 1.0),
    ):
        other = replace(workflow, film=changed)
        assert (digest(other), intents(other)) == (digest(workflow), intents(workflow))


def test_a_removed_step_leaves_the_film() -> None:
    workflow = film("Two shots: a fox; an owl. 10 s, piano")
    music = workflow.steps[-1]
    less = remove(workflow, music.id)
    assert less.film is not None
    assert less.film.tracks == ()
    video = less.steps[-1]
    assert [shot.source for shot in remove(less, video.id).film.shots] == ["step:3#1"]  # type: ignore[union-attr]


def unknown(_: PlannedShot) -> float:
    return 0.0


def test_the_length_of_a_film_is_known_before_it_is_made() -> None:
    workflow = film("Two shots: a fox; an owl. 8 s, crossfade")
    assert workflow.film is not None
    assert film_plan.seconds(workflow.film, partial(film_edits.step_seconds, workflow)) == 8.0
    assert film_plan.seconds(workflow.film, unknown) == 8.0, "both are trimmed"
    untrimmed = replace(
        workflow.film, shots=tuple(replace(s, trim=(0, 0)) for s in workflow.film.shots)
    )
    assert film_plan.seconds(untrimmed, unknown) == 0.0


def test_files_take_the_place_of_sources() -> None:
    workflow = film(
        "Two shots: a fox; an owl. 8 s, piano, title 'Night', crossfade, voice-over 'Hush'"
    )
    assert workflow.film is not None
    made = film_plan.film(workflow.film, lambda source: f"/{source}.mp4")
    assert [shot.file for shot in made.shots] == ["/step:3#1.mp4", "/step:4#1.mp4"]
    assert [shot.fade for shot in made.shots] == [0.5, 0.0]
    assert made.cues[0].text == "Night"
    assert [track.role for track in made.tracks] == [Role.MUSIC, Role.VOICE]
    assert made.tracks[1].text == "", "nobody asked for subtitles"


def test_a_music_video_has_music_even_if_no_word_says_which() -> None:
    built_film = built("做个MV，主角是穿红裙的女孩，15秒")
    assert built_film.workflow.steps[-1].prompt == "流行音乐，约15秒"
    assert any("流行音乐" in note for note in built_film.notes)


def test_a_video_with_music_is_one_shot_of_what_it_shows() -> None:
    workflow = film("a 10 second video of a waterfall with soft piano music")
    assert [step.prompt for step in workflow.steps[:2]] == ["a waterfall", "a waterfall"]
    assert workflow.film is not None
    assert (len(workflow.film.shots), len(workflow.film.tracks)) == (1, 1)


def test_given_pictures_keep_their_shape_without_a_word_about_it() -> None:
    workflow = film("make a film from a.png, b.png and c.png with calm music")
    assert workflow.unmet == ()
    first = [step.inputs[0].rpartition("/")[2] for step in workflow.steps[:3]]
    assert first == ["a.png", "b.png", "c.png"]


def test_several_are_not_called_by_the_name_of_one() -> None:
    workflow = film("story in 3 shots: a boy finds a lamp; a genie appears; they fly away")
    assert workflow.steps[3].prompt == "a boy, they fly away"
