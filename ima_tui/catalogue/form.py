"""Parameters of a model: names, parsing of values, exclusions, virtual fields.

Users set *user fields*: plain fields, and the fields behind virtual ones (aspect ratio 16:9). The
service gets *parameters*: plain fields and the targets of virtual ones (size 2560x1440). Choices
are kept by user field, or by a target's name, which then has priority.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain

from ima_tui.core.domain import Field, FieldKind, ModelVersion, Option, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import encodable, folded, nearest, one_line

COUNT = "n"
"""The number of outputs, which is set like a field."""
OUTSIDE_THE_FORM = frozenset({COUNT, "prompt", "input_images", "cast"})
"""Sent in places of their own; not parameters of the form."""

EXACT = 2.0**53
"""From here on different integers are the same float."""

_YES_OR_NO = (Option("true", True), Option("false", False))
Chosen = Mapping[str, Value]
_YES = frozenset({"true", "1", "yes", "on", "y", "是", "开"})
_NO = frozenset({"false", "0", "no", "off", "n", "否", "关"})


def same(left: object, right: object) -> bool:
    """Compare as the service does: ignoring case and surrounding blanks, numbers as numbers."""
    return _comparable(left) == _comparable(right)


def _comparable(value: object) -> object:
    return _compared(value if isinstance(value, bool | int | float) else str(value))


@lru_cache(maxsize=2_048, typed=True)
def _compared(value: Value) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = folded(str(value))
    try:
        number = float(text)
    except ValueError:
        return text
    exact = abs(number) < EXACT and "_" not in text
    return number if exact else text


def truth(value: object) -> bool | None:
    """Parse yes or no in any spelling; None for anything else."""
    word = "" if value is None else folded(str(value))
    return True if word in _YES else False if word in _NO else None


@lru_cache(maxsize=512)
def user_fields(model: ModelVersion) -> tuple[Field, ...]:
    """Return the fields that the user sees, basic ones first, each name once."""
    seen: dict[str, Field] = {}
    for field in model.fields:
        if field.name in OUTSIDE_THE_FORM or not field.offered:
            continue
        for parameter in field.virtual.fields if field.virtual else (field,):
            if parameter.offered:
                seen.setdefault(parameter.name, parameter)
    return tuple(sorted(seen.values(), key=lambda parameter: parameter.advanced))


def user_field(model: ModelVersion, name: str) -> Field | None:
    """Return the user field of that name, ignoring case; - and _ are alike."""
    wanted = plain_name(name)
    return next((field for field in user_fields(model) if plain_name(field.name) == wanted), None)


def named(model: ModelVersion, name: str) -> Field | None:
    """Return the user field of that name, else the field that virtual ones are sent as."""
    wanted = plain_name(name)
    sent = (field for field in model.fields if field.virtual)
    return user_field(model, name) or next(
        (field for field in sent if field.virtual and plain_name(field.virtual.target) == wanted),
        None,
    )


def plain_name(name: str) -> str:
    """Normalise a parameter name for comparison."""
    return folded(name).replace("-", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True)
class KnownField:
    """A parameter that may be sent, and its allowed values (none listed: any)."""

    name: str
    values: tuple[Value, ...]


@lru_cache(maxsize=512)
def _targets(model: ModelVersion) -> tuple[KnownField, ...]:
    return tuple(
        KnownField(field.virtual.target, tuple(rule.target for rule in field.virtual.rules))
        for field in model.fields
        if field.virtual and field.offered
    )


def names(model: ModelVersion) -> list[str]:
    """Return every name that can be set, user fields before targets."""
    return list(
        dict.fromkeys([*(c.name for c in user_fields(model)), *(t.name for t in _targets(model))])
    )


def accept(model: ModelVersion, name: str, written: object) -> tuple[str, Value]:
    """Resolve a typed name and value to the model's own name, value and JSON type.

    Raises `UsageError` naming the nearest names or the allowed values.
    """
    field = user_field(model, name)
    target = next((t for t in _targets(model) if plain_name(t.name) == plain_name(name)), None)
    if field is None and target is None:
        raise _unknown_name(model, name)
    if field is not None:
        value = _accept_value(field, written)
        if value is not None:
            return field.name, value
    if target is not None:
        for value in target.values:
            if same(value, written):
                return target.name, value
    if field is None:
        assert target is not None
        raise _not_offered(model, target.name, written, target.values)
    raise _not_offered(model, field.name, written, [o.value for o in field.options], field)


def _unknown_name(model: ModelVersion, name: str) -> UsageError:
    known = names(model)
    if not known:
        return UsageError("error.no_parameters", name=one_line(name, 60), model=model.name)
    near = nearest(name, known) or known
    return UsageError(
        "error.unknown_parameter", name=one_line(name, 60), model=model.name, known=", ".join(near)
    )


def _not_offered(
    model: ModelVersion,
    name: str,
    written: object,
    values: Iterable[Value],
    field: Field | None = None,
) -> UsageError:
    shown = one_line(str(written), 80)
    options = ", ".join(str(value) for value in values)
    if not options and field is not None and field.kind is FieldKind.TOGGLE:
        options = "true, false"
    if options:
        return UsageError(
            "error.bad_option", name=name, value=shown, model=model.name, options=options
        )
    return UsageError("error.bad_number", name=name, value=shown, model=model.name)


_WORDS_FOR = {"female": "f", "male": "m"}
"""What the founding document calls options that the lists abbreviate."""


def _accept_value(field: Field, written: object) -> Value | None:
    """Return the field's own value for the typed one; None where it has none."""
    if field.options:
        by_value = (o.value for o in field.options if same(o.value, written))
        by_label = (o.value for o in field.options if same(o.label, written))
        word = _WORDS_FOR.get(str(written).strip().casefold())
        by_word = (o.value for o in field.options if word and same(o.value, word))
        return next(chain(by_value, by_label, by_word), None)
    if field.kind is FieldKind.TOGGLE:
        return truth(written)
    if field.kind is FieldKind.NUMBER:
        return _accept_number(field, written)
    return _accept_text(field, written)


def _accept_number(field: Field, written: object) -> Value | None:
    try:
        number = float(folded(str(written)))
    except ValueError:
        return None
    low, high = field.minimum, field.maximum
    if not abs(number) < 1e15:
        return None
    if (low is not None and number < low) or (high is not None and number > high):
        raise UsageError(
            "error.out_of_range",
            name=field.name,
            value=one_line(str(written), 40),
            low="−∞" if low is None else f"{low:g}",
            high="∞" if high is None else f"{high:g}",
        )
    whole = number.is_integer() and not isinstance(field.default, float)
    return int(number) if whole else number


def _accept_text(field: Field, written: object) -> str:
    text = encodable(str(written))
    if field.maximum is not None and len(text) > field.maximum:
        raise UsageError(
            "error.too_long", name=field.name, length=len(text), limit=int(field.maximum)
        )
    if text and field.minimum is not None and len(text) < field.minimum:
        raise UsageError(
            "error.too_short", name=field.name, length=len(text), limit=int(field.minimum)
        )
    return text


@lru_cache(maxsize=512)
def defaults(model: ModelVersion) -> dict[str, Value]:
    """Return the defaults of the user fields by name; treat it as read-only.

    An unavailable default is replaced by the first option.
    """
    found: dict[str, Value] = {}
    for field in user_fields(model):
        value = default_of(field)
        if value is not None:
            found[field.name] = value
    return found


def default_of(field: Field) -> Value | None:
    """Return the field's default, or its first option where the default is not offered."""
    if not field.options:
        return field.default
    if field.default is None:
        return None
    offered = (o.value for o in field.options if same(o.value, field.default))
    return next(offered, field.options[0].value)


def shown(model: ModelVersion, chosen: Chosen) -> dict[str, Value]:
    """Return every user field's value: chosen, else the default.

    A target that was set directly is shown through its virtual field where one of its values leads
    there.
    """
    values = dict(defaults(model))
    for field in model.fields:
        if field.virtual and field.virtual.target in chosen:
            aim = chosen[field.virtual.target]
            rule = next((r for r in field.virtual.rules if same(r.target, aim)), None)
            own = {one.name for one in field.virtual.fields}  # 3.12.1 takes `parameter` for a local
            values.update((n, v) for n, v in (rule.source if rule else ()) if n in own)
    values.update({name: value for name, value in chosen.items() if user_field(model, name)})
    return values


def choices(field: Field) -> tuple[Option, ...]:
    """Return the values that a field can be set to, where they are countable."""
    return _YES_OR_NO if field.kind is FieldKind.TOGGLE else field.options


def allowed(model: ModelVersion, field: Field, chosen: Chosen) -> tuple[Option, ...]:
    """Return the options of `field` that can be combined with the other choices."""
    values = {n: v for n, v in shown(model, chosen).items() if _is_chosen(model, n, chosen)}
    return tuple(o for o in field.options if not _clashing(model, field, o, values))


def _clashing(model: ModelVersion, field: Field, option: Option, values: Chosen) -> str:
    """Return the name of the field that excludes `option`, or "".

    Exclusions hold in both directions.
    """
    for name, excluded in option.excludes:
        if name != field.name and name in values and any(same(values[name], v) for v in excluded):
            return name
    for other in user_fields(model):
        if other.name == field.name or other.name not in values:
            continue
        theirs = next((o for o in other.options if same(o.value, values[other.name])), None)
        for name, excluded in theirs.excludes if theirs else ():
            if name == field.name and any(same(option.value, v) for v in excluded):
                return other.name
    return ""


def settle(model: ModelVersion, chosen: Chosen) -> dict[str, Value]:
    """Return `chosen` with excluded defaults replaced.

    Only values that the user did not choose change. Raises `UsageError` where two choices exclude
    each other or no allowed default remains.
    """
    if not _has_exclusions(model):
        return dict(chosen)
    values = shown(model, chosen)
    mine = {name: value for name, value in values.items() if _is_chosen(model, name, chosen)}
    closed = [field for field in user_fields(model) if choices(field) and field.name in values]
    for field in closed:
        if field.name in mine:
            _refuse_clash(model, field, mine)
    settled = dict(chosen)
    movable = {field.name for field in closed}
    settled_values = {name: value for name, value in values.items() if name not in movable} | mine
    for field in closed:
        if field.name in mine:
            continue
        fitting = [o for o in choices(field) if not _clashing(model, field, o, settled_values)]
        if not any(same(values[field.name], option.value) for option in fitting):
            if not fitting:
                _refuse_clash(model, field, {**settled_values, field.name: values[field.name]})
            settled[field.name] = fitting[0].value
        settled_values[field.name] = settled.get(field.name, values[field.name])
    return settled


@lru_cache(maxsize=512)
def _has_exclusions(model: ModelVersion) -> bool:
    return any(option.excludes for field in user_fields(model) for option in field.options)


def _is_chosen(model: ModelVersion, name: str, chosen: Chosen) -> bool:
    """Tell whether the user set it, by its own name or by its target."""
    return name in chosen or any(
        field.virtual is not None
        and field.virtual.target in chosen
        and any(parameter.name == name for parameter in field.virtual.fields)
        for field in model.fields
    )


def _refuse_clash(model: ModelVersion, field: Field, values: Chosen) -> None:
    """Raise `UsageError` where this field's value is excluded, naming what is possible."""
    option = next((o for o in choices(field) if same(o.value, values[field.name])), None)
    other = _clashing(model, field, option, values) if option else ""
    if not other:
        return
    fitting = [o for o in choices(field) if not _clashing(model, field, o, values)]
    raise UsageError(
        "error.exclusive",
        name=field.name,
        value=str(values[field.name]),
        other=other,
        other_value=str(values.get(other, "—")),
        options=", ".join(str(option.value) for option in fitting) or "—",
    )


def check_together(model: ModelVersion, sent: Mapping[str, Value]) -> None:
    """Check the final parameters, targets and untouched fields included, for exclusions.

    Raises `UsageError`.
    """
    for name, value, other, excluded in _exclusions(model):
        stand = name in sent and other in sent and same(sent[name], value)
        if stand and any(same(sent[other], one) for one in excluded):
            raise UsageError(
                "error.exclusive",
                name=name,
                value=str(value),
                other=other,
                other_value=str(sent[other]),
                options="—",
            )


@lru_cache(maxsize=512)
def _exclusions(model: ModelVersion) -> tuple[tuple[str, Value, str, tuple[Value, ...]], ...]:
    """Return each parameter, its value, the excluded parameter and its excluded values."""
    return tuple(
        (field.virtual.target if field.virtual else field.name, option.value, other, values)
        for field in model.fields
        for option in field.options
        for other, values in option.excludes
        if other != (field.virtual.target if field.virtual else field.name)
    )


def parameters(model: ModelVersion, chosen: Chosen) -> dict[str, Value]:
    """Return the parameters to send, before the price rule: defaults and choices, resolved."""
    values = shown(model, chosen)
    sent: dict[str, Value] = {}
    for field in model.fields:
        if field.name in OUTSIDE_THE_FORM:
            continue
        if field.virtual is None:
            value = values.get(field.name, field.default)
            if field.name in _behind_virtuals(model):  # what is picked there has other values
                value = next((o.value for o in field.options if same(o.value, value)), None)
            if value is not None:
                sent[field.name] = value
    for field in model.fields:
        if field.virtual is not None and field.offered:
            sent.update(_resolve(model, field, chosen, values))
        elif field.virtual is not None and field.default is not None:
            sent[field.virtual.target] = field.default
    return sent


@lru_cache(maxsize=512)
def _behind_virtuals(model: ModelVersion) -> frozenset[str]:
    virtuals = (field.virtual for field in model.fields if field.virtual and field.offered)
    return frozenset(parameter.name for virtual in virtuals for parameter in virtual.fields)


def _resolve(model: ModelVersion, field: Field, chosen: Chosen, values: Chosen) -> dict[str, Value]:
    virtual = field.virtual
    assert virtual is not None
    same_name = any(c.name == virtual.target for c in virtual.fields)
    if virtual.target in chosen and not (
        same_name and any(_matches(rule.source, values) for rule in virtual.rules)
    ):
        return {virtual.target: chosen[virtual.target]}
    for rule in virtual.rules:
        if _matches(rule.source, values):
            return {virtual.target: rule.target}
    if any(c.name in chosen for c in virtual.fields):
        wanted = ", ".join(f"{c.name}={values.get(c.name, '')}" for c in virtual.fields)
        known = "; ".join(
            ", ".join(f"{name}={value}" for name, value in rule.source) for rule in virtual.rules
        )
        raise UsageError(
            "error.no_combination",
            combination=one_line(wanted, 120),
            model=model.name,
            options=known,
        )
    return {virtual.target: field.default} if field.default is not None else {}


def _matches(source: tuple[tuple[str, Value], ...], values: Chosen) -> bool:
    return all(name in values and same(values[name], value) for name, value in source)


def counts(model: ModelVersion) -> tuple[int, ...]:
    """Return the possible numbers of outputs."""
    field = next((field for field in model.fields if field.name == "n"), None)
    if field is not None and field.options:
        offered = (str(option.value) for option in field.options)
        whole = {int(text) for text in offered if re.fullmatch("[1-9][0-9]{0,2}", text)}
        return tuple(sorted(whole)) or (1,)
    if field is not None and field.maximum is not None and field.maximum >= 1:
        return tuple(range(max(1, int(field.minimum or 1)), min(int(field.maximum), 16) + 1))
    return (1, 2, 3, 4)
