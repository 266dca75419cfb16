"""What an intent leaves open, with suggestions: a question, a requirement that is not available, a
model that is not in the list.

An answer is a change of the desk made by hand, so it pins what it changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.catalogue.choice import newest
from ima_tui.compose import apply_intent, draft, other_requests, parameter_names
from ima_tui.compose.apply_intent import EIGHT_K
from ima_tui.compose.composer import INPUTS, KIND, MODEL, ORDER, Composer, price_of
from ima_tui.compose.other_requests import answer as answer_to
from ima_tui.core.domain import Medium, ModelVersion, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import nearest
from ima_tui.i18n import listed
from ima_tui.intent import binding
from ima_tui.intent.intent import Parameter
from ima_tui.intent.kinds import Confidence, IntentQuestion, RequestKind

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent, Limit, Refusal

Lists = Mapping[TaskType, Sequence[ModelVersion]]
MOST = 4  # answers to one question
SILENT = "audio_unsupported_model"
_SHOWN = 16  # characters of a file's name


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way on: `key` and `values` say it, the rest is what it does. `points`: what the draft
    then costs, where that is worth knowing."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    kind: TaskType | None = None
    model: ModelVersion | None = None
    sets: tuple[tuple[str, Value], ...] = ()
    order: tuple[int, ...] = ()
    wants_input: bool = False  # the keys go to the inputs
    plans: bool = False
    """The prompt becomes a workflow."""
    points: int | None = None
    subject: str = ""
    """The name of a subject that gets its `@` in the prompt."""
    source: str = ""
    """An earlier result that becomes the input."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A sentence and its answers. `blocks`: nothing can be sent before one was given."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    answers: tuple[Suggestion, ...] = ()
    blocks: bool = False
    is_question: bool = False


def askings(desk: Composer, lists: Lists, text: str = "") -> tuple[OpenQuestion, ...]:
    """All that is open, the most urgent first. `text`: the prompt, which may tell a film."""
    decision = desk.decision
    if decision is None:
        return ()
    limits = other_requests.limits(text, decision)
    found = [
        *_subjects(desk),
        *_answered(desk, decision, lists),
        *_question(desk, decision, lists),
        *_unsure(desk, decision),
        *_film(text, decision),
        *(_limit(desk, each, lists) for each in limits if desk.model is not None),
        *_absent(desk, decision, lists),
    ]
    if decision.task_type is desk.kind and desk.model is not None:
        asked = {limit.code for limit in decision.limits}
        found += [
            _refused(desk, desk.model, refusal, lists)
            for refusal in apply_intent.refusals(decision, desk.model)
            if not (refusal.name == "audio" and SILENT in asked)
        ]
    return tuple(each for each in found if not _is_answered(desk, each))


def _subjects(desk: Composer) -> Iterator[OpenQuestion]:
    """Offer the subjects that are named without an `@`; say which `@` names none."""
    use = [Suggestion("subject.use", {"name": one.name}, subject=one.name)
           for one in desk.named.offered[:MOST]]  # fmt: skip
    if use:
        yield OpenQuestion("subject.offered", answers=tuple(use))
    for name in desk.named.unknown[:1]:
        known = [one.name for one in desk.subjects]
        names = ", ".join(nearest(name, known, 3, 0.2) or known[:3])
        yield OpenQuestion("subject.not_known", {"name": name, "names": names})


def _is_answered(desk: Composer, asking: OpenQuestion) -> bool:
    """Whether the user has chosen what one of the answers would."""
    for answer in asking.answers:
        names = {name for name, _ in answer.sets}
        if names and names <= desk.pins:
            return True
        if answer.model is not None and MODEL in desk.pins and answer.model == desk.model:
            return True
    return False


def take(
    desk: Composer, answer: Suggestion, suggested: Callable[[TaskType], ModelVersion | None]
) -> None:
    """Do what `answer` says, as if by hand, for this prompt."""
    if answer.kind is not None:
        desk.turn_to(answer.kind)
        desk.pins.hold(KIND, passing=True)
        if desk.model is None and (model := suggested(answer.kind)) is not None:
            desk.take(model)
    if answer.model is not None:
        desk.take(answer.model)
        desk.pins.hold(KIND, MODEL, passing=True)
    if answer.source:
        desk.feed((answer.source,))
        desk.pins.hold(INPUTS)
    if answer.order:
        desk.order = answer.order
        desk.pins.hold(ORDER, passing=True)
    for name, value in answer.sets:
        desk.set(name, value)
        desk.pins.hold(name, passing=True)


# ------------------------------------------------------------------------------- questions


def _answered(desk: Composer, decision: Intent, lists: Lists) -> Iterator[OpenQuestion]:
    """The answer to what somebody asks; to make something all the same takes one key."""
    if decision.kind is RequestKind.QUESTION and KIND not in desk.pins:
        told: dict[str, str | int] = {"answer": answer_to(decision, lists)}
        anyway = tuple(_makes(kind_for(medium, 0)) for medium in Medium)
        yield OpenQuestion("compose.answered", told, anyway, blocks=True, is_question=True)


def _question(desk: Composer, decision: Intent, lists: Lists) -> Iterator[OpenQuestion]:
    if decision.kind is not RequestKind.CLARIFY or KIND in desk.pins:
        return
    count = len(decision.inputs)
    if decision.question is IntentQuestion.MEDIA_TYPE:
        kinds = [kind_for(medium, count) for medium in Medium]
        answers = tuple(map(_makes, kinds))
        yield OpenQuestion("compose.ask_media", answers=answers, blocks=True, is_question=True)
    elif decision.question is IntentQuestion.IMAGE_ROLES:
        roles = tuple(_roles(decision.inputs, lists))
        yield OpenQuestion("compose.ask_roles", {"n": count}, roles, blocks=True, is_question=True)
    elif decision.question is IntentQuestion.MISSING_INPUT and decision.medium is not None:
        bare = kind_for(decision.medium, 0)
        last = desk.last
        earlier = (
            (Suggestion("compose.answer_last", last.words, source=last.source),) if last else ()
        )
        answers = (
            *earlier,
            Suggestion("compose.answer_add", wants_input=True),
            Suggestion("compose.answer_without", kind=bare),
        )
        yield OpenQuestion("compose.ask_input", answers=answers, blocks=True, is_question=True)


def _unsure(desk: Composer, decision: Intent) -> Iterator[OpenQuestion]:
    """What is meant, the guess first. A workflow shows its steps and asks before it is paid."""
    doubtful = decision.kind is RequestKind.SINGLE and decision.confidence is Confidence.UNSURE
    if not doubtful or decision.task_type is None or KIND in desk.pins:
        return
    other = decision.runner_up
    answers = [_makes(decision.task_type)]
    if other is not None and other.task_type is not None:
        answers.append(_makes(other.task_type))
    elif other is not None:
        answers.append(Suggestion("compose.answer_steps", plans=True))
    yield OpenQuestion("compose.ask_unsure", answers=tuple(answers), blocks=True, is_question=True)


def _film(text: str, decision: Intent) -> Iterator[OpenQuestion]:
    """Offer the workflow of a film where one video would be sent for several shots."""
    if count := other_requests.offered(text, decision):
        film = Suggestion("compose.answer_film", {"n": count}, plans=True)
        yield OpenQuestion("compose.reads_film", film.values, (film,))


def _makes(kind: TaskType) -> Suggestion:
    return Suggestion(f"compose.answer_{kind.medium}", kind=kind)


def kind_for(medium: Medium, inputs: int) -> TaskType:
    """The plainest kind that makes `medium` from so many pictures."""
    of_medium = [kind for kind in TaskType if kind.medium is medium]
    fitting = [kind for kind in of_medium if kind.takes_inputs == bool(inputs)]
    pairs = [kind for kind in fitting if kind.inputs == (inputs, inputs)]
    return (pairs or fitting or of_medium)[0]


def _roles(inputs: Sequence[str], lists: Lists) -> Iterator[Suggestion]:
    """Which picture is what, in a video."""
    names = [short(source) for source in inputs]
    if len(inputs) == 2 and lists.get(TaskType.FIRST_LAST_FRAME):
        for order in ((0, 1), (1, 0)):
            values: dict[str, str | int] = {"first": names[order[0]], "last": names[order[1]]}
            key, kind = "compose.answer_frames", TaskType.FIRST_LAST_FRAME
            yield Suggestion(key, values, kind=kind, order=order)
    if lists.get(TaskType.REFERENCE_TO_VIDEO):
        values = {"n": len(inputs)}
        yield Suggestion("compose.answer_reference", values, kind=TaskType.REFERENCE_TO_VIDEO)
    several = [
        model for model in lists.get(TaskType.IMAGE_TO_VIDEO, ()) if _takes(model, len(inputs))
    ]
    if several:
        yield Suggestion("compose.answer_moves", kind=TaskType.IMAGE_TO_VIDEO, model=several[0])


def _takes(model: ModelVersion, inputs: int) -> bool:
    most = draft.most_inputs(model)
    return most is not None and most >= inputs


def short(source: str) -> str:
    """A file's or link's last name, in few characters."""
    name = PurePath(source.rstrip("/")).name or source
    return name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "…"


# ----------------------------------------------------------------------- what isn't available

_CANONICAL = {
    "8k": "size",
    "aspect_ratio_custom": "aspect_ratio",
    "model_aspect_ratio": "aspect_ratio",
    "video_too_long": "duration",
}
"""The parameter that a limit is about."""


def _limit(desk: Composer, limit: Limit, lists: Lists) -> OpenQuestion:
    """A request that isn't available, with what is."""
    name = _CANONICAL.get(limit.code)
    exact = tuple(_exact(desk, limit))
    if name is None:
        able = _able(limit, lists)
        models = tuple(_models(desk, limit.models, able))
        if not models and limit.code == SILENT and (others := _elsewhere(desk, able)):
            models = tuple(_models(desk, (others[0].model_id,), able))
        return OpenQuestion(
            f"compose.limit_{limit.code}",
            {"asked": _name_of(limit.asked, lists)},
            (*exact, *models),
        )
    answers = [*exact]
    for possible in limit.possible:
        param = Parameter(name, _number(possible) if name == "duration" else possible)
        words = apply_intent.in_words(possible)
        found = _with(desk, param, lists, limit.models, words)
        if found is not None:
            answers.append(found)
    if limit.code == EIGHT_K and not answers:
        answers += _largest(desk, lists)
    possible, asked = map(apply_intent.in_words, (listed(limit.possible), limit.asked))
    values: dict[str, str | int] = {"asked": asked, "possible": possible}
    key = "compose.cannot" if answers else "compose.reads_limit"
    return OpenQuestion(key, values, tuple(answers[:MOST]))


def _exact(desk: Composer, limit: Limit) -> Iterator[Suggestion]:
    """Offer the workflow that really makes it: a crop, or pieces of music that are joined."""
    quote = price_of(desk, ()).quote
    if quote is None or desk.model is None or limit.param is None:
        return
    if limit.code == "aspect_ratio_custom" and desk.kind.medium in (Medium.IMAGE, Medium.VIDEO):
        ratio = {"ratio": limit.asked}
        yield Suggestion("compose.answer_crop", ratio, plans=True, points=quote.total)
    if limit.code == "music_duration":
        from ima_tui.intent.limits import music_pieces

        count = music_pieces(float(str(limit.param.value)), desk.model.model_id)
        join: dict[str, str | int] = {"length": limit.asked, "n": count}
        if count:
            points = count * quote.total
            yield Suggestion("compose.answer_join", join, plans=True, points=points)


def _able(limit: Limit, lists: Lists) -> Lists:
    """`lists`, of the leaves that have what was asked of a model that hasn't."""
    if limit.code != SILENT:
        return lists
    sound = Parameter("audio", value=True)
    return {
        kind: [model for model in model_versions if apply_intent.can(model, sound)]
        for kind, model_versions in lists.items()
    }


def _largest(desk: Composer, lists: Lists) -> Iterator[Suggestion]:
    """The most that this model makes, and one that makes more."""
    here = apply_intent.largest(desk.model) if desk.model is not None else None
    if here is not None:
        name, value, label = here
        answer = Suggestion("compose.answer_value", {"value": label}, sets=((name, value),))
        yield _priced(desk, answer)
    least = apply_intent.lines(here[2]) if here is not None else 0
    for model in _elsewhere(desk, lists):
        best = apply_intent.largest(model)
        if best is not None and apply_intent.lines(best[2]) > least:
            words: dict[str, str | int] = {"value": best[2], "model": model.name}
            sets = ((best[0], best[1]),)
            yield _priced(
                desk, Suggestion("compose.answer_value_on", words, model=model, sets=sets)
            )
            return


def _number(words: str) -> Value:
    digits = re.search(r"\d+", words)
    return int(digits[0]) if digits else words


def _with(
    desk: Composer, param: Parameter, lists: Lists, models: Sequence[str], words: str
) -> Suggestion | None:
    """The answer that has `param`: here, else on another model that offers it."""
    here = [desk.model] if desk.model is not None else []
    for model in (*here, *_elsewhere(desk, lists, models)):
        bound, refused = binding.bind(model, (param,))
        if not bound or refused:
            continue
        if model == desk.model:
            return _priced(desk, Suggestion("compose.answer_value", {"value": words}, sets=bound))
        values: dict[str, str | int] = {"value": words, "model": model.name}
        return _priced(desk, Suggestion("compose.answer_value_on", values, model=model, sets=bound))
    return None


def _elsewhere(desk: Composer, lists: Lists, models: Sequence[str] = ()) -> list[ModelVersion]:
    """The other models of this kind, those that are named first."""
    model_versions = [model for model in lists.get(desk.kind, ()) if model != desk.model]
    order = {model_id: place for place, model_id in enumerate(models)}
    return sorted(model_versions, key=lambda model: order.get(model.model_id, len(order)))


def _models(desk: Composer, models: Sequence[str], lists: Lists) -> Iterator[Suggestion]:
    """The live ones of `models`, to be taken instead."""
    model_versions = lists.get(desk.kind, ())
    for model_id in models[:MOST]:
        kin = [model for model in model_versions if model.model_id == model_id]
        if kin and newest(kin) != desk.model:
            model = newest(kin)
            yield _priced(
                desk, Suggestion("compose.answer_model", {"model": model.name}, model=model)
            )


def _name_of(model_id: str, lists: Lists) -> str:
    model_versions = (model for found in lists.values() for model in found)
    return next((model.name for model in model_versions if model.model_id == model_id), model_id)


def _absent(desk: Composer, decision: Intent, lists: Lists) -> Iterator[OpenQuestion]:
    """A model that is not offered here, with its kin and what serves by itself."""
    if not decision.absent or MODEL in desk.pins:
        return
    kin = [other.value for other in decision.alternatives if other.part == "model"]
    answers = list(_models(desk, kin, lists))
    if desk.model is not None:
        values: dict[str, str | int] = {"model": desk.model.name}
        answers.append(_priced(desk, Suggestion("compose.answer_model", values, model=desk.model)))
    names = listed(_name_of(name, lists) for name in decision.absent)
    yield OpenQuestion("compose.reads_absent", {"names": names}, tuple(answers[:MOST]))


def _refused(desk: Composer, model: ModelVersion, refusal: Refusal, lists: Lists) -> OpenQuestion:
    """What this model can't do, with what it can, and a model that can."""
    near = _nearest(refusal.asked, refusal.possible)
    if refusal.both:
        near = [*refusal.possible, refusal.asked]
    answers: list[Suggestion] = []
    for value in near[: MOST - 1]:
        if refusal.name == form.COUNT:
            bound: tuple[tuple[str, Value], ...] = ((form.COUNT, value),)
        else:
            bound, _ = binding.bind(model, (Parameter(refusal.name, value),))
        if bound:
            label = draft.option_label(model, *bound[0])
            words = {"value": parameter_names.answer(refusal.name, label)}
            answers.append(_priced(desk, Suggestion("compose.answer_value", words, sets=bound)))
    every = desk.decision.params if refusal.both and desk.decision is not None else ()
    wanted = every or (Parameter(refusal.name, refusal.asked),)
    for other in _elsewhere(desk, lists):
        if not binding.bind(other, wanted)[1]:
            words = {"model": other.name}
            answers.append(
                _priced(desk, Suggestion("compose.answer_model_can", words, model=other))
            )
            break
    speaks = any(map(parameter_names.is_voice, form.user_fields(model)))
    key, told = parameter_names.lacks(model.name, refusal, takes_voice=speaks)
    # what is possible instead are the answers themselves
    key = "compose.lacks_value" if key == "lacking.value" and answers else key
    return OpenQuestion(key, told, tuple(answers))


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


def _priced(desk: Composer, answer: Suggestion) -> Suggestion:
    """`answer` with what the draft then costs."""
    trial = tried(desk, answer)
    quote = price_of(trial, ()).quote if trial is not None else None
    return replace(answer, points=quote.total) if quote is not None else answer


def tried(desk: Composer, answer: Suggestion) -> Composer | None:
    """A copy of `desk` as it would be after `answer`, with what the words then set; None where it
    can't be given."""
    trial = desk.copy()
    try:
        take(trial, answer, lambda kind: None)
    except UsageError:
        return None
    trial.hear(trial.decision, None)
    return trial
