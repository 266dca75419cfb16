"""A job keeps its project, its client and its marks, whatever happens to it and to the ledger."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order

from ima_tui.config.loader import Settings
from ima_tui.config.schema import parse
from ima_tui.core.domain import Media, Order, State
from ima_tui.core.labels import Mark, MarkChange
from ima_tui.ledger import history, opening, schema, traces, trail
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.store import Ledger
from ima_tui.runner import result_files
from ima_tui.runner.transitions import log_step

STAR = MarkChange(star=True, add=("hero",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite3"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(path, "me")
    yield opened
    await opened.aclose()


def order(project: str = "Film", client: str = "claude", n: int = 1) -> Order:
    return replace(any_order(n=n), project=project, client=client)


async def test_an_order_that_is_changed_on_the_way_keeps_its_project(ledger: Ledger) -> None:
    job = await ledger.add(order(), 1.0)
    assert (job.order.project, job.order.client) == ("Film", "claude")
    await ledger.reorder(job.id, any_order(points=7), 2.0, "event.repriced")
    job = await ledger.step(job.id, State.SENDING, 3.0, "event.sending", order=any_order())
    assert (job.order.project, job.order.client) == ("Film", "claude")


async def test_a_project_is_spelled_as_it_was_first(ledger: Ledger) -> None:
    await ledger.add(order("Film"), 1.0)
    assert (await ledger.add(order("film"), 2.0)).order.project == "Film"
    assert (await ledger.add(order("Films"), 2.0)).order.project == "Films"


async def test_marks_are_of_one_result_or_of_all(ledger: Ledger) -> None:
    job = await ledger.add(order(n=3), 1.0)
    job = await ledger.mark(job.id, (2,), STAR)
    assert job.marks == {2: Mark(True, ("hero",))}
    job = await ledger.mark(job.id, (), MarkChange(add=("final",)))
    assert {index: mark.tags for index, mark in job.marks.items()} == {
        1: ("final",),
        2: ("hero", "final"),
        3: ("final",),
    }
    assert (job.is_starred, set(job.tags)) == (True, {"hero", "final"})
    job = await ledger.mark(job.id, (2, 9), MarkChange(star=False))
    assert not job.is_starred
    assert 9 not in job.marks


async def test_a_mark_is_news_but_no_step_of_the_job(ledger: Ledger, path: Path) -> None:
    job = await ledger.add(order(), 1.0)
    other = await Ledger.open(path, "other")
    marked = await ledger.mark(job.id, (), STAR)
    assert marked.updated_at == job.updated_at  # links expire by it
    assert [each.is_starred for each in await other.news()] == [True]
    await other.aclose()


async def test_results_have_their_project_and_mark(ledger: Ledger) -> None:
    job = await ledger.add(order(n=2), 1.0)
    for state in (State.SENDING, State.RUNNING):
        await ledger.step(job.id, state, 1.0, "event.x", task_id="t")
    medias = (Media("https://x.test/1"), Media("https://x.test/2"))
    await ledger.step(job.id, State.FETCHING, 1.0, "event.x", medias=medias)
    await ledger.mark(job.id, (2,), STAR)
    found, _ = await ledger.results(1 << 60, 10)
    assert [(each.project, each.mark.star) for each in found] == [("Film", False), ("Film", True)]


async def test_an_edited_job_keeps_its_marks(ledger: Ledger) -> None:
    job = await ledger.add(order(), 1.0)
    await ledger.mark(job.id, (), STAR)
    assert (await ledger.add(order(), 2.0, instead=job.id)).is_starred


async def test_jobs_are_found_by_their_labels(ledger: Ledger) -> None:
    hero = await ledger.add(order("Film", ""), 1.0)
    await ledger.mark(hero.id, (), STAR)
    plain = await ledger.add(order("", "claude"), 2.0)

    async def found(**what: Any) -> list[int]:
        return [job.id for job in await ledger.read(history.listed, JobFilter(**what), 0, 9)]

    assert await found(project="film") == [hero.id]
    assert await found(project="") == [plain.id]
    assert await found(client="claude") == [plain.id]
    assert await found(starred=True) == await found(tag="HERO") == [hero.id]
    assert await found(tag="her") == await found(tag="hero", project="") == []


async def test_a_job_moves_to_another_project(ledger: Ledger) -> None:
    job = await ledger.add(order("Film"), 1.0)
    job = await ledger.mark(job.id, (), MarkChange(project="Ads"))
    assert job.order.project == "Ads"
    assert (await ledger.mark(job.id, (), MarkChange(project=""))).order.project == ""


@pytest.mark.parametrize("word", ["day", "month"])
async def test_a_project_over_its_limit_waits_and_another_does_not(
    ledger: Ledger, word: str
) -> None:
    projects = parse({"FILM": {f"per_{word}": 12}}, "")
    limits = Settings(projects=projects, agent_approve_above=100)
    film, ads = order("Film"), order("Ads")
    jobs = [await ledger.add(each, 10.0) for each in (film, film, ads, film, ads)]
    await ledger.admit([job.id for job in jobs], limits, 10.0, 0.0)
    held = [job for job in reversed(await ledger.recent(9)) if job.needs_approval]
    assert [(job.id, job.waiting) for job in held] == [(jobs[3].id, f"waiting.over_project_{word}")]
    assert held[0].waiting_values == {"project": "Film", "points": 5, "spent": 10, "limit": 12}
    await ledger.hold(jobs[3].id, False)
    await ledger.admit([jobs[3].id], limits, 11.0, 0.0)  # approved: it is not held again
    assert not any(job.needs_approval for job in await ledger.recent(9))


async def test_an_emptied_ledger_gets_both_back(path: Path) -> None:
    ledger = await Ledger.open(path, "me")
    job = await ledger.add(order(), 1.0)
    await ledger.mark(job.id, (), STAR)
    await ledger.aclose()
    path.write_bytes(b"")
    ledger = await Ledger.open(path, "me")
    (job,) = await ledger.recent(10)
    assert (job.order.project, job.order.client, job.is_starred) == ("Film", "claude", True)
    await ledger.aclose()


async def test_a_task_id_that_could_not_be_written_keeps_its_project(
    path: Path, tmp_path: Path
) -> None:
    ledger = await Ledger.open(path, "me")
    job = await ledger.add(order(), 1.0)
    saved = await ledger.save_unsaved_task(job, 2.0, "t-1", None)
    await ledger.aclose()
    assert saved is not None
    (line,) = trail.read(saved)
    assert (line["row"]["project"], line["row"]["client"]) == ("Film", "claude")


async def test_traces_tell_of_the_project(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The ledger is lost with its copies: the log, a sidecar and a manifest are left."""
    ledger = await Ledger.open(path, "me")
    logged = await ledger.add(order('The "first" film'), 1_700_000_000.0)
    stored = replace(logged, id=8, task_id="t-8", order=order("Stored"))
    with caplog.at_level("INFO"):
        log_step(logged, "queued", ledger=ledger.tag)
    await ledger.aclose()
    for each in path.parent.iterdir():
        each.unlink()
    logs, results = tmp_path / "logs", tmp_path / "results"
    logs.mkdir()
    results.mkdir()
    lines = [caplog.messages[-1], "job 1 queued -> sending", "job 1 sending -> running task t-1"]
    (logs / "ima_tui_20231114.log").write_text(
        "".join(f"2023-11-14 22:13:20 | INFO  | x | {line}\n" for line in lines)
    )
    (results / "Stored").mkdir()  # the project's own folder
    result_files.sidecar(
        results / "Stored" / "a-1.png", stored, Media("https://x.test"), True, ledger.tag
    )
    row = {"intent": "row", "task_id": "t-9", "task_type": "text_to_image", "model_id": "m"}
    manifest = tmp_path / "rows.manifest.jsonl"
    manifest.write_text(json.dumps({**row, "project": "Listed\x1b[0m", "client": 7}) + "\n")
    traces.note(path, "manifest", manifest)
    ledger = await Ledger.open(path, "me", traces.Places(logs, (results,)))
    found = {job.task_id: (job.order.project, job.order.client) for job in await ledger.recent(9)}
    assert found == {
        "t-1": ('The "first" film', "claude"),
        "t-8": ("Stored", "claude"),
        "t-9": ("Listed", ""),
    }
    await ledger.aclose()


async def test_jobs_of_a_damaged_file_of_an_older_version_are_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        old = opening.connect(path)
    saved = json.dumps({**ORDER, "task_type": "text_to_image"})
    old.execute("BEGIN")
    for number in range(100):
        old.execute(
            "INSERT INTO jobs (state, task_type, model_id, points, task_id, session, created_at,"
            " updated_at, order_json) VALUES ('done', 'text_to_image', 'm', 5, ?, 'old', 1, 1, ?)",
            (f"task-{number}", saved),
        )
    old.execute("COMMIT")
    old.close()
    file = path.read_bytes()
    page = file.index(b"task-50") // 4096 * 4096
    path.write_bytes(file[:page] + b"\xff" * 4096 + file[page + 4096 :])
    ledger = await Ledger.open(path, "me")
    assert ledger.repair_report is not None
    assert ledger.repair_report.why == "damaged"
    jobs = await ledger.recent(200)
    assert 60 < len(jobs) < 100
    assert {job.order.project for job in jobs} == {""}
    await ledger.aclose()


ORDER = {
    "model_id": "m",
    "version": "1",
    "model_name": "M",
    "prompt": "a fox",
    "n": 1,
    "parameters": [],
    "attribute_id": 3,
    "points": 5,
    "inputs": [],
    "estimate": None,
    "confirmed": 5,
}
