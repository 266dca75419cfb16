"""The composer: one draft, its model version, and what happened to them that should be said.

The draft follows from the prompt as it is now, the live lists, and what the user chose by hand
(*pinned*); never from an earlier prompt. What was pinned stays so for the next prompt, unless that
prompt says otherwise; an answer to a question and the settings of a recalled job hold for one
prompt only. `draft` has the changes of a draft, pure functions. Nothing here asks or draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import field, replace
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import draft as drafting
from ima_tui.compose.draft import Role
from ima_tui.core.domain import Draft, Medium, ModelVersion, Order, TaskType, Value
from ima_tui.core.records import dataclass
from ima_tui.i18n import listed
from ima_tui.subjects.mentions import Mentions

if TYPE_CHECKING:
    from ima_tui.compose.apply_intent import AppliedIntent
    from ima_tui.compose.back_reference import LastResult
    from ima_tui.intent.intent import Intent
    from ima_tui.subjects.store import Subject

Read = Callable[["Composer"], "Intent | None"]
Suggest = Callable[[TaskType], ModelVersion | None]
KIND, MODEL, INPUTS, ORDER = "kind", "model", "inputs", "order"
"""Parts that can be pinned beside parameters: task type, model, inputs, and each input's role."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to the draft: a row of `messages`, and the values for its words."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


class Pins(set[str]):
    """The parts that the user chose: `KIND`, `MODEL`, `INPUTS`, `ORDER` or a parameter's name.

    `passing` ones hold for this prompt only; an earlier prompt left the `kept` ones, so the words
    of this one may say otherwise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.passing: set[str] = set()
        self.kept: set[str] = set()

    def copy(self) -> Pins:
        """Return pins of their own, with the same parts."""
        other = Pins()
        other.update(self)
        other.passing, other.kept = set(self.passing), set(self.kept)
        return other

    def hold(self, *parts: str, passing: bool = False) -> None:
        """Pin `parts`, which are not read any more; `passing`: for this prompt only."""
        self.update(parts)
        self.kept.difference_update(parts)
        if passing:
            self.passing.update(parts)
        else:
            self.passing.difference_update(parts)

    def release(self, *parts: str) -> None:
        """Let `parts` follow the prompt again."""
        for pins in (self, self.passing, self.kept):
            pins.difference_update(parts)


class Composer:
    """`model` is None while the list of `task_type` was never seen."""

    def __init__(self, task_type: TaskType = TaskType.TEXT_TO_IMAGE) -> None:
        self.task_type = self.first = task_type
        self.resting: TaskType | None = None
        self.model: ModelVersion | None = None
        self.draft: Draft | None = None
        self._waiting: tuple[str, ...] = ()  # inputs, while there is no list and no draft
        self.remark: Notice | None = None
        self.pins = Pins()
        self.intent: Intent | None = None  # of the prompt, as last read
        self.order: tuple[int, ...] = ()  # of the inputs, as they go out
        self.read: dict[str, AppliedIntent] = {}  # parameters that the prompt set
        self._named: tuple[str, ...] = ()  # inputs that the prompt names
        self.recalled: Order | None = None
        """An order that waits for its task type's list."""
        self.is_tight = False  # everything is pinned as it was in that order
        self.replaced: Order | None = None
        """A recalled order whose model is gone: another one was taken instead."""
        self.remember: bool | None = None
        """Whether the model is to be remembered, where somebody said so by hand."""
        self.subjects: tuple[Subject, ...] = ()
        self.named = Mentions()  # those that the prompt names
        self.replaces: int | None = None  # the unsent job that goes when this is sent
        self.last: LastResult | None = None  # the image that a prompt means by "it"
        self.project = ""
        """What jobs are filed under, until the user chooses another one."""

    def copy(self) -> Composer:
        """Return a copy, to try something on."""
        other = copy(self)
        other.pins = self.pins.copy()
        return other

    def turn_to(self, task_type: TaskType) -> None:
        """Change the task type; `catch_up` then finds the model."""
        if task_type is not self.task_type:
            self.task_type, self.model, self.recalled = task_type, None, None

    def make_room_for_inputs(self) -> None:
        """Turn to a task type that takes pictures, if this one takes none: of the same medium. It
        is pinned until they are there: see `have_inputs`."""
        if not self.task_type.takes_inputs:
            film = self.task_type.medium is Medium.VIDEO
            self.pins.release(KIND)
            self.turn_to(TaskType.IMAGE_TO_VIDEO if film else TaskType.IMAGE_TO_IMAGE)
        self.resting = self.task_type
        if KIND not in self.pins:
            self.pins.hold(KIND, passing=True)

    def have_inputs(self) -> None:
        """The user added them; the prompt says what is made of them."""
        self.pins.hold(INPUTS)
        self.pins.release(*({KIND} & self.pins.passing))

    def add_inputs(self, sources: Sequence[str]) -> None:
        """Some more inputs; where one or two are taken, the newest stay. Of more none is dropped
        unseen: those that are too many are told at their lines."""
        most = self.task_type.inputs[1]
        if self.model is not None and drafting.most_inputs(self.model) == 1:
            most = 1
        every = tuple(dict.fromkeys((*self.inputs, *sources)))
        self.feed(every[-most:] if most else every)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs of the draft, or those that wait for one."""
        return self.draft.inputs if self.draft is not None else self._waiting

    def take(self, model: ModelVersion) -> None:
        """Use `model`; what was chosen so far is kept as far as it fits."""
        before, self.model, self.task_type = self.model, model, model.task_type
        self.recalled = self.replaced = None
        if self.draft is None:
            self.draft = replace(drafting.begin(model), inputs=self._waiting)
            self._waiting = ()
            return
        self.draft, lost = drafting.switch(self.draft, model)
        if lost:
            self.pins.release(*lost)
            names = listed(drafting.label(before, name) for name in lost)
            self.remark = Notice("compose.lost", {"names": names, "model": model.name})

    def choose(self, model: ModelVersion) -> None:
        """Take `model` by hand; `hear` then fits what the prompt sets to it."""
        self.take(model)
        self.pins.hold(KIND, MODEL)

    def catch_up(self, models: Sequence[ModelVersion], suggested: ModelVersion | None) -> None:
        """Follow the list as it is now: prices may differ, models may be gone."""
        if self.recalled is not None and models:
            _take_recalled(self, self.recalled, models, suggested)
        elif self.model is None:
            if suggested is not None:
                self.take(suggested)
        else:
            now = drafting.same_version(models, self.model)
            if now is not None and now != self.model:
                self.take(now)

    def set(self, parameter: str, value: Value | None, *, typed: bool = False) -> None:
        """Set one parameter; None puts it back to where it stood by itself."""
        model, draft = self.model, self.draft
        if model is None or draft is None:
            return
        self.remark = None
        if parameter == COUNT:
            wanted = value if isinstance(value, int) else form.counts(model)[0]
            self.draft = drafting.count(model, draft, wanted)
        elif value is None:
            self.draft = drafting.reset(model, draft, parameter)
        elif typed:
            self.draft = drafting.write(draft, parameter, str(value))
        else:
            self.draft = drafting.put(model, draft, parameter, value)

    # ---------------------------------------------------------------------------- the words

    def unpin(self, part: str) -> None:
        """Let go of what was chosen by the user: `hear` then puts it where the words want it."""
        self.pins.release(part)
        if part == ORDER:
            self.order = ()
        elif part not in (KIND, MODEL, INPUTS):
            self.set(part, None)

    def begin_anew(self) -> None:
        """A new prompt begins: nothing that the last one's words decided is left over. `hear`
        then finds the task type and the model."""
        self.pins.release(*self.pins.passing)
        if not self.inputs:
            self.pins.release(INPUTS)
        self._feed_read(())
        self._forget_read()
        if self.draft is not None:
            own = tuple((name, v) for name, v in self.draft.chosen if name in self.pins)
            n = self.draft.n if COUNT in self.pins else 1
            self.draft = replace(self.draft, chosen=own, n=n)
        self.intent, self.remark, self.replaced = None, None, None
        self.replaces, self.remember, self.order = None, None, ()
        self.pins.kept = set(self.pins) - {INPUTS, ORDER}
        self.turn_to(self.meant(None))

    @property
    def settled(self) -> TaskType | None:
        """The task type that was chosen by the user: nothing about it has to be read or asked."""
        return self.task_type if KIND in self.pins else None

    def meant(self, intent: Intent | None) -> TaskType:
        """The task type that `intent` is made as."""
        if KIND in self.pins:
            return self.task_type
        told = intent.task_type if intent is not None else None
        return told or (self.resting if self.attached else None) or self.first

    def yields_to(self, free: Intent | None) -> bool:
        """Whether a task type that an earlier prompt left gives way: the words, read for
        themselves (`free`), clearly ask for another one."""
        if KIND not in self.pins.kept or free is None:
            return False
        named = bool(free.spans("media"))  # else it is only probable
        other = bool(free.steps) or (named and free.task_type not in (None, self.task_type))
        if other:
            self.pins.release(KIND, *({MODEL} & self.pins.kept))
        return other

    def hear(self, intent: Intent | None, suggested: ModelVersion | None) -> None:
        """Follow what was read, from where nobody has said anything. None, or nothing clear: what
        earlier words decided goes back.

        `suggested` is the model of the task type that is `meant`, where the words name no model.
        """
        self.intent = intent
        self._forget_read()
        if KIND not in self.pins:
            self.turn_to(self.meant(intent))
        mine = intent if intent is not None and intent.task_type is self.task_type else None
        if mine is not None and (mine.model_id or mine.tier) and MODEL in self.pins.kept:
            self.pins.release(MODEL)
        model = (mine.model if mine is not None else None) or suggested
        follows = model is not None and model != self.model and model.task_type is self.task_type
        if model is not None and follows and (MODEL not in self.pins or self.model is None):
            self.take(model)
        if mine is None:
            self._feed_read(intent.inputs if intent is not None else ())
            return
        if self.task_type.takes_inputs:
            self._feed_read(mine.inputs)
        from ima_tui.compose import apply_intent  # the first screen hears nothing yet

        if ORDER not in self.pins:
            self.order = apply_intent.in_order(mine.roles, len(mine.inputs))
        if self.model is not None:
            self._set_read(apply_intent.parameters(mine, self.model))

    def _forget_read(self) -> None:
        """Put back the parameters that earlier words set."""
        for name in self.read.keys() - self.pins:
            if self.model is None or self.draft is None:
                break
            if name == COUNT:
                self.draft = drafting.count(self.model, self.draft, form.counts(self.model)[0])
            else:
                self.draft = drafting.reset(self.model, self.draft, name)
        self.read = {}

    def _set_read(self, wanted: Mapping[str, AppliedIntent]) -> None:
        """Put the parameters where the words want them."""
        self.pins.release(*(self.pins.kept & wanted.keys()))
        mine = {name: one for name, one in wanted.items() if name not in self.pins}
        remark = self.remark
        for name, one in mine.items():
            self.set(name, one.value)
        self.read, self.remark = mine, remark

    def _feed_read(self, inputs: tuple[str, ...]) -> None:
        """The inputs that the words name; those of earlier words go. Behind inputs that were put in
        by hand come those that the words have just begun to name: a line that was emptied by hand
        stays empty. A recalled order has its own, perhaps written otherwise."""
        if self.draft is None or INPUTS in self.pins.passing:
            return
        own = self._put_in
        named = tuple(source for source in inputs if source not in own)
        if INPUTS in self.pins:
            there = (*self.draft.inputs, *(source for source in named if source not in self._named))
            inputs = (*own, *(source for source in named if source in there))
        self._named = named
        if self.draft.inputs != inputs:
            self.feed(inputs)

    @property
    def _put_in(self) -> tuple[str, ...]:
        """The inputs that were put in by hand."""
        if INPUTS not in self.pins:
            return ()
        return tuple(source for source in self.inputs if source not in self._named)

    @property
    def in_steps(self) -> bool:
        """The prompt asks for several things, and no task type was chosen by hand: a workflow."""
        several = self.intent is not None and bool(self.intent.steps)
        return several and KIND not in self.pins

    @property
    def attached(self) -> tuple[str, ...]:
        """The inputs that were given by the user, where they count."""
        return self._put_in if self.task_type.takes_inputs or KIND not in self.pins else ()

    def roles(self, filled: int) -> tuple[Role, ...]:
        """The role of each input line when so many inputs are there."""
        found = drafting.roles_on(self.model, filled)
        if sorted(self.order) != list(range(len(found))):
            return found
        return tuple(found[self.order.index(place)] for place in range(len(found)))

    def feed(self, inputs: tuple[str, ...]) -> None:
        """Take exactly these inputs, for a draft that is not begun, too."""
        if self.draft is None:
            self._waiting = inputs
        else:
            self.remark = None
            self.draft = replace(self.draft, inputs=inputs)


def meant_by(composer: Composer) -> LastResult | None:
    """Return the last result, where the prompt means it and it is what goes in."""
    last = composer.last
    if last is None or INPUTS in composer.pins or last.source not in composer.inputs:
        return None
    return last


def recall(composer: Composer, wanted: Order, replaces: int | None = None) -> None:
    """Compose what `wanted` was made of, perhaps otherwise, or instead of a job.

    It holds for this prompt only; see `loosen`.
    """
    composer.pins.release(*composer.pins)
    composer.begin_anew()
    composer.replaces = replaces
    composer.project = wanted.project or ("" if replaces else composer.project)
    composer.task_type, composer.model, composer.recalled = wanted.task_type, None, wanted
    composer.pins.hold(KIND, MODEL, INPUTS, passing=True)


def _take_recalled(
    composer: Composer,
    wanted: Order,
    models: Sequence[ModelVersion],
    suggested: ModelVersion | None,
) -> None:
    composer.recalled = None
    composer.model = drafting.model_of(models, wanted) or suggested or models[0]
    composer.draft = drafting.recall(composer.model, wanted)
    if composer.model.model_id != wanted.model_id:
        names = {"old": wanted.model_name, "new": composer.model.name}
        composer.remark = Notice("compose.gone_took", names)
        composer.replaced = wanted
    composer.pins.hold(*_values(composer), passing=True)
    composer.is_tight = True


def loosen(composer: Composer, read: Read, suggested: Suggest) -> None:
    """After `recall`, release what the words give by themselves, so that they can be edited."""
    if composer.model is None or composer.draft is None or not composer.is_tight:
        return
    composer.is_tight = False
    alone = Composer(composer.first)
    _hear_all(alone, read, suggested)
    if (alone.task_type, alone.model) == (composer.task_type, composer.model):
        doubtful = alone.intent is not None and alone.intent.confidence == "unsure"
        composer.pins.release(MODEL, *(() if doubtful else (KIND,)))
    else:
        alone = Composer(composer.first)
        alone.take(composer.model)
        alone.pins.hold(KIND, MODEL)
        _hear_all(alone, read, suggested)
    mine, theirs = _values(composer), _values(alone)
    same = (name for name in mine if form.same(mine[name], theirs.get(name)))
    composer.pins.release(*same)
    if alone.draft is not None and alone.draft.inputs == composer.draft.inputs:
        composer.pins.release(INPUTS)


def _hear_all(composer: Composer, read: Read, suggested: Suggest) -> None:
    intent = read(composer)
    composer.hear(intent, suggested(composer.meant(intent)))


def _values(composer: Composer) -> dict[str, Value | None]:
    """Return the value of each parameter, the count among them."""
    if composer.model is None or composer.draft is None:
        return {}
    rows = drafting.rows(composer.model, composer.draft)
    return {**{row.field.name: row.value for row in rows}, COUNT: composer.draft.n}
