"""What must hold however often the program was killed: read off the two ledgers by other means
than the program's own, the client's with bare SQL and the service's over HTTP."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENDS = ("done", "failed", "unknown", "stopped", "forgotten")


@dataclass(frozen=True)
class Row:
    """One job as it stands in the file."""

    id: int
    state: str
    task_id: str
    points: int
    prompt: str
    medias: tuple[dict[str, Any], ...]
    keys: tuple[str, ...]


def rows(ledger: Path) -> tuple[list[Row], str]:
    """Every job of the file, and what SQLite says of the file's health."""
    connection = sqlite3.connect(ledger)
    try:
        health = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
        keys = defaultdict(list)
        for job, key in connection.execute("SELECT job, key FROM events ORDER BY id"):
            keys[job].append(key)
        found = connection.execute(
            "SELECT id, state, task_id, points, json_extract(order_json, '$.prompt'), medias_json"
            " FROM jobs ORDER BY id"
        ).fetchall()
    finally:
        connection.close()
    return [
        Row(*row[:5], medias=tuple(json.loads(row[5])), keys=tuple(keys[row[0]])) for row in found
    ], health


def promises(
    ledger: Path, service: dict[str, Any], acknowledged: set[str], downloads: bool = True
) -> list[str]:
    """Every promise that was broken, in words; none is what we want to see."""
    found, health = rows(ledger)
    jobs: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        jobs[row.prompt].append(row)
    broken = [f"integrity_check: {health}"] if health != "ok" else []
    broken += [f"violation: {one['kind']} {one['detail']}" for one in service["violations"]]
    broken += [f"{prompt}: lost" for prompt in acknowledged if prompt not in jobs]
    broken += [f"{prompt}: {len(same)} jobs" for prompt, same in jobs.items() if len(same) > 1]
    broken += [f"{row.prompt}: ended as {row.state}" for row in found if row.state not in ENDS]
    broken += _money(found, jobs, service)
    if downloads:
        broken += [
            f"{row.prompt}: done without its file"
            for row in found
            if row.state == "done" and not all(Path(m["path"] or "-").is_file() for m in row.medias)
        ]
    return broken


def _money(found: list[Row], jobs: dict[str, list[Row]], service: dict[str, Any]) -> list[str]:
    broken: list[str] = []
    taken: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for create in service["creates"]:
        if create["task_id"] or create["code"] is None:  # accepted, or it may have been
            taken[create["prompt"]].append(create)
        if create["charged"] and not create["task_id"]:
            broken.append(f"{create['prompt']}: charged without a task")
    for prompt, creates in taken.items():
        if len(creates) > 1:
            broken.append(f"{prompt}: {len(creates)} creates")
        row = jobs[prompt][0] if jobs[prompt] else None
        if row is None:
            broken.append(f"{prompt}: sent, but not in the ledger")
            continue
        for create in creates:
            known = row.task_id == create["task_id"] or row.state == "unknown"
            if create["task_id"] and not known:
                broken.append(f"{prompt}: task {create['task_id']} is {row.state} {row.task_id!r}")
    counted = sum(row.points for row in found if row.task_id or row.state == "unknown")
    if service["charges"] > counted:
        broken.append(f"{service['charges']} points charged, {counted} counted")
    ids = [row.task_id for row in found if row.task_id]
    if len(set(ids)) != len(ids):
        broken.append("two jobs with one task")
    return broken
