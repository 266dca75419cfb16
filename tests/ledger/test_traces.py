"""The ledger is lost with its copies and its trail: what files of results, batch manifests and the
log tell of is put back, and never sent again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui.core.domain import Job, Media, State, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.ledger import repair_report, traces
from ima_tui.ledger.store import Ledger
from ima_tui.runner import result_files
from ima_tui.studio.jobs import Jobs

MADE = 1_700_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "ledger.sqlite3"


def finished(number: int, task_id: str, n: int = 1) -> Job:
    medias = tuple(Media(f"https://x.test/{task_id}/{i}", width=64) for i in range(n))
    order = any_order(n=n)
    return Job(number, order, State.DONE, MADE, MADE, task_id=task_id, medias=medias)


def stored(
    path: Path, job: Job, *, prompt: bool = False, keep: bool = True, tag: str | None = None
) -> None:
    """The files that a download leaves."""
    folder, mine = path.parent / "results", traces.tag_of(path) if tag is None else tag
    folder.mkdir(exist_ok=True)
    for index, media in enumerate(job.medias, 1):
        file = folder / f"{result_files.stem(job, index)}.png"
        if keep:
            file.write_bytes(b"\x89PNG")
        result_files.sidecar(file, job, media, prompt, mine)


def log(path: Path, *lines: str, tag: str = "") -> Path:
    folder = path.parent / "logs"
    folder.mkdir(exist_ok=True)
    moment = f"{datetime.fromtimestamp(MADE).astimezone():%Y-%m-%d %H:%M:%S}"
    mine = tag or traces.tag_of(path)
    first, *rest = lines
    text = "".join(f"{moment} | INFO  | x | {line}\n" for line in (f"{first} ledger {mine}", *rest))
    with (folder / "ima_tui_20231114.log").open("a") as handle:
        handle.write(text)
    return folder


def manifest(path: Path, *lines: dict[str, object]) -> None:
    file = path.parent / "rows.manifest.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    traces.note(path, "manifest", file)


def row(**facts: object) -> dict[str, object]:
    order = {"task_type": "text_to_image", "model_id": "m", "model_name": "M", "credit": 5, "n": 2}
    return {"line": 1, "intent": "row", "job_id": 7, "status": "done", **order, **facts}


def queued(number: int, intent: str = "") -> str:
    words = f"job {number} queued text_to_image some-model x2, 10 points"
    return f"{words} intent {intent}" if intent else words


async def opened(path: Path, *, look: bool = False) -> Ledger:
    way = Ledger.open_read_only if look else Ledger.open
    places = traces.Places(path.parent / "logs", (path.parent / "results",))
    return await way(path, "next", places=places)


async def test_a_result_with_its_sidecar_is_done_with_its_files(path: Path) -> None:
    stored(path, finished(1, "task-1", n=2), prompt=True)
    ledger = await opened(path)
    (job,) = await ledger.recent(10)
    assert (job.state, job.task_id, job.waiting) == (State.DONE, "task-1", "waiting.from_result")
    assert [Path(media.path).name[-6:] for media in job.medias] == ["-1.png", "-2.png"]
    assert (job.order.prompt, job.order.total) == (any_order().prompt, 10)
    assert not job.order.prompt_is_lost
    assert await ledger.traced() == 1
    await ledger.aclose()
    again = await opened(path)
    assert (again.repair_report, len(await again.recent(10))) == (None, 1)
    await again.aclose()


async def test_a_sidecar_without_its_file_is_done_and_can_be_fetched(path: Path) -> None:
    stored(path, finished(1, "task-1"), keep=False)
    ledger = await opened(path)
    (job,) = await ledger.recent(10)
    assert (job.state, job.medias[0].path) == (State.DONE, "")
    assert job.medias[0].url
    assert job.order.prompt_is_lost
    with pytest.raises(UsageError, match="prompt_lost"):
        Jobs.order_again(None, job)  # type: ignore[arg-type]
    await ledger.aclose()


@pytest.mark.parametrize(
    ("steps", "state", "task_id"),
    [
        (("queued -> sending",), State.NEEDS_REVIEW, ""),
        (("queued -> sending", "sending -> unknown"), State.NEEDS_REVIEW, ""),
        (("queued -> sending", "sending -> running task t-1"), State.TIMED_OUT, "t-1"),
        (("sending -> running task t-1", "running -> done task t-1"), State.TIMED_OUT, "t-1"),
        (("sending -> running task t-1", "running -> failed task t-1"), State.FAILED, "t-1"),
    ],
)
async def test_a_job_of_the_log_can_be_asked_for_or_needs_review(
    path: Path, steps: tuple[str, ...], state: State, task_id: str
) -> None:
    log(path, queued(4, "row"), *(f"job 4 {step}" for step in steps))
    ledger = await opened(path)
    (job,) = await ledger.recent(10)
    assert (job.id, job.state, job.task_id) == (4, state, task_id)
    assert (job.order.total, job.waiting) == (10, "waiting.from_log")
    assert (await ledger.by_intents(["row"]))["row"].id == 4
    assert await ledger.spent(0.0) == 10
    await ledger.aclose()


async def test_what_was_not_sent_or_is_of_another_profile_is_not_put_back(path: Path) -> None:
    log(path, queued(1), "job 1 queued -> sending", "job 1 sending -> queued (refused_once)")
    log(path, queued(2), "job 2 queued -> stopped")
    log(path, queued(3), "job 3 queued -> sending", tag="0" * 8)
    stored(path, finished(9, "task-9"), tag="0" * 8)
    ledger = await opened(path)
    assert await ledger.recent(10) == ()
    await ledger.aclose()


async def test_a_file_without_a_tag_adds_to_a_job_that_something_else_knows(path: Path) -> None:
    """Version 0.1.0 wrote them so; they may be of another profile."""
    stored(path, finished(1, "t-1"), tag="")
    stored(path, finished(2, "t-2"), tag="")
    log(path, queued(1), "job 1 queued -> sending", "job 1 sending -> running task t-1")
    ledger = await opened(path)
    (job,) = await ledger.recent(10)
    assert (job.id, job.state, bool(job.medias[0].path)) == (1, State.DONE, True)
    await ledger.aclose()


@pytest.mark.parametrize(
    ("ours", "state"), [((), None), (("job 4 queued -> sending",), State.NEEDS_REVIEW)]
)
async def test_of_two_profiles_jobs_with_one_number_no_task_id_is_believed(
    path: Path, ours: tuple[str, ...], state: State | None
) -> None:
    log(path, queued(4), *ours)
    log(path, queued(4), "job 4 sending -> running task t-1", tag="0" * 8)
    ledger = await opened(path)
    jobs = [(job.state, job.task_id) for job in await ledger.recent(10)]
    assert jobs == ([] if state is None else [(state, "")])
    assert ledger.repair_report is not None  # something may have been sent
    await ledger.aclose()


async def test_a_row_of_a_manifest_keeps_its_number_intent_and_files(path: Path) -> None:
    media = {"url": "https://x.test/1", "path": "/there.png"}
    manifest(path, row(task_id="t-1", medias=[media]), {"line": 2}, row(intent="b", status="odd"))
    ledger = await opened(path, look=True)
    assert ledger.repair_report is not None
    assert any("1" in words for words in repair_report.describe(ledger.repair_report))
    await ledger.aclose()
    ledger = await opened(path)
    job = (await ledger.by_intents(["row"]))["row"]
    assert (job.id, job.state, job.task_id) == (7, State.DONE, "t-1")
    assert (job.order.n, job.order.total, job.medias[0].path) == (2, 10, "/there.png")
    await ledger.aclose()


async def test_one_job_that_three_sources_know_is_one_job(path: Path) -> None:
    stored(path, finished(4, "t-1"), prompt=True)
    log(path, queued(4, "row"), "job 4 queued -> sending", "job 4 sending -> running task t-1")
    manifest(path, row(job_id=4, task_id="t-1", status="running"))
    ledger = await opened(path)
    (job,) = await ledger.recent(10)
    assert (job.id, job.state) == (4, State.DONE)
    assert job.medias[0].path.endswith(".png")
    assert "row" in await ledger.by_intents(["row"])
    await ledger.aclose()


async def test_a_restored_ledger_is_given_what_only_traces_know(path: Path) -> None:
    ledger = await Ledger.open(path, "me")
    job = await ledger.add(any_order(), MADE, intent="row")
    await ledger.step(job.id, State.SENDING, MADE, "event.sending")
    await ledger.step(job.id, State.RUNNING, MADE, "event.running", task_id="t-1")
    await ledger.aclose()
    path.write_bytes(b"")
    log(path, queued(1, "row"), "job 1 queued -> sending", "job 1 sending -> running task t-1")
    log(path, queued(2, "other"), "job 2 queued -> sending", "job 2 sending -> running task t-2")
    stored(path, finished(3, "t-3"))
    ledger = await opened(path)
    assert [(job.id, job.state, job.task_id) for job in await ledger.recent(10)] == [
        (3, State.DONE, "t-3"),
        (2, State.TIMED_OUT, "t-2"),
        (1, State.RUNNING, "t-1"),
    ]
    assert ledger.repair_report is not None
    assert ledger.repair_report.traced == 2
    await ledger.aclose()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"task_id": 5}',
        '{"task_id": "t", "task_type": "x"}',
        '{"task_id": ""}',
        "\xff" * 9,
    ],
)
async def test_a_file_that_is_no_sidecar_is_passed_over(path: Path, text: str) -> None:
    folder = path.parent / "results"
    folder.mkdir()
    (folder / "holiday-1.png.json").write_text(text)
    (folder / "deep-1.png.json").mkdir()
    ledger = await opened(path)
    assert (ledger.repair_report, await ledger.recent(10)) == (None, ())
    await ledger.aclose()


async def test_absurd_facts_are_bounded(path: Path) -> None:
    facts = {"credit": 10**40, "n": -3, "job_id": 2**70, "model_name": "\x1b[31mred" * 100}
    manifest(path, row(task_id="t" * 500, **facts))
    ledger = await opened(path)
    (job,) = await ledger.recent(10)
    assert (job.order.n, job.order.points) == (1, 0)
    assert "\x1b" not in job.order.model_name
    assert len(job.task_id) <= 200
    assert replace(job.order, task_type=TaskType.TEXT_TO_IMAGE) == job.order
    await ledger.aclose()
