"""Take the terminal's replies to queries out of the input before Textual parses keys.

Textual knows no device attributes, and would hand a late or cut answer to the user's fields as
keystrokes. The exact pin of Textual keeps this true.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.message import Message

from ima_tui.imaging.terminal import ReplyListener
from ima_tui.tui.terminal.alt_keys import AltParser


def install(listener: ReplyListener) -> bool:
    """Let `listener` read first, in every driver made from now on. False: not on this system."""
    try:
        from textual.drivers import linux_driver
    except ImportError:
        return False

    class ListeningParser(AltParser):
        def feed(self, data: str) -> Iterable[Message]:
            rest = listener.take(data) if data else data
            return super().feed(rest) if rest or not data else ()  # nothing would mean the end

    vars(linux_driver)["XTermParser"] = ListeningParser
    return True
