"""Two windows and a batch on one ledger: one window is killed, or frozen, in the middle.

Every process notes each of its questions before it asks, and the service judges the pace: each
job has one asker at a time, all end, none is charged twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WINDOWS = Path(__file__).with_name("windows.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork and SIGKILL")


def play(scene: str, jobs: int) -> dict[str, Any]:
    command = [sys.executable, str(WINDOWS), scene, "--jobs", str(jobs)]
    played = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert played.returncode in (0, 1), played.stdout
    told: dict[str, Any] = json.loads(played.stdout)
    print(scene, told)
    assert told["broken"] == []
    return told


def test_500_jobs_of_two_windows_and_a_batch_survive_one_of_them() -> None:
    told = play("killed", 500)
    assert told["jobs"] >= 400  # the dead one may not have submitted all of its share
    assert told["askers"] >= 3
    assert told["orphans"]  # the dead one's, which the others brought to their ends
    assert told["states"].get("unknown", 0) <= 24  # what it was just sending
    assert set(told["states"]) <= {"done", "unknown"}


@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_window_that_was_frozen_leaves_to_others_what_they_took_over(moment: str) -> None:
    """With a question decided but not yet written, and with one on its way."""
    told = play(f"frozen-{moment}", 24)
    assert told["takeovers"]
    assert told["states"] == {"done": 24}
