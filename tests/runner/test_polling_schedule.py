"""When to ask: seldom early, densely around the likely end, ever more seldom after it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.core.domain import Estimate, TaskType
from ima_tui.runner import polling_schedule

T2I, T2V, TTS = TaskType.TEXT_TO_IMAGE, TaskType.TEXT_TO_VIDEO, TaskType.TEXT_TO_SPEECH


def plan(
    kind: TaskType, low: float, high: float, seen: Sequence[float] = (), count: int = 60
) -> list[float]:
    view = polling_schedule.outlook(kind, Estimate(low, high), seen)
    times = [0.0]
    for _ in range(count):
        times.append(polling_schedule.due(view, times[-1]))
    return times


@given(
    st.sampled_from(list(TaskType)),
    st.floats(0, 2000),
    st.floats(0, 2000),
    st.lists(st.floats(-5, 5000), max_size=20),
)
def test_never_denser_than_allowed_and_always_again(
    kind: TaskType, one: float, two: float, seen: list[float]
) -> None:
    least = 8.0 if kind in list(TaskType)[2:6] else 2.0
    times = plan(kind, min(one, two), max(one, two), seen, 40)
    assert all(after - before >= least - 1e-6 for before, after in pairwise(times))
    assert all(after - before < 6000 for before, after in pairwise(times))


@pytest.mark.parametrize(("kind", "low", "high"), [(T2I, 25, 60), (T2V, 90, 180), (TTS, 5, 30)])
def test_few_questions_before_the_earliest_end_and_growing_gaps_after_the_latest(
    kind: TaskType, low: float, high: float
) -> None:
    times = plan(kind, low, high, count=400)
    assert sum(0 < each < low for each in times) <= 4
    gaps = [after - before for before, after in pairwise(times) if before > 4 * high]
    assert gaps[-1] > gaps[0]
    assert gaps[-1] <= polling_schedule.LATEST_GAP
    view = polling_schedule.outlook(kind, Estimate(low, high))
    inside = [after - before for before, after in pairwise(times) if low < before < high - 10]
    assert max(inside) <= 2 * view.floor


def test_what_was_seen_says_where_to_look() -> None:
    seen = [100.0 + i / 10 for i in range(20)]
    blind, knowing = plan(T2I, 20, 200), plan(T2I, 20, 200, seen)
    before = sum(0 < each < 90 for each in knowing)
    assert before * 3 < sum(0 < each < 90 for each in blind)
    assert sum(95 < each < 108 for each in knowing) >= 4


def test_the_plan_is_quick_to_make() -> None:
    """It is made on the event loop, once for each job."""
    import time

    seen = [180.0 + 9 * i for i in range(20)]
    start = time.process_time()
    polling_schedule.due(polling_schedule.outlook(T2V, Estimate(180, 361), seen), 0.0)
    assert time.process_time() - start < 0.2


def test_jitter_only_ever_waits_a_little_longer() -> None:
    assert [polling_schedule.jitter(2.0, 0.0), polling_schedule.jitter(2.0, 1.0)] == [0.0, 0.05]
    assert polling_schedule.jitter(600.0, 1.0) == 1.0
