"""Reading the product tree: what counts, what is left out, and that nothing can make it fall."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import field_json, make, model_json, read, rule_json, virtual_json

from ima_tui.catalogue import form, price, tree
from ima_tui.catalogue.order import input_counts
from ima_tui.core.domain import (
    PICTURES,
    Accepts,
    Estimate,
    FieldKind,
    ModelVersion,
    TaskType,
    Value,
)
from ima_tui.core.text import clean

T2I = TaskType.TEXT_TO_IMAGE


def group(*children: Any) -> dict[str, Any]:
    return {"type": "2", "name": "Group", "children": list(children)}


def test_only_leaves_count_at_any_depth_and_in_the_lists_order() -> None:
    first, second, third = (model_json(id=f"v{n}") for n in (1, 2, 3))
    nodes = [first, group(group(second)), group(), group(third)]
    assert [model.version for model in tree.models(nodes, T2I)] == ["v1", "v2", "v3"]


@pytest.mark.parametrize("kind", ["1", "2", None, "model", True])
def test_a_node_of_another_type_is_no_leaf(kind: object) -> None:
    assert tree.models([model_json(type=kind)], T2I) == ()


def test_a_numeric_type_counts_too() -> None:
    assert len(tree.models([model_json(type=3)], T2I)) == 1


def test_id_is_the_version_model_id_the_family_and_name_the_display_name() -> None:
    model = read(model_json(id="v-9", model_id="family", name="Shown"))
    assert (model.version, model.model_id, model.name) == ("v-9", "family", "Shown")


@pytest.mark.parametrize(
    "form", [None, [], {}, "null", 7], ids=["null", "empty", "object", "text", "number"]
)
def test_a_form_may_be_null_empty_or_nonsense(form: object) -> None:
    assert read(model_json(form_config=form)).fields == ()


def test_a_form_may_be_missing() -> None:
    raw = model_json()
    assert "form_config" not in raw
    assert read(raw).fields == ()


@pytest.mark.parametrize("broken", ["id", "model_id", "credit_rules"])
@pytest.mark.parametrize("value", [None, "", [], {}, "a\x1b[31mb"])
def test_without_id_family_or_price_there_is_nothing_to_order(broken: str, value: object) -> None:
    whole = model_json(id="other")
    found = tree.models([model_json(**{broken: value}), whole], T2I)
    assert [model.version for model in found] == ["other"]


def test_one_price_is_a_rule_without_attributes() -> None:
    assert read(model_json()).rules[0].attributes == ()


def test_the_marker_beside_other_attributes_is_an_attribute() -> None:
    (rule,) = read(model_json(credit_rules=[rule_json(5, default="enabled", size="1K")])).rules
    assert dict(rule.attributes) == {"default": "enabled", "size": "1K"}


def test_a_rule_keeps_its_values_and_their_json_types() -> None:
    (rule,) = read(model_json(credit_rules=[rule_json(5, a=5, b="5", c=True, d=0.5)])).rules
    assert [(k, v, type(v)) for k, v in rule.attributes] == [
        ("a", 5, int),
        ("b", "5", str),
        ("c", True, bool),
        ("d", 0.5, float),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        {"attribute_id": None},
        {"attribute_id": 0},
        {"attribute_id": True},
        {"points": -1},
        {"points": None},
        {"points": 1.5},
        {"points": "many"},
        {"attributes": {"size": None}},
        {"attributes": {"size": ["1K"]}},
    ],
)
def test_a_rule_that_cant_be_read_is_no_price(bad: dict[str, Any]) -> None:
    rules = [{**rule_json(5, size="1K"), **bad}, rule_json(7, size="2K")]
    assert [rule.points for rule in read(model_json(credit_rules=rules)).rules] == [7]


def test_attribute_names_are_the_forms_own_whatever_their_case() -> None:
    """Names are compared without case: another spelling is no second parameter."""
    model = make(field_json("size", ["1K", "2K"]), rules=[rule_json(5, Size="1K")])
    assert model.rules[0].attributes == (("size", "1K"),)


def test_fields_that_differ_in_case_alone_are_one() -> None:
    assert [f.name for f in make(field_json("size", [1]), field_json("Size", [2])).fields] == [
        "size"
    ]


def test_rules_agree_on_one_spelling_where_the_form_has_none() -> None:
    model = make(rules=[rule_json(5, mode="a"), rule_json(6, Mode="b")])
    assert {name for rule in model.rules for name, _ in rule.attributes} == {"mode"}


def test_a_rule_with_two_values_for_one_name_is_no_price() -> None:
    rules = [rule_json(5, size="1K", Size="2K"), rule_json(7)]
    assert [rule.points for rule in read(model_json(credit_rules=rules)).rules] == [7]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"type": "tags", "options": [{"value": 1}]}, FieldKind.CHOICE),
        ({"type": "hologram", "options": [{"value": 1}]}, FieldKind.CHOICE),
        ({"type": "toggle"}, FieldKind.TOGGLE),
        ({"type": "hologram", "value": False}, FieldKind.TOGGLE),
        ({"type": "slider"}, FieldKind.NUMBER),
        ({"type": "textarea"}, FieldKind.TEXT),
        ({"type": "hologram"}, FieldKind.TEXT),
        ({"type": None}, FieldKind.TEXT),
    ],
)
def test_every_type_of_field_works_unknown_ones_as_text(raw: dict[str, Any], kind: str) -> None:
    (field,) = read(model_json(form_config=[{"field": "x", **raw}])).fields
    assert field.kind is kind


def test_options_keep_their_types_and_may_lack_a_label() -> None:
    (field,) = make(field_json("d", [5, "5", {"value": True}, {"value": None}])).fields
    assert [(o.value, o.label) for o in field.options] == [(5, "5"), ("5", "5"), (True, "True")]


def test_level_two_is_advanced() -> None:
    basic, advanced = make(field_json("a", [1]), field_json("b", [1], level=2)).fields
    assert (basic.advanced, advanced.advanced) == (False, True)


def test_of_a_plain_and_a_virtual_field_of_one_name_the_virtual_one_stays() -> None:
    plain = field_json("size", ["1:1"])
    virtual = virtual_json("size", [field_json("size", ["1:1"])], [({"size": "1:1"}, "2048")])
    for fields in ((plain, virtual), (virtual, plain)):
        (field,) = make(*fields).fields
        assert field.virtual is not None
        assert field.virtual.rules[0].target == "2048"


def test_a_virtual_field_may_aim_at_another_name() -> None:
    virtual = virtual_json("ui", [field_json("shape", ["wide"])], [({"shape": "wide"}, 1)],
                           target="size")  # fmt: skip
    (field,) = make(virtual).fields
    assert field.virtual is not None
    assert field.virtual.target == "size"


def condition(value: object, category: str = "text_to_image", **more: Any) -> dict[str, Any]:
    return {"enum_value": value, "disabled_key": "", "category": category, **more}


def test_a_value_that_is_taken_back_for_this_task_type_is_not_offered() -> None:
    raw = field_json("size", ["1K", "2K"], disabled_conditions=[condition("1k")])
    (field,) = make(raw).fields
    assert [o.value for o in field.options] == ["2K"]
    assert field.offered


def test_a_condition_of_another_task_type_changes_nothing() -> None:
    raw = field_json("size", ["1K"], disabled_conditions=[condition("*", "text_to_video")])
    (field,) = make(raw).fields
    assert field.offered
    assert len(field.options) == 1


def test_a_star_takes_the_whole_field_back() -> None:
    raw = field_json("size", ["1K"], disabled_conditions=[condition("*")])
    (field,) = make(raw).fields
    assert not field.offered
    assert field.default == "1K"


def test_a_field_that_lost_all_its_options_is_not_offered() -> None:
    raw = field_json("size", ["1K"], disabled_conditions=[condition("1K")])
    assert not make(raw).fields[0].offered


def settings_of(model: ModelVersion) -> dict[str, tuple[list[Value], Value | None]]:
    """Each control with its options and its default."""
    return {
        field.name: ([option.value for option in field.options], field.default)
        for field in form.user_fields(model)
    }


def test_a_priced_attribute_without_a_field_is_a_setting_that_stands_at_the_cheapest() -> None:
    rules = [rule_json(9, Style="art"), rule_json(4, style="plain"), rule_json(4, style="ART")]
    model = make(rules=rules)
    assert settings_of(model) == {"Style": (["art", "plain"], "plain")}
    assert [quote.points for quote in price.table(model)] == [4, 9]


def test_several_attributes_without_a_field_stand_at_one_rule() -> None:
    rules = [
        rule_json(20, clarity=1080, sound=True),
        rule_json(5, clarity=720, sound=False),
        rule_json(8, clarity=1080, sound=False),
    ]
    model = make(rules=rules)
    assert settings_of(model) == {"clarity": ([1080, 720], 720), "sound": ([True, False], False)}
    assert price.quote(model, {}).total == 5
    quote = price.quote(model, dict([form.accept(model, "clarity", "1080")]))
    assert (quote.total, quote.changes) == (8, ())


def test_a_setting_beside_a_field_stands_where_the_fields_default_has_a_price() -> None:
    rules = [rule_json(3, size="1K", style="draft"), rule_json(6, size="2K", style="fine")]
    model = make(field_json("size", ["1K", "2K"], value="2K"), rules=rules)
    assert settings_of(model)["style"] == (["draft", "fine"], "fine")
    assert (price.quote(model, {}).total, price.quote(model, {}).changes) == (6, ())


def test_a_rule_without_the_attribute_leaves_the_setting_unset() -> None:
    model = make(rules=[rule_json(5), rule_json(9, extras="on")])
    assert settings_of(model) == {"extras": (["on"], None)}
    assert price.quote(model, {}).total == 5
    assert price.quote(model, {"extras": "on"}).total == 9


def test_a_field_that_is_withdrawn_as_a_whole_gives_its_words_to_the_setting() -> None:
    raw = field_json(
        "size", ["1K", "2K"], label="Clarity", disabled_conditions=[condition("*")], level=2
    )
    model = make(raw, rules=[rule_json(5, size="1K"), rule_json(9, size="4K")])
    (field,) = form.user_fields(model)
    assert (field.label, field.advanced) == ("Clarity", True)
    assert settings_of(model) == {"size": (["1K", "4K"], "1K")}
    assert price.quote(model, {"size": "4K"}).total == 9


def test_a_withdrawn_virtual_field_leaves_its_target_as_the_setting() -> None:
    raw = virtual_json(
        "size",
        [field_json("aspect", ["1:1", "16:9"])],
        [({"aspect": "1:1"}, "s"), ({"aspect": "16:9"}, "w")],
        value="s",
        disabled_conditions=[condition("*")],
    )
    model = make(raw, rules=[rule_json(5, size="s"), rule_json(9, size="w")])
    assert settings_of(model) == {"size": (["s", "w"], "s")}
    assert price.quote(model, {"size": "w"}).parameters["size"] == "w"


@pytest.mark.parametrize("gone", [["1K", "2K"], ["*", "1K", "2K"]])
def test_values_that_are_withdrawn_by_themselves_are_no_options(gone: list[str]) -> None:
    raw = field_json("size", ["1K", "2K"], disabled_conditions=[condition(one) for one in gone])
    model = make(raw, rules=[rule_json(5, size="1K"), rule_json(9, size="2K")])
    assert settings_of(model) == {}


def test_a_price_for_what_a_field_does_not_offer_is_no_permission() -> None:
    model = make(
        field_json("size", ["1K"]), rules=[rule_json(5, size="1K"), rule_json(9, size="8K")]
    )
    assert settings_of(model)["size"][0] == ["1K"]


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        ("20~35s", (20, 35)),
        ("40s", (40, 40)),
        ("2~3min", (120, 180)),
        ("3分钟", (180, 180)),
        ("35~20s", (20, 35)),
    ],
)
def test_the_time_tag_in_seconds(tag: str, wanted: tuple[float, float]) -> None:
    assert tree.estimate(tag) == Estimate(*wanted)


@pytest.mark.parametrize("tag", ["", "soon", "0s", "9" * 400 + "s"], ids=lambda tag: tag[:5])
def test_a_time_tag_that_says_nothing_is_no_estimate(tag: str) -> None:
    assert tree.estimate(tag) is None


def test_the_first_readable_time_tag_counts() -> None:
    tags = [{"tag_type": "EET", "tag_value": "soon"}, {"tag_type": "EET", "tag_value": "5s"}]
    assert read(model_json(tags=tags)).estimate == Estimate(5, 5)


LIVE_FILES = {
    "component": "card",
    "acceptType": ["image/jpg,png"],
    "category": "image_to_image",
    "minLimit": 1,
    "maxLimit": 14,
}


def taken(files: object, task_type: TaskType = TaskType.IMAGE_TO_IMAGE) -> tuple[Accepts, ...]:
    return read(model_json(files=files), task_type).accepts


def test_files_is_one_object_as_the_live_service_sends_it() -> None:
    assert taken(LIVE_FILES) == (Accepts(("image/jpeg", "image/png"), 1, 14),)


def test_a_list_of_files_is_read_without_the_entries_of_other_task_types() -> None:
    other = {**LIVE_FILES, "category": "image_to_video", "maxLimit": 1}
    assert taken([LIVE_FILES, other]) == taken(LIVE_FILES)


@pytest.mark.parametrize(
    ("accept_type", "types"),
    [
        (["image/jpg,jpeg,png", "video/mp4"], ("image/jpeg", "image/png", "video/mp4")),
        (["video/mp4,mov", "audio/mp3"], ("video/mp4", "video/quicktime", "audio/mpeg")),
        ("image/png", ("image/png",)),
        ([".JPG, .mov"], ("image/jpeg", "video/quicktime")),
        (["audio/m4a;x-wav"], ("audio/mp4", "audio/wav")),
        (["*/png", "x\x1b/y"], ("image/png",)),
        (["video/*"], ("video/mp4", "video/quicktime", "video/webm")),
        (["video"], ("video/mp4", "video/quicktime", "video/webm")),
        (["image/<b>,png"], ("image/png",)),
        ([None, 7, {}, "image/png"], ("image/png",)),
    ],
    ids=str,
)
def test_a_type_has_one_spelling_however_the_list_spells_it(
    accept_type: object, types: tuple[str, ...]
) -> None:
    (accepts,) = taken({**LIVE_FILES, "acceptType": accept_type})
    assert accepts.types == types


@pytest.mark.parametrize(
    ("least", "most", "wanted"),
    [
        (1, None, (1, None)),
        ("2", "3", (2, 3)),
        (0, 0, (None, None)),
        (-1, True, (None, None)),
        (5, 2, (None, 2)),
        (float("nan"), 10**400, (None, None)),
        ([1], {"a": 2}, (None, None)),
    ],
    ids=str,
)
def test_only_a_limit_that_can_be_met_is_one(
    least: object, most: object, wanted: tuple[int | None, int | None]
) -> None:
    (accepts,) = taken({**LIVE_FILES, "minLimit": least, "maxLimit": most})
    assert (accepts.at_least, accepts.at_most) == wanted


def test_limits_without_types_still_count() -> None:
    assert taken({"maxLimit": 3}) == (Accepts((), None, 3),)


@pytest.mark.parametrize("size", ["10MB", "10 m", 10, 10 * 2**20, "10240KB"])
def test_the_largest_file_is_read_in_bytes(size: object) -> None:
    (accepts,) = taken({**LIVE_FILES, "maxSize": size, "maxDuration": "15s"})
    assert (accepts.largest, accepts.longest) == (10 * 2**20, 15.0)


@pytest.mark.parametrize("files", [None, [], {}, "image/png", 7, True, [None], [[LIVE_FILES]]])
def test_files_that_say_nothing_limit_nothing(files: object) -> None:
    model = read(model_json(files=files), TaskType.IMAGE_TO_IMAGE)
    assert (model.accepts, model.input_types) == ((), PICTURES)


def test_unknown_keys_are_ignored() -> None:
    assert repr(read(model_json(brand_new={"a": [1]}))) == repr(read(model_json()))


def test_texts_come_in_clean_and_short() -> None:
    model = read(model_json(name="Ni\x1b]52;c;aGk=\x07ce\u202e", description="x" * 100_000))
    assert model.name == "Nice"
    assert len(model.description) <= 300


def test_a_value_that_a_terminal_would_obey_is_no_option() -> None:
    (field,) = make(field_json("x", ["ok", "\x1b[2Jno"])).fields
    assert [o.value for o in field.options] == ["ok"]


def test_nesting_beyond_reason_ends() -> None:
    node: dict[str, Any] = group(model_json())
    for _ in range(5_000):
        node = group(node)
    assert tree.models([node], T2I) == ()


def test_a_huge_list_is_cut() -> None:
    assert len(tree.models([model_json()] * (tree.MAX_LEAVES + 5), T2I)) == tree.MAX_LEAVES


def test_a_limit_larger_than_any_number_is_no_limit() -> None:
    (field,) = make(field_json("x", config={"minimum": -(10**400), "maximum": 10**400})).fields
    assert (field.minimum, field.maximum) == (None, None)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**18), 0, 1e308, "3", "2", "²", "*", "1e999", "\ud800"])
    | st.floats()
    | st.text(max_size=8)
)
KEYS = [
    "type", "id", "model_id", "name", "children", "credit_rules", "attribute_id", "points",
    "attributes", "form_config", "field", "label", "value", "options", "config", "minimum",
    "maximum", "level", "disabled_conditions", "enum_value", "disabled_key", "category",
    "disabled", "is_ui_virtual", "ui_params", "value_mapping", "mapping_rules", "source_values",
    "target_value", "target_param", "files", "acceptType", "minLimit", "maxLimit", "maxSize",
    "maxDuration", "component", "tags",
    "tag_type", "tag_value", "description",
]  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(anything)
def test_no_answer_of_any_shape_breaks_the_reader(data: object) -> None:
    for model in tree.models(data, T2I):
        assert model.rules


@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=8))
def test_no_leaf_of_any_shape_breaks_the_reader(changes: dict[str, Any]) -> None:
    tree.models([{**model_json(), **changes, "type": "3"}], T2I)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), anything, max_size=8), max_size=3))
def test_no_form_of_any_shape_breaks_the_reader(form: list[dict[str, Any]]) -> None:
    fields = [{"field": f"f{i}", **row} for i, row in enumerate(form)]
    assert len(tree.models([model_json(form_config=fields)], T2I)) == 1


files_objects = st.dictionaries(
    st.sampled_from(["acceptType", "minLimit", "maxLimit", "maxSize", "maxDuration", "category"])
    | st.text(max_size=3),
    anything
    | st.lists(st.text("*/,.; imagevdounpg\x1b", max_size=30), max_size=4)
    | st.sampled_from([*LIVE_FILES.values(), "9" * 15 + "GB", "image/" + "a" * 5_000]),
    max_size=6,
)


@given(files_objects | st.lists(files_objects | anything, max_size=3))
def test_no_files_of_any_shape_break_the_reader_or_ask_for_what_cant_be(files: object) -> None:
    for task_type in (TaskType.IMAGE_TO_IMAGE, TaskType.FIRST_LAST_FRAME, T2I):
        model = read(model_json(files=files), task_type)
        low, high = input_counts(model)
        assert task_type.inputs[0] <= low <= (low if high is None else high)
        assert all(clean(mime) == mime and mime.count("/") == 1 for mime in model.input_types)
        for one in model.accepts:
            assert (one.at_least or 1) <= (one.at_most or 10**15)
            assert (one.largest or 1) > 0
            assert (one.longest or 1) > 0


def test_a_deeply_nested_value_is_left_out() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    raw = field_json("x", ["a"], value=deep, disabled_conditions=[condition(deep)])
    assert make(raw, unknown=deep).fields[0].default is None
    assert tree.models([{"type": deep}], T2I) == ()
