"""`--read-only` before a verb: what only reads works, everything else is refused before it sends or
writes anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from verbs import Verb

from ima_tui.sandbox.server import Sandbox

FOX = "a picture of a fox"


@pytest.mark.parametrize(
    "words",
    [
        ("generate", FOX, "--yes"),
        ("generate", FOX, "--yes", "--json"),
        ("extend", "clip.mp4", FOX),
        ("batch", "rows.csv", "--yes"),
        ("workflow", "plan", "draw a fox, then animate it", "-o", "plan.json"),
        ("workflow", "run", "plan.json"),
        ("upload", "rows.csv"),
        ("jobs", "retry", "1"),
        ("jobs", "again", "1"),
        ("jobs", "send", "1", "--yes"),
        ("jobs", "fetch", "1"),
        ("jobs", "forget", "1"),
        ("jobs", "mark", "1", "--star"),
        ("subjects", "add", "Mia", "mia.png"),
        ("prefs", "set", "text_to_image", "Nano Banana Pro"),
        ("prefs", "import", "rows.csv"),
        ("config", "set", "spending.per_day", "5"),
        ("config", "init"),
        ("key", "set"),
        ("logs", "--export", "out.log"),
        ("mcp",),
        ("completion", "install"),
    ],
    ids=" ".join,
)
def test_what_sends_or_writes_is_refused(
    ima: Verb, home: Path, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    before = len(sandbox.ledger()["creates"])
    (home / "rows.csv").write_text("prompt\na fox\n")
    files = sorted(home.rglob("*"))
    said = ima("--read-only", *words)
    assert (said.code, "nothing is sent or written" in said.out + said.err) == (2, True)
    assert len(sandbox.ledger()["creates"]) == before
    assert sorted(home.rglob("*")) == files


@pytest.mark.parametrize(
    "words",
    [
        ("models",),
        ("route", FOX),
        ("generate", FOX, "--dry-run"),
        ("batch", "rows.csv", "--dry-run"),
        ("jobs", "list"),
        ("jobs", "report"),
        ("subjects", "list"),
        ("prefs", "list"),
        ("config", "show"),
        ("key", "show"),
        ("logs",),
    ],
    ids=" ".join,
)
def test_what_only_reads_works_and_leaves_no_job_and_no_preference(
    ima: Verb, home: Path, words: tuple[str, ...]
) -> None:
    (home / "rows.csv").write_text("prompt\na picture of a fox\n")
    assert ima("--read-only", *words).code == 0
    assert not (home / "data" / "ledger.sqlite3").exists()
    assert not (home / "ima_prefs.json").exists()
