"""Projects, tags and stars: what a name may be, what a change of marks does."""

from __future__ import annotations

import pytest

from ima_tui.core import labels
from ima_tui.core.errors import UsageError
from ima_tui.core.labels import Mark, MarkChange


def test_a_name_is_one_short_line_without_what_a_terminal_acts_on() -> None:
    assert labels.project("  Spring\x1b[31m\n campaign ") == "Spring campaign"
    assert labels.project(" ") == ""
    with pytest.raises(UsageError, match="project_name"):
        labels.project("x" * (labels.LONGEST + 1))


def test_tags_are_separated_by_commas_of_either_language() -> None:
    assert labels.tags("#hero, final cut，初稿,, hero") == ("hero", "final cut", "初稿")
    with pytest.raises(UsageError, match="tag_name"):
        labels.tags("x" * (labels.LONGEST + 1))


def test_a_name_from_outside_is_made_to_fit() -> None:
    assert labels.shortened("a" * 900) == "a" * labels.LONGEST
    assert labels.shortened(["a"]) == ""


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("春季 Campaign", "春季 Campaign"),
        ("../../etc/passwd", "etc-passwd"),
        ("a:b*c", "a-b-c"),
        (".hidden", "hidden"),
        ("..", "project"),
        ("CON", "CON-"),
        ("com1.old", "com1.old-"),
    ],
)
def test_a_project_names_a_folder_on_every_file_system(name: str, folder: str) -> None:
    assert labels.folder(name) == folder


def test_a_change_of_marks_leaves_what_it_does_not_name() -> None:
    mark = Mark(True, ("hero",))
    assert MarkChange(add=("Final",)).of(mark) == Mark(True, ("hero", "Final"))
    assert MarkChange(star=False, remove=("HERO",)).of(mark) == Mark()
    assert MarkChange(add=("HERO",)).of(mark) == mark
