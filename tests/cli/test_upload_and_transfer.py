"""`upload`, `prefs export` and `prefs import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from test_json_documents import valid
from verbs import Verb

from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=200)
SET = ("prefs", "set", "text_to_image", "midjourney")


def test_an_uploaded_file_is_an_input_of_a_later_job(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    Image.new("RGB", (640, 480), "teal").save(home / "a.png")
    said = ima("upload", "a.png")
    assert said.code == 0, said.err
    url = said.out.strip()
    words = ("--task-type", "image_to_image", "--input-images", url)
    assert ima("generate", "as an oil painting", *words, "--json").json["status"] == "done"
    ledger = sandbox.ledger()
    assert ledger["violations"] == []
    assert len(ledger["creates"]) == 1


def test_a_bad_file_is_named_and_the_others_go_on(ima: Verb, home: Path, sandbox: Sandbox) -> None:
    Image.new("RGB", (64, 48)).save(home / "a.tiff")  # no model takes it as it is
    (home / "notes.txt").write_text("no picture")
    said = ima("upload", "none.png", "notes.txt", "a.tiff", "--json")
    assert said.code == 2
    rows = valid(said.json, "uploads")["uploads"]
    assert [bool(row["url"]) for row in rows] == [False, False, True]
    assert rows[0]["error"]["kind"] == "input_missing"
    assert "notes.txt" in said.err
    assert sandbox.ledger()["creates"] == []


def test_preferences_move_to_another_machine(ima: Verb, home: Path) -> None:
    assert ima(*SET).code == 0
    exported = valid(ima("prefs", "export").json, "prefs")
    (home / "moved.json").write_text(json.dumps(exported))
    (home / "ima_prefs.json").unlink()
    assert ima("prefs", "import", "moved.json", "--dry-run").code == 0
    assert not (home / "ima_prefs.json").exists()
    said = ima("prefs", "import", "moved.json", "--json")
    assert [row["model_id"] for row in valid(said.json, "prefs_import")["preferences"]]
    assert ima("prefs", "export").json == exported


def test_an_export_to_a_file_can_be_imported_and_replaces_nothing(ima: Verb, home: Path) -> None:
    assert ima(*SET).code == 0
    said = ima("prefs", "export", "moved.json")
    moved = home / "moved.json"
    assert (said.code, said.out.strip(), said.err) == (0, str(moved), "1 preference saved.\n")
    assert moved.stat().st_mode & 0o777 == 0o600
    assert valid(json.loads(moved.read_text()), "prefs") == ima("prefs", "export").json
    assert ima("prefs", "import", "moved.json").code == 0

    moved.write_text("mine")
    refused = ima("prefs", "export", "moved.json", "--json")
    assert (refused.code, refused.json["error"]["kind"]) == (2, "export_exists")
    assert moved.read_text() == "mine"
    assert ima("prefs", "export", "nowhere/moved.json").code == 2
    assert valid(ima("prefs", "export", "-").json, "prefs")


def test_a_read_only_start_exports_to_stdout_alone(ima: Verb, home: Path) -> None:
    assert ima("--read-only", "prefs", "export").code == 0
    assert ima("--read-only", "prefs", "export", "moved.json").code == 2
    assert not (home / "moved.json").exists()


def test_an_import_keeps_what_is_there_and_what_others_wrote(ima: Verb, home: Path) -> None:
    theirs = {"user_ann": {"text_to_music": {"model_id": "sonic", "mood": "calm"}}, "x": 1}
    (home / "ima_prefs.json").write_text(json.dumps(theirs))
    assert ima(*SET).code == 0
    (home / "other.json").write_text(
        json.dumps({"user_ann": {"text_to_image": {"model_id": "midjourney"}}})
    )
    assert ima("prefs", "import", "other.json").code == 0
    found = json.loads((home / "ima_prefs.json").read_text())
    assert found["user_ann"]["text_to_music"] == theirs["user_ann"]["text_to_music"]
    assert found["user_ann"]["text_to_image"]["model_id"] == "midjourney"
    assert (found["x"], "user_default" in found) == (1, True)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"users": 3}', '{"users": {"user_a": {"poetry": {"model_id": "m"}}}}',
     '{"users": {"user_a": {"text_to_image": {"model": "m"}}}}'],
)  # fmt: skip
def test_a_document_with_a_fault_changes_nothing(ima: Verb, home: Path, content: str) -> None:
    (home / "bad.json").write_text(content)
    assert ima("prefs", "import", "bad.json").code == 2
    assert not (home / "ima_prefs.json").exists()
