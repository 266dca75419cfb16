"""`run_batch`: one key for the whole, a total that needs approval, and no row paid twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from agent_client import ask, refused
from mcp import Client
from mcp.types import Implementation

from ima_tui.ledger import repair_report
from ima_tui.ledger.history import JobFilter
from ima_tui.mcp.server import AgentServer
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio

Open = Callable[..., AbstractAsyncContextManager[Studio]]
SEEDREAM = {"task_type": "text_to_image", "model_id": "doubao-seedream-4.5"}  # 5 points
ROWS = [SEEDREAM | {"prompt": f"a {colour} boat"} for colour in ("red", "blue", "green")]
BATCH: dict[str, Any] = {"idempotency_key": "boats", "rows": ROWS}


@asynccontextmanager
async def connected(studio: Studio) -> AsyncIterator[Client]:
    info = Implementation(name="claude", version="1")
    async with Client(AgentServer(studio).protocol, client_info=info) as client:
        yield client


def charged(sandbox: Sandbox) -> list[str]:
    return sorted(each["prompt"] for each in sandbox.ledger()["creates"] if each["charged"])


async def test_a_dry_run_prices_all_rows_and_names_bad_ones(opened: Open, sandbox: Sandbox) -> None:
    async with opened(asks=True) as studio, connected(studio) as client:
        bad = SEEDREAM | {"prompt": "a boat", "parameters": {"wings": 2}}
        told = await ask(client, "run_batch", **BATCH | {"rows": [*ROWS, bad], "dry_run": True})
        assert (len(told["rows"]), told["total_credit"]) == (3, 15)
        (error,) = told["errors"]
        assert (error["line"], "wings" in error["error"]["message"]) == (4, True)
        refusal = await refused(client, "run_batch", **BATCH | {"rows": [*ROWS, bad]})
        assert refusal["kind"] == "agent_rows"
        assert "wings" in refusal["message"]
        too_much = await refused(client, "run_batch", **BATCH, max_credits=14)
        assert too_much["kind"] == "over_limit"
        assert await studio.jobs.newest() is None
    assert charged(sandbox) == []


async def test_rows_that_are_cheap_alone_wait_for_approval_of_their_total(
    opened: Open, sandbox: Sandbox
) -> None:
    async with opened(asks=True, agent_approve_above=14) as studio, connected(studio) as client:
        told = await ask(client, "run_batch", **BATCH)
        ids = [row["job_id"] for row in told["rows"]]
        assert told["needs_approval"] == 3
        assert f"jobs send {ids[0]} {ids[1]} {ids[2]}" in told["next"]
        job = await studio.jobs.get(ids[0])
        assert job is not None
        assert job.waiting == "waiting.over_agent_total"
        again = await ask(client, "run_batch", **BATCH, seconds=1)
        assert [row["needs_approval"] for row in again["rows"]] == [True] * 3
        assert charged(sandbox) == []

        await studio.jobs.follow(ids[1])  # the user approves one
        await studio.jobs.wait(ids[1])
        now = await ask(client, "run_batch", **BATCH)
        assert [row["status"] for row in now["rows"]] == ["queued", "done", "queued"]
    assert charged(sandbox) == ["a blue boat"]


async def test_below_the_limits_it_runs_to_its_end_and_is_paid_once(
    opened: Open, sandbox: Sandbox
) -> None:
    async with opened(asks=True, agent_approve_above=15) as studio, connected(studio) as client:
        calls = [ask(client, "run_batch", **BATCH, seconds=300) for _ in range(3)]
        for told in await asyncio.gather(*calls):
            assert [row["status"] for row in told["rows"]] == ["done"] * 3
            assert told["next"] is None
        (job, *_) = await studio.history.listed(JobFilter(client="claude"), 0, 10)
        assert job.order.client == "claude"
    assert charged(sandbox) == ["a blue boat", "a green boat", "a red boat"]


async def test_limits_of_one_job_hold_only_that_job(opened: Open, sandbox: Sandbox) -> None:
    limits = {"agent_approve_above": 1000, "agent_per_job": 6}
    rows = [ROWS[0], ROWS[1] | {"n": 2}]
    async with opened(asks=True, **limits) as studio, connected(studio) as client:
        told = await ask(client, "run_batch", **BATCH | {"rows": rows})
        await studio.jobs.wait(told["rows"][0]["job_id"])
        told = await ask(client, "run_batch", **BATCH | {"rows": rows})
        assert [row["status"] for row in told["rows"]] == ["done", "queued"]
        assert told["needs_approval"] == 1
    assert charged(sandbox) == ["a red boat"]


@pytest.mark.parametrize("rows", [[*ROWS, ROWS[0]], ROWS[:2], ROWS[::-1]])
async def test_a_key_is_for_one_batch(opened: Open, rows: list[dict[str, Any]]) -> None:
    async with opened(asks=True) as studio, connected(studio) as client:
        await ask(client, "run_batch", **BATCH)
        error = await refused(client, "run_batch", **BATCH | {"rows": rows})
        assert error["kind"] == "key_reused"
        one = await refused(client, "generate", idempotency_key="boats", **ROWS[0])
        assert one["kind"] == "key_reused"
        assert (await studio.jobs.newest()).id == 3  # type: ignore[union-attr]


async def test_what_was_recorded_before_a_crash_is_completed(
    opened: Open, sandbox: Sandbox
) -> None:
    """The server died after the first row: the next call records the rest, of the same total."""
    async with opened(asks=True, agent_approve_above=14) as studio, connected(studio) as client:
        add, written = studio.jobs.submit_all, 0

        async def die_after_one(orders: Any, hold: Any = None) -> Any:
            nonlocal written
            written = len(await add(orders[:1], hold))
            raise RuntimeError("killed")

        studio.jobs.submit_all = die_after_one  # type: ignore[method-assign]
        with pytest.raises(Exception, match=r"."):
            await client.call_tool("run_batch", BATCH)
        studio.jobs.submit_all = add  # type: ignore[method-assign]
        assert written == 1
        told = await ask(client, "run_batch", **BATCH)
        assert [row["needs_approval"] for row in told["rows"]] == [True] * 3
        assert [row["job_id"] for row in told["rows"]] == [1, 2, 3]
    assert charged(sandbox) == []


async def test_braces_in_a_prompt_make_no_variants(opened: Open) -> None:
    async with opened(asks=True) as studio, connected(studio) as client:
        row = SEEDREAM | {"prompt": "a {red|blue} boat"}
        told = await ask(client, "run_batch", **BATCH | {"rows": [row]})
        assert len(told["rows"]) == 1
        job = await studio.jobs.get(told["rows"][0]["job_id"])
        assert job is not None
        assert job.order.prompt == "a {red|blue} boat"


async def test_after_a_restored_ledger_all_need_approval(
    opened: Open, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_report, "last_repair", lambda ledger: time.time())
    async with opened(asks=True, agent_approve_above=1000) as studio, connected(studio) as client:
        assert (await ask(client, "run_batch", **BATCH))["needs_approval"] == 3
        assert (await ask(client, "generate", idempotency_key="one", **ROWS[0]))["needs_approval"]
    assert charged(sandbox) == []
