"""`ima-tui route`: what a text would do, said or as JSON. Nothing is sent, and nothing fetched."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Iterator, Mapping

from ima_tui.catalogue import order
from ima_tui.catalogue.choice import Reason
from ima_tui.catalogue.list_cache import ProductLists
from ima_tui.cli import session
from ima_tui.cli.arguments import read_input
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.output import print_json, print_line, talk
from ima_tui.compose import apply_intent, parameter_names
from ima_tui.compose.other_requests import answer
from ima_tui.config.loader import Settings
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.text import clean, one_line
from ima_tui.i18n import explain, say
from ima_tui.intent.intent import Intent, IntentStep, Parameter
from ima_tui.intent.intent_json import intent_json, prompt_sent
from ima_tui.intent.kinds import Confidence, RequestKind
from ima_tui.intent.route import route
from ima_tui.preferences import policy
from ima_tui.preferences.file import Preferences
from ima_tui.preferences.policy import Proposal
from ima_tui.studio.guides import Guides

LARGEST = 64 * 1024 * 1024
"""Bytes of a file of prompts."""
LONGEST_LINE = 1_000_000


def run(arguments: Namespace) -> int:
    """Say how a prompt is understood."""
    settings = session.settle(arguments)
    if arguments.batch is not None:
        return _batch(arguments.batch)
    text: str | None = arguments.text
    if text is None:
        raise UsageError("error.route_nothing")
    catalogue, preferred = asyncio.run(known(settings))
    knowledge = Guides(settings.knowledge)
    knowledge.load()
    intent = route(text, arguments.input_images, catalogue, preferred, knowledge.recommended)
    if arguments.json:
        print_json(intent_document(text, intent, preferred, knowledge))
        return EXIT_DONE
    lines = [*told(text, intent)]
    if intent.kind is RequestKind.QUESTION:
        lines.append(answer(intent, catalogue))
    lines += [
        say("route.guide", title=document.title, path=str(document.path))
        for document in knowledge.documents(text, intent)
    ]
    for line in (*lines, *_remembered(intent, preferred, catalogue)):
        print(clean(line))
    return EXIT_DONE


def intent_document(
    text: str, intent: Intent, preferred: Mapping[TaskType, str], knowledge: Guides
) -> dict[str, object]:
    """Build the document of an intent: what the text would do, nothing sent and nothing stored."""
    told_of = intent_json(text, intent) | {"remembering": _json(_proposed(intent, preferred))}
    return told_of | {"knowledge": _guides(text, intent, knowledge)}


def _guides(text: str, intent: Intent, knowledge: Guides) -> dict[str, object] | None:
    """The guides that matter, and the line that recommends the model; None where there are none."""
    documents = knowledge.documents(text, intent)
    recommends = intent.model is not None and intent.reason is Reason.RECOMMENDATION
    found = knowledge.recommendation(intent.model.task_type) if intent.model else None
    if not documents and not recommends:
        return None
    return {
        "documents": [str(document.path) for document in documents],
        "recommended": {"model_id": found.model_id, "line": found.line, "text": found.words}
        if found is not None and recommends
        else None,
    }


# -------------------------------------------------------------------------- what is remembered


def _proposed(intent: Intent, preferred: Mapping[TaskType, str]) -> Proposal | None:
    """What generating it would change in the preferences."""
    if intent.model is None or intent.reason is None:
        return None
    before = preferred.get(intent.model.task_type, "")
    return policy.propose(intent, intent.model, intent.reason, before)


def _json(proposal: Proposal | None) -> dict[str, object] | None:
    """`on`: it would be done unasked; else it is the change question."""
    if proposal is None:
        return None
    return {
        "change": proposal.change.value,
        "on": proposal.on,
        "model_id": proposal.model.model_id if proposal.model is not None else None,
        "before": proposal.before or None,
    }


def _remembered(
    intent: Intent,
    preferred: Mapping[TaskType, str],
    catalogue: Mapping[TaskType, tuple[ModelVersion, ...]],
) -> Iterator[str]:
    proposal = _proposed(intent, preferred)
    if proposal is None or proposal.model is None:
        return
    model = proposal.model
    if proposal.asks:
        names = {each.model_id: each.name for each in catalogue[model.task_type]}
        before = names.get(proposal.before, proposal.before)
        yield say("route.ask", before=before, model=model.name)
    elif intent.preference is None:
        yield say("route.kept", model=model.name, task=say(f"task.{model.task_type}"))


async def known(
    settings: Settings,
) -> tuple[Mapping[TaskType, tuple[ModelVersion, ...]], Mapping[TaskType, str]]:
    """The lists as last seen and the preferences, both from disk alone."""
    lists = ProductLists(settings.cache, lambda: 0.0, lambda _: None)
    await lists.load(settings.base_url)
    preferences = Preferences(settings.preferences)
    preferences.reload()
    preferred = {
        task_type: preference.model_id
        for task_type in TaskType
        if (preference := preferences.of(settings.user_id, task_type)) is not None
    }
    return {task_type: lists.models(task_type) for task_type in TaskType}, preferred


# ---------------------------------------------------------------------------------- many lines


def _batch(name: str) -> int:
    """Print a decision per line, by the words alone; a bad line is named and the rest goes on."""
    code = EXIT_DONE
    for row in _rows(name):
        if isinstance(row, UsageError):
            code = row.exit_code
            talk(explain(row))
            print_line({"id": None, "decision": None, "status": "error", "error": error_json(row)})
            continue
        number, text, images = row
        print_line({"id": number, "decision": intent_json(text, route(text, images))})
    return code


def _rows(name: str) -> Iterator[tuple[object, str, list[str]] | UsageError]:
    data = read_input(name, LARGEST, "error.route_file", "error.batch_large")
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if line.strip():
            yield _row(line) or UsageError("error.route_line", line=number)


def _row(line: str) -> tuple[object, str, list[str]] | None:
    try:
        row = json.loads(line[:LONGEST_LINE])
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        return None
    images = row.get("images") or []
    return (row["id"], row["text"], list(map(str, images))) if isinstance(images, list) else None


# ------------------------------------------------------------------------------------ in words


def told(text: str, intent: Intent) -> Iterator[str]:
    """The intent in sentences, each part with the words that gave it."""
    yield _headline(text, intent)
    for number, step in enumerate(intent.steps, 1):
        yield _step(number, step)
    if (doubt := _doubt(intent)) is not None:
        yield doubt
    yield from _chosen(text, intent)
    sent = prompt_sent(text, intent)
    if sent is not None and sent != text:
        yield say("route.prompt_sent", prompt=one_line(sent, 400))
    yield from _roles(intent)
    if intent.preference is not None:
        key = f"route.{intent.preference.action.value}"
        yield say(key, model=intent.preference.model_id)
    yield from impossible(text, intent)
    for each in intent.misplaced:
        words = one_line(text[slice(*each.span)], 60)
        yield say("route.misplaced", asked=words, makes=say(f"medium.{each.medium}"))
    yield from _refused(intent)
    if any(map(order.is_media, intent.inputs)) and intent.kind is RequestKind.CLARIFY:
        yield say("route.continue_video")


def _step(number: int, step: IntentStep) -> str:
    """One job of a workflow: its model, and the step that it is made from."""
    line = say("route.step", number=number, task=say(f"task.{step.task_type}"))
    line += say("route.step_model", model=step.model_id) if step.model_id else ""
    return line + (say("route.step_uses", number=step.uses + 1) if step.uses is not None else "")


def _chosen(text: str, intent: Intent) -> Iterator[str]:
    """The model and the settings, a sentence for each."""
    if intent.model is not None:
        why = intent.reason or Reason.DEFAULT
        yield say(f"route.model_{why}", model=intent.model.name, words=_words(text, intent))
    elif intent.model_id:
        yield say("route.model_request", model=intent.model_id, words=_words(text, intent))
    told = [_setting(text, intent, param) for param in intent.params]
    if told:
        yield say("route.settings", settings=say("confirm.comma").join(told))


def _words(text: str, intent: Intent) -> str:
    """The words that gave the model or its tier."""
    return _quoted(text, intent, "model", "tier") or intent.model_id


def _quoted(text: str, intent: Intent, *parts: str) -> str:
    """The words that gave the first of these parts of the intent that any words gave."""
    spans = next(filter(None, map(intent.spans, parts)), ())
    return " … ".join(one_line(text[slice(*span)], 60) for span in spans)


def _setting(text: str, intent: Intent, param: Parameter) -> str:
    name = parameter_names.name(param.name)
    value = parameter_names.value(param.name, param.value)
    words = _quoted(text, intent, f"params.{param.name}")
    key = "route.setting_from" if words else "route.setting"
    return say(key, name=name, value=value, words=words)


def _doubt(intent: Intent) -> str | None:
    """How sure the intent is, where it is not."""
    doubtful = intent.confidence is Confidence.UNSURE and intent.question is None
    if not doubtful or intent.kind not in (RequestKind.SINGLE, RequestKind.WORKFLOW):
        return None
    other = intent.runner_up.task_type if intent.runner_up is not None else None
    if other is None:
        return say("route.unsure_steps")
    return say("route.unsure", other=say(f"task.{other}"), flag=other.value)


def _headline(text: str, intent: Intent) -> str:
    if intent.kind is RequestKind.QUESTION:
        return say("route.question")
    if intent.kind is RequestKind.CLARIFY and intent.question is not None:
        return say(f"route.clarify_{intent.question.value}")
    words = _quoted(text, intent, "media")
    if intent.kind is RequestKind.WORKFLOW:
        key = "route.workflow_from" if words else "route.workflow"
        return say(key, n=len(intent.steps), words=words)
    if intent.kind is RequestKind.SINGLE and intent.task_type is not None:
        names = {"name": say(f"task.{intent.task_type}")}
        return say("route.single_from" if words else "route.single", words=words, **names)
    return say(f"route.{intent.kind.value}")


def _roles(intent: Intent) -> Iterator[str]:
    roles = intent.roles
    found = [("source", place) for place in roles.source]
    found += [("first_frame", roles.first_frame)] if roles.first_frame is not None else []
    found += [("last_frame", roles.last_frame)] if roles.last_frame is not None else []
    found += [("reference", place) for place in roles.reference]
    for name, place in found:
        if place < len(intent.inputs):
            role = say(f"route.role_{name}")
            yield say("route.part", name=role, value=one_line(intent.inputs[place], 200))


def impossible(text: str, intent: Intent) -> Iterator[str]:
    """What nobody here can do, and what can be had instead."""
    for limit in intent.limits:
        key, words = apply_intent.told(intent, limit)
        yield say(key, **words)
    for param in intent.inapplicable:
        asked = one_line(_quoted(text, intent, f"params.{param.name}"), 60)
        name, medium = parameter_names.name(param.name), say(f"medium.{intent.medium}")
        yield say("route.not_applicable", asked=asked, name=name, medium=medium)
    for name in intent.absent:
        yield say("route.absent", name=one_line(name, 80))


def _refused(intent: Intent) -> Iterator[str]:
    for refusal in intent.refused:
        model = intent.model.name if intent.model else intent.model_id
        key, words = parameter_names.lacks(model, refusal)
        yield f"  {say(key, **words)}"
