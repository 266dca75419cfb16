"""`ima-tui mcp` as agents start it: a process, spoken to by the SDK's client over stdio."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agent_client import FOX, MAIN, agent, ask
from batch_person import Person
from mcp import Client


async def test_an_agent_orders_waits_for_the_user_and_gets_files(person: Person) -> None:
    """From models to files; the user approves by `jobs send` in another process."""
    verb = partial(asyncio.to_thread, person.verb)
    heard: list[str] = []
    told: list[Any] = []

    async def progress(number: float, total: float | None, message: str | None) -> None:
        heard.append(str(message))

    async def log(params: Any) -> None:
        told.append(params.data)

    async with agent(
        person.folder, person.environment, mode="legacy", logging_callback=log
    ) as client:
        assert (await ask(client, "list_models", task_type="text_to_image"))["models"]
        price = await ask(client, "quote", **FOX)
        job = await ask(client, "generate", idempotency_key="1", **FOX)
        assert job["needs_approval"]
        assert job["total_credit"] == price["total_credit"]
        arguments = {"job_id": job["job_id"], "seconds": 120}
        waiting = asyncio.create_task(
            client.call_tool("wait_job", arguments, progress_callback=progress)
        )
        while not heard:
            await asyncio.sleep(0.01)
        assert "approval" in heard[0]
        said = await verb("jobs", "send", str(job["job_id"]), "--yes")
        assert said.code == 0, said.err
        result = await waiting
        assert result.structured_content["status"] == "done"
        files = (await ask(client, "fetch_results", job_id=job["job_id"]))["medias"]
        assert Path(files[0]["path"]).is_file()
        assert [each["job_id"] for each in told] == [job["job_id"]]  # the end, by itself
    assert person.accepted() == ["a red fox in snow"]
    (listed,) = (await verb("jobs", "list", "--json")).jobs
    assert listed["client"] == "claude"
    exported = (await verb("jobs", "export")).lines
    assert exported[0]["client"] == "claude"
    log_lines = "".join(path.read_text("utf-8") for path in (person.folder / "logs").rglob("*.log"))
    assert 'client "claude"' in log_lines


@pytest.mark.parametrize("way", ["end of input", "SIGTERM"])
async def test_the_server_ends_at_once_and_stdout_is_protocol_only(
    person: Person, way: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | person.environment | {"HOME": str(person.folder)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"},
    }
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    process.stdin.write(b"no json\n" + json.dumps(request).encode() + b"\n")
    answer = json.loads(await process.stdout.readline())
    while "result" not in answer:
        answer = json.loads(await process.stdout.readline())
    assert answer["result"]["serverInfo"]["name"] == "ima-tui"
    if way == "SIGTERM":
        process.send_signal(signal.SIGTERM)
    else:
        process.stdin.close()
    rest, _ = await asyncio.gather(process.stdout.read(), process.wait())
    assert all(json.loads(line) for line in rest.splitlines())
    assert process.returncode == 0


# ------------------------------------------------------------------------------------ killed

STEPS = ("list_models", "quote", "generate", "wait_job")


async def session(client: Client, prompt: str, until: str = STEPS[-1]) -> dict[str, Any]:
    """What an agent does, from the first message to `until`; the last document."""
    order = FOX | {"prompt": prompt}
    told: dict[str, Any] = {}
    for step in STEPS[: STEPS.index(until) + 1]:
        if step == "list_models":
            told = await ask(client, step, task_type="text_to_image", limit=1)
        elif step == "quote":
            told = await ask(client, step, **order)
        elif step == "generate":
            told = await ask(client, step, idempotency_key=f"key of {prompt}", **order)
        else:
            told = await ask(client, step, job_id=told["job_id"], seconds=300)
    return told


def kill(person: Person) -> None:
    os.kill(int((person.folder / "pid").read_text()), signal.SIGKILL)


def spend_freely(person: Person) -> None:
    (person.folder / "config.toml").write_text("[agents]\napprove_above = 1000\n")


async def killed_while_ordering(person: Person, prompt: str) -> None:
    """The service has accepted the job, and the server dies before or after it knows."""
    with suppress(Exception):  # the connection breaks
        async with agent(person.folder, person.environment) as client, asyncio.TaskGroup() as group:
            group.create_task(session(client, prompt, "generate"))
            while prompt not in person.accepted():
                await asyncio.sleep(0.01)
            kill(person)


async def test_killed_while_it_orders_it_is_paid_once(person: Person) -> None:
    spend_freely(person)
    await killed_while_ordering(person, "a boat")
    async with agent(person.folder, person.environment) as client:
        again = await session(client, "a boat", "generate")
    assert again["status"] in ("running", "fetching", "done", "unknown")
    assert person.accepted() == ["a boat"]


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
async def test_killed_after_each_message_it_is_paid_once(person: Person, step: str) -> None:
    spend_freely(person)
    with suppress(Exception):
        async with agent(person.folder, person.environment) as client:
            await session(client, "a boat", step)
            kill(person)
            await client.list_tools()
    async with agent(person.folder, person.environment) as client:
        done = await session(client, "a boat")
    assert (done["status"], person.accepted()) == ("done", ["a boat"])


# ------------------------------------------------------------------------ several jobs, killed

ROWS = [FOX | {"prompt": f"a {colour} boat"} for colour in ("red", "blue")]
STORY = {"prompt": "draw a picture of a red fox, then turn it into a video"}


async def many(client: Client, tool: str, **more: Any) -> dict[str, Any]:
    """Order a batch or a workflow under one key; what the last call told."""
    if tool == "run_batch":
        return await ask(client, tool, idempotency_key="many", rows=ROWS, **more)
    workflow = await ask(client, tool, idempotency_key="many", **STORY)
    confirm = workflow.get("confirm", "")
    return await ask(client, tool, idempotency_key="many", confirm=confirm, **STORY, **more)


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["run_batch", "run_workflow"])
@pytest.mark.parametrize("accepted", [0, 1])
async def test_killed_while_it_orders_many_each_is_paid_once(
    person: Person, tool: str, accepted: int
) -> None:
    """The server dies once the ledger has some of it, or the service. What was not sent then needs
    approval, which the user gives."""
    spend_freely(person)
    verb = partial(asyncio.to_thread, person.verb)
    with suppress(Exception):  # the connection breaks
        async with agent(person.folder, person.environment) as client, asyncio.TaskGroup() as group:
            group.create_task(many(client, tool))
            while (
                len(person.accepted()) < accepted or not (await verb("jobs", "list", "--json")).jobs
            ):
                await asyncio.sleep(0.01)
            kill(person)
    async with agent(person.folder, person.environment) as client:
        told = await many(client, tool)
        for _ in range(5):
            if told["needs_approval"]:
                await verb("jobs", "send", "--status", "held", "--yes", "--no-wait")
            told = await many(client, tool, seconds=60)
            if told["next"] is None:
                break
    jobs = (await verb("jobs", "list", "--json")).jobs
    paid = person.accepted()
    assert len(jobs) == 2
    for job in jobs:  # what was just being sent is known to the service alone, and not sent again
        assert job["status"] in ("done", "unknown") or job["waiting"], job
        assert paid.count(job["prompt"]) <= 1
        assert job["status"] != "done" or job["prompt"] in paid
