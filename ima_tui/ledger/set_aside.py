"""What is kept of a file that was damaged, or that a restored one replaces."""

from __future__ import annotations

import contextlib
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from ima_tui.core import atomic_file

Row = dict[str, Any]


def keep(path: Path, why: str) -> Path | None:
    """Rename the old file and its journal, which SQLite would take for the new file's.

    An empty file is not kept.
    """
    aside = _free_name(path, "damaged" if why == "damaged" else "before-restore")
    kept = path.exists() and path.stat().st_size > 0
    if kept:
        try:
            os.link(path, aside)
        except OSError:
            shutil.copy2(path, aside)
    with contextlib.suppress(FileNotFoundError):
        path.with_name(path.name + "-journal").rename(aside.with_name(aside.name + "-journal"))
    return aside if kept else None


def _free_name(path: Path, word: str) -> Path:
    moment = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    aside, number = path.with_name(f"ledger.{word}-{moment}.sqlite3"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"ledger.{word}-{moment}-{number}.sqlite3")
    return aside


def listed(aside: Path, rows: list[Row]) -> Path:
    """Write a list of task ids, by which the service knows paid jobs; without prompts."""
    listing = aside.with_suffix(".jobs.txt")
    lines = ["job\ttask id\tstate\tmodel\tpoints\tmade"]
    for row in rows:
        made = datetime.fromtimestamp(row["created_at"]).astimezone().isoformat(" ", "seconds")
        cells = (row["id"], row["task_id"] or "-", row["state"], row["model_id"], row["points"])
        lines.append("\t".join(map(str, (*cells, made))))
    number = os.open(listing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8", errors="replace") as handle:
        handle.write("\n".join(lines) + "\n")
        handle.flush()
        atomic_file.sync(handle.fileno())
    return listing
