"""However many jobs have ended, what happens often never walks through all of them.

No clock is looked at: SQLite itself says which statements would scan the table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order

from ima_tui.config.loader import Settings
from ima_tui.ledger.records import load_order
from ima_tui.ledger.store import Ledger

NOW = 1_700_000_000.0
LIMITS = Settings(running=8, running_per_kind=4, per_job=100, per_session=1000, per_day=1000)
OFTEN: dict[str, Callable[[Ledger, int], Awaitable[object]]] = {
    "claim": lambda ledger, _: ledger.claim(NOW, NOW + 30),
    "claim some": lambda ledger, job: ledger.claim(NOW, NOW + 30, (job,)),
    "admit": lambda ledger, job: ledger.admit((job,), LIMITS, NOW, NOW - 3600),
    "recent": lambda ledger, _: ledger.recent(500),
    "spent today": lambda ledger, _: ledger.spent(NOW - 3600),
    "spent by this run": lambda ledger, _: ledger.spent(0.0, ledger.session),
    "out": lambda ledger, _: ledger.out(),
    "durations": lambda ledger, _: ledger.durations(any_order()),
    "news": lambda ledger, _: ledger.news(),
    "owned": lambda ledger, _: ledger.owned(),
    "release": lambda ledger, _: ledger.release(),
}


@pytest.mark.parametrize("name", OFTEN)
async def test_no_statement_scans_the_whole_table(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    plain = sqlite3.connect
    opened: list[sqlite3.Connection] = []

    def connect(*args: Any, **more: Any) -> sqlite3.Connection:
        opened.append(plain(*args, **more))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", connect)
    file = tmp_path / "ledger.sqlite3"
    ledger = await Ledger.open(file, "me")
    try:
        job = await ledger.add(any_order(), NOW)
        opened[0].set_trace_callback(said.append)
        await OFTEN[name](ledger, job.id)
        opened[0].set_trace_callback(None)
    finally:
        await ledger.aclose()
    reader = plain(file)
    scans = []
    for statement in said:
        if statement.split()[0] not in ("SELECT", "UPDATE"):
            continue
        workflow = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}")]
        scans += [(each, statement) for each in workflow if each == "SCAN jobs"]
    reader.close()
    if name == "recent":  # newest first by number, and it stops after so many
        scans = [scan for scan in scans if "ORDER BY id DESC LIMIT" not in scan[1]]
    assert scans == []


def test_an_order_that_was_read_before_is_not_read_again() -> None:
    from ima_tui.ledger.records import dump_order

    text = dump_order(any_order())
    assert load_order(text) is load_order(text)
