"""After the ledger was restored, --yes alone pays for nothing that may have been sent before."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from batch_person import Person, wishes

from ima_tui.ledger import backup

PROMPTS = [f"a fox number {number}" for number in range(6)]


def lose(person: Person) -> Path:
    """The ledger is emptied; its copy is from before the batch, and there is no trail."""
    ledger = person.folder / "data" / "ledger.sqlite3"
    os.truncate(ledger, 0)
    for each in ledger.parent.glob("ledger.trail.*"):
        each.unlink()
    return ledger


@pytest.fixture
def half_done(person: Person) -> str:
    """Four of six rows are done, as the manifest says; the ledger's copy knows of none."""
    file = person.write(wishes("an older job"), "older.jsonl")
    assert person.verb("batch", file, "--yes").code == 0
    ledger = person.folder / "data" / "ledger.sqlite3"
    copy = backup.paths(ledger)[0]
    assert backup.keep(ledger)
    kept = copy.read_bytes()
    file = person.write(wishes(*PROMPTS[:4]))
    assert person.verb("batch", file, "--yes").code == 0
    copy.write_bytes(kept)
    backup.paths(ledger)[1].unlink(missing_ok=True)
    return person.write(wishes(*PROMPTS))


def test_rows_that_the_manifest_knows_are_not_paid_again_and_the_rest_waits(
    person: Person, half_done: str
) -> None:
    lose(person)
    before = len(person.accepted())
    refused = person.verb("batch", half_done, "--yes")
    assert refused.code == 2
    assert "restored" in refused.err
    assert "--after-repair" in refused.err
    assert "4 rows were already sent, according to the manifest" in refused.err
    assert len(person.accepted()) == before
    assert person.verb("batch", half_done, "--max-credits", "1000").code == 2
    assert len(person.accepted()) == before

    said = person.verb("batch", half_done, "--yes", "--after-repair", "--json")
    assert said.code == 0
    assert [line["status"] for line in said.lines] == ["done"] * 6
    assert all(line["task_id"] for line in said.lines)
    assert sorted(person.accepted()) == sorted([*PROMPTS, "an older job"])
    assert person.verb("batch", half_done, "--yes").code == 0  # all known: nothing to decide
    assert len(person.accepted()) == 7


def test_the_manifest_is_asked_without_any_repair_too(person: Person, half_done: str) -> None:
    shutil.rmtree(person.folder / "data")
    said = person.verb("batch", half_done, "--yes")
    assert said.code == 0
    assert sorted(person.accepted()) == sorted([*PROMPTS, "an older job"])


def test_what_a_restored_ledger_calls_unsent_waits_for_a_person_or_the_flag(
    person: Person,
) -> None:
    from fakes import any_order

    from ima_tui.cli.commands.batch_run import BatchFeeder
    from ima_tui.core.domain import Job, State

    held = Job(
        1, any_order(), State.QUEUED, 0.0, 0.0, needs_approval=True, waiting="waiting.restored"
    )
    studio = None
    assert not BatchFeeder(studio, asked=False)._may_let_go(held)  # type: ignore[arg-type]
    assert BatchFeeder(studio, asked=False, after_repair=True)._may_let_go(held)  # type: ignore[arg-type]
    assert BatchFeeder(studio, asked=True)._may_let_go(held)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    ["{", '{"intent": 5}', '{"intent": "INTENT"}', '{"intent": "INTENT", "status": "queued"}',
     '{"intent": "INTENT", "status": [1], "medias": 7, "attempts": "x"}'],
)  # fmt: skip
def test_lines_of_a_manifest_that_say_nothing_are_passed_over(tmp_path: Path, line: str) -> None:
    from ima_tui.batch.manifest import Manifest, outcome_of

    file = tmp_path / "m.jsonl"
    file.write_text(line.replace("INTENT", "one") + "\n")
    found = Manifest(file).known({"one"})
    assert all(outcome_of(each) is None for each in found.values())
