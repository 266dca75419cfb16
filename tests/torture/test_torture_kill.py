"""Killed at every commit boundary, at random moments, in the middle of a create, and while it
recovers from that: nothing is lost and nothing is paid twice.

`make test` asks for 10 random moments, `make slow` for 300, `make torture` for 3,000.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ORDEAL = Path(__file__).with_name("ordeal.py")
MOMENTS = int(os.environ.get("TORTURE_MOMENTS", "10"))
WORKERS = 1 if MOMENTS == 10 else 2
"""Each has a service and a warm process of its own, which cost more than ten moments."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork and SIGKILL")


def suffer(kind: str, count: int = 0) -> dict[str, Any]:
    """Run an ordeal's shares side by side; what they counted, together."""
    command = [sys.executable, str(ORDEAL), kind, "--count", str(count), "--workers", str(WORKERS)]
    shares = [
        subprocess.Popen([*command, "--worker", str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(WORKERS)
    ]
    total: Counter[str] = Counter()
    states: Counter[str] = Counter()
    broken: list[str] = []
    for said, share in [(share.communicate()[0], share) for share in shares]:
        assert share.returncode in (0, 1), said
        tally = json.loads(said)
        broken += tally["broken"]
        states.update(tally["states"])
        total.update(
            {key: tally[key] for key in ("runs", "lives", "kills", "kills_in_recovery", "cuts")}
        )
    print(kind, dict(total), dict(states))
    assert broken == []
    return {**total, "states": states}


def test_killed_right_before_and_right_after_every_commit() -> None:
    tally = suffer("boundaries")
    assert tally["runs"] > 2 * 30  # six jobs have more commits than that
    assert tally["kills_in_recovery"]
    assert {"done", "failed", "unknown"} <= set(tally["states"])


def test_killed_at_random_moments_and_while_it_recovers() -> None:
    tally = suffer("moments", MOMENTS)
    assert tally["kills"] - tally["kills_in_recovery"] == MOMENTS
    assert tally["kills_in_recovery"]


def test_killed_before_a_create_in_the_middle_of_it_and_with_its_answer_in_hand() -> None:
    """The twelfth fault point, a hundred times."""
    tally = suffer("creates", 100)
    assert tally["kills"] == 100
    assert tally["states"]["unknown"] >= 100


def test_a_ledger_that_is_lost_is_restored_and_nothing_is_paid_twice() -> None:
    """Truncated, removed (with its copies), replaced by an older copy: each at four moments in the
    usual run, at fifty in `make torture`."""
    count = 50 if MOMENTS >= 3000 else 4
    tally = suffer("cuts", count)
    assert tally["cuts"] >= 4 * count
