"""Ten thousand fuzzed texts through every field of the service, and through files, in a real pty:
not one escape sequence that a clean run does not send, no crash, no markup obeyed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from ima_tui.sandbox import spoiled
from ima_tui.sandbox.server import Sandbox, running_sandbox
from ima_tui.tui.screens import SCREENS

from .escapes import shapes
from .pty_program import PtyProgram

FUZZ = """
[[fault]]
kind = "fail_task"
prompt_contains = "storm"
message = "\\u001b]52;c;aGk=\\u0007 [@click=app.quit]click[/] [/nope] \\u202Etxt.exe"

[[fault]]
kind = "hostile"
endpoint = "*"
fuzz = 20261125
size = 20000
"""
CLEAN = """
[[fault]]
kind = "fail_task"
prompt_contains = "storm"
message = "no"
"""
EVIL = "\x1b[31m\x1b]0;owned\x07\u202e[/nope] [@click=app.quit]x[/] \x9b2J\u200b"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
TEXTS = 10_000


@dataclass(frozen=True)
class World:
    """A service and a person's home; `evil` is what stands in both, "" in the clean one."""

    box: Sandbox
    home: Path
    evil: str

    @property
    def env(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "IMA_TUI_DATA_DIR": str(self.home / "data"),
            "IMA_TUI_CONFIG": str(self.home / "config.toml"),
            "IMA_PREFS_PATH": str(self.home / "prefs.json"),
            "IMA_LOG_DIR": str(self.home / "logs"),
            "IMA_KNOWLEDGE_DIR": str(self.home / "knowledge"),
            "IMA_API_KEY": "ima_hostile_0001",
            "IMA_BASE_URL": self.box.base_url,
            "IMA_UPLOAD_URL": self.box.base_url,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }


def furnish(home: Path, evil: str) -> None:
    """Preferences, config, knowledge, other tools' logs, inputs and a batch: all of it says it."""
    wish = {"model_id": f"no-such{evil}", "model_name": f"Gone{evil}", "credit": 5,
            "last_used": f"2026{evil}"}  # fmt: skip
    prefs = {
        "user_default": {"text_to_video": wish},
        f"user_{evil or 'other'}": {"text_to_image": wish},
    }
    (home / "prefs.json").write_text(json.dumps(prefs))
    odd = json.dumps(f"x{evil}")
    (home / "config.toml").write_text(f'[results]\nfolder = "{home / "out"}"\n[look]\n{odd} = 1\n')
    (home / "knowledge").mkdir()
    (home / "knowledge" / "SKILL.md").write_text(f"# {evil}\n| text_to_image | {evil} |\n")
    (home / "logs").mkdir()
    stamp = "2026-11-25 12:00:00,000"
    lines = [f"{stamp} | {level} | f{evil} | says {evil}" for level in ("INFO", "ERROR")]
    (home / "logs" / "other_tool_20261125.log").write_text("\n".join(lines) + "\n", "utf-8")
    (home / "logs" / "bytes_20261125.log").write_bytes(b"\xff\xfe\x1b[2J\x00\n" if evil else b"x\n")
    (home / "storm.jsonl").write_text(
        json.dumps({"prompt": f"a storm {evil}", "task_type": "text_to_image", "odd": evil}) + "\n"
    )
    (home / f"cat{evil.replace('/', '_')}.png").write_bytes(PNG)
    if evil:
        os.close(os.open(os.fsencode(home) + b"/\xff\xfe\x1b[31m.png", os.O_CREAT | os.O_WRONLY))


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    clean, evil = (tmp_path_factory.mktemp(name) for name in ("clean", "evil"))
    furnish(clean, "")
    furnish(evil, EVIL)
    with (
        running_sandbox(speed=500, scenario=CLEAN) as fair,
        running_sandbox(speed=500, scenario=FUZZ) as foul,
    ):
        yield World(fair, clean, ""), World(foul, evil, EVIL)


# ------------------------------------------------------------------------------ without a screen

DRIVER = """
import json, sys, time
from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
for words in json.loads(sys.argv[1]):
    session.clock = ScaledClock(20)
    try:
        code = cli.run(words)
    except SystemExit as wrong_usage:
        code = wrong_usage.code
    print("====", code, flush=True)
print("all of it ran", flush=True)
"""


def verbs(world: World) -> list[list[str]]:
    picture = next(str(path) for path in world.home.glob("cat*.png"))
    storm = f"a storm {world.evil}"
    return [
        *(["models", "--task-type", kind] for kind in ("text_to_image", "text_to_speech")),
        ["models", "--json"],
        ["models", "--search", f"dream{world.evil}"],
        ["route", storm],
        ["route", storm, "--json"],
        ["generate", "a fox", "--task-type", "text_to_image", "--dry-run"],
        ["generate", "a fox", "--task-type", "text_to_image", "--remember-model", "--download"],
        ["generate", storm, "--task-type", "text_to_image"],
        ["generate", storm, "--task-type", "text_to_image", "--json"],
        ["generate", storm, "--task-type", f"x{world.evil}"],
        ["generate", storm, "--task-type", "text_to_image", "--model-id", f"x{world.evil}"],
        ["generate", storm, "--task-type", "text_to_image", "--param", f"x{world.evil}=1"],
        ["generate", "zoom", "--task-type", "image_to_video", "--input-images", picture,
         "--dry-run"],
        ["generate", "zoom", "--task-type", "image_to_video", "--input-images", f"{picture}.gone"],
        ["batch", str(world.home / "storm.jsonl"), "--dry-run"],
        ["batch", str(world.home / "storm.jsonl"), "--yes"],
        ["batch", f"{picture}.csv"],
        ["jobs", "list"], ["jobs", "list", "--json"], ["jobs", "show", "2"],
        ["jobs", "show", "2", "--json"], ["jobs", "wait"], ["jobs", "retry", "2", "--yes"],
        ["jobs", "export", "--with-prompts"],
        ["jobs", "export", "--with-prompts", "--format", "csv"], ["jobs", "forget", "2"],
        ["prefs", "list"], ["prefs", "list", "--json"], ["prefs", "path"],
        ["prefs", "set", "text_to_image", f"x{world.evil}"], ["prefs", "clear", "text_to_image"],
        ["config", "show"], ["config", "show", "--json"], ["config", "path"],
        ["logs"], ["logs", "--json"], ["logs", "--level", "ERROR"],
        ["key", "show"], ["doctor"], ["doctor", "--json"], [f"nothing{world.evil}"],
    ]  # fmt: skip


def run_headless(world: World, words: list[list[str]]) -> bytes:
    command = [sys.executable, "-c", DRIVER, json.dumps(words)]
    with PtyProgram(command, columns=200, rows=50, env=world.env, cwd=str(world.home)) as program:
        program.wait("all of it ran", 200)
        program.wait_exit()
        return bytes(program.received)


def test_every_verb_says_only_what_a_clean_run_could(worlds: tuple[World, World]) -> None:
    clean, evil = (run_headless(world, verbs(world)) for world in worlds)
    assert shapes(evil) - shapes(clean) == set()
    assert b"inside ima-tui" not in evil  # no bug was met
    assert b"inside ima-tui" not in clean
    assert evil.count(b"====") == len(verbs(worlds[1]))
    assert b"[/nope]" in evil  # text is text


def test_ten_thousand_texts_come_out_as_text(worlds: tuple[World, World]) -> None:
    """Every list fetched anew again and again; all that its fields say is printed."""
    again = ["models", "--refresh", "--json"]
    clean = run_headless(worlds[0], [again, again[:2]])
    before, evil, rounds = spoiled.made, b"", 0
    while spoiled.made - before < TEXTS:
        rounds += 1
        assert rounds < 10, spoiled.made - before
        evil += run_headless(worlds[1], [again, again[:2]] * 8)
    assert shapes(evil) - shapes(clean) == set()
    assert b"inside ima-tui" not in evil


# --------------------------------------------------------------------------------- in the studio


def leave(program: PtyProgram) -> None:
    """Out of a list or a question, and out of a field; waits as long as an escape takes."""
    for _ in range(2):
        program.type("\x1b")
        program.read(0.12)


def look_everywhere(program: PtyProgram, fetches: int) -> None:
    """Every place: its table up and down, its choosers, its help, the palette; then new lists, as
    often as said, each text of them another attack."""
    program.wait(r"\d pts", 60)
    for place in SCREENS:
        leave(program)
        program.press(str(place.number))
        program.read(0.3)
        for key in ("down", "down", "G", "g", "right", "t"):
            program.press(key)
        leave(program)
        program.press("s", "enter")
        leave(program)
        program.press("?")
        leave(program)
        program.press("ctrl+p")
        leave(program)
    program.press("1")
    for number in range(fetches):
        program.press("f")
        program.read(0.2)
        if number % 3 == 0:  # another kind of thing, and the detail of one of its models
            program.press("]", "down", "down", "enter")
            leave(program)
            program.press("1")


def run_studio(world: World, fetches: int) -> tuple[bytes, str]:
    """What the terminal got, and what the queue showed."""
    command = [sys.executable, "-m", "ima_tui"]
    with PtyProgram(command, columns=140, rows=45, env=world.env, cwd=str(world.home)) as program:
        look_everywhere(program, fetches)
        leave(program)
        program.press("3")
        leave(program)
        program.wait("storm")
        shown = program.text
        program.press("G", "enter")
        leave(program)
        program.press("g", "ctrl+q")
        assert program.wait_exit() == 0, program.text
        return bytes(program.received), shown


def test_the_studio_draws_only_what_a_clean_run_could(worlds: tuple[World, World]) -> None:
    for world in worlds:  # jobs for the queue, one of each end
        run_headless(world, [verb for verb in verbs(world) if verb[0] == "generate"][1:3])
    before = spoiled.made
    with ThreadPoolExecutor(2) as both:  # most of it is waiting
        (clean, _), (evil, shown) = both.map(run_studio, worlds, (2, 7))
    assert spoiled.made - before >= TEXTS // 20
    assert shapes(evil) - shapes(clean) == set()
    assert "[/nope]" in shown  # as it was written: no markup, no crash
