"""What ordinary terminals send for alt and a character arrives as that key."""

from __future__ import annotations

import pytest
from textual import events

from ima_tui.tui.terminal.textual_internals import AltParser, without_alt


def keys_of(data: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    parser = AltParser()
    found = [*parser.feed(data)]
    monkeypatch.setattr("textual._parser.get_time", lambda: float("inf"))  # nothing follows it
    found += parser.tick()
    return [event.key for event in found if isinstance(event, events.Key)]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        *((digit, digit) for digit in "1234567890"),
        *((letter, letter) for letter in "abfmxzADEFJRW"),
        ("*", "asterisk"),
        ("-", "minus"),
        ("=", "equals_sign"),
        ("$", "dollar_sign"),
        ("/", "slash"),
    ],
)
def test_escape_and_a_character_are_alt_and_that_key(
    typed: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys_of(f"\x1b{typed}", monkeypatch) == [f"alt+{key}"]
    assert without_alt(f"alt+{key}") == key


def test_sequences_of_the_terminal_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    found = keys_of("\x1b[A\x1bOP\x1b[200~xmy\x1b[201~\x1b\x7f", monkeypatch)
    assert found == ["up", "f1", "ctrl+w"]


def test_other_spellings_of_alt_are_the_same_key() -> None:
    spelled = [without_alt(key) for key in ("alt+shift+w", "alt+m", "ctrl+alt+m", "m", "alt+left")]
    assert spelled == ["W", "m", "", "", ""]
