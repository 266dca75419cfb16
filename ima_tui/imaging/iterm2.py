"""iTerm2's inline pictures (OSC 1337): a whole file, and the cells that it is to cover."""

from __future__ import annotations

import base64


def sequence(data: bytes, columns: int, rows: int) -> str:
    """Draws the file in `data` from the cursor on; the cursor stays where it was."""
    body = base64.b64encode(data).decode()
    facts = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={facts};doNotMoveCursor=1:{body}\x07"
