"""What may be set on a leaf, how it may be written, and what goes out for it."""

from __future__ import annotations

from typing import Any

import pytest
from trees import field_json, make, rule_json, virtual_json

from ima_tui.catalogue import form
from ima_tui.core.domain import ModelVersion, TaskType, Value
from ima_tui.core.errors import UsageError

RATIOS = ["1:1", "16:9"]


def shape_to_size(**more: Any) -> ModelVersion:
    """The person picks a shape, the service gets pixels."""
    rules = [({"aspect_ratio": "1:1"}, "2048x2048"), ({"aspect_ratio": "16:9"}, "2560x1440")]
    options = field_json("_", ["2048x2048", "2560x1440"])["options"]
    return make(
        virtual_json(
            "size", [field_json("aspect_ratio", RATIOS)], rules, options=options, value="2048x2048"
        ),
        **more,
    )


def shape_and_clarity() -> ModelVersion:
    parameters = [field_json("shape", ["square", "wide"]), field_json("clarity", ["2k", "4k"])]
    rules = [
        ({"shape": "square", "clarity": "2k"}, "2048x2048"),
        ({"shape": "square", "clarity": "4k"}, "4096x4096"),
        ({"shape": "wide", "clarity": "2k"}, "2560x1440"),
    ]
    return make(virtual_json("size", parameters, rules, value="2048x2048"))


def same_name() -> ModelVersion:
    rules = [({"mode": "fast"}, "std"), ({"mode": "fine"}, "pro")]
    return make(
        virtual_json("mode", [field_json("mode", ["fast", "fine"])], rules, value="std"),
        field_json("mode", ["std", "pro"]),
    )


def exclusive(one_sided: bool = False) -> ModelVersion:
    """10 s excludes 1080P, and the reverse."""
    ten = {"label": "10 s", "value": 10, "disabled": {"resolution": ["1080P"]}}
    full = {"label": "1080P", "value": "1080P"}
    if not one_sided:
        full["disabled"] = {"duration": [10]}
    return make(field_json("duration", [6, ten]), field_json("resolution", ["768P", full]))


def refused(model: ModelVersion, **chosen: Value) -> UsageError:
    with pytest.raises(UsageError) as caught:
        form.parameters(model, form.settle(model, chosen))
    return caught.value


# ------------------------------------------------------------------------------- comparing


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1K", "1k"),
        ("1080P", " 1080p "),
        ("１０８０ｐ", "1080P"),
        (5, "5"),
        (5, 5.0),
        ("5", "5.0"),
        (True, "true"),
        (False, "FALSE"),
        ("16:9", "16：9"),
        (2**53 + 1, str(2**53 + 1)),
    ],
)
def test_values_that_are_equal(left: object, right: object) -> None:
    assert form.same(left, right)
    assert form.same(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        ("true", 1),
        ("1K", "2K"),
        (5, 6),
        ("", 0),
        ("", False),
        ("1_0", "10"),
        (2**53, 2**53 + 1),
        ("nan", "inf"),
        ("1e400", "1e500"),
    ],
)
def test_values_that_differ(left: object, right: object) -> None:
    assert not form.same(left, right)
    assert not form.same(right, left)


@pytest.mark.parametrize("value", ["nan", "inf", "-infinity", "1e999", "", "×"])
def test_every_value_equals_itself(value: str) -> None:
    assert form.same(value, value)


# ------------------------------------------------------------------------------- accepting


@pytest.mark.parametrize("written", ["1k", " 1K ", "１ｋ"])
def test_a_value_is_taken_in_the_leafs_own_spelling(written: str) -> None:
    model = make(field_json("size", ["1K", "2K"]))
    assert form.accept(model, "size", written) == ("size", "1K")


@pytest.mark.parametrize("written", ["5", 5, "5.0", " ５ "])
def test_a_value_is_taken_in_the_leafs_own_type(written: object) -> None:
    name, value = form.accept(make(field_json("duration", [5, 10])), "duration", written)
    assert (name, value, type(value)) == ("duration", 5, int)


@pytest.mark.parametrize("name", ["Aspect_Ratio", "aspect-ratio", "ASPECT RATIO"])
def test_a_name_is_found_whatever_its_spelling(name: str) -> None:
    model = make(field_json("aspect_ratio", RATIOS))
    assert form.accept(model, name, "1:1")[0] == "aspect_ratio"


def test_a_label_serves_as_well_as_a_value() -> None:
    model = make(field_json("size", [{"label": "Large", "value": "2048x2048"}]))
    assert form.accept(model, "size", "large") == ("size", "2048x2048")


@pytest.mark.parametrize("value", [0, False, "", 0.0])
def test_a_value_that_is_false_in_python_is_a_value_like_any_other(value: Value) -> None:
    options = [{"label": "Off", "value": value}, {"label": "On", "value": "1"}]
    model = make(field_json("x", options), id=f"of {value!r}")
    assert form.accept(model, "x", value) == ("x", value)
    assert form.accept(model, "x", "off") == ("x", value)


def test_a_value_without_option_is_answered_with_the_options() -> None:
    with pytest.raises(UsageError) as caught:
        form.accept(make(field_json("size", ["1K", "2K"])), "size", "8K")
    assert caught.value.key == "error.bad_option"
    assert caught.value.values["options"] == "1K, 2K"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    model = make(field_json("resolution", ["720p"]), field_json("duration", [5]))
    with pytest.raises(UsageError) as caught:
        form.accept(model, "resolutoin", "720p")
    assert caught.value.values["known"] == "resolution"


def test_a_leaf_without_settings_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        form.accept(make(), "size", "1K")
    assert caught.value.key == "error.no_parameters"


@pytest.mark.parametrize("name", ["n", "prompt", "input_images", "cast"])
def test_what_has_a_place_of_its_own_is_no_setting(name: str) -> None:
    with pytest.raises(UsageError):
        form.accept(make(field_json(name, ["1"])), name, "1")


@pytest.mark.parametrize(
    ("written", "value"), [("yes", True), ("TRUE", True), (True, True), ("是", True), ("0", False),
                           ("off", False), (False, False), ("关", False)]
)  # fmt: skip
def test_a_toggle_is_a_boolean(written: object, value: bool) -> None:
    model = make(field_json("sound", type="toggle", value=True))
    assert form.accept(model, "sound", written) == ("sound", value)


def test_a_toggle_that_is_neither_is_answered() -> None:
    with pytest.raises(UsageError) as caught:
        form.accept(make(field_json("sound", type="toggle", value=True)), "sound", "maybe")
    assert caught.value.values["options"] == "true, false"


def test_contradicting_limits_do_not_hide_options() -> None:
    model = make(field_json("duration", [5, 10, 15], config={"minimum": 5, "maximum": 5}))
    assert form.accept(model, "duration", "15") == ("duration", 15)


@pytest.mark.parametrize(("written", "key"), [("0", "error.out_of_range"),
                                              ("11", "error.out_of_range"),
                                              ("many", "error.bad_number"),
                                              ("nan", "error.bad_number"),
                                              ("inf", "error.bad_number")])  # fmt: skip
def test_a_number_stays_within_its_limits(written: str, key: str) -> None:
    model = make(field_json("scale", type="slider", value=3, config={"minimum": 1, "maximum": 10}))
    assert form.accept(model, "scale", "10") == ("scale", 10)
    with pytest.raises(UsageError) as caught:
        form.accept(model, "scale", written)
    assert caught.value.key == key


@pytest.mark.parametrize(("text", "key"), [("abcd", "error.too_long"), ("a", "error.too_short")])
def test_a_texts_limits_are_characters(text: str, key: str) -> None:
    model = make(field_json("title", type="textarea", config={"minimum": 2, "maximum": 3}))
    assert form.accept(model, "title", "中文字") == ("title", "中文字")
    with pytest.raises(UsageError) as caught:
        form.accept(model, "title", text)
    assert caught.value.key == key


def test_text_that_cant_be_written_as_utf8_is_mended() -> None:
    """Arguments that are no UTF-8 arrive as lone surrogates, which no request can carry."""
    model = make(field_json("title", type="textarea"))
    _, value = form.accept(model, "title", "a\udcffb")
    assert str(value).encode() == "a\ufffdb".encode()


# ------------------------------------------------------------------------- virtual fields


def test_the_person_sees_the_control_and_the_service_gets_the_target() -> None:
    model = shape_to_size()
    assert [parameter.name for parameter in form.user_fields(model)] == ["aspect_ratio"]
    assert form.parameters(model, {"aspect_ratio": "16:9"}) == {"size": "2560x1440"}


def test_defaults_of_controls_are_resolved_too() -> None:
    assert form.parameters(shape_to_size(), {}) == {"size": "2048x2048"}


def test_the_target_given_outright_wins_and_shows_through_its_control() -> None:
    model = shape_to_size()
    name, value = form.accept(model, "size", "2560X1440")
    assert (name, value) == ("size", "2560x1440")
    chosen = {"size": value}
    assert form.parameters(model, chosen) == {"size": "2560x1440"}
    assert form.parameters(model, {**chosen, "aspect_ratio": "1:1"}) == {"size": "2560x1440"}
    assert form.shown(model, chosen)["aspect_ratio"] == "16:9"


def test_a_target_value_without_a_rule_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        form.accept(shape_to_size(), "size", "1x1")
    assert caught.value.values["options"] == "2048x2048, 2560x1440"


@pytest.mark.parametrize(
    ("chosen", "size"),
    [
        ({}, "2048x2048"),
        ({"clarity": "4k"}, "4096x4096"),
        ({"shape": "wide"}, "2560x1440"),
        ({"shape": "square", "clarity": "4k"}, "4096x4096"),
    ],
)
def test_several_controls_make_one_value(chosen: dict[str, Value], size: str) -> None:
    assert form.parameters(shape_and_clarity(), chosen) == {"size": size}


def test_a_combination_without_a_rule_is_answered_with_those_there_are() -> None:
    error = refused(shape_and_clarity(), shape="wide", clarity="4k")
    assert error.key == "error.no_combination"
    assert "shape=wide, clarity=4k" in str(error.values["combination"])
    assert str(error.values["options"]).count(";") == 2


def test_a_control_may_be_called_as_its_target() -> None:
    model = same_name()
    assert form.parameters(model, {"mode": "fine"}) == {"mode": "pro"}
    assert form.parameters(model, dict([form.accept(model, "mode", "FINE")])) == {"mode": "pro"}


def test_a_targets_own_word_is_taken_where_the_control_has_the_same_name() -> None:
    model = same_name()
    assert form.parameters(model, dict([form.accept(model, "mode", "pro")])) == {"mode": "pro"}


def test_a_virtual_field_that_is_taken_back_keeps_its_default_and_is_not_seen() -> None:
    virtual = virtual_json(
        "size", [field_json("shape", ["wide"])], [({"shape": "wide"}, "2560x1440")],
        value="2048x2048",
        disabled_conditions=[
            {"enum_value": "*", "disabled_key": "", "category": "text_to_image"}
        ],
    )  # fmt: skip
    model = make(virtual)
    assert form.user_fields(model) == ()
    assert form.parameters(model, {}) == {"size": "2048x2048"}


# ------------------------------------------------------------------ what can't be combined


@pytest.mark.parametrize("one_sided", [False, True])
def test_options_that_exclude_each_other_are_refused_both_ways(one_sided: bool) -> None:
    model = exclusive(one_sided)
    error = refused(model, duration=10, resolution="1080P")
    assert error.key == "error.exclusive"
    assert error.values["options"] in ("6", "768P")


@pytest.mark.parametrize("one_sided", [False, True])
def test_what_excludes_a_choice_is_not_offered_beside_it(one_sided: bool) -> None:
    model = exclusive(one_sided)
    duration, resolution = form.user_fields(model)
    assert [o.value for o in form.allowed(model, resolution, {"duration": 10})] == ["768P"]
    assert [o.value for o in form.allowed(model, duration, {"resolution": "1080P"})] == [6]
    assert [o.value for o in form.allowed(model, duration, {})] == [6, 10]


def test_a_default_gives_way_to_a_choice_that_excludes_it() -> None:
    ten = {"label": "10", "value": 10, "disabled": {"resolution": ["1080P"]}}
    model = make(field_json("duration", [6, ten]), field_json("resolution", ["1080P", "768P"]))
    assert form.settle(model, {"duration": 10}) == {"duration": 10, "resolution": "768P"}
    assert form.settle(model, {}) == {}


def test_a_choice_that_leaves_nothing_for_another_field_is_refused() -> None:
    ten = {"label": "10", "value": 10, "disabled": {"resolution": ["1080P"]}}
    model = make(field_json("duration", [6, ten]), field_json("resolution", ["1080P"]))
    assert refused(model, duration=10).key == "error.exclusive"


# --------------------------------------------------------------------------- what goes out


def test_defaults_go_out_and_empty_ones_do_not() -> None:
    model = make(field_json("a", ["x"]), field_json("b", type="textarea", value=None))
    assert form.parameters(model, {}) == {"a": "x"}


def test_a_default_that_is_not_offered_gives_way_to_the_first_option() -> None:
    assert form.parameters(make(field_json("a", ["x", "y"], value="z")), {}) == {"a": "x"}


def test_a_field_taken_back_sends_its_default_but_cant_be_set() -> None:
    conditions = [{"enum_value": "*", "disabled_key": "", "category": "text_to_image"}]
    model = make(field_json("a", ["x", "y"], disabled_conditions=conditions))
    assert form.parameters(model, {}) == {"a": "x"}
    with pytest.raises(UsageError):
        form.accept(model, "a", "y")


def test_a_value_taken_back_for_one_task_type_is_offered_for_another() -> None:
    raw = field_json("size", ["512P", "768P"], disabled_conditions=[
        {"enum_value": "512P", "disabled_key": "", "category": "text_to_video"}
    ])  # fmt: skip
    assert form.accept(make(raw, task_type=TaskType.IMAGE_TO_VIDEO), "size", "512p")
    with pytest.raises(UsageError) as caught:
        form.accept(make(raw, task_type=TaskType.TEXT_TO_VIDEO), "size", "512p")
    assert caught.value.values["options"] == "768P"


def test_what_makes_the_price_and_stands_in_no_form_can_be_set() -> None:
    model = make(rules=[rule_json(5, tier="low"), rule_json(9, tier="high")])
    assert form.accept(model, "tier", "HIGH") == ("tier", "high")
    assert form.parameters(model, {}) == {"tier": "low"}


# ------------------------------------------------------------------------------ how many


@pytest.mark.parametrize(
    ("field", "counts"),
    [
        (None, (1, 2, 3, 4)),
        (field_json("n", ["1"]), (1,)),
        (field_json("n", [4, 2, 2, 0, -1]), (2, 4)),
        (field_json("n", ["²", "many"]), (1,)),
        (field_json("n", type="slider", config={"minimum": 1, "maximum": 3}), (1, 2, 3)),
        (field_json("n", type="slider", config={"maximum": 1e9}), tuple(range(1, 17))),
    ],
)
def test_how_many_is_read_off_the_leafs_own_field(
    field: dict[str, Any] | None, counts: tuple[int, ...]
) -> None:
    assert form.counts(make(*([field] if field else []))) == counts
