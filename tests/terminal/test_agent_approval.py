"""An agent orders, and the user approves by keys in a real pty."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import pytest
from agent_client import FOX, agent, ask

from ima_tui.sandbox.server import running_sandbox

from .pty_program import PtyProgram


@pytest.mark.slow
async def test_the_user_hears_of_an_agents_job_and_approves_it_by_keys(tmp_path: Path) -> None:
    with running_sandbox(speed=50) as box:
        env = {
            "HOME": str(tmp_path),
            "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
            "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
            "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
            "IMA_LOG_DIR": str(tmp_path / "logs"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "IMA_API_KEY": "ima_agents_0001",
            "IMA_BASE_URL": box.base_url,
            "IMA_UPLOAD_URL": box.base_url,
        }
        (tmp_path / "config.toml").write_text(f'[results]\nfolder = "{tmp_path / "out"}"\n')
        command = [sys.executable, "-m", "ima_tui"]
        with PtyProgram(command, columns=120, rows=40, env=env) as program:
            wait = partial(asyncio.to_thread, program.wait)
            await wait("SeeDream")
            async with agent(tmp_path, env) as client:
                assert (await ask(client, "quote", **FOX))["total_credit"] == 5
                job = await ask(client, "generate", idempotency_key="1", **FOX)
                assert job["needs_approval"]
                await wait("claude ordered #1 for 5 pts")
                assert b"to approve\x07\x07" in program.received
                program.press("escape", "3")
                await wait("Ordered by claude")
                await asyncio.to_thread(program.read, 1.0)
                waiting = asyncio.create_task(ask(client, "wait_job", job_id=1, seconds=300))
                program.press("a")
                await wait(r"Send #1 for 5 pts\?")
                await asyncio.to_thread(program.read, 0.5)  # sooner, it is a key still held down
                program.press("y")
                assert (await waiting)["status"] == "done"
                (media,) = (await ask(client, "fetch_results", job_id=1))["medias"]
                assert Path(media["path"]).is_file()
            program.press("escape", "ctrl+q")
        assert len(box.ledger()["creates"]) == 1
