"""Accounts without a home, paths of users that do not exist, and systems that are not supported."""

from __future__ import annotations

import ast
import os
import pwd
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from ima_tui import cli
from ima_tui.core import atomic_file
from ima_tui.core.errors import UsageError

ROOT = Path(__file__).parents[2]


def nobody(*_: object) -> NoReturn:
    raise KeyError("uid not found")


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user id that has no passwd entry, in an empty folder, with no HOME."""
    for name in list(os.environ):
        if name.startswith(("XDG_", "IMA_")):
            monkeypatch.delenv(name)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    return tmp_path


VERBS = (
    *(["models"], ["jobs", "list"], ["doctor"], ["config", "path"], ["config", "init"]),
    *(["prefs", "list"], ["key", "show"], ["logs"], ["demo", "--plain"], ["--plain"]),
    ["generate", "a fox", "--dry-run"],
)


@pytest.mark.parametrize("argv", VERBS, ids=" ".join)
@pytest.mark.parametrize("home", [None, "", "home"], ids=["none", "empty", "relative"])
def test_without_a_home_every_verb_asks_for_one_and_writes_nothing(
    argv: list[str],
    home: str | None,
    homeless: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if home is not None:
        monkeypatch.setenv("HOME", home)
    assert cli.run(["--language", "en", *argv]) == 2
    assert "Set HOME to a folder" in capsys.readouterr().err
    assert list(homeless.iterdir()) == []


def test_without_a_home_named_folders_are_enough(
    homeless: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TUI_CONFIG", "TUI_DATA_DIR", "PREFS_PATH", "LOG_DIR", "KNOWLEDGE_DIR"):
        monkeypatch.setenv(f"IMA_{name}", str(homeless / name))
    assert cli.run(["jobs", "list"]) == 0
    assert cli.run(["config", "path"]) == 0
    assert str(homeless / "TUI_CONFIG") in capsys.readouterr().out
    assert not (homeless / "~").exists()


def test_the_standard_folders_of_xdg_need_no_home(
    homeless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(homeless / "config"))
    assert cli.run(["config", "path"]) == 0
    assert cli.run(["jobs", "list"]) == 2  # the ledger is still at home
    monkeypatch.setenv("HOME", str(homeless))
    assert cli.run(["jobs", "list"]) == 0


STRANGER = "~nosuchuser-ima/a.csv"


@pytest.mark.parametrize(
    "argv",
    [
        ["batch", STRANGER, "--dry-run"],
        ["batch", "rows.csv", "--yes", "--manifest", STRANGER],
        ["workflow", "show", STRANGER],
        ["workflow", "run", STRANGER, "--yes"],
        ["workflow", "resume", STRANGER],
        ["workflow", "plan", "a fox, then animate it", "-o", STRANGER],
        ["logs", "--export", STRANGER],
        ["route", "--batch", STRANGER],
        ["sandbox", "--scenario", STRANGER],
        ["generate", "a fox", "--download", STRANGER],
        ["jobs", "fetch", "1", "--download", STRANGER],
    ],
    ids=lambda argv: " ".join(argv[:3]),
)
def test_the_home_of_nobody_is_a_sentence(
    argv: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IMA_TUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("IMA_API_KEY", "ima_test")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing may leave this machine
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("prompt\na fox\n")
    code = cli.run(argv)
    said = capsys.readouterr().err
    assert code == 2, said
    assert "nosuchuser-ima" in said
    assert not list(tmp_path.glob("~*"))


@pytest.mark.parametrize(
    "variable", ["IMA_TUI_CONFIG", "IMA_TUI_DATA_DIR", "IMA_PREFS_PATH", "IMA_LOG_DIR"]
)
def test_a_place_in_the_home_of_nobody_is_a_sentence(
    variable: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~nosuchuser-ima/x")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["jobs", "list"]) == 2
    assert "nosuchuser-ima" in capsys.readouterr().err
    assert list(tmp_path.glob("~*")) == []


def test_a_file_whose_name_begins_with_a_tilde_is_that_file(homeless: Path) -> None:
    assert atomic_file.expand("./~notes.csv") == Path("~notes.csv")
    with pytest.raises(UsageError):
        atomic_file.expand("~notes.csv")


MISSING_ON_WINDOWS = ("termios", "fcntl", "pwd", "resource", "tty", "grp")


@pytest.mark.parametrize("argv", [[], ["demo"], ["models"], ["--help"], ["--version"]])
def test_windows_is_told_at_once_what_to_use(argv: list[str]) -> None:
    code = (
        f"import os, sys\nfor name in {MISSING_ON_WINDOWS}: sys.modules[name] = None\n"
        f"os.name = 'nt'; sys.argv[1:] = {argv}\n"
        "from ima_tui.__main__ import main\nsys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs macOS, Linux or WSL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("known", [True, False])
def test_on_macos_files_reach_the_disk_itself(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[str] = []

    def fcntl(_: int, order: int) -> None:
        if not known:
            raise OSError(25, "not for this drive")
        orders.append(str(order))

    monkeypatch.setattr(atomic_file, "fcntl", SimpleNamespace(F_FULLFSYNC=51, fcntl=fcntl))
    monkeypatch.setattr(os, "fsync", lambda _: orders.append("fsync"))
    atomic_file.replace(tmp_path / "a", b"x")
    assert orders == (["51", "51"] if known else ["fsync", "fsync"])


def test_nothing_is_flushed_past_macos() -> None:
    """Only `atomic_file.sync` knows how to flush on every system."""
    texts = [(path.name, path.read_text("utf-8")) for path in (ROOT / "ima_tui").rglob("*.py")]
    found = {
        name
        for name, text in texts
        if "fsync" in text or "fdatasync" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in ("fsync", "fdatasync")
    }
    assert found == {"atomic_file.py"}
