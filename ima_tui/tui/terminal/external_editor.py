"""Edit the prompt in the user's own editor, while the app is suspended."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from textual.app import App, SuspendNotSupported

from ima_tui.config.api_key import environment_for_children
from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, one_line

USUAL = ("nano", "vim", "vi")
"""Where neither VISUAL nor EDITOR says which."""


def command() -> list[str]:
    """The editor with its arguments. Raises `UsageError` where there is none."""
    written = (os.environ.get("VISUAL") or os.environ.get("EDITOR") or "").strip()
    if written:
        return _taken_apart(written)
    found = next((name for name in USUAL if shutil.which(name)), None)
    if found is None:
        raise UsageError("error.no_editor")
    return [found]


def _taken_apart(written: str) -> list[str]:
    """A program by its whole name, blanks and all, or words as a shell takes them apart."""
    if shutil.which(written):
        return [written]
    try:
        return shlex.split(written, comments=False) or [written]
    except ValueError:  # a quote that is never closed: said as what can't be found
        return [written]


async def edit(app: App[object], text: str) -> str:
    """`text` as it came out of the editor. Raises `UsageError` where that fails.

    The file is for the owner's eyes, in a folder of its own (editors write copies beside), and gone
    afterwards; the key is not in the editor's environment.
    """
    words = command()
    folder = Path(tempfile.mkdtemp(prefix="ima-prompt-"))
    path = folder / "prompt.txt"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(text + "\n")
        with app.batch_update(), _interrupts_are_the_editors(), app.suspend():
            process = await asyncio.create_subprocess_exec(
                *words, str(path), env=environment_for_children()
            )
            failed = await process.wait() != 0
        if failed:
            raise UsageError("error.editor_failed", editor=one_line(words[0], 60))
        return clean(path.read_text("utf-8", errors="replace")).rstrip("\n")
    except (OSError, SuspendNotSupported) as error:
        raise UsageError("error.editor_failed", editor=one_line(words[0], 60)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """ctrl+c in the editor is meant for it alone."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
