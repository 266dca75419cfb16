"""Twelve briefs, each to one MP4 by one command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from batch_person import PATIENT, Person

from ima_tui.sandbox import uploads

sys.path.append(str(Path(__file__).parents[1] / "film"))
pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from briefs import BRIEFS, check, paint_pictures
from clips import read

MARKED = PATIENT + "marks = true\n"


@pytest.mark.slow
@pytest.mark.parametrize("brief", BRIEFS, ids=range(len(BRIEFS)))
def test_a_brief_becomes_the_film_that_it_tells(
    person: Person, brief: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.sandbox.scenario(MARKED)
    monkeypatch.setattr(uploads, "CLOCK_SLACK", 1e9)  # two fast clocks drift apart
    monkeypatch.chdir(person.folder)
    paint_pictures(person.folder)
    file = str(person.folder / "film.json")
    agreed = ("--max-credits", "5000", "--no-pause", "--download", str(person.folder))
    said = person.verb("workflow", "make", brief, "-o", file, *agreed, "--json")
    assert said.code == 0, said.err
    workflow = json.loads(Path(file).read_text("utf-8"))
    check(workflow, read(json.loads(said.out)["film"]))
    assert len(person.accepted()) == len(workflow["steps"])
