"""Wide characters over the edges of other widgets stay whole; half covered ones become blank."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.widgets import Static

from ima_tui.tui.terminal import wide_characters
from ima_tui.tui.terminal.wide_characters import Piece, WholeCharacters, WideLine

WORDS = "先按空格标记一个作品"


@pytest.mark.parametrize("cuts", [(22,), (1, 22), (1, 2, 3, 22), (2, 5, 11, 22), range(1, 23)])
def test_the_pieces_of_a_line_are_the_line(cuts: tuple[int, ...]) -> None:
    line = WideLine([Segment("先按 a"), Segment("空格b标记, c一个")], 22)
    pieces = line.divide(cuts)
    assert len(pieces) == len(cuts)
    assert "".join(piece.text for piece in pieces) == line.text
    at = 0
    for piece, end in zip(pieces, cuts, strict=True):
        assert isinstance(piece, Piece)
        assert at + piece.is_late + piece.cell_length == end + piece.is_over
        at = end


class Overlaid(App[None]):
    """Words over the edges of three widgets, and one that covers part of them."""

    CSS = """
    Screen { layers: below words above; layout: horizontal; }
    .below { width: 3; layer: below; }
    #words { width: 20; layer: words; offset: 0 0; position: absolute; }
    #above { width: 1; layer: above; offset: 5 0; position: absolute; display: none; }
    """

    def compose(self) -> ComposeResult:
        for _ in range(3):
            yield Static("x\nx", classes="below")
        yield Static(WORDS, id="words")
        yield Static("!", id="above")


def first_line(app: App[None]) -> str:
    compositor = app.screen._compositor
    assert isinstance(compositor, WholeCharacters)
    strip = compositor.render_strips()[0]
    assert strip.cell_length == app.size.width
    return strip.text.rstrip()


async def test_a_covering_widget_blanks_only_what_it_covers() -> None:
    wide_characters.install()
    async with Overlaid().run_test(size=(30, 4)) as pilot:
        assert first_line(pilot.app) == WORDS
        pilot.app.query_one("#above").display = True
        await pilot.pause()
        assert first_line(pilot.app) == "先按 !格标记一个作品"
        pilot.app.query_one("#above").offset = (6, 0)
        await pilot.pause()
        assert first_line(pilot.app) == "先按空! 标记一个作品"
