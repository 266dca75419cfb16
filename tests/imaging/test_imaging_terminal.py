"""Which way to pictures a terminal has, and how its answer is heard."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from ima_tui.imaging.terminal import (
    ImageProtocol,
    ProtocolChoice,
    ReplyListener,
    Tmux,
    ask_tmux,
    choose,
    no_copies,
)

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-kitty"}, ImageProtocol.KITTY),
        ({**XTERM, "KITTY_WINDOW_ID": "1"}, ImageProtocol.KITTY),
        ({**XTERM, "TERM_PROGRAM": "ghostty"}, ImageProtocol.KITTY),
        ({"TERM": "xterm-ghostty"}, ImageProtocol.KITTY),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app"}, ImageProtocol.ITERM2),
        ({**XTERM, "LC_TERMINAL": "iTerm2", "SSH_TTY": "/dev/pts/1"}, ImageProtocol.ITERM2),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, ImageProtocol.ITERM2),
        ({"TERM": "foot"}, ImageProtocol.SIXEL),
        ({"TERM": "foot-extra"}, ImageProtocol.SIXEL),
        ({"TERM": "mlterm-256color"}, ImageProtocol.SIXEL),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, ImageProtocol.BLOCKS),
        ({"TERM": "linux"}, ImageProtocol.BLOCKS),
        ({"TERM": "screen-256color", "STY": "1.pts"}, ImageProtocol.BLOCKS),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1", "STY": "1"}, ImageProtocol.BLOCKS),
    ],
)
def test_the_environment_tells(environ: dict[str, str], way: ImageProtocol) -> None:
    assert choose("auto", environ) == ProtocolChoice(way)


def test_a_terminal_that_may_know_sixel_is_asked() -> None:
    assert choose("auto", XTERM) == ProtocolChoice(ImageProtocol.BLOCKS, ask=True)
    assert choose("auto", {}) == ProtocolChoice(ImageProtocol.BLOCKS, ask=True)


@pytest.mark.parametrize("setting", ["kitty", "iterm2", "sixel", "blocks", "off"])
def test_a_setting_is_followed_whatever_the_terminal(setting: str) -> None:
    assert choose(setting, {"TERM": "xterm-kitty"}) == ProtocolChoice(ImageProtocol(setting))


def test_in_tmux_only_what_it_lets_through() -> None:
    environ = {"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "KITTY_WINDOW_ID": "1"}
    assert choose("auto", environ, Tmux("xterm-kitty", passes=True)) == ProtocolChoice(
        ImageProtocol.KITTY, in_tmux=True
    )
    for tmux in (Tmux("xterm-kitty"), Tmux("xterm-256color", passes=True), None):
        assert choose("auto", environ, tmux) == ProtocolChoice(ImageProtocol.BLOCKS, ask=True)


# ------------------------------------------------------------------------------------ the answer


def heard(*pieces: str) -> tuple[str, bool]:
    listener = ReplyListener()
    listener.awaited = True
    left = "".join(listener.take(piece) for piece in pieces)
    return left, listener.sixel


def test_the_answer_is_taken_out_of_what_is_typed() -> None:
    assert heard("ab\x1b[?62;4;22ccd") == ("abcd", True)
    assert heard("\x1b[?1;2c") == ("", False)
    assert heard("\x1b[?64;1;2;4;6;8;15;18;21;22;28;29;42;52c") == ("", True)
    assert heard("\x1b[?4c") == ("", False)  # the first number is the terminal's age


@pytest.mark.parametrize("cut", range(2, 12))
def test_an_answer_in_two_pieces_becomes_no_keys(cut: int) -> None:
    answer = "\x1b[?62;4;22c"
    assert heard("x" + answer[:cut], answer[cut:] + "y") == ("xy", True)


def test_of_an_answer_cut_after_its_escape_the_rest_is_taken() -> None:
    assert heard("\x1b", "[?62;4c", "q") == ("\x1bq", True)


@pytest.mark.parametrize(
    "keys", ["q", "\x1b", "\x1b[A", "\x1bOP", "\x1b[?2026;2$y", "\x1b[200~[?1c"]
)
def test_keys_and_other_answers_come_through_while_it_waits(keys: str) -> None:
    assert heard(keys)[0] == keys


def test_who_asked_nothing_takes_nothing() -> None:
    assert ReplyListener().take("\x1b[?62;4c") == "\x1b[?62;4c"


@pytest.mark.parametrize(
    ("environ", "tmux", "why"),
    [
        (XTERM, None, ""),
        ({**XTERM, "TMUX": "x"}, Tmux("xterm", copies=True), ""),
        ({**XTERM, "TMUX": "x"}, Tmux("xterm", passes=True), ""),
        ({**XTERM, "TMUX": "x"}, Tmux("xterm"), "clipboard.tmux"),
        ({**XTERM, "TMUX": "x"}, Tmux("linux", copies=True), "clipboard.console"),
        ({"TERM": "screen", "STY": "1.pts"}, None, "clipboard.screen"),
        ({"TERM": "screen-256color"}, None, "clipboard.nested"),
        ({"TERM": "linux"}, None, "clipboard.console"),
        ({"TERM": "vt220"}, None, "clipboard.console"),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, None, "clipboard.apple"),
    ],
)
def test_what_keeps_a_copy_from_arriving_is_known(
    environ: dict[str, str], tmux: Tmux | None, why: str
) -> None:
    assert no_copies(environ, tmux) == why


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
@pytest.mark.parametrize(("setting", "arrives"), [("on", True), ("external", False)])
def test_tmux_is_asked_whether_it_passes_copies_on(
    setting: str, arrives: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "s"), "-f", os.devnull]
    run = partial(subprocess.run, check=True, capture_output=True, text=True)
    run([*tmux, "new-session", "-d", "sleep 60"], env={**os.environ, "TERM": "xterm"})
    try:
        run([*tmux, "set", "-s", "set-clipboard", setting])
        where = run([*tmux, "display-message", "-p", "#{socket_path},#{pid},0"]).stdout.strip()
        monkeypatch.setenv("TMUX", where)
        assert ask_tmux().copies is arrives
        assert (no_copies(os.environ, ask_tmux()) == "") is arrives
    finally:
        run([*tmux, "kill-server"])
