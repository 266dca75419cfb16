"""The verbs that both front ends use, over real HTTP; the sandbox counts creates and charges."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ima_tui.catalogue import order
from ima_tui.config.api_key import Key
from ima_tui.config.loader import Settings
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import (
    Draft,
    Job,
    Order,
    State,
    TaskType,
)
from ima_tui.core.errors import (
    ImaError,
    KeyMissing,
    Unreachable,
    UsageError,
)
from ima_tui.core.events import ConnectivityChanged, JobChanged, Notice
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox, running_sandbox
from ima_tui.studio.studio import Studio, open_studio

pytestmark = pytest.mark.sandbox(speed=200, strict=True)

SPEED = 200.0
KEY = Key("ima_canary_0123456789", "flag")
ROOT = Path(__file__).parents[2]
T2I = TaskType.TEXT_TO_IMAGE


@asynccontextmanager
async def studio_at(
    settings: Settings, key: Key | None = KEY, *, rate: float = SPEED
) -> AsyncIterator[Studio]:
    async with open_studio(settings, clock=ScaledClock(rate), key=key, for_screen=True) as studio:
        await studio.begin()
        yield studio


async def order_for(
    studio: Studio, prompt: str = "a lighthouse", task_type: TaskType = T2I, **more: Any
) -> Order:
    await studio.catalogue.fresh(task_type)
    model = studio.catalogue.suggested(task_type)
    assert model is not None
    draft = Draft(task_type, model.model_id, model.version, prompt=prompt, **more)
    return order.place(model, draft)[0]


async def until(studio: Studio, job_id: int, good: Callable[[Job], bool]) -> Job:
    async with asyncio.timeout(60):
        while True:
            job = await studio.jobs.get(job_id)
            assert job is not None
            if good(job):
                return job
            await asyncio.sleep(0.005)


async def state(studio: Studio, job_id: int, *wanted: State) -> Job:
    return await until(studio, job_id, lambda job: job.state in wanted)


def count(sandbox: Sandbox) -> tuple[int, int]:
    """How many creates came, how many points were charged."""
    ledger = sandbox.ledger()
    return len(ledger["creates"]), ledger["charges"]


STUCK = '[[fault]]\nkind = "stuck"\n'


async def refused(doing: Awaitable[object]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        await doing
    return caught.value


async def test_without_a_key_nothing_is_written(settings: Settings, sandbox: Sandbox) -> None:
    async with studio_at(settings) as studio:
        wish = await order_for(studio)
    async with studio_at(settings, None) as studio:
        with pytest.raises(KeyMissing):
            await studio.jobs.submit(wish)
        assert await studio.jobs.recent() == ()
    assert count(sandbox) == (0, 0)


async def test_several_are_all_on_disk_before_one_is_sent_and_none_is_paid_twice(
    settings: Settings, sandbox: Sandbox
) -> None:
    told: list[Notice] = []
    async with studio_at(settings) as studio:
        studio.subscribe(told.append)
        wishes = [(f"intent {n}", await order_for(studio, f"fox {n}")) for n in range(3)]
        first = await studio.jobs.submit_all(wishes[:2])  # a crash came here, and
        jobs = await studio.jobs.submit_all(wishes)  # the same is submitted again
        assert [job.id for job in jobs[:2]] == [job.id for job in first]
        for job in jobs:
            await state(studio, job.id, State.DONE)
    states = [n.job.state for n in told if isinstance(n, JobChanged)]
    assert states[:2] == [State.QUEUED, State.QUEUED]
    assert count(sandbox) == (3, 3 * jobs[0].order.total)


async def test_every_commit_is_told_and_the_totals_follow(
    settings: Settings, sandbox: Sandbox
) -> None:
    told: list[Notice] = []
    async with studio_at(settings) as studio:
        studio.subscribe(told.append)
        job = await studio.jobs.submit(await order_for(studio))
        await state(studio, job.id, State.DONE)
        totals = await studio.jobs.totals()
    states = [n.job.state for n in told if isinstance(n, JobChanged)]
    assert states == [
        State.QUEUED, State.SENDING, State.RUNNING, State.FETCHING, State.DONE
    ]  # fmt: skip
    assert (totals.today, totals.session, totals.out) == (job.order.total,) * 2 + (0,)
    assert count(sandbox) == (1, job.order.total)


async def test_stopping_what_runs_keeps_it_paid_and_it_can_be_followed_again(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario(STUCK)
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        await state(studio, job.id, State.RUNNING)
        assert (await studio.jobs.stop(job.id)).state is State.STOPPED
        assert (await studio.jobs.stop(job.id)).state is State.STOPPED
        assert (await studio.jobs.totals()).session == job.order.total
        assert (await studio.jobs.follow(job.id)).state is State.RUNNING
    assert count(sandbox) == (1, job.order.total)


async def test_stopping_what_was_not_sent_takes_it_out(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario(
        '[[fault]]\nkind = "refuse"\nendpoint = "create"\ncode = 429\nretry_after = 9999\n'
    )
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        await until(
            studio, job.id, lambda j: j.state is State.QUEUED and j.updated_at > j.created_at
        )
        stopped = await studio.jobs.remove_from_queue(job.id)
        assert stopped.state is State.STOPPED
        assert (await refused(studio.jobs.follow(job.id))).key == "error.never_sent"
        assert (await studio.jobs.totals()).session == 0
        await studio.jobs.forget(job.id)
        assert await studio.jobs.recent() == ()
    assert count(sandbox) == (1, 0)


async def test_stopping_just_while_it_is_sent_keeps_the_task_id(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "delay"\nendpoint = "create"\nseconds = 0.4\n' + STUCK)
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        await state(studio, job.id, State.SENDING)
        stopped = await studio.jobs.stop(job.id)
    assert stopped.state is State.STOPPED
    assert stopped.task_id == sandbox.ledger()["tasks"][0]["id"]


async def test_what_was_sent_before_it_could_be_taken_out_is_followed_on(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "delay"\nendpoint = "create"\nseconds = 0.1\n')
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        await state(studio, job.id, State.SENDING)
        assert (await refused(studio.jobs.remove_from_queue(job.id))).key == "error.sent_meanwhile"
        await state(studio, job.id, State.DONE)
    assert count(sandbox) == (1, job.order.total)


async def test_a_setting_that_keeps_lists_away_is_known_before_the_ledger_is_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "foo://127.0.0.1:1")
    monkeypatch.delenv("https_proxy", raising=False)
    address = "https://api.imastudio.com"
    official = replace(settings, base_url=address, upload_url=address)
    async with open_studio(official, for_screen=True, key=KEY) as studio:
        await studio.catalogue.check_connection()
        problems = {each.problem.key for each in studio.catalogue.lists.values() if each.problem}
    assert problems == {"error.proxy_kind"}


async def test_removing_a_job_whose_earlier_try_may_be_charged_says_so(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario(STUCK)
    async with studio_at(replace(settings, running=1)) as studio:
        first = await studio.jobs.submit(await order_for(studio))
        await state(studio, first.id, State.RUNNING)
        job = await studio.jobs.submit(await order_for(studio))
        ledger = await studio.engine.ledger()
        await ledger.note(job.id, studio.clock.time(), "event.fault", {"at_risk": 5})
        await studio.jobs.stop(job.id)
        assert (await studio.jobs.timeline(job.id))[-1].key == "event.taken_out_after_fault"


async def test_closing_while_a_create_is_on_its_way_keeps_the_task_id(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "delay"\nendpoint = "create"\nseconds = 0.4\n' + STUCK)
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        await state(studio, job.id, State.SENDING)
    sandbox.scenario("")
    async with studio_at(settings, rate=1.0) as studio:
        kept = await studio.jobs.get(job.id)
    assert kept is not None
    assert (kept.state, kept.task_id) == (State.RUNNING, sandbox.ledger()["tasks"][0]["id"])
    assert count(sandbox)[0] == 1


async def test_another_window_cant_stop_or_forget_what_is_just_being_sent(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "delay"\nendpoint = "create"\nseconds = 0.4\n' + STUCK)
    async with studio_at(settings, rate=1.0) as one, studio_at(settings, rate=1.0) as two:
        job = await one.jobs.submit(await order_for(one))
        await state(one, job.id, State.SENDING)
        assert (await refused(two.jobs.stop(job.id))).key == "error.busy_job"
        assert (await refused(two.jobs.forget(job.id))).key == "error.busy_job"
        running = await state(one, job.id, State.RUNNING)
        assert running.task_id


async def test_a_word_for_a_held_job_is_given_in_either_window_and_sends_it_once(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "delay"\nendpoint = "create"\nseconds = 0.5\n' + STUCK)
    async with studio_at(settings, rate=50.0) as owner, studio_at(settings, rate=50.0) as other:
        wish = await order_for(owner)
        await order_for(other)
        ledger = await Ledger.open(settings.ledger, "dead")
        job = await ledger.add(wish, owner.clock.time() - 3600)
        await ledger.aclose()
        await until(owner, job.id, lambda job: job.needs_approval)
        await asyncio.gather(
            owner.jobs.follow(job.id), other.jobs.follow(job.id), return_exceptions=True
        )
        running = await state(owner, job.id, State.RUNNING, State.NEEDS_REVIEW, State.FAILED)
        await asyncio.sleep(0.3)
        assert await owner.jobs.get(job.id) == running
    assert (running.state, bool(running.task_id)) == (State.RUNNING, True)
    assert count(sandbox) == (1, wish.total)


async def test_again_is_a_new_intent_and_a_new_charge(settings: Settings, sandbox: Sandbox) -> None:
    async with studio_at(settings) as studio:
        first = await studio.jobs.submit(await order_for(studio))
        await state(studio, first.id, State.DONE)
        second = await studio.jobs.again(first.id)
        await state(studio, second.id, State.DONE)
        assert second.id != first.id
    assert count(sandbox) == (2, 2 * first.order.total)


async def test_fetch_brings_a_lost_file_back_without_a_create(
    settings: Settings, sandbox: Sandbox
) -> None:
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio, n=2))
        done = await state(studio, job.id, State.DONE)
        paths = [Path(media.path) for media in done.medias]
        assert len(set(paths)) == 2
        whole = paths[0].read_bytes()
        paths[0].unlink()
        fetching = await studio.jobs.fetch(job.id)
        assert fetching.state is State.FETCHING
        await state(studio, job.id, State.DONE)
        assert paths[0].read_bytes() == whole
    assert count(sandbox) == (1, job.order.total)


@pytest.mark.sandbox(speed=1000, strict=True)
async def test_refused_links_are_said_and_cost_no_second_create(
    settings: Settings, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "expire_media"\n')
    async with studio_at(settings, rate=1000.0) as studio:  # it is tried for an hour
        job = await studio.jobs.submit(await order_for(studio))
        done = await state(studio, job.id, State.DONE)
        assert done.failure is not None
        assert done.failure.kind == "error.link_denied"
        assert done.medias[0].url
        sandbox.scenario("")
        await studio.jobs.fetch(job.id)
        mended = await state(studio, job.id, State.DONE)
    assert mended.failure is None
    assert Path(mended.medias[0].path).exists()
    assert not list(settings.folder.glob(".*"))
    assert count(sandbox)[0] == 1


@pytest.mark.parametrize("verb", ["stop", "follow", "forget", "fetch", "again"])
async def test_a_job_that_is_not_there_is_answered_in_words(settings: Settings, verb: str) -> None:
    async with studio_at(settings) as studio:
        assert (await refused(getattr(studio.jobs, verb)(99))).key == "error.no_job"


@pytest.mark.parametrize(
    ("verb", "key"), [("forget", "error.busy_job"), ("fetch", "error.not_done")]
)
async def test_what_runs_cant_be_forgotten_or_fetched(
    settings: Settings, sandbox: Sandbox, verb: str, key: str
) -> None:
    sandbox.scenario(STUCK)
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        await state(studio, job.id, State.RUNNING)
        assert (await refused(getattr(studio.jobs, verb)(job.id))).key == key


BROKEN_CREATES = {
    "reset after it was charged": 'kind = "lose_answer"\nendpoint = "create"',
    "closed after it was charged": 'kind = "lose_answer"\nendpoint = "create"\nclose = "fin"',
    "502 after it was charged": 'kind = "status"\nendpoint = "create"\nwhen = "after"',
    "cut answer": 'kind = "truncate"\nendpoint = "create"',
    "reset before the body was read": 'kind = "reset_before_body"\nendpoint = "create"',
    "reset after the body was read": 'kind = "reset_after_body"\nendpoint = "create"',
    "503": 'kind = "status"\nendpoint = "create"\nstatus = 503',
    "wrong types": 'kind = "wrong_types"\nendpoint = "create"',
}


@pytest.mark.parametrize("fault", BROKEN_CREATES.values(), ids=BROKEN_CREATES)
async def test_one_intent_is_at_most_one_create_that_may_have_been_charged(
    settings: Settings, sandbox: Sandbox, fault: str
) -> None:
    sandbox.scenario(f"[[fault]]\n{fault}\nnth = 1\n")
    async with studio_at(settings) as studio:
        job = await studio.jobs.submit(await order_for(studio))
        ended = await state(studio, job.id, State.NEEDS_REVIEW, State.DONE, State.FAILED)
        await asyncio.sleep(0.05)
    async with studio_at(settings):
        await asyncio.sleep(0.05)
    seen = sandbox.ledger()
    if ended.state is State.NEEDS_REVIEW:
        assert len([c for c in seen["creates"] if c["prompt"] == job.order.prompt]) <= 1
    assert seen["charges"] in (0, job.order.total)
    assert (ended.state, seen["charges"]) != (State.FAILED, job.order.total)


async def test_a_dead_network_is_waited_out_and_the_job_is_sent_once(settings: Settings) -> None:
    told: list[ImaError | None] = []

    def listen(notice: Notice) -> None:
        if isinstance(notice, ConnectivityChanged):
            told.append(notice.problem)

    with running_sandbox(speed=SPEED) as first:
        here = replace(settings, base_url=first.base_url, upload_url=first.base_url)
        async with studio_at(here) as studio:
            wish = await order_for(studio)
    async with studio_at(here) as studio:
        studio.subscribe(listen)
        job = await studio.jobs.submit(wish)
        await until(studio, job.id, lambda _: bool(told))
        assert (await state(studio, job.id, State.QUEUED)).needs_approval is False
        port = int(first.base_url.rpartition(":")[2])
        with running_sandbox(port=port, speed=SPEED) as second:
            await state(studio, job.id, State.DONE)
            assert count(second) == (1, job.order.total)
            assert second.ledger()["violations"] == []
    assert isinstance(told[0], Unreachable)
    assert told[-1] is None


CHILD = textwrap.dedent(
    """
    import asyncio, json, sys
    from pathlib import Path
    sys.path[:0] = json.loads(sys.argv[2])
    import test_studio as t
    from ima_tui.config import loader as config
    from ima_tui.core.domain import State
    from dataclasses import replace

    async def main():
        folder, url, wanted = Path(sys.argv[1]), sys.argv[3], State(sys.argv[4])
        settings = replace(
            config.load({}, {"IMA_TUI_CONFIG": str(folder / "config.toml")}),
            base_url=url, upload_url=url, data=folder / "data", cache=folder / "cache",
            folder=folder / "out", preferences=folder / "ima_prefs.json",
        )
        async with t.studio_at(settings, rate=1.0) as studio:
            job = await studio.jobs.submit(await t.order_for(studio))
            await t.state(studio, job.id, wanted)
            await asyncio.sleep(0.3)
            print(job.id, flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("when", [State.SENDING, State.RUNNING])
async def test_after_a_kill_the_next_start_goes_on_where_it_was(
    settings: Settings, sandbox: Sandbox, tmp_path: Path, when: State
) -> None:
    if when is State.SENDING:
        sandbox.scenario('[[fault]]\nkind = "hang"\nendpoint = "create"\nwhen = "after"\n')
    paths = json.dumps([str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)])
    words = [str(tmp_path), paths, sandbox.base_url, when.value]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, *words, stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert child.stdout is not None
    async with asyncio.timeout(30):
        number = int(await child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    await child.wait()
    async with studio_at(settings) as studio:
        ended = await state(studio, number, State.DONE, State.NEEDS_REVIEW)
    ledger = await Ledger.open(settings.ledger, "reader")
    assert await ledger.healthy()
    await ledger.aclose()
    assert ended.state is (State.NEEDS_REVIEW if when is State.SENDING else State.DONE)
    assert count(sandbox)[0] == 1
