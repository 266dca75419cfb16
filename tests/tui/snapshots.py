"""What stands on a screen as lines of text, each with a digest of its colours, kept in a file.

UPDATE_SNAPSHOTS=1 writes the files anew; look at what changed before it is committed.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from textual.screen import Screen
from textual.strip import Strip

FOLDER = Path(__file__).parent / "snapshots"


def picture(screen: Screen[object]) -> str:
    """One line a row: eight digits for its colours, then its text without trailing blanks."""
    strips = screen._compositor.render_strips()
    return "".join(f"{_colours(strip)} {strip.text}".rstrip() + "\n" for strip in strips)


def kept(name: str, seen: str) -> str:
    """The kept snapshot `name`; where it is being updated, what is `seen` is kept from now on."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen, "utf-8")
    return path.read_text("utf-8")


def _colours(strip: Strip) -> str:
    """The same for what looks the same: of a blank only its ground is seen."""
    cells = []
    for text, style, _ in strip:
        ground = str(style.bgcolor) if style else ""
        cells += [ground if letter == " " else str(style) for letter in text]
    return sha256("\n".join(cells).encode()).hexdigest()[:8]
