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
from enum import StrEnum
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.catalogue.alternatives import cheaper
from ima_tui.compose import apply_intent
from ima_tui.compose import draft as drafting
from ima_tui.compose.apply_intent import COUNT, AppliedIntent
from ima_tui.compose.draft import DraftPrice, Role
from ima_tui.core.domain import Draft, Medium, ModelVersion, Order, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.subjects.mentions import Mentions

if TYPE_CHECKING:
    from ima_tui.compose.back_reference import LastResult
    from ima_tui.intent.intent import Intent
    from ima_tui.subjects.store import Subject

Read = Callable[["Composer"], "Intent | None"]
Suggest = Callable[[TaskType], ModelVersion | None]
KIND, MODEL, INPUTS, ORDER = "kind", "model", "inputs", "order"
"""Parts that can be pinned beside parameters: task type, model, inputs, and each input's role."""


class SetBy(StrEnum):
    """Who set a part of the draft."""

    HAND = "hand"
    WORDS = "words"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a part of the draft, and the words of the prompt that did (`spans`)."""

    by: SetBy
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to the draft: a row of `messages`, and the values for its words."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


class Composer:
    """`model` is None while the list of `kind` was never seen."""

    def __init__(self, kind: TaskType = TaskType.TEXT_TO_IMAGE) -> None:
        self.kind = self._first = kind
        self._resting: TaskType | None = None
        self.model: ModelVersion | None = None
        self.draft: Draft | None = None
        self._waiting: tuple[str, ...] = ()  # inputs, while there is no list and no draft
        self.remark: Notice | None = None
        self.pinned: set[str] = set()
        """`KIND`, `MODEL`, `INPUTS`, `ORDER` or a control's name: chosen by the user."""
        self._passing: set[str] = set()
        """Those of `pinned` that hold for this prompt only."""
        self.kept: set[str] = set()
        """Those of `pinned` that an earlier prompt left: this one's words may say otherwise."""
        self.decision: Intent | None = None  # what was heard last
        self.order: tuple[int, ...] = ()  # of the inputs, as they go out
        self._read: dict[str, AppliedIntent] = {}  # parameters that the prompt set
        self._named: tuple[str, ...] = ()  # inputs that the prompt names
        self._recalled: Order | None = None
        """An order that waits for its kind's list."""
        self._is_tight = False  # everything is pinned as it was in that order
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
        other.pinned, other.kept = set(self.pinned), set(self.kept)
        other._passing = set(self._passing)
        return other

    def turn_to(self, kind: TaskType) -> None:
        """Change the task type; `catch_up` then finds the model."""
        if kind is not self.kind:
            self.kind, self.model, self._recalled = kind, None, None

    def make_room_for_inputs(self) -> None:
        """Turn to a kind that takes pictures, if this one takes none: of the same medium. It is
        pinned until they are there: see `have_inputs`."""
        if not self.kind.takes_inputs:
            film = self.kind.medium is Medium.VIDEO
            self._let_go(KIND)
            self.turn_to(TaskType.IMAGE_TO_VIDEO if film else TaskType.IMAGE_TO_IMAGE)
        self.rest_on(self.kind)
        if KIND not in self.pinned:
            self.pin(KIND, passing=True)

    def have_inputs(self) -> None:
        """The user added them; the prompt says what is made of them."""
        self.pin(INPUTS)
        self._let_go(*({KIND} & self._passing))

    def rest_on(self, kind: TaskType) -> None:
        """Make `kind` of inputs that the user added, as long as the prompt names no other."""
        self._resting = kind

    def add_inputs(self, sources: Sequence[str]) -> None:
        """Some more inputs; where one or two are taken, the newest stay. Of more none is dropped
        unseen: those that are too many are told at their lines."""
        most = self.kind.inputs[1]
        if self.model is not None and drafting.most_inputs(self.model) == 1:
            most = 1
        every = tuple(dict.fromkeys((*self.inputs, *sources)))
        self.feed(every[-most:] if most else every)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs of the draft, or those that wait for one."""
        return self.draft.inputs if self.draft is not None else self._waiting

    def recall(self, wanted: Order, replaces: int | None = None) -> None:
        """What `wanted` was made of is wanted again, perhaps otherwise, or instead of a job. It
        holds for this prompt only; see `loosen`."""
        self.let_all_go()
        self.begin_anew()
        self.replaces = replaces
        self.project = wanted.project or ("" if replaces else self.project)
        self.kind, self.model, self._recalled = wanted.task_type, None, wanted
        self.pin(KIND, MODEL, INPUTS, passing=True)

    def loosen(self, read: Read, suggested: Suggest) -> None:
        """After `recall`: nothing is pinned that the words give by themselves, so that they can be
        edited."""
        if self.model is None or self.draft is None or not self._is_tight:
            return
        self._is_tight = False
        alone = Composer(self._first)
        alone._hear_all(read, suggested)
        if (alone.kind, alone.model) == (self.kind, self.model):
            self._let_go(MODEL, *(() if alone.is_doubtful else (KIND,)))
        else:
            alone = Composer(self._first)
            alone.take(self.model)
            alone.pin(KIND, MODEL)
            alone._hear_all(read, suggested)
        mine, theirs = self._values(), alone._values()
        self._let_go(*(name for name in mine if form.same(mine[name], theirs.get(name))))
        if alone.draft is not None and alone.draft.inputs == self.draft.inputs:
            self._let_go(INPUTS)

    def _hear_all(self, read: Read, suggested: Suggest) -> None:
        decision = read(self)
        self.hear(decision, suggested(self.meant(decision)))

    def _values(self) -> dict[str, Value | None]:
        """Where each control stands, the count among them."""
        if self.model is None or self.draft is None:
            return {}
        rows = drafting.rows(self.model, self.draft)
        return {**{row.field.name: row.value for row in rows}, COUNT: self.draft.n}

    def take(self, model: ModelVersion) -> None:
        """Use `model`; what was chosen so far is kept as far as it fits."""
        before, self.model, self.kind = self.model, model, model.task_type
        self._recalled = self.replaced = None
        if self.draft is None:
            self.draft = replace(drafting.begin(model), inputs=self._waiting)
            self._waiting = ()
            return
        self.draft, lost = drafting.switch(self.draft, model)
        if lost:
            self._let_go(*lost)
            names = ", ".join(drafting.label(before, name) for name in lost)
            self.remark = Notice("compose.lost", {"names": names, "model": model.name})

    def catch_up(self, models: Sequence[ModelVersion], suggested: ModelVersion | None) -> None:
        """Follow the list as it is now: prices may differ, models may be gone."""
        if self._recalled is not None and models:
            self._take_recalled(self._recalled, models, suggested)
        elif self.model is None:
            if suggested is not None:
                self.take(suggested)
        else:
            now = drafting.same_leaf(models, self.model)
            if now is not None and now != self.model:
                self.take(now)

    def _take_recalled(
        self, wanted: Order, models: Sequence[ModelVersion], suggested: ModelVersion | None
    ) -> None:
        self._recalled = None
        self.model = drafting.model_of(models, wanted) or suggested or models[0]
        self.draft = drafting.recall(self.model, wanted)
        if self.model.model_id != wanted.model_id:
            names = {"old": wanted.model_name, "new": self.model.name}
            self.remark = Notice("compose.gone_took", names)
            self.replaced = wanted
        self.pin(*self._values(), passing=True)
        self._is_tight = True

    def set(self, control: str, value: Value | None, *, typed: bool = False) -> None:
        """Set one control; None puts it back to where it stood by itself."""
        model, draft = self.model, self.draft
        if model is None or draft is None:
            return
        self.remark = None
        if control == COUNT:
            wanted = value if isinstance(value, int) else form.counts(model)[0]
            self.draft = drafting.count(model, draft, wanted)
        elif value is None:
            self.draft = drafting.reset(model, draft, control)
        elif typed:
            self.draft = drafting.write(draft, control, str(value))
        else:
            self.draft = drafting.put(model, draft, control, value)

    # ---------------------------------------------------------------------------- the words

    def pin(self, *parts: str, passing: bool = False) -> None:
        """What was chosen by the user is not read any more. `passing`: for this prompt only."""
        self.pinned.update(parts)
        self.kept.difference_update(parts)
        if passing:
            self._passing.update(parts)
        else:
            self._passing.difference_update(parts)

    def unpin(self, part: str) -> None:
        """Let go of what was chosen by the user: `hear` then puts it where the words want it."""
        self._let_go(part)
        if part == ORDER:
            self.order = ()
        elif part not in (KIND, MODEL, INPUTS):
            self.set(part, None)

    def _let_go(self, *parts: str) -> None:
        for pins in (self.pinned, self._passing, self.kept):
            pins.difference_update(parts)

    def let_all_go(self) -> None:
        """Release every choice of the user."""
        self._let_go(*self.pinned)

    def begin_anew(self) -> None:
        """A new prompt begins: nothing that the last one's words decided is left over. `hear`
        then finds the kind and the leaf."""
        self._let_go(*self._passing)
        if not self.inputs:
            self._let_go(INPUTS)
        self._feed_read(())
        self._forget_read()
        if self.draft is not None:
            own = tuple((name, v) for name, v in self.draft.chosen if name in self.pinned)
            n = self.draft.n if COUNT in self.pinned else 1
            self.draft = replace(self.draft, chosen=own, n=n)
        self.decision, self.remark, self.replaced = None, None, None
        self.replaces, self.remember, self.order = None, None, ()
        self.kept = set(self.pinned) - {INPUTS, ORDER}
        self.turn_to(self.meant(None))

    @property
    def is_doubtful(self) -> bool:
        """Whether the words were read with doubt, and may mean another kind."""
        return self.decision is not None and self.decision.confidence == "unsure"

    @property
    def settled(self) -> TaskType | None:
        """The kind that was chosen by the user: nothing about it has to be read or asked."""
        return self.kind if KIND in self.pinned else None

    def meant(self, decision: Intent | None) -> TaskType:
        """The kind that is made of `decision`."""
        if KIND in self.pinned:
            return self.kind
        told = decision.task_type if decision is not None else None
        return told or (self._resting if self.attached else None) or self._first

    def yields_to(self, free: Intent | None) -> bool:
        """Whether a kind that an earlier prompt left gives way: the words, read for themselves
        (`free`), clearly ask for another one."""
        if KIND not in self.kept or free is None:
            return False
        named = bool(free.spans("media"))  # else it is only probable
        other = bool(free.steps) or (named and free.task_type not in (None, self.kind))
        if other:
            self._let_go(KIND, *({MODEL} & self.kept))
        return other

    def hear(self, decision: Intent | None, suggested: ModelVersion | None) -> None:
        """Follow what was read, from where nobody has said anything. None, or nothing clear: what
        earlier words decided goes back.

        `suggested` is the leaf of the kind that is `meant`, where the words name no model.
        """
        self.decision = decision
        self._forget_read()
        if KIND not in self.pinned:
            self.turn_to(self.meant(decision))
        mine = decision if decision is not None and decision.task_type is self.kind else None
        if mine is not None and (mine.model_id or mine.tier) and MODEL in self.kept:
            self._let_go(MODEL)
        self._follow_to((mine.model if mine is not None else None) or suggested)
        if mine is None:
            self._feed_read(decision.inputs if decision is not None else ())
            return
        if self.kind.takes_inputs:
            self._feed_read(mine.inputs)
        if ORDER not in self.pinned:
            self.order = apply_intent.in_order(mine.roles, len(mine.inputs))
        if self.model is not None:
            self._set_read(apply_intent.controls(mine, self.model))

    def _follow_to(self, model: ModelVersion | None) -> None:
        if model is None or model == self.model or model.task_type is not self.kind:
            return
        if MODEL not in self.pinned or self.model is None:
            self.take(model)

    def _forget_read(self) -> None:
        """Put back the controls that earlier words set."""
        for name in self._read.keys() - self.pinned:
            self._put_back(name)
        self._read = {}

    def _put_back(self, name: str) -> None:
        if self.model is not None and self.draft is not None:
            if name == COUNT:
                self.draft = drafting.count(self.model, self.draft, form.counts(self.model)[0])
            else:
                self.draft = drafting.reset(self.model, self.draft, name)

    def _set_read(self, wanted: Mapping[str, AppliedIntent]) -> None:
        """Put the controls where the words want them."""
        self._let_go(*(self.kept & wanted.keys()))
        mine = {name: one for name, one in wanted.items() if name not in self.pinned}
        remark = self.remark
        for name, one in mine.items():
            self.set(name, one.value)
        self._read, self.remark = mine, remark

    def _feed_read(self, inputs: tuple[str, ...]) -> None:
        """The inputs that the words name; those of earlier words go. Behind inputs that were put in
        by hand come those that the words have just begun to name: a line that was emptied by hand
        stays empty. A recalled order has its own, perhaps written otherwise."""
        if self.draft is None or INPUTS in self._passing:
            return
        own = self._put_in
        named = tuple(source for source in inputs if source not in own)
        if INPUTS in self.pinned:
            there = (*self.draft.inputs, *(source for source in named if source not in self._named))
            inputs = (*own, *(source for source in named if source in there))
        self._named = named
        if self.draft.inputs != inputs:
            self.feed(inputs)

    @property
    def _put_in(self) -> tuple[str, ...]:
        """The inputs that were put in by hand."""
        if INPUTS not in self.pinned:
            return ()
        return tuple(source for source in self.inputs if source not in self._named)

    def origin(self, part: str) -> Origin:
        """Where `part` (as in `pinned`) comes from."""
        if part in self.pinned:
            return Origin(SetBy.HAND)
        decision = self.decision
        if decision is None or decision.task_type is not self.kind:
            return Origin(SetBy.ITSELF)
        told = {KIND: ("media", "task_type"), MODEL: ("model", "tier"), ORDER: ("images_role",)}
        if part in self._read:
            told[part] = (self._read[part].part,)
        spans = tuple(span for name in told.get(part, ()) for span in decision.spans(name))
        return Origin(SetBy.WORDS, spans) if spans else Origin(SetBy.ITSELF)

    @property
    def in_steps(self) -> bool:
        """The prompt is about several things, and nobody chose one kind by hand: it is a plan."""
        several = self.decision is not None and bool(self.decision.steps)
        return several and KIND not in self.pinned

    @property
    def read(self) -> frozenset[str]:
        """The parameters that the prompt set."""
        return frozenset(self._read)

    @property
    def attached(self) -> tuple[str, ...]:
        """The inputs that were given by the user, where they count."""
        return self._put_in if self.kind.takes_inputs or KIND not in self.pinned else ()

    def roles(self, filled: int) -> tuple[Role, ...]:
        """The role of each input line when so many inputs are there."""
        found = drafting.roles_on(self.model, filled)
        if sorted(self.order) != list(range(len(found))):
            return found
        return tuple(found[self.order.index(place)] for place in range(len(found)))

    def ordered(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """`inputs` in the order in which they go out."""
        if sorted(self.order) != list(range(len(inputs))):
            return inputs
        return tuple(inputs[place] for place in self.order)

    def feed(self, inputs: tuple[str, ...]) -> None:
        """Take exactly these inputs, for a draft that is not begun, too."""
        if self.draft is None:
            self._waiting = inputs
        else:
            self.remark = None
            self.draft = replace(self.draft, inputs=inputs)

    def offer(self, models: Sequence[ModelVersion]) -> DraftPrice:
        """The price, by the list as it is now."""
        if self.model is None or self.draft is None:
            return DraftPrice()
        if models and drafting.same_leaf(models, self.model) is None:
            return DraftPrice(problem=UsageError("compose.gone", model=self.model.name))
        return self._with_elsewhere(drafting.offer(self.model, self.draft), models)

    def _with_elsewhere(self, offer: DraftPrice, models: Sequence[ModelVersion]) -> DraftPrice:
        if offer.quote is None or self.model is None or self.draft is None:
            return offer
        inputs = len(self.draft.inputs) if self.kind.takes_inputs else 0
        found = cheaper(models, self.kind, offer.quote.rule.points, inputs)
        if found is None or found.model.model_id == self.model.model_id:
            return offer
        return replace(offer, elsewhere=found)
