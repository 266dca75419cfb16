"""When to ask the service again: seldom before the earliest plausible end, densely around the
likely one, ever more seldom after it. Pure.

Rule: every 2 to 5 s, for video every 8 s or more.
"""

from __future__ import annotations

from ima_tui.domain import Estimate, Medium, TaskType

FLOOR = 2.0
FLOOR_VIDEO = 8.0
EARLY_GAP = 20.0
LATEST_GAP = 60.0
PARKED_GAP = 300.0
EARLIEST = 0.6
"""Of the lower estimate: before it hardly any job is done."""
OVERDUE = 1.25
"""Of the upper estimate: after it a job takes longer than usual."""
PATIENCE = 4.0
LEAST_PATIENCE = 900.0


def floor(task_type: TaskType) -> float:
    return FLOOR_VIDEO if task_type.medium is Medium.VIDEO else FLOOR


def gap(task_type: TaskType, estimate: Estimate, elapsed: float) -> float:
    """Seconds to wait before the next question."""
    least = floor(task_type)
    early = EARLIEST * estimate.low - elapsed
    if early > least:
        return min(early, EARLY_GAP)
    late = elapsed - OVERDUE * estimate.high
    return least if late <= 0 else min(LATEST_GAP, least + late / 5)


def deadline(sent_at: float, named: float | None, estimate: Estimate) -> float:
    """After it a job is parked: still asked about, seldom. The service's own word counts most."""
    ours = sent_at + max(LEAST_PATIENCE, PATIENCE * estimate.high)
    return max(named, sent_at + estimate.high) if named is not None else ours


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(60, 2 ** min(failures, 6)))
