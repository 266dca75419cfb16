"""Several processes, one ledger: each sees what the others do, and nobody does it twice."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import textwrap
from pathlib import Path

import pytest
from fakes import any_order
from studios import POLITE, SPEED, at, window, wish

from ima_tui.config.loader import Settings
from ima_tui.core.domain import Job, State
from ima_tui.core.events import JobChanged, Notice
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=SPEED, scenario=POLITE, strict=True)

ROOT = Path(__file__).parents[2]


async def two(tmp_path: Path) -> tuple[Ledger, Ledger]:
    path = tmp_path / "ledger.sqlite3"
    return await Ledger.open(path, "one"), await Ledger.open(path, "two")


async def test_the_ledger_tells_what_others_changed_and_nothing_twice(tmp_path: Path) -> None:
    one, two_ = await two(tmp_path)
    job = await one.add(any_order(), 10.0)
    assert [each.id for each in await two_.news()] == [job.id]
    assert await two_.news() == ()
    await two_.add(any_order(), 5.0)
    assert await two_.news() == (), "its own commits are no news"
    await one.step(job.id, State.FAILED, 1.0, "event.failed")  # a clock that was set back
    assert [each.state for each in await two_.news() if each.id == job.id] == [State.FAILED]
    await one.aclose()
    await two_.aclose()


async def test_a_renewed_lease_is_no_news_and_a_held_job_is(tmp_path: Path) -> None:
    one, two_ = await two(tmp_path)
    job = await one.add(any_order(), 10.0)
    await two_.news()
    await one.claim(20.0, 50.0)
    assert await two_.news() == ()
    await one.hold(job.id, True, "waiting.word")
    assert [(each.needs_approval, each.waiting) for each in await two_.news()] == [
        (True, "waiting.word")
    ]
    await one.aclose()
    await two_.aclose()


async def test_more_news_than_are_read_at_once_are_read_next_time(tmp_path: Path) -> None:
    one, two_ = await two(tmp_path)
    for _ in range(1005):
        await one.add(any_order(), 10.0)
    first, second = await two_.news(), await two_.news()
    assert [len(first), len(second), len(await two_.news())] == [1000, 5, 0]
    await one.aclose()
    await two_.aclose()


async def test_a_window_sees_the_other_ones_job_through_to_its_end(
    settings: Settings, sandbox: Sandbox
) -> None:
    told: list[Job] = []

    def listen(notice: Notice) -> None:
        if isinstance(notice, JobChanged):
            told.append(notice.job)

    async with window(settings) as one, window(settings) as two_:
        two_.subscribe(listen)
        job = await one.jobs.submit(await wish(one))
        async with asyncio.timeout(60):
            while not told or told[-1].state is not State.DONE:
                await asyncio.sleep(0.01)
    assert {each.id for each in told} == {job.id}
    revisions = [each.revision for each in told]
    assert revisions == sorted(set(revisions)), "never older news, never the same again"
    assert len(sandbox.ledger()["creates"]) == 1


async def test_what_one_window_stops_the_other_no_longer_asks_for(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "stuck"\n')
    async with window(settings) as one, window(settings) as two_:
        one.subscribe(lambda _: None)
        job = await one.jobs.submit(await wish(one))
        await at(one, job.id, State.RUNNING)
        await two_.jobs.stop(job.id)
        scheduler = await one.engine.scheduler()
        async with asyncio.timeout(60):
            while job.id in scheduler._stories:
                await asyncio.sleep(0.01)


async def test_two_windows_and_forty_jobs_no_poll_is_doubled_and_none_is_lost(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with window(settings) as one, window(settings) as two_:
        jobs = []
        for number in range(40):
            studio = one if number % 2 else two_
            jobs.append(await studio.jobs.submit(await wish(studio, f"picture {number}")))
        ends = await asyncio.gather(*(at(one, job.id) for job in jobs))
    assert {job.state for job in ends} == {State.DONE}
    assert len({job.task_id for job in ends}) == len(sandbox.ledger()["creates"]) == 40


SCRIPT = textwrap.dedent(
    """
    import asyncio, json, sys
    from dataclasses import replace
    from pathlib import Path
    sys.path[:0] = json.loads(sys.argv[2])
    from studios import SPEED, at, window, wish
    from ima_tui.config import loader as config
    from ima_tui.runner import scheduler
    scheduler.LEASE_SECONDS *= SPEED

    async def main():
        folder, url = Path(sys.argv[1]), sys.argv[3]
        settings = replace(
            config.load({}, {"IMA_TUI_CONFIG": str(folder / "config.toml")}),
            base_url=url, upload_url=url, data=folder / "data", cache=folder / "cache",
            folder=folder / "out", preferences=folder / "ima_prefs.json",
        )
        async with window(settings, screen=False) as studio:
            for number in range(3):
                job = await studio.jobs.submit(await wish(studio, f"{sys.argv[4]} {number}"))
                print((await at(studio, job.id)).state.value, flush=True)

    asyncio.run(main())
    """
)


async def test_scripts_in_other_processes_beside_two_windows(
    settings: Settings, sandbox: Sandbox, tmp_path: Path
) -> None:
    paths = json.dumps([str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)])
    seen: dict[int, State] = {}

    def listen(notice: Notice) -> None:
        if isinstance(notice, JobChanged):
            seen[notice.job.id] = notice.job.state

    async with window(settings) as one, window(settings) as two_:
        two_.subscribe(listen)
        scripts = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", SCRIPT, str(tmp_path), paths, sandbox.base_url, name,
                stdout=asyncio.subprocess.PIPE, env=dict(os.environ),
            )
            for name in ("first", "second")
        ]  # fmt: skip
        own = [await one.jobs.submit(await wish(one, f"own {n}")) for n in range(6)]
        said = await asyncio.gather(*(script.communicate() for script in scripts))
        for job in own:
            await at(one, job.id)
        async with asyncio.timeout(60):
            while len(seen) < 12 or set(seen.values()) != {State.DONE}:
                await asyncio.sleep(0.02)
    assert [out.decode().split() for out, _ in said] == [["done"] * 3] * 2
    assert len(sandbox.ledger()["creates"]) == 12
