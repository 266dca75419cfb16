"""An independent judge of a create payload: the API's rules, held against the raw product tree.

It shares no code with the program on purpose, so that a misreading can't hide on both sides.
`faults(leaf, payload)` names everything wrong with it; an empty list is the only good answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

INPUTS = {
    "text_to_image": (0, 0),
    "image_to_image": (1, 99),
    "text_to_video": (0, 0),
    "image_to_video": (1, 99),
    "first_last_frame_to_video": (2, 2),
    "reference_image_to_video": (1, 99),
    "text_to_music": (0, 0),
    "text_to_speech": (0, 0),
}
ALWAYS = {"prompt", "n", "input_images", "cast"}
ENVELOPE = {"task_type", "enable_multi_model", "src_img_url", "parameters"}
ENTRY = {
    *("attribute_id", "model_id", "model_name", "model_version", "app", "platform"),
    *("category", "credit", "parameters"),
}
TOGGLES = {"toggle", "switch", "checkbox"}
NUMBERS = {"slider", "number", "input_number", "stepper"}
MOST = 10**15
"""From here on no number in a list is meant."""
SURROGATES = re.compile("[\ud800-\udfff]")
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ud800-\udfff]")


def models(nodes: Any) -> Iterator[Json]:
    """Every leaf of a product tree, at any depth."""
    for node in nodes:
        if node["type"] == "3":
            yield node
        else:
            yield from models(node.get("children") or [])


def faults(model: Json, payload: Any) -> list[str]:
    """What is wrong with `payload` as a create for `model` (a node of the raw tree)."""
    return list(_faults(model, payload))


def _faults(model: Json, payload: Any) -> Iterator[str]:
    if not isinstance(payload, dict) or set(payload) != ENVELOPE:
        yield "not the envelope of a create"
        return
    yield from (f"null at {place}" for place in _nulls(payload, "payload"))
    if payload["enable_multi_model"] is not False:
        yield "enable_multi_model is not false"
    entries = payload["parameters"]
    if not isinstance(entries, list) or len(entries) != 1 or set(entries[0]) != ENTRY:
        yield "not exactly one entry of the right keys"
        return
    (entry,) = entries
    task_type = payload["task_type"]
    if task_type not in INPUTS or entry["category"] != task_type:
        yield f"category {entry['category']} for {task_type}"
        return
    yield from _names(model, entry)
    sent = entry["parameters"]
    if not isinstance(sent, dict):
        yield "parameters are no object"
        return
    yield from _outside_the_form(model, payload, sent, task_type)
    yield from _price(model, entry, sent)
    yield from _values(model, entry, sent, task_type)
    yield from _combinations(model, sent)


def _nulls(value: Any, place: str) -> Iterator[str]:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _nulls(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nulls(item, f"{place}[{index}]")


def _names(model: Json, entry: Json) -> Iterator[str]:
    for key, wanted in (
        ("model_id", str(model["model_id"])),
        ("model_version", str(model["id"])),
        ("app", "ima"),
        ("platform", "web"),
    ):
        if entry[key] != wanted:
            yield f"{key}: {entry[key]!r} instead of {wanted!r}"
    name = model.get("name")
    honest = isinstance(name, str) and len(name) <= 80 and name == " ".join(name.split())
    if honest and name and not UNPRINTABLE.search(name) and entry["model_name"] != name:
        yield f"model_name: {entry['model_name']!r}"
    if not isinstance(entry["model_name"], str) or UNPRINTABLE.search(entry["model_name"]):
        yield "model_name holds controls"


def _outside_the_form(model: Json, payload: Json, sent: Json, task_type: str) -> Iterator[str]:
    missing = ALWAYS - set(sent)
    if missing:
        yield f"missing: {sorted(missing)}"
        return
    if not isinstance(sent["prompt"], str) or not sent["prompt"].strip():
        yield "no prompt"
    if type(sent["n"]) is not int or sent["n"] < 1:
        yield f"n is {sent['n']!r}"
    offered = [o.get("value") for f in _fields(model) if f["field"] == "n" for o in _options(f)]
    if any(_is_count(value) for value in offered) and not _among(sent["n"], offered):
        yield f"n {sent['n']} is not among {offered}"
    urls = sent["input_images"]
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        yield "input_images is no list of addresses"
    elif payload["src_img_url"] != urls:
        yield "src_img_url and input_images differ"
    elif not INPUTS[task_type][0] <= len(urls) <= INPUTS[task_type][1]:
        yield f"{len(urls)} inputs for {task_type}"


def _is_count(value: Any) -> bool:
    return bool(re.fullmatch(r"[1-9][0-9]{0,2}", str(value)))


# ------------------------------------------------------------------------------------- the price


def rules(model: Json) -> Iterator[tuple[int, int, Json]]:
    """(attribute id, points, attributes) of every rule that can be understood."""
    rows = model.get("credit_rules")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        number, points = _whole(row.get("attribute_id")), _whole(row.get("points"))
        attributes = row.get("attributes") or {}
        if not isinstance(attributes, dict) or not all(
            _is_name(name) and _is_plain(item) and name not in ALWAYS
            for name, item in attributes.items()
        ):
            continue
        if attributes == {"default": "enabled"}:
            attributes = {}
        if number is not None and number > 0 and points is not None and points >= 0:
            yield number, points, attributes


def _price(model: Json, entry: Json, sent: Json) -> Iterator[str]:
    number, credit, cast = entry["attribute_id"], entry["credit"], sent.get("cast")
    if type(number) is not int or type(credit) is not int:
        yield "attribute_id and credit are whole numbers"
        return
    if cast != {"points": credit, "attribute_id": number}:
        yield f"cast {cast} is not {credit} and {number}"
    known = list(rules(model))
    fitting = [rule for rule in known if _fits(rule[2], sent)]
    chosen = [rule for rule in fitting if rule[0] == number]
    if not chosen:
        yield f"attribute_id {number} is not of a rule that fits {sent}"
        return
    if all(points != credit for _, points, _ in chosen):
        yield f"credit {credit} is not the rule's"
        return
    mine = max((one for _, points, one in chosen if points == credit), key=len)
    for _, _, attributes in fitting:
        if {_plain(name) for name in mine} < {_plain(name) for name in attributes}:
            yield f"a rule that says more fits too: {attributes}"
    for name, value in mine.items():
        if not any(
            _plain(key) == _plain(name) and _same_json(given, value) for key, given in sent.items()
        ):
            yield f"the rule's own {name}={value!r} was not sent"


def _fits(attributes: Json, sent: Json) -> bool:
    given = {_plain(name): value for name, value in sent.items() if name not in ALWAYS}
    return all(
        _plain(name) in given and _alike(given[_plain(name)], value)
        for name, value in attributes.items()
    )


# ------------------------------------------------------------------------------------ the values


def _values(model: Json, entry: Json, sent: Json, task_type: str) -> Iterator[str]:
    known = _known(model)
    lowered = [_plain(name) for name in sent]
    if len(lowered) != len(set(lowered)):
        yield f"one parameter twice: {sorted(sent)}"
    for name, value in sent.items():
        if name in ALWAYS:
            continue
        if UNPRINTABLE.search(name) or (isinstance(value, str) and SURROGATES.search(value)):
            yield f"unsendable characters in {name!r}"
        if isinstance(value, dict | list):
            yield f"{name} is no plain value"
        elif name == "model" and name not in known:
            wanted = _pixverse(model)
            if value != wanted:
                yield f"model is {value!r} instead of {wanted!r}"
        elif name not in known:
            yield f"unknown parameter {name}"
        else:
            yield from _value(model, entry["attribute_id"], name, value, task_type)
    if _pixverse(model) and "model" not in sent and "model" not in known:
        yield "Pixverse was not told its model"


def _known(model: Json) -> set[str]:
    names = {_target(field) or field["field"] for field in _fields(model)}
    lowered = {_plain(name) for name in names}
    priced = {name for _, _, attributes in rules(model) for name in attributes}
    return names | {name for name in priced if _plain(name) not in lowered}


def _pixverse(model: Json) -> str:
    """What a Pixverse leaf is to be told; its own field for it counts as told."""
    if str(model["model_id"]).lower() != "pixverse":
        return ""
    named = f"{model.get('name') or ''} {model['id']}".lower()
    found = re.search(r"v\s*(\d+(\.\d+)?)", named)
    return f"v{found[1]}" if found else ""


def _value(model: Json, number: int, name: str, value: Any, task_type: str) -> Iterator[str]:
    fields = [field for field in _fields(model) if (_target(field) or field["field"]) == name]
    priced = [
        attribute
        for rule in rules(model)
        if rule[0] == number or not fields
        for key, attribute in rule[2].items()
        if _plain(key) == _plain(name)
    ]
    by_rule = any(_same_json(value, attribute) for attribute in priced)
    if not fields:
        if not by_rule:
            yield f"{name}={value!r} is of no rule"
        return
    if not any(_goes(field, value, by_rule, task_type) for field in fields):
        yield f"{name}={value!r} ({type(value).__name__}) is not offered"


def _goes(field: Json, value: Any, by_rule: bool, task_type: str) -> bool:
    default = field.get("value")
    if _taken_back(field, "*", task_type):  # for a field that is not there, prices are options
        gone = _among(value, _withdrawn(field, task_type))
        return _alike(value, default) or (by_rule and not gone)
    if _target(field):
        targets = [rule.get("target_value") for rule in _mapping(field)]
        targets = [one for one in targets if not _taken_back(field, one, task_type)]
        return (
            _is(value, targets, by_rule)
            or _same_json(value, default)
            or (by_rule and _alike(value, default))
        )
    options = [option.get("value") for option in _options(field)]
    if options:
        left = [v for v in options if not _taken_back(field, v, task_type)]
        # with nothing left to choose, the field stays what it is
        return _is(value, left or [default], by_rule)
    if by_rule:
        return True
    if field.get("type") in TOGGLES or isinstance(default, bool):
        return isinstance(value, bool)
    if field.get("type") in NUMBERS:
        low, high = _limits(field)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (low <= value <= high or _same_json(value, default))
    if isinstance(default, int | float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, str):
        low, high = _limits(field)
        return not value or low <= len(value) <= high or value == default
    return _same_json(value, default)


def _is(value: Any, offered: list[Any], by_rule: bool) -> bool:
    """An offered value in its own JSON type; or the rule's way to write it."""
    if any(_same_json(value, one) for one in offered):
        return True
    return by_rule and _among(value, offered)


def _combinations(model: Json, sent: Json) -> Iterator[str]:
    for field in _fields(model):
        name = _target(field) or field["field"]
        for option in _options(field):
            disabled = option.get("disabled")
            stands = name in sent and _alike(option["value"], sent[name])
            for other, values in disabled.items() if stands and isinstance(disabled, dict) else ():
                clash = isinstance(values, list) and other in sent and other != name
                if clash and _among(sent[other], values):
                    yield f"{name} {option['value']!r} excludes {other} {sent[other]!r}"


def offered_rule(model: Json, attributes: Json, task_type: str) -> bool:
    """May a person have exactly these attributes? (A price is no permission.)"""
    for name, value in attributes.items():
        for field in _fields(model):
            if (_target(field) or field["field"]) == name and not _goes(
                field, value, True, task_type
            ):
                return False
    return not list(_combinations(model, attributes))


# -------------------------------------------------------------------------------- reading a field


def _fields(model: Json) -> list[Json]:
    """The form's fields; of one name the virtual one counts, else the first."""
    form = model.get("form_config")
    rows = [
        {**row, "field": str(row["field"])}
        for row in (form if isinstance(form, list) else [])
        if isinstance(row, dict) and _is_name(row.get("field"))
    ]
    virtual = {name for row in rows if _target(row) for name in (row["field"], _target(row))}
    plain: dict[str, Json] = {}
    for row in rows:
        if not _target(row) and row["field"] not in virtual and not _unreadable(row):
            plain.setdefault(_plain(row["field"]), row)
    return [row for row in rows if _target(row) or any(row is one for one in plain.values())]


def _unreadable(field: Json) -> bool:
    """Options, and none of them can be understood: such a field is as good as not there."""
    rows = field.get("options")
    some = isinstance(rows, list) and any(isinstance(row, dict) for row in rows)
    return some and not _options(field)


def _target(field: Json) -> str:
    """Where a virtual field's value goes; "" for a plain field."""
    if field.get("is_ui_virtual") is not True or not list(_mapping(field)):
        return ""
    params = field.get("ui_params")
    if not isinstance(params, list) or not any(
        isinstance(param, dict) and _is_name(param.get("field")) and not _unreadable(param)
        for param in params
    ):
        return ""
    named = field["value_mapping"].get("target_param")
    return str(named) if _is_name(named) else str(field["field"])


def _mapping(field: Json) -> Iterator[Json]:
    mapping = field.get("value_mapping")
    rows = mapping.get("mapping_rules") if isinstance(mapping, dict) else None
    for row in rows if isinstance(rows, list) else []:
        source = row.get("source_values") if isinstance(row, dict) else None
        if isinstance(source, dict) and source and row.get("target_value") is not None:
            yield row


def _options(field: Json) -> list[Json]:
    rows = field.get("options")
    return [
        row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and _is_plain(row.get("value"))
    ]


def _is_name(value: Any) -> bool:
    """Something that can name a parameter: short, on one line, without controls."""
    text = str(value)
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return usable and 0 < len(text) <= 500 and _is_plain(text) and text == text.strip()


def _is_plain(value: Any) -> bool:
    """A value that can go out and be shown."""
    if isinstance(value, str):
        return not UNPRINTABLE.search(value) and len(value) <= 20_000
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < MOST)


def _taken_back(field: Json, value: Any, task_type: str) -> bool:
    gone = _withdrawn(field, task_type)
    return "*" in gone or _among(value, gone)


def _withdrawn(field: Json, task_type: str) -> list[Any]:
    rows = field.get("disabled_conditions")
    return [
        row.get("enum_value")
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        and not row.get("disabled_key")
        and row.get("category") == task_type
    ]


def _limits(field: Json) -> tuple[float, float]:
    config = field.get("config")
    config = config if isinstance(config, dict) else {}
    low, high = config.get("minimum"), config.get("maximum")
    return (low if _is_number(low) else -math.inf, high if _is_number(high) else math.inf)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < MOST else None


def _plain(value: Any) -> str:
    """As the service compares: without case and outer blanks, 5 and "5.0" alike."""
    text = str(value).strip().casefold()
    if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,15})?", text, re.ASCII):
        return str(Decimal(text).normalize() + 0)
    return text


def _alike(one: Any, other: Any) -> bool:
    return _plain(one) == _plain(other)


def _among(value: Any, values: list[Any]) -> bool:
    return any(_alike(value, one) for one in values)


def _same_json(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
