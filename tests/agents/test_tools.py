"""The tools, called by the SDK's client in this process, with the sandbox as the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from agent_client import ask, refused
from mcp import Client
from mcp.types import Implementation
from studios import at, held

from ima_tui.core.domain import State
from ima_tui.mcp.server import AgentServer
from ima_tui.mcp.tools import TOOLS
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio

Connect = Callable[..., AbstractAsyncContextManager[Client]]
FOX = {"prompt": "a red fox in snow", "task_type": "text_to_image"}
FREELY = {"agent_approve_above": 1000}


@asynccontextmanager
async def connected(studio: Studio, name: str = "claude") -> AsyncIterator[Client]:
    server = AgentServer(studio)
    unsubscribe = studio.subscribe(server.hear)
    info = Implementation(name=name, version="1")
    async with Client(server.protocol, client_info=info) as client:
        yield client
    unsubscribe()


@pytest.fixture
def studio_of_agents(
    opened: Callable[..., AbstractAsyncContextManager[Studio]],
) -> Callable[..., AbstractAsyncContextManager[Studio]]:
    def open_one(**settings: Any) -> AbstractAsyncContextManager[Studio]:
        return opened(asks=True, **settings)

    return open_one


Open = Callable[..., AbstractAsyncContextManager[Studio]]


def charged(sandbox: Sandbox) -> list[str]:
    return [each["prompt"] for each in sandbox.ledger()["creates"] if each["charged"]]


# ----------------------------------------------------------------------------- what is free


async def test_an_agent_finds_the_tools_models_and_prices(
    studio_of_agents: Open, sandbox: Sandbox
) -> None:
    async with studio_of_agents() as studio, connected(studio) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == [tool.name for tool in TOOLS]
        found = await ask(client, "list_models", task_type="text_to_image", limit=2)
        assert len(found["models"]) == 2 < found["total"]
        read = await ask(client, "understand", text="draw a red fox, 4K")
        assert (read["kind"], read["task_type"]) == ("single", "text_to_image")
        price = await ask(client, "quote", **FOX)
        assert price["total_credit"] > 0
        assert price["payload"]["task_type"] == "text_to_image"
    assert charged(sandbox) == []


async def test_what_does_not_fit_is_refused_by_name(studio_of_agents: Open) -> None:
    async with studio_of_agents() as studio, connected(studio) as client:
        for arguments, named in (
            ({"prompt": "a fox"}, "idempotency_key"),
            ({**FOX, "idempotency_key": "1", "command": "ls"}, "command"),
            ({**FOX, "idempotency_key": "1", "n": "9"}, "n"),
            ({"prompt": "x" * 100_001, "idempotency_key": "1"}, "maxLength"),
        ):
            error = await refused(client, "generate", **arguments)
            assert error["kind"] == "agent_arguments"
            assert named in error["message"]
            assert len(error["message"]) < 400
        assert (await refused(client, "no\x1b[31mtool"))["kind"] == "agent_tool"
        assert (await refused(client, "get_job", job_id=9))["kind"] == "no_job"
        only = await refused(client, "quote", prompt="always use SeeDream 4.5 for images")
        assert only["kind"] == "agent_preference"


# ------------------------------------------------------------------------------- approval


async def test_by_default_every_job_of_an_agent_needs_approval(
    studio_of_agents: Open, sandbox: Sandbox
) -> None:
    async with studio_of_agents() as studio, connected(studio, "claude\x1b]0;x\x07") as client:
        job = await ask(client, "generate", idempotency_key="one", **FOX)
        assert (job["status"], job["needs_approval"]) == ("queued", True)
        assert job["client"] == "claude"  # what a terminal acts on is gone
        assert "jobs send" in job["next"]
        waiting = await ask(client, "wait_job", job_id=job["job_id"], seconds=0)
        assert (waiting["needs_approval"], charged(sandbox)) == (True, [])

        await studio.jobs.follow(job["job_id"])  # the user's key
        done = await ask(client, "wait_job", job_id=job["job_id"])
        assert (done["status"], done["needs_approval"]) == ("done", False)
        assert done["url"].startswith("http")
        assert charged(sandbox) == ["a red fox in snow"]
        (listed,) = (await ask(client, "list_jobs"))["jobs"]
        assert listed["job_id"] == job["job_id"]


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"agent_approve_above": 4}, "over_agent_ask"),
        ({**FREELY, "agent_per_job": 4}, "over_agent_job"),
        ({**FREELY, "agent_per_day": 9}, "over_agent_day"),
    ],
)
async def test_a_job_above_a_limit_of_agents_waits(
    studio_of_agents: Open, sandbox: Sandbox, limits: dict[str, int], why: str
) -> None:
    model = {"model_id": "doubao-seedream-4.5"}  # 5 points
    async with studio_of_agents(**limits) as studio, connected(studio) as client:
        first = await ask(client, "generate", idempotency_key="1", **FOX, **model)
        second = await ask(client, "generate", idempotency_key="2", **FOX, **model)
        waits = await held(studio, second["job_id"])
        assert waits.waiting == f"waiting.{why}"
        assert first["needs_approval"] is (why != "over_agent_day")


async def test_below_the_limits_an_agent_orders_by_itself(
    studio_of_agents: Open, sandbox: Sandbox
) -> None:
    async with studio_of_agents(**FREELY) as studio, connected(studio) as client:
        job = await ask(client, "generate", idempotency_key="one", **FOX)
        assert not job["needs_approval"]
        assert (await at(studio, job["job_id"])).state is State.DONE
        more = await refused(client, "generate", idempotency_key="2", max_credits=1, **FOX)
        assert more["kind"] == "over_limit"
    assert charged(sandbox) == ["a red fox in snow"]


# ------------------------------------------------------------------------------ idempotency


async def test_the_same_key_never_pays_twice(studio_of_agents: Open, sandbox: Sandbox) -> None:
    async with studio_of_agents(**FREELY) as studio:
        async with connected(studio) as client:
            first = await ask(client, "generate", idempotency_key="one", **FOX)
            again = await ask(client, "generate", idempotency_key="one", max_credits=99, **FOX)
            assert again["job_id"] == first["job_id"]
            other = FOX | {"prompt": "a blue fox"}
            error = await refused(client, "generate", idempotency_key="one", **other)
            assert error["kind"] == "key_reused"
        async with connected(studio, "codex") as client:  # its keys are its own
            mine = await ask(client, "generate", idempotency_key="one", **FOX)
            assert mine["job_id"] != first["job_id"]
            assert (await ask(client, "list_jobs"))["jobs"][0]["client"] == "codex"
            assert len((await ask(client, "list_jobs", mine=False))["jobs"]) == 2
    assert len(charged(sandbox)) == 2
