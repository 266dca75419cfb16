"""A draft being shaped: every key on Compose is one pure function from a draft to the next.

Nothing here draws, asks the service or reads a file. `begin` and `recall` make a draft; `switch`,
`put`, `write`, `reset` and `count` change it; `rows` says what the form shows, `priced` what it
costs; `finish` makes the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from ima_tui.catalogue import choice, form, order, price
from ima_tui.compose import parameter_names
from ima_tui.core.domain import (
    Draft,
    Field,
    FieldKind,
    ModelVersion,
    Option,
    Order,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass


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
class FormRow:
    """One line of the form: the parameter, where it stands, and which options are out of reach.

    `label`: what it is called where that is not the field's own name."""

    field: Field
    value: Value | None
    is_set: bool = False
    blocked: tuple[Blocked, ...] = ()
    label: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or parameter_names.label(self.field)

    def words(self, option: Option) -> str:
        """An option in words."""
        return parameter_names.option(self.field, option)

    @property
    def shown(self) -> str:
        """The value in words; "" for none."""
        if self.value is None:
            return ""
        found = [o for o in self.field.options if form.same(o.value, self.value)]
        if isinstance(self.value, bool) or (parameter_names.is_voice(self.field) and not found):
            return parameter_names.value(self.field.name, self.value)
        return self.words(found[0]) if found else str(self.value)

    def why_blocked(self, value: Value) -> Blocked | None:
        """Return what a value is shut out by; None if it is not."""
        return next((b for b in self.blocked if form.same(b.value, value)), None)


@dataclass(frozen=True, slots=True)
class OtherModel:
    """Another model, and the price of the draft after switching to it."""

    model: ModelVersion
    quote: price.Quote


@dataclass(frozen=True, slots=True)
class DraftPrice:
    """What a draft costs, or why it has no price; and what its neighbours cost."""

    quote: price.Quote | None = None
    problem: UsageError | None = None
    at_fault: frozenset[str] = frozenset()
    cheaper: price.Neighbour | None = None
    better: price.Neighbour | None = None
    elsewhere: OtherModel | None = None
    """Another model that does it for less."""


def begin(model: ModelVersion, prompt: str = "") -> Draft:
    """An untouched draft on `model`."""
    return Draft(model.task_type, model.model_id, model.version, prompt, n=form.counts(model)[0])


def switch(draft: Draft, model: ModelVersion) -> tuple[Draft, tuple[str, ...]]:
    """The same prompt on another model, and the names of the choices that it can't have there.

    Inputs stay even where the new model takes none: whoever switches back finds them again.
    """
    kept: dict[str, Value] = {}
    lost: list[str] = []
    for name, value in draft.chosen:
        try:
            own_name, own_value = form.accept(model, name, value)
            form.settle(model, {**kept, own_name: own_value})
        except UsageError:
            lost.append(name)
        else:
            kept[own_name] = own_value
    moved = replace(
        draft,
        task_type=model.task_type,
        model_id=model.model_id,
        version=model.version,
        chosen=tuple(kept.items()),
        n=_nearest_count(model, draft.n),
    )
    return moved, tuple(lost)


def _nearest_count(model: ModelVersion, n: int) -> int:
    counts = form.counts(model)
    return max((c for c in counts if c <= n), default=counts[0])


def recall(model: ModelVersion, done: Order) -> Draft:
    """The draft that `done` may have come from, on a model that is offered now.

    What went out is read back into the parameters a person sees; what the model no longer offers,
    and what stands at its default anyway, is left unset.
    """
    chosen: dict[str, Value] = {}
    sent = dict(done.parameters)
    for name, value in _by_parameters(model, sent).items():
        try:
            own_name, own_value = form.accept(model, name, value)
        except UsageError:
            continue
        if not form.same(own_value, form.defaults(model).get(own_name)):
            chosen[own_name] = own_value
    draft = replace(begin(model, done.prompt), inputs=done.inputs, n=done.n, project=done.project)
    return switch(replace(draft, chosen=tuple(chosen.items())), model)[0]


def _by_parameters(model: ModelVersion, sent: dict[str, Value]) -> dict[str, Value]:
    """What went out, with targets turned back into the parameters that lead to them."""
    found = dict(sent)
    for field in model.fields:
        if field.virtual is None or field.virtual.target not in sent:
            continue
        aim = sent[field.virtual.target]
        rule = next((r for r in field.virtual.rules if form.same(r.target, aim)), None)
        if rule is not None:
            del found[field.virtual.target]
            found.update(rule.source)
    return found


def put(model: ModelVersion, draft: Draft, name: str, written: object) -> Draft:
    """The draft with one parameter set. Raises `UsageError` where it can't be set so."""
    own_name, value = form.accept(model, name, written)
    chosen = {k: v for k, v in draft.chosen if k not in _targets_of(model, own_name)}
    chosen[own_name] = value
    return replace(draft, chosen=tuple(chosen.items()))


def write(draft: Draft, name: str, written: str) -> Draft:
    """The draft with what somebody is still typing; `priced` says what is wrong with it."""
    return replace(draft, chosen=tuple({**dict(draft.chosen), name: written}.items()))


def _targets_of(model: ModelVersion, name: str) -> set[str]:
    """Targets that this parameter leads to: set outright, they would outvote it."""
    return {
        field.virtual.target
        for field in model.fields
        if field.virtual and any(parameter.name == name for parameter in field.virtual.fields)
    }


def reset(model: ModelVersion, draft: Draft, name: str) -> Draft:
    """The draft with one parameter back at its default."""
    gone = _targets_of(model, name) | {name}
    return replace(draft, chosen=tuple((k, v) for k, v in draft.chosen if k not in gone))


def count(model: ModelVersion, draft: Draft, n: int) -> Draft:
    """Return the draft with that many results."""
    return replace(draft, n=_nearest_count(model, n))


def rows(model: ModelVersion, draft: Draft) -> tuple[FormRow, ...]:
    """The form as it is, basic parameters first."""
    chosen = dict(draft.chosen)
    try:
        shown = form.shown(model, form.settle(model, chosen))
    except UsageError:
        shown = form.shown(model, chosen)
    return tuple(
        row
        for field in form.user_fields(model)
        for row in _apart(
            FormRow(
                field,
                shown.get(field.name),
                field.name in chosen or not _targets_of(model, field.name).isdisjoint(chosen),
                _blocked(model, field, chosen),
            )
        )
    )


def _apart(row: FormRow) -> tuple[FormRow, ...]:
    """A row each for sizes and shapes where one field mixes them; one of them has the value."""
    parts = parameter_names.apart(row.field)
    if len(parts) == 1:
        return (row,)
    found: list[FormRow] = []
    for part in parts:
        mine = any(form.same(one.value, row.value) for one in part.options)
        value = row.value if mine else None
        found.append(FormRow(part, value, row.is_set and mine, row.blocked, part.label))
    return tuple(found)


def _blocked(model: ModelVersion, field: Field, chosen: dict[str, Value]) -> tuple[Blocked, ...]:
    found: list[Blocked] = []
    for option in form.choices(field):
        try:
            form.settle(model, {**chosen, field.name: option.value})
        except UsageError as error:
            # it names whichever of the two it meets first: the other one is the reason
            said = {key: str(value) for key, value in error.values.items()}
            pairs = {
                said.get("name", ""): said.get("value", ""),
                said.get("other", ""): said.get("other_value", ""),
            }
            if field.name in pairs:  # else two others clash, whatever is chosen here
                other = next((name for name in pairs if name != field.name), "")
                found.append(Blocked(option.value, label(model, other), pairs.get(other, "")))
    return tuple(found)


def priced(model: ModelVersion, draft: Draft) -> DraftPrice:
    """The price of what is set, whatever the prompt and the inputs still lack."""
    try:
        found = quote(model, draft)
    except UsageError as problem:
        return DraftPrice(problem=problem, at_fault=_at_fault(model, draft, problem))
    cheaper, better = price.neighbours(model, order.accepted(model, draft.chosen))
    return DraftPrice(found, cheaper=cheaper, better=better)


def quote(model: ModelVersion, draft: Draft) -> price.Quote:
    """Return the price of what is set. Raises `UsageError` where it has none."""
    chosen = order.accepted(model, draft.chosen)
    order.check_count(model, draft.n)
    return price.quote(model, chosen, draft.n)


def _at_fault(model: ModelVersion, draft: Draft, problem: UsageError) -> frozenset[str]:
    """The parameters that `problem` is about."""
    named = {str(problem.values[key]) for key in ("name", "other") if key in problem.values}
    if named:
        return frozenset(named)
    if problem.key == "error.bad_count":
        return frozenset({"n"})
    return frozenset(
        parameter.name
        for field in model.fields
        if field.virtual
        for parameter in field.virtual.fields
        if parameter.name in dict(draft.chosen)
    )


def neighbour_label(model: ModelVersion, near: price.Neighbour) -> tuple[str, Value | str]:
    """(the parameter's label where the option's own says too little, the option's label)."""
    field = form.user_field(model, near.name)
    if field is None:
        return near.name, near.value
    option = next((o for o in field.options if form.same(o.value, near.value)), None)
    name = parameter_names.label(field)
    if field.kind is FieldKind.TOGGLE or option is None:
        return name, near.value
    says_enough = any(c.isdigit() for c in option.label) and not option.label.isdigit()
    return ("" if says_enough else name), parameter_names.option(field, option)


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


def roles_on(model: ModelVersion | None, filled: int) -> tuple[Role, ...]:
    """The input lines that `model` wants when so many inputs are there."""
    if model is None:
        return ()
    return roles(model.task_type, filled, order.input_counts(model)[1])


def ordered(inputs: tuple[str, ...], order: Sequence[int]) -> tuple[str, ...]:
    """Return `inputs` in the order in which they go out; as they are where it isn't theirs."""
    if sorted(order) != list(range(len(inputs))):
        return inputs
    return tuple(inputs[place] for place in order)


def most_inputs(model: ModelVersion) -> int | None:
    """How many inputs `model` takes; None: it does not say."""
    return order.input_counts(model)[1]


def too_many_inputs(model: ModelVersion | None, filled: int) -> UsageError | None:
    """What is wrong where more inputs are filled in than `model` takes."""
    takes = model is not None and model.task_type.takes_inputs
    return order.too_many(model, filled) if model is not None and takes else None


def check_input(model: ModelVersion | None, source: str) -> None:
    """Raises `UsageError` for an input whose name says that `model` can't take it."""
    if model is not None:
        order.check_link(model, source)


def option_label(model: ModelVersion, name: str, value: Value) -> str:
    """What people know `value` of the parameter `name` by."""
    field = form.user_field(model, name)
    options = field.options if field is not None else ()
    found = (o for o in options if field and form.same(o.value, value))
    return next((parameter_names.option(field, o) for o in found if field), str(value))


def sendable(model: ModelVersion, draft: Draft) -> Draft:
    """The draft without the inputs that it keeps for another task type."""
    return draft if model.task_type.takes_inputs else replace(draft, inputs=())


def finish(model: ModelVersion, draft: Draft) -> tuple[Order, price.Quote]:
    """The priced order. Raises `UsageError` for whatever is missing or can't be."""
    return order.place(model, sendable(model, draft))


def model_of(models: Sequence[ModelVersion], done: Order) -> ModelVersion | None:
    """The model version that `done` was made with, else another version of its model."""
    kin = [model for model in models if model.model_id == done.model_id]
    same = next((model for model in kin if model.version == done.version), None)
    return same or (choice.newest(kin) if kin else None)


def same_version(models: Sequence[ModelVersion], model: ModelVersion) -> ModelVersion | None:
    """`model` as `models` have it now; None where it is gone."""
    return choice.exactly(models, model.model_id, model.version)


def label(model: ModelVersion | None, name: str) -> str:
    """What people know the parameter, or what it is sent as, by."""
    parameter = form.named(model, name) if model is not None else None
    return parameter_names.label(parameter) if parameter is not None else name


def spoken(model: ModelVersion | None, problem: UsageError) -> dict[str, str | int | float]:
    """The values of `problem`'s sentence, with parameters by the name that people see."""
    values = dict(problem.values)
    for key in ("name", "other"):
        if key in values:
            values[key] = label(model, str(values[key]))
    return values
