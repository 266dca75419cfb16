"""`jobs watch`, `retry`, `forget` and `export`, against the sandbox."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from batch_person import Person, typed, wishes
from fakes import any_order

from ima_tui.cli import exit_status
from ima_tui.cli.commands import jobs
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import Job, State
from ima_tui.core.events import JobChanged, Notice
from ima_tui.studio.studio import Studio

FAIL = '[[fault]]\nkind = "fail_task"\nprompt_contains = "boat"\ntimes = 1'
LOSE = '[[fault]]\nkind = "lose_answer"\nendpoint = "create"\nprompt_contains = "boat"\ntimes = 1'


@pytest.mark.parametrize(
    ("codes", "worst"), [((0, 8), 8), ((8, 0, 1), 1), ((5, 8), 5), ((0, 0), 0), ((), 0)]
)
def test_of_several_jobs_a_missing_download_outweighs_only_success(
    codes: tuple[int, ...], worst: int
) -> None:
    assert exit_status.worst(codes) == worst


def batch(person: Person, *prompts: str) -> None:
    person.verb("batch", person.write(wishes(*prompts)), "--yes")


def states(person: Person) -> dict[int, str]:
    jobs = person.verb("jobs", "list", "--json").jobs
    return {job["job_id"]: job["status"] for job in jobs}


# ---------------------------------------------------------------------------------- retry


def test_a_retry_is_a_new_job_and_a_new_charge(person: Person) -> None:
    person.sandbox.scenario(FAIL)
    batch(person, "a red boat")
    alone = person.verb("jobs", "retry", "1")
    assert (alone.code, "5 pts" in alone.err, len(person.accepted())) == (2, True, 1)
    said = person.verb("jobs", "retry", "1", "1", "--yes", "--json")
    assert (said.code, states(person)) == (0, {1: "failed", 2: "done"})
    (again,) = said.jobs
    assert (again["job_id"], again["status"]) == (2, "done")
    assert person.accepted() == ["a red boat", "a red boat"]


def test_what_may_have_been_charged_needs_its_own_yes(person: Person) -> None:
    person.sandbox.scenario(LOSE)
    batch(person, "a red boat")
    said = person.verb("jobs", "retry", "1", "--yes")
    assert (said.code, "may already have been charged 5 pts" in said.err) == (2, True)
    assert len(person.accepted()) == 1
    assert person.verb("jobs", "retry", "1", "--yes-unknown").code == 2  # the price, too
    sure = person.verb("jobs", "retry", "1", "--yes", "--yes-unknown", "--no-wait")
    assert (sure.code, "may already have been charged" in sure.err) == (0, True)
    assert person.verb("jobs", "wait").code == 0
    assert states(person) == {1: "unknown", 2: "done"}


def test_one_that_can_not_be_retried_stops_them_all(person: Person) -> None:
    batch(person, "a lighthouse")
    assert person.verb("jobs", "retry", "1", "9", "--yes").code == 2
    assert states(person) == {1: "done"}


@pytest.mark.parametrize(("keys", "code", "charges"), [("y\n", 0, 2), ("\n", 130, 1)])
def test_a_terminal_is_asked(
    person: Person, monkeypatch: pytest.MonkeyPatch, keys: str, code: int, charges: int
) -> None:
    batch(person, "a lighthouse")
    with typed(monkeypatch, keys):
        said = person.verb("jobs", "retry", "1")
    assert (said.code, len(person.accepted())) == (code, charges)
    assert "[y/N]" in said.err


def test_a_batch_asks_at_a_terminal(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    file = person.write(wishes("a lighthouse"))
    with typed(monkeypatch, "n\ny\n"):
        assert (person.verb("batch", file).code, person.accepted()) == (130, [])
        said = person.verb("batch", file)
    assert (said.code, person.accepted()) == (0, ["a lighthouse"])
    assert "Send 1 row for 5 pts?" in said.err


# --------------------------------------------------------------------------------- forget


def test_forgotten_jobs_are_off_the_list(person: Person) -> None:
    batch(person, "a lighthouse", "a red boat")
    assert person.verb("jobs", "forget", "1", "9").code == 2
    assert set(states(person)) == {1, 2}
    assert person.verb("jobs", "forget", "1").code == 0
    assert person.verb("jobs", "forget", "1").code == 0
    assert set(states(person)) == {2}
    batch(person, "a lighthouse", "a red boat")  # it was done before it was forgotten
    assert len(person.accepted()) == 2


# --------------------------------------------------------------------------------- export


def test_the_export_holds_no_prompt_and_no_secret(person: Person) -> None:
    person.sandbox.scenario(FAIL)
    batch(person, "=a lighthouse", "a red boat")
    said = person.verb("jobs", "export")
    assert said.code == 0
    assert [(line["job_id"], line["status"]) for line in said.lines] == [(1, "done"), (2, "failed")]
    assert said.lines[1]["error"] == "generation_failed"
    assert "lighthouse" not in said.out
    assert "ima_batch_test" not in said.out
    table = person.verb("jobs", "export", "--format", "csv", "--with-prompts")
    rows = list(csv.DictReader(io.StringIO(table.out)))
    assert [row["prompt"] for row in rows] == ["'=a lighthouse", "a red boat"]
    assert rows[0]["total_credit"] == "5"


def test_what_was_forgotten_says_only_what_it_cost(person: Person) -> None:
    batch(person, "a lighthouse")
    person.verb("jobs", "forget", "1")
    (line,) = person.verb("jobs", "export", "--with-prompts").lines
    assert (line["status"], line["total_credit"], line["prompt"]) == ("forgotten", 5, None)


# ---------------------------------------------------------------------------------- watch


def test_watch_ends_with_the_last_open_job(person: Person) -> None:
    assert "No jobs are running" in person.verb("jobs", "watch").err
    person.verb("generate", "a lighthouse", "--task-type", "text_to_image", "--no-wait")
    person.verb("generate", "a red boat", "--task-type", "text_to_image", "--no-wait")
    said = person.verb("jobs", "watch", "--json")
    assert said.code == 0
    told: dict[int, list[str]] = {}
    for line in said.lines:
        told.setdefault(line["job_id"], []).append(line["status"])
    assert set(told) == {1, 2}
    assert all(seen[-1] == "done" and len(seen) == len(set(seen)) for seen in told.values())


def test_watch_in_plain_lines(person: Person) -> None:
    person.verb("generate", "a [red] lighthouse", "--task-type", "text_to_image", "--no-wait")
    said = person.verb("jobs", "watch")
    last = said.out.splitlines()[-2:]
    assert "#1  done" in last[0]
    assert "a [red] lighthouse" in last[0]
    assert last[1].strip().startswith((person.sandbox.base_url, str(Path.home()), "/"))


# ------------------------------------------------------------------------- list and report


def test_a_list_has_the_columns_that_were_named(person: Person) -> None:
    person.sandbox.scenario(FAIL)
    batch(person, "a lighthouse", "a red boat", "=an oak")
    table = person.verb("jobs", "list", "--status", "failed").out.splitlines()
    assert (len(table), "a red boat" in table[1]) == (2, True)
    said = person.verb("jobs", "list", "--format", "csv", "--columns", "job_id,status,prompt")
    assert said.out.splitlines()[0] == "job_id,status,prompt"
    assert said.out.splitlines()[1] == "3,done,'=an oak"
    wrong = person.verb("jobs", "list", "--columns", "job_id,stauts")
    assert (wrong.code, "status" in wrong.err) == (2, True)
    found = person.verb("jobs", "list", "--search", "OAK", "--json").jobs
    assert [job["prompt"] for job in found] == ["=an oak"]
    lines = person.verb("jobs", "list", "--limit", "2", "--format", "jsonl").lines
    assert [line["job_id"] for line in lines] == [3, 2]
    assert person.verb("jobs", "list", "--model", "nobody", "--json").jobs == []


def test_a_report_and_a_warning_before_the_limit(person: Person) -> None:
    (person.folder / "config.toml").write_text("[spending]\nper_day = 12\nper_month = 1000\n")
    batch(person, "a lighthouse")
    said = person.verb("batch", person.write(wishes("a red boat"), "more.jsonl"), "--yes")
    assert "You have used 83% of your daily limit: 10 of 12 pts." in said.err
    report = json.loads(person.verb("jobs", "report", "--by", "type", "--json").out)
    assert [(row["key"], row["points"]) for row in report["rows"]] == [("text_to_image", 10)]
    assert report["limits"][0] == {
        "name": "day",
        "spent": 10,
        "limit": 12,
        "project": None,
    }
    table = person.verb("jobs", "report", "--by", "model").out
    assert ("100%" in table, "Today: 10 of 12 pts" in table) == (True, True)


# ------------------------------------------------------------------------------- interrupted


class Watched:
    """What `wait_for` needs of the studio: a job that is running, and its listeners."""

    waiting = None

    def __init__(self, job: Job) -> None:
        self.job = job
        self.clock = ScaledClock(1.0)
        self.listeners: list[Callable[[Notice], None]] = []
        self.jobs = self.engine = self

    def subscribe(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def hasten(self) -> None: ...

    async def get(self, job_id: int) -> Job:
        return self.job


async def test_a_cancel_that_comes_with_the_result_is_not_lost() -> None:
    running = Job(1, any_order(), State.RUNNING, 0.0, 0.0, task_id="t")
    watched = Watched(running)
    waiting = asyncio.create_task(exit_status.wait_for(cast("Studio", watched), running))
    for _ in range(20):  # until it waits for news
        await asyncio.sleep(0)
    watched.listeners[0](JobChanged(running))
    waiting.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    for listener in watched.listeners:  # it would wait for the end now
        listener(JobChanged(replace(running, state=State.DONE)))
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_voice_is_shown_by_its_id_and_its_name() -> None:
    voice = ("speaker", "zh_female_xiaohe_uranus_bigtts")
    spoken = replace(any_order(), parameters=(voice, ("speed", 1.2)))
    assert [*jobs._settings(spoken)] == [f"speaker={voice[1]} (Xiaohe)", "speed=1.2"]
