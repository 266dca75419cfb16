"""What differs between two product lists of one kind: what is new, what is gone, what costs
otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ima_tui.core.domain import ModelVersion
from ima_tui.core.events import ListChanges, ModelKey


def name_of(model: ModelVersion) -> ModelKey:
    return model.model_id, model.version


def compare(
    before: Iterable[ModelVersion], after: Iterable[ModelVersion], since: float
) -> ListChanges:
    """From `before`, seen at `since`, to `after`. A price is what its rules say, not its range."""
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
