"""Merges records of the same jobs from several files; the newest valid state wins.

Jobs are the same when number and creation time agree. Sent stays sent: a row with a task id is
never replaced by one without, and an unsent row replaces a sending one only where its own timeline
has that sending and its outcome.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import field
from typing import Any

from ima_tui.core.domain import State
from ima_tui.core.records import dataclass
from ima_tui.ledger.records import ENDED, dump_medias, dump_order
from ima_tui.ledger.task_ids import SLACK
from ima_tui.ledger.traces import FROM, Found, Trace
from ima_tui.ledger.trail import Line

Row = dict[str, Any]
Events = list[list[Any]]
MAYBE_SENT = (State.SENDING, State.NEEDS_REVIEW)


@dataclass
class Merge:
    """Merges the jobs of one source into `opened`, a ledger of the current schema.

    `renumber`: changed jobs get a new revision, else they keep their own. `numbers`: jobs whose
    number belonged to another job, with their new number.
    """

    opened: sqlite3.Connection
    renumber: bool = False
    numbers: dict[int, int] = field(default_factory=dict)

    def lines(self, lines: Iterator[Line], lineages: Collection[int]) -> None:
        """Merge trail lines of these lineages."""
        for line in lines:
            if line.get("ledger") in lineages:
                self.line(line)

    def line(self, line: Line) -> None:
        """Merge one line; ignore it where it is inconsistent with this ledger."""
        events: Events = line["events"]
        with suppress(sqlite3.IntegrityError, sqlite3.InterfaceError, KeyError, TypeError):
            if line["row"] is not None:
                self.row(line["row"], events, line.get("needs") or [])
                return
            number = self._known(line["job"], line["made"])
            if number is not None:
                self._put_events(number, events)

    def row(self, row: Row, events: Events, needs: Collection[int] = ()) -> None:
        """Merge a job of another file. Raises `sqlite3.IntegrityError`."""
        number = self._number(row)
        if number != row["id"]:
            self.numbers[row["id"]] = number
        mine = _find(self.opened, number)
        if mine is None or self._is_newer(row, events, mine):
            self._write(number, row)
        self._put_events(number, events)
        for first in needs:
            first = self.numbers.get(first, first)
            if first != number and _find(self.opened, first) is not None:
                self.opened.execute("INSERT OR IGNORE INTO needs VALUES (?, ?)", (number, first))

    # ------------------------------------------------------------------------------ which job

    def _number(self, row: Row) -> int:
        """Return the job's number, or a new one where a different job has it here."""
        mine = _find(self.opened, row["id"])
        if mine is None or _is_same(mine, row):
            return int(row["id"])
        for other in self.opened.execute(
            "SELECT * FROM jobs WHERE created_at = ?", (row["created_at"],)
        ).fetchall():
            if _is_same(other, row) and other["model_id"] == row["model_id"]:
                return int(other["id"])
        top = self.opened.execute("SELECT MAX(id) FROM jobs").fetchone()[0]
        return int(top) + 1

    def _known(self, number: int, made: float) -> int | None:
        number = self.numbers.get(number, number)
        mine = _find(self.opened, number)
        return number if mine is not None and mine["created_at"] == made else None

    def _is_newer(self, row: Row, events: Events, mine: sqlite3.Row) -> bool:
        newer: bool = row.get("revision", 0) > mine["revision"]
        if bool(row["task_id"]) != bool(mine["task_id"]):
            return bool(row["task_id"])
        if row["task_id"]:
            return newer
        if newer and mine["state"] in MAYBE_SENT and row["state"] not in MAYBE_SENT:
            return any(at == mine["sent_at"] and state == State.SENDING for at, state, *_ in events)
        if not newer and row["state"] in MAYBE_SENT and mine["state"] not in MAYBE_SENT:
            known = self.opened.execute(
                "SELECT 1 FROM events WHERE job = ? AND state = ? AND at = ?",
                (mine["id"], State.SENDING, row["sent_at"]),
            ).fetchone()
            return known is None
        return newer

    # -------------------------------------------------------------------------------- writing

    def _write(self, number: int, row: Row) -> None:
        known = {each[1] for each in self.opened.execute("PRAGMA table_info(jobs)")}
        values = {name: value for name, value in row.items() if name in known}
        values |= {"id": number, "owner": "", "lease_until": 0}
        if "intent" in row:
            values["intent"] = self._intent(number, row)
        repeats = row.get("repeats")
        if repeats is not None:
            repeats = self.numbers.get(int(repeats), int(repeats))
            values["repeats"] = repeats if _find(self.opened, repeats) is not None else None
        values["order_json"] = self._order(row["order_json"])
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
        self.opened.execute(
            f"INSERT INTO jobs ({names}) VALUES ({marks}) ON CONFLICT(id) DO UPDATE SET {updates}",
            tuple(values.values()),
        )
        if self.renumber:
            return
        # triggers assign a new revision; restore the job's own
        self.opened.execute(
            "UPDATE jobs SET revision = ? WHERE id = ?", (row.get("revision", 0), number)
        )

    def _intent(self, number: int, row: Row) -> str:
        """Resolve two jobs of one intent: the sent one keeps it, so that it is found again."""
        intent = row.get("intent") or ""
        other = self.opened.execute(
            "SELECT id, task_id, state FROM jobs WHERE intent = ? AND intent != '' AND id != ?",
            (intent, number),
        ).fetchone()
        if other is None:
            return str(intent)
        if (row["task_id"] or row["state"] in MAYBE_SENT) and not other["task_id"]:
            self.opened.execute("UPDATE jobs SET intent = '' WHERE id = ?", (other["id"],))
            return str(intent)
        return ""

    def _order(self, text: str) -> str:
        """Renumber inputs that are results of renumbered jobs."""
        if not self.numbers or "job:" not in text:
            return text
        order = json.loads(text)
        for before, number in self.numbers.items():
            order["inputs"] = [
                f"job:{number}#{each.partition('#')[2]}" if each.startswith(f"job:{before}#")
                else each
                for each in order["inputs"]
            ]  # fmt: skip
        return json.dumps(order)

    def _put_events(self, number: int, events: Events) -> None:
        for at, state, key, values in events:
            self.opened.execute(
                "INSERT INTO events (job, at, state, key, values_json) SELECT ?, ?, ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM events WHERE job = ? AND at = ? AND state = ?"
                " AND key = ?)",
                (number, at, state, key, values, number, at, state, key),
            )


def _find(opened: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    found: sqlite3.Row | None = opened.execute(
        "SELECT * FROM jobs WHERE id = ?", (number,)
    ).fetchone()
    return found


def _is_same(mine: sqlite3.Row, row: Row) -> bool:
    """Compare identities; two task ids are two paid jobs, whatever else agrees."""
    differ = mine["task_id"] and row["task_id"] and mine["task_id"] != row["task_id"]
    return bool(mine["created_at"] == row["created_at"]) and not differ


def hold_unsent(opened: sqlite3.Connection, why: str) -> None:
    """Hold what a restored ledger calls unsent: it may have been sent, so the user decides."""
    opened.execute("UPDATE jobs SET owner = '', lease_until = 0 WHERE owner != ''")
    opened.execute(
        "UPDATE jobs SET held = 1, turn = 0, waiting = ?, waiting_json = '{}'"
        " WHERE state IN ('queued', 'uploading', 'verifying')",
        (why,),
    )


# ------------------------------------------------------------------------------------- traces


def add_traces(opened: sqlite3.Connection, found: Found) -> int:
    """Add the jobs that the ledger lacks; returns how many."""
    return sum(_add(opened, trace) for trace in found.traces)


def _add(opened: sqlite3.Connection, trace: Trace) -> bool:
    if (number := _number_of(opened, trace)) is not None:
        if trace.intent and not _has_intent(opened, trace.intent):
            opened.execute(
                "UPDATE jobs SET intent = ? WHERE id = ? AND intent = ''", (trace.intent, number)
            )
        return False
    taken = opened.execute("SELECT 1 FROM jobs WHERE id = ?", (trace.number,)).fetchone()
    number = trace.number if trace.number > 0 and taken is None else None
    order = trace.order
    intent = "" if _has_intent(opened, trace.intent) else trace.intent
    key = FROM + trace.source
    cursor = opened.execute(
        "INSERT INTO jobs (id, state, task_type, model_id, order_json, points, task_id,"
        " medias_json, session, created_at, updated_at, sent_at, ended_at, intent, waiting,"
        " project, client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            trace.state,
            order.task_type,
            order.model_id,
            dump_order(order),
            order.total,
            trace.task_id,
            dump_medias(trace.medias),
            trace.made,
            trace.made,
            trace.sent_at,
            trace.made if trace.state in ENDED else None,
            intent,
            key,
            order.project,
            order.client,
        ),
    )
    opened.execute(
        "INSERT INTO events (job, at, state, key) VALUES (?, ?, ?, ?)",
        (cursor.lastrowid, trace.made, trace.state, key),
    )
    return True


def _number_of(opened: sqlite3.Connection, trace: Trace) -> int | None:
    """Return the number of the job that this trace is of, if the ledger has it."""
    if trace.task_id:
        row = opened.execute("SELECT id FROM jobs WHERE task_id = ?", (trace.task_id,)).fetchone()
        if row is not None:
            return int(row[0])
    row = opened.execute(
        "SELECT id FROM jobs WHERE (intent != '' AND intent = ? AND (task_id = '' OR ? = ''))"
        " OR (id = ? AND task_id IN ('', ?) AND ABS(created_at - ?) <= ?)",
        (trace.intent, trace.task_id, trace.number, trace.task_id, trace.made, SLACK),
    ).fetchone()
    return None if row is None else int(row[0])


def _has_intent(opened: sqlite3.Connection, intent: str) -> bool:
    found = opened.execute("SELECT 1 FROM jobs WHERE intent = ? AND intent != ''", (intent,))
    return found.fetchone() is not None
