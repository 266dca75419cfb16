"""Two windows and a batch on one ledger: one window is killed, or frozen, in the middle.

Every process notes each of its questions before it asks, and the service judges the pace: each
job has one asker at a time, all end, none is charged twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WINDOWS = Path(__file__).with_name("windows.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork and SIGKILL")


Stage = dict[str, "subprocess.Popen[str]"]
SCENES = {"killed": 500, "frozen-before": 24, "frozen-during": 24}
"""How many jobs each has. They mostly wait, so they are played side by side."""


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    names = " ".join(item.name for item in request.session.items)
    wanted = {
        "killed": "test_500_jobs" in names,
        "frozen-before": "[before]" in names,
        "frozen-during": "[during]" in names,
    }
    playing = {
        scene: subprocess.Popen(
            [sys.executable, str(WINDOWS), scene, "--jobs", str(jobs)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for scene, jobs in SCENES.items()
        if wanted[scene]
    }
    yield playing
    for process in playing.values():
        process.kill()
        process.wait()


def end_of(scene: str, stage: Stage) -> dict[str, Any]:
    said = stage[scene].communicate()[0]
    assert stage[scene].returncode in (0, 1), said
    told: dict[str, Any] = json.loads(said)
    print(scene, told)
    assert told["broken"] == []
    return told


def test_500_jobs_of_two_windows_and_a_batch_survive_one_of_them(stage: Stage) -> None:
    told = end_of("killed", stage)
    assert told["jobs"] >= 400  # the dead one may not have submitted all of its share
    assert told["askers"] >= 3
    assert told["orphans"]  # the dead one's, which the others brought to their ends
    assert told["states"].get("unknown", 0) <= 24  # what it was just sending
    assert set(told["states"]) <= {"done", "unknown"}


@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_window_that_was_frozen_leaves_to_others_what_they_took_over(
    moment: str, stage: Stage
) -> None:
    """With a question decided but not yet written, and with one on its way."""
    told = end_of(f"frozen-{moment}", stage)
    assert told["takeovers"]
    assert told["states"] == {"done": 24}
