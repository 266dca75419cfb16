"""Differences between two product lists of one task type: models added, removed, repriced."""

from __future__ import annotations

from collections.abc import Iterable

from ima_tui.core.domain import ModelVersion
from ima_tui.core.events import ListChanges, ModelKey


def name_of(model: ModelVersion) -> ModelKey:
    """Return the model's key in a list of changes."""
    return model.model_id, model.version


def compare(
    before: Iterable[ModelVersion], after: Iterable[ModelVersion], since: float
) -> ListChanges:
    """Compare `before`, seen at `since`, with `after`. Prices are compared by their rules."""
    old = {name_of(model): model for model in before}
    new = {name_of(model): model for model in after}
    return ListChanges(
        since=since,
        new=frozenset(new.keys() - old.keys()),
        gone=tuple(model for name, model in old.items() if name not in new),
        was={
            name: old[name].points
            for name, model in new.items()
            if name in old and _prices(old[name]) != _prices(model)
        },
    )


def _prices(model: ModelVersion) -> list[tuple[object, int]]:
    return sorted(((rule.attributes, rule.points) for rule in model.rules), key=repr)
