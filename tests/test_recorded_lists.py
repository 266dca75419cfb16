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
    Leaf,
    PriceRule,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError

FOLDER = Path(__file__).parents[2] / "shared" / "catalog"
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


def leaves(task_type: TaskType) -> tuple[Leaf, ...]:
    return tree.leaves(raw(task_type), task_type)


def all_leaves() -> list[Leaf]:
    return [leaf for task_type in COUNTS for leaf in leaves(task_type)]


def priced_by(leaf: Leaf) -> dict[str, list[Value]]:
    """The controls that lead to a priced attribute, with every value a person can pick."""
    names = {name for rule in leaf.rules for name, _ in rule.attributes}
    found: dict[str, list[Value]] = {}
    for control in form.controls(leaf):
        aims = [
            field.virtual.target
            for field in leaf.fields
            if field.virtual and any(c.name == control.name for c in field.virtual.controls)
        ]
        if control.name in names or names.intersection(aims):
            found[control.name] = [o.value for o in control.options] or [True, False]
    return found


def reached(leaf: Leaf) -> Counter[PriceRule]:
    """How often each rule is chosen, over every combination of priced controls."""
    hits: Counter[PriceRule] = Counter()
    controls = priced_by(leaf)
    for values in product(*controls.values()):
        try:
            quote = price.quote(leaf, dict(zip(controls, values, strict=True)))
        except UsageError:
            continue
        if not quote.changes:
            hits[quote.rule] += 1
    return hits


def offered(leaf: Leaf, rule: PriceRule) -> bool:
    """Whether the form, read by hand, lets a person set exactly this rule's values."""
    wanted = dict(rule.attributes)
    for name, value in wanted.items():
        values: list[Value] = []
        for field in leaf.fields:
            if field.virtual and field.virtual.target == name:
                values += [r.target for r in field.virtual.rules]
            elif field.name == name and field.offered:
                values += [o.value for o in field.options]
                values += [True, False] if isinstance(field.default, bool) else []
            elif field.name == name:
                values += [field.default] if field.default is not None else []
        if not any(form.same(value, each) for each in values):
            return False
    for field in leaf.fields:
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
    assert len(leaves(task_type)) == COUNTS[task_type]


@pytest.mark.parametrize("task_type", list(COUNTS))
def test_no_price_and_no_field_is_lost(task_type: TaskType) -> None:
    def raw_leaves(nodes: Any) -> list[Any]:
        return [
            each
            for node in nodes
            for each in ([node] if node["type"] == "3" else raw_leaves(node.get("children") or []))
        ]

    for sent, leaf in zip(raw_leaves(raw(task_type)), leaves(task_type), strict=True):
        assert len(leaf.rules) == len(sent["credit_rules"])
        assert {f.name for f in leaf.fields} == {f["field"] for f in sent.get("form_config") or []}


@pytest.mark.parametrize("leaf", all_leaves() if FOLDER.is_dir() else [], ids=lambda x: x.version)
def test_a_rule_is_reached_exactly_when_the_form_offers_it(leaf: Leaf) -> None:
    assert set(reached(leaf)) == {rule for rule in leaf.rules if offered(leaf, rule)}


@pytest.mark.parametrize("leaf", all_leaves() if FOLDER.is_dir() else [], ids=lambda x: x.version)
def test_a_rules_own_values_set_outright_choose_that_rule(leaf: Leaf) -> None:
    for rule in leaf.rules:
        if not offered(leaf, rule):
            continue
        settable = [pair for pair in rule.attributes if pair[0] in form.names(leaf)]
        chosen = dict(form.accept(leaf, name, value) for name, value in settable)
        quote = price.quote(leaf, chosen)
        assert (quote.rule, quote.changes) == (rule, ())
        assert dict(rule.attributes).items() <= dict(quote.parameters).items()


def test_how_many_prices_there_are() -> None:
    assert sum(len(leaf.rules) for leaf in all_leaves()) == 123


def test_the_untouched_form_of_every_leaf_has_its_price_without_a_change() -> None:
    for leaf in all_leaves():
        assert price.quote(leaf, {}).changes == (), leaf.version


def test_of_the_recorded_pixverse_versions_the_newest_is_taken() -> None:
    videos = leaves(TaskType.TEXT_TO_VIDEO)
    assert choice.pick(videos, "pixverse").name == "Pixverse V5.5"
    assert price.quote(choice.pick(videos, "pixverse"), {}).parameters["model"] == "v5.5"


@pytest.mark.parametrize("task_type", list(COUNTS))
def test_the_default_of_each_task_type_is_in_the_live_list(task_type: TaskType) -> None:
    assert choice.tier_leaf(leaves(task_type), task_type, choice.Tier.DEFAULT) is not None
