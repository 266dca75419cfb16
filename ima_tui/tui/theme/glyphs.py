"""Glyphs of the screens, with ASCII fallbacks."""

from __future__ import annotations

from ima_tui.core.domain import Medium, State
from ima_tui.core.records import dataclass

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
