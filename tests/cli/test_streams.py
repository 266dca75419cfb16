"""Every verb says what it has to say, whatever the standard streams are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ima_tui import i18n
from ima_tui.core.errors import EXIT_OUTPUT
from ima_tui.i18n import streams
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=200)

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def said(
    sandbox: Sandbox, home: Path, shell: str, **environ: str
) -> subprocess.CompletedProcess[bytes]:
    """`shell`, in which `ima` is the program."""
    dropped = ("IMA_", "LC_", "LANG", "PYTHONIOENCODING", "PYTHONUTF8", "COV_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    env |= {
        "HOME": str(home),
        "IMA_API_KEY": "ima_streams_0001",
        "IMA_BASE_URL": sandbox.base_url,
        "IMA_UPLOAD_URL": sandbox.base_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "LC_ALL": "C.UTF-8",
    }
    program = f'ima() {{ {sys.executable} -m ima_tui "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", program + shell], env=env | environ, capture_output=True, timeout=120
    )


def words(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode()
    assert "Traceback" not in text
    assert "Exception ignored" not in text
    return text


@FULL
@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_an_output_that_can_t_be_written_is_one_sentence_and_exit_code_9(
    sandbox: Sandbox, home: Path, where: str
) -> None:
    for verb in ("models", "--version", "config show --json"):
        done = said(sandbox, home, f"ima {verb} {where}")
        assert done.returncode == EXIT_OUTPUT, verb
        assert len(words(done).splitlines()) == 1


@FULL
def test_a_job_that_was_sent_is_named_where_its_result_can_t_be_written(
    sandbox: Sandbox, home: Path
) -> None:
    for where in ("> /dev/full", "| true; exit ${PIPESTATUS[0]}"):
        before = len(sandbox.ledger()["tasks"])
        done = said(sandbox, home, f"ima generate --task-type text_to_image fox --json {where}")
        sent = len(sandbox.ledger()["tasks"]) - before
        assert sent == 1
        assert done.returncode == EXIT_OUTPUT
        listed = said(sandbox, home, "ima jobs list --json")
        newest = max(job["job_id"] for job in json.loads(listed.stdout)["jobs"])
        assert f"kept: {newest}." in words(done)


def test_nothing_is_sent_where_stdout_is_closed_from_the_start(
    sandbox: Sandbox, home: Path
) -> None:
    before = len(sandbox.ledger()["tasks"])
    done = said(sandbox, home, "ima generate --task-type text_to_image fox --json >&-")
    assert done.returncode == EXIT_OUTPUT
    assert len(sandbox.ledger()["tasks"]) == before


@FULL
@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full", "<&-"])
def test_the_result_is_whole_where_another_stream_is_closed(
    sandbox: Sandbox, home: Path, where: str
) -> None:
    done = said(sandbox, home, f"ima generate --task-type text_to_image fox --json {where}")
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "done"
    words(done)


@pytest.mark.parametrize(
    ("environ", "encoding"),
    [
        ({"LC_ALL": "C"}, "utf-8"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0"}, "ascii"),
        ({"LC_ALL": "en_US.ISO-8859-1"}, "latin-1"),
        ({"LC_ALL": "zh_CN.GBK"}, "gbk"),
        ({"LC_ALL": "xx_XX.nowhere"}, "utf-8"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii"}, "ascii"),
    ],
)
def test_every_encoding_gets_something_readable(
    sandbox: Sandbox, home: Path, environ: dict[str, str], encoding: str
) -> None:
    done = said(sandbox, home, "ima doctor; ima models --json", **environ)
    assert done.returncode == 0, done
    words(done)
    text = done.stdout.decode(encoding)
    assert ("程序" if encoding == "gbk" else "program: ") in text
    assert "?" not in text.partition("{\n")[0]
    assert json.loads(text[text.index("{\n") :])["models"]


def test_a_prompt_is_read_in_the_encoding_of_the_locale(sandbox: Sandbox, home: Path) -> None:
    prompt = "$(printf '\\xba\\xfc\\xc0\\xea')"  # a fox, in GBK
    generate = f"ima generate --task-type text_to_image --dry-run --json {prompt}"
    done = said(sandbox, home, generate, LC_ALL="zh_CN.GBK")
    payload = json.loads(done.stdout)["payload"]
    assert payload["parameters"][0]["parameters"]["prompt"] == "狐狸"
    unread = said(sandbox, home, generate)  # UTF-8 it is not: nobody pays for question marks
    assert unread.returncode == 2
    assert "utf-8" in unread.stdout.decode()


@pytest.mark.parametrize(
    ("text", "form"),
    [("a…b", "a...b"), ("5 → 6 · 7", "5 -> 6 - 7"), ("café “x”", 'cafe "x"'), ("狐", "??")],
)
def test_what_an_encoding_lacks_has_a_plain_form(text: str, form: str) -> None:
    streams.register()
    assert text.encode("ascii", "ima-tui.screen").decode() == form


def test_a_screen_keeps_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.cells import cell_len

    streams.register()
    for text in ("a…b", "狐狸，x", "é→ß“”", "\U0001f98a fox", "e\u0301"):
        assert len(text.encode("ascii", "ima-tui.cells")) == cell_len(text)


def test_a_screen_is_drawn_in_ascii_where_signs_are_lacking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert streams.lacks_signs({"LC_ALL": "C"})
    assert streams.lacks_signs({"LC_ALL": "POSIX"})
    for encoding in ("ascii", "latin-1", "gbk", "cp437"):
        assert not i18n.can_write(encoding, streams.SIGNS)


def test_names_of_files_go_out_as_the_bytes_they_are() -> None:
    streams.register()
    assert "caf\udce9".encode("utf-8", "ima-tui.file") == b"caf\xe9"
