"""When to ask the service again: seldom before the earliest plausible end, densely around the
likely one, ever more seldom after it. Pure.

An `Outlook` is what is known about how long a job will take: the estimate, and what the same model
at the same price took here before. From it the best plan follows by going backwards in time: a
question costs so many seconds of waiting (`WORTH`), waiting costs its own length, and no two
questions are closer than the rule allows: every 2 to 5 s, for video every 8 s or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import sqrt

from ima_tui.core.domain import Estimate, Medium, TaskType

FLOOR = 2.0
FLOOR_VIDEO = 8.0
WORTH = {Medium.IMAGE: 3.2, Medium.VIDEO: 4.0, Medium.MUSIC: 3.2, Medium.SPEECH: 3.2}
"""Seconds of knowing earlier that one question more is worth, by seconds of the estimate's width:
wide estimates would else be asked about more seldom."""
UNHURRIED = {"midjourney": 2.6}
"""Models that the service itself wants asked about more seldom: by how much less it is worth."""
EARLY, LATE = 0.01, 0.1
"""Shares of jobs that end before the estimate (most of them failed) and long after it."""
TAIL = 1.5
"""How heavy the end of the late ones is (Pareto's exponent)."""
PRIOR = 3.0
"""The estimate counts as much as so many runs that were seen."""
BLUR = 0.04
"""Runs are not repeated exactly: each stands for its surroundings, this share to both sides."""
STEPS = 200
"""So finely the longest likely duration is looked at, within 4 to 8 steps to the closest gap."""
HORIZON = 1.8
"""Of the longest likely duration: so far the plan is worked out; then gaps grow by a rule."""
LATEST_GAP = 60.0
LONGEST_GAP = 300.0
"""Between two questions, whatever the list says that it takes."""
TIMED_OUT_GAP = 300.0
PATIENCE = 4.0
LEAST_PATIENCE = 900.0
MOST_PATIENCE = 86_400.0
LONGEST_RUN = 6 * 3600.0
"""A run that seems to have taken longer was measured with a clock that was set meanwhile."""


@dataclass(frozen=True, slots=True)
class PollingOutlook:
    """How long a job will take. `seen`: seconds that runs like it took, in any order."""

    medium: Medium
    estimate: Estimate
    seen: tuple[float, ...] = ()
    model_id: str = ""

    @property
    def floor(self) -> float:
        return FLOOR_VIDEO if self.medium is Medium.VIDEO else FLOOR

    @property
    def longest(self) -> float:
        return max((self.estimate.high, *self.seen[-1:]))

    @property
    def steps(self) -> int:
        """Steps of the plan from one question to the closest next one."""
        return max(4, min(8, int(self.floor * STEPS / max(1.0, self.longest))))

    @property
    def worth(self) -> float:
        by_width = WORTH[self.medium] / max(5.0, self.estimate.high - self.estimate.low)
        return by_width * UNHURRIED.get(self.model_id, 1.0)


def outlook(
    task_type: TaskType, estimate: Estimate, seen: Sequence[float] = (), model_id: str = ""
) -> PollingOutlook:
    good = tuple(sorted(round(each, 1) for each in seen if 0 < each <= LONGEST_RUN))
    unhurried = model_id if model_id in UNHURRIED else ""
    return PollingOutlook(task_type.medium, estimate, good, unhurried)


def floor(task_type: TaskType) -> float:
    return FLOOR_VIDEO if task_type.medium is Medium.VIDEO else FLOOR


def due(view: PollingOutlook, asked: float) -> float:
    """When to ask next, if at `asked` it was not done; both in seconds since it was sent."""
    plan = _plan(view)
    step = view.floor / view.steps
    place = max(0, int(asked / step))
    if place < len(plan):
        return min(asked + LONGEST_GAP, max(asked + view.floor, plan[place] * step))
    return asked + _late_gap(view, asked)


def jitter(gap: float, lot: float) -> float:
    """Seconds more, by a lot between 0 and 1, so that jobs of one moment don't march in step."""
    return lot * min(1.0, gap / 40)


def deadline(named: float | None, estimate: Estimate) -> float:
    """Seconds since the sending after which a job is parked: still asked about, seldom. What the
    service named counts most, unless its clock and ours are days apart."""
    if named is None or not 0 < named <= MOST_PATIENCE:
        return max(LEAST_PATIENCE, PATIENCE * estimate.high)
    return max(named, estimate.high)


# ------------------------------------------------------------------------------- the best plan


@lru_cache(maxsize=512)
def _plan(view: PollingOutlook) -> tuple[int, ...]:
    """For each step of time: at which step to ask next, if it was not done at this one."""
    step = view.floor / view.steps
    count = min(2000, int(HORIZON * view.longest / step) + 1)
    reach = count + view.steps
    done = [_share(view, each * step) for each in range(reach + 1)]
    sums = [0.0]  # of `done` over time: from it, how long a finished job was not known of
    for before, after in pairwise(done):
        sums.append(sums[-1] + (before + after) / 2 * step)
    worth = view.worth
    costs = [0.0] * count + [_late_cost(view, each * step) for each in range(count, reach + 1)]
    plan = [0] * count
    for here in range(count - 1, -1, -1):
        alive = max(1e-9, 1 - done[here])
        best = float("inf")
        for there in range(here + view.steps, reach + 1):
            waited = sums[there] - sums[here] - done[here] * (there - here) * step
            cost = worth + (waited + (1 - done[there]) * costs[there]) / alive
            if cost < best:
                best, plan[here] = cost, there
            if worth + waited / alive > best:
                break  # waiting longer only costs more
        costs[here] = best
    return tuple(plan)


def _share(view: PollingOutlook, elapsed: float) -> float:
    """How many of such jobs have ended after so long."""
    runs = len(view.seen)
    share = _share_by_estimate(view.estimate, elapsed) * PRIOR
    for each in view.seen:
        share += _ramp(elapsed, each * (1 - BLUR), each * (1 + BLUR))
    return share / (PRIOR + runs)


def _share_by_estimate(estimate: Estimate, elapsed: float) -> float:
    low, high = estimate.low, max(estimate.high, estimate.low + 1)
    likely = (1 - EARLY - LATE) * _ramp(elapsed, low, high)
    late = LATE * (1 - (high / elapsed) ** TAIL) if elapsed > high else 0.0
    return EARLY * _ramp(elapsed, 0.0, low) + likely + late


def _ramp(elapsed: float, low: float, high: float) -> float:
    if elapsed <= low:
        return 0.0
    return 1.0 if elapsed >= high else (elapsed - low) / (high - low)


def _late_gap(view: PollingOutlook, elapsed: float) -> float:
    """Past the plan: a job that is so late ends at a rate of `TAIL` in its own age."""
    best = sqrt(2 * view.worth * max(elapsed, 1.0) / TAIL)
    return min(LATEST_GAP, max(view.floor, best))


def _late_cost(view: PollingOutlook, elapsed: float) -> float:
    gap = _late_gap(view, elapsed)
    return gap / 2 + view.worth * elapsed / (TAIL - 1) / gap
