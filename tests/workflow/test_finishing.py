"""What no model makes in one piece: proportions are cropped, music is joined, both at the end."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from planned_leaves import plan_of

from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.workflow.file import parse, to_json
from ima_tui.workflow.finishing import (
    Crop,
    Finish,
    Join,
    ratio_of,
    ratio_text,
    words_of,
)
from ima_tui.workflow.steps import Workflow, check, digest, intents, put, remove


def read_back(workflow: Workflow) -> Workflow:
    return parse(json.dumps(to_json(workflow)), "plan.json")


@pytest.mark.parametrize(
    ("prompt", "finish"),
    [
        ("an image of a fox in 5:2", (Crop((1,), (5, 2)),)),
        ("做一张7:3的风景图", (Crop((1,), (7, 3)),)),
        ("a 7:3 video of waves", (Crop((1,), (7, 3)),)),
        ("一段2.35:1的海浪视频", (Crop((1,), (47, 20)),)),
        (
            "Draw a fox poster in 7:3, then animate it",
            (Crop((1,), (7, 3)), Crop((2,), (7, 3))),
        ),
        ("five minutes of calm piano music", (Join((1, 2, 3), 300.0),)),
        ("来一段五分钟的轻音乐", (Join((1, 2, 3), 300.0),)),
        ("a 45 second lo-fi track", (Join((1,), 45.0),)),
        (
            "a poster of a fox in 7:3 and a 3 minute song about it",
            (Crop((1,), (7, 3)), Join((2, 3), 180.0)),
        ),
        ("an image of a fox in 16:9", ()),
        ("calm piano music", ()),
    ],
)
def test_what_no_model_makes_is_made_at_the_end(prompt: str, finish: tuple[Finish, ...]) -> None:
    workflow = plan_of(prompt)
    assert workflow.finish == finish
    assert not workflow.unmet, "it is met"
    assert read_back(workflow) == workflow
    assert to_json(workflow)["ima_tui_plan"] == (2 if finish else 1)


def test_the_pieces_of_music_differ_and_do_not_name_the_whole_length() -> None:
    workflow = plan_of("five minutes of calm piano music")
    prompts = [step.prompt for step in workflow.steps]
    assert len(set(prompts)) == len(prompts) == 3
    assert all(prompt.startswith("calm piano music, part") for prompt in prompts)
    assert [step.prompt[:5] for step in plan_of("来一段五分钟的轻音乐").steps] == ["一段轻音乐"] * 3


def test_music_beyond_all_pieces_is_named_before_paying() -> None:
    workflow = plan_of("200 minutes of calm piano music")
    assert workflow.finish == ()
    assert [(unmet.name, unmet.asked) for _, unmet in workflow.unmet] == [
        ("duration", "200 minutes")
    ]


def test_it_is_free_to_change_and_follows_the_steps() -> None:
    workflow = plan_of("five minutes of calm piano music")
    shorter = replace(workflow, finish=(Join((1, 2, 3), 200.0),))
    assert (digest(shorter), intents(shorter)) == (digest(workflow), intents(workflow))
    assert remove(workflow, 2).finish == (Join((1, 3), 300.0),)
    fox = plan_of("an image of a fox in 5:2")
    three = put(fox, replace(fox.steps[0], n=3))
    assert three.finish == (Crop((1,), (5, 2)),), "all images of the step"
    with pytest.raises(UsageError) as refused:
        check(replace(workflow, finish=(Crop((1,), (5, 2)),)))
    assert refused.value.key == "error.finish_step"
    assert workflow.steps[0].task_type is TaskType.TEXT_TO_MUSIC


@pytest.mark.parametrize(
    ("change", "key", "where"),
    [
        ({"do": "bend"}, "error.plan_shape_text", "finish[0].do"),
        ({"do": None}, "error.plan_missing", "finish[0].do"),
        ({"steps": []}, "error.plan_shape_list", "finish[0].steps"),
        ({"steps": [9]}, "error.finish_step", None),
        ({"steps": ["step:1#1"]}, "error.plan_number", "finish[0].steps"),
        ({"ratio": "wide"}, "error.plan_shape_text", "finish[0].ratio"),
        ({"ratio": "0:3"}, "error.plan_shape_text", "finish[0].ratio"),
        ({"seconds": 3}, "error.plan_unknown", "finish[0].seconds"),
    ],
)
def test_a_wrong_end_is_refused_with_its_place(
    change: dict[str, object], key: str, where: str | None
) -> None:
    raw = json.loads(json.dumps(to_json(plan_of("an image of a fox in 5:2"))))
    raw["finish"][0].update(change)
    with pytest.raises(UsageError) as caught:
        parse(json.dumps(raw), "plan.json")
    assert (caught.value.key, caught.value.values.get("where")) == (key, where)


@pytest.mark.parametrize("text", ["7:3", "5:2", "2.35:1", "21:10", "500:293"])
def test_proportions_are_told_as_they_were_asked_for(text: str) -> None:
    ratio = ratio_of(text)
    assert ratio is not None
    assert words_of(ratio) == text
    assert ratio_of(ratio_text(ratio)) == ratio


def test_proportions_are_whole_numbers() -> None:
    assert ratio_of("2.35:1") == (47, 20)
    assert ratio_of(" 14:6 ") == (7, 3)
    assert ratio_of("7:0") is None
    assert ratio_of("seven to three") is None
