"""Every test: hypothesis repeats itself, nothing of the person's own is read or written."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

# a run started in the background ignores SIGINT, and every child would inherit that
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """On all cores where pytest-xdist is installed, unless `-n` or `-p no:xdist` says otherwise."""
    if hasattr(config, "workerinput"):
        return  # a worker that started workers of its own would never end
    if config.pluginmanager.hasplugin("xdist") and config.option.numprocesses is None:
        config.option.numprocesses = "auto"
        config.option.dist = "loadfile"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two a core: half of the suite waits, for the sandbox, for a clock, for a pty."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def keys_that_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test presses faster than any hand: each of its keys is meant."""
    if "textual" in sys.modules:
        from ima_tui.tui.shell import confirm_bar

        monkeypatch.setattr(confirm_bar, "HELD", 0.0)
