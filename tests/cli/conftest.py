"""One verb in this process, in an empty home, against the sandbox."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked import Forker, forking
from verbs import KEY, Said, Verb

from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
from ima_tui.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def anchor() -> float:
    """When the clock of all forked runs began."""
    return time.time()


@pytest.fixture(scope="session")
def forker(anchor: float) -> Iterator[Forker]:
    """A warm process whose runs start at once and are killed."""
    with forking({}, anchor) as warm:
        yield warm


@pytest.fixture(scope="session")
def other(anchor: float) -> Iterator[Forker]:
    """A second one, for two runs at once."""
    with forking({}, anchor) as warm:
        yield warm


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Path:
    """A person's home with nothing in it; the service is the sandbox."""
    for name in list(os.environ):
        if name.startswith(("IMA_", "XDG_", "LC_")):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "IMA_TUI_CONFIG": str(tmp_path / "config.toml"),
        "IMA_TUI_DATA_DIR": str(tmp_path / "data"),
        "IMA_PREFS_PATH": str(tmp_path / "ima_prefs.json"),
        "IMA_API_KEY": KEY,
        "IMA_BASE_URL": sandbox.base_url,
        "IMA_UPLOAD_URL": sandbox.base_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    # an upload is signed with it: five minutes are three seconds
    monkeypatch.setattr(session, "clock", ScaledClock(100.0))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ima(home: Path, capfd: pytest.CaptureFixture[str]) -> Verb:
    """ima("generate", …): its exit code and what it wrote. The key is never in that."""

    def run(*words: str) -> Said:
        capfd.readouterr()
        try:
            code = cli.run(list(words))
        except SystemExit as over:
            code = int(str(over.code or 0))
        out, err = capfd.readouterr()
        assert KEY not in out + err
        assert "Traceback" not in err
        return Said(code, out, err)

    return run
