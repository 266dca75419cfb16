"""Jobs that are chosen by filters instead of numbers, and reports by several things."""

from __future__ import annotations

import asyncio
import csv
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fakes import any_order
from test_json_documents import valid
from verbs import Verb

from ima_tui.core.domain import State
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

FOX = ("generate", "a fox", "--task-type", "text_to_image", "--model-id", "doubao-seedream-4.5")


def charged(sandbox: Sandbox) -> int:
    return sum(each["charged"] > 0 for each in sandbox.ledger()["creates"])


def held(
    home: Path, prompts: Sequence[str], project: str = "", at: float = 0.0, **more: str
) -> None:
    """Jobs of a run that ended before it sent them."""

    async def fill() -> None:
        ledger = await Ledger.open(home / "data" / "ledger.sqlite3", "another")
        for prompt in prompts:
            order = replace(any_order(), prompt=prompt, project=project, **more)
            await ledger.add(order, at or time.time(), hold=("waiting.word", {}))
        await ledger.aclose()

    asyncio.run(fill())


def test_jobs_are_named_by_number_or_by_filters_never_by_neither(ima: Verb) -> None:
    assert ima(*FOX).code == 0
    for action in ("send", "retry", "stop", "fetch"):
        assert ima("jobs", action, "--json").json["error"]["kind"] == "jobs_none"
        both = ima("jobs", action, "1", "--status", "failed", "--json")
        assert (both.code, both.json["error"]["kind"]) == (2, "jobs_both")
        none = ima("jobs", action, "--project", "nowhere", "--json")
        assert (none.code, none.json["jobs"]) == (0, [])
        assert "No jobs match" in none.err


def test_all_unsent_jobs_of_a_project_are_removed(ima: Verb, home: Path) -> None:
    held(home, ["a", "b"], "Spring")
    held(home, ["c"])
    stopped = ima("jobs", "stop", "--status", "unsent", "--project", "spring", "--json")
    assert [job["job_id"] for job in valid(stopped.json, "jobs_list")["jobs"]] == [1, 2]
    left = ima("jobs", "list", "--status", "held", "--json").json["jobs"]
    assert [job["job_id"] for job in left] == [3]
    assert ima("jobs", "stop", "--status", "unsent").code == 0
    assert ima("jobs", "list", "--status", "unsent", "--json").json["jobs"] == []


def test_held_jobs_are_sent_with_their_price_agreed(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    """Those of one agent only, and only once somebody agreed to the price."""
    held(home, ["a"], client="claude")
    held(home, ["b"], client="codex")
    asked = ima("jobs", "send", "--status", "held", "--json")
    assert (asked.code, asked.json["error"]["kind"]) == (2, "send_confirm")
    assert ("Job 1" in asked.err, "Job 2" in asked.err) == (True, True)
    one = ima("jobs", "send", "--client", "codex", "--json")
    assert (one.code, "Job 1" in one.err, "Job 2" in one.err) == (2, False, True)
    assert charged(sandbox) == 0


def test_no_verb_waits_for_a_run_that_died_on_another_machine(ima: Verb, home: Path) -> None:
    """Only the end of its lease tells, and the verb looks for that: it ends, sent or held again."""
    held(home, ["a"], at=time.time() + 60.0)
    assert ima("jobs", "send", "1", "--yes").code in (1, 5)


def test_failed_jobs_are_retried_once(ima: Verb, home: Path, sandbox: Sandbox) -> None:
    """The second time the first retry is the one that counts."""
    sandbox.scenario('[[fault]]\nkind = "fail_task"\nprompt_contains = "fox"\ntimes = 1')
    assert ima(*FOX).code == 1
    again = ima("jobs", "retry", "--since", "today", "--yes", "--json")
    assert [job["status"] for job in again.json["jobs"]] == ["done"]
    twice = ima("jobs", "retry", "--since", "yesterday", "--yes", "--json")
    assert (twice.code, twice.json["jobs"]) == (0, [])
    assert "1 job was already retried" in twice.err
    assert charged(sandbox) == 2


def test_results_are_fetched_by_project(ima: Verb, home: Path) -> None:
    assert ima(*FOX, "--project", "Spring").code == 0
    fetched = ima("jobs", "fetch", "--project", "Spring", "--since", "7d", "--download", "out")
    assert fetched.code == 0
    assert Path(fetched.out.strip()).parent == home / "out"
    again = ima("jobs", "fetch", "--project", "Spring", "--json")
    assert again.json["jobs"] == []


def test_the_most_expensive_come_first(ima: Verb, home: Path) -> None:
    async def fill() -> None:
        ledger = await Ledger.open(home / "data" / "ledger.sqlite3", "another")
        for points in (5, 40, 12):
            job = await ledger.add(any_order(points=points), time.time())
            if points != 40:
                await ledger.step(job.id, State.SENDING, time.time(), "event.sending")
        await ledger.aclose()

    asyncio.run(fill())
    said = ima("jobs", "list", "--sort", "points", "--limit", "2", "--json")
    assert [job["total_credit"] for job in said.json["jobs"]] == [12, 5]  # 40 was never charged


def test_a_report_by_day_and_model_is_a_table_for_spreadsheets(ima: Verb) -> None:
    assert ima(*FOX).code == 0
    said = ima("jobs", "report", "--by", "model,day", "--format", "csv")
    head, row = csv.reader(said.out.splitlines())
    assert head[:4] == ["model", "day", "jobs", "done"]
    assert (row[0], row[2], row[head.index("points")]) == ("doubao-seedream-4.5", "1", "5")
    told = valid(ima("jobs", "report", "--by", "model,day", "--json").json, "report")
    assert (told["by"], told["rows"][0]["model"]) == ("model,day", "doubao-seedream-4.5")
    wrong = ima("jobs", "report", "--by", "modle", "--json")
    assert (wrong.code, "day, model" in wrong.json["error"]["message"]) == (2, True)


def test_an_export_takes_every_filter(ima: Verb, home: Path) -> None:
    held(home, ["a", "b"], "Spring")
    for filters, count in (
        (("--project", "Spring", "--since", "yesterday"), 2),
        (("--since", "2w"), 2),
        (("--status", "done"), 0),
        (("--until", "yesterday"), 0),
        (("--search", "b"), 1),
    ):
        assert len(ima("jobs", "export", *filters).out.splitlines()) == count, filters
    assert ima("jobs", "export", "--since", "soon").code == 2
