"""How soon a finished job is known of, and at how many questions, against fixed intervals.

    python benchmarks/polling.py

A virtual clock: no second passes. Durations are drawn from the ranges that the service's own
documentation names for its models, and from a heavy tail (one in ten takes longer than the range,
some many times as long). It also names a fixed interval for each; that is the comparison. With
"history" the same model ran twenty times before, and runs differ by a tenth.

Beside our delay stands the least that any schedule could have that knows the distribution exactly,
asks no more often than the fixed one and keeps the service's own gap (`least_delay`). Where even
that is more than half of the fixed one's, the goal can't be had.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import least_delay

from ima_tui.core.domain import Estimate, TaskType
from ima_tui.runner import polling_schedule

RUNS = 4_000
T = TaskType


@dataclass(frozen=True)
class Row:
    name: str
    task_type: TaskType
    low: float
    high: float
    every: float
    """The documented interval, in seconds."""

    @property
    def model_id(self) -> str:
        return self.name.lower()


_IMAGES = (("SeeDream 4.5", 25, 60, 5), ("Nano Banana 2", 20, 40, 5),
           ("Nano Banana Pro", 60, 120, 5), ("Midjourney", 40, 90, 8))  # fmt: skip
_FILMS = (("Wan, Hailuo, Vidu", 60, 120, 8), ("SeeDance, Kling 2.6", 90, 180, 8),
          ("Kling O1, Sora 2", 180, 360, 8))  # fmt: skip
ROWS = (
    *(Row(name, T.TEXT_TO_IMAGE, low, high, every) for name, low, high, every in _IMAGES),
    *(Row(name, T.IMAGE_TO_IMAGE, low, high, every) for name, low, high, every in _IMAGES),
    *(Row(name, T.TEXT_TO_VIDEO, low, high, every) for name, low, high, every in _FILMS),
    *(Row(name, T.IMAGE_TO_VIDEO, low, high, every) for name, low, high, every in _FILMS),
    Row("Kling O1, Veo 3.1", T.FIRST_LAST_FRAME, 180, 360, 8),
    Row("Kling O1, Veo 3.1", T.REFERENCE_TO_VIDEO, 180, 360, 8),
    Row("DouBao", T.TEXT_TO_MUSIC, 10, 25, 5),
    Row("Suno", T.TEXT_TO_MUSIC, 20, 45, 5),
    Row("any voice", T.TEXT_TO_SPEECH, 5, 30, 3),
)
Draw = Callable[[random.Random, Row], float]


def in_range(lots: random.Random, row: Row) -> float:
    return lots.uniform(row.low, row.high)


def heavy_tail(lots: random.Random, row: Row) -> float:
    late = lots.random() < 0.1
    return row.high * lots.paretovariate(1.5) if late else in_range(lots, row)


def fixed(row: Row, durations: Iterable[float]) -> tuple[float, float]:
    """Mean delay and mean questions of asking every so many seconds from the start."""
    counts = [(took, ceil(took / row.every)) for took in durations]
    delays = sum(count * row.every - took for took, count in counts)
    return delays / len(counts), sum(count for _, count in counts) / len(counts)


def ours(
    view: polling_schedule.PollingOutlook, lots: random.Random, took: float
) -> tuple[float, int]:
    asked, questions = 0.0, 0
    while True:
        then = polling_schedule.due(view, asked)
        then += polling_schedule.jitter(then - asked, lots.random())
        assert then - asked >= view.floor
        asked, questions = then, questions + 1
        if asked >= took:
            return asked - took, questions


def planned(row: Row, lots: random.Random, durations: list[float]) -> tuple[float, float]:
    view = polling_schedule.outlook(row.task_type, Estimate(row.low, row.high), (), row.model_id)
    found = [ours(view, lots, took) for took in durations]
    return tuple(sum(each) / len(found) for each in zip(*found, strict=True))


def learned(row: Row, lots: random.Random) -> tuple[list[float], tuple[float, float]]:
    """Models that are as regular as machines are: what was seen says what comes."""
    took_all: list[float] = []
    found: list[tuple[float, int]] = []
    for _ in range(40):
        usual = lots.uniform(row.low, row.high)

        def draw(usual: float = usual) -> float:
            return max(1.0, lots.gauss(usual, usual / 30))

        seen = [draw() for _ in range(20)]
        view = polling_schedule.outlook(
            row.task_type, Estimate(row.low, row.high), seen, row.model_id
        )
        for _ in range(RUNS // 40):
            took_all.append(draw())
            found.append(ours(view, lots, took_all[-1]))
    mean = tuple(sum(each) / len(found) for each in zip(*found, strict=True))
    return took_all, mean


@lru_cache
def bound(kind: str, low: float, high: float, every: float, floor: float) -> float:
    """The least delay there is, at no more questions than the fixed schedule's."""
    if kind == "history":
        means = [low + (high - low) * part for part in (0.1, 0.3, 0.5, 0.7, 0.9)]
        shares = [least_delay.normal(mean, mean / 30) for mean in means]
    else:
        made = {"range": least_delay.uniform, "tail": least_delay.with_tail}[kind]
        shares = [made(low, high)]
    reach = high * (least_delay.HORIZON if kind == "tail" else 1.3)
    allowed = [least_delay.questions(share, every, 1000 * high) for share in shares]
    return least_delay.least(shares, floor, sum(allowed) / len(allowed), reach)


def line(kind: str, row: Row, theirs: tuple[float, float], mine: tuple[float, float]) -> str:
    """Prints it; the verdict."""
    least = bound(kind, row.low, row.high, row.every, polling_schedule.floor(row.task_type))
    met = mine[0] <= theirs[0] / 2 and mine[1] <= theirs[1]
    verdict = "met" if met else "can't be had" if least > theirs[0] / 2 else "missed"
    shares = f"{mine[0] / theirs[0]:5.0%} {mine[1] / theirs[1]:5.0%}"
    print(
        f"{row.task_type.value:26} {row.name:20} {theirs[0]:6.2f} s {theirs[1]:6.1f}"
        f"   {mine[0]:6.2f} s {mine[1]:6.1f}   {shares}   {least:5.2f} s {mine[0] / least:6.0%}"
        f"   {verdict}"
    )
    return verdict


def table(title: str) -> None:
    print(f"\n{title}")
    print(f"{'task type':26} {'model':20} {'fixed: delay, asks':>16}   {'ours: delay, asks':>16}"
          f"   delay  asks   least  ours/least   half the delay at no more asks")  # fmt: skip


def main() -> None:
    verdicts: Counter[str] = Counter()
    for kind, title, draw in (
        ("range", "durations within the range", in_range),
        ("tail", "heavy tail", heavy_tail),
    ):
        table(title)
        for row in ROWS:
            lots = random.Random(f"{row.name} {row.task_type}")
            durations = [draw(lots, row) for _ in range(RUNS)]
            verdicts[line(kind, row, fixed(row, durations), planned(row, lots, durations))] += 1
    table("with history: this model took about the same the last twenty times")
    for row in ROWS:
        lots = random.Random(f"{row.name} {row.task_type}")
        durations, mine = learned(row, lots)
        verdicts[line("history", row, fixed(row, durations), mine)] += 1
    print("\n" + ", ".join(f"{verdict}: {count}" for verdict, count in verdicts.items()))


if __name__ == "__main__":
    main()
