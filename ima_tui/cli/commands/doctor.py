"""`ima-tui doctor`: what is wrong here, and what to do about it. Safe to paste: no secret in it,
and the person's home is `~`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import replace
from pathlib import Path

from ima_tui import __version__
from ima_tui.cli import session
from ima_tui.cli.commands import doctor_checks, doctor_history
from ima_tui.cli.commands.doctor_checks import Check, Finding, Level, Patient
from ima_tui.cli.output import print_json, text_encoding
from ima_tui.config import loader
from ima_tui.config.loader import Settings
from ima_tui.core import home_folder
from ima_tui.core.errors import EXIT_DONE, EXIT_FAILED, ImaError
from ima_tui.core.text import clean, one_line, redact
from ima_tui.i18n import explain, joined, say

MARKS: dict[Level, str] = {"ok": "✓", "note": "·", "bad": "✗"}
PLAIN_MARKS: dict[Level, str] = {"ok": "+", "note": ".", "bad": "x"}


CHECKS: tuple[Check, ...] = (
    doctor_checks.program, doctor_checks.terminal, doctor_checks.encoding, doctor_checks.images,
    doctor_checks.clipboard, doctor_checks.notifications, doctor_checks.preferences,
    doctor_checks.folders, doctor_history.ledger, doctor_checks.api_key, doctor_checks.proxy,
    doctor_checks.certificates, doctor_checks.hosts, doctor_checks.pace, doctor_checks.service,
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 when nothing is bad, else 1."""
    about_config, settings = _settings(arguments)
    patient = Patient(arguments, replace(settings, read_only=True), os.environ)
    program, *others = asyncio.run(_examined(patient))
    findings = [program, about_config, *others]
    findings = [_shareable(finding) for finding in findings]
    if arguments.json:
        rows = [
            {"name": f.name, "level": f.level, "found": f.found, "advice": f.advice}
            for f in findings
        ]
        print_json({"version": __version__, "findings": rows})
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
        name = check.__name__
        kind = type(error).__name__
        return [Finding("doctor", "bad", f"{name}: {kind}", say("doctor.check_failed"))]


def _settings(arguments: argparse.Namespace) -> tuple[Finding, Settings]:
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
    home = str(home_folder.known() or "")

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
