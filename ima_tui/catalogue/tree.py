"""Parser of the service's product tree into models.

Lists change without notice: unknown keys are ignored, nulls are allowed everywhere, and an
unreadable part is left out without its neighbours. Only nodes of type "3" count, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ima_tui.catalogue import raw_values
from ima_tui.catalogue.form import OUTSIDE_THE_FORM, same, truth
from ima_tui.core.domain import (
    Estimate,
    Field,
    FieldKind,
    Json,
    MappingRule,
    ModelVersion,
    Option,
    PriceRule,
    TaskType,
    Value,
    VirtualFields,
)
from ima_tui.core.text import folded, one_line

MAX_DEPTH = 12
MAX_LEAVES = 2_000
LONGEST_ESTIMATE = 86_400.0
"""Longer estimates, in seconds, are treated as errors."""
ANY = "*"
MARKER = ("default", "enabled")
"""These attributes mean "one price"; they are not parameters."""


def models(tree: object, task_type: TaskType) -> tuple[ModelVersion, ...]:
    """Return all readable models of `tree` (the response's `data`), in the list's order."""
    found: list[ModelVersion] = []
    for node in _walk(tree, MAX_DEPTH):
        if (model := _model(node, task_type)) is not None:
            found.append(model)
            if len(found) >= MAX_LEAVES:
                break
    return tuple(found)


def _walk(nodes: object, depth: int) -> Iterator[Json]:
    for node in raw_values.rows(nodes):
        if raw_values.text(node.get("type")) == "3":
            yield node
        elif depth > 0:
            yield from _walk(node.get("children"), depth - 1)


def _model(node: Json, task_type: TaskType) -> ModelVersion | None:
    version, model_id = raw_values.name(node.get("id")), raw_values.name(node.get("model_id"))
    rules = tuple(filter(None, map(_rule, raw_values.rows(node.get("credit_rules")))))
    if not version or not model_id or not rules:
        return None  # without these no job can be created
    fields, withdrawn = _fields(node.get("form_config"), task_type)
    rules = _in_the_forms_names(rules, fields)
    tags = [
        (raw_values.text(tag.get("tag_type")), raw_values.text(tag.get("tag_value")))
        for tag in raw_values.rows(node.get("tags"))
    ]
    return ModelVersion(
        task_type=task_type,
        model_id=model_id,
        version=version,
        name=one_line(raw_values.text(node.get("name")) or model_id, 80),
        rules=rules,
        fields=_with_settings(rules, fields, withdrawn),
        description=one_line(raw_values.text(node.get("description")), 300),
        group=one_line(
            raw_values.text(node.get("group_name")) or raw_values.text(node.get("parent_id")), 80
        ),
        features=tuple(one_line(value, 40) for kind, value in tags if kind == "feature" and value),
        estimate=next(
            filter(None, (estimate(value) for kind, value in tags if kind == "EET")), None
        ),
        accepts=raw_values.read(node.get("files"), task_type),
    )


def estimate(tag: str) -> Estimate | None:
    """Parse `20~35s`, `2~3min`, `40s` to seconds."""
    unit = 60.0 if re.search(r"\d\s*(m|分)", tag.lower()) else 1.0
    numbers = [float(part) * unit for part in re.findall(r"\d+(?:\.\d+)?", tag)[:2]]
    if not numbers or not 0 < max(numbers) <= LONGEST_ESTIMATE:
        return None
    return Estimate(min(numbers), max(numbers))


def _rule(row: Json) -> PriceRule | None:
    attribute_id, points = (
        raw_values.whole(row.get("attribute_id")),
        raw_values.whole(row.get("points")),
    )
    if attribute_id is None or points is None or attribute_id <= 0 or points < 0:
        return None
    sent = row.get("attributes")
    attributes = raw_values.pairs(sent)
    if sent and len(attributes) != (len(sent) if isinstance(sent, Mapping) else -1):
        return (
            None  # an unreadable attribute can't be matched, and a wrong price is worse than none
        )
    if any(name in OUTSIDE_THE_FORM for name, _ in attributes):
        return None  # nothing in the form could match it
    if len({folded(name) for name, _ in attributes}) != len(attributes):
        return None  # two values for one name can't both be sent
    if attributes == (MARKER,):
        attributes = ()
    return PriceRule(attribute_id, points, attributes, raw_values.whole(row.get("origin_point")))


def _in_the_forms_names(
    rules: tuple[PriceRule, ...], fields: tuple[Field, ...]
) -> tuple[PriceRule, ...]:
    """Rename attributes to the form's spelling: `Size` of a rule is `size` of the form."""
    own = {folded(_sent_as(field)): _sent_as(field) for field in fields}

    def named(attributes: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        return tuple((own.setdefault(folded(name), name), value) for name, value in attributes)

    return tuple(replace(rule, attributes=named(rule.attributes)) for rule in rules)


def _sent_as(field: Field) -> str:
    return field.virtual.target if field.virtual else field.name


def _with_settings(
    rules: tuple[PriceRule, ...],
    fields: tuple[Field, ...],
    withdrawn: Mapping[str, frozenset[str]],
) -> tuple[Field, ...]:
    """Add a field for each attribute of the rules that the form lacks.

    `withdrawn`: fields that the service withdraws for this task type, by name, with values
    withdrawn individually. The rules are this task type's own, so such a field is still a setting.
    """
    there = [field for field in fields if field.name not in withdrawn]
    listed = {_sent_as(field) for field in there}
    gone = {_sent_as(field): field for field in reversed(fields) if field.name in withdrawn}
    values: dict[str, list[Value]] = {}
    for name, value in (pair for rule in rules for pair in rule.attributes):
        taken_back = withdrawn[gone[name].name] if name in gone else frozenset()
        known = values.setdefault(name, [])
        if name not in listed and folded(str(value)) not in taken_back:
            known += [value] if not any(same(value, each) for each in known) else []
    usual = dict(_usual(rules, there).attributes)
    settings = {
        name: _setting(name, known, usual.get(name), gone.get(name))
        for name, known in values.items()
        if known
    }
    kept = [f for f in fields if _sent_as(f) not in settings]
    return (*kept, *settings.values())


def _usual(rules: tuple[PriceRule, ...], there: Sequence[Field]) -> PriceRule:
    """Return the cheapest rule among those that match the form's defaults, if any."""
    defaults = {_sent_as(field): field.default for field in there}
    fits = [
        rule
        for rule in rules
        if all(same(value, defaults.get(name, value)) for name, value in rule.attributes)
    ]
    return min(fits or rules, key=lambda rule: rule.points)


def _setting(name: str, values: Sequence[Value], usual: Value | None, gone: Field | None) -> Field:
    """Build a field from a rule's attribute; `gone` provides its labels where the form had one."""
    words = gone or Field(name, one_line(name.replace("_", " ").capitalize(), 60), FieldKind.CHOICE)
    default = usual if usual is not None else words.default
    known = {folded(str(option.value)): option for option in words.options}
    options = tuple(
        replace(known.get(folded(str(value)), Option(one_line(value, 60), value)), value=value)
        for value in values
    )
    return replace(
        words,
        name=name,
        kind=FieldKind.CHOICE,
        default=next((value for value in values if same(value, default)), None),
        options=options,
        offered=True,
        virtual=None,
    )


def _fields(
    form: object, task_type: TaskType
) -> tuple[tuple[Field, ...], dict[str, frozenset[str]]]:
    """Parse the form's fields, each parameter and user field once (virtual ones win).

    Also returns those that are withdrawn as a whole, as in `_with_settings`.
    """
    kept: dict[str, Field] = {}
    withdrawn: dict[str, frozenset[str]] = {}
    for row in raw_values.rows(form):
        field = _field(row, task_type)
        if field is None:
            continue
        before = kept.get(folded(field.name))
        if before is None or (field.virtual is not None and before.virtual is None):
            kept[folded(field.name)] = field
            taken_back = _taken_back(row, task_type)
            withdrawn.pop(before.name if before else "", None)
            if ANY in taken_back:
                withdrawn[field.name] = taken_back
    spoken_for = {
        folded(name)
        for field in kept.values()
        if field.virtual and field.offered
        for name in (field.virtual.target, *(parameter.name for parameter in field.virtual.fields))
    }
    fields = tuple(f for f in kept.values() if f.virtual or folded(f.name) not in spoken_for)
    return fields, withdrawn


def _field(row: Json, task_type: TaskType) -> Field | None:
    name = raw_values.name(row.get("field"))
    options = _options(row.get("options"))
    if not name or (not options and any(raw_values.rows(row.get("options")))):
        return None  # no readable option: nothing can be set
    kind, default = _kind(row, bool(options)), raw_values.value(row.get("value"))
    taken_back = _taken_back(row, task_type)
    config = row.get("config")
    limits = config if isinstance(config, Mapping) else {}
    left = tuple(option for option in options if folded(str(option.value)) not in taken_back)
    return Field(
        name=name,
        label=one_line(raw_values.text(row.get("label")) or name, 60),
        kind=kind,
        description=one_line(raw_values.text(row.get("description")), 300),
        default=_default(kind, default),
        options=left,
        minimum=raw_values.number(limits.get("minimum")),
        maximum=raw_values.number(limits.get("maximum")),
        advanced=raw_values.whole(row.get("level")) == 2,
        offered=ANY not in taken_back and not (options and not left),
        virtual=_virtual(row, name, task_type, taken_back),
    )


def _default(kind: FieldKind, value: Value | None) -> Value | None:
    """Return a default in its field's type, or None."""
    if kind is FieldKind.TOGGLE:
        return truth(value)
    if kind is FieldKind.NUMBER and isinstance(value, str):
        return raw_values.whole(value)
    return value


def _kind(row: Json, has_options: bool) -> FieldKind:
    """Return the field's kind; an unknown type is a choice if it has options, else text."""
    named = raw_values.text(row.get("type"))
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
    for row in raw_values.rows(rows):
        value = raw_values.value(row.get("value"))
        if value is None:
            continue
        disabled = row.get("disabled")
        excludes = tuple(
            (str(key), tuple(v for v in map(raw_values.value, values) if v is not None))
            for key, values in (disabled.items() if isinstance(disabled, Mapping) else ())
            if isinstance(values, Sequence) and not isinstance(values, str)
        )
        label = row.get("label")
        about = raw_values.text(row.get("description"))
        name = one_line(value if label is None else label, 60)
        found.append(Option(name, value, excludes, one_line(about, 200)))
    return tuple(found)


def _taken_back(row: Json, task_type: TaskType) -> frozenset[str]:
    """Return the values (`*`: the whole field) that are not offered for this task type."""
    return frozenset(
        folded(str(value))
        for condition in raw_values.rows(row.get("disabled_conditions"))
        if not condition.get("disabled_key")
        and condition.get("category") == task_type.value
        and (value := raw_values.value(condition.get("enum_value"))) is not None
    )


def _virtual(
    row: Json, name: str, task_type: TaskType, taken_back: frozenset[str]
) -> VirtualFields | None:
    mapping = row.get("value_mapping")
    if row.get("is_ui_virtual") is not True or not isinstance(mapping, Mapping):
        return None
    plain = [dict(param, is_ui_virtual=False) for param in raw_values.rows(row.get("ui_params"))]
    parameters = tuple(filter(None, (_field(param, task_type) for param in plain)))
    rules: list[MappingRule] = []
    for rule in raw_values.rows(mapping.get("mapping_rules")):
        source, target = (
            raw_values.pairs(rule.get("source_values")),
            raw_values.value(rule.get("target_value")),
        )
        if source and target is not None and folded(str(target)) not in taken_back:
            rules.append(MappingRule(source, target))
    if not parameters or not rules:
        return None  # a mapping without either maps nothing: treat it as a plain field
    return VirtualFields(
        raw_values.name(mapping.get("target_param")) or name, parameters, tuple(rules)
    )
