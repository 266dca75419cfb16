"""Glyphs of the screens, with ASCII fallbacks.

The filters are for ASCII output and for no colours. Screens choose their own signs; a filter
catches what Textual draws and what sentences hold. Text in other scripts stays as it is.
"""

from __future__ import annotations

from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from ima_tui.core.domain import Medium, State
from ima_tui.core.records import dataclass
from ima_tui.tui.theme.theme import TOKENS

_SIGNS = {
    State.QUEUED: ("·", "."),
    State.UPLOADING: ("↑", "^"),
    State.VERIFYING: ("↑", "^"),
    State.SENDING: ("↑", "^"),
    State.RUNNING: ("◐", "o"),
    State.FETCHING: ("◐", "o"),
    State.DONE: ("✓", "+"),
    State.FAILED: ("✗", "x"),
    State.NEEDS_REVIEW: ("?", "?"),
    State.TIMED_OUT: ("‖", "="),
    State.STOPPED: ("■", "#"),
    State.FORGOTTEN: ("·", "."),
}

STATE_ROLE = {
    State.QUEUED: "muted",
    State.UPLOADING: "info",
    State.VERIFYING: "info",
    State.SENDING: "info",
    State.RUNNING: "accent",
    State.FETCHING: "accent",
    State.DONE: "ok",
    State.FAILED: "bad",
    State.NEEDS_REVIEW: "warn",
    State.TIMED_OUT: "warn",
    State.STOPPED: "muted",
    State.FORGOTTEN: "muted",
}
"""The role (of `theme.style`) that each state is drawn in."""

MEDIUM_ROLE = {medium: medium.value for medium in Medium}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs."""

    ascii: bool
    cursor: str
    mark: str
    rule: str
    full: str
    empty: str
    star: str
    ellipsis: str
    dot: str
    up: str
    down: str
    left: str
    right: str
    planned: str
    minus: str

    @property
    def corners(self) -> tuple[str, str]:
        """The upper corners of a pane."""
        return ("+", "+") if self.ascii else ("╭", "╮")

    def state(self, state: State) -> str:
        """Return the sign of a job state."""
        return _SIGNS[state][self.ascii]

    def bar(self, percent: int, cells: int = 8) -> str:
        """A progress bar; full only at 100."""
        filled = cells if percent >= 100 else min(cells - 1, round(percent / 100 * cells))
        return self.full * filled + self.empty * (cells - filled)


_FANCY = Glyphs(False, "▌", "●", "─", "━", "─", "★", "…", "·", "↑", "↓", "←", "→", "○", "−")
_PLAIN = Glyphs(True, ">", "*", "-", "#", "-", "*", "~", "-", "up", "down", "<-", "->", ".", "-")


def glyphs(ascii_only: bool) -> Glyphs:
    """The signs for this terminal."""
    return _PLAIN if ascii_only else _FANCY


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
