"""Polling schedule: rare before the earliest likely end, dense around the likely one, rarer after.

A `PollingOutlook` holds the estimate and past durations of the same model at the same price. The
best schedule follows by dynamic programming backwards in time: a request costs `WORTH` seconds of
waiting, waiting costs its own length, and gaps are at least those of the founding document (2 to 5
s, video 8 s). Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import sqrt

from ima_tui.core.domain import Estimate, Medium, TaskType
from ima_tui.core.records import dataclass

FLOOR = 2.0
FLOOR_VIDEO = 8.0
WORTH = {Medium.IMAGE: 3.2, Medium.VIDEO: 4.0, Medium.MUSIC: 3.2, Medium.SPEECH: 3.2}
"""Cost of one request in seconds of waiting, per second of the estimate's width.

Without that factor wide estimates would be polled less often.
"""
UNHURRIED = {"midjourney": 2.6}
"""Models that the service wants polled less often, with the factor."""
EARLY, LATE = 0.01, 0.1
"""Shares of jobs that end before the estimate (mostly failed), and long after it."""
TAIL = 1.5
"""Exponent of the Pareto distribution of late jobs."""
PRIOR = 3.0
"""Weight of the estimate, in past runs."""
BLUR = 0.04
"""Each past run is spread by this share to both sides."""
STEPS = 200
"""Maximum time steps of the longest likely duration, with 4 to 8 steps per minimum gap."""
HORIZON = 1.8
"""The schedule is computed up to this multiple of the longest likely duration.

Later gaps follow a rule.
"""
LATEST_GAP = 60.0
LONGEST_GAP = 300.0
"""Maximum gap in seconds, whatever the estimate."""
TIMED_OUT_GAP = 300.0
PATIENCE = 4.0
LEAST_PATIENCE = 900.0
MOST_PATIENCE = 86_400.0
LONGEST_RUN = 6 * 3600.0
"""Longer past runs, in seconds, were measured with a clock that was set meanwhile."""


@dataclass(frozen=True, slots=True)
class PollingOutlook:
    """What is known about a job's duration. `seen`: seconds of past runs, rising."""

    medium: Medium
    estimate: Estimate
    seen: tuple[float, ...] = ()
    model_id: str = ""

    @property
    def floor(self) -> float:
        """Minimum gap in seconds."""
        return FLOOR_VIDEO if self.medium is Medium.VIDEO else FLOOR

    @property
    def longest(self) -> float:
        """Longest likely duration in seconds."""
        return max((self.estimate.high, *self.seen[-1:]))

    @property
    def steps(self) -> int:
        """Number of time steps per minimum gap."""
        return max(4, min(8, int(self.floor * STEPS / max(1.0, self.longest))))

    @property
    def worth(self) -> float:
        """Cost of one request in seconds of waiting."""
        by_width = WORTH[self.medium] / max(5.0, self.estimate.high - self.estimate.low)
        return by_width * UNHURRIED.get(self.model_id, 1.0)


def outlook(
    task_type: TaskType, estimate: Estimate, seen: Sequence[float] = (), model_id: str = ""
) -> PollingOutlook:
    """Build an outlook from the estimate and past durations in seconds.

    Implausible ones are dropped.
    """
    good = tuple(sorted(round(each, 1) for each in seen if 0 < each <= LONGEST_RUN))
    unhurried = model_id if model_id in UNHURRIED else ""
    return PollingOutlook(task_type.medium, estimate, good, unhurried)


def floor(task_type: TaskType) -> float:
    """Return the minimum gap in seconds."""
    return FLOOR_VIDEO if task_type.medium is Medium.VIDEO else FLOOR


def due(view: PollingOutlook, asked: float) -> float:
    """Return when to poll next if the job was not done at `asked`.

    Both in seconds since it was sent.
    """
    schedule = _schedule(view)
    step = view.floor / view.steps
    place = max(0, int(asked / step))
    if place < len(schedule):
        return min(asked + LONGEST_GAP, max(asked + view.floor, schedule[place] * step))
    return asked + _late_gap(view, asked)


def jitter(gap: float, lot: float) -> float:
    """Return extra seconds by a random `lot` (0 to 1), to spread jobs that were sent together."""
    return lot * min(1.0, gap / 40)


def deadline(named: float | None, estimate: Estimate) -> float:
    """Return the seconds after which a job times out and is then polled rarely.

    The service's own deadline has priority, unless its clock and ours are days apart.
    """
    if named is None or not 0 < named <= MOST_PATIENCE:
        return max(LEAST_PATIENCE, PATIENCE * estimate.high)
    return max(named, estimate.high)


# -------------------------------------------------------------------------- dynamic programming


@lru_cache(maxsize=512)
def _schedule(view: PollingOutlook) -> tuple[int, ...]:
    """Return, for each time step, the step of the next poll if the job is not done then."""
    step = view.floor / view.steps
    count = min(2000, int(HORIZON * view.longest / step) + 1)
    reach = count + view.steps
    done = [_share(view, each * step) for each in range(reach + 1)]
    sums = [0.0]  # integral of `done`: how long a finished job remained unnoticed
    for before, after in pairwise(done):
        sums.append(sums[-1] + (before + after) / 2 * step)
    worth = view.worth
    later = [0.0] * count  # cost after a poll, times the share of jobs that are not done by then
    later += [(1 - done[each]) * _late_cost(view, each * step) for each in range(count, reach + 1)]
    schedule = [0] * count
    # A later poll costs sums[there] + later[there] - slope * there, and slope falls with `here`:
    # only the lower convex hull matters, and the best point moves towards its newer end.
    hull = deque([(reach, sums[reach] + later[reach])])
    for here in range(count - 1, -1, -1):
        there = here + view.steps
        _extend(hull, there, sums[there] + later[there])
        slope = done[here] * step
        while len(hull) > 1 and hull[1][1] - slope * hull[1][0] <= hull[0][1] - slope * hull[0][0]:
            hull.popleft()
        schedule[here], best = hull[0]
        waited = best - slope * schedule[here] - sums[here] + slope * here
        later[here] = (1 - done[here]) * (worth + waited / max(1e-9, 1 - done[here]))
    return tuple(schedule)


def _extend(hull: deque[tuple[int, float]], place: int, cost: float) -> None:
    """Append a point that lies before all of the hull, and drop what is no longer on it."""
    while len(hull) > 1:
        (before, dear), (last, cheap) = hull[-2], hull[-1]
        if (cheap - cost) * (before - last) < (dear - cheap) * (last - place):
            break
        hull.pop()
    hull.append((place, cost))


def _share(view: PollingOutlook, elapsed: float) -> float:
    """Return the share of such jobs that ended after `elapsed` seconds."""
    ended = bisect_right(view.seen, elapsed / (1 + BLUR))
    begun = bisect_right(view.seen, elapsed / (1 - BLUR))
    share = _share_by_estimate(view.estimate, elapsed) * PRIOR + ended
    for each in view.seen[ended:begun]:
        share += _ramp(elapsed, each * (1 - BLUR), each * (1 + BLUR))
    return share / (PRIOR + len(view.seen))


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
    """Return the gap beyond the schedule; late jobs end at a rate of `TAIL` per own age."""
    best = sqrt(2 * view.worth * max(elapsed, 1.0) / TAIL)
    return min(LATEST_GAP, max(view.floor, best))


def _late_cost(view: PollingOutlook, elapsed: float) -> float:
    gap = _late_gap(view, elapsed)
    return gap / 2 + view.worth * elapsed / (TAIL - 1) / gap
