"""What an intent means for one model: its parameters and values, and the words that gave them.

The router knows canonical parameters (`duration` 30, `size` 8K); here they get the model's own
names and values, each with the part of the evidence (`params.duration`) that points to its words:
exactly the value that was asked for, else the nearest one on offer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.core.domain import Field, FieldKind, Medium, ModelVersion, Option, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import pattern
from ima_tui.i18n import listed, say
from ima_tui.intent import binding
from ima_tui.intent.intent import LYRICS, TITLE, Parameter
from ima_tui.intent.kinds import IntentQuestion

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent, Limit, Parameter, Refusal, Roles


_DESCRIBED = "gpt_description_prompt"
"""The field for a description, where lyrics have another place."""


@dataclass(frozen=True, slots=True)
class AppliedIntent:
    """A parameter's value, and the part of the evidence that it comes from. `exact`: it is what the
    words ask for, not the nearest one on offer."""

    value: Value
    part: str
    exact: bool = True


def settings(intent: Intent, model: ModelVersion) -> dict[str, AppliedIntent]:
    """What the words set on `model`, to the nearest value where it does not have the one that was
    asked for. `confirmation` tells what differs."""
    found: dict[str, AppliedIntent] = {}
    for param, fit in fitted(model, intent.requirements).items():
        found.setdefault(fit.name, AppliedIntent(fit.value, f"params.{param.name}", fit.exact))
    if model.task_type is TaskType.TEXT_TO_MUSIC:
        sung = intent.param(LYRICS)
        for name, value in song_settings(model, sung, intent.description, intent.style):
            found.setdefault(name, AppliedIntent(value, f"params.{LYRICS}" if sung else "media"))
    return found


def parameters(intent: Intent, model: ModelVersion) -> dict[str, AppliedIntent]:
    """Those of `settings` that are parameters, or the number of outputs."""
    known = {field.name for field in form.user_fields(model)} | {COUNT}
    return {name: one for name, one in settings(intent, model).items() if name in known}


def song_settings(
    model: ModelVersion, lyrics: Value | None, description: str, style: str
) -> Iterator[tuple[str, Value]]:
    """How a music model is told what it gets: lyrics word for word with a style beside them, or a
    description. Sent the wrong way, a description would be sung."""
    if form.user_field(model, "custom_mode") is None:
        return
    if lyrics is not None:
        wanted: list[tuple[str, Value]] = [("custom_mode", True), ("tags", style)]
    elif form.user_field(model, _DESCRIBED) is not None and description:
        wanted = [("custom_mode", False), (_DESCRIBED, _cut(model, description))]
    else:
        return
    for name, value in wanted:
        if value != "" and form.user_field(model, name) is not None:
            with suppress(UsageError):
                yield form.accept(model, name, value)


def _cut(model: ModelVersion, description: str) -> str:
    field = form.user_field(model, _DESCRIBED)
    most = int(field.maximum) if field is not None and field.maximum is not None else None
    return description[:most]


def prompt(
    text: str, intent: Intent | None, task_type: TaskType, model: ModelVersion | None
) -> str:
    """What goes out of `text` as the prompt: of speech the words to be spoken, of a song its
    lyrics where the model takes them there, else its description; of everything else the text
    without the commands that `model` meets."""
    if intent is None:
        return text
    if task_type is TaskType.TEXT_TO_SPEECH:
        return text if intent.spoken is None else text[slice(*intent.spoken)]
    from ima_tui.intent.commands import without

    sent = without(text, intent.commands, _unmet(intent, model))
    if task_type is TaskType.TEXT_TO_MUSIC and model is not None:
        return song_prompt(sent, model, intent.requirements, intent.description)
    return sent


def _unmet(intent: Intent, model: ModelVersion | None) -> frozenset[str]:
    """Parts for which `model` has no setting: their words stay in the prompt. Of a value that is
    not on offer another one was agreed on, and its words would contradict that; so would what the
    medium has no setting for."""
    if model is None:
        return frozenset()
    set_ = {param.name for param in fitted(model, intent.requirements)}
    told = (param.name for param in intent.requirements if param not in intent.inapplicable)
    return frozenset(f"params.{name}" for name in told if name not in set_)


def song_prompt(
    text: str, model: ModelVersion, params: Sequence[Parameter], description: str
) -> str:
    """The prompt of music: see `prompt`. Where the model has no way to be told lyrics or title
    apart, all of the text stays."""
    told = {param.name: param.value for param in params if param.name in (LYRICS, TITLE)}
    apart = {name for name in told if form.user_field(model, name) is not None}
    if LYRICS in told and LYRICS not in apart and form.user_field(model, "custom_mode") is not None:
        return str(told[LYRICS])
    return description if told and apart == set(told) and description else text


def refusals(intent: Intent, model: ModelVersion) -> tuple[Refusal, ...]:
    """What the words want and `model` can't do."""
    fits = fitted(model, intent.params).items()
    met = {param.name for param, fit in fits if fit.exact}
    refused = binding.bind(model, intent.params)[1]
    return tuple(each for each in refused if each.name not in met)


def in_order(roles: Roles, count: int) -> tuple[int, ...]:
    """The places of `count` inputs in the order in which they go out: first frame, last frame,
    sources, references; then whatever the words give no role."""
    frames = [place for place in (roles.first_frame, roles.last_frame) if place is not None]
    told = dict.fromkeys([*frames, *roles.source, *roles.reference, *range(count)])
    return tuple(place for place in told if place < count)


def tentative(intent: Intent) -> TaskType | None:
    """The task type most likely meant while something about its pictures has to be asked."""
    if intent.medium is None or intent.question is None:
        return None
    task_types = [
        task_type
        for task_type in TaskType
        if task_type.medium is intent.medium and task_type.takes_inputs
    ]
    if intent.question is IntentQuestion.MISSING_INPUT and task_types:
        return task_types[0]
    if intent.question is IntentQuestion.IMAGE_ROLES and task_types:
        pair = len(intent.inputs) == TaskType.FIRST_LAST_FRAME.inputs[0]
        return TaskType.FIRST_LAST_FRAME if pair else TaskType.REFERENCE_TO_VIDEO
    return None


PIXELS = "pixels"
_SIZES = ("size", "resolution", "quality")
"""What the size of a picture or a film is called, by one model or another."""
_SIZE = pattern(r"(\d+)\s*(k|p|px)", re.I)
_RATIO = pattern(r"(\d+(?:\.\d+)?)\s*[:x×*]\s*(\d+(?:\.\d+)?)", re.I)
_NUMBER = pattern(r"(\d+(?:\.\d+)?)\s*(?:s|sec|seconds?|秒)?", re.I)
_SAME_SHAPE = 0.02
"""How far two shapes may differ and still be the same: 2560x1440 and 16:9, 2304x992 and 21:9."""
EIGHT_K = "8k"


@dataclass(frozen=True, slots=True)
class Fit:
    """A parameter (or `n`) and its value for a requirement. `exact`: it is what was asked for."""

    name: str
    value: Value
    exact: bool = True


# ------------------------------------------------------------------------------ measuring


def lines(label: str) -> int:
    """How large `4K`, `1080p` or `512px` is, to be compared; 0 for what is no size."""
    found = _SIZE.fullmatch(label.strip())
    if found is None:
        return 0
    return int(found[1]) * (1000 if found[2].lower() == "k" else 1)


def _size(label: str) -> float | None:
    return float(lines(label)) or None


def _shape(label: str) -> float | None:
    """Width by height, as a logarithm: 1:2 is as far from 1:1 as 2:1 is."""
    found = _RATIO.fullmatch(label.strip())
    if found is None or not float(found[1]) or not float(found[2]):
        return None
    return math.log(float(found[1]) / float(found[2]))


def _side(label: str) -> float | None:
    """The longer side of 1000x800, or how large 2K is."""
    found = _RATIO.fullmatch(label.strip())
    return max(float(found[1]), float(found[2])) if found else _size(label)


def _number(label: str) -> float | None:
    found = _NUMBER.fullmatch(label.strip())
    return float(found[1]) if found else None


Measure = Callable[[str], float | None]


def _measure_of(name: str) -> Measure:
    if name == PIXELS:
        return _side
    if name in _SIZES:
        return _size
    return _shape if name == "aspect_ratio" else _number


# ------------------------------------------------------------------------------- fitting


def fitted(model: ModelVersion, asked: Iterable[Parameter]) -> Mapping[Parameter, Fit]:
    """Each requirement that `model` has a parameter for, with the value that goes out.

    What comes first has its way: of two that can't be combined the later one gets the nearest
    value that can stand beside the earlier.
    """
    found: dict[Parameter, Fit] = {}
    chosen: dict[str, Value] = {}
    for param in sorted(asked, key=lambda param: _turn(model, param)):
        if param.name == COUNT:
            found[param] = _count(model, param.value)
        elif (fit := _fit(model, param, chosen)) is not None:
            found[param] = fit
            chosen.setdefault(fit.name, fit.value)
    return found


def _turn(model: ModelVersion, param: Parameter) -> int:
    """A size in pixels goes first where the model has it; elsewhere its shape is what counts."""
    if param.name != PIXELS:
        return 1
    return 0 if binding.bind(model, (param,))[0] else 2


def _count(model: ModelVersion, wanted: Value) -> Fit:
    counts = form.counts(model)
    if not isinstance(wanted, int):
        return Fit(COUNT, counts[0], exact=False)
    best = min(counts, key=lambda each: abs(each - wanted))
    return Fit(COUNT, best, exact=best == wanted)


def _fit(model: ModelVersion, param: Parameter, chosen: Mapping[str, Value]) -> Fit | None:
    for name, value in binding.bind(model, (param,))[0]:
        if name in chosen:  # one parameter for two requirements: it can't be set twice
            return Fit(name, chosen[name], exact=form.same(chosen[name], value))
        if _can_stand(model, {**chosen, name: value}):
            return Fit(name, value)
    return _nearest(model, param, chosen)


def _can_stand(model: ModelVersion, chosen: Mapping[str, Value]) -> bool:
    try:
        form.parameters(model, form.settle(model, chosen))
    except UsageError:
        return False
    return True


def _nearest(model: ModelVersion, param: Parameter, chosen: Mapping[str, Value]) -> Fit | None:
    measure = _measure_of(param.name)
    wanted = None if isinstance(param.value, bool) else measure(str(param.value))
    if wanted is None:
        return _usual(model, param, chosen)
    for field in _parameters(model, param.name):
        if field.name in chosen:
            stands = {option.value: measured for measured, option in _measured(field, measure)}
            if stands:
                now = stands.get(chosen[field.name])
                same = param.name == "aspect_ratio" and now is not None
                exact = same and now is not None and abs(now - wanted) < _SAME_SHAPE
                return Fit(field.name, chosen[field.name], exact=exact)
            continue
        if field.kind is FieldKind.NUMBER and not field.options:
            return _clamped(field, wanted)
        ranked = sorted(_measured(field, measure), key=lambda each: abs(each[0] - wanted))
        for measured, option in ranked:
            if _can_stand(model, {**chosen, field.name: option.value}):
                in_pixels = param.name == "aspect_ratio" and field.name in _SIZES
                same = in_pixels and abs(measured - wanted) < _SAME_SHAPE
                return Fit(field.name, option.value, exact=same)
    return None


def _usual(model: ModelVersion, param: Parameter, chosen: Mapping[str, Value]) -> Fit | None:
    """Of values that can't be measured, such as voices, the usual one."""
    fields = (form.user_field(model, name) for name in binding.names_of(param.name))
    field = next((each for each in fields if each is not None and each.options), None)
    if field is None:
        return None
    usual = form.default_of(field)
    value = chosen.get(field.name, field.options[0].value if usual is None else usual)
    return Fit(field.name, value, exact=False)


def _parameters(model: ModelVersion, parameter: str) -> Iterator[Field]:
    """The fields that may hold `parameter`: those of its names, those that lead to them, and
    for a shape those that list sizes in pixels."""
    names = binding.names_of(parameter)
    for name in names:
        if (field := form.user_field(model, name)) is not None:
            yield field
    for field in model.fields:
        if field.virtual and field.virtual.target in names and len(field.virtual.fields) == 1:
            yield from field.virtual.fields
    if parameter == "aspect_ratio":
        yield from (field for field in form.user_fields(model) if field.name in _SIZES)


def _measured(field: Field, measure: Measure) -> Iterator[tuple[float, Option]]:
    for option in field.options:
        measured = measure(option.label)
        if measured is None:
            measured = measure(str(option.value))
        if measured is not None:
            yield measured, option


def _clamped(field: Field, wanted: float) -> Fit:
    low = wanted if field.minimum is None else max(wanted, field.minimum)
    value = low if field.maximum is None else min(low, field.maximum)
    return Fit(field.name, int(value) if value == int(value) else value, exact=value == wanted)


# ------------------------------------------------------------------------------- telling


def largest(model: ModelVersion) -> tuple[str, Value, str] | None:
    """(the parameter, its value, what people call it) of the largest that `model` makes."""
    for name in _SIZES:
        field = form.user_field(model, name)
        sizes = [option for option in (field.options if field else ()) if lines(option.label)]
        if sizes:
            best = max(sizes, key=lambda option: lines(option.label))
            return name, best.value, best.label
    return None


def has(model: ModelVersion, parameter: str) -> bool:
    """Whether `model` has a field that may hold `parameter`."""
    measure = _measure_of(parameter)
    return any(
        field.name in binding.names_of(parameter) or any(True for _ in _measured(field, measure))
        for field in _parameters(model, parameter)
    )


def can(model: ModelVersion, param: Parameter) -> bool:
    """Whether `model` has a field that takes the value of `param`."""
    return not binding.bind(model, (param,))[1]


def in_words(told: str) -> str:
    """`30 s`, as people say it in their language; anything else as it is."""
    return re.sub(r"(\d+) s\b", lambda found: say("compose.seconds", span=found[1]), told)


def told(intent: Intent, limit: Limit) -> tuple[str, dict[str, str | int]]:
    """A row of `messages` that says what isn't available and what is, and the values for it."""
    words: dict[str, str | int] = {
        "asked": in_words(limit.asked),
        "possible": in_words(listed(limit.possible)),
        "models": listed(limit.models),
    }
    if limit.code == EIGHT_K:
        best = largest(intent.model) if intent.model is not None else None
        if best is not None and intent.model is not None:
            words |= {"possible": best[2], "models": intent.model.name}
        elif Medium.IMAGE not in _media(intent):
            return "route.no_8k_film", words
    return f"route.no_{limit.code}", words


def _media(intent: Intent) -> set[Medium | None]:
    return {intent.medium, *(step.task_type.medium for step in intent.steps)}


def plainest(medium: Medium, inputs: int) -> TaskType:
    """Return the plainest task type that makes `medium` from so many pictures."""
    of_medium = [task_type for task_type in TaskType if task_type.medium is medium]
    fitting = [task_type for task_type in of_medium if task_type.takes_inputs == bool(inputs)]
    pairs = [task_type for task_type in fitting if task_type.inputs == (inputs, inputs)]
    return (pairs or fitting or of_medium)[0]
