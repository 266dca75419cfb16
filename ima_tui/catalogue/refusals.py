"""Retry policy after a refusal: which corrected order to try next. Pure.

`adapt` corrects an order after a code of `ADAPTED`, by a list that is fetched after a code of
`REPRICED` and otherwise the one that is kept; `lighter` makes a smaller one after code 500, by the
list that was read before the create. No corrected order follows any other code; 429 repeats the
same one (`runner.submit`). A lighter order never costs more; a more expensive one needs the user's
approval. The codes are listed in docs/sandbox.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from ima_tui.catalogue import form, price
from ima_tui.core.domain import Field, FieldKind, ModelVersion, Order, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded

MOST_REFUSALS = 3
"""Maximum number of refused creates per job."""
REPRICED = frozenset({6006, 6009, 6010})
BAD_VALUE = 400017
TOO_HEAVY = 500
ADAPTED = REPRICED | {BAD_VALUE}
"""Refusals that certainly charged nothing: a corrected order may follow."""
MOST_STEPS = 100
"""Values of a slider that are tried for one with a price."""
HEAVY = ("size", "resolution", "duration", "quality")
"""Parameters that make an order heavy, most effective first."""


@dataclass(frozen=True, slots=True)
class AdaptedOrder:
    """The order of the next try, and the timeline entry that explains the difference."""

    order: Order
    key: str
    values: Mapping[str, str | int | float]


def adapt(code: int, order: Order, model: ModelVersion, refusals: int) -> AdaptedOrder | None:
    """Return the next try after refusal number `refusals` (from 1) with `code`; None: give up."""
    if code not in ADAPTED or refusals >= MOST_REFUSALS:
        return None
    try:
        chosen = choices_of(model, order)
        if code == BAD_VALUE:
            return _plainer(order, model, chosen, refusals)
        fresh = reprice(order, model, chosen)
        return AdaptedOrder(fresh, "event.repriced", {"points": fresh.total})
    except UsageError:
        return None


def choices_of(model: ModelVersion, order: Order) -> dict[str, Value]:
    """Return the sent parameters as choices on `model`; unknown ones are left out."""
    sent: dict[str, Value] = {}
    for name, value in order.parameters:
        try:
            known, accepted = form.accept(model, name, value)
        except UsageError:
            continue
        sent[known] = accepted
    visible = form.shown(model, sent)
    chosen = {c.name: visible[c.name] for c in form.user_fields(model) if c.name in visible}
    resolved = form.parameters(model, chosen)
    strayed = {n: v for n, v in sent.items() if n in resolved and not form.same(resolved[n], v)}
    return chosen | strayed


def reprice(order: Order, model: ModelVersion, chosen: form.Chosen) -> Order:
    """Reprice `order` by the current rules. Raises `UsageError` where it is no longer possible."""
    quote = price.quote(model, chosen, order.n)
    return replace(
        order,
        version=model.version,
        model_name=model.name,
        parameters=tuple(quote.parameters.items()),
        attribute_id=quote.rule.attribute_id,
        points=quote.rule.points,
    )


@dataclass(frozen=True, slots=True)
class Lighter:
    """A smaller order; `values` describe the difference for the timeline."""

    order: Order
    values: Mapping[str, str | int | float]


def lighter(order: Order, model: ModelVersion, refusals: int) -> Lighter | None:
    """Return the order after code 500: one step down in the heaviest parameter, at no higher price.

    None: nothing is smaller, or it was tried often enough. The same order is never returned,
    because the service may have charged it before the fault. `refusals` counts from 1.
    """
    if refusals >= MOST_REFUSALS:
        return None
    try:
        chosen = choices_of(model, order)
    except UsageError:
        return None
    for name in HEAVY:
        field = form.user_field(model, name) or _parameter_of_target(model, name)
        for step in _steps_down(model, field, chosen) if field is not None else ():
            smaller = _smaller(order, model, {**chosen, field.name: step}) if field else None
            if smaller is not None and field is not None:
                before = str(chosen.get(field.name, ""))
                values = {"label": field.label, "before": before, "after": str(step)}
                return Lighter(smaller, {**values, "points": smaller.total})
    return None


def _smaller(order: Order, model: ModelVersion, chosen: form.Chosen) -> Order | None:
    """Return `order` with these choices if it is smaller and costs no more.

    A price rule can restore a value.
    """
    try:
        found = reprice(order, model, chosen)
    except UsageError:
        return None
    before, after = dict(order.parameters), dict(found.parameters)
    changed = [name for name in HEAVY if not form.same(before.get(name), after.get(name))]
    smaller = all(_is_less(after.get(name), before.get(name)) for name in changed)
    return found if changed and smaller and found.total <= order.total else None


def _is_less(value: object, other: object) -> bool:
    one, two = weight(value), weight(other)
    return one is not None and two is not None and one[0] == two[0] and one[1] < two[1]


def _parameter_of_target(model: ModelVersion, target: str) -> Field | None:
    """Return the user field behind a heavy parameter: aspect ratio 4k is size 4k."""
    for field in model.fields:
        if field.virtual and field.virtual.target == target and len(field.virtual.fields) == 1:
            return field.virtual.fields[0]
    return None


def _steps_down(model: ModelVersion, field: Field, chosen: form.Chosen) -> tuple[Value, ...]:
    """Return the smaller values offered, the nearest first."""
    now = weight(chosen.get(field.name))
    if now is None:
        return ()
    if field.kind is FieldKind.NUMBER and not field.options:
        return _numbers_below(field, now[1])
    others = {name: value for name, value in chosen.items() if name != field.name}
    below = [
        (found[1], option.value)
        for option in form.allowed(model, field, others)
        if (found := weight(option.value)) is not None and found[0] == now[0] and found[1] < now[1]
    ]
    return tuple(value for _, value in sorted(below, key=lambda pair: -pair[0]))


def _numbers_below(field: Field, now: float) -> tuple[Value, ...]:
    """The whole numbers that a slider still has below `now`."""
    lowest = max(1, ceil(field.minimum or 1))
    highest = ceil(now) - 1
    return tuple(range(highest, max(lowest, highest - MOST_STEPS) - 1, -1))


_GRADES = {"draft": 0, "low": 1, "basic": 1, "std": 2, "standard": 2, "medium": 2, "normal": 2}
_GRADES |= {"high": 3, "hd": 3, "ultra": 4}


def weight(value: object) -> tuple[str, float] | None:
    """Return (unit, size); only values of one unit are comparable. None: not a size."""
    text = folded(str(value))
    if isinstance(value, bool):
        return None
    if pair := re.fullmatch(r"(\d+)\s*[x*×]\s*(\d+)", text):
        width, height = int(pair[1]), int(pair[2])
        return (f"{width / height:.2f}" if height else "", float(width * height))
    if single := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(k|p|px|s|秒)?", text):
        factor = 1024 if single[2] == "k" else 1
        return ("", float(single[1]) * factor)
    return ("grade", float(_GRADES[text])) if text in _GRADES else None


def _plainer(
    order: Order, model: ModelVersion, chosen: dict[str, Value], refusals: int
) -> AdaptedOrder:
    """Drop unknown parameters first, then all advanced ones."""
    fresh = reprice(order, model, chosen)
    if refusals == 1:
        return AdaptedOrder(fresh, "event.corrected", {"points": fresh.total})
    rule = next(rule for rule in model.rules if rule.attribute_id == fresh.attribute_id)
    priced = {name for name, _ in rule.attributes}
    optional = {field.name for field in model.fields if field.advanced} - priced - {"model"}
    kept = tuple((name, value) for name, value in fresh.parameters if name not in optional)
    return AdaptedOrder(replace(fresh, parameters=kept), "event.plainer", {"points": fresh.total})
