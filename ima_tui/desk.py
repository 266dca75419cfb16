"""The desk: one draft, the leaf it stands on, and what happened to it that should be said.

`drafting` knows how one draft becomes another; the desk holds the one that is being shaped while
lists come, change and lose models. It asks nobody and draws nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ima_tui import drafting
from ima_tui.catalogue import form
from ima_tui.domain import Draft, Leaf, Order, TaskType, Value
from ima_tui.drafting import Offer
from ima_tui.errors import UsageError

COUNT = "n"
"""The number of outputs is set like a control."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that happened to the draft: a row of `messages`, and the values for its words."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


class Desk:
    """`leaf` is None while the list of `kind` was never seen."""

    def __init__(self, kind: TaskType = TaskType.TEXT_TO_IMAGE) -> None:
        self.kind = kind
        self.leaf: Leaf | None = None
        self.draft: Draft | None = None
        self.remark: Remark | None = None
        self._recalled: Order | None = None
        """An order that waits for its kind's list."""

    def turn_to(self, kind: TaskType) -> None:
        """Another kind of thing is wanted; `catch_up` then finds the leaf."""
        if kind is not self.kind:
            self.kind, self.leaf, self._recalled = kind, None, None

    def recall(self, wanted: Order) -> None:
        """What `wanted` was made of is wanted again, perhaps otherwise."""
        self.kind, self.leaf, self._recalled = wanted.task_type, None, wanted

    def take(self, leaf: Leaf) -> None:
        """Stand on `leaf`; what was chosen so far comes along as far as it fits."""
        before, self.leaf, self.kind = self.leaf, leaf, leaf.task_type
        self._recalled = None
        if self.draft is None:
            self.draft = drafting.begin(leaf)
            return
        self.draft, lost = drafting.switch(self.draft, leaf)
        if lost:
            names = ", ".join(drafting.label(before, name) for name in lost)
            self.remark = Remark("compose.lost", {"names": names, "model": leaf.name})

    def catch_up(self, leaves: Sequence[Leaf], suggested: Leaf | None) -> None:
        """Stand on the kind's list as it is now: prices may differ, models may be gone."""
        if self._recalled is not None and leaves:
            self._take_recalled(self._recalled, leaves, suggested)
        elif self.leaf is None:
            if suggested is not None:
                self.take(suggested)
        else:
            now = drafting.same_leaf(leaves, self.leaf)
            if now is not None and now != self.leaf:
                self.take(now)

    def _take_recalled(self, wanted: Order, leaves: Sequence[Leaf], suggested: Leaf | None) -> None:
        self._recalled = None
        self.leaf = drafting.leaf_of(leaves, wanted) or suggested or leaves[0]
        self.draft = drafting.recall(self.leaf, wanted)
        if self.leaf.model_id != wanted.model_id:
            names = {"old": wanted.model_name, "new": self.leaf.name}
            self.remark = Remark("compose.gone_took", names)

    def set(self, control: str, value: Value | None, *, typed: bool = False) -> None:
        """Set one control; None puts it back to where it stood by itself."""
        leaf, draft = self.leaf, self.draft
        if leaf is None or draft is None:
            return
        self.remark = None
        if control == COUNT:
            wanted = value if isinstance(value, int) else form.counts(leaf)[0]
            self.draft = drafting.count(leaf, draft, wanted)
        elif value is None:
            self.draft = drafting.reset(leaf, draft, control)
        elif typed:
            self.draft = drafting.write(draft, control, str(value))
        else:
            self.draft = drafting.put(leaf, draft, control, value)

    def feed(self, inputs: tuple[str, ...]) -> None:
        if self.draft is not None:
            self.remark = None
            self.draft = replace(self.draft, inputs=inputs)

    def offer(self, leaves: Sequence[Leaf]) -> Offer:
        """The price, by the list as it is now."""
        if self.leaf is None or self.draft is None:
            return Offer()
        if leaves and drafting.same_leaf(leaves, self.leaf) is None:
            return Offer(problem=UsageError("compose.gone", model=self.leaf.name))
        return drafting.offer(self.leaf, self.draft)
