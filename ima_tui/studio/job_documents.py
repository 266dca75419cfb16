"""JSON documents of jobs and errors: the shape that verbs print and notifications carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ima_tui import i18n
from ima_tui.core.errors import ImaError
from ima_tui.core.labels import UNMARKED

if TYPE_CHECKING:
    from ima_tui.catalogue.choice import Alternative
    from ima_tui.core.domain import Job

SCHEMA = 1
"""Version of the shape of every JSON document: docs/json.md."""


def error_json(error: ImaError, alternatives: Sequence[Alternative] = ()) -> dict[str, object]:
    """What happened in words, what to do next, and what could be used instead."""
    alternatives = alternatives or getattr(error, "alternatives", ())
    hint = i18n.hint(error.key, **error.values)
    return {
        "kind": error.key.removeprefix("error."),
        "message": i18n.sentence(error),
        "suggestions": [hint] if hint else [],
        "alternatives": [
            {
                "model_id": one.model.model_id,
                "model_name": one.model.name,
                "model_version": one.model.version,
                "credit": one.points,
            }
            for one in alternatives
        ],
    }


def job_facts(job: Job, now: float) -> dict[str, object]:
    """The facts of a job, without its timeline and error. `now`: seconds since the epoch."""
    placed, estimate = job.order, job.order.estimate
    medias = [
        {
            "url": media.url,
            "cover": media.cover or None,
            "format": media.format or None,
            "width": media.width,
            "height": media.height,
            "duration": media.duration or None,
            "path": media.path or None,
            "starred": job.marks.get(index, UNMARKED).star,
            "tags": list(job.marks.get(index, UNMARKED).tags),
        }
        for index, media in enumerate(job.medias, 1)
    ]
    return {
        "job_id": job.id,
        "task_id": job.task_id or None,
        "task_type": placed.task_type.value,
        "model_id": placed.model_id,
        "model_name": placed.model_name,
        "model_version": placed.version,
        "credit": placed.points,
        "n": placed.n,
        "total_credit": placed.total,
        "status": job.state.value,
        "elapsed_s": round(job.elapsed(now), 1),
        "estimated_s": [estimate.low, estimate.high] if estimate else None,
        "project": placed.project or None,
        "client": placed.client or None,
        "starred": job.is_starred,
        "tags": list(job.tags),
        "medias": medias,
        "url": medias[0]["url"] if medias else None,
    }
