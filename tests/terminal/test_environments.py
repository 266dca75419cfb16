"""What the screen says and draws in environments that stand in its way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .pty_program import PtyProgram

STUDIO = [sys.executable, "-m", "ima_tui"]
UNUSABLE = {"HTTPS_PROXY": "foo://1", "ALL_PROXY": "http://127.0.0.1:99999", "HTTP_PROXY": "::"}


def env(home: Path, **more: str) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "IMA_API_KEY": "ima_environment_0001",
        **more,
    }


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("ALL_PROXY", "foo://127.0.0.1:1", "Use http://"),
        ("SSL_CERT_FILE", "/nowhere.pem", "or unset SSL_CERT_FILE"),
    ],
)
def test_the_screen_names_a_setting_that_can_t_be_used(
    tmp_path: Path, variable: str, value: str, advice: str
) -> None:
    """IMA's own address: the setting keeps it from being asked."""
    proxyless = {"HTTPS_PROXY": "", "https_proxy": "", "no_proxy": "", "NO_PROXY": ""}
    with PtyProgram(STUDIO, env=env(tmp_path, **proxyless, **{variable: value})) as program:
        program.wait(variable, 60)
        program.wait(advice, 60)
        program.wait("can't reach IMA", 60)
        program.press("ctrl+q")
        assert program.wait_exit() == 0


def test_the_demo_works_whatever_the_network_s_settings_are(tmp_path: Path) -> None:
    broken = {**UNUSABLE, "SSL_CERT_FILE": "/nowhere.pem", "REQUESTS_CA_BUNDLE": "/nowhere.pem"}
    with PtyProgram([*STUDIO, "demo"], env=env(tmp_path, **broken)) as program:
        program.wait(r"\d pts", 60)
        program.press("ctrl+q")
        assert program.wait_exit() == 0


@pytest.mark.parametrize(
    "places",
    [
        {"LC_ALL": "en_US.ISO-8859-1"},
        {"LC_ALL": "C", "TERM": "vt100"},
        {"LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_the_screen_is_drawn_with_the_signs_that_the_encoding_has(
    tmp_path: Path, places: dict[str, str]
) -> None:
    with PtyProgram([*STUDIO, "demo"], env=env(tmp_path, **places)) as program:
        program.wait(r"\d pts", 60)
        program.press("escape", "3")
        program.wait(r"\[3 Queue\]", 30)
        program.press("ctrl+q")
        assert program.wait_exit() == 0
        assert bytes(program.received).isascii()


def test_the_screen_is_written_in_the_encoding_of_the_locale(tmp_path: Path) -> None:
    place = env(tmp_path, LC_ALL="zh_CN.GBK")
    with PtyProgram([*STUDIO, "demo"], env=place, encoding="gbk") as program:
        program.wait(r"\d 积分", 60)
        program.press("ctrl+q")
        assert program.wait_exit() == 0


@pytest.mark.parametrize("term", ["dumb", "unknown", "", "emacs"])
def test_a_terminal_that_can_t_draw_is_told_of_the_verbs(tmp_path: Path, term: str) -> None:
    with PtyProgram(STUDIO, env=env(tmp_path, TERM=term)) as program:
        program.wait(r"the commands: ima-tui\sgenerate", 60)
        assert program.wait_exit() == 2


def test_the_screen_is_on_the_terminal_where_stderr_leads_elsewhere(tmp_path: Path) -> None:
    command = f"{sys.executable} -m ima_tui demo 2>/dev/null"
    with PtyProgram(["bash", "-c", command], env=env(tmp_path)) as program:
        program.wait(r"\d pts", 60)
        program.press("ctrl+q")
        assert program.wait_exit() == 0
