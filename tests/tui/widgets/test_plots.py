"""Plots are text of exactly the cells that they are given."""

from __future__ import annotations

from ima_tui.tui.widgets import plots
from ima_tui.tui.widgets.cells import width


def test_the_top_of_an_axis_is_a_round_number_above_all_values() -> None:
    assert [plots.ceiling(value) for value in (0, 1, 3, 61, 325, 4_210)] == [
        1, 1, 3, 80, 400, 5_000,
    ]  # fmt: skip


def test_a_column_is_as_high_as_its_value_and_anything_is_seen() -> None:
    assert plots.columns([0, 1, 400, 800], 2, 800) == ["   █", " ▁██"]
    assert plots.columns([0, 1, 800], 1, 800, plain=True) == [" ##"]


def test_columns_are_stretched_to_the_room_there_is() -> None:
    assert plots.spread("█▄", 8) == "███ ▄▄▄ "
    assert plots.spread("█▄▂", 8) == "█ ▄▄ ▂▂ "
    assert plots.spread("█▄", 3) == "█▄"


def test_a_bar_takes_its_share_of_the_cells() -> None:
    assert plots.bar(0.5, 8) == "━━━━    "
    assert plots.bar(1.0, 4) == "━━━━"
    assert plots.bar(0.01, 8).strip()
    assert plots.bar(0.5, 8, plain=True) == "####    "


def test_durations_stand_on_one_scale_with_their_estimate() -> None:
    line = plots.durations([10, 20, 30, 40], 60, 21)
    assert width(line) == 21
    assert line.index("●") < line.index("│")
    assert line.endswith("│")
    assert plots.durations([], 60, 9) == " " * 9
    assert plots.durations([5], 60, 9, plain=True).isascii()


def test_a_column_says_its_value_above_it_where_that_has_room() -> None:
    bars = ["       ", "███    "]
    assert plots.labelled(bars, ["40", ""]) == ["40     ", "███    "]
    assert plots.labelled(bars, ["4000", ""]) == bars
    assert plots.labelled(["███    "], ["40", ""]) == ["███    "]
