"""What an intent leaves open, with suggestions: a question, a requirement that is not available, a
model that is not in the list.

A suggestion is a change of the draft made by hand, so it pins what it changes.
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
from ima_tui.compose.composer import INPUTS, KIND, MODEL, ORDER, Composer
from ima_tui.compose.other_requests import answer as answer_to
from ima_tui.compose.prices import price_of
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
    task_type: TaskType | None = None
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


def askings(composer: Composer, lists: Lists, text: str = "") -> tuple[OpenQuestion, ...]:
    """All that is open, the most urgent first. `text`: the prompt, which may tell a film."""
    intent = composer.intent
    if intent is None:
        return ()
    limits = other_requests.limits(text, intent)
    found = [
        *_subjects(composer),
        *_answered(composer, intent, lists),
        *_question(composer, intent, lists),
        *_unsure(composer, intent),
        *_film(text, intent),
        *(_limit(composer, each, lists) for each in limits if composer.model is not None),
        *_absent(composer, intent, lists),
    ]
    if intent.task_type is composer.task_type and composer.model is not None:
        asked = {limit.code for limit in intent.limits}
        found += [
            _refused(composer, composer.model, refusal, lists)
            for refusal in apply_intent.refusals(intent, composer.model)
            if not (refusal.name == "audio" and SILENT in asked)
        ]
    return tuple(each for each in found if not _is_answered(composer, each))


def _subjects(composer: Composer) -> Iterator[OpenQuestion]:
    """Offer the subjects that are named without an `@`; say which `@` names none."""
    use = [Suggestion("subject.use", {"name": one.name}, subject=one.name)
           for one in composer.named.offered[:MOST]]  # fmt: skip
    if use:
        yield OpenQuestion("subject.offered", answers=tuple(use))
    for name in composer.named.unknown[:1]:
        known = [one.name for one in composer.subjects]
        names = ", ".join(nearest(name, known, 3, 0.2) or known[:3])
        yield OpenQuestion("subject.not_known", {"name": name, "names": names})


def _is_answered(composer: Composer, asking: OpenQuestion) -> bool:
    """Whether the user has chosen what one of the answers would."""
    for answer in asking.answers:
        names = {name for name, _ in answer.sets}
        if names and names <= composer.pins:
            return True
        if answer.model is not None and MODEL in composer.pins and answer.model == composer.model:
            return True
    return False


def take(
    composer: Composer, answer: Suggestion, suggested: Callable[[TaskType], ModelVersion | None]
) -> None:
    """Do what `answer` says, as if by hand, for this prompt."""
    if answer.task_type is not None:
        composer.turn_to(answer.task_type)
        composer.pins.hold(KIND, passing=True)
        if composer.model is None and (model := suggested(answer.task_type)) is not None:
            composer.take(model)
    if answer.model is not None:
        composer.take(answer.model)
        composer.pins.hold(KIND, MODEL, passing=True)
    if answer.source:
        composer.feed((answer.source,))
        composer.pins.hold(INPUTS)
    if answer.order:
        composer.order = answer.order
        composer.pins.hold(ORDER, passing=True)
    for name, value in answer.sets:
        composer.set(name, value)
        composer.pins.hold(name, passing=True)


# ------------------------------------------------------------------------------- questions


def _answered(composer: Composer, intent: Intent, lists: Lists) -> Iterator[OpenQuestion]:
    """The answer to what somebody asks; to make something all the same takes one key."""
    if intent.kind is RequestKind.QUESTION and KIND not in composer.pins:
        told: dict[str, str | int] = {"answer": answer_to(intent, lists)}
        anyway = tuple(_makes(apply_intent.plainest(medium, 0)) for medium in Medium)
        yield OpenQuestion("compose.answered", told, anyway, blocks=True, is_question=True)


def _question(composer: Composer, intent: Intent, lists: Lists) -> Iterator[OpenQuestion]:
    if intent.kind is not RequestKind.CLARIFY or KIND in composer.pins:
        return
    count = len(intent.inputs)
    if intent.question is IntentQuestion.MEDIA_TYPE:
        answers = tuple(_makes(apply_intent.plainest(medium, count)) for medium in Medium)
        yield OpenQuestion("compose.ask_media", answers=answers, blocks=True, is_question=True)
    elif intent.question is IntentQuestion.IMAGE_ROLES:
        roles = tuple(_roles(intent.inputs, lists))
        yield OpenQuestion("compose.ask_roles", {"n": count}, roles, blocks=True, is_question=True)
    elif intent.question is IntentQuestion.MISSING_INPUT and intent.medium is not None:
        bare = apply_intent.plainest(intent.medium, 0)
        last = composer.last
        again = "compose.answer_last"
        answers = (
            *((Suggestion(again, last.words, source=last.source),) if last else ()),
            Suggestion("compose.answer_add", wants_input=True),
            Suggestion("compose.answer_without", task_type=bare),
        )
        yield OpenQuestion("compose.ask_input", answers=answers, blocks=True, is_question=True)


def _unsure(composer: Composer, intent: Intent) -> Iterator[OpenQuestion]:
    """What is meant, the guess first. A workflow shows its steps and asks before it is paid."""
    doubtful = intent.kind is RequestKind.SINGLE and intent.confidence is Confidence.UNSURE
    if not doubtful or intent.task_type is None or KIND in composer.pins:
        return
    other = intent.runner_up
    answers = [_makes(intent.task_type)]
    if other is not None and other.task_type is not None:
        answers.append(_makes(other.task_type))
    elif other is not None:
        answers.append(Suggestion("compose.answer_steps", plans=True))
    yield OpenQuestion("compose.ask_unsure", answers=tuple(answers), blocks=True, is_question=True)


def _film(text: str, intent: Intent) -> Iterator[OpenQuestion]:
    """Offer the workflow of a film where one video would be sent for several shots."""
    if count := other_requests.offered(text, intent):
        film = Suggestion("compose.answer_film", {"n": count}, plans=True)
        yield OpenQuestion("compose.reads_film", film.values, (film,))


def _makes(task_type: TaskType) -> Suggestion:
    return Suggestion(f"compose.answer_{task_type.medium}", task_type=task_type)


def _roles(inputs: Sequence[str], lists: Lists) -> Iterator[Suggestion]:
    """Which picture is what, in a video."""
    names = [short(source) for source in inputs]
    if len(inputs) == 2 and lists.get(TaskType.FIRST_LAST_FRAME):
        for order in ((0, 1), (1, 0)):
            values: dict[str, str | int] = {"first": names[order[0]], "last": names[order[1]]}
            key, task_type = "compose.answer_frames", TaskType.FIRST_LAST_FRAME
            yield Suggestion(key, values, task_type=task_type, order=order)
    if lists.get(TaskType.REFERENCE_TO_VIDEO):
        values = {"n": len(inputs)}
        yield Suggestion("compose.answer_reference", values, task_type=TaskType.REFERENCE_TO_VIDEO)
    several = [
        model for model in lists.get(TaskType.IMAGE_TO_VIDEO, ()) if _takes(model, len(inputs))
    ]
    if several:
        moved = TaskType.IMAGE_TO_VIDEO
        yield Suggestion("compose.answer_moves", task_type=moved, model=several[0])


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


def _limit(composer: Composer, limit: Limit, lists: Lists) -> OpenQuestion:
    """A request that isn't available, with what is."""
    name = _CANONICAL.get(limit.code)
    exact = tuple(_exact(composer, limit))
    if name is None:
        able = _able(limit, lists)
        models = tuple(_models(composer, limit.models, able))
        if not models and limit.code == SILENT and (others := _elsewhere(composer, able)):
            models = tuple(_models(composer, (others[0].model_id,), able))
        return OpenQuestion(
            f"compose.limit_{limit.code}",
            {"asked": _name_of(limit.asked, lists)},
            (*exact, *models),
        )
    answers = [*exact]
    for possible in limit.possible:
        param = Parameter(name, _number(possible) if name == "duration" else possible)
        words = apply_intent.in_words(possible)
        found = _with(composer, param, lists, limit.models, words)
        if found is not None:
            answers.append(found)
    if limit.code == apply_intent.EIGHT_K and not answers:
        answers += _largest(composer, lists)
    possible, asked = map(apply_intent.in_words, (listed(limit.possible), limit.asked))
    values: dict[str, str | int] = {"asked": asked, "possible": possible}
    key = "compose.cannot" if answers else "compose.reads_limit"
    return OpenQuestion(key, values, tuple(answers[:MOST]))


def _exact(composer: Composer, limit: Limit) -> Iterator[Suggestion]:
    """Offer the workflow that really makes it: a crop, or pieces of music that are joined."""
    quote = price_of(composer, ()).quote
    if quote is None or composer.model is None or limit.param is None:
        return
    medium = composer.task_type.medium
    if limit.code == "aspect_ratio_custom" and medium in (Medium.IMAGE, Medium.VIDEO):
        ratio = {"ratio": limit.asked}
        yield Suggestion("compose.answer_crop", ratio, plans=True, points=quote.total)
    if limit.code == "music_duration":
        from ima_tui.intent.limits import music_pieces

        count = music_pieces(float(str(limit.param.value)), composer.model.model_id)
        join: dict[str, str | int] = {"length": limit.asked, "n": count}
        if count:
            points = count * quote.total
            yield Suggestion("compose.answer_join", join, plans=True, points=points)


def _able(limit: Limit, lists: Lists) -> Lists:
    """`lists`, of the models that have what was asked of a model that hasn't."""
    if limit.code != SILENT:
        return lists
    sound = Parameter("audio", value=True)
    return {
        task_type: [model for model in model_versions if apply_intent.can(model, sound)]
        for task_type, model_versions in lists.items()
    }


def _largest(composer: Composer, lists: Lists) -> Iterator[Suggestion]:
    """The most that this model makes, and one that makes more."""
    here = apply_intent.largest(composer.model) if composer.model is not None else None
    if here is not None:
        name, value, label = here
        answer = Suggestion("compose.answer_value", {"value": label}, sets=((name, value),))
        yield _priced(composer, answer)
    least = apply_intent.lines(here[2]) if here is not None else 0
    for model in _elsewhere(composer, lists):
        best = apply_intent.largest(model)
        if best is not None and apply_intent.lines(best[2]) > least:
            words: dict[str, str | int] = {"value": best[2], "model": model.name}
            sets = ((best[0], best[1]),)
            yield _priced(
                composer, Suggestion("compose.answer_value_on", words, model=model, sets=sets)
            )
            return


def _number(words: str) -> Value:
    digits = re.search(r"\d+", words)
    return int(digits[0]) if digits else words


def _with(
    composer: Composer, param: Parameter, lists: Lists, models: Sequence[str], words: str
) -> Suggestion | None:
    """The answer that has `param`: here, else on another model that offers it."""
    here = [composer.model] if composer.model is not None else []
    for model in (*here, *_elsewhere(composer, lists, models)):
        bound, refused = binding.bind(model, (param,))
        if not bound or refused:
            continue
        if model == composer.model:
            return _priced(
                composer, Suggestion("compose.answer_value", {"value": words}, sets=bound)
            )
        values: dict[str, str | int] = {"value": words, "model": model.name}
        return _priced(
            composer, Suggestion("compose.answer_value_on", values, model=model, sets=bound)
        )
    return None


def _elsewhere(composer: Composer, lists: Lists, models: Sequence[str] = ()) -> list[ModelVersion]:
    """The other models of this task type, those that are named first."""
    live = lists.get(composer.task_type, ())
    model_versions = [model for model in live if model != composer.model]
    order = {model_id: place for place, model_id in enumerate(models)}
    return sorted(model_versions, key=lambda model: order.get(model.model_id, len(order)))


def _models(composer: Composer, models: Sequence[str], lists: Lists) -> Iterator[Suggestion]:
    """The live ones of `models`, to be taken instead."""
    model_versions = lists.get(composer.task_type, ())
    for model_id in models[:MOST]:
        kin = [model for model in model_versions if model.model_id == model_id]
        if kin and newest(kin) != composer.model:
            model = newest(kin)
            yield _priced(
                composer, Suggestion("compose.answer_model", {"model": model.name}, model=model)
            )


def _name_of(model_id: str, lists: Lists) -> str:
    model_versions = (model for found in lists.values() for model in found)
    return next((model.name for model in model_versions if model.model_id == model_id), model_id)


def _absent(composer: Composer, intent: Intent, lists: Lists) -> Iterator[OpenQuestion]:
    """A model that is not offered here, with its kin and what serves by itself."""
    if not intent.absent or MODEL in composer.pins:
        return
    kin = [other.value for other in intent.alternatives if other.part == "model"]
    answers = list(_models(composer, kin, lists))
    if composer.model is not None:
        values: dict[str, str | int] = {"model": composer.model.name}
        answers.append(
            _priced(composer, Suggestion("compose.answer_model", values, model=composer.model))
        )
    names = listed(_name_of(name, lists) for name in intent.absent)
    yield OpenQuestion("compose.reads_absent", {"names": names}, tuple(answers[:MOST]))


def _refused(
    composer: Composer, model: ModelVersion, refusal: Refusal, lists: Lists
) -> OpenQuestion:
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
            answers.append(_priced(composer, Suggestion("compose.answer_value", words, sets=bound)))
    every = composer.intent.params if refusal.both and composer.intent is not None else ()
    wanted = every or (Parameter(refusal.name, refusal.asked),)
    for other in _elsewhere(composer, lists):
        if not binding.bind(other, wanted)[1]:
            words = {"model": other.name}
            answers.append(
                _priced(composer, Suggestion("compose.answer_model_can", words, model=other))
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


def _priced(composer: Composer, answer: Suggestion) -> Suggestion:
    """`answer` with what the draft then costs."""
    trial = tried(composer, answer)
    quote = price_of(trial, ()).quote if trial is not None else None
    return replace(answer, points=quote.total) if quote is not None else answer


def tried(composer: Composer, answer: Suggestion) -> Composer | None:
    """A copy of `composer` as it would be after `answer`, with what the words then set; None where
    it can't be given."""
    trial = composer.copy()
    try:
        take(trial, answer, lambda task_type: None)
    except UsageError:
        return None
    trial.hear(trial.intent, None)
    return trial
