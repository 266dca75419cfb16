"""What `ima-tui doctor` looks at: a table of small functions, each with one finding or a few.

A finding says what was found and, where something is to be done, what. No check writes anything
or shows a secret.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ima_tui import __version__
from ima_tui.api.connection import key_file
from ima_tui.api.rate_limit import SharedRateLimit
from ima_tui.cli import session
from ima_tui.cli.output import text_encoding
from ima_tui.config import api_key as key
from ima_tui.config import loader
from ima_tui.config.loader import Settings
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import ClockWrong, ImaError, KeyMissing
from ima_tui.core.records import dataclass
from ima_tui.core.text import duration, one_line, size
from ima_tui.i18n import explain, has, say
from ima_tui.ledger.store import SQLITE_VERSION
from ima_tui.preferences.file import Preferences

Level = Literal["ok", "note", "bad"]
LEAST_ROOM = 200 * 1000 * 1000
"""Bytes free below which results may not find room."""
NOTED_SKEW, MOST_SKEW = 30.0, 240.0
"""Seconds. An upload is signed with the time; the service takes five minutes."""
SOMEWHERE = "https://results.example"
"""For the proxy that results are fetched through."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is stable, for scripts; `found` in words; `advice` says what to do."""

    name: str
    level: Level
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at. `settings` are the defaults where the config can't be read."""

    arguments: argparse.Namespace
    settings: Settings
    environ: Mapping[str, str]


Check = Callable[[Patient], Awaitable[list[Finding]]]


# ------------------------------------------------------------------------------------- the place


async def program(_: Patient) -> list[Finding]:
    """Versions of the program and its libraries."""
    from importlib.metadata import PackageNotFoundError, version

    parts = [__version__, f"Python {platform.python_version()}", f"SQLite {SQLITE_VERSION}"]
    for name in ("textual", "httpx", "pillow", "pillow-heif", "av", "keyring"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} –")
    parts.append(f"{platform.system()} {platform.release()}")
    return [Finding("program", "ok", " · ".join(parts))]


async def terminal(patient: Patient) -> list[Finding]:
    """What the terminal can show."""
    if not sys.stdout.isatty():
        return [Finding("terminal", "note", say("doctor.no_terminal"))]
    env = patient.environ
    columns, rows = shutil.get_terminal_size()
    words = [f"{columns}x{rows}", env.get("TERM", "?"), env.get("TERM_PROGRAM", ""), _colours(env)]
    words += [say(f"doctor.in_{name}") for name, there in _surroundings(env) if there]
    words.append(text_encoding())
    advice = ""
    if env.get("TERM") == "dumb":
        advice = say("doctor.dumb_terminal")
    elif columns < 60 or rows < 20:
        advice = say("doctor.small_terminal")
    elif text_encoding() != "utf-8":
        advice = say("doctor.no_utf8")
    level: Level = "note" if advice else "ok"
    found = " · ".join(one_line(word, 60) for word in words if word)
    return [Finding("terminal", level, found, advice)]


def _colours(env: Mapping[str, str]) -> str:
    if "NO_COLOR" in env:
        return "NO_COLOR"
    if env.get("COLORTERM") in ("truecolor", "24bit"):
        return say("doctor.all_colours")
    return say("doctor.n_colours", n=256 if "256" in env.get("TERM", "") else 16)


def _surroundings(env: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    screen = "STY" in env and "TMUX" not in env
    return ("tmux", "TMUX" in env), ("screen", screen), ("ssh", loader.over_ssh(env))


async def encoding(_: Patient) -> list[Finding]:
    """Of what is printed, also into a pipe; only where it is not UTF-8."""
    name = text_encoding()
    return [] if name == "utf-8" else [Finding("encoding", "note", name, say("doctor.no_utf8"))]


async def images(patient: Patient) -> list[Finding]:
    """Asks nothing of the terminal but of tmux: an answer that came late would be typed."""
    from ima_tui.imaging.terminal import ask_tmux, choose

    env = patient.environ
    tmux = await asyncio.to_thread(ask_tmux) if "TMUX" in env else None
    choice = choose(patient.settings.images, env, tmux)
    name = f"setting_value.{choice.protocol.value}"
    way = say(name) if has(name) else choice.protocol.value
    found = say("doctor.images_ask" if choice.ask else "doctor.images_are", way=way)
    passes = tmux is None or tmux.passes
    return [Finding("images", "ok", found, "" if passes else say("doctor.tmux_images"))]


async def clipboard(patient: Patient) -> list[Finding]:
    """OSC 52 has no answer: whether it is taken, only the person can see."""
    from ima_tui.imaging.terminal import ask_tmux, no_copies

    tmux = await asyncio.to_thread(ask_tmux) if "TMUX" in patient.environ else None
    if found := no_copies(patient.environ, tmux):
        return [Finding("clipboard", "note", "OSC 52", say(found))]
    return [Finding("clipboard", "ok", "OSC 52")]


# ------------------------------------------------------------------------------------- the files


async def preferences(patient: Patient) -> list[Finding]:
    """Whether the preferences file can be read and written."""
    shown = str(patient.settings.preferences)
    found = Preferences(patient.settings.preferences, read_only=True)
    await asyncio.to_thread(found.reload)
    if found.trouble is not None:
        return [Finding("prefs", "bad", shown, explain(found.trouble))]
    users = found.users()
    wishes = sum(map(len, users.values()))
    words = f"{shown} · {say('doctor.wishes', users=len(users), wishes=wishes)}"
    if not Preferences(patient.settings.preferences).writable:
        return [Finding("prefs", "note", words, say("doctor.read_only"))]
    return [Finding("prefs", "ok", words)]


async def notifications(patient: Patient) -> list[Finding]:
    """Whether the command can be started and the webhook is allowed; neither is tried."""
    from ima_tui.api import url_guard

    found: list[Finding] = []
    if command := patient.settings.command:
        there = await asyncio.to_thread(shutil.which, command[0])
        advice = "" if there else say("doctor.no_command")
        found.append(Finding("notify_command", "ok" if there else "bad", command[0], advice))
    if url := patient.settings.webhook:
        local = patient.settings.sandbox_origin and loader.is_loopback(url)
        advice = ""
        try:
            await url_guard.check(url, url if local else "")
        except url_guard.NotPublic:
            advice = say("doctor.webhook_refused")
        except url_guard.Unresolved:
            advice = say("doctor.webhook_unknown")
        level: Level = "bad" if advice and not local else "ok"
        found.append(Finding("notify_webhook", level, _host(url), "" if local else advice))
    return found


async def folders(patient: Patient) -> list[Finding]:
    """Whether each folder is there and writable."""
    settings = patient.settings
    places = (
        ("results", settings.folder),
        ("data", settings.data),
        ("cache", settings.cache),
        ("logs", settings.logs),
    )
    return [await asyncio.to_thread(_folder, name, folder) for name, folder in places]


def _folder(name: str, folder: Path) -> Finding:
    try:
        above = next((each for each in (folder, *folder.parents) if each.exists()), None)
    except OSError:  # a name too long, or a folder that may not be entered
        above = None
    if above is None or not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return Finding(name, "bad", str(folder), say("doctor.not_writable"))
    free = shutil.disk_usage(above).free
    words = f"{folder} · {say('doctor.room', size=size(free))}"
    if free < LEAST_ROOM:
        return Finding(name, "bad", words, say("doctor.no_room"))
    if name == "data" and folder.exists() and folder.stat().st_mode & 0o077:
        return Finding(name, "note", words, say("doctor.open_folder", path=str(folder)))
    return Finding(name, "ok", words)


# -------------------------------------------------------------------------- the key and the service


async def api_key(patient: Patient) -> list[Finding]:
    """Where the API key comes from, and whether it may be one."""
    file = key_file(patient.settings)
    try:
        found = await asyncio.to_thread(key.find, file, patient.arguments.api_key)
    except ImaError as error:
        return [Finding("key", "bad", say("doctor.key_refused"), explain(error))]
    if found is None:
        return [Finding("key", "bad", say("doctor.no_key"), explain(KeyMissing()))]
    words = f"{found.shown} · {say(f'doctor.from_{found.source}')}"
    if key.exposed(file):
        return [Finding("key", "bad", words, say("warning.key_file_open", path=str(file)))]
    if found.source == "flag":
        return [Finding("key", "note", words, say("doctor.key_on_line"))]
    return [Finding("key", "ok", words)]


async def proxy(patient: Patient) -> list[Finding]:
    """Names and passwords in a proxy's address stay out."""
    from ima_tui.api import network

    words: dict[str, str] = {}
    for url in (*_hosts(patient.settings), SOMEWHERE):
        try:
            found = network.proxy_for(url)
        except ImaError as error:
            level: Level = "note" if url == SOMEWHERE else "bad"
            return [Finding("proxy", level, str(error.values["variable"]), explain(error))]
        if found is not None:
            words[found.variable] = found.shown
    if not words:
        return [Finding("proxy", "ok", say("doctor.no_proxy"))]
    shown = " · ".join(f"{variable} {address}" for variable, address in sorted(words.items()))
    return [Finding("proxy", "note", shown, say("doctor.proxy_resolves"))]


async def certificates(patient: Patient) -> list[Finding]:
    """Only where a variable names some: the built-in ones are always there."""
    from ima_tui.api import network

    names = (*network.CERTIFICATE_FILES, network.CERTIFICATE_FOLDER)
    given = [f"{name}={patient.environ[name]}" for name in names if patient.environ.get(name)]
    if not given:
        return []
    words = one_line(" · ".join(given), 300)
    try:
        await asyncio.to_thread(network.certificates)
    except ImaError as error:
        needed = any(url.startswith("https:") for url in _hosts(patient.settings))
        return [Finding("certificates", "bad" if needed else "note", words, explain(error))]
    return [Finding("certificates", "note", words)]


def _hosts(settings: Settings) -> tuple[str, str]:
    return settings.base_url, settings.upload_url


def _host(url: str) -> str:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        return one_line(f"{parts.hostname or '?'}:{parts.port or '?'}", 120)
    except ValueError:
        return "?"


async def hosts(patient: Patient) -> list[Finding]:
    """Both hosts without the key, and the clock by what they say."""
    from ima_tui.api import service

    settings = patient.settings
    urls = {"api_host": settings.base_url, "upload_host": settings.upload_url}
    seen = await asyncio.gather(*(service.look(url, time.time) for url in urls.values()))
    found: list[Finding] = []
    for (name, url), one in zip(urls.items(), seen, strict=True):
        shown = one_line(url, 120)
        if one.problem is not None:
            found.append(Finding(name, "bad", shown, explain(one.problem)))
        else:
            secure = say("doctor.tls_ok" if url.startswith("https") else "doctor.no_tls")
            found.append(Finding(name, "ok", f"{shown} · {secure}"))
    if settings.custom_endpoint and not settings.sandbox_origin:
        found.append(
            Finding(
                "endpoint", "note", say("warning.custom_endpoint", host=_host(settings.base_url))
            )
        )
    skews = [one.skew for one in seen if one.skew is not None]
    return [*found, _clock(min(skews, key=abs) if skews else None)]


def _clock(skew: float | None) -> Finding:
    now = time.strftime("%Y-%m-%d %H:%M:%S %z")
    if skew is None:
        return Finding("clock", "note", f"{now} · {say('doctor.clock_unknown')}")
    key_of = "doctor.clock_ahead" if skew > 0 else "doctor.clock_behind"
    words = say("doctor.clock_right") if abs(skew) < 2 else say(key_of, seconds=round(abs(skew)))
    level: Level = "ok" if abs(skew) < NOTED_SKEW else "note" if abs(skew) < MOST_SKEW else "bad"
    advice = "" if level == "ok" else say("doctor.clock.advice")
    if level == "bad":
        advice = explain(ClockWrong(skew))
    return Finding("clock", level, f"{now} · {words}", advice)


async def pace(patient: Patient) -> list[Finding]:
    """Whether the service asked for a pause, which every run of this person keeps."""
    file = patient.settings.ledger.with_name("pace.json")
    left = await asyncio.to_thread(SharedRateLimit(file).read, time.time())
    if left <= 0:
        return []
    words = say("doctor.paused", left=duration(left + 0.99))
    return [Finding("pace", "note", words, say("doctor.paused.advice"))]


async def service(patient: Patient) -> list[Finding]:
    """One list fetched with the key, over the way that jobs take."""
    settings = session.without_downloads(patient.settings)
    try:
        if await asyncio.to_thread(key.find, key_file(settings), patient.arguments.api_key) is None:
            return []
    except ImaError:
        return []  # the key's own finding says why
    try:
        async with session.session(patient.arguments, settings) as studio:
            await studio.catalogue.refresh(TaskType.TEXT_TO_IMAGE)
            found = studio.catalogue.lists[TaskType.TEXT_TO_IMAGE]
    except ImaError as error:
        return [Finding("service", "bad", say("doctor.refuses"), explain(error))]
    if found.problem is not None:
        return [Finding("service", "bad", say("doctor.refuses"), explain(found.problem))]
    return [Finding("service", "ok", say("doctor.answers", n=len(found.models)))]
