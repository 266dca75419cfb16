"""`ima-tui mcp --http`: the SDK's client over real HTTP, and everyone else kept out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from agent_client import FOX, MAIN, agent_by_http, ask, http_server
from batch_person import Person
from mcp.types import ElicitResult
from test_stdio import session, spend_freely

from ima_tui.core.errors import UsageError
from ima_tui.mcp import http
from ima_tui.mcp.server import AgentServer
from ima_tui.studio.studio import Studio

TOKEN = "t" * 43
Serving = Callable[[], AbstractAsyncContextManager[str]]


def token_file(person: Person) -> Path:
    return person.folder / "data" / "agents.token"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_orders_by_http_and_gets_files(person: Person, mode: str) -> None:
    spend_freely(person)
    heard: list[str] = []

    async def progress(number: float, total: float | None, message: str | None) -> None:
        heard.append(str(message))

    async with http_server(person.folder, person.environment) as url:
        file = token_file(person)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        async with agent_by_http(url, file.read_text().strip(), mode=mode) as client:
            assert (await ask(client, "list_models", task_type="text_to_image"))["models"]
            job = await ask(client, "generate", idempotency_key="1", **FOX)
            arguments = {"job_id": job["job_id"], "seconds": 300}
            result = await client.call_tool("wait_job", arguments, progress_callback=progress)
            assert result.structured_content["status"] == "done"
            (media,) = (await ask(client, "fetch_results", job_id=job["job_id"]))["medias"]
            assert Path(media["path"]).is_file()
    assert person.accepted() == ["a red fox in snow"]


@pytest.mark.slow
async def test_killed_after_the_order_the_token_and_the_job_are_the_same(person: Person) -> None:
    spend_freely(person)
    with suppress(Exception):
        async with http_server(person.folder, person.environment) as url:
            token = token_file(person).read_text()
            async with agent_by_http(url, token.strip()) as client:
                await session(client, "a boat", "generate")
                os.kill(int((person.folder / "pid").read_text()), signal.SIGKILL)
                await client.list_tools()
    async with http_server(person.folder, person.environment) as url:
        assert token_file(person).read_text() == token
        async with agent_by_http(url, token.strip()) as client:
            done = await session(client, "a boat")
    assert (done["status"], person.accepted()) == ("done", ["a boat"])


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_an_agent_connected(person: Person, way: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *MAIN, "--http", "0", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=os.environ | person.environment | {"HOME": str(person.folder)},
    )  # fmt: skip
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    token = token_file(person).read_text().strip()
    with suppress(Exception):
        async with agent_by_http(url, token, mode="legacy") as client:
            await client.list_tools()
            process.send_signal(way)
            out, err = await process.communicate()
    assert (process.returncode, out) == (0, b"")
    assert url in err.decode()
    assert b"Traceback" not in err
    assert token not in err.decode()


# ------------------------------------------------------------------------------- kept out


@pytest.fixture
def serving(opened: Callable[..., AbstractAsyncContextManager[Studio]]) -> Serving:
    @asynccontextmanager
    async def serve() -> AsyncIterator[str]:
        url = asyncio.get_running_loop().create_future()
        listener = http.bound(0)
        async with opened(asks=True) as studio:
            protocol = AgentServer(studio).protocol
            task = asyncio.create_task(http.serve(protocol, listener, TOKEN, url.set_result))
            try:
                yield await url
            finally:
                task.cancel()
                await asyncio.wait({task})

    return serve


async def request(url: str, headers: dict[str, str], path: str = "/mcp") -> int:
    """The status of an initialize request with these headers."""
    parts = urlsplit(url)
    body = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
        '"capabilities":{},"clientInfo":{"name":"a","version":"1"}}}'
    )

    def send() -> int:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        connection.putrequest("POST", path, skip_host=True)
        usual = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Content-Length": str(len(body)),
            "Authorization": f"Bearer {TOKEN}",
        }
        for name, value in (usual | headers).items():
            if value:
                connection.putheader(name, value)
        connection.endheaders(body.encode())
        status = connection.getresponse().status
        connection.close()
        return status

    return await asyncio.to_thread(send)


async def test_only_this_machines_user_gets_through(serving: Serving) -> None:
    async with serving() as url:
        port = urlsplit(url).port
        for headers, status in (
            ({}, 200),
            ({"Host": f"localhost:{port}"}, 200),
            ({"Origin": f"http://127.0.0.1:{port}"}, 200),
            ({"Authorization": ""}, 401),
            ({"Authorization": "Bearer "}, 401),
            ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
            ({"Authorization": f"Bearer {TOKEN}t"}, 401),
            ({"Authorization": f"Basic {TOKEN}"}, 401),
            ({"Host": ""}, 400),
            ({"Host": f"rebound.example:{port}"}, 421),
            ({"Host": "127.0.0.1"}, 421),
            ({"Host": f"127.0.0.1.example:{port}"}, 421),
            ({"Origin": "https://page.example"}, 403),
            ({"Origin": f"http://localhost.example:{port}"}, 403),
            ({"Origin": "null"}, 403),
        ):  # fmt: skip
            assert await request(url, headers) == status, headers
        assert await request(url, {}, path="/") == 404
        assert await request(url, {"Authorization": ""}, path="/") == 401


async def test_it_listens_on_loopback_only_and_a_taken_port_is_said() -> None:
    listener = http.bound(0)
    try:
        host, port = listener.getsockname()
        assert (host, listener.family) == ("127.0.0.1", socket.AF_INET)
        with pytest.raises(UsageError) as refused:
            http.bound(port)
        assert refused.value.key == "error.port"
    finally:
        listener.close()


def test_a_token_that_others_could_read_or_guess_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "data" / "agents.token"
    first = http.token_of(file)
    assert http.token_of(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    second = http.token_of(file)
    assert second != first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("short\n")
    assert http.token_of(file) not in (first, second, "short")
    file.unlink()
    file.mkdir()
    with pytest.raises(UsageError) as refused:
        http.token_of(file)
    assert refused.value.key == "error.agent_token"


async def test_a_question_to_the_user_goes_through(serving: Serving) -> None:
    asked: list[str] = []

    async def user(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={})

    wish = {"task_type": "text_to_image", "model_id": "midjourney", "words": "yes, keep that one"}
    async with serving() as url:
        for mode in ("legacy", "auto"):
            async with agent_by_http(url, TOKEN, mode=mode, elicitation_callback=user) as client:
                assert (await ask(client, "set_preference", **wish))["model_id"] == "midjourney"
    assert len(asked) == 2
