"""Price rule selection, quotes, price tables, neighbouring prices; time estimates.

The matching rule is the one all of whose attributes equal what will be sent; of several, the one
with most attributes. Without a match the nearest rule applies, and every value that it changes is
reported, so that nobody pays for a surprise.

Times come from the list's tag, the founding document's table, or the ledger's history.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import product

from ima_tui.catalogue import form
from ima_tui.core.domain import (
    Change,
    Estimate,
    Medium,
    ModelVersion,
    Option,
    PriceRule,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass

MOST_COMBINATIONS = 400


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced set of parameters.

    `parameters` are sent as they are. `changes` is empty when a rule matches exactly.
    """

    rule: PriceRule
    parameters: Mapping[str, Value]
    n: int = 1
    changes: tuple[Change, ...] = ()

    @property
    def total(self) -> int:
        """Points that will be charged."""
        return self.rule.points * self.n


def quote(model: ModelVersion, chosen: form.Chosen, n: int = 1) -> Quote:
    """Return the price of `chosen` (by user field or target name).

    Raises `UsageError` for exclusions or unresolvable choices.
    """
    merged = form.parameters(model, form.settle(model, chosen))
    fits = fitting(model, merged)
    rule, met = (fits, merged) if fits is not None else _nearest(model, merged, chosen)
    sent = met | dict(rule.attributes)
    changes = tuple(
        Change(name, merged.get(name), value)
        for name, value in sent.items()
        if name not in merged or not form.same(merged[name], value)
    )
    form.check_together(model, sent)
    return Quote(rule, _family_needs(model, sent) | sent, n, changes)


def fitting(model: ModelVersion, merged: Mapping[str, Value]) -> PriceRule | None:
    """Return the rule that matches exactly, the most specific one, or None."""
    fits = [rule for rule in model.rules if _equal(rule, merged) == len(rule.attributes)]
    return max(fits, key=lambda rule: len(rule.attributes), default=None)


def _equal(rule: PriceRule, merged: Mapping[str, Value]) -> int:
    """Count the attributes that match. Their names are the form's (see `tree`)."""
    return sum(name in merged and form.same(merged[name], value) for name, value in rule.attributes)


def _nearest(
    model: ModelVersion, merged: Mapping[str, Value], chosen: form.Chosen
) -> tuple[PriceRule, dict[str, Value]]:
    """Return the nearest rule, and the parameters to send with it.

    Nearest: most attributes equal, then most choices kept, then the first. What the rule changes
    must be allowed and combine with the rest. Raises `UsageError` where no rule is possible.
    """

    def closeness(rule: PriceRule) -> tuple[int, int]:
        kept = sum(
            name in chosen and form.same(merged[name], v)
            for name, v in rule.attributes
            if name in merged
        )
        return _equal(rule, merged), kept

    for rule in sorted(model.rules, key=closeness, reverse=True):
        with suppress(UsageError):
            wanted = dict(
                form.accept(model, name, value)
                for name, value in rule.attributes
                if name not in merged or not form.same(merged[name], value)
            )
            sent = form.parameters(model, form.settle(model, {**chosen, **wanted}))
            if _equal(rule, sent) == len(rule.attributes):
                form.check_together(model, sent)
                return rule, sent
    raise UsageError("error.no_rule")


def _family_needs(model: ModelVersion, sent: Mapping[str, Value]) -> dict[str, Value]:
    """Add the version that Pixverse requires; some of its models have no field for it."""
    if model.model_id.casefold() != "pixverse" or "model" in sent:
        return {}
    version = re.search(r"[vV]\s*(\d+(?:\.\d+)?)", f"{model.name} {model.version}")
    told: dict[str, Value] = {"model": f"v{version[1]}"} if version else {}
    with suppress(UsageError):  # a field that does not offer it has priority
        return dict(form.accept(model, *pair) for pair in told.items())
    return {} if any(field.name == "model" for field in model.fields) else told


@dataclass(frozen=True, slots=True)
class Combination:
    """One row of a model's price table: the values that make the price, and the points."""

    values: tuple[tuple[str, Value], ...]
    points: int
    is_default: bool = False


def table(model: ModelVersion) -> tuple[Combination, ...]:
    """Return the price of every combination of priced fields, cheapest first."""
    priced = _priced_parameters(model)
    usual = quote_or_none(model, {})
    usual_values = form.shown(model, {})
    rows: dict[tuple[tuple[str, Value], ...], Combination] = {}
    for picked in _combinations(priced):
        chosen = {name: option.value for name, option in picked.items()}
        found = quote_or_none(model, chosen)
        if found is None or found.changes:
            continue
        values = tuple(chosen.items())
        is_default = usual is not None and all(
            form.same(usual_values.get(name), value) for name, value in values
        )
        rows[values] = Combination(values, found.rule.points, is_default)
    return tuple(sorted(rows.values(), key=lambda row: row.points))


def quote_or_none(model: ModelVersion, chosen: form.Chosen) -> Quote | None:
    """Return the quote, or None where the choices are invalid."""
    try:
        return quote(model, chosen)
    except UsageError:
        return None


def _priced_parameters(model: ModelVersion) -> dict[str, tuple[Option, ...]]:
    """Return the user fields that can change the price, with their options."""
    attributes = {name for rule in model.rules for name, _ in rule.attributes}
    aimed = {
        parameter.name
        for field in model.fields
        if field.virtual and field.virtual.target in attributes
        for parameter in field.virtual.fields
    }
    return {
        field.name: form.choices(field)
        for field in form.user_fields(model)
        if field.name in attributes | aimed and form.choices(field)
    }


def _combinations(priced: Mapping[str, tuple[Option, ...]]) -> list[dict[str, Option]]:
    count = 1
    for options in priced.values():
        count *= len(options)
    if count > MOST_COMBINATIONS:
        return []  # too long to read, and a hostile list could make it endless
    return [dict(zip(priced, picked, strict=True)) for picked in product(*priced.values())]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A change of one field, and its effect on the price of one output, in points."""

    name: str
    value: Value
    difference: int


def neighbours(
    model: ModelVersion, chosen: form.Chosen
) -> tuple[Neighbour | None, Neighbour | None]:
    """Return the single change that saves most, and the smallest increase."""
    current = quote_or_none(model, chosen)
    if current is None:
        return None, None
    found: list[Neighbour] = []
    for name, options in _priced_parameters(model).items():
        for option in options:
            other = quote_or_none(model, {**chosen, name: option.value})
            if other is None or other.changes or other.rule.points == current.rule.points:
                continue
            found.append(Neighbour(name, option.value, other.rule.points - current.rule.points))
    cheaper = min((f for f in found if f.difference < 0), key=lambda f: f.difference, default=None)
    better = min((f for f in found if f.difference > 0), key=lambda f: f.difference, default=None)
    return cheaper, better


_BY_MODEL = {
    "doubao-seedream-4.5": (25, 60),
    "gemini-3.1-flash-image": (20, 40),
    "gemini-3-pro-image": (60, 120),
    "midjourney": (40, 90),
    "wan2.6-t2v": (60, 120),
    "wan2.6-i2v": (60, 120),
    "MiniMax-Hailuo-02": (60, 120),
    "MiniMax-Hailuo-2.3": (60, 120),
    "viduq2": (60, 120),
    "viduq2-pro": (60, 120),
    "pixverse": (60, 120),
    "doubao-seedance-1.5-pro": (90, 180),
    "kling-v2-6": (90, 180),
    "veo-3.1-generate-preview": (90, 180),
    "kling-video-o1": (180, 360),
    "sora-2-pro": (180, 360),
    "sonic": (20, 45),
    "GenBGM": (10, 25),
    "GenSong": (10, 25),
}
_LONG_FORMS = frozenset({TaskType.FIRST_LAST_FRAME, TaskType.REFERENCE_TO_VIDEO})
_BY_MEDIUM = {
    Medium.IMAGE: (25, 60),
    Medium.VIDEO: (60, 120),
    Medium.MUSIC: (20, 45),
    Medium.SPEECH: (5, 30),
}


LEAST_HISTORY = 3
"""Minimum number of past runs for an estimate."""


def estimate(model: ModelVersion, seen: Sequence[float] = ()) -> Estimate:
    """Return the estimated seconds.

    `seen`: durations of past runs of this model and size, used if neither the list nor the table
    has an estimate.
    """
    if model.estimate is not None:
        return model.estimate
    if known := _BY_MODEL.get(model.model_id):
        return Estimate(180, 360) if model.task_type in _LONG_FORMS else Estimate(*known)
    if len(seen) >= LEAST_HISTORY:
        return learned(seen)
    if model.task_type in _LONG_FORMS:
        return Estimate(180, 360)
    return Estimate(*_BY_MEDIUM[model.task_type.medium])


def learned(seen: Sequence[float]) -> Estimate:
    """Return the median and the upper quartile of past durations."""
    ordered = sorted(seen)
    middle, upper = len(ordered) // 2, (3 * len(ordered)) // 4
    median = ordered[middle] if len(ordered) % 2 else sum(ordered[middle - 1 : middle + 1]) / 2
    return Estimate(median, max(median, ordered[upper]))
