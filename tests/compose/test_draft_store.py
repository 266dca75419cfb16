"""Drafts survive their window; templates are found by name; nobody's file is believed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.compose.draft_store import (
    OLDEST,
    Drafts,
    SavedDraft,
    Templates,
    dumped,
    loaded,
)
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.ledger import process_id

NOW = 1_800_000_000.0
HOST = process_id.name().partition("/")[0]
GONE = f"{HOST}/999999999/0000"
LIVES = f"{HOST}/{os.getppid()}/1111"
WISH = SavedDraft(
    "一只狐狸",
    TaskType.TEXT_TO_IMAGE,
    "midjourney",
    "v7",
    (("quality", "720p"), ("seed", 7)),
    3,
    ("/a.png",),
    True,
    "label",
    NOW,
)


def test_what_is_written_is_read_back() -> None:
    assert loaded(dumped(WISH, "run")) == (WISH, "run")


@given(st.text(max_size=60) | st.dictionaries(st.text(max_size=9), st.integers()).map(json.dumps))
def test_any_file_is_read_or_left(text: str) -> None:
    assert loaded(text) is None or loaded(text)


def test_a_file_that_somebody_edited_gives_no_escape_and_no_nonsense() -> None:
    told = {"text": "a\x1b]52;c;x\x07b", "task_type": "nope", "n": True, "chosen": [], "inputs": 3}
    found = loaded(json.dumps(told))
    assert found is not None
    assert found[0] == SavedDraft("ab")


def test_the_draft_of_a_window_that_is_gone_comes_back_once(tmp_path: Path) -> None:
    Drafts(tmp_path, GONE).keep(WISH)
    assert Drafts(tmp_path, LIVES).take_over(NOW + 60) == WISH
    assert Drafts(tmp_path).take_over(NOW + 60) is None  # the one that took it lives


def test_nobody_takes_the_draft_of_a_window_that_lives(tmp_path: Path) -> None:
    Drafts(tmp_path, LIVES).keep(WISH)
    assert Drafts(tmp_path).take_over(NOW) is None


def test_a_process_id_that_came_back_is_no_living_window(tmp_path: Path) -> None:
    Drafts(tmp_path, f"{HOST}/{os.getpid()}/0000").keep(WISH)
    assert Drafts(tmp_path).take_over(NOW) == WISH


def test_each_window_has_a_draft_of_its_own_and_the_newest_comes_first(tmp_path: Path) -> None:
    Drafts(tmp_path, GONE).keep(WISH)
    Drafts(tmp_path, GONE).keep(SavedDraft("newer", at=NOW + 5))
    first, second = Drafts(tmp_path, LIVES), Drafts(tmp_path, f"{HOST}/1/2222")
    found = first.take_over(NOW + 9), second.take_over(NOW + 9)
    assert [wish.text for wish in found if wish] == ["newer", "一只狐狸"]


def test_an_empty_or_old_draft_is_none(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, GONE)
    drafts.keep(WISH)
    assert stat.S_IMODE(next(tmp_path.glob("*.json")).stat().st_mode) == 0o600
    drafts.keep(SavedDraft("  "))
    assert list(tmp_path.iterdir()) == []
    drafts.keep(WISH)
    assert Drafts(tmp_path).take_over(NOW + OLDEST + 1) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_stops_nobody() -> None:
    drafts = Drafts(Path("/dev/null/drafts"))
    drafts.keep(WISH)
    assert drafts.take_over(NOW) is None


def test_templates_are_found_replaced_and_deleted_by_name(tmp_path: Path) -> None:
    templates = Templates(tmp_path / "templates")
    assert templates.all() == []
    templates.save(SavedDraft("one", name="Fox"))
    templates.save(SavedDraft("two", name="bear"))
    templates.save(SavedDraft("three", name="FOX"))
    assert [(wish.name, wish.text) for wish in templates.all()] == [
        ("bear", "two"),
        ("FOX", "three"),
    ]
    templates.delete("fox")
    assert [wish.name for wish in templates.all()] == ["bear"]
    with pytest.raises(UsageError):
        Templates(Path("/dev/null/x")).save(SavedDraft("one", name="Fox"))
