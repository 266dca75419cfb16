"""The service's product tree, read into leaves.

Lists come from outside and change without notice: unknown keys are ignored, nulls are allowed
everywhere, and a part that can't be read is left out without taking its neighbours along.
Rule: only nodes of type "3" count, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from ima_tui.catalogue.form import OUTSIDE_THE_FORM, truth
from ima_tui.domain import (
    Accepts,
    Estimate,
    Field,
    FieldKind,
    Json,
    Leaf,
    MappingRule,
    Option,
    PriceRule,
    TaskType,
    Value,
    Virtual,
)
from ima_tui.text import clean, folded, one_line

MAX_DEPTH = 12
MAX_LEAVES = 2_000
LARGEST_NUMBER = 10**15
LONGEST_ESTIMATE = 86_400.0
"""Seconds: beyond either it is no number that anybody meant."""
ANY = "*"
MOST_FILES, MOST_TYPES, LONGEST_TYPES = 16, 64, 1_000
"""Entries of `files`, types of an entry, and characters of one list of types that are read."""
LEAST_BYTES = 10_000
"""A size limit without a unit: from here on bytes, below megabytes."""
SPELLINGS = {
    "image": {
        "jpg": "jpeg", "jpeg": "jpeg", "pjpeg": "jpeg", "png": "png", "webp": "webp",
        "gif": "gif", "bmp": "bmp",
    },
    "video": {"mp4": "mp4", "m4v": "mp4", "mov": "quicktime", "quicktime": "quicktime",
              "webm": "webm"},
    "audio": {
        "mp3": "mpeg", "mpeg": "mpeg", "wav": "wav", "x-wav": "wav", "wave": "wav", "ogg": "ogg",
        "flac": "flac", "x-flac": "flac", "m4a": "mp4", "x-m4a": "mp4", "mp4": "mp4",
    },
}  # fmt: skip
"""The spellings of the types that can be told from a file, and the one that is used here."""
MARKER = ("default", "enabled")
"""Attributes of exactly this mean "one price"; it is no parameter."""


def leaves(tree: object, task_type: TaskType) -> tuple[Leaf, ...]:
    """All readable leaves of `tree` (the list answer's `data`), in the order of the list."""
    found: list[Leaf] = []
    for node in _walk(tree, MAX_DEPTH):
        if (leaf := _leaf(node, task_type)) is not None:
            found.append(leaf)
            if len(found) >= MAX_LEAVES:
                break
    return tuple(found)


def _walk(nodes: object, depth: int) -> Iterator[Json]:
    for node in _rows(nodes):
        if _text(node.get("type")) == "3":
            yield node
        elif depth > 0:
            yield from _walk(node.get("children"), depth - 1)


def _leaf(node: Json, task_type: TaskType) -> Leaf | None:
    version, model_id = _name(node.get("id")), _name(node.get("model_id"))
    rules = tuple(filter(None, map(_rule, _rows(node.get("credit_rules")))))
    if not version or not model_id or not rules:
        return None  # without these nothing can be created
    fields = _fields(node.get("form_config"), task_type)
    tags = [
        (_text(tag.get("tag_type")), _text(tag.get("tag_value"))) for tag in _rows(node.get("tags"))
    ]
    return Leaf(
        task_type=task_type,
        model_id=model_id,
        version=version,
        name=one_line(_text(node.get("name")) or model_id, 80),
        rules=_in_the_forms_names(rules, fields),
        fields=fields,
        description=one_line(_text(node.get("description")), 300),
        group=one_line(_text(node.get("group_name")) or _text(node.get("parent_id")), 80),
        features=tuple(one_line(value, 40) for kind, value in tags if kind == "feature" and value),
        popular=any(kind == "popularity" for kind, _ in tags),
        estimate=next(
            filter(None, (estimate(value) for kind, value in tags if kind == "EET")), None
        ),
        accepts=_inputs_taken(node.get("files"), task_type),
    )


def estimate(tag: str) -> Estimate | None:
    """`20~35s`, `2~3min`, `40s` -> seconds."""
    unit = 60.0 if re.search(r"\d\s*(m|分)", tag.lower()) else 1.0
    numbers = [float(part) * unit for part in re.findall(r"\d+(?:\.\d+)?", tag)[:2]]
    if not numbers or not 0 < max(numbers) <= LONGEST_ESTIMATE:
        return None
    return Estimate(min(numbers), max(numbers))


def _rule(row: Json) -> PriceRule | None:
    attribute_id, points = _whole(row.get("attribute_id")), _whole(row.get("points"))
    if attribute_id is None or points is None or attribute_id <= 0 or points < 0:
        return None
    raw = row.get("attributes")
    attributes = _pairs(raw)
    if raw and len(attributes) != (len(raw) if isinstance(raw, Mapping) else -1):
        return None  # an attribute that can't be read can't be matched: no price is a wrong price
    if any(name in OUTSIDE_THE_FORM for name, _ in attributes):
        return None  # nothing in the form could ever meet it
    if len({folded(name) for name, _ in attributes}) != len(attributes):
        return None  # two values for one name: nobody can send both
    if attributes == (MARKER,):
        attributes = ()
    return PriceRule(attribute_id, points, attributes, _whole(row.get("origin_point")))


def _in_the_forms_names(
    rules: tuple[PriceRule, ...], fields: tuple[Field, ...]
) -> tuple[PriceRule, ...]:
    """Names are compared without case: `Size` of a rule is `size` of the form."""
    sent = [field.virtual.target if field.virtual else field.name for field in fields]
    own = {folded(name): name for name in sent}

    def named(attributes: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        return tuple((own.setdefault(folded(name), name), value) for name, value in attributes)

    return tuple(replace(rule, attributes=named(rule.attributes)) for rule in rules)


def _fields(form: object, task_type: TaskType) -> tuple[Field, ...]:
    """The form's fields, each parameter and each control once: of a plain and a virtual field the
    virtual one stays."""
    kept: dict[str, Field] = {}
    for row in _rows(form):
        field = _field(row, task_type)
        if field is None:
            continue
        before = kept.get(folded(field.name))
        if before is None or (field.virtual is not None and before.virtual is None):
            kept[folded(field.name)] = field
    spoken_for = {
        folded(name)
        for field in kept.values()
        if field.virtual and field.offered
        for name in (field.virtual.target, *(control.name for control in field.virtual.controls))
    }
    return tuple(f for f in kept.values() if f.virtual or folded(f.name) not in spoken_for)


def _field(row: Json, task_type: TaskType) -> Field | None:
    name = _name(row.get("field"))
    options = _options(row.get("options"))
    if not name or (not options and any(_rows(row.get("options")))):
        return None  # options that nobody can read leave nothing to set
    kind, default = _kind(row, bool(options)), _value(row.get("value"))
    taken_back = _taken_back(row, task_type)
    config = row.get("config")
    limits = config if isinstance(config, Mapping) else {}
    left = tuple(option for option in options if folded(str(option.value)) not in taken_back)
    return Field(
        name=name,
        label=one_line(_text(row.get("label")) or name, 60),
        kind=kind,
        description=one_line(_text(row.get("description")), 300),
        default=_default(kind, default),
        options=left,
        minimum=_number(limits.get("minimum")),
        maximum=_number(limits.get("maximum")),
        advanced=_whole(row.get("level")) == 2,
        offered=ANY not in taken_back and not (options and not left),
        virtual=_virtual(row, name, task_type, taken_back),
    )


def _default(kind: FieldKind, value: Value | None) -> Value | None:
    """A default in its field's own type; one that can't be has no say."""
    if kind is FieldKind.TOGGLE:
        return truth(value)
    if kind is FieldKind.NUMBER and isinstance(value, str):
        return _whole(value)
    return value


def _kind(row: Json, has_options: bool) -> FieldKind:
    """Unknown types still work: as a choice where there are options, else as text."""
    named = _text(row.get("type"))
    if has_options:
        return FieldKind.CHOICE
    if named in ("toggle", "switch", "checkbox") or isinstance(row.get("value"), bool):
        return FieldKind.TOGGLE
    if named in ("slider", "number", "input_number", "stepper"):
        return FieldKind.NUMBER
    if isinstance(row.get("value"), int | float):
        return FieldKind.NUMBER
    return FieldKind.TEXT


def _options(rows: object) -> tuple[Option, ...]:
    found: list[Option] = []
    for row in _rows(rows):
        value = _value(row.get("value"))
        if value is None:
            continue
        disabled = row.get("disabled")
        excludes = tuple(
            (str(key), tuple(v for v in map(_value, values) if v is not None))
            for key, values in (disabled.items() if isinstance(disabled, Mapping) else ())
            if isinstance(values, Sequence) and not isinstance(values, str)
        )
        label = row.get("label")
        found.append(Option(one_line(value if label is None else label, 60), value, excludes))
    return tuple(found)


def _taken_back(row: Json, task_type: TaskType) -> frozenset[str]:
    """The values (`*`: the whole field) that are not offered for this task type."""
    return frozenset(
        folded(str(value))
        for condition in _rows(row.get("disabled_conditions"))
        if not condition.get("disabled_key")
        and condition.get("category") == task_type.value
        and (value := _value(condition.get("enum_value"))) is not None
    )


def _virtual(
    row: Json, name: str, task_type: TaskType, taken_back: frozenset[str]
) -> Virtual | None:
    mapping = row.get("value_mapping")
    if row.get("is_ui_virtual") is not True or not isinstance(mapping, Mapping):
        return None
    plain = [dict(param, is_ui_virtual=False) for param in _rows(row.get("ui_params"))]
    controls = tuple(filter(None, (_field(param, task_type) for param in plain)))
    rules: list[MappingRule] = []
    for rule in _rows(mapping.get("mapping_rules")):
        source, target = _pairs(rule.get("source_values")), _value(rule.get("target_value"))
        if source and target is not None and folded(str(target)) not in taken_back:
            rules.append(MappingRule(source, target))
    if not controls or not rules:
        return None  # a mapping without either maps nothing: the field is a plain one
    return Virtual(_name(mapping.get("target_param")) or name, controls, tuple(rules))


# ------------------------------------------------------------------ what goes in


def _inputs_taken(files: object, task_type: TaskType) -> tuple[Accepts, ...]:
    """`files` is one object. A list of such objects is read, too: those of this task type."""
    if isinstance(files, Mapping):
        listed = [files]
    else:
        others = {other.value for other in TaskType} - {task_type.value}
        listed = [
            r for r in islice(_rows(files), MOST_FILES) if _text(r.get("category")) not in others
        ]
    return tuple(filter(None, map(_accepts, listed)))


def _accepts(row: Json) -> Accepts | None:
    listed = row.get("acceptType")
    parts = [listed] if isinstance(listed, str) else islice(_strings(listed), MOST_TYPES)
    types = dict.fromkeys(mime for part in parts for mime in _mime_types(part[:LONGEST_TYPES]))
    least, most = _count(row.get("minLimit")), _count(row.get("maxLimit"))
    if least is not None and most is not None and least > most:
        least = None  # both can't be met
    accepts = Accepts(tuple(types)[:MOST_TYPES], least, most, _size(row), _seconds(row))
    return None if accepts == Accepts(()) else accepts


def _count(value: object) -> int | None:
    """A number of files; 0 and less limit nothing."""
    count = _whole(value)
    return count if count is not None and count > 0 else None


def _mime_types(listed: str) -> Iterator[str]:
    """`image/jpg,jpeg,png` -> image/jpeg, image/png: the family is named once, then implied."""
    family = ""
    for part in re.split(r"[,;|\s]+", listed.lower()):
        head, slash, tail = part.rpartition("/")
        family = head if slash else family
        if not slash and part in SPELLINGS:  # `video` alone
            family, tail = part, ANY
        tail = tail.removeprefix(".")
        of_suffix = family or next((f for f, known in SPELLINGS.items() if tail in known), "")
        if tail == ANY:
            yield from _every(of_suffix or ANY)
        elif of_suffix and re.fullmatch(r"[a-z0-9][a-z0-9.+-]{0,40}", tail):
            yield f"{of_suffix}/{SPELLINGS.get(of_suffix, {}).get(tail, tail)}"


def _every(family: str) -> Iterator[str]:
    for known in SPELLINGS if family == ANY else [family]:
        yield from (f"{known}/{tail}" for tail in dict.fromkeys(SPELLINGS.get(known, {}).values()))


def _size(row: Json) -> int | None:
    """The largest file, in bytes: `10MB`, or a number of megabytes or bytes."""
    for name in ("maxSize", "maxFileSize"):
        found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*([kmg]?)b?", folded(_text(row.get(name))))
        if found and float(found[1]) > 0:
            number = float(found[1])
            unit = found[2] or ("" if number >= LEAST_BYTES else "m")
            return int(number * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[unit])
    return None


def _seconds(row: Json) -> float | None:
    """The longest video or sound, in seconds: `15`, `15s`."""
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,6})?)\s*s?", folded(_text(row.get("maxDuration"))))
    return float(found[1]) if found and float(found[1]) > 0 else None


# ------------------------------------------------------------------ values of an unsure type


def _rows(value: object) -> Iterator[Json]:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        yield from (row for row in value if isinstance(row, Mapping))


def _strings(value: object) -> list[str]:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [item for item in value if isinstance(item, str)]
    return []


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _value(value: object) -> Value | None:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, int) and abs(value) >= LARGEST_NUMBER:
        return None
    if isinstance(value, str) and clean(value) != value:
        return None  # it would have to go out as it is, and be shown: nothing honest looks so
    return value if isinstance(value, str | bool | int | float) else None


def _name(value: object) -> str:
    """An id or a field's name: goes out as it is, so an unclean one is none."""
    text = _text(value)
    return text if one_line(text) == text else ""


def _pairs(value: object) -> tuple[tuple[str, Value], ...]:
    if not isinstance(value, Mapping):
        return ()
    pairs = ((_name(key), _value(item)) for key, item in value.items())
    return tuple((key, item) for key, item in pairs if key and item is not None)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < LARGEST_NUMBER else None


def _whole(value: object) -> int | None:
    """An int, or a string or float that is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}", value.strip()):
        value = int(value)
    return value if isinstance(value, int) and abs(value) < LARGEST_NUMBER else None
