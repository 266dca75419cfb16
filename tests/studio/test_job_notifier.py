"""The end of a job is told to the user's command and webhook: once, without the key."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from fakes import any_order
from studios import ended, wish

from ima_tui.api import service
from ima_tui.config.loader import Settings
from ima_tui.core.domain import State
from ima_tui.core.errors import ImaError
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio import job_notifier
from ima_tui.studio.studio import Studio

pytestmark = pytest.mark.sandbox(speed=1000.0)

Open = Callable[..., AbstractAsyncContextManager[Studio]]
WRITER = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"
ROOT = Path(__file__).parents[2]
SECRET = "ima_engine_0001"


@dataclass
class Receiver:
    """A host that was told something."""

    url: str
    status: int = 200
    heard: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append((dict(self.headers), json.loads(body)))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


def valid(document: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "docs/json.schema.json").read_text("utf-8"))
    jsonschema.validate(document, {**schema, "$ref": "#/$defs/job_ended"})
    assert document["event"] == "job_ended"


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def test_a_command_gets_the_job_as_json_and_no_key(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMA_API_KEY", SECRET)
    heard, variables = tmp_path / "heard", tmp_path / "variables"
    code = WRITER + f"; import os; open({str(variables)!r}, 'w').write(str(dict(os.environ)))"
    command = (sys.executable, "-c", code, str(heard), "; touch no-shell $(id)")
    async with opened(command=command) as studio:
        job = await studio.jobs.submit(await wish(studio, "a lighthouse"))
        job = await ended(studio, job.id)
    (document,) = told(heard)
    valid(document)
    assert (document["job_id"], document["status"]) == (job.id, "done")
    assert document["prompt"] == "a lighthouse"
    assert document["url"] == job.medias[0].url
    assert SECRET not in variables.read_text() + heard.read_text()


async def test_a_webhook_gets_neither_key_nor_prompt_nor_paths(
    opened: Open, receiver: Receiver
) -> None:
    async with opened(webhook=receiver.url, download=True) as studio:
        job = await studio.jobs.submit(await wish(studio, "a secret lighthouse"))
        await ended(studio, job.id)
    ((headers, document),) = receiver.heard
    valid(document)
    assert document["status"] == "done"
    assert document["medias"][0]["url"]
    assert document["medias"][0]["path"] is None
    everything = json.dumps([headers, document])
    assert SECRET not in everything
    assert "secret lighthouse" not in everything


async def test_two_windows_tell_of_a_job_once(
    opened: Open, receiver: Receiver, tmp_path: Path
) -> None:
    command = (sys.executable, "-c", WRITER, str(tmp_path / "heard"))
    more: dict[str, Any] = {"webhook": receiver.url, "command": command}
    async with opened(patient=True, **more) as one, opened(patient=True, **more) as two:
        job = await one.jobs.submit(await wish(one))
        await asyncio.gather(ended(one, job.id), ended(two, job.id))
    assert [document["job_id"] for _, document in receiver.heard] == [job.id]
    assert [document["job_id"] for document in told(tmp_path / "heard")] == [job.id]


async def test_an_entry_is_made_once_for_all_processes(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    one, two = await Ledger.open(path, "one"), await Ledger.open(path, "two")
    job = await one.add(any_order(), 10.0)
    assert await one.note_once(job.id, 11.0, "event.notified")
    assert not await two.note_once(job.id, 12.0, "event.notified")
    await one.aclose()
    await two.aclose()


async def test_a_failed_job_is_told_with_its_reason(
    opened: Open, receiver: Receiver, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nendpoint = "create"\nkind = "refuse"\ncode = 4008\n')
    async with opened(webhook=receiver.url) as studio:
        job = await studio.jobs.submit(await wish(studio))
        assert (await ended(studio, job.id)).state is State.FAILED
    ((_, document),) = receiver.heard
    assert (document["status"], document["error"]["kind"]) == ("failed", "too_few_points")


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("/nowhere/at-all",), "error.command_start"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "error.command_failed"),
    ],
)
async def test_what_goes_wrong_stands_in_the_jobs_timeline(
    opened: Open, command: tuple[str, ...], key: str
) -> None:
    async with opened(command=command) as studio:
        job = await studio.jobs.submit(await wish(studio))
        assert (await ended(studio, job.id)).state is State.DONE
        assert studio._background is not None
        await studio._background.aclose()
        assert key in [event.key for event in await studio.jobs.timeline(job.id)]


async def test_a_command_that_never_ends_is_killed_with_its_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(job_notifier, "SECONDS", 1.0)
    mark = tmp_path / "mark"
    child = f"sleep 3; echo late > {mark}"
    with pytest.raises(ImaError, match="command_slow"):
        await job_notifier.run_command(("sh", "-c", f"({child}) & wait"), b"{}")
    assert not mark.exists()


@pytest.mark.parametrize("change", [{"profile": "demo"}, {"read_only": True}, {"command": ()}])
def test_nothing_is_notified_unless_it_is_set(settings: Settings, change: dict[str, Any]) -> None:
    from dataclasses import replace

    assert job_notifier.JobNotifier.is_wanted(replace(settings, command=("true",)))
    assert not job_notifier.JobNotifier.is_wanted(
        replace(settings, **{"command": ("true",), **change})
    )


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "https://10.0.0.1/", "https://a@b.com/"]
)
async def test_a_webhook_goes_to_public_https_hosts_only(url: str) -> None:
    with pytest.raises(ImaError, match="webhook_address"):
        await service.post(url, b"{}")


async def resolver(host: str, port: int) -> list[str]:
    return ["93.184.216.34"]


async def test_a_redirect_of_a_webhook_is_not_followed() -> None:
    asked: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/"})

    transport = httpx.MockTransport(answer)
    with pytest.raises(ImaError, match="webhook_refused"):
        await service.post("https://hooks.example/x", b"{}", resolver=resolver, transport=transport)
    assert len(asked) == 1
    assert "authorization" not in asked[0].headers
