"""What ordinary terminals send for alt and a digit arrives as that key."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from ima_tui.tui.terminal.alt_keys import use_alt_digits


@pytest.mark.parametrize("digit", "1234567890")
def test_escape_and_a_digit_are_alt_and_that_digit(
    digit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_alt_digits()
    parser = XTermParser()
    found = [*parser.feed(f"\x1b{digit}")]
    monkeypatch.setattr("textual._parser.get_time", lambda: float("inf"))  # nothing follows it
    found += parser.tick()
    assert [event.key for event in found if isinstance(event, events.Key)] == [f"alt+{digit}"]
