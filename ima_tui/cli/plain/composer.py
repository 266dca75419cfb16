"""The draft of plain mode: how the prompt is understood and what it costs, in sentences."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

from ima_tui.catalogue import choice, form, order, price
from ima_tui.catalogue.form import COUNT
from ima_tui.cli.plain.line_io import LineIO
from ima_tui.compose import confirmation, other_requests, parameter_names
from ima_tui.compose import draft as drafting
from ima_tui.compose.back_reference import LastResult
from ima_tui.compose.composer import INPUTS, KIND, Composer, meant_by, recall
from ima_tui.compose.draft import FormRow
from ima_tui.compose.other_requests import answer
from ima_tui.compose.prices import price_of
from ima_tui.compose.prompt_text import shares, words_of
from ima_tui.core.domain import Field, Job, ModelVersion, Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line, points_range, whole
from ima_tui.i18n import joined, listed, say, usual_time
from ima_tui.intent.intent import Intent
from ima_tui.intent.kinds import Confidence, IntentQuestion, RequestKind
from ima_tui.studio.intent_reader import IntentReader
from ima_tui.studio.studio import Studio
from ima_tui.subjects import mentions
from ima_tui.subjects.store import unknown

_UNSURE = {
    IntentQuestion.IMAGE_ROLES: "error.route_image_roles",
    IntentQuestion.MISSING_INPUT: "plain.needs_input",
}


class PlainComposer:
    """A composer, and the prompt that it follows."""

    def __init__(self, studio: Studio, reader: IntentReader) -> None:
        self._studio = studio
        self.reader = reader
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
        meant = intent.task_type if intent and intent.task_type else self.composer.task_type
        self.composer.hear(intent, self._studio.catalogue.suggested(meant))
        self.catch_up()

    def catch_up(self) -> None:
        """Use the current model list."""
        task_type = self.composer.task_type
        catalogue = self._studio.catalogue
        self.composer.catch_up(catalogue.models(task_type), catalogue.suggested(task_type))

    def _read(self) -> Intent | None:
        composer = self.composer
        composer.last, composer.subjects = self.last_result(), self._studio.subjects.all
        composer.named = mentions.find(self.text, composer.subjects)
        intent = self.reader.read(self.text, composer)
        self.assumed = intent is not None and intent.question is IntentQuestion.MEDIA_TYPE
        return (
            self.reader.decide(self.text, composer.attached, composer.task_type)
            if self.assumed
            else intent
        )

    # --------------------------------------------------------------------------- changed by hand

    def turn_to(self, task_type: TaskType) -> None:
        """Choose a task type."""
        self.composer.turn_to(task_type)
        self.composer.pins.hold(KIND)
        self.catch_up()
        self.read_again()

    def take(self, model: ModelVersion) -> None:
        """Choose a model."""
        self.composer.choose(model)
        self.read_again()

    def set(self, written: str) -> None:
        """`Aspect Ratio 16:9`, `size=4K`. Raises `UsageError` naming what there is."""
        model = self._model()
        name, value = _split(model, written)
        if order.is_count(name):
            self.count(value)
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

    def count(self, written: str) -> None:
        """Set how many results. Raises `UsageError` naming what there is."""
        model, n = self._model(), whole(written)
        if n is None:
            raise UsageError("plain.command_count")
        if n not in form.counts(model):
            counts = listed(form.counts(model))
            raise UsageError("error.bad_count", model=model.name, n=n, counts=counts)
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

    def _model(self) -> ModelVersion:
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
            yield say("plain.no_list", kind=say(f"task.{composer.task_type}"))
            return
        yield say(
            "plain.standing", kind=say(f"task.{composer.task_type}"), model=composer.model.name
        )
        if composer.project:
            yield say("plain.in_project", name=composer.project)
        for row in drafting.rows(composer.model, composer.draft):
            told = row.shown and parameter_names.is_told(row.field.name, row.value)
            if told and (row.is_set or row.field.name in composer.read):
                yield _field(row)
        for number, source in enumerate(
            composer.draft.inputs if composer.task_type.takes_inputs else (), 1
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
        return [*self.film(), *confirmation.told(found.unmet, composer.task_type, lists)[0]]

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
        return _which(self.composer.task_type, intent) if self.is_unsure else ""

    @property
    def in_steps(self) -> bool:
        """The words are about several things, and nobody has chosen one of them."""
        return self.composer.in_steps and not self.assumed

    @property
    def is_unsure(self) -> bool:
        """The words may mean another task type, and nobody has said which."""
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
        model, draft = self._model(), self.composer.draft
        if draft is None:
            raise UsageError("error.no_models")
        if self.composer.named.unknown:
            raise unknown(self.composer.named.unknown[0], self.composer.subjects)
        models = self._studio.catalogue.models(self.composer.task_type)
        if (problem := price_of(self.composer, models).problem) is not None:
            raise UsageError(problem.key, **drafting.spoken(model, problem))
        words = words_of(self.text, self.composer)
        draft = replace(draft, prompt=words, n=draft.n if n is None else n)
        placed, _ = drafting.finish(model, draft)
        facts = await self._studio.inspect_inputs(model, placed.inputs)
        self.input_notes = confirmation.input_notes(facts)
        sources = drafting.ordered(tuple(one.source for one in facts), self.composer.order)
        return replace(placed, inputs=sources, project=self.composer.project)


class PlainCommands:
    """What each group of commands works on and talks through. Commands raise `UsageError`."""

    def __init__(self, studio: Studio, composer: PlainComposer, lines: LineIO) -> None:
        self._studio = studio
        self._composer = composer
        self._lines = lines
        self._tell = lines.say

    def done(self, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """Return what a yes does: the work, and a word that it is done."""

        async def then() -> None:
            await work()
            self._tell(say("plain.did"))

        return then

    def sent(self, *jobs: Job) -> None:
        """Say which jobs were sent."""
        self._tell(*(say("plain.sent", n=job.id, points=job.order.total) for job in jobs))


def _which(task_type: TaskType, intent: Intent) -> str:
    """Both answers, the guess first."""
    other = intent.runner_up.task_type if intent.runner_up is not None else None
    if other is None:
        return say("plain.unsure_steps", guess=say(f"task.{task_type}"))
    return say("plain.unsure", guess=say(f"task.{task_type}"), other=say(f"task.{other}"))


def asks_for_input(composer: Composer) -> bool:
    """Whether an image is spoken of, and none is there."""
    return composer.intent is not None and composer.intent.question is IntentQuestion.MISSING_INPUT


def fields(composer: Composer) -> Iterator[str]:
    """Each parameter, its value and its options."""
    if composer.model is None or composer.draft is None:
        return
    for row in drafting.rows(composer.model, composer.draft):
        options = listed(row.words(option) for option in row.field.options)
        yield joined(_field(row), say("plain.options", options=options) if options else "")
    counts = say("plain.options", options=listed(form.counts(composer.model)))
    yield joined(say("plain.count", n=composer.draft.n), counts)


def _field(row: FormRow) -> str:
    """A parameter and its value, with its unit."""
    value = parameter_names.value(row.field.name, row.shown) if row.shown else "—"
    return say("plain.field", name=row.title, value=one_line(value, 200))


def _split(model: ModelVersion, written: str) -> tuple[str, str]:
    """A parameter's name and a value, by what people call them: at an equals sign, else after a
    name that there is."""
    fields = {folded(name): field for field in form.user_fields(model) for name in _called(field)}
    words, equals = written.split(), "=" in written
    splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(len(words) - 1, 0, -1)]
    for name, value in [written.split("=", 1)] if equals else splits:
        name, value = name.strip(), value.strip()
        field = fields.get(folded(name)) or form.user_field(model, name)
        if field is not None:
            named = (one for one in field.options if parameter_names.option(field, one) == value)
            return field.name, next((str(one.value) for one in named), value)
        if equals or order.is_count(name):
            return name, value
    raise UsageError("plain.command_set")


def _called(field: Field) -> Iterator[str]:
    """What people know a parameter as, and the parts that it is shown in."""
    for each in (field, *parameter_names.apart(field)):
        yield from (each.label, parameter_names.label(each))


def usual(model: ModelVersion) -> str:
    """Say how long a model usually takes."""
    estimate = price.estimate(model)
    return spoken(usual_time(estimate.low, estimate.high))


def spoken(span: str) -> str:
    """`20–40 s` as it is read out."""
    return span.replace("–", f" {say('plain.to')} ")


def model_line(model: ModelVersion, mine: bool) -> str:
    """`Nano Banana 2: 4 to 13 points, usually 20 to 35 s. budget`"""
    notes = [say("compose.mine")] if mine else []
    notes += [say(f"compose.tier_{tier}") for tier in choice.tiers_of(model)]
    points = spoken(points_range(*model.points))
    words = say("plain.model", model=model.name, points=points, time=usual(model))
    return f"{words} {', '.join(notes)}" if notes else words
