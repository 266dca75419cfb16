"""Every recipe of docs/recipes.md, run by a shell against the sandbox."""

from __future__ import annotations

import asyncio
import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agent_client import FOX, agent, ask
from PIL import Image

from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=1000, scenario="[server]\ntimeout_s = 0\n")

PAGE = (Path(__file__).parents[2] / "docs/recipes.md").read_text("utf-8")
RECIPES = {
    int(number): (kind, code)
    for number, kind, code in re.findall(
        r"^## (\d+)\. [^\n]*\n\n```(sh|crontab)\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL
    )
}
TOOLS = ("jq", "xargs", "parallel", "git", "awk", "crontab")
QUICK = (3, 8, 19)
"""They send nothing that takes time; the others run with `make slow`."""
PROMPTS = ("a red boat", "a grey gull", "a lighthouse, at dusk")


class Shell:
    """A person's home, with a shell in it."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        self.home = home
        self.sandbox = sandbox
        self.out = ""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {
            "HOME": str(home),
            "PATH": path,
            "LANG": "C.UTF-8",
            "IMA_API_KEY": "ima_recipes_0001",
            "IMA_BASE_URL": sandbox.base_url,
            "IMA_UPLOAD_URL": sandbox.base_url,
            "IMA_TUI_DATA_DIR": str(home / "data"),
            "IMA_TUI_CONFIG": str(home / "config.toml"),
            "IMA_PREFS_PATH": str(home / "prefs.json"),
            "IMA_LOG_DIR": str(home / "logs"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **{f"GIT_{who}_{what}": "ann@example.com" for who in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")},
        }  # fmt: skip

    def run(self, code: str) -> str:
        done = subprocess.run(
            ("sh", "-e", "-c", code), cwd=self.home, env=self.environment, text=True,
            capture_output=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.out = done.stdout.strip()
        return self.out

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def paid(self) -> list[str]:
        return sorted(
            each["prompt"] for each in self.sandbox.ledger()["creates"] if each["charged"]
        )

    def links(self, count: int) -> bool:
        return len(self.lines) == count and all(line.startswith("http") for line in self.lines)


@pytest.fixture
def shell(tmp_path: Path, sandbox: Sandbox) -> Shell:
    (tmp_path / "prompts.txt").write_text("".join(f"{each}\n" for each in PROMPTS))
    (tmp_path / "tonight.jsonl").write_text('{"prompt": "a fox", "task_type": "text_to_image"}\n')
    (tmp_path / "photos").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (640, 480), "teal").save(tmp_path / "photos" / f"{name}.png")
    return Shell(tmp_path, sandbox)


def failed_once(shell: Shell) -> None:
    shell.sandbox.scenario('[server]\ntimeout_s = 0\n[[fault]]\nkind = "fail_task"\ntimes = 1\n')
    shell.run('ima-tui generate "a fox" --task-type text_to_image || true')


def unfetched(shell: Shell) -> None:
    shell.run('ima-tui generate "a fox" --task-type text_to_image --quiet')
    shell.run("ima-tui config set results.folder ./out")


def from_excel(shell: Shell) -> None:
    rows = "prompt;task_type\r\n一只红色的狐狸;text_to_image\r\n海边的灯塔;text_to_image\r\n"
    (shell.home / "list.csv").write_bytes(rows.encode("gb18030"))


def ordered_by_agents(shell: Shell) -> None:
    async def order(name: str, prompt: str) -> None:
        async with agent(shell.home, shell.environment, name) as client:
            await ask(client, "generate", idempotency_key="1", **FOX | {"prompt": prompt})

    asyncio.run(order("claude", "a fox"))
    asyncio.run(order("codex", "a boat"))


BEFORE: dict[int, Callable[[Shell], object]] = {
    15: lambda shell: shell.run('ima-tui generate "a fox" --task-type text_to_image --no-wait'),
    16: failed_once,
    17: unfetched,
    18: lambda shell: shell.run('ima-tui generate "a fox" --task-type text_to_image --no-wait'),
    23: lambda shell: shell.run('ima-tui generate "a fox" --task-type text_to_image --no-wait'),
    24: from_excel,
    25: ordered_by_agents,
}
COMES_OUT: dict[int, Callable[[Shell], object]] = {
    1: lambda shell: Path(shell.out).stat().st_size > 0,
    2: lambda shell: shell.links(1),
    3: lambda shell: re.fullmatch(r"[\w.-]+", shell.out),
    4: lambda shell: int(shell.out) > 0,
    5: lambda shell: Path(shell.out).parent == shell.home / "out",
    6: lambda shell: shell.paid == [" ".join(PROMPTS)],
    7: lambda shell: shell.paid == sorted(PROMPTS) and len(shell.lines) == 3,
    8: lambda shell: re.search(r"3 rows, \d+ points", shell.out),
    9: lambda shell: shell.paid == sorted(PROMPTS) and shell.links(3),
    10: lambda shell: shell.paid == sorted(PROMPTS) and shell.links(3),
    11: lambda shell: shell.paid == sorted(PROMPTS),
    12: lambda shell: shell.links(3),
    13: lambda shell: shell.links(2),
    14: lambda shell: shell.links(2) and len(shell.paid) == 2,
    15: lambda shell: re.search(r"^\S+\t1\t\d+$", shell.out),
    16: lambda shell: shell.paid[-1] == "a fox",
    17: lambda shell: shell.lines and Path(shell.lines[-1]).stat().st_size > 0,
    18: lambda shell: (
        list(csv.reader((shell.home / "week.csv").read_text().splitlines()))[1][3] == "a fox"
    ),
    19: lambda shell: (
        (shell.home / "settings" / ".git").is_dir()
        and "running = 4" in (shell.home / "settings" / "config.toml").read_text()
    ),
    20: lambda shell: '"status": "done"' in (shell.home / "tonight.out").read_text(),
    21: lambda shell: shell.links(2),
    22: lambda shell: shell.out == "too few points, or over a limit" and shell.paid == [],
    23: lambda shell: (shell.home / "points.csv").read_text().startswith("day,model,jobs,"),
    24: lambda shell: shell.paid == ["一只红色的狐狸", "海边的灯塔"],
    25: lambda shell: (
        shell.paid == ["a fox"]
        and "job_id" not in shell.run("ima-tui jobs list --status unsent --json")
    ),
}


def test_every_recipe_is_tried() -> None:
    assert list(RECIPES) == list(range(1, len(RECIPES) + 1))
    assert set(COMES_OUT) == set(RECIPES)
    assert len(RECIPES) >= 20


def tried(number: int, shell: Shell) -> None:
    kind, code = RECIPES[number]
    if kind == "crontab":
        code = code.split(maxsplit=5)[5]  # what cron hands to a shell; its own clock isn't awaited
    for tool in TOOLS:
        if re.search(rf'(^|[\s|("]){tool}\s', code) and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if before := BEFORE.get(number):
        before(shell)
    shell.run(code)
    assert COMES_OUT[number](shell), shell.out
    assert shell.sandbox.ledger()["violations"] == []


@pytest.mark.parametrize("number", QUICK)
def test_recipe(number: int, shell: Shell) -> None:
    tried(number, shell)


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(set(RECIPES) - set(QUICK)))
def test_recipe_in_full(number: int, shell: Shell) -> None:
    tried(number, shell)
