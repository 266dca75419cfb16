"""The one step where money is lost: which rule fits, what is sent, and what it would change."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from trees import field_json, make, model_json, rule_json, virtual_json

from ima_tui.catalogue import form, price, tree
from ima_tui.core.domain import (
    Change,
    ModelVersion,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError

SIZES = [rule_json(5, size="1K"), rule_json(9, size="2K"), rule_json(15, size="4K")]


def sized(*sizes: Any) -> ModelVersion:
    return make(field_json("size", list(sizes) or ["1K", "2K", "4K"]), rules=SIZES)


def test_the_default_counts_where_nothing_was_set() -> None:
    assert price.quote(sized(), {}).rule.points == 5


def test_what_was_set_counts_more_than_the_default() -> None:
    quote = price.quote(sized(), {"size": "4K"})
    assert (quote.rule.points, quote.parameters) == (15, {"size": "4K"})


def test_a_rule_fits_only_when_all_its_attributes_do() -> None:
    model_version = make(
        field_json("a", ["x", "y"]),
        field_json("b", ["x", "y"]),
        rules=[rule_json(1, a="y", b="y"), rule_json(2, a="x", b="y"), rule_json(3, a="x", b="x")],
    )
    assert price.quote(model_version, {}).rule.points == 3
    assert price.quote(model_version, {"b": "y"}).rule.points == 2
    assert price.quote(model_version, {"b": "y", "a": "y"}).rule.points == 1


@pytest.mark.parametrize(
    ("option", "attribute"),
    [("1k", "1K"), ("720P", " 720p"), (5, "5"), ("5", 5), (True, "true"), ("false", False)],
)
def test_case_blanks_and_types_do_not_hinder_a_fit_and_the_rules_own_value_is_sent(
    option: Value, attribute: Value
) -> None:
    model_version = make(
        field_json("x", [option]), rules=[rule_json(1, x="other"), rule_json(7, x=attribute)]
    )
    quote = price.quote(model_version, {})
    assert (quote.rule.points, quote.changes) == (7, ())
    assert quote.parameters == {"x": attribute}
    assert type(quote.parameters["x"]) is type(attribute)


def test_names_are_compared_without_case_too() -> None:
    model_version = make(
        field_json("size", ["1K", "2K"]), rules=[rule_json(5, SIZE="1K"), rule_json(9, SIZE="2K")]
    )
    quote = price.quote(model_version, {"size": "2K"})
    assert (quote.rule.points, quote.changes) == (9, ())
    assert quote.parameters == {"size": "2K"}


def test_the_marker_of_one_price_is_never_sent() -> None:
    quote = price.quote(make(field_json("a", ["x"])), {})
    assert quote.parameters == {"a": "x"}
    assert quote.changes == ()


def test_of_several_rules_that_fit_the_one_that_says_most_counts() -> None:
    model_version = make(
        field_json("a", ["x"]), field_json("b", ["y"]),
        rules=[rule_json(1), rule_json(2, a="x"), rule_json(3, a="x", b="y")],
    )  # fmt: skip
    assert price.quote(model_version, {}).rule.points == 3


def test_n_outputs_cost_n_times_and_the_credit_stays_the_rules() -> None:
    quote = price.quote(sized(), {"size": "2K"}, 3)
    assert (quote.rule.points, quote.total) == (9, 27)


def test_no_rule_fits_then_the_nearest_is_named_with_what_it_changes() -> None:
    model_version = make(
        field_json("duration", [5, 10]), field_json("size", ["540p", "720p"]),
        rules=[rule_json(20, duration=5, size="540p"), rule_json(25, duration=5, size="720p"),
               rule_json(40, duration=10, size="720p")],
    )  # fmt: skip
    quote = price.quote(model_version, {"duration": 10, "size": "540p"})
    assert len(quote.changes) == 1
    assert quote.changes[0] in (
        Change("size", "540p", "720p"),
        Change("duration", 10, 5),
    )
    assert dict(quote.rule.attributes).items() <= dict(quote.parameters).items()


def test_the_nearest_keeps_what_the_person_chose_where_it_can() -> None:
    model_version = make(
        field_json("duration", [5, 10]), field_json("size", ["540p", "720p"]),
        rules=[rule_json(20, duration=5, size="540p"), rule_json(25, duration=5, size="720p"),
               rule_json(40, duration=10, size="720p")],
    )  # fmt: skip
    assert price.quote(model_version, {"duration": 10}).changes == (Change("size", "540p", "720p"),)


def test_no_attribute_equal_then_the_default_rule_else_the_first() -> None:
    odd = field_json("size", ["8K", "1K"])
    with_default = make(odd, rules=[*SIZES, rule_json(77)])
    assert price.quote(with_default, {}).rule.points == 77
    without = make(odd, rules=SIZES)
    quote = price.quote(without, {})
    assert quote.rule.points == 5
    assert quote.changes == (Change("size", "8K", "1K"),)


def test_an_attribute_of_a_virtual_target_is_priced_through_its_control() -> None:
    virtual = virtual_json(
        "size", [field_json("shape", ["square", "wide"])],
        [({"shape": "square"}, "1024"), ({"shape": "wide"}, "2048")],
    )  # fmt: skip
    model_version = make(virtual, rules=[rule_json(3, size="1024"), rule_json(8, size="2048")])
    quote = price.quote(model_version, {"shape": "wide"})
    assert (quote.rule.points, quote.parameters) == (8, {"size": "2048"})


def test_a_price_may_hang_on_a_control_that_is_no_target() -> None:
    parameters = [field_json("clarity", ["2k", "4k", "8k"])]
    rules = [({"clarity": "2k"}, "2048"), ({"clarity": "4k"}, "4096"), ({"clarity": "8k"}, "8192")]
    model_version = make(
        virtual_json("size", parameters, rules),
        rules=[rule_json(3, clarity="2K"), rule_json(8, clarity="4K")],
    )
    quote = price.quote(model_version, {"clarity": "4k"})
    assert (quote.rule.points, quote.changes) == (8, ())
    assert quote.parameters == {"size": "4096", "clarity": "4K"}


@pytest.mark.parametrize(
    ("name", "model"),
    [("Pixverse V5.5", "v5.5"), ("PixVerse v 5", "v5"), ("Pixverse V3.5", "v3.5")],
)
def test_pixverse_is_told_its_version(name: str, model: str) -> None:
    model_version = make(field_json("a", ["x"]), model_id="pixverse", name=name, id=name)
    assert price.quote(model_version, {}).parameters == {"a": "x", "model": model}


def test_a_pixverse_leaf_with_a_model_field_keeps_its_own_value() -> None:
    model_version = make(field_json("model", ["v4.5"]), model_id="pixverse", name="Pixverse V5.5")
    assert price.quote(model_version, {}).parameters == {"model": "v4.5"}


def test_a_pixverse_leaf_whose_model_field_is_empty_is_told_its_version() -> None:
    model_version = make(
        field_json("model", [], value=None), model_id="pixverse", name="Pixverse V5"
    )
    assert price.quote(model_version, {}).parameters == {"model": "v5"}


def test_no_other_family_gets_a_model() -> None:
    assert "model" not in price.quote(make(name="Vidu V2.0"), {}).parameters


def test_the_table_holds_what_can_be_set_and_no_more() -> None:
    ten = {"label": "10", "value": 10, "disabled": {"size": ["1080P"]}}
    model_version = make(
        field_json("duration", [6, ten]), field_json("size", ["768P", "1080P"]),
        rules=[rule_json(12, duration=6, size="768P"), rule_json(24, duration=6, size="1080P"),
               rule_json(20, duration=10, size="768P"), rule_json(48, duration=10, size="1080P"),
               rule_json(9, duration=6, size="512P")],
    )  # fmt: skip
    rows = price.table(model_version)
    assert [row.points for row in rows] == [12, 20, 24]
    assert [row.is_default for row in rows] == [True, False, False]


def test_the_neighbours_are_one_change_away() -> None:
    cheaper, better = price.neighbours(sized(), {"size": "2K"})
    assert cheaper is not None
    assert (cheaper.value, cheaper.difference) == ("1K", -4)
    assert better is not None
    assert (better.value, better.difference) == ("4K", 6)
    assert price.neighbours(sized(), {"size": "1K"})[0] is None


# ------------------------------------------------------------ whatever the list looks like

VALUES: st.SearchStrategy[Any] = st.sampled_from(
    ["1K", "1k ", "2K", "720p", "720P", 5, "5", 10, 0, "", True, False, "true", 1.5, "²", "nan"]
)
NAMES = ["size", "Size", "duration", "mode", "aspect_ratio", "model", "n", "prompt", "x"]


@st.composite
def fields_json(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(NAMES))
    options = []
    for value in draw(st.lists(VALUES, max_size=4)):
        option = {"label": draw(st.sampled_from(["A", str(value)])), "value": value}
        if draw(st.integers(0, 5)) == 0:
            others = st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, max_size=2))
            option["disabled"] = draw(others)
        options.append(option)
    kinds = st.sampled_from(["tags", "toggle", "textarea", "slider", "?"])
    raw = {"field": name, "type": draw(kinds), "value": draw(st.none() | VALUES)}
    if options:
        raw["options"] = options
    if draw(st.integers(0, 4)) == 0:
        raw["disabled_conditions"] = [
            {"enum_value": draw(VALUES | st.just("*")), "disabled_key": "",
             "category": draw(st.sampled_from(["text_to_image", "text_to_video"]))}
        ]  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        parameters = draw(st.lists(fields_json(), max_size=2)) if draw(st.booleans()) else [raw]
        names = [parameter["field"] for parameter in parameters]
        rules = [
            {"source_values": {each: draw(VALUES) for each in names}, "target_value": draw(VALUES)}
            for _ in range(draw(st.integers(0, 3)))
        ]
        target = draw(st.sampled_from([*NAMES, None]))
        mapping = {"target_param": target, "mapping_rules": rules}
        raw = {**raw, "is_ui_virtual": True, "ui_params": parameters, "value_mapping": mapping}
    return raw


rules_json = st.builds(
    lambda points, attributes: rule_json(points, **attributes),
    st.integers(0, 500),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3),
)


fresh = count()
"""Leaves are told apart by their versions, also those that differ in 1 and True alone."""


@st.composite
def models(draw: st.DrawFn) -> ModelVersion:
    raw = model_json(
        id=f"id-{next(fresh)}",
        form_config=draw(st.lists(fields_json(), max_size=5)),
        credit_rules=draw(st.lists(rules_json, min_size=1, max_size=5)),
        model_id=draw(st.sampled_from(["test", "pixverse"])),
        name=draw(st.sampled_from(["Test", "Pixverse V5.5"])),
    )
    found = tree.models([raw], TaskType.TEXT_TO_IMAGE)
    assume(found)
    return found[0]


def known_names(model_version: ModelVersion) -> set[str]:
    """All that the leaf itself speaks of; `model` is what Pixverse needs beside it."""
    names = {"model"} if model_version.model_id == "pixverse" else set()
    for field in model_version.fields:
        names.add(field.virtual.target if field.virtual else field.name)
    return names | {name for rule in model_version.rules for name, _ in rule.attributes}


def known_values(model_version: ModelVersion, name: str) -> list[Value]:
    """Every value the leaf names for a parameter; empty where it can be free text or a number."""
    found: list[Value] = []
    for field in model_version.fields:
        if field.virtual and field.virtual.target == name:
            found += [rule.target for rule in field.virtual.rules]
            found += [field.default] if field.default is not None else []
        elif field.name == name and not field.virtual:
            found += [option.value for option in field.options]
            found += [field.default] if field.default is not None else []
    return found + [v for rule in model_version.rules for k, v in rule.attributes if k == name]


def exactly(value: Value, among: list[Value]) -> bool:
    return any(value == each and type(value) is type(each) for each in among)


@given(models(), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_a_quote_is_refused_in_words_or_its_rule_fits_exactly_what_is_sent(
    model_version: ModelVersion, wishes: dict[str, Any]
) -> None:
    chosen: dict[str, Value] = {}
    for name, value in wishes.items():
        try:
            own, accepted = form.accept(model_version, name, value)
        except UsageError:
            continue
        chosen[own] = accepted
    try:
        quote = price.quote(model_version, chosen, 2)
    except UsageError:
        return
    for name, value in quote.rule.attributes:
        assert quote.parameters[name] == value
        assert type(quote.parameters[name]) is type(value)
    assert set(quote.parameters) <= known_names(model_version)
    assert len({form.plain_name(name) for name in quote.parameters}) == len(quote.parameters)
    for name, value in quote.parameters.items():
        named = known_values(model_version, name)
        free = any(f.name == name and not f.options and not f.virtual for f in model_version.fields)
        injected = name == "model" and model_version.model_id == "pixverse"
        assert free or injected or exactly(value, named), (name, value, named)
    assert quote.total == 2 * quote.rule.points


@given(models())
def test_everything_a_screen_asks_of_a_leaf_is_answered(model_version: ModelVersion) -> None:
    assert all(row.points >= 0 for row in price.table(model_version))
    price.neighbours(model_version, {})
    assert all(1 <= count <= 16 for count in form.counts(model_version))
    for parameter in form.user_fields(model_version):
        form.allowed(model_version, parameter, {})
        form.default_of(parameter)


def test_a_table_that_nobody_could_read_is_none() -> None:
    names = ("a", "b", "c", "d")
    model_version = make(
        *(field_json(name, list("pqrst")) for name in names),
        rules=[
            rule_json(1, **dict.fromkeys(names, "p")),
            rule_json(2, **dict.fromkeys(names, "q")),
        ],
    )
    assert price.table(model_version) == ()
    assert price.quote(model_version, {}).rule.points == 1


def test_a_rule_that_contradicts_itself_is_not_to_be_had() -> None:
    quality = field_json("quality", ["1k", "4k"])
    model_version = make(
        virtual_json("size", [quality], [({"quality": "1k"}, "small"), ({"quality": "4k"}, "big")]),
        rules=[rule_json(1, quality="1k", size="big"), rule_json(9, size="big")],
    )
    quote = price.quote(model_version, {})
    assert (quote.rule.points, quote.parameters) == (9, {"size": "big"})
    assert quote.changes == (Change("size", asked="small", becomes="big"),)
