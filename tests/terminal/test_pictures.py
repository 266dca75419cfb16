"""Pictures in a real pty: sent once, and no answer of a terminal becomes keystrokes."""

from __future__ import annotations

import fcntl
import re
import struct
import sys
import termios
from pathlib import Path

import pytest
from PIL import Image

from terminal.pty_program import PtyProgram

PERSON = Path(__file__).with_name("picture_person.py")
UPLOAD = re.compile(rb"\x1b_Ga=T,U=1,f=100,i=(\d+),")
TWO_UPLOADS = re.compile(UPLOAD.pattern + rb".*" + UPLOAD.pattern, re.DOTALL)
SIXEL = re.compile(rb"\x1bP0;1;0q")


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "a.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    return str(path)


def open_gallery(picture: str, **env: str) -> PtyProgram:
    command = [sys.executable, str(PERSON), picture]
    return PtyProgram(command, columns=100, rows=30, env={"COLORTERM": "truecolor", **env})


def give_pixels(program: PtyProgram) -> None:
    """A terminal that tells how large its cells are: 10 x 20."""
    size = struct.pack("HHHH", 30, 100, 1000, 600)
    fcntl.ioctl(program.process.child_fd, termios.TIOCSWINSZ, size)


def read_until(program: PtyProgram, pattern: re.Pattern[bytes], seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.1)):
        if pattern.search(bytes(program.received)):
            return
        program.read(0.1)
    raise AssertionError(f"{pattern.pattern!r} was never sent")


def test_kitty_is_sent_a_picture_once_a_size_and_it_is_taken_away_at_the_end(picture: str) -> None:
    with open_gallery(picture, TERM="xterm-kitty") as program:
        program.wait("newest first")
        program.press("end")
        read_until(program, UPLOAD)
        program.press("3")
        program.wait(r"\[3 Queue")
        program.press("end")
        read_until(program, TWO_UPLOADS)  # smaller, beside the job
        for number in ("4", "3", "4"):
            program.press(number)
            program.wait(rf"\[{number} ")
            program.press("up", "down")
        program.read(1.0)
        program.press("ctrl+q")
        program.wait_exit()
        sent = bytes(program.received)
    numbers = UPLOAD.findall(sent)
    assert len(numbers) == len(set(numbers)) == 2
    for number in numbers:
        assert b"\x1b_Ga=d,d=I,q=2,i=" + number in sent
    assert "\U0010eeee".encode() in sent


def test_a_terminal_that_answers_late_and_in_pieces_gets_sixel_and_no_keys(picture: str) -> None:
    with open_gallery(picture) as program:
        give_pixels(program)
        program.wait("newest first")
        program.press("/")
        read_until(program, re.compile(rb"\x1b\[c"))
        program.read(1.0)  # far later than anything waits for it
        for piece in ("\x1b[?6", "2;4;2", "2c"):
            program.type(piece)
            program.read(0.3)
        program.type("fox")
        program.wait("fox")
        line = program.text.splitlines()[1]
        assert "62" not in line
        assert "[" not in line
        program.press("enter", "home", "end", "v", "enter")
        read_until(program, SIXEL)
        program.press("escape", "ctrl+q")
        program.wait_exit()


def test_a_terminal_that_says_no_gets_blocks(picture: str) -> None:
    with open_gallery(picture) as program:
        program.wait("newest first")
        read_until(program, re.compile(rb"\x1b\[c"))
        program.type("\x1b[?62;22c")
        program.press("end")
        program.wait("▀▀▀")
        program.press("ctrl+q")
        program.wait_exit()
        assert not SIXEL.search(bytes(program.received))
        assert not UPLOAD.search(bytes(program.received))


def test_in_sixteen_colours_or_none_a_picture_is_dots(picture: str) -> None:
    for env in ({"NO_COLOR": "1"}, {"TERM": "xterm-16color", "COLORTERM": ""}):
        with open_gallery(picture, **env) as program:
            program.wait("newest first")
            program.press("end")
            program.wait("[⠁-⣿]{4}")
            program.press("ctrl+q")
            program.wait_exit()
