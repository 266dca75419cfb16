"""The lists as the live service really sent them: every leaf, every price."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ima_tui.catalogue import (
    choice,
    form,
    price,
    tree,
)
from ima_tui.core.domain import (
    ModelVersion,
    PriceRule,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError

FOLDER = Path(__file__).parents[3] / "shared" / "catalog"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the recorded lists are data and not part of the project"
)

COUNTS = {
    TaskType.TEXT_TO_IMAGE: 4,
    TaskType.IMAGE_TO_IMAGE: 4,
    TaskType.TEXT_TO_VIDEO: 16,
    TaskType.TEXT_TO_MUSIC: 3,
    TaskType.TEXT_TO_SPEECH: 2,
}


def raw(task_type: TaskType) -> Any:
    return json.loads((FOLDER / f"products_{task_type.value}.json").read_text("utf-8"))


def models(task_type: TaskType) -> tuple[ModelVersion, ...]:
    return tree.models(raw(task_type), task_type)


def all_leaves() -> list[ModelVersion]:
    return [model for task_type in COUNTS for model in models(task_type)]


def priced_by(model: ModelVersion) -> dict[str, list[Value]]:
    """The controls that lead to a priced attribute, with every value a person can pick."""
    names = {name for rule in model.rules for name, _ in rule.attributes}
    found: dict[str, list[Value]] = {}
    for parameter in form.user_fields(model):
        aims = [
            field.virtual.target
            for field in model.fields
            if field.virtual and any(c.name == parameter.name for c in field.virtual.fields)
        ]
        if parameter.name in names or names.intersection(aims):
            found[parameter.name] = [o.value for o in parameter.options] or [True, False]
    return found


def reached(model: ModelVersion) -> Counter[PriceRule]:
    """How often each rule is chosen, over every combination of priced controls."""
    hits: Counter[PriceRule] = Counter()
    parameters = priced_by(model)
    for values in product(*parameters.values()):
        try:
            quote = price.quote(model, dict(zip(parameters, values, strict=True)))
        except UsageError:
            continue
        if not quote.changes:
            hits[quote.rule] += 1
    return hits


def offered(model: ModelVersion, rule: PriceRule) -> bool:
    """Whether the form, read by hand, lets a person set exactly this rule's values."""
    wanted = dict(rule.attributes)
    for name, value in wanted.items():
        values: list[Value] = []
        for field in model.fields:
            if field.virtual and field.virtual.target == name:
                values += [r.target for r in field.virtual.rules]
            elif field.name == name and field.offered:
                values += [o.value for o in field.options]
                values += [True, False] if isinstance(field.default, bool) else []
            elif field.name == name:
                values += [field.default] if field.default is not None else []
        if not any(form.same(value, each) for each in values):
            return False
    for field in model.fields:
        if field.name not in wanted:
            continue
        for option in field.options:
            if not form.same(option.value, wanted[field.name]):
                continue
            for other, excluded in option.excludes:
                if other in wanted and any(form.same(wanted[other], e) for e in excluded):
                    return False
    return True


@pytest.mark.parametrize("task_type", list(COUNTS))
def test_every_leaf_is_read(task_type: TaskType) -> None:
    assert len(models(task_type)) == COUNTS[task_type]


@pytest.mark.parametrize("task_type", list(COUNTS))
def test_no_price_and_no_field_is_lost(task_type: TaskType) -> None:
    def raw_leaves(nodes: Any) -> list[Any]:
        return [
            each
            for node in nodes
            for each in ([node] if node["type"] == "3" else raw_leaves(node.get("children") or []))
        ]

    for sent, model in zip(raw_leaves(raw(task_type)), models(task_type), strict=True):
        assert len(model.rules) == len(sent["credit_rules"])
        assert {f.name for f in model.fields} == {f["field"] for f in sent.get("form_config") or []}


@pytest.mark.parametrize("model", all_leaves() if FOLDER.is_dir() else [], ids=lambda x: x.version)
def test_a_rule_is_reached_exactly_when_the_form_offers_it(model: ModelVersion) -> None:
    assert set(reached(model)) == {rule for rule in model.rules if offered(model, rule)}


@pytest.mark.parametrize("model", all_leaves() if FOLDER.is_dir() else [], ids=lambda x: x.version)
def test_a_rules_own_values_set_outright_choose_that_rule(model: ModelVersion) -> None:
    for rule in model.rules:
        if not offered(model, rule):
            continue
        settable = [pair for pair in rule.attributes if pair[0] in form.names(model)]
        chosen = dict(form.accept(model, name, value) for name, value in settable)
        quote = price.quote(model, chosen)
        assert (quote.rule, quote.changes) == (rule, ())
        assert dict(rule.attributes).items() <= dict(quote.parameters).items()


def test_how_many_prices_there_are() -> None:
    assert sum(len(model.rules) for model in all_leaves()) == 123


def test_the_untouched_form_of_every_leaf_has_its_price_without_a_change() -> None:
    for model in all_leaves():
        assert price.quote(model, {}).changes == (), model.version


def test_of_the_recorded_pixverse_versions_the_newest_is_taken() -> None:
    videos = models(TaskType.TEXT_TO_VIDEO)
    assert choice.pick(videos, "pixverse").name == "Pixverse V5.5"
    assert price.quote(choice.pick(videos, "pixverse"), {}).parameters["model"] == "v5.5"


@pytest.mark.parametrize("task_type", list(COUNTS))
def test_the_default_of_each_task_type_is_in_the_live_list(task_type: TaskType) -> None:
    assert choice.tier_model(models(task_type), task_type, choice.ModelTier.DEFAULT) is not None
