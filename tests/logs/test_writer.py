"""The writer: our lines in the tools' common form; other programs' files are not ours to touch."""

from __future__ import annotations

import logging
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from ima_tui.logs import writer as writing
from ima_tui.logs.writer import LogWriter

log = logging.getLogger("ima_tui.test")
DAY = 86_400
NOON = datetime(2026, 11, 20, 12).timestamp()  # noqa: DTZ001 - noon here
FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| (?:INFO |WARNING|ERROR) \| \S+ +\| .+")


class Watch:
    """A clock that is set by hand."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@contextmanager
def writing_to(folder: Path, watch: Watch | None = None) -> Iterator[LogWriter]:
    writer = LogWriter(folder, watch or Watch())
    writer.start()
    try:
        yield writer
    finally:
        writer.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_lines_have_the_common_form_and_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "logs"
    with writing_to(folder):
        log.info("job %s queued", 12)
        log.warning("slow")
        logging.getLogger("somebody.else").error("not ours")
    (path,) = folder.iterdir()
    assert path.name == "ima_tui_20261120.log"
    lines = path.read_text("utf-8").splitlines()
    assert all(FORM.fullmatch(line) for line in lines), lines
    assert lines[0].startswith("2026-11-20 12:00:00 | INFO  | test_lines_have_the_common_form")
    assert lines[0].endswith(" | job 12 queued")
    assert len(lines) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    forged = "x\n2026-11-20 12:00:00 | ERROR | pay | forged\x1b[31m \u202e \ud800"
    record = logging.LogRecord("ima_tui", 20, "", 0, "said: %s", (forged,), None, "say\n")
    text = writing.line_of(record, NOON)
    assert text.count("\n") == 1
    assert text.encode().isascii() is False
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_keys_and_what_errors_quote_are_left_out(tmp_path: Path) -> None:
    with writing_to(tmp_path):
        log.info("with ima_secretkey123 and https://x.example/?appUid=ima_secretkey123&sign=abcdef")
        try:
            int("a prompt that somebody wrote")
        except ValueError:
            log.exception("it broke")
    text = (tmp_path / "ima_tui_20261120.log").read_text("utf-8")
    assert "secretkey" not in text
    assert "abcdef" not in text
    assert "a prompt that somebody wrote\n" not in text.replace('int("a prompt', "")
    assert "    ValueError\n" in text
    assert "test_writer.py:" in text


def test_a_file_a_day_and_ours_are_removed_after_a_week(tmp_path: Path) -> None:
    old = ["ima_create_20261101.log", "ima_tui_2026.log", "ima_tui_20261101.log.bak", "notes.txt"]
    for name in [*old, "ima_tui_20261101.log", "ima_tui_20261112.3.log", "ima_tui_20261113.log"]:
        (tmp_path / name).write_text("old\n")
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "ima_tui_20261102.log").symlink_to(tmp_path / "elsewhere")
    watch = Watch()
    with writing_to(tmp_path, watch) as writer:
        log.info("one")
        written(writer)
        there = {*old, "elsewhere", "ima_tui_20261102.log", "ima_tui_20261113.log"}
        assert set(names(tmp_path)) == there | {"ima_tui_20261120.log"}
        for day in range(1, 10):
            watch.now = NOON + day * DAY
            log.info("day %s", day)
            written(writer)
    ours = [n for n in names(tmp_path) if n not in there and "bak" not in n]
    assert ours == [f"ima_tui_202611{day}.log" for day in range(22, 30)]
    assert set(old) <= set(names(tmp_path))


def written(writer: LogWriter) -> None:
    """Wait until what was handed over is dealt with."""
    assert writer.settled(10)


def test_a_full_file_is_followed_by_the_next_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_BYTES", 50_000)
    monkeypatch.setattr(writing, "PIECE", 4_000)
    with writing_to(tmp_path):
        for number in range(2_000):
            log.info("line %s of many", number)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) > 3
    assert max(sizes) <= 50_000
    parts = sorted(tmp_path.iterdir(), key=lambda path: (len(path.name), path.name))
    numbers = [int(n) for p in parts for n in re.findall(r"line (\d+) of", p.read_text())]
    assert numbers == list(range(2_000))


def test_the_real_limit_is_ten_megabytes() -> None:
    assert writing.MOST_BYTES == 10_000_000
    assert writing.KEEP_DAYS == 7


@pytest.mark.parametrize("obstacle", ["file", "null", "read-only", "pipe"])
def test_a_folder_that_cannot_be_written_costs_nothing(
    tmp_path: Path, obstacle: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "logs"
    if obstacle == "file":
        folder.write_text("in the way")
    elif obstacle == "null":
        folder.symlink_to(os.devnull)
    elif obstacle == "read-only":
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        folder.mkdir(mode=0o500)
    else:
        folder.mkdir()
        os.mkfifo(folder / "ima_tui_20261120.log")
    with writing_to(folder) as writer:
        log.error("nobody hears this")
        written(writer)
        assert writer.trouble
    assert capfd.readouterr() == ("", "")


def test_it_goes_on_where_it_can_and_tells_what_was_lost(tmp_path: Path) -> None:
    folder, watch = tmp_path / "logs", Watch()
    folder.write_text("in the way")
    with writing_to(folder, watch) as writer:
        log.info("lost")
        written(writer)
        folder.unlink()
        watch.now += writing.PAUSE + 1
        log.info("kept")
        written(writer)
        assert writer.trouble == ""
    text = (folder / "ima_tui_20261120.log").read_text()
    assert "| kept" in text
    assert "1 lines before" in text
    assert "| lost" not in text


def test_a_folder_deleted_under_it_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    with writing_to(folder) as writer:
        log.info("one")
        written(writer)
        (folder / "ima_tui_20261120.log").unlink()
        folder.rmdir()
        log.info("two")
    assert "| two" in (folder / "ima_tui_20261120.log").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int, text: bytes) -> int:
        with Path("/dev/full").open("wb", buffering=0) as disk:
            return disk.write(text) or 0

    with writing_to(tmp_path) as writer:
        monkeypatch.setattr(writing.os, "write", full)
        log.info("no room")
        written(writer)
        assert "space" in writer.trouble


def test_logging_waits_for_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand lines may wait; what comes on top is counted."""
    monkeypatch.setattr(writing, "MOST_WAITING", 50)
    writer = LogWriter(tmp_path, Watch())  # its thread is not started: a disk that hangs
    record = logging.LogRecord("ima_tui", logging.INFO, "", 0, "x", (), None)
    for _ in range(80):
        writer.emit(record)
    assert writer.waiting == 50
    assert writer.lost == 30


MANY = """
import logging, sys
from pathlib import Path
from ima_tui.logs import writer as writing
writing.MOST_BYTES = 40_000
writer = writing.LogWriter(Path(sys.argv[1]), lambda: 1_795_600_000.0)
writer.start()
log = logging.getLogger("ima_tui.many")
for number in range(1000):
    log.info("process %s line %s end", sys.argv[2], number)
writer.close()
"""


def test_several_processes_share_the_files(tmp_path: Path) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", MANY, str(tmp_path), str(number)])
        for number in range(4)
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0, 0]
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    seen = re.findall(r"^\S+ \S+ \| INFO  \| \S+ +\| process (\d) line (\d+) end$", text, re.M)
    assert len(seen) == len(set(seen)) == 4_000
    assert len(text.splitlines()) == 4_000


def test_afterwards_the_loggers_are_as_they_were(tmp_path: Path) -> None:
    before = {name: logging.getLogger(name).level for name in ("ima_tui", "asyncio")}
    with writing_to(tmp_path):
        assert logging.getLogger("ima_tui").level == logging.INFO
    assert {name: logging.getLogger(name).level for name in before} == before
    assert not any(isinstance(h, LogWriter) for h in logging.getLogger("ima_tui").handlers)
