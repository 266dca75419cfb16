"""Options of `batch`: what is sent, in which order, how many at once, until when."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from batch_person import Person, wishes

from ima_tui.cli import arguments, exit_status
from ima_tui.cli.commands import batch_run
from ima_tui.cli.commands.batch_run import BatchProgress
from ima_tui.core import errors
from ima_tui.core.clock import ScaledClock
from ima_tui.logs.filter import coming, moment


def test_an_array_in_chinese_encoding_with_a_row_twice(person: Person) -> None:
    rows = [{"prompt": p, "task_type": "text_to_image"} for p in ("一只猫", "一只狗", "一只猫")]
    path = person.folder / "rows.json"
    path.write_bytes(json.dumps(rows, ensure_ascii=False, indent=1).encode("gb18030"))
    said = person.verb("batch", str(path), "--dry-run", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)["rows"]
    assert [row["prompt"] for row in found] == ["一只猫", "一只狗", "一只猫"]
    assert [row["same_as"] for row in found] == [None, None, 2]
    assert "GB18030" in said.err
    said = person.verb("batch", str(path), "--yes")
    assert "1 row is the same as an earlier one (line 10)" in said.err
    assert sorted(person.accepted()) == ["一只狗", "一只猫", "一只猫"]


def test_the_cheapest_rows_first_one_at_a_time(person: Person) -> None:
    file = person.write(
        json.dumps({"prompt": "dear", "task_type": "text_to_image", "n": 2})
        + "\n"
        + wishes("cheap", "cheap too")
    )
    said = person.verb("batch", file, "--yes", "--order", "price", "--parallel", "1")
    assert said.code == 0, said.err
    assert person.accepted() == ["cheap", "cheap too", "dear"]


def test_after_the_time_nothing_more_is_sent_and_the_next_run_goes_on(person: Person) -> None:
    file = person.write(wishes("a", "b", "c"))
    said = person.verb("batch", file, "--yes", "--until", "2020-01-01")
    assert said.code == 5
    assert "3 rows" in said.err
    assert person.accepted() == []
    assert person.verb("batch", file, "--yes", "--until", "23h").code == 0
    assert len(person.accepted()) == 3


def test_a_time_that_is_none_is_told_before_anything_is_sent(person: Person) -> None:
    file = person.write(wishes("a"))
    assert person.verb("batch", file, "--yes", "--until", "soon").code == 2
    assert person.accepted() == []


def test_an_unknown_outcome_is_sent_again_only_by_its_own_flag(person: Person) -> None:
    person.sandbox.scenario(
        '[server]\ntimeout_s = 0\n[[fault]]\nendpoint = "create"\nkind = "lose_answer"\ntimes = 1\n'
    )
    file = person.write(wishes("a"))
    assert person.verb("batch", file, "--yes").code == 7
    assert person.verb("batch", file, "--yes", "--retry-failed").code == 7
    assert person.accepted() == ["a"]
    said = person.verb("batch", file, "--yes", "--retry-unknown")
    assert said.code == 0, said.err
    assert "may be charged a second time" in said.err
    assert person.accepted() == ["a", "a"]
    again = person.verb("batch", file, "--yes", "--retry-unknown")
    assert again.code == 0
    assert person.accepted() == ["a", "a"], "the second try is found, and not repeated"


def test_progress_names_rows_points_and_the_time_left(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_run, "ENOUGH", 1)
    file = person.write(wishes(*"abcdefghij"))
    said = person.verb("batch", file, "--yes")
    lines = [line for line in said.err.splitlines() if " of 10 rows · " in line]
    assert 1 <= len(lines) <= 10
    assert all("left" in line for line in lines)
    assert Path(file).exists()


def test_without_rows_there_is_no_estimate() -> None:
    progress = BatchProgress(ScaledClock(1.0), [])
    assert progress._left() is None


def test_a_time_to_come() -> None:
    now = moment("2026-11-29T05:00", 0)
    assert coming("06:00", now) == now + 3600
    assert coming("05:00", now) == now + 86_400
    assert coming("2h", now) == now + 7200
    assert coming("2026-11-29T07:00", now) == now + 7200


def test_a_named_pipe_is_read_once_something_writes_to_it(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = person.folder / "rows.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(wishes("a", "b"), "utf-8"))
    writer.start()
    said = person.verb("batch", str(pipe), "--dry-run", "--json")
    writer.join()
    assert [row["prompt"] for row in json.loads(said.out)["rows"]] == ["a", "b"]
    monkeypatch.setattr(arguments, "WRITER_WAIT", 0.0)
    said = person.verb("batch", str(pipe), "--yes")
    assert (said.code, "Nothing is writing to the pipe" in said.err) == (2, True)


def test_an_empty_file_is_no_utf_16(person: Person) -> None:
    said = person.verb("batch", person.write(""), "--yes")
    assert (said.code, "UTF-16" in said.err) == (2, False)


def test_rows_that_an_unusable_proxy_stopped_end_a_batch_with_the_code_of_usage() -> None:
    ends = (errors.EXIT_DONE, errors.EXIT_FAILED, errors.EXIT_USAGE)
    assert exit_status.worst_of_rows(ends) == errors.EXIT_USAGE
