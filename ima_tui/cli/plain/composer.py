"""The draft of plain mode: how the prompt is understood and what it costs, in sentences."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ima_tui.catalogue import choice, form, order, price
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import apply_intent, confirmation, other_requests, parameter_names
from ima_tui.compose import draft as drafting
from ima_tui.compose.back_reference import LastResult, read_with
from ima_tui.compose.composer import INPUTS, KIND, MODEL, Composer, meant_by, price_of, recall
from ima_tui.compose.draft import FormRow
from ima_tui.compose.other_requests import answer
from ima_tui.compose.prompt_text import shares
from ima_tui.core.domain import ModelVersion, Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line, points_range
from ima_tui.i18n import listed, say, usual_time
from ima_tui.intent.intent import Intent
from ima_tui.intent.kinds import Confidence, IntentQuestion, RequestKind
from ima_tui.intent.route import route
from ima_tui.studio.studio import Studio

_UNSURE = {
    IntentQuestion.IMAGE_ROLES: "error.route_image_roles",
    IntentQuestion.MISSING_INPUT: "plain.needs_input",
}


class PlainComposer:
    """A composer, and the prompt that it follows."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.composer = Composer()
        self.text = ""
        self.last = ""
        """The prompt that was sent last."""
        self.last_result: Callable[[], LastResult | None] = lambda: None
        """What a prompt means by "it"."""
        self.input_notes: list[str] = []
        self._added = False
        """An input was added after the last prompt: the next one may be about it."""
        self.assumed = False
        """The prompt names no task type, so it is read for the current one."""

    def hear(self, text: str) -> None:
        """Start from a new prompt; earlier choices of the user no longer count."""
        added = self.composer.inputs if self._added else ()
        if self.text:
            self._start(project=self.composer.project)
        self.text, self._added = text, False
        for source in added:
            self.add_input(source)
        self._added = False
        self.read_again()

    def sent(self) -> None:
        """Begin anew, so that what is chosen from now on is for the next prompt, and no command or
        stray yes offers to pay for the last one again."""
        self.last = self.text
        self._start(project=self.composer.project)  # which stays until another one is chosen
        self.catch_up()

    def _start(self, text: str = "", project: str = "") -> None:
        self.composer, self.text, self.assumed = Composer(), text, False
        self.composer.project = project

    def read_again(self) -> None:
        """Read the prompt again."""
        intent = self._read()
        meant = intent.task_type if intent and intent.task_type else self.composer.kind
        self.composer.hear(intent, self._studio.catalogue.suggested(meant))
        self.catch_up()

    def catch_up(self) -> None:
        """Use the current model list."""
        kind = self.composer.kind
        offer = self._studio.catalogue
        self.composer.catch_up(offer.models(kind), offer.suggested(kind))

    def _read(self) -> Intent | None:
        if not self.text:
            return None
        composer, offer = self.composer, self._studio.catalogue
        lists = offer.all_models()
        preferred = self._studio.preferences.preferred()
        settled = composer.kind if KIND in composer.pins else None

        def decide(inputs: Sequence[str]) -> Intent:
            return route(self.text, inputs, lists, preferred, settled=settled)

        intent = decide(composer.attached)
        composer.last = None if INPUTS in composer.pins else self.last_result()
        intent = read_with(decide, self.text, intent, composer.last, settled)
        self.assumed = intent.question is IntentQuestion.MEDIA_TYPE
        likely = composer.kind if self.assumed else apply_intent.tentative(intent)
        if likely is None:
            return intent
        rest = route(self.text, composer.attached, lists, preferred, settled=likely)
        if self.assumed:
            return rest
        return replace(rest, kind=intent.kind, question=intent.question)

    # --------------------------------------------------------------------------- changed by hand

    def turn_to(self, kind: TaskType) -> None:
        """Choose a task type."""
        self.composer.turn_to(kind)
        self.composer.pins.hold(KIND)
        self.catch_up()
        self.read_again()

    def take(self, model: ModelVersion) -> None:
        """Choose a model."""
        self.composer.take(model)
        self.composer.pins.hold(KIND, MODEL)
        self.read_again()

    def set(self, written: str) -> None:
        """`Aspect Ratio 16:9`, `size=4K`. Raises `UsageError` naming what there is."""
        model = self._leaf()
        name, value = _split(model, written)
        if order.is_count(name):
            self.count(order.count_of(value))
            return
        known, accepted = form.accept(model, name, value)
        self.composer.set(known, accepted)
        self.composer.pins.hold(known)

    def begin_anew(self) -> None:
        """Forget the prompt and every choice."""
        self._start()
        self.catch_up()

    def recall(self, order: Order, replaces: int | None = None) -> None:
        """Compose with what `order` was made of; sent, it takes the place of an unsent job."""
        self._start(order.prompt)
        recall(self.composer, order, replaces)
        self.catch_up()

    def add_input(self, source: str) -> None:
        """Add an input; where none is taken, turn to a task type that takes one."""
        self.composer.make_room_for_inputs()
        self.catch_up()
        self.composer.add_inputs((source,))
        self.composer.have_inputs()
        self._added = True
        self.read_again()

    def count(self, n: int) -> None:
        """Set how many results."""
        model = self._leaf()
        if n not in form.counts(model):
            allowed = listed(form.counts(model))
            raise UsageError("plain.no_count", model=model.name, allowed=allowed)
        self.composer.set(COUNT, n)
        self.composer.pins.hold(COUNT)

    def feed(self, written: str) -> None:
        """Set the inputs: paths and links, quoted where they hold blanks."""
        try:
            sources = shlex.split(written)
        except ValueError:
            sources = written.split()
        self.composer.feed(tuple(sources))
        self.composer.pins.hold(INPUTS)
        self.read_again()

    def _leaf(self) -> ModelVersion:
        if self.composer.model is None:
            raise UsageError("error.no_models")
        return self.composer.model

    # -------------------------------------------------------------------------------- in words

    def sentences(self) -> Iterator[str]:
        """Say what will be made, with what, and what isn't available; the order has the price."""
        composer = self.composer
        asks = composer.intent is not None and composer.intent.kind is RequestKind.QUESTION
        if self.assumed or asks:
            return
        if composer.model is None or composer.draft is None:
            yield say("plain.no_list", kind=say(f"task.{composer.kind}"))
            return
        yield say("plain.standing", kind=say(f"task.{composer.kind}"), model=composer.model.name)
        if composer.project:
            yield say("plain.in_project", name=composer.project)
        for row in drafting.rows(composer.model, composer.draft):
            if (row.is_set or row.field.name in composer.read) and parameter_names.is_told(
                row.field.name, row.value
            ):
                yield _field(row)
        for number, source in enumerate(
            composer.draft.inputs if composer.kind.takes_inputs else (), 1
        ):
            yield say("plain.input", n=number, path=one_line(source, 200))
        if (last := meant_by(composer)) is not None:
            yield say("compose.from_last", **last.words)
        if composer.draft.n > 1:
            yield say("plain.count", n=composer.draft.n)
        if composer.remark is not None:
            yield say(composer.remark.key, **composer.remark.values)

    def differing(self) -> list[str]:
        """What would be sent otherwise than it was asked for, a sentence each."""
        composer = self.composer
        if composer.model is None or composer.draft is None:
            return []
        found = confirmation.check(
            self.text, composer.intent, composer.model, composer.draft, composer.pins
        )
        lists = self._studio.catalogue.all_models()
        return [*self.film(), *confirmation.told(found.unmet, composer.kind, lists)[0]]

    def film(self) -> list[str]:
        """That the prompt tells a film, of which one result would be made, and what makes it."""
        model = self.composer.model
        name = model.name if model is not None else ""
        told = confirmation.sentences(other_requests.unmet(self.text, self.composer.intent, name))
        return [*told, say("plain.film_how")] if told else []

    def doubt(self) -> str:
        """What has to be answered before this draft can be sent, or ""."""
        intent = self.composer.intent
        if intent is None:
            return ""
        if intent.kind is RequestKind.QUESTION:
            return answer(intent, self._studio.catalogue.all_models())
        if self.assumed:
            return say("plain.which_kind")
        if intent.kind is RequestKind.CLARIFY and intent.question is not None:
            return say(_UNSURE[intent.question]) if intent.question in _UNSURE else ""
        return _which(self.composer.kind, intent) if self.is_unsure else ""

    @property
    def in_steps(self) -> bool:
        """The words are about several things, and nobody has chosen one of them."""
        intent = self.composer.intent
        several = intent is not None and intent.kind is RequestKind.WORKFLOW
        return several and not self.assumed and KIND not in self.composer.pins

    @property
    def is_unsure(self) -> bool:
        """The words may mean another kind, and nobody has said which."""
        intent, composer = self.composer.intent, self.composer
        single = intent is not None and intent.kind is RequestKind.SINGLE
        unsure = intent is not None and intent.confidence is Confidence.UNSURE
        return single and unsure and not self.assumed and KIND not in composer.pins

    async def several(self, order: Order) -> list[Order]:
        """Orders that together make as many results as the prompt asks for, where one can't."""
        if self.composer.replaces is not None:
            return []
        return [await self.order(n) for n in shares(self.composer, order)]

    async def order(self, n: int | None = None) -> Order:
        """Checked and priced, inputs looked at; `n`: for so many results. Raises `ImaError` saying
        what is missing."""
        model, draft = self._leaf(), self.composer.draft
        if draft is None:
            raise UsageError("error.no_models")
        offer = price_of(self.composer, self._studio.catalogue.models(self.composer.kind))
        if offer.problem is not None:
            raise UsageError(offer.problem.key, **drafting.spoken(model, offer.problem))
        text = apply_intent.prompt(self.text, self.composer.intent, self.composer.kind, model)
        draft = replace(draft, prompt=text, n=draft.n if n is None else n)
        placed, _ = drafting.finish(model, draft)
        facts = await self._studio.inspect_inputs(model, placed.inputs)
        self.input_notes = confirmation.input_notes(facts)
        sources = drafting.ordered(tuple(one.source for one in facts), self.composer.order)
        return replace(placed, inputs=sources, project=self.composer.project)


def _which(kind: TaskType, intent: Intent) -> str:
    """Both answers, the guess first."""
    other = intent.runner_up.task_type if intent.runner_up is not None else None
    if other is None:
        return say("plain.unsure_steps", guess=say(f"task.{kind}"))
    return say("plain.unsure", guess=say(f"task.{kind}"), other=say(f"task.{other}"))


def asks_for_input(composer: Composer) -> bool:
    """Whether an image is spoken of, and none is there."""
    return composer.intent is not None and composer.intent.question is IntentQuestion.MISSING_INPUT


def fields(composer: Composer) -> Iterator[str]:
    """Each parameter, its value and its options."""
    if composer.model is None or composer.draft is None:
        return
    for row in drafting.rows(composer.model, composer.draft):
        options = listed(row.words(option) for option in row.field.options)
        line = _field(row)
        yield f"{line} {say('plain.options', options=options)}" if options else line
    counts = listed(form.counts(composer.model))
    yield say("plain.counts", n=composer.draft.n, options=counts)


def _field(row: FormRow) -> str:
    """A parameter and its value, with its unit."""
    value = parameter_names.value(row.field.name, row.shown) if row.shown else "—"
    return say("plain.field", name=row.title, value=one_line(value, 200))


def _split(model: ModelVersion, written: str) -> tuple[str, str]:
    """A control's name and a value: at an equals sign, else after a name that there is."""
    name, equals, value = written.partition("=")
    if equals:
        control = _control(model, name.strip())
        return control, _value(model, control, value.strip())
    words = written.split()
    for at in range(len(words) - 1, 0, -1):
        found = _control(model, " ".join(words[:at]))
        if order.is_count(found) or form.user_field(model, found) is not None:
            return found, _value(model, found, " ".join(words[at:]))
    raise UsageError("plain.set_how")


def _control(model: ModelVersion, written: str) -> str:
    """The name of the control that people know as `written`."""
    wanted = written.casefold()
    for field in form.user_fields(model):
        parts = parameter_names.apart(field)
        known = {field.label, parameter_names.label(field), *(part.label for part in parts)}
        if wanted in {label.casefold() for label in known}:
            return field.name
    return written


def _value(model: ModelVersion, control: str, written: str) -> str:
    """A value that is called `written`, as the model has it."""
    field = form.user_field(model, control)
    for option in field.options if field is not None else ():
        if field is not None and parameter_names.option(field, option) == written:
            return str(option.value)
    return written


def usual(model: ModelVersion) -> str:
    """Say how long a model usually takes."""
    estimate = price.estimate(model)
    return spoken(usual_time(estimate.low, estimate.high))


def spoken(span: str) -> str:
    """`20–40 s` as it is read out."""
    return span.replace("–", f" {say('plain.to')} ")


def model_line(number: int, model: ModelVersion, mine: bool) -> str:
    """`2. Nano Banana 2: 4–13 points, usually 20–35 s, budget.`"""
    notes = [say("compose.mine")] if mine else []
    notes += [say(f"compose.tier_{tier}") for tier in choice.tiers_of(model)]
    points = spoken(points_range(*model.points))
    words = say("plain.model", n=number, model=model.name, points=points, time=usual(model))
    return f"{words} {', '.join(notes)}" if notes else words
