"""`ima-tui logs`: what all of IMA's tools wrote down, oldest first, as a stream."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable
from datetime import datetime
from math import inf
from typing import TextIO

from ima_tui.cli import session
from ima_tui.cli.output import SCHEMA, talk
from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file, labels
from ima_tui.core.errors import UsageError
from ima_tui.core.text import nearest, one_line
from ima_tui.i18n import say
from ima_tui.logs.entry import NAMES, LogEntry, LogLevel
from ima_tui.logs.filter import LogFilter, Pattern, moment
from ima_tui.logs.window import LogStream

LOOK_SECONDS = 0.5
FIRST = 10
"""Lines shown before following, where nothing else is asked for."""

pause: Callable[[float], None] = time.sleep
"""Between two looks; tests put something quicker here."""


def run(arguments: Namespace) -> None:
    """Print, follow or export the shared log."""
    settings = session.settle(arguments)
    stream = LogStream(settings.logs, _wanted(arguments, settings))
    if stream.folder.trouble:
        raise UsageError("error.logs", folder=str(settings.logs), reason=stream.folder.trouble)
    if not stream.folder.files:
        talk(say("logs.none", folder=str(settings.logs)))
    if arguments.export:
        _export(stream, arguments)
        return
    _write(_chosen(stream, arguments), sys.stdout, as_json=arguments.json)
    sys.stdout.flush()
    while arguments.follow:
        if found := stream.news():
            _write(found, sys.stdout, as_json=arguments.json)
            sys.stdout.flush()
        else:
            pause(LOOK_SECONDS)


def _wanted(arguments: Namespace, settings: Settings) -> LogFilter:
    now = session.clock.time()
    project = labels.project(arguments.project)
    among = None if arguments.points is None and not project else (arguments.points or 0, project)
    tasks: tuple[str, ...] = ()
    jobs: frozenset[int] | None = None if among is None else frozenset()
    if (arguments.job is not None or among is not None) and settings.ledger.exists():
        tasks, jobs = asyncio.run(_of_ledger(settings, arguments.job, among))
    return LogFilter(
        level=_level(arguments.level) if arguments.level else LogLevel.DEBUG,
        text=Pattern(arguments.grep) if arguments.grep else None,
        source=arguments.source,
        job=arguments.job,
        tasks=tasks,
        among=jobs,
        since=moment(arguments.since, now) if arguments.since else -inf,
        until=moment(arguments.until, now) if arguments.until else inf,
    )


async def _of_ledger(
    settings: Settings, job_id: int | None, among: tuple[int, str] | None
) -> tuple[tuple[str, ...], frozenset[int] | None]:
    """Return what other tools call the job: the service's name of its task; and the jobs whose
    lines are wanted, by points and project, None for all lines."""
    from ima_tui.ledger.store import Ledger

    ledger = await Ledger.open(settings.ledger, session="logs")
    try:
        job = await ledger.job(job_id) if job_id is not None else None
        tasks = (job.task_id,) if job is not None and job.task_id else ()
        return tasks, await ledger.costing(*among) if among is not None else None
    finally:
        await ledger.aclose()


def _level(written: str) -> LogLevel:
    level = NAMES.get(written.strip().upper())
    if level is None:
        known = [level.name.lower() for level in LogLevel]
        allowed = ", ".join(nearest(written, known, 1) or known)
        raise UsageError("error.log_level", text=one_line(written, 40), allowed=allowed)
    return level


def _chosen(stream: LogStream, arguments: Namespace) -> Iterable[LogEntry]:
    count: int | None = arguments.last
    if count is None and arguments.follow and not arguments.since:
        count = FIRST
    return stream.all() if count is None else stream.last(count)


def _write(entries: Iterable[LogEntry], out: TextIO, *, as_json: bool) -> int:
    """Write them; returns how many there were."""
    count = 0
    plain = (out.encoding or "").lower().replace("-", "") != "utf8"
    for entry in entries:
        line = json.dumps(document(entry), ensure_ascii=plain) if as_json else entry.line()
        out.write(line + "\n")
        count += 1
    return count


def document(entry: LogEntry) -> dict[str, object]:
    """One entry for `--json`."""
    return {
        "schema": SCHEMA,
        "time": datetime.fromtimestamp(entry.time).astimezone().isoformat("T", "seconds"),
        "level": entry.level.name,
        "tool": entry.tool,
        "function": entry.function or None,
        "message": entry.message,
        "more": entry.more.split("\n") if entry.more else [],
        "job_id": entry.job,
    }


def _export(stream: LogStream, arguments: Namespace) -> None:
    """Into a file that only the person can read, and that was not there before."""
    path = atomic_file.expand(arguments.export)
    with atomic_file.new_text(path) as out:
        count = _write(_chosen(stream, arguments), out, as_json=arguments.json)
    talk(say("logs.exported", n=count, path=str(path)))
