"""`ima-tui mcp` as agents start it: a process, spoken to by the SDK's client over stdio."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agents import ask
from batch_person import Person
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import Implementation

FOX = {"prompt": "a red fox in snow", "task_type": "text_to_image"}
MAIN = [sys.executable, "-m", "ima_tui", "mcp"]


@asynccontextmanager
async def agent(person: Person, **more: Any) -> AsyncIterator[Client]:
    environment = os.environ | person.environment | {"HOME": str(person.folder)}
    server = StdioServerParameters(command=MAIN[0], args=MAIN[1:], env=environment)
    with (person.folder / "stderr").open("a+") as stderr:
        transport = stdio_client(server, errlog=stderr)
        async with Client(
            transport, client_info=Implementation(name="claude", version="1"), **more
        ) as client:
            yield client


async def test_an_agent_orders_waits_for_the_user_and_gets_files(person: Person) -> None:
    """From models to files; the user approves by `jobs send` in another process."""
    verb = partial(asyncio.to_thread, person.verb)
    heard: list[str] = []
    told: list[Any] = []

    async def progress(number: float, total: float | None, message: str | None) -> None:
        heard.append(str(message))

    async def log(params: Any) -> None:
        told.append(params.data)

    async with agent(person, mode="legacy", logging_callback=log) as client:
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
