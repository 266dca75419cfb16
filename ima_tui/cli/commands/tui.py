"""The bare verb and `demo`: the studio on the terminal; `sandbox`: the embedded service alone."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui import i18n
from ima_tui.api.connection import Endpoint
from ima_tui.cli import session
from ima_tui.config import api_key, loader, toml_file
from ima_tui.config.loader import Settings
from ima_tui.config.schema import OFFICIAL_API, OFFICIAL_UPLOAD, Raw
from ima_tui.core import atomic_file, gc_tuning
from ima_tui.core.errors import EXIT_DONE, ImaError, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import streams
from ima_tui.studio.studio import Studio, open_studio

if TYPE_CHECKING:
    from argparse import Namespace

    from ima_tui.sandbox.process import SandboxProcess


DEMO = "demo"
"""What the first screen returns when somebody wants to try it without a key."""
DEMO_KEY = "ima_demo_key_of_nobody"
DEMO_SPEED = 8.0
SETTLED = 2.0
"""Seconds after which all that the screen stands on is there, and stays."""


def open_studio_screen(arguments: Namespace | None = None) -> int:
    """Open the screens, or plain mode."""
    settings = _fitted(session.settled(_flags(arguments)))
    if arguments is not None:
        settings = replace(settings, read_only=arguments.read_only)
    found = session.find_key(settings)
    outcome = asyncio.run(_studio(settings, found))
    if isinstance(outcome, ImaError):
        raise outcome
    return asyncio.run(_demo(settings, DEMO_SPEED)) if outcome == DEMO else EXIT_DONE


def open_demo(arguments: Namespace) -> int:
    """Open the demo."""
    return show_demo(_flags(arguments), arguments.speed)


def show_demo(flags: Mapping[str, Raw | None], speed: float) -> int:
    """Open the screens on a sandbox and a temporary profile."""
    settings = _demo_settings(flags)
    i18n.use(settings.language)
    return asyncio.run(_demo(_fitted(settings), speed))


def _flags(arguments: Namespace | None) -> Mapping[str, Raw | None]:
    """What was typed behind the verb; the rest is for the settings to say."""
    if arguments is None:
        return {}
    return {
        "language": session.language(arguments),
        "plain": getattr(arguments, "plain", None),
        "inline_safe": getattr(arguments, "inline_safe", None),
    }


PAPER = frozenset({"", "dumb", "unknown", "emacs", "network", "dialup", "lpr", "printer", "tty33"})
"""Values of TERM for what can't place text on a screen."""


def _fitted(settings: Settings) -> Settings:
    """With what this terminal lacks left out: signs that its encoding has not, and colours.

    Raises `UsageError` where it can't draw: which verbs, or which mode, do without one.
    """
    if settings.plain:
        return settings
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("error.no_terminal")
    term = os.environ.get("TERM", "")
    if term in PAPER:
        raise UsageError("error.dumb_terminal")
    if term.endswith(("-mono", "-m")) or re.fullmatch(r"vt\d+.*", term):
        os.environ.setdefault("NO_COLOR", "1")
    return replace(settings, ascii=True) if streams.lacks_signs() else settings


def _demo_settings(flags: Mapping[str, Raw | None]) -> Settings:
    """The person's looks and language; nothing else of theirs, not even a broken config file."""
    try:
        return loader.load(flags)
    except ImaError:
        settings = loader.load(flags, {"IMA_TUI_CONFIG": os.devnull})
        return replace(settings, config_file=Path(os.devnull))


async def _studio(settings: Settings, found: api_key.Key | None) -> str | ImaError | None:
    async with (
        session.logged(settings),
        open_studio(settings, key=found, for_screen=True) as studio,
    ):
        outcome = await _show(studio)
    if studio.engine.unsaved:
        from ima_tui.cli.output import talk
        from ima_tui.ledger import repair_report

        *others, last = map(repair_report.unsaved_error, studio.engine.unsaved)
        for each in others:
            talk(i18n.explain(each))
        return last
    return outcome


async def _show(studio: Studio) -> str | ImaError | None:
    asyncio.get_running_loop().call_later(SETTLED, gc_tuning.resume)
    if studio.settings.plain:
        from ima_tui.cli.plain.mode import talk_with

        return await talk_with(studio)
    if not os.environ.get("IMA_TUI_DEBUG"):
        for name in ("TEXTUAL", "TEXTUAL_LOG"):  # they write down all that is typed, the key too
            os.environ.pop(name, None)
    from ima_tui.tui.app import ImaApp
    from ima_tui.tui.terminal.signals import orderly

    app = ImaApp(studio, frame_first=True)
    with orderly(app):
        return await app.run_async(mouse=not studio.settings.inline_safe)


async def _demo(settings: Settings, speed: float) -> int:
    """Everything in a throw-away folder, and the service in a child that ends with us."""
    import tempfile

    running: list[asyncio.Task[SandboxProcess]] = []

    async def locate() -> Endpoint:
        """Start the child when the service is first wanted: the screen stands by then."""
        from ima_tui.sandbox.process import start_sandbox

        if not running:
            starting = start_sandbox(speed=speed, env=api_key.environment_for_children())
            running.append(asyncio.create_task(starting))
        try:
            sandbox = await asyncio.shield(running[0])
        except OSError as error:
            raise ImaError("error.demo", reason=one_line(error, 200)) from error
        return Endpoint(sandbox.base_url, sandbox.upload_url, DEMO_KEY)

    try:
        with tempfile.TemporaryDirectory(prefix="ima-tui-demo-") as folder:
            demo = _throw_away(settings, Path(folder))
            async with (
                session.logged(demo),
                open_studio(demo, locate=locate, for_screen=True) as studio,
            ):
                await _show(studio)
    finally:
        for starting in running:
            with suppress(OSError):
                await (await starting).stop()
    return EXIT_DONE


def _throw_away(settings: Settings, folder: Path) -> Settings:
    """A profile in `folder`; its copy of the config file can be changed like the person's own."""
    with suppress(OSError):
        content, _ = atomic_file.read_small(settings.config_file, toml_file.LARGEST)
        atomic_file.replace(folder / "config.toml", content)
    return replace(
        settings,
        profile=DEMO,
        read_only=False,
        user_id=DEMO,
        base_url=OFFICIAL_API,
        upload_url=OFFICIAL_UPLOAD,
        data=folder / "data",
        cache=folder / "cache",
        folder=folder / "results",
        logs=folder / "logs",
        preferences=folder / "ima_prefs.json",
        config_file=folder / "config.toml",
    )


def serve_sandbox(arguments: Namespace) -> int:
    """Run the sandbox service until it is ended."""
    from ima_tui.sandbox.scenario import ScenarioError
    from ima_tui.sandbox.server import serve

    scenario = atomic_file.expand(arguments.scenario) if arguments.scenario else None
    try:
        place, lifeline = (arguments.port, arguments.speed), arguments.stdin_lifeline
        return serve(*place, scenario, sys.stdout, lifeline=lifeline)
    except ScenarioError as error:
        raise UsageError("error.scenario", reason=str(error)) from error
    except OSError as error:
        raise UsageError("error.port", port=arguments.port) from error
