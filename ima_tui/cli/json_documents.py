"""The JSON documents that scripts read: a job, a model, an error have one shape everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from ima_tui.catalogue import choice, form, price
from ima_tui.core.domain import Event, Job, ModelVersion, State
from ima_tui.core.errors import ImaError
from ima_tui.core.text import redact
from ima_tui.i18n import say
from ima_tui.ledger.records import is_held
from ima_tui.runner import outputs
from ima_tui.studio.job_documents import error_json as error_json
from ima_tui.studio.job_documents import job_facts
from ima_tui.studio.studio import Studio

NO_JOB: Mapping[str, object] = {
    **dict.fromkeys(("job_id", "task_id", "task_type", "model_id", "model_name", "model_version")),
    **dict.fromkeys(("credit", "n", "total_credit")),
    "status": "error",
    **dict.fromkeys(("elapsed_s", "estimated_s", "project", "client")),
    "starred": False,
    "tags": [],
    "medias": [],
    "url": None,
    "attempts": [],
}
"""The document of a job where an error came before there was one: every key that scripts read."""
_OF_THE_LEDGER = (
    "waiting",
    "needs_approval",
    "client",
    "prompt",
    "parameters",
    "inputs",
    "created_at",
)


def error_document(argv: Sequence[str], error: ImaError) -> dict[str, object]:
    """Build the document of a verb that failed, with the keys that it has on success."""
    verb, action = [*argv, "", ""][:2]
    shape: dict[str, object] = {"status": "error", "medias": [], "url": None}
    if verb == "generate" or (verb, action) == ("jobs", "show"):
        shape = dict(NO_JOB)
        shape |= dict.fromkeys(_OF_THE_LEDGER) if verb == "jobs" else {}
    elif verb in ("models", "jobs"):
        shape[verb] = []
    return {**shape, "error": error_json(error)}


def is_stream(argv: Sequence[str]) -> bool:
    """Whether the verb prints JSON Lines: one document a line, errors too."""
    return (
        argv[:1] == ["logs"]
        or (argv[:1] == ["batch"] and "--dry-run" not in argv)
        or (argv[:1] == ["route"] and "--batch" in argv)
        or list(argv[:2]) in (["jobs", "watch"], ["jobs", "export"])
        or (list(argv[:2]) == ["jobs", "list"] and "jsonl" in " ".join(argv))
    )


async def job_json(
    studio: Studio, job: Job, error: ImaError | None, events: Sequence[Event] | None = None
) -> dict[str, object]:
    """The one shape of a job in JSON, wherever it is printed."""
    if events is None:
        events = await studio.jobs.timeline(job.id)
    return {
        **job_facts(job, studio.clock.time()),
        "attempts": [
            {"at": event.at, "status": event.state.value, "message": say(event.key, **event.values)}
            for event in events
        ],
        "error": None if error is None else _error_of(studio, job, error),
    }


def _error_of(studio: Studio, job: Job, error: ImaError) -> dict[str, object]:
    document = error_json(error, studio.catalogue.instead(job))
    if outputs.unfetched(job):
        later = say("jobs.fetch_later", id=job.id)
        document["suggestions"] = [*cast(list[str], document["suggestions"]), later]
    return document


async def job_status_json(
    studio: Studio, job: Job, error: ImaError | None, events: Sequence[Event] | None = None
) -> dict[str, object]:
    """Build the document of a job of the ledger: also what it was made from and why it waits."""
    return {
        **await job_json(studio, job, error, events),
        "waiting": say(job.waiting, **job.waiting_values) if job.waiting else None,
        "needs_approval": is_held(job),
        **made_from(job),
    }


def made_from(job: Job) -> dict[str, object]:
    """Return what a job was made from, and when; of a forgotten one only when."""
    kept = job.state is not State.FORGOTTEN
    return {
        "prompt": job.order.prompt if kept else None,
        "parameters": dict(job.order.parameters) if kept else {},
        "inputs": [redact(each) for each in job.order.inputs] if kept else [],
        "created_at": iso_time(job.created_at),
    }


def iso_time(at: float | None) -> str | None:
    """Return a time in ISO 8601, with the offset of this machine's zone."""
    return None if at is None else datetime.fromtimestamp(at).astimezone().isoformat("T", "seconds")


def model_json(model: ModelVersion) -> dict[str, object]:
    """One model in JSON. `points` and `estimate` (seconds) are [low, high]."""
    estimate = price.estimate(model)
    return {
        "task_type": model.task_type.value,
        "name": model.name,
        "model_id": model.model_id,
        "version": model.version,
        "points": list(model.points),
        "estimate": [estimate.low, estimate.high],
        "tiers": [tier.value for tier in choice.tiers_of(model)],
        "n": list(form.counts(model)),
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "type": field.kind.value,
                "default": form.default_of(field),
                "options": [option.value for option in field.options],
            }
            for field in form.user_fields(model)
        ],
        "prices": [
            {"values": dict(row.values), "points": row.points, "default": row.is_default}
            for row in price.table(model)
        ],
    }
