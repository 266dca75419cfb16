"""Only cells that differ from what the terminal shows are sent."""

from __future__ import annotations

from collections.abc import Mapping

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

from ima_tui.tui.terminal import partial_updates
from ima_tui.tui.terminal.partial_updates import ChangedCells, ShownCells

PLAIN = Console(color_system=None)
COLOURED = Console(color_system="256", force_terminal=True)


def drawn(
    shown: ShownCells, *lines: str, style: Style | None = None, console: Console = PLAIN
) -> str:
    strips = [[Strip([Segment(line, style)])] for line in lines]
    region = Region(0, 0, max(map(len, lines)), len(lines))
    return ChangedCells(LayoutUpdate(strips, region), shown).render_segments(console)


def test_what_is_shown_already_is_not_sent_again() -> None:
    shown = ShownCells()
    assert "brave" in drawn(shown, "hello brave world", "second line")
    assert drawn(shown, "hello brave world", "second line") == ""
    assert drawn(shown, "hello brawe world", "second line") == "\x1b[1;10Hw"


def test_what_is_known_of_the_usual_terminal_is_what_terminfo_says() -> None:
    curses = pytest.importorskip("curses")
    try:
        curses.setupterm(partial_updates.USUAL_TERMINAL, 1)
    except curses.error:
        pytest.skip("no terminfo of the usual terminal on this machine")
    assert partial_updates.erases_in_colour(partial_updates.USUAL_TERMINAL)
    assert curses.tigetflag("bce") == 1


def test_near_changes_are_sent_in_one_piece_and_far_ones_in_two() -> None:
    shown = ShownCells()
    drawn(shown, "a" * 30)
    assert drawn(shown, "b" + "a" * 4 + "b" + "a" * 24).count("H") == 1
    assert drawn(shown, "a" * 5 + "b" + "a" * 23 + "b").count("H") == 2


def test_a_wide_character_is_sent_whole() -> None:
    shown = ShownCells()
    drawn(shown, "旺财在雪地里")
    assert drawn(shown, "旺财去雪地里") == "\x1b[1;5H去"
    assert "雪" in drawn(shown, "旺财去x雪里")


def test_a_line_whose_widths_are_uncertain_is_sent_from_end_to_end() -> None:
    shown = ShownCells()
    drawn(shown, "👩‍🚀 flies", "still")
    assert "👩‍🚀 flees" in drawn(shown, "👩‍🚀 flees", "still")


def test_a_style_is_a_change_and_what_is_forgotten_is_sent_again() -> None:
    shown, bold = ShownCells(), Style(bold=True)
    drawn(shown, "word", console=COLOURED)
    assert "word" in drawn(shown, "word", style=bold, console=COLOURED)
    shown.forget(Region(1, 0, 2, 1))
    assert "or" in drawn(shown, "word", style=bold, console=COLOURED)
    shown.forget()
    assert "word" in drawn(shown, "word", style=bold, console=COLOURED)


def test_of_a_style_only_what_changes_is_named_and_blanks_have_no_ink() -> None:
    shown = ShownCells()
    red, blue = Style(color="red", bgcolor="black"), Style(color="blue", bgcolor="black")
    strip = Strip([Segment("a", red), Segment("b", blue), Segment(" ", red), Segment("c", blue)])
    update = LayoutUpdate([[strip]], Region(0, 0, 4, 1))
    assert ChangedCells(update, shown).render_segments(COLOURED) == (
        "\x1b[1;1H\x1b[31;40ma\x1b[34mb c\x1b[0m"
    )
    other = Strip([Segment("a", red), Segment("b", blue), Segment(" ", blue), Segment("c", blue)])
    again = LayoutUpdate([[other]], Region(0, 0, 4, 1))
    assert ChangedCells(again, shown).render_segments(COLOURED) == ""


def test_gaps_are_skipped_where_that_costs_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_updates, "erases_in_colour", lambda term: True)
    line = "vid " + " " * 12 + "96" + " " * 9 + "120" + " " * 8
    assert drawn(ShownCells(), line) == "\x1b[1;1Hvid\x1b[35X\x1b[13C96\x1b[9C120"
    assert drawn(ShownCells(), "a" + " " * 7 + "b") == "\x1b[1;1Ha       b"


def test_of_a_region_the_part_that_is_asked_for_is_looked_at() -> None:
    shown = ShownCells()
    strip = Strip([Segment("hello brave world")])
    update = ChopsUpdate([{0: strip}], [(0, 6, 11)], [[17]])
    assert "brave" in ChangedCells(update, shown).render_segments(PLAIN)
    assert ChangedCells(update, shown).render_segments(PLAIN) == ""


_STYLES = st.sampled_from(
    [
        Style.parse(written)
        for written in (
            "red on blue",
            "bold red",
            "underline on blue",
            "reverse",
            "dim bold",
            "none",
        )
    ]
)
_LINES = st.lists(
    st.tuples(
        st.text(st.sampled_from("ab  雪·…"), min_size=6, max_size=6),
        st.integers(0, 14),
        _STYLES,
        _STYLES,
    ),
    min_size=3,
    max_size=3,
)


@pytest.mark.parametrize("erases", [True, False])
@given(screens=st.lists(_LINES, min_size=2, max_size=6))
def test_a_terminal_shows_the_same_as_if_all_had_been_sent(
    erases: bool, screens: list[list[tuple[str, int, Style, Style]]]
) -> None:
    seen, whole, shown = pyte.Screen(54, 3), pyte.Screen(54, 3), ShownCells()
    one, other = pyte.Stream(seen), pyte.Stream(whole)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(partial_updates, "erases_in_colour", lambda term: erases)
        for lines in screens:
            strips = [
                [
                    Strip(
                        [Segment(text + " " * gap, a), Segment(text + " " * gap + text, b)]
                    ).adjust_cell_length(54, b)
                ]
                for text, gap, a, b in lines
            ]
            region = Region(0, 0, 54, 3)
            update = LayoutUpdate(strips, region)  # type: ignore[arg-type]
            one.feed(ChangedCells(update, shown).render_segments(COLOURED))
            other.feed(update.render_segments(COLOURED).replace("\n", ""))
        assert [visible(row) for row in map(seen.buffer.get, range(3))] == [
            visible(row) for row in map(whole.buffer.get, range(3))
        ]


def visible(row: Mapping[int, pyte.screens.Char]) -> list[object]:
    """What can be seen of a row: of a blank, its ink can't."""
    found: list[object] = []
    for x in range(54):
        cell = row[x]
        if cell.data == " " and not (cell.underscore or cell.reverse):
            found.append((" ", cell.bg))
        else:
            found.append((cell.data, cell.fg, cell.bg, cell.bold, cell.underscore, cell.reverse))
    return found


def test_a_wide_character_that_a_toast_covered_by_half_comes_back_whole() -> None:
    shown, strip = ShownCells(), Strip([Segment("旺财在雪地")])
    drawn(shown, "旺 ▌abc 地")
    update = ChopsUpdate([{0: strip}], [(0, 3, 7)], [[10]])
    assert ChangedCells(update, shown).render_segments(PLAIN) == "\x1b[1;3H财在雪"
