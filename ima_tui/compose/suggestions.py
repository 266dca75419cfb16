"""What a reading leaves open, with the answers that can be given to it: a question, a wish that
can't be had, a model that is not here; and the switch for what is to be remembered.

An answer is a change of the desk made by hand, so it pins what it changes. What was answered is not
asked again, until it is let go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ima_tui.catalogue.choice import Reason, newest
from ima_tui.compose import (
    apply_intent,
    capabilities,
    draft,
    parameter_names,
)
from ima_tui.compose.capabilities import EIGHT_K
from ima_tui.compose.composer import (
    KIND,
    MODEL,
    ORDER,
    Desk,
)
from ima_tui.core.domain import (
    Leaf,
    Medium,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.intent import binding
from ima_tui.intent.intent import Kind, Parameter, Question
from ima_tui.preferences import policy

if TYPE_CHECKING:
    from ima_tui.intent.intent import Decision, Limit, Refusal

Lists = Mapping[TaskType, Sequence[Leaf]]
MOST = 4
"""Answers to one question."""
SILENT = "audio_unsupported_model"
_SHOWN = 16
"""Characters of a file's name in an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One way on: `key` and `values` say it, the rest is what it does. `points`: what the draft
    then costs, where that is worth knowing."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    kind: TaskType | None = None
    leaf: Leaf | None = None
    sets: tuple[tuple[str, Value], ...] = ()
    order: tuple[int, ...] = ()
    wants_input: bool = False
    """The keys go to the inputs."""
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """A sentence and its answers. `blocks`: nothing can be sent before one was given."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    blocks: bool = False
    is_question: bool = False


def askings(desk: Desk, lists: Lists) -> tuple[Asking, ...]:
    """All that is open, the most urgent first."""
    decision = desk.decision
    if decision is None:
        return ()
    found = [
        *_question(desk, decision, lists),
        *(_limit(desk, limit, lists) for limit in decision.limits if desk.leaf is not None),
        *_absent(desk, decision, lists),
    ]
    if decision.task_type is desk.kind and desk.leaf is not None:
        asked = {limit.code for limit in decision.limits}
        found += [
            _refused(desk, desk.leaf, refusal, lists)
            for refusal in apply_intent.refusals(decision, desk.leaf)
            if not (refusal.name == "audio" and SILENT in asked)
        ]
    return tuple(each for each in found if not _is_answered(desk, each))


def _is_answered(desk: Desk, asking: Asking) -> bool:
    """Whether somebody has chosen by hand what one of the answers would."""
    for answer in asking.answers:
        names = {name for name, _ in answer.sets}
        if names and names <= desk.pinned:
            return True
        if answer.leaf is not None and MODEL in desk.pinned and answer.leaf == desk.leaf:
            return True
    return False


def take(desk: Desk, answer: Answer, suggested: Callable[[TaskType], Leaf | None]) -> None:
    """Do what `answer` says, as if by hand, for this prompt."""
    if answer.kind is not None:
        desk.turn_to(answer.kind)
        desk.pin(KIND, passing=True)
        if desk.leaf is None and (leaf := suggested(answer.kind)) is not None:
            desk.take(leaf)
    if answer.leaf is not None:
        desk.take(answer.leaf)
        desk.pin(KIND, MODEL, passing=True)
    if answer.order:
        desk.order = answer.order
        desk.pin(ORDER, passing=True)
    for name, value in answer.sets:
        desk.set(name, value)
        desk.pin(name, passing=True)


# ------------------------------------------------------------------------------- questions


def _question(desk: Desk, decision: Decision, lists: Lists) -> Iterator[Asking]:
    if decision.kind is not Kind.CLARIFY or KIND in desk.pinned:
        return
    count = len(decision.inputs)
    if decision.question is Question.MEDIA_TYPE:
        kinds = [_kind_for(medium, count) for medium in Medium]
        answers = tuple(Answer(f"compose.answer_{kind.medium}", kind=kind) for kind in kinds)
        yield Asking("compose.ask_media", answers=answers, blocks=True, is_question=True)
    elif decision.question is Question.IMAGE_ROLES:
        roles = tuple(_roles(decision.inputs, lists))
        yield Asking("compose.ask_roles", {"n": count}, roles, blocks=True, is_question=True)
    elif decision.question is Question.MISSING_INPUT and decision.medium is not None:
        bare = _kind_for(decision.medium, 0)
        answers = (
            Answer("compose.answer_add", wants_input=True),
            Answer("compose.answer_without", kind=bare),
        )
        yield Asking("compose.ask_input", answers=answers, blocks=True, is_question=True)


def _kind_for(medium: Medium, inputs: int) -> TaskType:
    """The plainest kind that makes `medium` from so many pictures."""
    of_medium = [kind for kind in TaskType if kind.medium is medium]
    fitting = [kind for kind in of_medium if kind.takes_inputs == bool(inputs)]
    pairs = [kind for kind in fitting if kind.inputs == (inputs, inputs)]
    return (pairs or fitting or of_medium)[0]


def _roles(inputs: Sequence[str], lists: Lists) -> Iterator[Answer]:
    """Which picture is what, in a video."""
    names = [short(source) for source in inputs]
    if len(inputs) == 2 and lists.get(TaskType.FIRST_LAST_FRAME):
        for order in ((0, 1), (1, 0)):
            values: dict[str, str | int] = {"first": names[order[0]], "last": names[order[1]]}
            key, kind = "compose.answer_frames", TaskType.FIRST_LAST_FRAME
            yield Answer(key, values, kind=kind, order=order)
    if lists.get(TaskType.REFERENCE_TO_VIDEO):
        values = {"n": len(inputs)}
        yield Answer("compose.answer_reference", values, kind=TaskType.REFERENCE_TO_VIDEO)
    several = [leaf for leaf in lists.get(TaskType.IMAGE_TO_VIDEO, ()) if _takes(leaf, len(inputs))]
    if several:
        yield Answer("compose.answer_moves", kind=TaskType.IMAGE_TO_VIDEO, leaf=several[0])


def _takes(leaf: Leaf, inputs: int) -> bool:
    most = draft.most_inputs(leaf)
    return most is not None and most >= inputs


def short(source: str) -> str:
    """A file's or link's last name, in few characters."""
    name = PurePath(source.rstrip("/")).name or source
    return name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "…"


# ----------------------------------------------------------------------- what can't be had

_CANONICAL = {
    "8k": "size",
    "aspect_ratio_custom": "aspect_ratio",
    "model_aspect_ratio": "aspect_ratio",
    "video_too_long": "duration",
}
"""The parameter that a limit is about."""


def _limit(desk: Desk, limit: Limit, lists: Lists) -> Asking:
    """A wish that nobody can fulfil, with what can be had."""
    name = _CANONICAL.get(limit.code)
    if name is None:
        able = _able(limit, lists)
        models = tuple(_models(desk, limit.models, able))
        if not models and limit.code == SILENT and (others := _elsewhere(desk, able)):
            models = tuple(_models(desk, (others[0].model_id,), able))
        return Asking(
            f"compose.limit_{limit.code}", {"asked": _name_of(limit.asked, lists)}, models
        )
    answers: list[Answer] = []
    for possible in limit.possible:
        param = Parameter(name, _number(possible) if name == "duration" else possible)
        words = capabilities.in_words(possible)
        found = _with(desk, param, lists, limit.models, words)
        if found is not None:
            answers.append(found)
    if limit.code == EIGHT_K and not answers:
        answers += _largest(desk, lists)
    possible = capabilities.in_words(", ".join(limit.possible))
    asked = capabilities.in_words(limit.asked)
    values: dict[str, str | int] = {"asked": asked, "possible": possible}
    key = "compose.cannot" if answers else "compose.reads_limit"
    return Asking(key, values, tuple(answers[:MOST]))


def _able(limit: Limit, lists: Lists) -> Lists:
    """`lists`, of the leaves that have what was asked of a model that hasn't."""
    if limit.code != SILENT:
        return lists
    sound = Parameter("audio", value=True)
    return {
        kind: [leaf for leaf in leaves if capabilities.can(leaf, sound)]
        for kind, leaves in lists.items()
    }


def _largest(desk: Desk, lists: Lists) -> Iterator[Answer]:
    """The most that this model makes, and one that makes more."""
    here = capabilities.largest(desk.leaf) if desk.leaf is not None else None
    if here is not None:
        name, value, label = here
        answer = Answer("compose.answer_value", {"value": label}, sets=((name, value),))
        yield _priced(desk, answer)
    least = capabilities.lines(here[2]) if here is not None else 0
    for leaf in _elsewhere(desk, lists):
        best = capabilities.largest(leaf)
        if best is not None and capabilities.lines(best[2]) > least:
            words: dict[str, str | int] = {"value": best[2], "model": leaf.name}
            sets = ((best[0], best[1]),)
            yield _priced(desk, Answer("compose.answer_value_on", words, leaf=leaf, sets=sets))
            return


def _number(words: str) -> Value:
    digits = re.search(r"\d+", words)
    return int(digits[0]) if digits else words


def _with(
    desk: Desk, param: Parameter, lists: Lists, models: Sequence[str], words: str
) -> Answer | None:
    """The answer that has `param`: here, else on another model that offers it."""
    here = [desk.leaf] if desk.leaf is not None else []
    for leaf in (*here, *_elsewhere(desk, lists, models)):
        bound, refused = binding.bind(leaf, (param,))
        if not bound or refused:
            continue
        if leaf == desk.leaf:
            return _priced(desk, Answer("compose.answer_value", {"value": words}, sets=bound))
        values: dict[str, str | int] = {"value": words, "model": leaf.name}
        return _priced(desk, Answer("compose.answer_value_on", values, leaf=leaf, sets=bound))
    return None


def _elsewhere(desk: Desk, lists: Lists, models: Sequence[str] = ()) -> list[Leaf]:
    """The other models of this kind, those that are named first."""
    leaves = [leaf for leaf in lists.get(desk.kind, ()) if leaf != desk.leaf]
    order = {model_id: place for place, model_id in enumerate(models)}
    return sorted(leaves, key=lambda leaf: order.get(leaf.model_id, len(order)))


def _models(desk: Desk, models: Sequence[str], lists: Lists) -> Iterator[Answer]:
    """The live ones of `models`, to be taken instead."""
    leaves = lists.get(desk.kind, ())
    for model_id in models[:MOST]:
        kin = [leaf for leaf in leaves if leaf.model_id == model_id]
        if kin and newest(kin) != desk.leaf:
            leaf = newest(kin)
            yield _priced(desk, Answer("compose.answer_model", {"model": leaf.name}, leaf=leaf))


def _name_of(model_id: str, lists: Lists) -> str:
    leaves = (leaf for found in lists.values() for leaf in found)
    return next((leaf.name for leaf in leaves if leaf.model_id == model_id), model_id)


def _absent(desk: Desk, decision: Decision, lists: Lists) -> Iterator[Asking]:
    """A model that is not offered here, with its kin and what serves by itself."""
    if not decision.absent or MODEL in desk.pinned:
        return
    kin = [other.value for other in decision.alternatives if other.part == "model"]
    answers = list(_models(desk, kin, lists))
    if desk.leaf is not None:
        values: dict[str, str | int] = {"model": desk.leaf.name}
        answers.append(_priced(desk, Answer("compose.answer_model", values, leaf=desk.leaf)))
    names = ", ".join(_name_of(name, lists) for name in decision.absent)
    yield Asking("compose.reads_absent", {"names": names}, tuple(answers[:MOST]))


def _refused(desk: Desk, leaf: Leaf, refusal: Refusal, lists: Lists) -> Asking:
    """What this model can't do, with what it can, and a model that can."""
    near = _nearest(refusal.asked, refusal.possible)
    if refusal.both:
        near = [*refusal.possible, refusal.asked]
    answers: list[Answer] = []
    for value in near[: MOST - 1]:
        if refusal.name == apply_intent.COUNT:
            bound: tuple[tuple[str, Value], ...] = ((apply_intent.COUNT, value),)
        else:
            bound, _ = binding.bind(leaf, (Parameter(refusal.name, value),))
        if bound:
            label = draft.option_label(leaf, *bound[0])
            words = {"value": parameter_names.value(refusal.name, label)}
            answers.append(_priced(desk, Answer("compose.answer_value", words, sets=bound)))
    every = desk.decision.params if refusal.both and desk.decision is not None else ()
    wanted = every or (Parameter(refusal.name, refusal.asked),)
    for other in _elsewhere(desk, lists):
        if not binding.bind(other, wanted)[1]:
            words = {"model": other.name}
            answers.append(_priced(desk, Answer("compose.answer_model_can", words, leaf=other)))
            break
    key, told = parameter_names.lacks(leaf.name, refusal)
    # what is possible instead are the answers themselves
    key = "compose.lacks_value" if key == "lacking.value" and answers else key
    return Asking(key, told, tuple(answers))


def _nearest(asked: Value, possible: Sequence[Value]) -> list[Value]:
    """`possible`, nearest first where they can be measured."""
    wanted = _measure(asked)
    if wanted is None:
        return list(possible)
    return sorted(possible, key=lambda value: abs((_measure(value) or 0) - wanted))


def _measure(value: Value) -> float | None:
    text = str(value)
    ratio = re.fullmatch(r"(\d+):(\d+)", text)
    if ratio and int(ratio[2]):
        return int(ratio[1]) / int(ratio[2])
    number = re.match(r"\d+(?:\.\d+)?", text)
    return float(number[0]) if number else None


def _priced(desk: Desk, answer: Answer) -> Answer:
    """`answer` with what the draft then costs."""
    trial = tried(desk, answer)
    quote = trial.offer(()).quote if trial is not None else None
    return replace(answer, points=quote.total) if quote is not None else answer


def tried(desk: Desk, answer: Answer) -> Desk | None:
    """A copy of `desk` as it would be after `answer`, with what the words then set; None where it
    can't be given."""
    trial = desk.copy()
    try:
        take(trial, answer, lambda kind: None)
    except UsageError:
        return None
    trial.hear(trial.decision, None)
    return trial


# ---------------------------------------------------------------------- what is remembered


@dataclass(frozen=True, slots=True)
class Switch:
    """What sending changes in the preferences, and whether it will."""

    proposal: policy.Proposal
    on: bool


def switch(desk: Desk, before: str) -> Switch | None:
    """`before`: the model id that is remembered for the desk's kind, or ""."""
    if desk.leaf is None:
        return None
    decision = desk.decision
    meant = decision if decision is not None and decision.task_type is desk.kind else None
    reason = meant.reason if meant is not None and meant.reason is not None else Reason.DEFAULT
    if MODEL in desk.pinned:
        reason = Reason.REQUEST
    proposal = policy.propose(meant, desk.leaf, reason, before)
    if proposal is None:
        return None
    return Switch(proposal, proposal.on if desk.remember is None else desk.remember)
