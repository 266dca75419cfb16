"""What the flags and the text of `generate` ask for: a task type, a model, an order on it.

For a text without a task type its reading gives these (`Meant`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ima_tui.catalogue import choice, form, order
from ima_tui.cli.arguments import read_file
from ima_tui.cli.output import talk
from ima_tui.compose import apply_intent, confirmation
from ima_tui.compose import draft as drafting
from ima_tui.compose.capabilities import COUNT
from ima_tui.compose.other_requests import Lists, answer
from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import Draft, ModelVersion, Order, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import encodable, nearest, one_line
from ima_tui.i18n import say
from ima_tui.intent import binding
from ima_tui.intent.intent import Confidence, Intent, IntentQuestion, PreferenceAction, RequestKind
from ima_tui.intent.route import route
from ima_tui.studio.studio import Studio


def task_type_of(written: str | None) -> TaskType:
    """Return the task type of that name. Raises `UsageError`."""
    known = ", ".join(task_type.value for task_type in TaskType)
    if written is None:
        raise UsageError("error.no_task_type", known=known)
    try:
        return TaskType(written.strip().lower())
    except ValueError as error:
        shown = one_line(written, 60)
        near = nearest(written, [task_type.value for task_type in TaskType], 1)
        meant = say("argparse.near", near=near[0]) if near else ""
        facts = {"task_type": shown, "known": known, "near": meant}
        raise UsageError("error.unknown_task_type", **facts) from error


LONGEST_PROMPT = 1024 * 1024
"""Bytes of a prompt file that are read; no model takes as many."""


def read_prompt(arguments: argparse.Namespace) -> None:
    """Take the prompt from `--prompt-file`, or from stdin for `-`. Raises `UsageError`."""
    file = arguments.prompt_file
    given = [each for each in (arguments.text, arguments.prompt, file) if each is not None]
    if len(given) > 1:
        raise UsageError("error.prompt_twice")
    if file is None and given != ["-"]:
        return
    shown = one_line(file or "-", 300)
    try:
        content = read_file(file or "-", LONGEST_PROMPT)
        arguments.prompt = content.decode("utf-8-sig").strip()
    except OSError as error:
        reason = error.strerror or "—"
        raise UsageError("error.prompt_file", path=shown, reason=reason) from error
    except UnicodeDecodeError as error:
        raise UsageError("error.prompt_encoding", path=shown) from error
    if len(content) > LONGEST_PROMPT:
        raise UsageError("error.prompt_large", path=shown)


def read_made_from(arguments: argparse.Namespace) -> None:
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


def prompt_of(arguments: argparse.Namespace) -> str:
    """Return the prompt, typed as an argument or behind --prompt."""
    return str(arguments.prompt if arguments.prompt is not None else arguments.text or "")


def check_prompt(arguments: argparse.Namespace) -> None:
    """Before anything is fetched: an empty prompt needs no list."""
    if not prompt_of(arguments).strip():
        raise UsageError("error.empty_prompt")
    if encodable(prompt_of(arguments)) != prompt_of(arguments):
        raise UsageError("error.not_text", encoding=sys.getfilesystemencoding())


async def model_of(
    studio: Studio, arguments: argparse.Namespace, task_type: TaskType
) -> ModelVersion:
    """The named model, else the preferred, else the default one."""
    if arguments.model_id is None and studio.preferences.preferences.trouble is not None:
        # a preference that can't be read is not replaced by a guess
        raise studio.preferences.preferences.trouble
    models = await studio.catalogue.fresh(task_type)
    if arguments.model_id is not None:
        return choice.pick(models, arguments.model_id, arguments.version_id)
    model = studio.catalogue.suggested(task_type, arguments.input_images)
    if model is None:
        raise UsageError("error.no_models")
    return choice.pick(models, model.model_id, arguments.version_id)


def draft_of(
    arguments: argparse.Namespace, model: ModelVersion, said: Mapping[str, Value]
) -> tuple[Draft, frozenset[str]]:
    """The draft that the flags make over what the words say, and what the flags set outright."""
    flags = _recalled(arguments, model) | _chosen(arguments, model)
    by_hand = set(flags)
    if arguments.n is not None:
        by_hand.add(COUNT)
    count = said.get(COUNT, 1)
    draft = Draft(
        task_type=model.task_type,
        model_id=model.model_id,
        version=model.version,
        prompt=prompt_of(arguments),
        chosen=tuple({**{k: v for k, v in said.items() if k != COUNT}, **flags}.items()),
        inputs=tuple(arguments.input_images),
        n=arguments.n if arguments.n is not None else count if isinstance(count, int) else 1,
        project=labels.project(arguments.project),
    )
    return draft, frozenset(by_hand)


async def order_of(studio: Studio, model: ModelVersion, draft: Draft) -> Order:
    """The priced order, inputs looked at. Raises `UsageError` for what can't be."""
    placed, _ = order.place(model, draft)
    facts = await studio.inspect_inputs(model, draft.inputs)
    for note in confirmation.input_notes(facts):
        talk(note)
    return replace(placed, inputs=tuple(fact.source for fact in facts))


def settle_count(arguments: argparse.Namespace) -> None:
    """`--n` wherever it was given, as a parameter too. Raises `UsageError` where it was twice."""
    written = [value for name, value in _written(arguments) if order.is_count(name)]
    arguments.n = order.one_count(arguments.n, written)


def _written(arguments: argparse.Namespace) -> Iterator[tuple[str, object]]:
    yield from _extra_params(arguments.extra_params).items()
    for text in arguments.param:
        yield parameter(text)


def parameter(written: str) -> tuple[str, str]:
    """`--param`'s name and value. Raises `UsageError`."""
    name, separator, value = written.partition("=")
    if not separator or not name.strip():
        raise UsageError("error.bad_parameter", text=one_line(written, 80))
    return name.strip(), value


def _chosen(arguments: argparse.Namespace, model: ModelVersion) -> dict[str, Value]:
    """--extra-params, then --size, then --param: the later and more exact one wins."""
    written: dict[str, object] = dict(_extra_params(arguments.extra_params))
    if arguments.size is not None:
        written["size"] = arguments.size
    written.update(map(parameter, arguments.param))
    written = {name: value for name, value in written.items() if not order.is_count(name)}
    _sing(arguments, model, written)
    return dict(_accepted(model, written, lenient=arguments.lenient))


def _sing(arguments: argparse.Namespace, model: ModelVersion, written: dict[str, object]) -> None:
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


def _recalled(arguments: argparse.Namespace, model: ModelVersion) -> dict[str, Value]:
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


def _accepted(
    model: ModelVersion, written: Mapping[str, object], *, lenient: bool
) -> Iterator[tuple[str, Value]]:
    """The choices in the leaf's own terms. `lenient` leaves out names it does not know."""
    for name, value in written.items():
        try:
            yield form.accept(model, name, value)
        except UsageError as error:
            unknown = error.key in ("error.unknown_parameter", "error.no_parameters")
            if not (lenient and unknown):
                raise
            talk(say("cli.left_out", error=say(error.key, **error.values)))


def _extra_params(text: str | None) -> Mapping[str, object]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("error.bad_json", text=one_line(text, 80)) from error
    if not isinstance(found, dict):
        raise UsageError("error.bad_json", text=one_line(text, 80))
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
    decision: Intent
    task_type: TaskType
    inputs: tuple[str, ...]


def read(
    text: str,
    images: Sequence[str],
    lists: Lists | None = None,
    settled: TaskType | None = None,
) -> Intent:
    """The reading of `text`. Raises `UsageError` where a question is open, where it asks for
    more than one thing, and with the answer (by `lists`) where it asks a question."""
    decision = route(text, images, settled=settled)
    if decision.kind is RequestKind.CLARIFY and decision.question is not None:
        raise UsageError(UNSURE[decision.question])
    if decision.kind is RequestKind.QUESTION:
        raise UsageError("error.route_question", answer=answer(decision, lists or {}))
    if decision.kind is RequestKind.WORKFLOW:
        steps = ", ".join(step.task_type.value for step in decision.steps)
        raise UsageError("error.route_workflow", steps=steps)
    return decision


def doubt(decision: Intent | None) -> UsageError | None:
    """What to say where the text may mean something else; None where it is clear."""
    if decision is None or decision.confidence is Confidence.SURE or decision.task_type is None:
        return None
    other = decision.runner_up
    second = other.task_type if other is not None and other.task_type is not None else WORKFLOW
    return UsageError("error.route_unsure", first=decision.task_type.value, second=str(second))


def meant(text: str, decision: Intent) -> Meant:
    """What `decision` wants made. Raises `UsageError` where that is nothing."""
    if decision.task_type is None or decision.kind is RequestKind.PREFERENCE:
        raise UsageError("error.route_preference")
    order = apply_intent.in_order(decision.roles, len(decision.inputs))
    inputs = tuple(decision.inputs[place] for place in order)
    return Meant(text, decision, decision.task_type, inputs)


async def meant_model(studio: Studio, one: Meant) -> ModelVersion:
    """The model that the words name where the list has it, else the preferred, else the default
    one; what is to be forgotten does not choose. `confirmation` tells where it is another."""
    models, decision = await studio.catalogue.fresh(one.task_type), one.decision
    if decision.model_id:
        version = decision.version
        model, _ = binding.leaf_for(models, one.task_type, decision.model_id, version)
        if model is not None:
            return model
    called = [model for model in models if any(choice.is_called(model, n) for n in decision.absent)]
    if called:
        return choice.newest(called)
    if studio.preferences.preferences.trouble is not None:
        raise studio.preferences.preferences.trouble  # unreadable preferences are not guessed
    forgets = (
        decision.preference is not None and decision.preference.action is PreferenceAction.CLEAR
    )
    offer = studio.catalogue
    serve = offer.impersonal if forgets else offer.suggested
    served = serve(one.task_type, one.inputs)
    if served is None:
        raise UsageError("error.no_models")
    return served


def values(model: ModelVersion, decision: Intent) -> Mapping[str, Value]:
    """The settings that the prompt asks for, each at the nearest value of `model`; also `n`."""
    return {name: one.value for name, one in apply_intent.settings(decision, model).items()}
