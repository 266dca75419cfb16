"""iTerm2's inline images protocol (OSC 1337)."""

from __future__ import annotations

import base64


def sequence(data: bytes, columns: int, rows: int) -> str:
    """Return the sequence that draws the file `data` at the cursor, which does not move."""
    body = base64.b64encode(data).decode()
    facts = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={facts};doNotMoveCursor=1:{body}\x07"
