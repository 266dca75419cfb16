"""`ima-tui generate`: one job to its end. Takes every flag of the founding document's script.

What it remembers of models, by the rules of `preferences.policy`, is told and stored.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from ima_tui.catalogue import form, price, refusals
from ima_tui.catalogue.choice import Reason, inexpensive
from ima_tui.cli import confirm, exit_status, session
from ima_tui.cli.commands import generate_order, inputs
from ima_tui.cli.commands.generate_order import Prepared
from ima_tui.cli.commands.models import from_cache, print_models
from ima_tui.cli.json_documents import job_json
from ima_tui.cli.output import json_text, print_json, talk
from ima_tui.compose import apply_intent, confirmation, other_requests
from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, Medium, ModelVersion, Order, State, TaskType
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, ImaError, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say, usual_time
from ima_tui.intent.intent import Intent
from ima_tui.intent.kinds import PreferenceAction, RequestKind
from ima_tui.intent.route import route
from ima_tui.ledger.records import ENDED, OPEN, LedgerError
from ima_tui.preferences import policy
from ima_tui.preferences.policy import PreferenceChange, Proposal
from ima_tui.runner import outputs
from ima_tui.studio.studio import Studio
from ima_tui.subjects import mentions


def _before(arguments: Namespace, settings: Settings) -> Settings:
    settings = session.as_asked(arguments, settings)
    generate_order.read_prompt(arguments)
    generate_order.read_made_from(arguments)
    generate_order.settle_count(arguments)
    return settings


@session.verb(before=_before)
async def run(studio: Studio, arguments: Namespace) -> int | None:
    """Run the verb `generate`."""
    if arguments.list_models:
        await _list_models(studio, arguments)
        return None
    generate_order.check_prompt(arguments)
    intent = await understood(studio, arguments)
    if intent is not None and intent.kind is RequestKind.PREFERENCE:
        await _alone(studio, arguments, intent)
        return None
    return await _one(studio, arguments, intent)


async def understood(studio: Studio, arguments: Namespace) -> Intent | None:
    """Put in the subjects that the prompt names, and read it; None where a task type is given.

    Raises `UsageError`.
    """
    named = inputs.named_in(studio, generate_order.prompt_of(arguments))
    if named.used:
        text = generate_order.prompt_of(arguments)
        arguments.prompt = mentions.without_signs(text, named)
        arguments.input_images = [*arguments.input_images, *named.files]
    if arguments.task_type is not None:
        return None
    lists = studio.catalogue.all_models()
    text, images = generate_order.prompt_of(arguments), arguments.input_images
    kept = mentions.task_for(text, route(text, images)) if named.files else None
    if kept is not None and not await studio.catalogue.fresh(kept):
        kept = None
    return generate_order.read(text, images, lists, settled=kept)


async def _list_models(studio: Studio, arguments: Namespace) -> None:
    task_type = generate_order.task_type_of(arguments.task_type)
    await studio.catalogue.fresh(task_type)
    if note := from_cache(studio, [task_type]):
        talk(note)
    print_models(studio.catalogue.models(task_type), as_json=arguments.json)


async def _one(studio: Studio, arguments: Namespace, intent: Intent | None) -> int:
    """Price one job, say what differs from what was asked for, and send it. `intent` is what the
    text asks for, where no task type was given."""
    found = await prepare(studio, arguments, intent)
    note = from_cache(studio, [found.order.task_type])
    if arguments.dry_run:
        told = quote_json(found.order, [*found.told(), *filter(None, [note])])
        _dry_run(found.order, told, as_json=arguments.json)
        return EXIT_DONE
    if note:
        talk(note)
    if not arguments.yes:
        found.agree()
    confirm.check_limit(found.order.total, arguments.max_credits)
    await _change(studio, arguments, intent, found.model)
    return await _send(studio, arguments, found)


async def prepare(studio: Studio, arguments: Namespace, intent: Intent | None) -> Prepared:
    """Choose model and settings, check the inputs and price the job. Sends nothing."""
    one = None
    if intent is not None:
        one = generate_order.meant(generate_order.prompt_of(arguments), intent)
    arguments.by_hand = arguments.model_id is not None
    if one is None:
        task_type = generate_order.task_type_of(arguments.task_type)
        model = await generate_order.model_of(studio, arguments, task_type)
    else:
        task_type = one.task_type
        if arguments.version_id and arguments.model_id is None:
            arguments.model_id = one.intent.model_id or None
        named = arguments.model_id is not None or arguments.version_id
        model = await (
            generate_order.model_of(studio, arguments, task_type)
            if named
            else generate_order.meant_model(studio, one)
        )
        arguments.prompt = apply_intent.prompt(one.text, one.intent, one.task_type, model)
        arguments.input_images = list(one.inputs)
    said = generate_order.values(model, intent) if intent is not None else {}
    draft, by_hand = generate_order.draft_of(arguments, model, said)
    placed = await generate_order.order_of(studio, model, draft)
    if arguments.by_hand:
        by_hand |= {confirmation.MODEL}
    text = one.text if one is not None else draft.prompt
    found = confirmation.check(text, intent, model, draft, by_hand)
    unmet = (*other_requests.unmet(text, intent, model.name), *found.unmet)
    warnings, others = await confirm.warnings_of(studio, unmet, task_type)
    if exact := confirm.exactly(text, intent, placed):
        warnings = [*warnings, exact]
    doubt = generate_order.doubt(intent)
    return Prepared(placed, model, tuple(warnings), tuple(others), doubt)


def quote_json(placed: Order, warnings: list[str]) -> dict[str, object]:
    """Build the document of a job that is not sent: its payload, price and warnings."""
    from ima_tui.api.wire import create_payload

    urls = [as_url(source) for source in placed.inputs]
    payload = create_payload(placed, urls)
    if any(url.startswith("file:") for url in urls):
        warnings = [*warnings, say("cli.uploaded_first")]
    return {"payload": payload, "total_credit": placed.total, "warnings": warnings}


def _dry_run(placed: Order, told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    print(json_text(told["payload"], indent=2))
    talk(say("cli.would_cost", points=placed.total, model=placed.model_name))
    for warning in cast(list[str], told["warnings"]):
        talk(warning)


def as_url(source: str) -> str:
    """Return an input as it stands in a payload; a local file as a placeholder."""
    return source if "://" in source else Path(source).as_uri()


def _announce(studio: Studio, placed: Order, model: ModelVersion) -> None:
    """Model, points, time; and what would be cheaper where it is dear."""
    if placed.estimate is not None:
        usual = usual_time(placed.estimate.low, placed.estimate.high)
        talk(say("cli.sending", model=placed.model_name, points=placed.total, time=usual))
        if placed.task_type.medium is Medium.VIDEO:
            talk(say("cli.video_takes_longer"))
    if placed.total <= studio.settings.ask_above:
        return
    setting, _ = price.neighbours(model, refusals.choices_of(model, placed))
    if setting is not None:
        field = form.user_field(model, setting.name)
        label = field.label if field is not None else setting.name
        saved = -setting.difference * placed.n
        talk(say("cli.cheaper_setting", label=label, value=setting.value, points=saved))
    models = studio.catalogue.models(placed.task_type)
    for other in inexpensive(models, placed.task_type, len(placed.inputs)):
        points = confirmation.price_instead(other, placed, model)
        if points is not None and points < placed.total and other.model_id != placed.model_id:
            talk(say("cli.cheaper", model=other.name, points=points))
            break


async def _send(studio: Studio, arguments: Namespace, found: Prepared) -> int:
    placed, warnings = found.order, found.told()
    for warning in warnings:
        talk(warning)
    if not (arguments.json or arguments.quiet):
        _announce(studio, placed, found.model)
    if arguments.yes and arguments.max_credits is not None:
        placed = replace(placed, confirmed=arguments.max_credits)
    job = await studio.jobs.submit(placed)
    how = {"until_sent": arguments.no_wait, "quiet": arguments.quiet}
    interrupted = False
    try:
        job = await exit_status.wait_for(studio, job, seconds=arguments.timeout, **how)
    except asyncio.CancelledError:
        interrupted = not session.has_given_up()
        with suppress(LedgerError):  # then as it was seen last
            job = await studio.jobs.get(job.id) or job
    return await _conclude(studio, arguments, job, interrupted, warnings)


async def _conclude(
    studio: Studio,
    arguments: Namespace,
    job: Job,
    interrupted: bool,
    warnings: Sequence[str],
) -> int:
    sent_is_enough = arguments.no_wait and job.state in OPEN and bool(job.task_id)
    wanted = studio.settings.download
    error = None if sent_is_enough else exit_status.end_of(job, wanted=wanted)
    if interrupted and not sent_is_enough:
        error = ImaError("error.interrupted", id=job.id)
    elif error is None and job.state in ENDED - {State.DONE}:
        error = exit_status.failure_of(job)
    if arguments.json:
        more = {"warnings": list(warnings)} if warnings else {}
        print_json(await job_json(studio, job, error) | more)
    else:
        if sent_is_enough:
            print(f"job {job.id}", flush=True)
        _print_result(job, quiet=arguments.quiet)
        if error is not None:
            talk(explain(error))
        if not arguments.quiet and (tip := exit_status.suggestion(studio, job)):
            talk(tip)
    if wanted:
        exit_status.say_how_to_fetch(job)
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_DONE if sent_is_enough else exit_status.exit_code(job, wanted=wanted)


def _print_result(job: Job, *, quiet: bool) -> None:
    exit_status.print_results(job)
    if more := exit_status.surplus(job):
        talk(more)
    if quiet or job.state is not State.DONE or outputs.is_partial(job):
        return
    order = job.order
    took = say("cli.took", seconds=round(job.elapsed(job.updated_at)))
    if order.estimate is not None:
        usual = usual_time(order.estimate.low, order.estimate.high)
        took = say("cli.took_usually", took=took, time=usual)
    made = say(f"made.{order.task_type.medium}", n=len(job.medias))
    talk(say("cli.done", made=made, model=order.model_name, took=took, points=order.total))
    if (first := job.medias[0]).path:
        talk(say("cli.link", url=first.url))


async def _change(
    studio: Studio, arguments: Namespace, intent: Intent | None, model: ModelVersion
) -> None:
    """Store what the flags and the words of a job want stored; ask the change question."""
    if arguments.remember_model:
        await _store(studio, model.task_type, model)
        return
    proposal = _proposed(studio, arguments, intent, model)
    if proposal is not None and proposal.asks:
        usual = _name(studio, model.task_type, proposal.before)
        talk(say("remember.ask", before=usual, model=model.name))
        talk(say("remember.ask_how", task=model.task_type.value, model_id=model.model_id))
    elif proposal is not None:
        forgets = proposal.change is PreferenceChange.FORGET
        await _store(studio, model.task_type, None if forgets else model)
    if intent is not None:
        for other in policy.preferred_models(intent, studio.catalogue.all_models()):
            await _store(studio, other.task_type, other)


def _proposed(
    studio: Studio, arguments: Namespace, intent: Intent | None, model: ModelVersion
) -> Proposal | None:
    """A model that a flag names was chosen by the user; else the words say why it serves."""
    told = intent.reason if intent is not None else None
    reason = Reason.REQUEST if arguments.by_hand else told or Reason.DEFAULT
    before = studio.preferences.preferred().get(model.task_type, "")
    return policy.propose(intent, model, reason, before)


async def _alone(studio: Studio, arguments: Namespace, intent: Intent) -> None:
    """A text that asks for nothing to be made: only what is remembered changes."""
    generate_order.check_preferences(studio)
    preference = intent.preference
    changes: dict[TaskType, ModelVersion | None]
    if preference is not None and preference.action is PreferenceAction.SAVE:
        models = await _meant(studio, intent, preference.model_id)
        changes = {model.task_type: model for model in models}
    elif preference is not None and preference.action is PreferenceAction.CLEAR:
        changes = dict.fromkeys(_forgettable(studio, intent))
    else:
        raise UsageError("error.route_preference")
    for change in () if arguments.dry_run else changes.items():
        await _store(studio, *change)
    if arguments.json:
        told = [
            {"task_type": task_type.value, "model_id": model.model_id if model else None}
            for task_type, model in changes.items()
        ]
        print_json({"preference": {"action": preference.action.value, "changes": told}})
    elif not changes:
        talk(say("remember.nothing"))


async def _meant(studio: Studio, intent: Intent, model_id: str) -> tuple[ModelVersion, ...]:
    """The live model versions of the model that is to be remembered."""
    for task_type in policy.task_types(model_id):
        await studio.catalogue.fresh(task_type)
    models = policy.preferred_models(intent, studio.catalogue.all_models())
    if not models:
        raise UsageError("error.remember_absent", model=one_line(model_id, 80))
    return models


def _forgettable(studio: Studio, intent: Intent) -> tuple[TaskType, ...]:
    found = policy.forgettable(intent, studio.preferences.preferred())
    if len(found) > 1 and intent.medium is None:
        kinds = ", ".join(task_type.value for task_type in found)
        raise UsageError("error.remember_which", kinds=kinds)
    return found


async def _store(studio: Studio, task_type: TaskType, model: ModelVersion | None) -> None:
    """Remember a model for a task type; None: forget the one that is remembered."""
    store, task = studio.preferences, say(f"task.{task_type}")
    if not await (store.prefer(task_type, model) if model else store.unprefer(task_type)):
        talk(say("error.prefs_read_only", path=str(studio.settings.preferences)))
    else:
        name = model.name if model else ""
        talk(say("cli.preferred" if model else "cli.cleared", model=name, task=task))
    if model is not None and store.preferences.trouble is not None:
        talk(explain(store.preferences.trouble))


def _name(studio: Studio, task_type: TaskType, model_id: str) -> str:
    """What people call a model that is remembered, also one that is gone."""
    models = studio.catalogue.models(task_type)
    return next((model.name for model in models if model.model_id == model_id), model_id)
