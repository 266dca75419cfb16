"""What has to be confirmed before points are spent: every requirement of the prompt that the
order would not meet, each with what would be sent instead.

One function for Compose, plain mode, batches, workflows and the verbs: `check` compares what the
prompt asked for with the draft as it would go out. It states facts; `sentence` says them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from ima_tui.catalogue import choice, form, names, order, price
from ima_tui.catalogue.choice import Alternative, Reason
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import apply_intent, parameter_names
from ima_tui.compose import draft as drafting
from ima_tui.core.domain import Draft, Medium, ModelVersion, Order, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import InputFacts
from ima_tui.core.records import dataclass
from ima_tui.core.text import nearest, one_line
from ima_tui.i18n import say
from ima_tui.intent import binding
from ima_tui.intent.intent import Evidence, Intent, Parameter
from ima_tui.intent.kinds import IntentQuestion, RequestKind

Lists = Mapping[TaskType, Sequence[ModelVersion]]
KIND, MODEL = "kind", "model"
"""Parts that can be chosen by the user, beside the parameters and `n`."""
MOST_OFFERS = 4
_LONGEST = 60


class Why(StrEnum):
    """Why a requirement is not met."""

    VALUE = "value"
    """The model has the setting, but not this value."""
    SETTING = "setting"
    """The model has no such setting: it is left out."""
    TOGETHER = "together"
    """It can't be combined with something else that goes out."""
    PRICE = "price"
    """There is no price for it: the nearest price rule sets another value."""
    COUNT = "count"
    """The model does not make so many at once."""
    ABSENT = "absent"
    """A model that is not on offer."""
    SHOTS = "shots"
    """Several shots: one video is sent, and `other_requests` says that a film is meant."""
    MEDIUM = "medium"
    """A model that makes another medium."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that the order would not meet.

    `name` is the canonical parameter, or `model`; `asked` the words of the person; `sent` what
    goes out instead, as people say it ("" for nothing); `model` the name of the model that gets
    the order. For a misplaced model `model_id` is its id and `medium` what it makes.
    """

    name: str
    asked: str
    sent: str
    why: Why
    model: str
    model_id: str = ""
    medium: Medium | None = None
    wanted: Medium | None = None
    """What was to be made."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`unmet` is confirmed before sending; while a question is open nothing can be sent."""

    unmet: tuple[Unmet, ...] = ()
    questions: tuple[IntentQuestion, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unmet or self.questions)


def check(
    text: str,
    intent: Intent | None,
    model: ModelVersion,
    draft: Draft,
    by_hand: Collection[str] = (),
) -> Confirmation:
    """Compare what `text` asked for with `draft` on `model`, as it would be sent.

    `by_hand` names what a person set outright and can see: `kind`, `model`, `inputs`, `n` or a
    parameter. What the prompt says about it is answered.
    """
    unmet: list[Unmet] = []
    if intent is not None and intent.task_type in (None, model.task_type):
        unmet += _models(text, intent, model) if MODEL not in by_hand else ()
        unmet += _parameters(text, intent, model, draft, by_hand)
    told = {each.name for each in unmet}
    asked = intent.requirements if intent is not None else ()
    fits = apply_intent.fitted(model, [param for param in asked if param.name in told])
    unmet += _priced_otherwise(model, draft, told | {fit.name for fit in fits.values()})
    return Confirmation(tuple(dict.fromkeys(unmet)), open_questions(intent, draft, by_hand))


def of_share(intent: Intent, task_type: TaskType, params: Sequence[Parameter]) -> Intent:
    """What `intent` says about one of several things to make: its own requirements, by the words
    of the whole text."""
    spans = zip(intent.spans("unsupported"), intent.limits, strict=False)
    told = tuple(
        Evidence(f"params.{limit.param.name}", span) for span, limit in spans if limit.param
    )
    return Intent(
        RequestKind.SINGLE,
        task_type.medium,
        task_type,
        params=tuple(params),
        evidence=(*intent.evidence, *told),
    )


def open_questions(
    intent: Intent | None, draft: Draft | None, by_hand: Collection[str] = ()
) -> tuple[IntentQuestion, ...]:
    """What has to be answered before anything can be sent."""
    if intent is None or intent.kind is not RequestKind.CLARIFY or intent.question is None:
        return ()
    if intent.question is IntentQuestion.MEDIA_TYPE and KIND in by_hand:
        return ()
    if intent.question is IntentQuestion.MISSING_INPUT and draft is not None and draft.inputs:
        return ()
    return (intent.question,)


# ------------------------------------------------------------------------------ the model


def _models(text: str, intent: Intent, model: ModelVersion) -> Iterator[Unmet]:
    """Models that the text names, and that do not get the order."""
    wanted = model.task_type.medium
    for each in intent.misplaced:
        words = one_line(text[slice(*each.span)], _LONGEST)
        yield Unmet(MODEL, words, model.name, Why.MEDIUM, model.name, each.model_id, each.medium,
                    wanted)  # fmt: skip
    for name in intent.absent:
        if name != intent.model_id and not choice.is_called(model, name):
            yield Unmet(MODEL, one_line(name, _LONGEST), model.name, Why.ABSENT, model.name)
    named = intent.reason is Reason.REQUEST and bool(intent.model_id)
    words = _words(text, intent, "model") or intent.model_id
    if named and intent.model_id != model.model_id and words not in intent.absent:
        yield Unmet(MODEL, one_line(words, _LONGEST), model.name, Why.ABSENT, model.name,
                    intent.model_id, wanted=wanted)  # fmt: skip


# ------------------------------------------------------------------------- its parameters


def _parameters(
    text: str, intent: Intent, model: ModelVersion, draft: Draft, by_hand: Collection[str]
) -> Iterator[Unmet]:
    fits = apply_intent.fitted(model, intent.requirements)
    values = _values(model, draft)
    for param in intent.requirements:
        fit = fits.get(param)
        if fit is None:
            if not _is_met_without(model, param):
                yield _unmet(text, intent, param, "", Why.SETTING, model)
            continue
        if fit.name in by_hand:
            continue
        now = values.get(fit.name)
        if not (fit.exact and form.same(now, fit.value)):
            sent = "" if now is None else label(model, param.name, fit.name, now)
            yield _unmet(text, intent, param, sent, _why(model, param, fit), model)


def _why(model: ModelVersion, param: Parameter, fit: apply_intent.Fit) -> Why:
    if fit.name == COUNT:
        return Why.COUNT
    return Why.TOGETHER if apply_intent.can(model, param) else Why.VALUE


def _is_met_without(model: ModelVersion, param: Parameter) -> bool:
    """Off where there is nothing to switch on; or told by the words of the prompt."""
    return not binding.bind(model, (param,))[1]


def _values(model: ModelVersion, draft: Draft) -> dict[str, Value]:
    """Every parameter, and what it is sent as, with the value that would go out."""
    try:
        chosen = form.settle(model, order.accepted(model, draft.chosen))
        sent = price.quote(model, chosen, draft.n).parameters
    except UsageError:
        return dict(draft.chosen) | {COUNT: draft.n}
    return form.shown(model, {**chosen, **sent}) | dict(sent) | {COUNT: draft.n}


def _unmet(
    text: str, intent: Intent, param: Parameter, sent: str, why: Why, model: ModelVersion
) -> Unmet:
    words = _words(text, intent, f"params.{param.name}")
    asked = one_line(words or parameter_names.value(param.name, param.value), _LONGEST)
    return Unmet(param.name, asked, sent, why, model.name)


def _words(text: str, intent: Intent, part: str) -> str:
    return " … ".join(text[slice(*span)].strip() for span in intent.spans(part))


def label(model: ModelVersion, parameter: str, name: str, value: Value) -> str:
    """What people call `value` of the parameter `name`: `10 s`, `1080p`, the name of a voice."""
    field = form.named(model, name)
    options = field.options if field is not None else ()
    known = next((o.label for o in options if form.same(o.value, value)), None)
    return parameter_names.value(
        parameter, value if known is None or isinstance(value, bool) else known
    )


def _priced_otherwise(model: ModelVersion, draft: Draft, told: Collection[str]) -> Iterator[Unmet]:
    """Values that the nearest price rule sets otherwise."""
    try:
        quote = price.quote(model, order.accepted(model, draft.chosen), draft.n)
    except UsageError:
        return
    for change in quote.changes:
        parameter = binding.canonical(change.name)
        if parameter in told or change.name in told:
            continue
        asked = "" if change.asked is None else label(model, parameter, change.name, change.asked)
        sent = label(model, parameter, change.name, change.becomes)
        yield Unmet(parameter, asked, sent, Why.PRICE, model.name)


# ---------------------------------------------------------------------------- once more


def instead(
    model: ModelVersion, done: Order, before: ModelVersion | None
) -> tuple[Order, tuple[Unmet, ...]]:
    """The job of `done`, made with `before`, on `model`: with its own settings, else the nearest
    ones, and what differs. Raises `UsageError` where it can't be made there."""
    draft = drafting.recall(model, done)
    chosen = drafting.recall(before, done).chosen if before is not None else done.parameters
    wanted = tuple(Parameter(binding.canonical(name), value) for name, value in chosen)
    if done.n > 1:
        wanted += (Parameter(COUNT, done.n),)
    for fit in apply_intent.fitted(model, wanted).values():
        if fit.name == COUNT:
            draft = drafting.count(model, draft, int(fit.value))
        else:
            draft = drafting.put(model, draft, fit.name, fit.value)
    asked = Intent(RequestKind.SINGLE, model.task_type.medium, model.task_type, params=wanted)
    unmet = check("", asked, model, draft).unmet
    return drafting.finish(model, draft)[0], unmet


def price_instead(model: ModelVersion, done: Order, before: ModelVersion | None) -> int | None:
    """What `instead` would cost, in points; None where it can't be made there."""
    try:
        return instead(model, done, before)[0].total
    except UsageError:
        return None


def prices_instead(
    offered: Iterable[Alternative], done: Order, before: ModelVersion | None
) -> list[tuple[str, int]]:
    """(name, `price_instead`) of each model with which `done` can be made."""
    priced = ((one.model.name, price_instead(one.model, done, before)) for one in offered)
    return [(name, points) for name, points in priced if points is not None]


# ------------------------------------------------------------------------------- in words


def sentence(unmet: Unmet) -> str:
    """One sentence that names the requirement and what would be sent."""
    facts: dict[str, str] = {
        "asked": unmet.asked,
        "sent": unmet.sent,
        "model": unmet.model,
        "name": parameter_names.name(unmet.name),
    }
    if unmet.why is Why.MEDIUM and unmet.medium and unmet.wanted:
        facts |= {"makes": say(f"medium.{unmet.medium}"), "wanted": say(f"medium.{unmet.wanted}")}
    key = f"confirm.{unmet.why}"
    if unmet.why is Why.PRICE and not unmet.asked:
        key = "confirm.price_added"
    elif unmet.why is Why.VALUE and not unmet.sent:
        key = "confirm.voice" if unmet.name == "voice" else "confirm.setting"
    return say(key, **facts)


def sentences(unmet: Iterable[Unmet]) -> list[str]:
    """Say what is unmet, a sentence each."""
    return [sentence(each) for each in unmet]


def input_notes(facts: Iterable[InputFacts]) -> list[str]:
    """A sentence for each file of which only a part is used."""
    notes: list[str] = []
    for fact in facts:
        if fact.first_frame:
            key = "cli.first_page" if fact.has_pages else "cli.first_frame"
            notes.append(say(key, input=one_line(fact.source, 200)))
    return notes


# ---------------------------------------------------------------------------- other models


def alternatives(unmet: Unmet, task_type: TaskType, lists: Lists) -> tuple[Alternative, ...]:
    """What could be made instead of sending to another model than the one that was named: first
    the same model for what it does make, then models of the medium that was asked for: near in
    name, the one that would get it, the cheapest."""
    if unmet.name != MODEL:
        return ()
    own = tuple(_own(unmet, task_type, lists))
    models = list(lists.get(task_type, ()))
    ids = [model.model_id for model in models]
    near = nearest(unmet.model_id or unmet.asked, ids, MOST_OFFERS)
    cheapest = sorted((_alternative(model) for model in models), key=lambda each: each.points)
    ranked = [
        *(name for name in near if name != unmet.model_id),
        *(model.model_id for model in models if model.name == unmet.model),
        *(alternative.model.model_id for alternative in cheapest),
    ]
    others = [
        _alternative(choice.newest([model for model in models if model.model_id == model_id]))
        for model_id in dict.fromkeys(ranked)
    ]
    return (*own, *others)[:MOST_OFFERS]


def offered(alternatives: Sequence[Alternative]) -> str:
    """`Available instead: text to image with Midjourney, 8 pts; …`, or ""."""
    told = [
        say("confirm.alternative", task=say(f"task.{each.model.task_type}"), model=each.model.name,
            points=each.points)
        for each in alternatives
    ]  # fmt: skip
    return say("confirm.alternatives", alternatives=say("confirm.comma").join(told)) if told else ""


def told(
    unmet: Collection[Unmet], task_type: TaskType, lists: Lists
) -> tuple[list[str], tuple[Alternative, ...]]:
    """(a sentence for each, and for the first that others can meet which those are; those)."""
    instead = (alternatives(each, task_type, lists) for each in unmet)
    first = next(filter(None, instead), ())
    return [*sentences(unmet), *filter(None, [offered(first)])], first


def _own(unmet: Unmet, task_type: TaskType, lists: Lists) -> Iterator[Alternative]:
    if unmet.why is not Why.MEDIUM or unmet.medium is None:
        return
    fitting = [each for each in TaskType if each.medium is unmet.medium]
    for other in sorted(fitting, key=lambda each: each.takes_inputs != task_type.takes_inputs):
        wanted = names.sibling(unmet.model_id, other)
        models = [model for model in lists.get(other, ()) if model.model_id == wanted]
        if models:
            yield _alternative(choice.newest(models))
            return


def _alternative(model: ModelVersion) -> Alternative:
    usual = price.quote_or_none(model, {})
    return Alternative(model, usual.rule.points if usual is not None else model.points[0])
