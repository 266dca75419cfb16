"""The whole way by hand, in a real pty at 80x24: from a sentence to a picture on the screen."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ima_tui.sandbox.server import Sandbox, running_sandbox

from .pty_program import PtyProgram

DEMO = [sys.executable, "-m", "ima_tui", "demo", "--speed", "40"]
STUDIO = [sys.executable, "-m", "ima_tui"]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with running_sandbox(speed=60) as sandbox:
        yield sandbox


@pytest.fixture
def profile(tmp_path: Path) -> dict[str, str]:
    """A person's own files, all in one folder."""
    return {
        "HOME": str(tmp_path),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_PREFS_PATH": str(tmp_path / "prefs.json"),
        "IMA_LOG_DIR": str(tmp_path / "logs"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


def at(box: Sandbox) -> dict[str, str]:
    return {
        "IMA_API_KEY": "ima_journey_0001",
        "IMA_BASE_URL": box.base_url,
        "IMA_UPLOAD_URL": box.base_url,
    }


def compose(program: PtyProgram, prompt: str, number: int = 1) -> None:
    """Send a prompt from an empty Compose. Nothing that is waited for was there before it."""
    program.wait("Describe an image")
    program.wait(r"\d pts")
    program.type(prompt)
    # the same words may stand in the line of the latest job
    program.wait("▌" + re.escape(prompt[:12]))
    send(program, number)


def send(program: PtyProgram, number: int = 1) -> None:
    """Send what is typed as this job, and go where it is."""
    program.send(number)
    program.press("escape", "3")


def test_first_picture_in_the_demo(tmp_path: Path) -> None:
    with PtyProgram(DEMO, env={"HOME": str(tmp_path)}) as program:
        compose(program, "draw a fox in the snow")
        program.wait(r"✓ done\s+img")
        program.wait("[▀▄]")
        program.press("2")
        program.wait("Describe an image")  # the next prompt can be typed at once
        program.type("a fox at dusk")
        program.wait("fox at dusk")
        program.press("ctrl+q")
        assert program.wait_exit() == 0
        assert program.received.count(b"\x1b[?1049l") == 1  # the terminal is given back
    left = [path.name for path in tmp_path.iterdir() if path.name != ".cache"]
    assert left == []  # no file of the person's was touched


def test_first_start_without_a_key_leads_to_the_demo(profile: dict[str, str]) -> None:
    with PtyProgram(STUDIO, env=profile) as program:
        program.wait("api.imastudio.com")
        program.wait("imapi.liveme.com")
        program.type("sk-not-ima")
        program.press("enter")
        program.wait("ima_")
        program.press("escape")
        program.press("ctrl+q")
        assert program.wait_exit() == 0


def test_a_killed_studio_follows_its_job_again(
    box: Sandbox, profile: dict[str, str], tmp_path: Path
) -> None:
    box.scenario('[[fault]]\nendpoint = "detail"\nkind = "delay"\nseconds = 2\ntimes = 3\n')
    env = {**profile, **at(box)}
    with PtyProgram(STUDIO, env=env) as program:
        compose(program, "draw a lighthouse in fog")
        program.wait("running")
        os.kill(program.process.pid, signal.SIGKILL)
    box.scenario("")
    with PtyProgram(STUDIO, env=env) as program:
        program.wait("pts")
        program.press("escape", "3")
        program.wait(r"✓ done\s+img", 90)
        program.press("ctrl+q")
        program.wait_exit()
    ledger = box.ledger()
    assert len(ledger["creates"]) == 1
    assert ledger["charges"] == 5
    assert ledger["violations"] == []


def test_what_was_made_is_a_file_with_its_facts(
    box: Sandbox, profile: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(f'[results]\nfolder = "{tmp_path / "out"}"\n')
    with PtyProgram(STUDIO, env={**profile, **at(box)}) as program:
        compose(program, "画雪地里的狐狸")
        program.wait(r"✓ done\s+img")
        program.press("ctrl+q")
        program.wait_exit()
    (sidecar,) = (tmp_path / "out").glob("*.json")
    facts = json.loads(sidecar.read_text())
    assert facts["model_id"] == "doubao-seedream-4.5"
    assert "prompt" not in facts
    assert sidecar.with_suffix("").read_bytes()[:3] == b"\xff\xd8\xff"


def test_a_model_is_found_priced_and_composed_with_by_keys(
    box: Sandbox, profile: dict[str, str]
) -> None:
    with PtyProgram(STUDIO, env={**profile, **at(box)}) as program:
        program.wait("SeeDream")
        program.press("escape", "1")
        program.wait("Nano Banana Pro")
        program.press("/")
        program.type("banana 2")
        program.wait(r"\(4\) · 64 hidden")  # two models, each from text and from images
        program.press("enter")
        program.wait(r"1K +6 +← default")
        program.press(*["shift+down"] * 3)
        program.wait(r"4K +13")  # every combination with its price
        program.press("enter")
        program.wait(r"(?m)^ 6 pts\b")  # on Compose
        program.type("an old map")
        send(program)
        program.wait("✓ done +img +an old map")
    assert box.ledger()["charges"] == 6


def test_three_failed_jobs_are_marked_and_sent_again(box: Sandbox, profile: dict[str, str]) -> None:
    box.scenario('[[fault]]\nkind = "fail_task"\ntimes = 3\n')
    with PtyProgram(STUDIO, env={**profile, **at(box)}) as program:
        for count in (1, 2, 3):
            if count > 1:
                program.press("2")
            compose(program, f"draw attempt {count} that fails", count)
            program.wait(f"{count} failed")
        program.press("home", " ", " ", " ", "r")
        program.wait("Retry these 3 jobs")
        program.read(0.4)  # sooner it could be a key that is held down
        program.press("y")
        program.wait("3 done")
    ledger = box.ledger()
    assert len(ledger["creates"]) == 6
    assert ledger["violations"] == []


def test_a_preference_is_changed_while_another_program_writes_the_file(
    box: Sandbox, profile: dict[str, str]
) -> None:
    path = Path(profile["IMA_PREFS_PATH"])
    with PtyProgram(STUDIO, env={**profile, **at(box)}) as program:
        program.wait("SeeDream")
        program.press("escape", "5")
        program.wait("text to image")
        wish = {"model_id": "suno", "model_name": "Suno", "credit": 25}
        path.write_text(json.dumps({"user_other": {"text_to_music": wish}, "theirs": 1}))
        program.press("enter")
        program.wait("Midjourney")
        program.type("midj")
        program.press("enter")
        program.wait(r"text to image +Midjourney")
        kept = json.loads(path.read_text())
    assert kept["theirs"] == 1
    assert kept["user_other"] == {"text_to_music": wish}
    assert kept["user_default"]["text_to_image"]["model_id"] == "midjourney"


def test_an_idle_studio_sends_nothing(box: Sandbox, profile: dict[str, str]) -> None:
    with PtyProgram(STUDIO, env={**profile, **at(box)}) as program:
        program.wait("SeeDream")
        for place in ("1", "3", "5"):
            program.press("escape", place)
            settle(program)
            assert program.read(4.0) == 0, f"place {place} talks while idle"


def settle(program: PtyProgram) -> None:
    """Until nothing came for a second."""
    while program.read(1.0):
        pass
