"""The sandbox as a program: its first line, its end, and that it never outlives its parent."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from ima_tui.sandbox.process import command, start_sandbox
from ima_tui.sandbox.server import ScenarioError, running_sandbox, serve

ROOT = Path(__file__).parents[2]
SERVE = (
    "import sys; from ima_tui.sandbox.server import serve;"
    "sys.exit(serve(0, 50.0, None, sys.stdout, lifeline={lifeline}))"
)


def argv(*, lifeline: bool) -> list[str]:
    return [sys.executable, "-c", SERVE.format(lifeline=lifeline)]


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def gone(url: str) -> bool:
    for _ in range(300):
        try:
            httpx.get(f"{url}/sandbox/health", timeout=1)
        except httpx.TransportError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_line_when_ready_and_a_clean_end(number: int) -> None:
    child = subprocess.Popen(argv(lifeline=False), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    ready = json.loads(child.stdout.readline())
    assert ready["event"] == "ready"
    assert ready["upload_url"] == ready["base_url"]
    assert ready["speed"] == 50.0
    assert ready["video"] in ("mp4", "webp")
    assert httpx.get(f"{ready['base_url']}/sandbox/health").json()["ok"] is True
    child.send_signal(number)
    _, errors = child.communicate(timeout=10)
    assert (child.returncode, errors) == (0, b"")


async def test_the_demo_s_child_starts_and_stops() -> None:
    child = await start_sandbox(speed=50, argv=argv(lifeline=True))
    async with httpx.AsyncClient(base_url=child.base_url) as http:
        assert (await http.get("/sandbox/health")).json()["leaves"] == 68
    await child.stop()
    assert await asyncio.to_thread(gone, child.base_url)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_child_dies_with_a_killed_parent() -> None:
    code = (
        "import asyncio, sys, time\n"
        "from ima_tui.sandbox.process import start_sandbox\n"
        "async def main():\n"
        f"    child = await start_sandbox(speed=1, argv={argv(lifeline=True)!r})\n"
        "    print(child.base_url, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    url = parent.stdout.readline().decode().strip()
    assert httpx.get(f"{url}/sandbox/health").status_code == 200
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()
    assert gone(url)


async def test_a_child_that_fails_says_why() -> None:
    broken = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    with pytest.raises(OSError, match="no such luck"):
        await start_sandbox(speed=1, argv=broken)


def test_the_command_line_of_the_child() -> None:
    line = command(2.5, Path("a.toml"))
    assert line[1:] == [
        "-m", "ima_tui", "sandbox", "--port", "0", "--speed", "2.5",
        "--scenario", "a.toml", "--stdin-lifeline",
    ]  # fmt: skip


def test_a_taken_port_is_an_oserror() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError), running_sandbox(port=taken.getsockname()[1]):
            pass


def test_a_bad_scenario_is_said_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[[fault]]\nkind = 'explode'\n")
    with pytest.raises(ScenarioError, match=r"bad\.toml.*explode"):
        serve(0, 1.0, path, io.StringIO())
    with pytest.raises(ScenarioError, match="can't be read"):
        serve(0, 1.0, tmp_path / "none.toml", io.StringIO())


def test_the_package_and_process_import_nothing_heavy() -> None:
    code = (
        "import sys; import ima_tui.sandbox.process;"
        "print([m for m in ('uvicorn', 'starlette', 'PIL', 'av', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
