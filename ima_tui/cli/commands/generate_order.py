"""What the flags and the text of `generate` ask for: a task type, a model, an order on it.

For a text without a task type its intent gives these (`Meant`).
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ima_tui.batch.rows import json_object
from ima_tui.catalogue import choice, form, order
from ima_tui.catalogue.choice import Alternative
from ima_tui.catalogue.form import COUNT
from ima_tui.cli.arguments import read_input
from ima_tui.cli.confirm import Unconfirmed
from ima_tui.cli.output import talk
from ima_tui.compose import apply_intent, confirmation
from ima_tui.compose import draft as drafting
from ima_tui.compose.other_requests import Lists, answer
from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import Draft, ModelVersion, Order, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import encodable, nearest, one_line
from ima_tui.i18n import say
from ima_tui.intent import binding
from ima_tui.intent.intent import Intent
from ima_tui.intent.kinds import Confidence, IntentQuestion, PreferenceAction, RequestKind
from ima_tui.intent.route import route
from ima_tui.studio.studio import Studio


def task_type_of(written: str | None) -> TaskType:
    """Return the task type of that name. Raises `UsageError`."""
    known = [task_type.value for task_type in TaskType]
    if written is None:
        raise UsageError("error.no_task_type", known=", ".join(known))
    wanted = written.strip().lower()
    if wanted not in known:
        near = nearest(one_line(written, 60), known, 1)
        facts = {
            "known": ", ".join(known),
            "near": say("argparse.near", near=near[0]) if near else "",
        }
        raise UsageError("error.unknown_task_type", task_type=one_line(written, 60), **facts)
    return TaskType(wanted)


LONGEST_PROMPT = 1024 * 1024
"""Bytes of a prompt file that are read; no model takes as many."""


def read_prompt(arguments: Namespace) -> None:
    """Take the prompt from `--prompt-file`, or from stdin for `-`. Raises `UsageError`."""
    file = arguments.prompt_file
    given = [each for each in (arguments.text, arguments.prompt, file) if each is not None]
    if len(given) > 1:
        raise UsageError("error.prompt_twice")
    if file is None and given != ["-"]:
        return
    name = file or "-"
    content = read_input(name, LONGEST_PROMPT, "error.prompt_file", "error.prompt_large")
    try:
        arguments.prompt = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise UsageError("error.prompt_encoding", path=one_line(name, 300)) from error


def read_made_from(arguments: Namespace) -> None:
    """Take what `--from FILE` was made from for whatever the flags leave open.

    Raises `UsageError` for a file that doesn't say.
    """
    arguments.recalled = None
    if getattr(arguments, "made_from", None) is None:
        return
    from ima_tui.runner import result_files

    path = atomic_file.expand(arguments.made_from)
    found = result_files.read(path)
    if found is None:
        raise UsageError("error.not_made_here", path=one_line(path, 300))
    arguments.recalled = found
    if not prompt_of(arguments):
        arguments.prompt = found.prompt
    if arguments.task_type is None:
        arguments.task_type = found.task_type.value
    if arguments.model_id is None and arguments.task_type == found.task_type.value:
        arguments.model_id, arguments.version_id = found.model_id, found.version


def prompt_of(arguments: Namespace) -> str:
    """Return the prompt, typed as an argument or behind --prompt."""
    return str(arguments.prompt if arguments.prompt is not None else arguments.text or "")


def check_prompt(arguments: Namespace) -> None:
    """Before anything is fetched: an empty prompt needs no list."""
    if not prompt_of(arguments).strip():
        raise UsageError("error.empty_prompt")
    if encodable(prompt_of(arguments)) != prompt_of(arguments):
        raise UsageError("error.not_text", encoding=sys.getfilesystemencoding())


def check_preferences(studio: Studio) -> None:
    """Raise what keeps the preferences from being read: no guess takes their place."""
    if studio.preferences.preferences.trouble is not None:
        raise studio.preferences.preferences.trouble


async def model_of(studio: Studio, arguments: Namespace, task_type: TaskType) -> ModelVersion:
    """The named model, else the preferred, else the default one."""
    if arguments.model_id is None:
        check_preferences(studio)
    models = await studio.catalogue.fresh(task_type)
    if arguments.model_id is not None:
        return choice.pick(models, arguments.model_id, arguments.version_id)
    model = studio.catalogue.suggested(task_type, arguments.input_images)
    if model is None:
        raise UsageError("error.no_models")
    return choice.pick(models, model.model_id, arguments.version_id)


def draft_of(
    arguments: Namespace, model: ModelVersion, said: Mapping[str, Value]
) -> tuple[Draft, frozenset[str]]:
    """The draft that the flags make over what the words say, and what the flags set outright."""
    flags = _recalled(arguments, model) | _chosen(arguments, model)
    by_hand = flags.keys() | ({COUNT} if arguments.n is not None else set())
    project, inputs = labels.project(arguments.project), arguments.input_images
    draft = drafted(model, prompt_of(arguments), inputs, said, flags, arguments.n, project)
    return draft, frozenset(by_hand)


def drafted(
    model: ModelVersion,
    prompt: str,
    inputs: Sequence[str],
    said: Mapping[str, Value],
    flags: Mapping[str, Value],
    n: int | None,
    project: str,
) -> Draft:
    """The draft of what flags or columns set (`n`: None where they don't) over what words say."""
    count = said.get(COUNT, 1)
    chosen = {**{name: value for name, value in said.items() if name != COUNT}, **flags}
    if n is None:
        n = count if isinstance(count, int) else 1
    chosen_model = (model.task_type, model.model_id, model.version)
    return Draft(*chosen_model, prompt, tuple(chosen.items()), tuple(inputs), n, project)


async def order_of(studio: Studio, model: ModelVersion, draft: Draft) -> Order:
    """The priced order, inputs looked at. Raises `UsageError` for what can't be."""
    placed, _ = order.place(model, draft)
    facts = await studio.inspect_inputs(model, draft.inputs)
    for note in confirmation.input_notes(facts):
        talk(note)
    return replace(placed, inputs=tuple(fact.source for fact in facts))


def settle_count(arguments: Namespace) -> None:
    """`--n` wherever it was given, as a parameter too. Raises `UsageError` where it was twice."""
    written = [value for name, value in _written(arguments) if order.is_count(name)]
    arguments.n = order.one_count(arguments.n, written)


def _written(arguments: Namespace) -> Iterator[tuple[str, object]]:
    yield from _extra_params(arguments.extra_params).items()
    for text in arguments.param:
        yield parameter(text)


def parameter(written: str) -> tuple[str, str]:
    """`--param`'s name and value. Raises `UsageError`."""
    name, separator, value = written.partition("=")
    if not separator or not name.strip():
        raise UsageError("error.bad_parameter", text=one_line(written, 80))
    return name.strip(), value


def _chosen(arguments: Namespace, model: ModelVersion) -> dict[str, Value]:
    """--extra-params, then --size, then --param: the later and more exact one wins."""
    written: dict[str, object] = dict(_extra_params(arguments.extra_params))
    if arguments.size is not None:
        written["size"] = arguments.size
    written.update(map(parameter, arguments.param))
    written = {name: value for name, value in written.items() if not order.is_count(name)}
    _sing(arguments, model, written)
    chosen, left_out = accepted(model, written.items(), lenient=arguments.lenient)
    for sentence in left_out:
        talk(sentence)
    return chosen


def _sing(arguments: Namespace, model: ModelVersion, written: dict[str, object]) -> None:
    """Put `lyrics` where the model takes them: in the prompt, with the style in `tags`.

    A model with a field of that name, or without custom mode, is left to say what it takes.
    """
    custom = form.user_field(model, "custom_mode") is not None
    if "lyrics" not in written or not custom or form.user_field(model, "lyrics") is not None:
        return
    style, arguments.prompt = prompt_of(arguments), str(written.pop("lyrics"))
    written.setdefault("custom_mode", True)
    if form.user_field(model, "tags") is not None:
        written.setdefault("tags", style)
    talk(say("cli.lyrics_sung", model=model.name))


def _recalled(arguments: Namespace, model: ModelVersion) -> dict[str, Value]:
    """The settings of `--from FILE` as far as the model takes them; what is left out is told."""
    found: Order | None = arguments.recalled
    if found is None:
        return {}
    kept = dict(drafting.recall(model, found).chosen)
    lost = [name for name, value in found.parameters if _is_unknown(model, name, value)]
    if lost and not arguments.quiet:
        talk(say("cli.from_left_out", names=", ".join(lost), model=model.name))
    return kept


def _is_unknown(model: ModelVersion, name: str, value: Value) -> bool:
    try:
        form.accept(model, name, value)
    except UsageError:
        return not any(field.virtual and field.virtual.target == name for field in model.fields)
    return False


def accepted(
    model: ModelVersion, written: Iterable[tuple[str, object]], *, lenient: bool
) -> tuple[dict[str, Value], list[str]]:
    """Return the choices in the model's own terms, and a sentence for each name that is left out.

    Raises `UsageError`, where `lenient` only for values.
    """
    chosen: dict[str, Value] = {}
    left_out: list[str] = []
    for name, value in written:
        try:
            known, taken = form.accept(model, name, value)
        except UsageError as error:
            unknown = error.key in ("error.unknown_parameter", "error.no_parameters")
            if not (lenient and unknown):
                raise
            left_out.append(say("cli.left_out", error=say(error.key, **error.values)))
        else:
            chosen[known] = taken
    return chosen, left_out


def _extra_params(text: str | None) -> Mapping[str, object]:
    found = json_object(text) if text is not None else {}
    for name, value in found.items():
        if isinstance(value, dict | list):
            raise UsageError("error.bad_parameter", text=one_line(f"{name}: {value}", 80))
    return {name: value for name, value in found.items() if value is not None}


UNSURE = {
    IntentQuestion.MEDIA_TYPE: "error.route_media_type",
    IntentQuestion.IMAGE_ROLES: "error.route_image_roles",
    IntentQuestion.MISSING_INPUT: "error.route_missing_input",
}
"""What to say about a question that only the person can answer."""


WORKFLOW = RequestKind.WORKFLOW.value


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing to make of `text`; `inputs` are in the order of their roles."""

    text: str
    intent: Intent
    task_type: TaskType
    inputs: tuple[str, ...]


def read(
    text: str,
    images: Sequence[str],
    lists: Lists | None = None,
    settled: TaskType | None = None,
) -> Intent:
    """Return the intent of `text`. Raises `UsageError` where a question is open, where it asks for
    more than one thing, and with the answer (by `lists`) where it asks a question."""
    intent = route(text, images, settled=settled)
    if intent.kind is RequestKind.CLARIFY and intent.question is not None:
        raise UsageError(UNSURE[intent.question])
    if intent.kind is RequestKind.QUESTION:
        raise UsageError("error.route_question", answer=answer(intent, lists or {}))
    if intent.kind is RequestKind.WORKFLOW:
        steps = ", ".join(step.task_type.value for step in intent.steps)
        raise UsageError("error.route_workflow", steps=steps)
    return intent


def doubt(intent: Intent | None) -> UsageError | None:
    """What to say where the text may mean something else; None where it is clear."""
    if intent is None or intent.confidence is Confidence.SURE or intent.task_type is None:
        return None
    other = intent.runner_up
    second = other.task_type if other is not None and other.task_type is not None else WORKFLOW
    return UsageError("error.route_unsure", first=intent.task_type.value, second=str(second))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A priced order that was not agreed to yet. `warnings`: what differs from what was asked for;
    `others`: models that could do it; `unclear`: what else the prompt may mean."""

    order: Order
    model: ModelVersion
    warnings: tuple[str, ...]
    others: tuple[Alternative, ...]
    unclear: UsageError | None

    def told(self) -> list[str]:
        """Say what has to be agreed to, a sentence each."""
        doubt = [say(self.unclear.key, **self.unclear.values)] if self.unclear is not None else []
        return [*doubt, *self.warnings]

    def agree(self) -> None:
        """Raise what has to be agreed to before this is sent."""
        if self.unclear is not None:
            raise self.unclear
        if self.warnings:
            raise Unconfirmed(self.warnings, self.others)


def meant(text: str, intent: Intent) -> Meant:
    """What `intent` wants made. Raises `UsageError` where that is nothing."""
    if intent.task_type is None or intent.kind is RequestKind.PREFERENCE:
        raise UsageError("error.route_preference")
    order = apply_intent.in_order(intent.roles, len(intent.inputs))
    inputs = tuple(intent.inputs[place] for place in order)
    return Meant(text, intent, intent.task_type, inputs)


async def meant_model(studio: Studio, one: Meant) -> ModelVersion:
    """The model that the words name where the list has it, else the preferred, else the default
    one; what is to be forgotten does not choose. `confirmation` tells where it is another."""
    models, intent = await studio.catalogue.fresh(one.task_type), one.intent
    if intent.model_id:
        named = (intent.model_id, intent.version)
        model, _ = binding.version_for(models, one.task_type, *named)
        if model is not None:
            return model
    called = [model for model in models if any(choice.is_called(model, n) for n in intent.absent)]
    if called:
        return choice.newest(called)
    check_preferences(studio)
    preference, catalogue = intent.preference, studio.catalogue
    forgets = preference is not None and preference.action is PreferenceAction.CLEAR
    serve = catalogue.impersonal if forgets else catalogue.suggested
    served = serve(one.task_type, one.inputs)
    if served is None:
        raise UsageError("error.no_models")
    return served


def values(model: ModelVersion, intent: Intent) -> Mapping[str, Value]:
    """The settings that the prompt asks for, each at the nearest value of `model`; also `n`."""
    return {name: one.value for name, one in apply_intent.settings(intent, model).items()}
