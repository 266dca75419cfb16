"""`ima-tui logs`: a stream of what is asked for, in lines or in JSON, from a folder of logs."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ima_tui import cli
from ima_tui.cli.commands import logs as verb

from .conftest import START, line

ENVIRONMENT = ("IMA_API_KEY", "IMA_BASE_URL", "IMA_UPLOAD_URL")


@pytest.fixture
def shared(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two tools' logs, and an environment that names it."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IMA_LOG_DIR", str(folder))
    monkeypatch.setenv("IMA_TUI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IMA_TUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    (folder / "ima_create_20261125.log").write_text(
        line(0, "began") + line(20, "it broke", "ERROR", "send") + "Traceback\n  here\n"
    )
    (folder / "ima_tui_20261125.log").write_text(
        line(10, "job 3 task t-9: queued") + line(30, "job 4 queued")
    )
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert cli.run(["logs", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_all_of_it_oldest_first(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys)
    assert [one.rpartition(" | ")[2] for one in lines] == [
        "began", "job 3 task t-9: queued", "it broke", "Traceback", "  here", "job 4 queued",
    ]  # fmt: skip
    assert lines[2] == "2024-11-25 14:00:20 | ERROR    | ima_create | send | it broke"


def test_each_flag_narrows_it(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "it broke" in said(capsys, "--level", "error")[0]
    assert len(said(capsys, "--grep", "job [34]")) == 2
    assert len(said(capsys, "--source", "ima_tui")) == 2
    assert said(capsys, "--job", "3")[0].endswith("t-9: queued")
    assert len(said(capsys, "--since", "2024-11-25 14:00:15")) == 4
    assert len(said(capsys, "--until", "2024-11-25T14:00:15")) == 2
    assert said(capsys, "--last", "1")[0].endswith("job 4 queued")
    assert said(capsys, "--grep", "nowhere") == []


def test_json_is_one_object_a_line(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [json.loads(one) for one in said(capsys, "--json")]
    assert [one["job_id"] for one in found] == [None, 3, None, 4]
    assert found[2] == {
        "schema": 1,
        "time": verb.datetime.fromtimestamp(START + 20).astimezone().isoformat("T", "seconds"),
        "level": "ERROR",
        "tool": "ima_create",
        "function": "send",
        "message": "it broke",
        "more": ["Traceback", "  here"],
        "job_id": None,
    }


def test_an_export_is_private_and_overwrites_nothing(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.log"
    assert cli.run(["logs", "--export", str(out), "--level", "error"]) == 0
    assert out.read_text().splitlines()[0].endswith("it broke")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert cli.run(["logs", "--export", str(out)]) == 2
    assert len(out.read_text().splitlines()) == 3
    assert cli.run(["logs", "--export", str(tmp_path / "no" / "where")]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--level", "eror"],
        ["--grep", "("],
        ["--since", "yesteryear"],
        ["--until", "25:61"],
    ],
)
def test_what_is_not_understood_is_said(
    shared: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["logs", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1


def test_no_folder_is_no_error(
    tmp_path: Path,
    shared: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IMA_LOG_DIR", str(tmp_path / "never"))
    assert cli.run(["logs", "--json"]) == 0
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "never").exists()
    monkeypatch.setenv("IMA_LOG_DIR", str(shared / "ima_tui_20261125.log"))
    assert cli.run(["logs"]) == 2


def test_following_goes_on_with_what_is_written(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = 0

    def write_meanwhile(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            with (shared / "ima_create_20261125.log").open("a") as log:
                log.write(line(40, "more") + line(41, "broke again", "ERROR"))
        elif looks == 2:
            (shared / "new.log").write_text(line(42, "a new tool broke", "ERROR"))
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(verb, "pause", write_meanwhile)
    assert cli.run(["logs", "--follow", "--level", "error"]) == 130
    lines = capsys.readouterr().out.splitlines()
    ends = [one.rpartition(" | ")[2] for one in lines]
    assert ends == ["it broke", "Traceback", "  here", "broke again", "a new tool broke"]


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "IMA_LOG_DIR": str(folder), "PYTHONUNBUFFERED": "1"}


def test_whoever_reads_along_may_stop(shared: Path) -> None:
    with (shared / "ima_create_20261125.log").open("a") as log:
        log.writelines(line(n, f"line {n}") for n in range(20_000))
    command = f"{sys.executable} -m ima_tui logs | head -2"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=_environment(shared), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_a_follower_sees_lines_at_once_and_ends_on_ctrl_c(shared: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "ima_tui", "logs", "-f", "--json"],
        env=_environment(shared), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    for _ in range(4):
        child.stdout.readline()
    with (shared / "ima_create_20261125.log").open("a") as log:
        log.write(line(50, "while you watch"))
    assert json.loads(child.stdout.readline())["message"] == "while you watch"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert err == ""
