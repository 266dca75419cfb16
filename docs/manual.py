"""Writes share/man/man1/ima-tui.1, the man page that the wheel installs."""

from __future__ import annotations

from pathlib import Path

from ima_tui.cli.commands import completion

if __name__ == "__main__":
    target = Path(__file__).parents[1] / "share/man/man1/ima-tui.1"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(completion.page(), "utf-8")
