"""Only cells that differ from what the terminal shows are sent."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from ima_tui.tui.terminal.partial_updates import ChangedCells, ShownCells

PLAIN = Console(color_system=None)


def drawn(shown: ShownCells, *lines: str, style: Style | None = None, x: int = 0) -> str:
    strips = [[Strip([Segment(line, style)])] for line in lines]
    region = Region(x, 0, max(map(len, lines)), len(lines))
    return ChangedCells(LayoutUpdate(strips, region), shown).render_segments(PLAIN)


def test_what_is_shown_already_is_not_sent_again() -> None:
    shown = ShownCells()
    assert "brave" in drawn(shown, "hello brave world", "second line")
    assert drawn(shown, "hello brave world", "second line") == ""
    assert drawn(shown, "hello brawe world", "second line") == "\x1b[1;10H\x1b[0mw\x1b[0m"


def test_near_changes_are_sent_in_one_piece_and_far_ones_in_two() -> None:
    shown = ShownCells()
    drawn(shown, "a" * 30)
    assert drawn(shown, "b" + "a" * 4 + "b" + "a" * 24).count("H") == 1
    assert drawn(shown, "a" * 5 + "b" + "a" * 23 + "b").count("H") == 2


def test_a_wide_character_is_sent_whole() -> None:
    shown = ShownCells()
    drawn(shown, "旺财在雪地里")
    assert drawn(shown, "旺财去雪地里") == "\x1b[1;5H\x1b[0m去\x1b[0m"
    assert "雪" in drawn(shown, "旺财去x雪里")


def test_a_line_whose_widths_are_uncertain_is_sent_from_end_to_end() -> None:
    shown = ShownCells()
    drawn(shown, "👩‍🚀 flies", "still")
    assert "👩‍🚀 flees" in drawn(shown, "👩‍🚀 flees", "still")


def test_a_style_is_a_change_and_what_is_forgotten_is_sent_again() -> None:
    shown = ShownCells()
    drawn(shown, "word")
    assert "word" in drawn(shown, "word", style=Style(bold=True))
    shown.forget(Region(1, 0, 2, 1))
    assert "or" in drawn(shown, "word", style=Style(bold=True))
    shown.forget()
    assert "word" in drawn(shown, "word", style=Style(bold=True))


def test_of_a_region_the_part_that_is_asked_for_is_looked_at() -> None:
    shown = ShownCells()
    strip = Strip([Segment("hello brave world")])
    update = ChopsUpdate([{0: strip}], [(0, 6, 11)], [[17]])
    assert "brave" in ChangedCells(update, shown).render_segments(PLAIN)
    assert ChangedCells(update, shown).render_segments(PLAIN) == ""


_LINES = st.lists(
    st.text(st.sampled_from("ab 雪地·…"), min_size=6, max_size=6), min_size=3, max_size=3
)


@pytest.mark.parametrize("colours", [None, "256", "truecolor"])
@given(screens=st.lists(_LINES, min_size=2, max_size=6))
def test_a_terminal_shows_the_same_as_if_all_had_been_sent(
    colours: str | None, screens: list[list[str]]
) -> None:
    console = Console(color_system=colours, force_terminal=True)  # type: ignore[arg-type]
    seen, whole, shown = pyte.Screen(16, 3), pyte.Screen(16, 3), ShownCells()
    one, other = pyte.Stream(seen), pyte.Stream(whole)
    for lines in screens:
        strips = [
            [Strip([Segment(line, Style(color="red", bold=True))]).adjust_cell_length(14)]
            for line in lines
        ]
        update = LayoutUpdate(strips, Region(0, 0, 14, 3))  # type: ignore[arg-type]
        one.feed(ChangedCells(update, shown).render_segments(console))
        other.feed(ChangedCells(update, ShownCells()).render_segments(console))
    assert seen.display == whole.display
