"""Marks stay on their words while the text around them is edited."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ima_tui.compose.prompt_text import Highlight, by_line, moved

WISH = "一段10秒的视频，用可灵O1"
KNOWN = (Highlight(2, 5, "duration"), Highlight(6, 8, "kind"), Highlight(10, 14, "model"))


def words(text: str, known: tuple[Highlight, ...]) -> list[str]:
    return [text[mark.start : mark.end] for mark in known]


def test_what_stands_behind_an_edit_moves_along() -> None:
    after = "请做" + WISH
    assert words(after, moved(KNOWN, WISH, after)) == ["10秒", "视频", "可灵O1"]


def test_a_word_that_was_edited_is_let_go() -> None:
    after = WISH.replace("视频", "视屏")
    assert words(after, moved(KNOWN, WISH, after)) == ["10秒", "可灵O1"]


def test_typing_right_behind_a_word_keeps_it() -> None:
    assert words(WISH + "，快", moved(KNOWN, WISH, WISH + "，快")) == ["10秒", "视频", "可灵O1"]


@given(st.text("ab猫\n ", max_size=30), st.text("ab猫\n ", max_size=30), st.data())
def test_marks_never_leave_the_text_and_keep_their_words(
    before: str, after: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    for mark in moved((Highlight(start, end, "kind"),), before, after):
        assert 0 <= mark.start <= mark.end <= len(after)
        assert after[mark.start : mark.end] == before[start:end]


def test_marks_by_line_are_cut_at_its_ends() -> None:
    lines = ["a cat", "", "视频 of it"]
    text = "\n".join(lines)
    start = text.index("cat")
    found = by_line((Highlight(start, text.index("视频") + 2, "kind"),), lines)
    assert found == {0: (Highlight(2, 5, "kind"),), 2: (Highlight(0, 2, "kind"),)}
