"""The latest jobs, read at once: for the shell's completion, which waits for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def jobs(ledger: Path, most: int) -> list[tuple[int, str, str]]:
    """Number, state and model id, newest first; none where the file is missing or locked."""
    if not ledger.is_file():
        return []
    uri = f"{ledger.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as opened:
            return opened.execute(
                "SELECT id, state, model_id FROM jobs WHERE state != 'forgotten'"
                " ORDER BY id DESC LIMIT ?",
                (most,),
            ).fetchall()
    except sqlite3.Error:
        return []
