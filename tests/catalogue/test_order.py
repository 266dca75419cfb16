"""From a draft to a priced order: what is refused in words, what is frozen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from trees import field_json, make, rule_json

from ima_tui.api.wire import create_payload
from ima_tui.catalogue import order, refusals
from ima_tui.core.domain import (
    Draft,
    Estimate,
    Field,
    FieldKind,
    ModelVersion,
    PriceRule,
    TaskType,
)
from ima_tui.core.errors import UsageError

LEAF = make(
    field_json("size", ["1K", "2K"]),
    field_json("n", [1, 2]),
    rules=[rule_json(5, 501, size="1K"), rule_json(9, 502, size="2K")],
)


def draft(model: ModelVersion = LEAF, **more: Any) -> Draft:
    plain = Draft(model.task_type, model.model_id, model.version, prompt="a lighthouse")
    return replace(plain, **more)


def refused(wish: Draft, model: ModelVersion = LEAF) -> UsageError:
    with pytest.raises(UsageError) as caught:
        order.place(model, wish)
    return caught.value


def test_an_order_holds_exactly_what_goes_out_and_what_it_costs() -> None:
    placed, quote = order.place(LEAF, draft(chosen=(("SIZE", "2k"),), n=2, prompt=" hello "))
    assert placed.parameters == (("size", "2K"),)
    assert (placed.attribute_id, placed.points, placed.n, placed.total) == (502, 9, 2, 18)
    assert placed.prompt == "hello"
    assert quote.total == placed.total


def test_the_payload_says_price_and_inputs_twice_and_the_same() -> None:
    placed, _ = order.place(LEAF, draft(n=2))
    sent = create_payload(placed, ["https://x.example/a.png"])
    (entry,) = sent["parameters"]
    assert sent == {
        "task_type": "text_to_image",
        "enable_multi_model": False,
        "src_img_url": ["https://x.example/a.png"],
        "parameters": [entry],
    }
    assert entry == {
        "attribute_id": 501,
        "model_id": "test",
        "model_name": "Test 1.0",
        "model_version": "test-1",
        "app": "ima",
        "platform": "web",
        "category": "text_to_image",
        "credit": 5,
        "parameters": {
            "size": "1K",
            "prompt": "a lighthouse",
            "n": 2,
            "input_images": ["https://x.example/a.png"],
            "cast": {"points": 5, "attribute_id": 501},
        },
    }


@pytest.mark.parametrize("prompt", ["", "  \n\t", "\u3000"])
def test_an_empty_prompt_is_no_order(prompt: str) -> None:
    assert refused(draft(prompt=prompt)).key == "error.empty_prompt"


def test_a_prompt_has_an_end() -> None:
    assert refused(draft(prompt="x" * 20_001)).key == "error.too_long"


def test_a_prompt_that_is_no_utf8_can_still_be_sent() -> None:
    placed, _ = order.place(LEAF, draft(prompt="caf\udce9"))
    assert placed.prompt.encode() == "caf\ufffd".encode()


@pytest.mark.parametrize("n", [0, -1, 3, 10**9])
def test_a_number_that_cant_be_is_answered_with_those_that_can(n: int) -> None:
    error = refused(draft(n=n))
    assert (error.key, error.values["counts"]) == ("error.bad_count", "1, 2")


@pytest.mark.parametrize(
    ("task_type", "good", "bad"),
    [
        (TaskType.TEXT_TO_IMAGE, [0], [1]),
        (TaskType.IMAGE_TO_IMAGE, [1, 5], [0]),
        (TaskType.TEXT_TO_VIDEO, [0], [1]),
        (TaskType.IMAGE_TO_VIDEO, [1, 3], [0]),
        (TaskType.FIRST_LAST_FRAME, [2], [0, 1, 3]),
        (TaskType.REFERENCE_TO_VIDEO, [1, 9], [0]),
        (TaskType.TEXT_TO_MUSIC, [0], [1]),
        (TaskType.TEXT_TO_SPEECH, [0], [2]),
    ],
)
def test_each_task_type_takes_its_own_number_of_inputs(
    task_type: TaskType, good: list[int], bad: list[int]
) -> None:
    model = make(task_type=task_type)
    for count in good:
        order.place(model, draft(model, inputs=("https://x.example/a.png",) * count))
    for count in bad:
        error = refused(draft(model, inputs=("https://x.example/a.png",) * count), model)
        assert error.key in ("error.inputs_exactly", "error.inputs_range", "error.no_inputs_taken")
        assert error.values["given"] == count


def test_a_leafs_own_limits_count_more_than_the_task_types() -> None:
    files = [{"acceptType": ["image/png"], "minLimit": 2, "maxLimit": 3}]
    model = make(task_type=TaskType.IMAGE_TO_IMAGE, files=files)
    assert order.input_counts(model) == (2, 3)


def test_limits_of_several_kinds_add_up_and_one_without_limit_opens_the_end() -> None:
    pictures = {"acceptType": ["image/png"], "maxLimit": 9}
    films = {"acceptType": ["video/mp4"], "maxLimit": 3}
    both = make(task_type=TaskType.REFERENCE_TO_VIDEO, files=[pictures, films])
    assert order.input_counts(both) == (1, 12)
    open_end = make(
        task_type=TaskType.REFERENCE_TO_VIDEO, files=[pictures, {"acceptType": ["video/mp4"]}]
    )
    assert order.input_counts(open_end) == (1, None)


def test_first_and_last_frame_are_two_whatever_the_leaf_says() -> None:
    files = [{"acceptType": ["image/png"], "maxLimit": 9}]
    model = make(task_type=TaskType.FIRST_LAST_FRAME, files=files)
    assert order.input_counts(model) == (2, 2)


def test_a_value_that_is_not_offered_is_no_order() -> None:
    assert refused(draft(chosen=(("size", "8K"),))).key == "error.bad_option"


def test_the_lists_own_time_counts_else_the_table() -> None:
    timed = make(tags=[{"tag_type": "EET", "tag_value": "20~35s"}])
    assert order.place(timed, draft(timed))[0].estimate == Estimate(20, 35)
    known = make(model_id="midjourney")
    assert order.place(known, draft(known))[0].estimate == Estimate(40, 90)
    long = make(task_type=TaskType.FIRST_LAST_FRAME)
    frames = ("https://x.example/a.png",) * 2
    assert order.place(long, draft(long, inputs=frames))[0].estimate == Estimate(180, 360)


LIMITED = {"acceptType": ["image/jpg,png"], "category": "image_to_image", "maxLimit": 3}


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["a.png"], ""),
        (["a.png", "b.JPG?x=1.gif", "c"], ""),
        (["a.png"] * 4, "error.inputs_range"),
        ([], "error.inputs_range"),
        (["a.webp"], "error.input_kind"),
        (["a.png", "b.MP4#t=1"], "error.input_kind"),
        (["a.heic"], "error.input_kind"),
    ],
    ids=str,
)
def test_links_are_held_against_the_limits_before_anything_is_sent(
    names: list[str], key: str
) -> None:
    model = make(task_type=TaskType.IMAGE_TO_IMAGE, files=LIMITED)
    links = tuple(f"https://x.example/{name}" for name in names)
    wanted = Draft(model.task_type, model.model_id, model.version, "x", inputs=links)
    if not key:
        assert order.place(model, wanted)[0].inputs == links
        return
    with pytest.raises(UsageError) as caught:
        order.place(model, wanted)
    assert caught.value.key == key
    assert caught.value.values["model"] == model.name


def test_each_entry_of_a_list_of_files_has_its_own_limit() -> None:
    entries = [
        {"acceptType": ["image/png"], "maxLimit": 2},
        {"acceptType": ["video/mp4"], "maxLimit": 1},
    ]
    model = make(task_type=TaskType.REFERENCE_TO_VIDEO, files=entries)
    order.check_inputs(model, ("a.png", "https://x.example/b.png", "c.mp4"))
    with pytest.raises(UsageError) as caught:
        order.check_inputs(model, ("a.png", "b.mp4", "c.mp4"))
    assert caught.value.key == "error.inputs_of_kind"
    assert (caught.value.values["high"], caught.value.values["given"]) == (1, 2)


def test_a_slider_is_stepped_down_after_code_500_but_not_below_its_minimum() -> None:
    slider = Field("duration", "Duration", FieldKind.NUMBER, default=6, minimum=4, maximum=10)
    model = ModelVersion(TaskType.TEXT_TO_VIDEO, "m", "v", "Model", (PriceRule(1, 10),), (slider,))

    def stepped(seconds: int) -> object:
        placed = order.place(model, draft(model, chosen=(("duration", seconds),)))[0]
        found = refusals.lighter(placed, model, 1)
        return found and dict(found.order.parameters)["duration"]

    assert [stepped(seconds) for seconds in (10, 5, 4)] == [9, 4, None]
