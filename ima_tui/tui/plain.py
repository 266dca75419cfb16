"""ASCII for terminals and fonts that have nothing else: applied to every line that is drawn.

Screens choose their own signs (`glyphs`); this catches what Textual draws and what sentences hold.
Text in other scripts stays as it is.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_TABLE = str.maketrans(
    {
        **dict.fromkeys("·•", "-"),
        **dict.fromkeys("–—─━", "-"),
        **dict.fromkeys("│┃▏▎▍▌▐▕", "|"),
        **dict.fromkeys("▀▄█▁▂▃▅▆▇▔", " "),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("‘’", "'"),
        "…": "~",
        "×": "x",
        "∞": "-",
        "−": "-",
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
        return [
            segment if segment.text.isascii() else segment._replace(text=_translate(segment.text))
            for segment in segments
        ]


def _translate(text: str) -> str:
    return text.translate(_TABLE)
