"""The disk fills up under the running studio, many times: a clear word, no crash, on it goes."""

from __future__ import annotations

from pathlib import Path

from smalldisk import fill, mounted

from ima_tui.sandbox.server import running_sandbox

from .pty_program import PtyProgram
from .test_signals import STUDIO, TIMES, env, is_whole, left_on

FULL = "so nothing can be sent"
WISH = "xylophoneinthemeadow"
"""A letter for each time."""


def test_a_disk_that_is_full_and_has_room_again(tmp_path: Path) -> None:
    with (
        mounted(tmp_path / "data", "1m") as disk,
        running_sandbox(speed=500) as box,
        PtyProgram(STUDIO, env=env(box, tmp_path), columns=100) as program,
    ):
        program.wait(r"\d pts", 60)
        program.type("a picture of a ")
        for at, letter in enumerate(WISH[:TIMES], 1):
            program.type(letter)
            program.wait(rf"(?s)\A(?!.*{FULL}).*{WISH[:at]}")  # new words, and the old word is gone
            filler = fill(disk)
            program.press("ctrl+j")
            program.wait(FULL)
            filler.unlink()
        assert box.ledger()["creates"] == []
        program.press("ctrl+j")
        program.press("escape", "3")
        program.wait("done")
        assert len(box.ledger()["creates"]) == 1
        program.press("escape", "ctrl+q")
        assert program.wait_exit() == 0
        assert left_on(bytes(program.received)) == set()
        assert b"Traceback" not in program.received
        assert is_whole(disk / "ledger.sqlite3")
