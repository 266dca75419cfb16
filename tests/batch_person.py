"""A person with a throw-away profile, in front of a fast sandbox."""

from __future__ import annotations

import json
import os
import pty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ima_tui.sandbox.server import Sandbox

SPEED = 1000.0
PATIENT = "[server]\ntimeout_s = 0\nbalance = 1000000\n"
"""The service's deadlines are on the wall's clock, and ours runs ahead of it."""


@dataclass
class Said:
    """What one verb did: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.out)["jobs"]
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Person:
    folder: Path
    sandbox: Sandbox
    environment: dict[str, str]
    verb: Callable[..., Said]

    def write(self, text: str, name: str = "wishes.jsonl") -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)

    def manifest(self, file: str) -> list[dict[str, Any]]:
        text = Path(f"{file}.manifest.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def accepted(self) -> list[str]:
        """Prompts that were charged, in order."""
        return [c["prompt"] for c in self.sandbox.ledger()["creates"] if c["charged"]]


def wishes(*prompts: str, **more: object) -> str:
    rows = [{"prompt": prompt, "task_type": "text_to_image", **more} for prompt in prompts]
    return "".join(json.dumps(row) + "\n" for row in rows)


@contextmanager
def typed(monkeypatch: pytest.MonkeyPatch, keys: str) -> Iterator[None]:
    """A terminal at which somebody types."""
    ours, theirs = pty.openpty()
    os.write(ours, keys.encode())
    with os.fdopen(theirs, "r") as stdin, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", stdin)
        patched.setattr("sys.stderr.isatty", lambda: True)
        yield
    os.close(ours)


def environment_of(folder: Path, url: str) -> dict[str, str]:
    return {
        "IMA_API_KEY": "ima_batch_test",
        "IMA_BASE_URL": url,
        "IMA_UPLOAD_URL": url,
        "IMA_TUI_CONFIG": str(folder / "config.toml"),
        "IMA_TUI_DATA_DIR": str(folder / "data"),
        "IMA_PREFS_PATH": str(folder / "prefs.json"),
        "IMA_LOG_DIR": str(folder / "logs"),
        "LANG": "en_US.UTF-8",
    }
