"""A log folder, and words to write into it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

START = datetime(2024, 11, 25, 14, 0, 0).timestamp()  # noqa: DTZ001 - two o'clock here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "logs"
    path.mkdir()
    return path


def line(seconds: float, message: str, level: str = "INFO", function: str = "run") -> str:
    """A line as IMA's tools write it, `seconds` after two o'clock."""
    when = datetime.fromtimestamp(START + seconds).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006
    return f"{when} | {level:<5} | {function:<20} | {message}\n"
