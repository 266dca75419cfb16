"""The latest jobs, read at once: for the shell's completion, which waits for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from ima_tui.ledger import queries
from ima_tui.ledger.records import load_marks


def _read(ledger: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows; none where the file is missing, locked, or of an older version."""
    if not ledger.is_file():
        return []
    uri = f"{ledger.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as opened:
            return opened.execute(statement, values).fetchall()
    except sqlite3.Error:
        return []


def jobs(ledger: Path, most: int) -> list[tuple[int, str, str]]:
    """Number, state and model id, newest first; none where the file is missing or locked."""
    return _read(
        ledger,
        "SELECT id, state, model_id FROM jobs WHERE state != 'forgotten' ORDER BY id DESC LIMIT ?",
        most,
    )


def projects(ledger: Path) -> list[str]:
    """Return the names of the projects, the last used first."""
    return [name for (name,) in _read(ledger, queries.PROJECTS)]


def tags(ledger: Path, most: int) -> list[str]:
    """Return the tags of the newest `most` jobs that have marks."""
    rows = _read(
        ledger,
        "SELECT marks_json FROM jobs WHERE marks_json != '' ORDER BY id DESC LIMIT ?",
        most,
    )
    marks = [mark for (text,) in rows for mark in load_marks(text).values()]
    return list(dict.fromkeys(tag for mark in marks for tag in mark.tags))
