"""`ima-tui jobs export`: the whole ledger for scripts and spreadsheets. No secret is in it, and
what people wrote only when they ask for it."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import replace

from ima_tui.cli import session
from ima_tui.cli.commands.jobs_chosen import PAGE, filter_of
from ima_tui.cli.json_documents import iso_time
from ima_tui.cli.output import print_line
from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_DONE
from ima_tui.core.text import redact

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets run what begins so."""


def run(arguments: argparse.Namespace) -> int:
    """Print jobs as JSON lines or CSV."""
    settings = session.settle(arguments)
    return session.run(_export(arguments, settings))


async def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    async with session.session(arguments, settings, with_key=False) as studio:
        among = replace(filter_of(arguments), forgotten=True)
        table = _Table() if arguments.format == "csv" else None
        after = 0
        while jobs := await studio.history.page(among, after, PAGE):
            for job in jobs:
                facts = _facts(job, with_prompts=arguments.with_prompts)
                if table is None:
                    print_line(facts)
                else:
                    table.add(facts)
            after = jobs[-1].id
    return EXIT_DONE


def _facts(job: Job, *, with_prompts: bool) -> dict[str, object]:
    order = job.order
    facts: dict[str, object] = {
        "job_id": job.id,
        "status": job.state.value,
        "task_id": job.task_id or None,
        "task_type": order.task_type.value,
        "model_id": order.model_id,
        "model_name": order.model_name,
        "model_version": order.version,
        "credit": order.points,
        "n": order.n,
        "total_credit": order.total,
        "created_at": iso_time(job.created_at),
        "sent_at": iso_time(job.sent_at),
        "ended_at": iso_time(job.ended_at),
        "project": order.project or None,
        "client": order.client or None,
        "starred": job.is_starred,
        "starred_results": [index for index, mark in job.marks.items() if mark.star],
        "tags": list(job.tags),
        "error": job.failure.kind.removeprefix("error.") if job.failure else None,
        "urls": [redact(media.url) for media in job.medias],
        "paths": [media.path for media in job.medias if media.path],
    }
    if with_prompts:  # what was forgotten stays forgotten, but for what it cost
        told = job.state is not State.FORGOTTEN
        facts["prompt"] = order.prompt if told else None
        facts["parameters"] = dict(order.parameters) if told else {}
        facts["inputs"] = [redact(each) for each in order.inputs] if told else []
    return facts


class _Table:
    """CSV on stdout: the header comes with the first row."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._begun = False

    def add(self, facts: dict[str, object]) -> None:
        if not self._begun:
            self._writer.writerow(facts)
            self._begun = True
        self._writer.writerow([cell(value) for value in facts.values()])


def cell(value: object) -> object:
    """Return a value as a cell of CSV."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
