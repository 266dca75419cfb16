"""Line filters for ASCII output and for no colours.

Screens choose their own signs (`glyphs`); this catches what Textual draws and what sentences hold.
Text in other scripts stays as it is.
"""

from __future__ import annotations

from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from ima_tui.tui.theme.theme import TOKENS

_TABLE = str.maketrans(
    {
        **dict.fromkeys("·•", "-"),
        **dict.fromkeys("–—─━", "-"),
        **dict.fromkeys("╭╮╰╯", "+"),
        **dict.fromkeys("│┃▏▎▍▌▐▕", "|"),
        **dict.fromkeys("▀▄█▁▂▃▅▆▇▔", " "),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("‘’", "'"),
        "…": "~",
        "×": "x",
        "∞": "-",
        "−": "-",
        "‖": "=",
        "★": "*",
        "●": "*",
        "▾": "v",
        "▸": ">",
        "‹": "<",
        "›": ">",
        "←": "<",
        "→": ">",
    }
)


class AsciiFilter(LineFilter):
    """One character for one: nothing moves."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace characters that are not ASCII."""
        return [
            segment if segment.text.isascii() else segment._replace(text=_translate(segment.text))
            for segment in segments
        ]


def _translate(text: str) -> str:
    return text.translate(_TABLE)


class NoColour(LineFilter):
    """NO_COLOR: bold, underline and reverse stay. What is raised from its ground (the row under
    the cursor, a field, a window) is reversed, for its colour alone told it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Remove colours."""
        return [
            segment if segment.style is None else segment._replace(style=_colourless(segment.style))
            for segment in segments
        ]


@cache
def _colourless(style: Style) -> Style:
    ground = style.bgcolor
    raised = ground is not None and ground.triplet is not None and ground.triplet.hex in _raised()
    return Style(
        bold=style.bold,
        underline=style.underline,
        italic=style.italic,
        reverse=bool(style.reverse) != raised,
    )


def _raised() -> set[str]:
    return {
        ground
        for tokens in TOKENS.values()
        for ground in (tokens.raised, tokens.rule, tokens.accent)  # the text cursor's own
    }
