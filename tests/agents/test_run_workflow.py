"""`run_workflow`: plan, price and hash first; then steps that wait for the user and are paid once;
and what releases a user's own steps or rows releases no agent's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from agent_client import ask, refused
from mcp import Client
from mcp.types import Implementation
from PIL import Image
from studios import wish

from ima_tui.batch.rows import Row
from ima_tui.cli.commands.batch_rows import PricedRow
from ima_tui.cli.commands.batch_run import BatchFeeder
from ima_tui.core.domain import State
from ima_tui.ledger.writing import Why
from ima_tui.mcp.server import AgentServer
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio

Open = Callable[..., AbstractAsyncContextManager[Studio]]
ORDER = {
    "prompt": "draw a picture of a red fox, then turn it into a video",
    "idempotency_key": "fox",
}
FREELY = {"agent_approve_above": 1000}


@asynccontextmanager
async def connected(studio: Studio) -> AsyncIterator[Client]:
    info = Implementation(name="claude", version="1")
    async with Client(AgentServer(studio).protocol, client_info=info) as client:
        yield client


def charged(sandbox: Sandbox) -> int:
    return sum(each["charged"] > 0 for each in sandbox.ledger()["creates"])


async def ordered(client: Client, **more: Any) -> dict[str, Any]:
    workflow = await ask(client, "run_workflow", **ORDER)
    return await ask(client, "run_workflow", **ORDER, confirm=workflow["confirm"], **more)


async def test_the_first_call_plans_and_the_hash_orders(opened: Open, sandbox: Sandbox) -> None:
    async with opened(asks=True, **FREELY) as studio, connected(studio) as client:
        workflow = await ask(client, "run_workflow", **ORDER)
        assert workflow["status"] == "unconfirmed"
        assert [step["task_type"] for step in workflow["steps"]] == [
            "text_to_image",
            "image_to_video",
        ]
        assert workflow["to_pay"] == workflow["total_credit"] > 0
        assert workflow["confirm"] in workflow["next"]
        assert (await ask(client, "run_workflow", **ORDER))["confirm"] == workflow["confirm"]
        wrong = await ask(client, "run_workflow", **ORDER, confirm="0" * 16)
        assert (wrong["status"], wrong["changed"]) == ("unconfirmed", True)
        limit = {"max_credits": workflow["to_pay"] - 1, "confirm": workflow["confirm"]}
        assert (await refused(client, "run_workflow", **ORDER, **limit))["kind"] == "over_limit"
        assert await studio.jobs.newest() is None

        done = await ordered(client, seconds=300)
        assert (done["status"], done["next"]) == ("done", None)
        assert [step["job"]["client"] for step in done["steps"]] == ["claude"] * 2
        again = await ask(client, "run_workflow", **ORDER)
        assert [step["job"]["job_id"] for step in again["steps"]] == [1, 2]
        other = await refused(client, "run_workflow", **ORDER | {"prompt": "a song, then a video"})
        assert other["kind"] == "workflow_key_reused"
    assert charged(sandbox) == 2


async def test_what_is_made_of_the_results_is_a_file_of_the_answer(
    opened: Open, sandbox: Sandbox
) -> None:
    asked = {"prompt": "an image of a fox in 5:2", "idempotency_key": "wide"}
    async with opened(asks=True, download=True, **FREELY) as studio, connected(studio) as client:
        workflow = await ask(client, "run_workflow", **asked)
        done = await ask(client, "run_workflow", **asked, confirm=workflow["confirm"], seconds=300)
        assert (done["status"], len(done["files"])) == ("done", 1)
        with Image.open(done["files"][0]) as image:
            assert image.width / image.height == pytest.approx(2.5, rel=0.01)
    assert charged(sandbox) == 1


async def test_held_steps_stay_held_until_the_user_approves_each(
    opened: Open, sandbox: Sandbox
) -> None:
    """By default each needs approval; asking again, with the hash or without, releases nothing."""
    async with opened(asks=True) as studio, connected(studio) as client:
        first = await ordered(client)
        assert first["needs_approval"] == 2
        for confirm in ({}, {"confirm": first["hash"]}):
            again = await ask(client, "run_workflow", **ORDER, **confirm, seconds=1)
            assert [step["status"] for step in again["steps"]] == ["queued"] * 2
        assert "jobs send 1 2" in again["next"]
        assert charged(sandbox) == 0
        for job_id in (2, 1):
            await studio.jobs.follow(job_id)  # the user's approval
        done = await ask(client, "run_workflow", **ORDER, seconds=300)
        assert done["status"] == "done"
    assert charged(sandbox) == 2


async def test_the_users_own_run_of_the_plan_releases_no_agents_step(
    opened: Open, sandbox: Sandbox
) -> None:
    async with opened(asks=True) as studio:
        async with connected(studio) as client:
            await ordered(client)
        ((workflow, _),) = await studio.workflows.kept()
        status = await studio.workflows.status(workflow)
        assert (status.to_send(again=True), status.to_pay(again=True)) == ((), 0)
        await studio.workflows.go(status, again=True)
        after = await studio.workflows.status(workflow)
        assert all(each.waits_for_approval for each in after.steps)
    assert charged(sandbox) == 0


@pytest.mark.parametrize(
    "hold", [("waiting.over_agent_total", {"points": 5, "n": 2}), ("waiting.restored", {}),
             ("waiting.word", {})]
)  # fmt: skip
async def test_a_batch_that_was_agreed_to_releases_no_agents_job(
    opened: Open, sandbox: Sandbox, hold: Why
) -> None:
    async with opened(asks=True) as studio:
        order = replace(await wish(studio), client="claude")
        job = await studio.jobs.submit(order, "row", hold=hold)
        assert job.needs_approval
        row = PricedRow(Row(1, 1, "a lighthouse"), order, "row", "row", job=job)
        feeder = BatchFeeder(studio, asked=True, after_repair=True)
        async with aclosing(feeder.run([row])) as ends:
            ended = [each.job async for some in ends for each in some]
        assert [(each.state, each.needs_approval) for each in ended if each] == [
            (State.QUEUED, True)
        ]
    assert charged(sandbox) == 0
