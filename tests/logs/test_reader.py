"""The reader: every file by time, whatever is in it; what is looked for, and what must not hang."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.core.errors import UsageError
from ima_tui.logs import cursor
from ima_tui.logs import window as windows
from ima_tui.logs.entry import LogEntry, LogLevel, parse
from ima_tui.logs.files import LogFolder, tool_of
from ima_tui.logs.filter import LogFilter, Pattern, literally
from ima_tui.logs.window import LogStream, LogWindow

from .conftest import START, line

TRACE = "Traceback (most recent call last):\n  File x, line 2\nValueError: no\n"


def put(path: Path, text: str | bytes, age: float = 60) -> Path:
    """A file that was last written `age` seconds ago."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (time.time() - age,) * 2)
    return path


def newest_first(folder: Path, wanted: LogFilter | None = None) -> list[LogEntry]:
    window = LogWindow(folder)
    window.open(wanted or LogFilter())
    while window.older(500):
        pass
    return window.entries


def oldest_first(folder: Path, wanted: LogFilter | None = None) -> list[LogEntry]:
    return list(LogStream(folder, wanted or LogFilter()).all())


def said(entries: list[LogEntry]) -> list[str]:
    return [entry.message for entry in entries]


# ------------------------------------------------------------------------------------- entries


def one(text: str | bytes) -> LogEntry:
    raw = text.encode() if isinstance(text, str) else text
    return parse(raw, file=1, start=0, tool="t", fallback=7.0)


def test_a_line_of_the_common_form_is_taken_apart() -> None:
    entry = one(line(65, "job 12 task abc: a | b", "WARN", "create_task") + TRACE)
    assert (entry.time, entry.level, entry.function) == (
        START + 65,
        LogLevel.WARNING,
        "create_task",
    )
    assert entry.message == "job 12 task abc: a | b"
    assert entry.more == TRACE.rstrip()
    assert (entry.lines, entry.job) == (4, 12)


@pytest.mark.parametrize(
    ("text", "level", "message"),
    [
        ("[2024-11-25T14:00:00.500] FATAL: gone", LogLevel.CRITICAL, "FATAL: gone"),
        ("2024-11-25 14:00:00,5 - tool - ERROR - no", LogLevel.ERROR, "tool - ERROR - no"),
        ("2024-11-25 14:00:00 nothing said of it", LogLevel.INFO, "nothing said of it"),
        ("\x1b[32m2024-11-25 14:00:00\x1b[0m DEBUG x", LogLevel.DEBUG, "DEBUG x"),
    ],
)
def test_other_programs_lines_are_understood_as_far_as_they_go(
    text: str, level: LogLevel, message: str
) -> None:
    entry = one(text)
    assert int(entry.time) == START
    assert (entry.level, entry.message) == (level, message)


@pytest.mark.parametrize("text", ["no time at all", "2026-13-45 99:99:99 | INFO | f | x", ""])
def test_what_says_no_time_has_that_of_its_neighbour(text: str) -> None:
    assert one(text).time == 7.0


def test_a_zone_is_respected() -> None:
    assert one("2024-11-25T14:00:00Z x").time - one("2024-11-25T14:00:00+02:00 x").time == 7200


def test_keys_and_escapes_do_not_come_through() -> None:
    entry = one(
        line(0, "with ima_verysecretkey \x1b]0;title\x07\x1b[2J\u202eok") + "ima_another1\n"
    )
    assert "verysecret" not in entry.text
    assert "another1" not in entry.text
    assert not any(c in entry.text for c in "\x1b\x07\u202e")


@given(st.binary(max_size=400))
def test_any_bytes_are_an_entry(raw: bytes) -> None:
    entry = one(raw)
    for text in (entry.message, entry.more, entry.function, entry.line()):
        text.encode()
        assert not any(c < " " and c != "\n" for c in text)
    assert "\n" not in entry.message


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("ima_create_20261125.log", "ima_create"),
        ("ima_create_20261125.log.3", "ima_create"),
        ("ima_tui_20261125.2.log", "ima_tui"),
        ("voice.2024-11-25.txt", "voice"),
        ("20261125.log", "20261125"),
        ("plain", "plain"),
    ],
)
def test_a_file_names_its_tool(name: str, tool: str) -> None:
    assert tool_of(name) == tool


# --------------------------------------------------------------------------------------- order


def test_files_are_merged_by_time_both_ways(folder: Path) -> None:
    put(folder / "a_20261125.log", line(0, "a0") + line(20, "a20") + TRACE + line(40, "a40"))
    put(folder / "b.log", line(10, "b10") + line(30, "b30"))
    put(folder / "c.log.1", line(25, "c25"))
    put(folder / "old.log.gz", b"\x1f\x8b")
    assert said(newest_first(folder)) == ["a40", "b30", "c25", "a20", "b10", "a0"]
    assert said(oldest_first(folder)) == ["a0", "b10", "a20", "c25", "b30", "a40"]
    assert newest_first(folder)[3].more == TRACE.rstrip()


def test_a_file_without_times_has_an_entry_a_line(folder: Path) -> None:
    put(folder / "notes.txt", "one\n\ntwo\nthree")
    assert said(newest_first(folder)) == ["three", "two", "one"]


def test_no_folder_and_an_empty_one(folder: Path) -> None:
    assert newest_first(folder) == []
    assert newest_first(folder / "missing") == []
    (folder / "dir.log").mkdir()
    put(folder / "empty.log", "")
    os.mkfifo(folder / "pipe.log")
    assert newest_first(folder) == []


def test_a_folder_that_cannot_be_read_says_so(folder: Path) -> None:
    put(folder / "file", "x")
    looked = LogFolder(folder / "file")
    looked.look()
    assert looked.trouble


lines = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["INFO", "ERROR"]), st.integers(0, 2)),
    max_size=40,
)


@given(files=st.lists(lines, min_size=1, max_size=3), block=st.integers(60, 400))
def test_every_entry_comes_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[int, str, int]]], block: int
) -> None:
    """Whatever the blocks are cut like, and in both directions."""
    folder = tmp_path_factory.mktemp("merged")
    expected: list[tuple[float, str]] = []
    for number, entries in enumerate(files):
        now, text = 0, ""
        for index, (gap, level, more) in enumerate(entries):
            now += gap
            text += line(now, f"file {number} entry {index}", level) + "  more\n" * more
            expected.append((START + now, f"file {number} entry {index}"))
        put(folder / f"t{number}.log", text)
    cursor.BLOCK, before = block, cursor.BLOCK
    try:
        up, down = oldest_first(folder), newest_first(folder)
        errors = newest_first(folder, LogFilter(level=LogLevel.ERROR))
        some = newest_first(folder, LogFilter(text=Pattern("entry 1")))
    finally:
        cursor.BLOCK = before
    assert sorted((e.time, e.message) for e in up) == sorted(expected)
    assert sorted((e.time, e.message) for e in down) == sorted(expected)
    assert [e.time for e in up] == sorted(e.time for e in up)
    assert [e.time for e in down] == sorted((e.time for e in down), reverse=True)
    assert said(errors) == [e.message for e in down if e.level is LogLevel.ERROR]
    assert said(some) == [e.message for e in down if "entry 1" in e.message]


@given(st.lists(st.binary(max_size=80), max_size=30), st.integers(40, 200))
def test_any_bytes_are_read_to_the_last(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], block: int
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    head = line(0, "begin").encode()
    content = b"".join(head + chunk + b"\n" for chunk in chunks)
    put(folder / "x.log", content)
    cursor.BLOCK, before = block, cursor.BLOCK
    try:
        up, down = oldest_first(folder), newest_first(folder)
    finally:
        cursor.BLOCK = before
    for entries in (up, down[::-1]):
        ends = [0]
        for entry in entries:
            assert entry.start == ends[-1]  # no byte twice, none left out
            ends.append(entry.end)
        assert ends[-1] == len(content)


def test_an_enormous_entry_is_cut_and_the_rest_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor, "MOST", 200_000)
    put(folder / "x.log", line(0, "first") + "x" * 1_000_000 + "\n" + line(5, "last"))
    assert said(newest_first(folder))[0] == "last"
    assert said(newest_first(folder))[-1] == "first"
    assert said(oldest_first(folder))[0] == "first"
    assert said(oldest_first(folder))[-1] == "last"


# -------------------------------------------------------------------------------------- wanted


def test_what_is_wanted(folder: Path) -> None:
    put(
        folder / "ima_create_20261125.log",
        line(0, "job 1 task t-aa: queued", function="submit")
        + line(10, "job 12 task t-bb: broke", "ERROR", "send")
        + line(20, "task t-aa said: Überraschung…", "WARN", "poll"),
    )
    put(folder / "voice.log", line(5, "the SERVICE 服务 answered", "CRITICAL", "speak"))

    def found(**wishes: object) -> list[str]:
        return said(newest_first(folder, replace(LogFilter(), **wishes)))  # type: ignore[arg-type]

    everything = found()
    assert len(everything) == 4
    assert len(found(level=LogLevel.WARNING)) == 3
    assert len(found(level=LogLevel.CRITICAL)) == 1
    assert found(job=1) == ["job 1 task t-aa: queued"]
    assert found(job=1, tasks=("t-aa",)) == [everything[0], "job 1 task t-aa: queued"]
    assert found(source="voice") == ["the SERVICE 服务 answered"]
    assert found(source="POLL") == [everything[0]]
    for words in ("überraschung", "ÜBERRASCHUNG…", "said: Ü", r"said:\s\w+"):
        assert found(text=Pattern(words)) == [everything[0]], words
    for words in ("服务", "service", "^the", r"SERVICE.服", "speak"):
        assert found(text=Pattern(words)) == ["the SERVICE 服务 answered"], words
    assert found(since=START + 5, until=START + 10) == everything[1:3]
    assert said(oldest_first(folder, LogFilter(since=START + 6))) == everything[:2][::-1]
    assert said(oldest_first(folder, LogFilter(until=START + 6))) == everything[2:][::-1]
    assert found(text=Pattern("nowhere")) == []


@given(
    st.lists(st.text("ab1 服é\t", max_size=12), max_size=30),
    st.sampled_from(["a", "ab", r"b\d", "a*b", r"\s", "[^a]b", "服.", "^b", r"\w+1", "b?"]),
)
def test_a_pattern_finds_in_many_lines_what_it_finds_in_each(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], written: str
) -> None:
    folder = tmp_path_factory.mktemp("found")
    put(folder / "x.log", "".join(line(n, f"<{word}>") for n, word in enumerate(words)))
    pattern = Pattern(written)
    everything = newest_first(folder)
    wanted = [e for e in everything if pattern.is_in(e.text) or pattern.is_in(e.function)]
    assert newest_first(folder, LogFilter(text=pattern)) == wanted


def test_a_text_split_by_escapes_is_found(folder: Path) -> None:
    put(folder / "x.log", line(0, "fo\x1b[31mo\x00bar") + line(1, "other"))
    assert said(newest_first(folder, LogFilter(text=Pattern("foobar")))) == ["foobar"]
    assert said(newest_first(folder, LogFilter(text=Pattern("fo+bar")))) == ["foobar"]


@pytest.mark.parametrize("pattern", [r"(a|aa)+$", r"((a{1,20}){1,20}){1,20}$"])
def test_a_pattern_that_never_ends_is_given_up(folder: Path, pattern: str) -> None:
    put(folder / "x.log", line(0, "a" * 3000 + "!"))
    began = time.process_time()
    with pytest.raises(UsageError) as given_up:
        newest_first(folder, LogFilter(text=Pattern(pattern)))
    assert given_up.value.key == "error.pattern_slow"
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("(", "error.pattern"),
        ("(a{1000}){1000}", "error.pattern_long"),
        ("((a{65535}){65535}){65535}", "error.pattern_long"),
        ("a?" * 200, "error.pattern_long"),
        ("(" * 140 + ")" * 140, None),
    ],
)
def test_a_pattern_that_can_not_be_is_refused(pattern: str, key: str | None) -> None:
    if key is None:
        Pattern(pattern)
        return
    with pytest.raises(UsageError) as refused:
        Pattern(pattern)
    assert refused.value.key == key
    assert literally(pattern).is_in(f"x{pattern}y")


def test_spans_are_where_it_is() -> None:
    assert Pattern("fox").spans("Fox and fox") == [(0, 3), (8, 11)]
    assert Pattern(r"f\w*").spans("fog, fox") == [(0, 3), (5, 8)]
    assert Pattern("x*").spans("abc") == []


# ------------------------------------------------------------------------------------ a window


def many(folder: Path, count: int = 9_000) -> None:
    put(folder / "a.log", "".join(line(n, f"a{n}") for n in range(0, count, 2)))
    put(folder / "b.log", "".join(line(n, f"b{n}") for n in range(1, count, 2)))


def test_a_window_moves_over_all_of_it_and_holds_little(folder: Path) -> None:
    many(folder)
    window = LogWindow(folder)
    window.open(LogFilter())
    seen: list[int] = []
    while (grown := window.older(700)) or not seen:
        seen += [int(e.message[1:]) for e in window.entries[-grown:]]
        assert len(window.entries) <= windows.MOST
    assert seen == list(range(8_999, -1, -1))
    assert window.at_bottom
    while window.newer(700):
        assert len(window.entries) <= windows.MOST
        numbers = [int(e.message[1:]) for e in window.entries]
        assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1))
    assert window.entries[0].message == "b8999"


def test_a_window_goes_to_a_time_and_to_an_entry(folder: Path) -> None:
    many(folder)
    window = LogWindow(folder)
    window.open(LogFilter())
    window.older(10)
    window.go_to(START + 4_000)
    window.older(5)
    window.newer(5)
    around = ["b4003", "a4002", "b4001", "a4000"]  # "newer" begins with the time itself
    assert said(window.entries)[-9:] == [*around, "b3999", "a3998", "b3997", "a3996", "b3995"]
    found = window.search(0, older=True, wanted=LogFilter(text=Pattern("a100$"))).take(1)
    assert said(found) == ["a100"]
    window.go_to_entry(found[0])
    window.older(3)
    assert said(window.entries) == ["a100", "b99", "a98"]
    back = window.search(0, older=False, wanted=LogFilter(text=Pattern("[ab]7000|b105"))).take(1)
    assert said(back) == ["b105"]
    assert window.entries.index(found[0]) == 0
    assert back[0] not in window.entries


def test_hits_are_counted(folder: Path) -> None:
    many(folder)
    window = LogWindow(folder)
    window.open(LogFilter())
    assert list(window.count(LogFilter(text=Pattern("a.*77$"))))[-1] == 0
    assert list(window.count(LogFilter(text=Pattern("b.*77$"))))[-1] == 90


def test_seeking_finds_the_first_at_a_time(folder: Path) -> None:
    put(folder / "a.log", "".join(line(n // 3, f"n{n}") for n in range(30_000)))
    looked = LogFolder(folder)
    looked.look()
    (file,) = looked.files.values()
    for second in (0, 1, 17, 4_321, 9_999):
        at = cursor.seek(file, START + second)
        assert f"| n{second * 3}\n".encode() in file.read(at, 90), second
    assert cursor.seek(file, START - 1) == 0
    assert cursor.seek(file, START + 10_000) == file.size
    assert cursor.seek(file, -inf) == 0


# ---------------------------------------------------------------------------------- following


class Followed:
    """Two readers of the same folder, as a screen and as a pipe."""

    def __init__(self, folder: Path) -> None:
        self.window = LogWindow(folder)
        self.window.open(LogFilter())
        self.window.older(100)
        self.stream = LogStream(folder, LogFilter())
        self.stream.last(0)

    def news(self) -> list[str]:
        before = len(self.window.entries)
        self.window.newer(1000)
        grown = self.window.entries[: len(self.window.entries) - before]
        streamed = said(self.stream.news())
        assert said(grown)[::-1] == streamed
        return streamed


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_what_is_appended_and_what_is_new_is_followed(folder: Path) -> None:
    put(folder / "a.log", line(0, "a0"))
    both = Followed(folder)
    assert both.news() == []
    append(folder / "a.log", line(1, "a1") + line(2, "a2") + TRACE)
    assert both.news() == ["a1", "a2"]
    append(folder / "b.log", line(3, "b3"))
    append(folder / "a.log", line(4, "a4"))
    assert both.news() == ["b3", "a4"]
    assert both.news() == []


def test_half_a_line_waits_for_its_end(folder: Path) -> None:
    put(folder / "a.log", line(0, "a0"))
    both = Followed(folder)
    whole = line(1, "a1 in two writes")
    append(folder / "a.log", whole[:30])
    assert both.news() == []
    append(folder / "a.log", whole[30:])
    assert both.news() == ["a1 in two writes"]
    append(folder / "a.log", whole.rstrip())
    os.utime(folder / "a.log", (time.time() - 10,) * 2)
    assert both.news() == ["a1 in two writes"]  # nobody goes on with it


def test_a_file_renamed_by_a_rotation_is_read_to_its_end(folder: Path) -> None:
    put(folder / "a.log", line(0, "a0"))
    both = Followed(folder)
    append(folder / "a.log", line(1, "a1"))
    (folder / "a.log").rename(folder / "a.log.1")
    append(folder / "a.log.1", line(2, "a2"))
    append(folder / "a.log", line(3, "new"))
    assert both.news() == ["a1", "a2", "new"]


def test_a_file_truncated_in_place_begins_anew(folder: Path) -> None:
    put(folder / "a.log", line(0, "a0") * 5)
    both = Followed(folder)
    put(folder / "a.log", line(9, "after"), age=0)
    assert both.news() == ["after"]
    put(folder / "a.log", line(10, "longer than what was there before") * 9, age=0)
    assert both.news() == ["longer than what was there before"] * 9


def test_a_copy_made_by_a_rotation_is_no_news(folder: Path) -> None:
    content = "".join(line(n, f"a{n}") for n in range(9))
    put(folder / "a.log", content)
    both = Followed(folder)
    put(folder / "a.log.1", content + line(9, "a9"), age=0)  # one more before it was copied
    put(folder / "a.log", line(10, "fresh"), age=0)
    assert both.news() == ["a9", "fresh"]


def test_a_file_that_is_removed_is_missed_by_nobody(folder: Path) -> None:
    put(folder / "a.log", line(0, "a0"))
    put(folder / "b.log", line(1, "b1"))
    both = Followed(folder)
    (folder / "a.log").unlink()
    append(folder / "b.log", line(2, "b2"))
    assert both.news() == ["b2"]
    (folder / "b.log").unlink()
    folder.rmdir()
    assert both.news() == []
    folder.mkdir()
    append(folder / "c.log", line(5, "back"))
    assert both.news() == ["back"]


def test_the_last_ones_come_in_order(folder: Path) -> None:
    many(folder, 100)
    assert said(LogStream(folder, LogFilter()).last(3)) == ["b97", "a98", "b99"]
    assert said(LogStream(folder, LogFilter(source="a.log")).last(2)) == ["a96", "a98"]
