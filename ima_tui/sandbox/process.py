"""The sandbox as a child process, for `ima-tui demo`. Standard library only.

The child reads a pipe from us as stdin and ends when it closes, so it never outlives us.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

START_PATIENCE_S = 20.0
STOP_PATIENCE_S = 5.0


class SandboxProcess:
    """A running child with its addresses."""

    def __init__(self, process: asyncio.subprocess.Process, base_url: str, upload_url: str) -> None:
        self._process = process
        self.base_url = base_url
        self.upload_url = upload_url

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def stop(self) -> None:
        """End the child by closing its stdin, then by force."""
        if self._process.returncode is None and self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_PATIENCE_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def command(speed: float, scenario: Path | None) -> list[str]:
    """Return the child's command line: our `sandbox` command under the same Python."""
    line = [sys.executable, "-m", "ima_tui", "sandbox", "--port", "0", "--speed", f"{speed:g}"]
    if scenario is not None:
        line += ["--scenario", str(scenario)]
    return [*line, "--stdin-lifeline"]


async def start_sandbox(
    *,
    speed: float,
    scenario: Path | None = None,
    argv: list[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> SandboxProcess:
    """Start the child and wait until it serves.

    Raises `OSError` with the child's last output. `env`: replaces our environment.
    """
    words = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe nobody reads would fill up
    process = await asyncio.create_subprocess_exec(
        *(argv or command(speed, scenario)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=words,
        env=None if env is None else dict(env),
        start_new_session=True,  # signals for the terminal are not meant for it
    )
    assert process.stdout is not None  # noqa: S101 - for the type checker
    try:
        async with asyncio.timeout(START_PATIENCE_S):
            line = await process.stdout.readline()
        ready = json.loads(line)
        base_url, upload_url = ready["base_url"], ready["upload_url"]
    except (TimeoutError, ValueError, KeyError, TypeError) as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        words.seek(0)
        said = words.read().decode("utf-8", "replace").strip()[-500:]
        raise OSError(f"The demo service did not start. {said}".strip()) from error
    finally:
        words.close()
    return SandboxProcess(process, base_url, upload_url)
