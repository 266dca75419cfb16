"""Options side by side: none is hidden beside cells that would hold it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.tui.widgets.cells import FRAME, HINT, OptionWindow, width, window

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
LABELS = st.lists(st.text("a19:高", min_size=1, max_size=6), min_size=1, max_size=12)


def drawn(labels: list[str], chosen: int | None, first: int, last: int) -> str:
    """The options `first` to `last` - 1 as they stand on a line."""
    options = [f"[{x}]" if i == chosen else f" {x} " for i, x in enumerate(labels)]
    left = "‹ " if first else ""
    return left + "".join(options[first:last]).rstrip() + ("›" if last < len(labels) else "")


def ends(seen: OptionWindow) -> tuple[int, int]:
    return seen.first, seen.first + len(seen.starts)


@given(LABELS, st.data())
def test_what_fits_whole_is_shown_whole(labels: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.none() | st.integers(0, len(labels) - 1))
    need = width(drawn(labels, chosen, 0, len(labels)))
    seen = window(labels, chosen, need + data.draw(st.integers(0, 5)))
    assert ends(seen) == (0, len(labels))
    assert (seen.more_left, seen.more_right) == (False, False)


@given(LABELS, st.integers(1, 60), st.data())
def test_nothing_more_would_fit_and_nothing_is_cut(
    labels: list[str], cells: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.none() | st.integers(0, len(labels) - 1))
    seen = window(labels, chosen, cells)
    first, last = ends(seen)
    assert first <= (chosen or 0) < last
    assert (seen.more_left, seen.more_right) == (first > 0, last < len(labels))
    if last - first > 1:
        assert width(drawn(labels, chosen, first, last)) <= cells
    if first:
        assert width(drawn(labels, chosen, first - 1, last)) > cells
    if last < len(labels):
        assert width(drawn(labels, chosen, first, last + 1)) > cells


@given(LABELS, st.integers(1, 60), st.data())
def test_a_press_hits_the_option_that_is_drawn_there(
    labels: list[str], cells: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.none() | st.integers(0, len(labels) - 1))
    seen = window(labels, chosen, cells)
    assert seen.starts[0] == (HINT if seen.more_left else 0)
    for index, start in enumerate(seen.starts, seen.first):
        assert seen.at(start, labels) == index
        assert seen.at(start + width(labels[index]) + FRAME - 1, labels) == index


@pytest.mark.parametrize(
    ("cells", "chosen", "line"),
    [
        (42, None, " 1:1  2:3  3:2  3:4  4:3  9:16  16:9  21:9"),
        (41, None, " 1:1  2:3  3:2  3:4  4:3  9:16  16:9›"),
        (37, 0, "[1:1] 2:3  3:2  3:4  4:3  9:16  16:9›"),
        (43, 7, " 1:1  2:3  3:2  3:4  4:3  9:16  16:9 [21:9]"),
        (42, 7, "‹  2:3  3:2  3:4  4:3  9:16  16:9 [21:9]"),
        (38, 6, " 1:1  2:3  3:2  3:4  4:3  9:16 [16:9]›"),
    ],
)
def test_the_shapes_of_a_picture(cells: int, chosen: int | None, line: str) -> None:
    labels = list(RATIOS)
    assert drawn(labels, chosen, *ends(window(labels, chosen, cells))) == line
