"""What differs between two product lists of one kind: what is new, what is gone, what costs
otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ima_tui.core.domain import Leaf
from ima_tui.core.events import LeafName, ListChanges


def name_of(leaf: Leaf) -> LeafName:
    return leaf.model_id, leaf.version


def compare(before: Iterable[Leaf], after: Iterable[Leaf], since: float) -> ListChanges:
    """From `before`, seen at `since`, to `after`. A price is what its rules say, not its range."""
    old = {name_of(leaf): leaf for leaf in before}
    new = {name_of(leaf): leaf for leaf in after}
    return ListChanges(
        since=since,
        new=frozenset(new.keys() - old.keys()),
        gone=tuple(leaf for name, leaf in old.items() if name not in new),
        was={
            name: old[name].points
            for name, leaf in new.items()
            if name in old and _prices(old[name]) != _prices(leaf)
        },
    )


def _prices(leaf: Leaf) -> list[tuple[object, int]]:
    return sorted(((rule.attributes, rule.points) for rule in leaf.rules), key=repr)
