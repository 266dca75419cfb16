"""What `ima-tui doctor` looks at: a table of small functions, each with one finding or a few.

A finding says what was found and, where something is to be done, what. No check writes anything
or shows a secret.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import time
from argparse import Namespace
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

    arguments: Namespace
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
    around = {"tmux": "TMUX" in env, "screen": "STY" in env and "TMUX" not in env,
              "ssh": loader.over_ssh(env)}  # fmt: skip
    words = [f"{columns}x{rows}", env.get("TERM", "?"), env.get("TERM_PROGRAM", ""), _colours(env)]
    words += [say(f"doctor.in_{name}") for name, there in around.items() if there]
    words.append(text_encoding())
    advice = ""
    if env.get("TERM") == "dumb":
        advice = say("doctor.dumb_terminal")
    elif columns < 60 or rows < 20:
        advice = say("doctor.small_terminal")
    elif text_encoding() != "utf-8":
        advice = say("doctor.no_utf8")
    return [_noted("terminal", " · ".join(one_line(word, 60) for word in words if word), advice)]


def _noted(name: str, found: str, advice: str, level: Level = "note") -> Finding:
    return Finding(name, level if advice else "ok", found, advice)


def _colours(env: Mapping[str, str]) -> str:
    if "NO_COLOR" in env:
        return "NO_COLOR"
    if env.get("COLORTERM") in ("truecolor", "24bit"):
        return say("doctor.all_colours")
    return say("doctor.n_colours", n=256 if "256" in env.get("TERM", "") else 16)


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
    found = no_copies(patient.environ, tmux)
    return [_noted("clipboard", "OSC 52", say(found) if found else "")]


# ------------------------------------------------------------------------------------- the files


async def preferences(patient: Patient) -> list[Finding]:
    """Whether the preferences file can be read and written."""
    shown = str(patient.settings.preferences)
    found = Preferences(patient.settings.preferences, read_only=True)
    await asyncio.to_thread(found.reload)
    if found.trouble is not None:
        return [Finding("prefs", "bad", shown, explain(found.trouble))]
    users = found.users()
    preferences = sum(map(len, users.values()))
    words = f"{shown} · {say('doctor.preferences', users=len(users), preferences=preferences)}"
    writable = Preferences(patient.settings.preferences).writable
    return [_noted("prefs", words, "" if writable else say("doctor.read_only"))]


async def notifications(patient: Patient) -> list[Finding]:
    """Whether the command can be started and the webhook is allowed; neither is tried."""
    from ima_tui.api import url_guard

    found: list[Finding] = []
    if command := patient.settings.command:
        there = await asyncio.to_thread(shutil.which, command[0])
        advice = "" if there else say("doctor.no_command")
        found.append(_noted("notify_command", command[0], advice, "bad"))
    if url := patient.settings.webhook:
        local = patient.settings.sandbox_origin and loader.is_loopback(url)
        advice = ""
        try:
            await url_guard.check(url, url if local else "")
        except url_guard.NotPublic:
            advice = say("doctor.webhook_refused")
        except url_guard.Unresolved:
            advice = say("doctor.webhook_unknown")
        found.append(_noted("notify_webhook", _host(url), "" if local else advice, "bad"))
    return found


async def folders(patient: Patient) -> list[Finding]:
    """Whether each folder is there and writable."""
    s = patient.settings
    places = {"results": s.folder, "data": s.data, "cache": s.cache, "logs": s.logs}
    return [await asyncio.to_thread(_folder, *place) for place in places.items()]


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
    is_open = name == "data" and folder.exists() and folder.stat().st_mode & 0o077
    return _noted(name, words, say("doctor.open_folder", path=str(folder)) if is_open else "")


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
    return [_noted("key", words, say("doctor.key_on_line") if found.source == "flag" else "")]


async def proxy(patient: Patient) -> list[Finding]:
    """Names and passwords in a proxy's address stay out."""
    from ima_tui.api import network

    words: dict[str, str] = {}
    for url in (*_hosts(patient.settings), SOMEWHERE):
        try:
            found = network.proxy_for(url)
        except ImaError as error:
            variable = str(error.values["variable"])
            return [
                _noted("proxy", variable, explain(error), "note" if url == SOMEWHERE else "bad")
            ]
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
        return [_noted("certificates", words, explain(error), "bad" if needed else "note")]
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
        secure = say("doctor.tls_ok" if url.startswith("https") else "doctor.no_tls")
        words = f"{shown} · {secure}" if one.problem is None else shown
        found.append(_noted(name, words, explain(one.problem) if one.problem else "", "bad"))
    if settings.custom_endpoint and not settings.sandbox_origin:
        host = _host(settings.base_url)
        found.append(Finding("endpoint", "note", say("warning.custom_endpoint", host=host)))
    skews = [one.skew for one in seen if one.skew is not None]
    return [*found, _clock(min(skews, key=abs) if skews else None)]


def _clock(skew: float | None) -> Finding:
    now = time.strftime("%Y-%m-%d %H:%M:%S %z")
    if skew is None:
        return Finding("clock", "note", f"{now} · {say('doctor.clock_unknown')}")
    key_of = "doctor.clock_ahead" if skew > 0 else "doctor.clock_behind"
    words = say("doctor.clock_right") if abs(skew) < 2 else say(key_of, seconds=round(abs(skew)))
    if abs(skew) >= MOST_SKEW:
        return Finding("clock", "bad", f"{now} · {words}", explain(ClockWrong(skew)))
    advice = "" if abs(skew) < NOTED_SKEW else say("doctor.clock.advice")
    return _noted("clock", f"{now} · {words}", advice)


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
    settings = session.downloads(patient.settings, None)
    try:
        if await asyncio.to_thread(key.find, key_file(settings), patient.arguments.api_key) is None:
            return []
    except ImaError:
        return []  # the key's own finding says why
    try:
        async with session.session(patient.arguments, settings) as studio:
            await studio.catalogue.refresh(TaskType.TEXT_TO_IMAGE)
            found = studio.catalogue.lists[TaskType.TEXT_TO_IMAGE]
            if found.problem is not None:
                raise found.problem
    except ImaError as error:
        return [Finding("service", "bad", say("doctor.refuses"), explain(error))]
    return [Finding("service", "ok", say("doctor.answers", n=len(found.models)))]
