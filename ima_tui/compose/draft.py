"""A draft being shaped: every key on Compose is one pure function from a draft to the next.

Nothing here draws, asks the service or reads a file. `begin` and `recall` make a draft; `switch`,
`put`, `write`, `reset` and `count` change it; `rows` says what the form shows, `offer` what it
costs; `finish` makes the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ima_tui.catalogue import (
    choice,
    form,
    order,
    price,
)
from ima_tui.catalogue.alternatives import Alternative
from ima_tui.core.domain import (
    Draft,
    Field,
    FieldKind,
    Leaf,
    Order,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError


class Role(StrEnum):
    """What an input is for."""

    SOURCE = "source"
    FIRST = "first"
    LAST = "last"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Blocked:
    """An option that can't stand beside what was chosen elsewhere: `other` is that field's label,
    `other_value` what it is set to."""

    value: Value
    other: str
    other_value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: the control, where it stands, and which options are out of reach."""

    field: Field
    value: Value | None
    is_set: bool = False
    blocked: tuple[Blocked, ...] = ()

    def why_blocked(self, value: Value) -> Blocked | None:
        return next((b for b in self.blocked if form.same(b.value, value)), None)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a draft costs, or why it can't be had; and what its neighbours cost."""

    quote: price.Quote | None = None
    problem: UsageError | None = None
    at_fault: frozenset[str] = frozenset()
    cheaper: price.Neighbour | None = None
    better: price.Neighbour | None = None
    elsewhere: Alternative | None = None
    """Another model that does it for less."""


def begin(leaf: Leaf, prompt: str = "") -> Draft:
    """An untouched draft on `leaf`."""
    return Draft(leaf.task_type, leaf.model_id, leaf.version, prompt, n=form.counts(leaf)[0])


def switch(draft: Draft, leaf: Leaf) -> tuple[Draft, tuple[str, ...]]:
    """The same wish on another leaf, and the names of the choices that it can't have there.

    Inputs stay even where the new leaf takes none: whoever switches back finds them again.
    """
    kept: dict[str, Value] = {}
    lost: list[str] = []
    for name, value in draft.chosen:
        try:
            own_name, own_value = form.accept(leaf, name, value)
            form.settle(leaf, {**kept, own_name: own_value})
        except UsageError:
            lost.append(name)
        else:
            kept[own_name] = own_value
    moved = replace(
        draft,
        task_type=leaf.task_type,
        model_id=leaf.model_id,
        version=leaf.version,
        chosen=tuple(kept.items()),
        n=_nearest_count(leaf, draft.n),
    )
    return moved, tuple(lost)


def _nearest_count(leaf: Leaf, n: int) -> int:
    counts = form.counts(leaf)
    return max((c for c in counts if c <= n), default=counts[0])


def recall(leaf: Leaf, done: Order) -> Draft:
    """The draft that `done` may have come from, on a leaf that is offered now.

    What went out is read back into the controls a person sees; what the leaf no longer offers,
    and what stands at its default anyway, is left unset.
    """
    chosen: dict[str, Value] = {}
    sent = dict(done.parameters)
    for name, value in _by_controls(leaf, sent).items():
        try:
            own_name, own_value = form.accept(leaf, name, value)
        except UsageError:
            continue
        if not form.same(own_value, form.defaults(leaf).get(own_name)):
            chosen[own_name] = own_value
    draft = replace(begin(leaf, done.prompt), inputs=done.inputs, n=done.n)
    return switch(replace(draft, chosen=tuple(chosen.items())), leaf)[0]


def _by_controls(leaf: Leaf, sent: dict[str, Value]) -> dict[str, Value]:
    """Parameters as they went out, with targets turned back into the controls that lead there."""
    found = dict(sent)
    for field in leaf.fields:
        if field.virtual is None or field.virtual.target not in sent:
            continue
        aim = sent[field.virtual.target]
        rule = next((r for r in field.virtual.rules if form.same(r.target, aim)), None)
        if rule is not None:
            del found[field.virtual.target]
            found.update(rule.source)
    return found


def put(leaf: Leaf, draft: Draft, name: str, written: object) -> Draft:
    """The draft with one control set. Raises `UsageError` where it can't be set so."""
    own_name, value = form.accept(leaf, name, written)
    chosen = {k: v for k, v in draft.chosen if k not in _targets_of(leaf, own_name)}
    chosen[own_name] = value
    return replace(draft, chosen=tuple(chosen.items()))


def write(draft: Draft, name: str, written: str) -> Draft:
    """The draft with what somebody is still typing; `offer` says what is wrong with it."""
    return replace(draft, chosen=tuple({**dict(draft.chosen), name: written}.items()))


def _targets_of(leaf: Leaf, name: str) -> set[str]:
    """Targets that this control leads to: set outright, they would outvote it."""
    return {
        field.virtual.target
        for field in leaf.fields
        if field.virtual and any(control.name == name for control in field.virtual.controls)
    }


def reset(leaf: Leaf, draft: Draft, name: str) -> Draft:
    """The draft with one control back at its default."""
    gone = _targets_of(leaf, name) | {name}
    return replace(draft, chosen=tuple((k, v) for k, v in draft.chosen if k not in gone))


def count(leaf: Leaf, draft: Draft, n: int) -> Draft:
    return replace(draft, n=_nearest_count(leaf, n))


def rows(leaf: Leaf, draft: Draft) -> tuple[Row, ...]:
    """The form as it stands, basic controls first."""
    chosen = dict(draft.chosen)
    try:
        shown = form.shown(leaf, form.settle(leaf, chosen))
    except UsageError:
        shown = form.shown(leaf, chosen)
    return tuple(
        Row(
            field,
            shown.get(field.name),
            field.name in chosen or not _targets_of(leaf, field.name).isdisjoint(chosen),
            _blocked(leaf, field, chosen),
        )
        for field in form.controls(leaf)
    )


def _blocked(leaf: Leaf, field: Field, chosen: dict[str, Value]) -> tuple[Blocked, ...]:
    found: list[Blocked] = []
    for option in form.choices(field):
        try:
            form.settle(leaf, {**chosen, field.name: option.value})
        except UsageError as error:
            # it names whichever of the two it meets first: the other one is the reason
            said = {key: str(value) for key, value in error.values.items()}
            pairs = {
                said.get("name", ""): said.get("value", ""),
                said.get("other", ""): said.get("other_value", ""),
            }
            if field.name in pairs:  # else two others clash, whatever is chosen here
                other = next((name for name in pairs if name != field.name), "")
                found.append(Blocked(option.value, label(leaf, other), pairs.get(other, "")))
    return tuple(found)


def offer(leaf: Leaf, draft: Draft) -> Offer:
    """The price of what is set, whatever the prompt and the inputs still lack."""
    try:
        chosen = order.accepted(leaf, draft.chosen)
        order.check_count(leaf, draft.n)
        quote = price.quote(leaf, chosen, draft.n)
    except UsageError as problem:
        return Offer(problem=problem, at_fault=_at_fault(leaf, draft, problem))
    cheaper, better = price.neighbours(leaf, chosen)
    return Offer(quote, cheaper=cheaper, better=better)


def _at_fault(leaf: Leaf, draft: Draft, problem: UsageError) -> frozenset[str]:
    """The controls that `problem` is about."""
    named = {str(problem.values[key]) for key in ("name", "other") if key in problem.values}
    if named:
        return frozenset(named)
    if problem.key == "error.bad_count":
        return frozenset({"n"})
    return frozenset(
        control.name
        for field in leaf.fields
        if field.virtual
        for control in field.virtual.controls
        if control.name in dict(draft.chosen)
    )


def neighbour_label(leaf: Leaf, near: price.Neighbour) -> tuple[str, Value | str]:
    """(the control's label where the option's own says too little, the option's label)."""
    field = form.control(leaf, near.name)
    if field is None:
        return near.name, near.value
    option = next((o for o in field.options if form.same(o.value, near.value)), None)
    if field.kind is FieldKind.TOGGLE or option is None:
        return field.label, near.value
    says_enough = any(c.isdigit() for c in option.label) and not option.label.isdigit()
    return ("" if says_enough else field.label), option.label


def roles(task_type: TaskType, filled: int, most: int | None) -> tuple[Role, ...]:
    """The role of each input line: those that are filled, and one empty one while more fit."""
    if not task_type.takes_inputs:
        return ()
    if task_type is TaskType.FIRST_LAST_FRAME:
        return (Role.FIRST, Role.LAST)
    role = {
        TaskType.IMAGE_TO_VIDEO: Role.FIRST,
        TaskType.REFERENCE_TO_VIDEO: Role.REFERENCE,
    }.get(task_type, Role.SOURCE)
    shown = filled + 1 if most is None else max(filled, min(filled + 1, most))
    return (role,) * max(1, shown)


def roles_on(leaf: Leaf | None, filled: int) -> tuple[Role, ...]:
    """The input lines that `leaf` wants when so many inputs are there."""
    if leaf is None:
        return ()
    return roles(leaf.task_type, filled, order.input_counts(leaf)[1])


def most_inputs(leaf: Leaf) -> int | None:
    """How many inputs `leaf` takes; None: it does not say."""
    return order.input_counts(leaf)[1]


def too_many_inputs(leaf: Leaf | None, filled: int) -> UsageError | None:
    """What is wrong where more inputs are filled in than `leaf` takes."""
    takes = leaf is not None and leaf.task_type.takes_inputs
    return order.too_many(leaf, filled) if leaf is not None and takes else None


def check_input(leaf: Leaf | None, source: str) -> None:
    """Raises `UsageError` for an input whose name says that `leaf` can't take it."""
    if leaf is not None:
        order.check_link(leaf, source)


def option_label(leaf: Leaf, name: str, value: Value) -> str:
    """What people know `value` of the control `name` by."""
    field = form.control(leaf, name)
    options = field.options if field is not None else ()
    return next((o.label for o in options if form.same(o.value, value)), str(value))


def sendable(leaf: Leaf, draft: Draft) -> Draft:
    """The draft without the inputs that it keeps for another task type."""
    return draft if leaf.task_type.takes_inputs else replace(draft, inputs=())


def finish(leaf: Leaf, draft: Draft) -> tuple[Order, price.Quote]:
    """The priced order. Raises `UsageError` for whatever is missing or can't be."""
    return order.place(leaf, sendable(leaf, draft))


def instead(leaf: Leaf, done: Order) -> tuple[Order, price.Quote]:
    """The wish of `done` on another leaf, with those of its settings that can be had there."""
    return finish(leaf, recall(leaf, done))


def leaf_of(leaves: Sequence[Leaf], done: Order) -> Leaf | None:
    """The leaf that `done` was made with, else another version of its model."""
    kin = [leaf for leaf in leaves if leaf.model_id == done.model_id]
    same = next((leaf for leaf in kin if leaf.version == done.version), None)
    return same or (choice.newest(kin) if kin else None)


def same_leaf(leaves: Sequence[Leaf], leaf: Leaf) -> Leaf | None:
    """`leaf` as `leaves` have it now; None where it is gone."""
    mine = (leaf.model_id, leaf.version)
    return next((other for other in leaves if (other.model_id, other.version) == mine), None)


def label(leaf: Leaf | None, name: str) -> str:
    """What people know the control, or what it is sent as, by."""
    control = form.named(leaf, name) if leaf is not None else None
    return control.label if control is not None else name


def spoken(leaf: Leaf | None, problem: UsageError) -> dict[str, str | int | float]:
    """The values of `problem`'s sentence, with controls by the name that people see."""
    values = dict(problem.values)
    for key in ("name", "other"):
        if key in values:
            values[key] = label(leaf, str(values[key]))
    return values
