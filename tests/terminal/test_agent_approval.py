"""An agent orders, and the user approves by keys in a real pty."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agent_client import FOX, agent, ask

from ima_tui.sandbox.server import Sandbox, running_sandbox

from .pty_program import PtyProgram

Ask = Callable[..., Awaitable[dict[str, Any]]]


@contextmanager
def users_window(folder: Path) -> Iterator[tuple[PtyProgram, dict[str, str], Sandbox]]:
    """The studio in a pty, its environment, and the service."""
    with running_sandbox(speed=50) as box:
        env = {
            "HOME": str(folder),
            "IMA_TUI_DATA_DIR": str(folder / "data"),
            "IMA_TUI_CONFIG": str(folder / "config.toml"),
            "IMA_PREFS_PATH": str(folder / "prefs.json"),
            "IMA_LOG_DIR": str(folder / "logs"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "IMA_API_KEY": "ima_agents_0001",
            "IMA_BASE_URL": box.base_url,
            "IMA_UPLOAD_URL": box.base_url,
        }
        (folder / "config.toml").write_text(f'[results]\nfolder = "{folder / "out"}"\n')
        command = [sys.executable, "-m", "ima_tui"]
        with PtyProgram(command, columns=120, rows=40, env=env) as program:
            program.wait("SeeDream")
            yield program, env, box
            program.press("escape", "ctrl+q")


async def approve_by_keys(program: PtyProgram, points: int) -> None:
    """Wait for the bell and the news, open Queue, and approve the first job."""
    wait = partial(asyncio.to_thread, program.wait)
    await wait(f"claude ordered #1 for {points} pts")
    assert b"to approve\x07\x07" in program.received
    program.press("escape", "3")
    await wait("Ordered by claude")
    await asyncio.to_thread(program.read, 1.0)
    program.press("a")
    await wait(rf"Send #1 for {points} pts\?")
    await asyncio.to_thread(program.read, 0.5)  # sooner, it is a key still held down
    program.press("y")


async def whole_session(say: Ask, approve: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    """From models to files, each message once; the job's last document."""
    (model, *_) = (await say("list_models", task_type="text_to_image", search="seedream"))["models"]
    order = FOX | {"model_id": model["model_id"]}
    price = (await say("quote", **order))["total_credit"]
    job = await say("generate", idempotency_key="1", **order)
    assert (job["needs_approval"], job["total_credit"]) == (True, price)
    waiting = await say("wait_job", job_id=job["job_id"], seconds=0)
    assert waiting["needs_approval"]
    approval = asyncio.create_task(approve())
    while (job := await say("wait_job", job_id=job["job_id"], seconds=60))["status"] != "done":
        pass
    await approval
    return await say("fetch_results", job_id=job["job_id"])


@pytest.mark.slow
async def test_the_user_hears_of_an_agents_job_and_approves_it_by_keys(tmp_path: Path) -> None:
    with users_window(tmp_path) as (program, env, box):
        async with agent(tmp_path, env) as client:
            done = await whole_session(partial(ask, client), partial(approve_by_keys, program, 5))
        (media,) = done["medias"]
        assert Path(media["path"]).is_file()
        assert len(box.ledger()["creates"]) == 1


@pytest.mark.slow
async def test_with_the_server_killed_after_each_message_it_is_paid_once(tmp_path: Path) -> None:
    """The server dies after each answer, and a new one is asked the same again."""
    with users_window(tmp_path) as (program, env, box):

        async def say(tool: str, **arguments: Any) -> dict[str, Any]:
            with suppress(Exception):  # the connection breaks
                async with agent(tmp_path, env) as client:
                    await ask(client, tool, **arguments)
                    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
                    await client.list_tools()
            async with agent(tmp_path, env) as client:
                return await ask(client, tool, **arguments)

        done = await whole_session(say, partial(approve_by_keys, program, 5))
        (media,) = done["medias"]
        assert Path(media["path"]).is_file()
        creates = box.ledger()["creates"]
        assert [(each["prompt"], each["charged"]) for each in creates] == [(FOX["prompt"], 5)]
