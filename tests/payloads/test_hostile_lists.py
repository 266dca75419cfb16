"""Lists that nobody should send: never a crash, never a payload that the checker refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offered import inputs_for, payload_of, sandbox_offers
from payload_checker import faults

from ima_tui.api import wire
from ima_tui.catalogue import (
    choice,
    form,
    order,
    price,
    refusals,
    tree,
)
from ima_tui.cli.json_documents import model_json
from ima_tui.core.domain import Draft, ModelVersion, TaskType
from ima_tui.core.errors import UsageError

NAMES = [
    *("size", "Size", "resolution", "duration", "quality", "mode", "audio", "ratio", "model"),
    *("n", "prompt", "cast", "input_images", "title", "", " size", "a\x1b[31mb", "x" * 600),
]
PLAIN = [5, 10, 15, "5", "10", "1K", "1k", "2K", "720p", "1080P", "1:1", "16:9", True, False, 5.0]
ODD: list[Any] = [
    *(1.5, 0, -1, "", " 1k ", "true", "on", "None", "null", None, [], {}, ["5"], {"a": 5}),
    *(10**20, -(10**400), float("nan"), float("inf"), "\x1b[2J", "\u202e", "\ud800", "nan"),
    *("x" * 30_000, "1_0", "٥", "５", "5e0", "1e999", "0x10", "9" * 5000),
]
CATEGORIES = ["text_to_image", "text_to_video", "*", None]

names = st.sampled_from(NAMES)
plain = st.sampled_from(PLAIN)
values = st.one_of(plain, plain, plain, st.sampled_from(ODD))
broken = st.sampled_from([None, [], {}, "x", 5, True, [None], [5, "x"], {"a": {"b": []}}])


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(good, good, good, good, good, broken)


def row(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of these keys."""
    return st.fixed_dictionaries({}, optional=parts)


options = st.lists(
    st.one_of(
        st.fixed_dictionaries({"value": values}),
        st.fixed_dictionaries(
            {
                "value": values,
                "label": values,
                "disabled": mostly(st.dictionaries(names, mostly(st.lists(values, max_size=3)))),
            }
        ),
    ),
    max_size=4,
)
conditions = st.lists(
    row(
        enum_value=st.one_of(values, st.just("*")),
        disabled_key=st.sampled_from(["", "", "size", None]),
        disabled_value=values,
        category=st.sampled_from(CATEGORIES),
    ),
    max_size=2,
)
limits = row(minimum=values, maximum=values)
kinds = st.sampled_from(["tags", "toggle", "textarea", "slider", "colour_wheel", "", None, 7])


def plain_field() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"field": names, "type": kinds, "value": values},
        optional={
            "options": mostly(options),
            "config": mostly(limits),
            "label": values,
            "description": values,
            "level": values,
            "disabled_conditions": mostly(conditions),
        },
    )


def virtual_field() -> st.SearchStrategy[dict[str, Any]]:
    mapping = st.fixed_dictionaries(
        {
            "mapping_rules": mostly(
                st.lists(
                    row(source_values=mostly(st.dictionaries(names, values)), target_value=values),
                    max_size=5,
                )
            )
        },
        optional={"target_param": names, "source_params": st.lists(names, max_size=2)},
    )
    return st.fixed_dictionaries(
        {
            "field": names,
            "type": kinds,
            "value": values,
            "is_ui_virtual": st.sampled_from([True, True, True, "true", 1]),
            "ui_params": mostly(st.lists(plain_field(), max_size=2)),
            "value_mapping": mostly(mapping),
        },
        optional={"options": options, "disabled_conditions": mostly(conditions)},
    )


files = row(
    acceptType=st.one_of(values, st.lists(values, max_size=3), st.just(["image/jpg,png"])),
    category=values,
    minLimit=values,
    maxLimit=values,
)
price_rules = st.fixed_dictionaries(
    {
        "attribute_id": st.one_of(st.integers(1, 9), st.integers(1, 9), values),
        "points": st.one_of(st.integers(0, 90), st.integers(0, 90), values),
        "attributes": st.one_of(
            st.dictionaries(names, values, max_size=3),
            st.dictionaries(names, plain, max_size=3),
            st.just({"default": "enabled"}),
            broken,
        ),
    }
)
raw_leaves = st.fixed_dictionaries(
    {
        "id": st.just("v-1"),
        "type": st.just("3"),
        "model_id": st.sampled_from(["test", "pixverse", "Pixverse"]),
        "name": st.sampled_from(["Test 1.0", "Pixverse V5.5", "Test", "a\x1b]0;x\x07b", "x" * 90]),
        "credit_rules": st.lists(price_rules, min_size=1, max_size=5),
        "form_config": mostly(st.lists(st.one_of(plain_field(), virtual_field()), max_size=5)),
    },
    optional={
        "tags": mostly(st.lists(row(tag_type=st.just("EET"), tag_value=values), max_size=2)),
        "files": mostly(files | st.lists(files, max_size=3)),
        "description": values,
    },
)


def only_usage_errors(
    raw: dict[str, Any], model: ModelVersion, said: dict[str, Any], n: int
) -> None:
    try:
        payload = payload_of(model, said, n)
    except UsageError:
        return
    assert faults(raw, payload) == []


def wish_on(data: st.DataObject, model: ModelVersion) -> dict[str, Any]:
    """Some of the leaf's own names and values, some of anything."""
    said: dict[str, Any] = {}
    for field in form.user_fields(model):
        if data.draw(st.booleans()):
            listed = [option.value for option in field.options] or [True, "words", 5]
            said[field.name] = data.draw(st.one_of(st.sampled_from(listed), values))
    for name in form.names(model):
        if name not in said and data.draw(st.integers(0, 3)) == 0:
            said[name] = data.draw(values)
    return said


@given(raw=raw_leaves, data=st.data())
def test_any_list_any_wish(raw: dict[str, Any], data: st.DataObject) -> None:
    for model in tree.models([raw], TaskType.TEXT_TO_IMAGE):
        only_usage_errors(raw, model, {}, 1)
        only_usage_errors(raw, model, wish_on(data, model), data.draw(st.integers(-1, 5)))


@given(raw=raw_leaves)
def test_any_list_everything_it_offers(raw: dict[str, Any]) -> None:
    for model in tree.models([raw], TaskType.TEXT_TO_VIDEO):
        for field in form.user_fields(model):
            for option in field.options:
                only_usage_errors(raw, model, {field.name: option.value}, 1)
        for rule in model.rules:
            only_usage_errors(raw, model, dict(rule.attributes), 1)


@given(raw=raw_leaves, code=st.sampled_from(sorted(refusals.ADAPTED)), count=st.integers(1, 4))
def test_any_list_after_any_refusal(raw: dict[str, Any], code: int, count: int) -> None:
    for model in tree.models([raw], TaskType.TEXT_TO_IMAGE):
        draft = Draft(model.task_type, model.model_id, model.version, "words")
        try:
            placed, _ = order.place(model, draft)
        except UsageError:
            continue
        adapted = refusals.adapt(code, placed, model, count)
        lighter = refusals.lighter(placed, model, count)
        if lighter is not None:
            assert lighter.order.parameters != placed.parameters
            assert lighter.order.total <= placed.total
            assert faults(raw, wire.create_payload(lighter.order, ())) == []
        if adapted is not None:
            assert faults(raw, wire.create_payload(adapted.order, ())) == []


@given(raw=raw_leaves)
def test_any_list_can_be_shown(raw: dict[str, Any]) -> None:
    models = tree.models([raw], TaskType.TEXT_TO_IMAGE)
    choice.default_model(models, TaskType.TEXT_TO_IMAGE)
    for model in models:
        model_json(model)
        price.table(model)
        price.neighbours(model, {})
        assert choice.pick(models, model.model_id) is model


@given(tree_=st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(names, inner)))
def test_any_json_is_read(tree_: Any) -> None:
    assert isinstance(tree.models(tree_, TaskType.TEXT_TO_IMAGE), tuple)


OFFERS = sandbox_offers()


@given(data=st.data())
def test_a_real_list_with_a_few_parts_replaced(data: st.DataObject) -> None:
    offer = data.draw(st.sampled_from(OFFERS))
    raw = copy.deepcopy(offer.raw)
    for _ in range(data.draw(st.integers(1, 4))):
        _replace_somewhere(data, raw)
    raw.update({key: offer.raw[key] for key in ("id", "model_id", "type")})
    task_type = offer.model.task_type
    for model in tree.models([raw], task_type):
        only_usage_errors(raw, model, {}, 1)
        only_usage_errors(raw, model, wish_on(data, model), 1)


def _replace_somewhere(data: st.DataObject, node: Any) -> None:
    """Walk down at random, and put something else where the walk ends."""
    while True:
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = node[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.integers(0, 9)) > 0:
            node = inner
            continue
        node[key] = copy.deepcopy(data.draw(st.one_of(values, broken)))
        return


@pytest.mark.parametrize("task_type", list(TaskType))
def test_inputs_are_as_many_as_the_leaf_takes(task_type: TaskType) -> None:
    for offer in OFFERS:
        if offer.model.task_type is task_type:
            assert len(inputs_for(offer.model)) == {"first_last_frame_to_video": 2}.get(
                task_type.value, int(task_type.takes_inputs)
            )
