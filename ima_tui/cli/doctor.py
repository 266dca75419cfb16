"""`ima-tui doctor`: what is wrong here, and what to do about it. Safe to paste: no secret in it."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ima_tui import __version__, config, key
from ima_tui.cli import session
from ima_tui.cli.output import print_json
from ima_tui.config import Settings
from ima_tui.connection import key_file
from ima_tui.domain import TaskType
from ima_tui.errors import EXIT_DONE, EXIT_FAILED, ImaError, KeyMissing
from ima_tui.ledger import SQLITE_VERSION, Ledger
from ima_tui.messages import explain, say
from ima_tui.preferences import Preferences
from ima_tui.text import one_line, size

Level = Literal["ok", "note", "bad"]
MARKS: dict[Level, str] = {"ok": "✓", "note": "·", "bad": "✗"}
LEAST_ROOM = 200 * 1000 * 1000
"""Bytes free below which results may not find room."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is stable, for scripts; `found` in words; `advice` says what to do."""

    name: str
    level: Level
    found: str
    advice: str = ""


def run(arguments: argparse.Namespace) -> int:
    findings, settings = _settings(arguments)
    if settings is not None:
        findings += asyncio.run(_collect(arguments, settings))
    if arguments.json:
        print_json(
            {
                "version": __version__,
                "findings": [
                    {"name": f.name, "level": f.level, "found": f.found, "advice": f.advice}
                    for f in findings
                ],
            }
        )
    else:
        _print(findings)
    return EXIT_FAILED if any(finding.level == "bad" for finding in findings) else EXIT_DONE


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print(f"{MARKS[finding.level]} {say(f'doctor.{finding.name}')}: {finding.found}")
        if finding.advice:
            print(f"  {finding.advice}")


def _settings(arguments: argparse.Namespace) -> tuple[list[Finding], Settings | None]:
    path = str(config.config_path())
    about = f"{__version__} · Python {platform.python_version()} · SQLite {SQLITE_VERSION}"
    findings = [Finding("program", "ok", f"{about} · {platform.system()}"), _terminal()]
    try:
        settings = session.settle(arguments)
    except ImaError as error:
        return [*findings, Finding("config", "bad", path, explain(error))], None
    level: Level = "note" if settings.warnings else "ok"
    return [*findings, Finding("config", level, path, " ".join(settings.warnings))], settings


async def _collect(arguments: argparse.Namespace, settings: Settings) -> list[Finding]:
    found = [_preferences(settings), _folder("results", settings.folder)]
    found.append(_folder("data", settings.data))
    found.append(_logs(settings))
    found.append(await _ledger(settings))
    has_key, finding = _key(arguments, settings)
    found.append(finding)
    if has_key:
        found.append(await _service(arguments, settings))
    return found


def _terminal() -> Finding:
    if not sys.stdout.isatty():
        return Finding("terminal", "note", say("doctor.no_terminal"))
    columns, rows = shutil.get_terminal_size()
    words = [f"{columns}x{rows}", os.environ.get("TERM", "?"), os.environ.get("COLORTERM", "")]
    words += [name for name in ("TMUX", "SSH_CONNECTION", "NO_COLOR") if os.environ.get(name)]
    level: Level = "ok" if columns >= 60 and rows >= 20 else "note"
    advice = "" if level == "ok" else say("doctor.small_terminal")
    return Finding("terminal", level, " · ".join(filter(None, words)), advice)


def _preferences(settings: Settings) -> Finding:
    preferences = Preferences(settings.preferences)
    preferences.reload()
    shown = str(settings.preferences)
    if preferences.trouble is not None:
        return Finding("prefs", "bad", shown, explain(preferences.trouble))
    if not preferences.writable:
        return Finding("prefs", "note", shown, say("doctor.read_only"))
    return Finding("prefs", "ok", shown)


def _folder(name: str, folder: Path) -> Finding:
    above = next((each for each in (folder, *folder.parents) if each.exists()), None)
    if above is None or not above.is_dir() or not os.access(above, os.W_OK):
        return Finding(name, "bad", str(folder), say("doctor.not_writable"))
    free = shutil.disk_usage(above).free
    level: Level = "ok" if free > LEAST_ROOM else "bad"
    room = say("doctor.room", size=size(free))
    return Finding(
        name, level, f"{folder} · {room}", "" if level == "ok" else say("doctor.no_room")
    )


def _logs(settings: Settings) -> Finding:
    """No reason to fail: without a log everything else goes on."""
    finding = _folder("logs", settings.logs)
    if finding.level == "ok":
        return finding
    return Finding("logs", "note", finding.found, say("doctor.no_logs"))


async def _ledger(settings: Settings) -> Finding:
    path = settings.ledger
    if not path.exists():
        return Finding("ledger", "ok", say("doctor.no_ledger"))
    try:
        ledger = await Ledger.open(path, session="doctor")
        whole = await ledger.healthy()
        await ledger.aclose()
    except ImaError as error:
        return Finding("ledger", "bad", str(path), explain(error))
    found = f"{path} · {size(path.stat().st_size)}"
    return Finding("ledger", "ok" if whole else "bad", found, "" if whole else say("doctor.torn"))


def _key(arguments: argparse.Namespace, settings: Settings) -> tuple[bool, Finding]:
    try:
        found = key.find(key_file(settings), arguments.api_key)
    except ImaError as error:
        return False, Finding("key", "bad", say("doctor.key_refused"), explain(error))
    if found is None:
        return False, Finding("key", "bad", say("doctor.no_key"), explain(KeyMissing()))
    return True, Finding("key", "ok", f"{found.shown} · {say(f'doctor.from_{found.source}')}")


async def _service(arguments: argparse.Namespace, settings: Settings) -> Finding:
    async with session.session(arguments, settings) as studio:
        task_type = TaskType.TEXT_TO_IMAGE
        await studio.offer.refresh(task_type)
        found = studio.offer.lists[task_type]
        host = one_line(settings.base_url, 120)
        if found.problem is not None:
            return Finding("service", "bad", host, explain(found.problem))
        return Finding("service", "ok", f"{host} · {say('doctor.answers')}")
