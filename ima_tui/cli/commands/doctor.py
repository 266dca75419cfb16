"""`ima-tui doctor`: what is wrong here, and what to do about it.

Its output is safe to paste: no secret is in it, and the person's home is `~`.

The job history is searched here for damage, and for jobs that need the user; the rest is in
`doctor_checks`.
"""

from __future__ import annotations

import asyncio
import os
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from ima_tui import __version__
from ima_tui.cli import confirm, session
from ima_tui.cli.commands import doctor_checks
from ima_tui.cli.commands.doctor_checks import Check, Finding, Level, Patient
from ima_tui.cli.output import print_json, text_encoding
from ima_tui.config import loader
from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import EXIT_DONE, EXIT_FAILED, ImaError
from ima_tui.core.text import clean, one_line, redact, size
from ima_tui.i18n import explain, joined, say
from ima_tui.ledger import backup, history, presence_lock, repair_report
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import UNDER_WAY, LedgerError
from ima_tui.ledger.store import Ledger
from ima_tui.ledger.traces import Places
from ima_tui.runner import outputs

MOST_NAMED = 5
"""Jobs that are named one by one."""
MOST_READ = 1000
"""Jobs of one kind that are looked at, the newest."""
AHEAD = 300.0
"""Seconds; a job that was made later than that from now was made with a wrong clock."""
LINK_SECONDS = 7 * 86_400.0
"""How long the service keeps results."""


async def ledger(patient: Patient) -> list[Finding]:
    """Whether the history is whole, and what in it needs the user."""
    path, settings = patient.settings.ledger, patient.settings
    there = path.exists()
    words = [str(path), size(path.stat().st_size if there else 0), _copied(path)]
    try:
        places = Places(settings.logs, (settings.folder,))
        opened = await Ledger.open_read_only(path, session="doctor", places=places)
        try:
            whole = await opened.healthy()
            jobs = await opened.read(history.counted, JobFilter())
            traced = await opened.traced()
            more = await _jobs(opened, wants_files=settings.download)
            later = JobFilter(since=time.time() + AHEAD)
            ahead = await opened.read(history.listed, later, 0, MOST_READ)
        finally:
            await opened.aclose()
    except LedgerError as error:
        return [Finding("ledger", "bad", " · ".join(words), explain(error))]
    words.insert(1, say("doctor.jobs", n=jobs))
    if traced:
        words.insert(2, say("doctor.traced", n=traced))
    copies = any(each.exists() for each in backup.paths(path))
    if opened.repair_report is None and not (path.exists() or copies):
        return [Finding("ledger", "ok", say("doctor.no_ledger"))]
    if opened.repair_report is not None:
        found = [say(f"ledger.{opened.repair_report.why}"), *words]
        return [Finding("ledger", "bad", " · ".join(found), say("doctor.restore", jobs=jobs))]
    if opened.locked_out or not presence_lock.has_locks(path):
        return [Finding("ledger", "bad", " · ".join(words), say("doctor.no_locks"))]
    if not whole:
        return [Finding("ledger", "bad", " · ".join(words), say("doctor.torn")), *more]
    if there and path.stat().st_mode & 0o077:
        advice = say("doctor.open_file", path=str(path))
        return [Finding("ledger", "note", " · ".join(words), advice), *more]
    if not ahead:
        return [Finding("ledger", "ok", " · ".join(words)), *_restored(path), *more]
    words.append(say("doctor.future", n=len(ahead), id=ahead[0].id))
    return [Finding("ledger", "note", " · ".join(words), say("doctor.future.advice")), *more]


def _restored(path: Path) -> list[Finding]:
    """That flags alone pay for nothing for some weeks after a restore."""
    at = repair_report.last_repair(path)
    if at is None or time.time() - at >= confirm.DAYS * 86_400.0:
        return []
    when = datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
    return [Finding("repair", "note", say("doctor.repaired", when=when),
                    say("doctor.repaired.advice"))]  # fmt: skip


async def _jobs(opened: Ledger, *, wants_files: bool) -> list[Finding]:
    """What jobs wait for, which outcomes are unknown, and which results are not here yet."""
    waiting = [
        f"#{job.id} {say(job.waiting, **job.waiting_values)}" if job.waiting
        else f"#{job.id} {say(f'wait.{job.state}')}"
        for job in reversed(await opened.recent(0))
        if job.state in UNDER_WAY or (job.waiting and job.state in (State.QUEUED, State.FETCHING))
    ]  # fmt: skip
    found: list[Finding] = []
    if waiting:
        shown = "; ".join(_first(waiting))
        found.append(Finding("queue", "note", say("doctor.waiting", jobs=shown)))
    lost = await opened.read(history.listed, JobFilter(states=(State.NEEDS_REVIEW,)), 0, MOST_READ)
    if lost:
        words = say("doctor.review_jobs", n=len(lost), ids=_ids(lost))
        found.append(Finding("review", "note", words, say("doctor.review_jobs.advice")))
    recent = JobFilter(states=(State.DONE,), since=time.time() - LINK_SECONDS)
    done = await opened.read(history.listed, recent, 0, MOST_READ) if wants_files else ()
    if away := [job for job in done if outputs.unfetched(job)]:
        words = say("doctor.unfetched", n=len(away), ids=_ids(away))
        advice = say("doctor.unfetched.advice", id=away[-1].id)
        found.append(Finding("downloads", "note", words, advice))
    return found


def _ids(jobs: Iterable[Job]) -> str:
    """Numbers of the oldest jobs."""
    return ", ".join(_first([f"#{each}" for each in sorted(job.id for job in jobs)]))


def _first(words: Sequence[str]) -> list[str]:
    return [*words[:MOST_NAMED], *(["…"] if len(words) > MOST_NAMED else [])]


def _copied(path: Path) -> str:
    try:
        made = backup.paths(path)[0].stat().st_mtime
    except OSError:
        return say("doctor.no_copy")
    return say("doctor.copied", when=time.strftime("%Y-%m-%d %H:%M", time.localtime(made)))


MARKS: dict[Level, str] = {"ok": "✓", "note": "·", "bad": "✗"}
PLAIN_MARKS: dict[Level, str] = {"ok": "+", "note": ".", "bad": "x"}


CHECKS: tuple[Check, ...] = (
    doctor_checks.program, doctor_checks.terminal, doctor_checks.encoding, doctor_checks.images,
    doctor_checks.clipboard, doctor_checks.notifications, doctor_checks.preferences,
    doctor_checks.folders, ledger, doctor_checks.api_key, doctor_checks.proxy,
    doctor_checks.certificates, doctor_checks.hosts, doctor_checks.pace, doctor_checks.service,
)  # fmt: skip


def run(arguments: Namespace) -> int:
    """Exit code 0 when nothing is bad, else 1."""
    session.log_nothing()
    about_config, settings = _settings(arguments)
    patient = Patient(arguments, replace(settings, read_only=True), os.environ)
    program, *others = asyncio.run(_examined(patient))
    findings = [_shareable(finding) for finding in (program, about_config, *others)]
    if arguments.json:
        print_json({"version": __version__, "findings": list(map(asdict, findings))})
    else:
        _print(findings)
    return EXIT_FAILED if any(finding.level == "bad" for finding in findings) else EXIT_DONE


async def _examined(patient: Patient) -> list[Finding]:
    return [finding for check in CHECKS for finding in await _checked(check, patient)]


async def _checked(check: Check, patient: Patient) -> list[Finding]:
    """A check that fails is a finding too, and the others go on."""
    try:
        return await check(patient)
    except Exception as error:  # noqa: BLE001 - whatever is wrong here may well break a check
        found = f"{check.__name__}: {type(error).__name__}"
        return [Finding("doctor", "bad", found, say("doctor.check_failed"))]


def _settings(arguments: Namespace) -> tuple[Finding, Settings]:
    path = str(loader.config_path())
    try:
        settings = session.settle(arguments)
    except ImaError as error:
        return Finding("config", "bad", path, explain(error)), _without_config()
    words = path if Path(path).exists() else f"{path} · {say('doctor.no_config')}"
    level: Level = "note" if settings.warnings else "ok"
    return Finding("config", level, words, joined(*settings.warnings)), settings


def _without_config() -> Settings:
    """As far as the environment says; the defaults where that is what can't be read."""
    bare = {"IMA_TUI_CONFIG": os.devnull}
    try:
        settings = loader.load({}, {**os.environ, **bare})
    except ImaError:
        settings = loader.load({}, bare)
    return replace(settings, config_file=loader.config_path())


def _shareable(finding: Finding) -> Finding:
    """Without keys, signatures and the name of the person's home."""
    home = str(atomic_file.known() or "")

    def plain(text: str) -> str:
        shown = redact(clean(text))
        return shown.replace(home, "~") if len(home) > 1 else shown

    return replace(finding, found=plain(finding.found), advice=plain(finding.advice))


def _print(findings: list[Finding]) -> None:
    marks = MARKS if text_encoding() == "utf-8" else PLAIN_MARKS
    for finding in findings:
        name = say(f"doctor.{finding.name}")
        found = one_line(finding.found, 600)
        print(say("doctor.line", mark=marks[finding.level], name=name, found=found))
        if finding.advice:
            print(f"  {finding.advice}")
