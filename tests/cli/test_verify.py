"""`jobs verify`: what does not fit is named with what to do, and nothing is changed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from test_json_documents import valid
from verbs import Verb

pytestmark = pytest.mark.sandbox(speed=200)
T2I = ("--task-type", "text_to_image")


def changed(home: Path, statement: str) -> None:
    with sqlite3.connect(home / "data" / "ledger.sqlite3") as ledger:
        ledger.execute(statement)
    ledger.close()


@pytest.fixture
def batch(ima: Verb, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two rows, made and downloaded; their manifest and log tell of them, too."""
    monkeypatch.setenv("IMA_LOG_DIR", str(home / "logs"))
    rows = [{"prompt": each, "task_type": "text_to_image"} for each in ("a fox", "a crow")]
    (home / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert ima("config", "set", "results.folder", str(home / "out")).code == 0
    said = ima("batch", "rows.jsonl", "--yes", "--download", str(home / "out"))
    assert said.code == 0, said.err
    return "rows.jsonl"


def verified(ima: Verb, code: int) -> list[dict[str, Any]]:
    said = ima("jobs", "verify", "--json")
    assert said.code == code, said.out
    found: list[dict[str, Any]] = valid(said.json, "verify")["differences"]
    assert all(each["advice"] for each in found)
    return found


def test_where_all_fits_it_says_so(ima: Verb, batch: str, home: Path) -> None:
    assert verified(ima, 0) == []
    said = ima("jobs", "verify")
    assert (said.out, said.err.strip()) == ("", "2 jobs and 2 files checked, 0 differences.")


def test_files_that_are_gone_empty_or_another_jobs(ima: Verb, batch: str, home: Path) -> None:
    paths = [Path(job["medias"][0]["path"]) for job in ima("jobs", "list", "--json").jobs]
    paths[0].unlink()
    beside = Path(f"{paths[1]}.json")
    beside.write_text(json.dumps({**json.loads(beside.read_text()), "task_id": "task_other"}))
    found = {each["kind"]: each for each in verified(ima, 1)}
    assert set(found) == {"file_missing", "file_other", "lost"}, "nobody knows task_other"
    assert found["file_missing"]["advice"] == "Download it: ima-tui jobs fetch 2"
    assert ima("jobs", "fetch", "2").code == 0
    beside.unlink()
    paths[1].write_bytes(b"")
    assert [each["kind"] for each in verified(ima, 1)] == ["file_empty"]


def test_a_job_that_only_manifest_and_log_know(ima: Verb, batch: str, home: Path) -> None:
    for path in (home / "data").glob("ledger.*"):
        if path.name != "ledger.sqlite3":
            path.unlink()  # trail and copies would bring it back
    changed(home, "DELETE FROM events WHERE job = 2")
    changed(home, "DELETE FROM jobs WHERE id = 2")
    (found,) = verified(ima, 1)
    assert (found["kind"], found["source"]) == ("lost", "manifest")
    assert "added to the history and not charged again" in found["advice"]
    assert verified(ima, 1) == [found], "it only looked"


def test_a_history_that_knows_less_than_the_log(ima: Verb, batch: str, home: Path) -> None:
    (home / "rows.jsonl.manifest.jsonl").unlink()
    changed(home, "UPDATE jobs SET state = 'unknown', task_id = '' WHERE id = 1")
    found = verified(ima, 1)
    assert "task_unknown" in {each["kind"] for each in found}
    assert any("Don't retry it" in each["advice"] for each in found)


def test_one_task_with_two_jobs(ima: Verb, batch: str, home: Path) -> None:
    changed(home, "UPDATE jobs SET task_id = (SELECT task_id FROM jobs WHERE id = 1) WHERE id = 2")
    assert "twice" in {each["kind"] for each in verified(ima, 1)}


def test_without_a_history_nothing_differs(ima: Verb, home: Path) -> None:
    assert verified(ima, 0) == []


def test_log_lines_of_expensive_jobs_or_of_a_project_alone(
    ima: Verb, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMA_LOG_DIR", str(home / "logs"))
    assert ima("generate", "a fox", *T2I).code == 0
    assert ima("generate", "a fox", *T2I, "--n", "2").code == 0
    dear = ima("jobs", "show", "2", "--json").json["total_credit"]
    lines = ima("logs", "--points", str(dear), "--json").lines
    assert {line["job_id"] for line in lines} == {2}
    assert {line["job_id"] for line in ima("logs", "--points", "0", "--json").lines} == {1, 2}
    assert ima("jobs", "mark", "1", "--project", "film").code == 0
    lines = ima("logs", "--project", "film", "--json").lines
    assert {line["job_id"] for line in lines} == {1}
    assert ima("logs", "--project", "film", "--points", str(dear), "--json").lines == []
    assert ima("logs", "--project", "unknown", "--json").lines == []
