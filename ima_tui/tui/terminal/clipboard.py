"""Clipboard by OSC 52, which never answers."""

from __future__ import annotations

import base64


def sequence(text: str, *, in_tmux: bool) -> str:
    """The escape sequence; in tmux also wrapped, so that it reaches the terminal outside."""
    plain = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not in_tmux:
        return plain
    escaped = plain.replace("\x1b", "\x1b\x1b")
    return f"{plain}\x1bPtmux;{escaped}\x1b\\"
