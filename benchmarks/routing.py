"""How long the router takes: `python benchmarks/routing.py`. Prints figures, judges nothing."""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path

CASES = Path(__file__).parents[1] / "tests" / "intent" / "cases.jsonl"
SEED = 5
GOAL = 20.0
"""Milliseconds of CPU for 10,000 characters on a machine that does nothing else."""


def main() -> None:
    """First call, typical lines, 500 and 10,000 characters, and texts made to be slow."""
    started = time.perf_counter()
    from ima_tui.intent.route import route

    imported = time.perf_counter()
    route("a first picture, 一张图")
    print(f"import {(imported - started) * 1e3:8.1f} ms")
    print(f"first  {(time.perf_counter() - imported) * 1e3:8.1f} ms  (reads the vocabulary)")
    texts = [json.loads(line)["text"] for line in CASES.read_text("utf-8").splitlines()]
    _print("the cases", [_best(route, text) for text in texts])
    rng = random.Random(SEED)
    for length in (500, 10_000):
        mixed = [_joined(rng, texts, length) for _ in range(20)]
        goal = GOAL if length == 10_000 else None
        _print(f"{length} characters of cases", [_best(route, text) for text in mixed], goal)
    _print("10,000 of every case in turn", [_best(route, "，".join(texts)[:10_000])], GOAL)
    for name, text in _slow().items():
        _print(f"10,000 of {name}", [_best(route, text)], GOAL)


def _best(route: object, text: str) -> float:
    """Milliseconds of CPU, the best of nine: what the machine can, without its other work."""
    assert callable(route)
    times: list[float] = []
    for _ in range(9):
        started = time.process_time()
        route(text)
        times.append((time.process_time() - started) * 1e3)
    return min(times)


def _print(name: str, times: list[float], goal: float | None = None) -> None:
    middle, worst = statistics.median(times), max(times)
    missed = "" if goal is None or worst <= goal else f"   MISSED (goal {goal:g})"
    print(f"{name:<34}{middle:8.2f} ms in the middle, {worst:8.2f} ms at most{missed}")


def _joined(rng: random.Random, texts: list[str], length: int) -> str:
    pieces: list[str] = []
    while sum(map(len, pieces)) < length:
        pieces.append(rng.choice(texts) + rng.choice(("\n", ". ", "，", "；", " ")))
    return "".join(pieces)[:length]


def _slow() -> dict[str, str]:
    """Texts that patterns could stumble over."""
    rng = random.Random(SEED)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(3, 12))) for _ in range(1500)]
    return {
        "one letter": "a" * 10_000,
        "paths": "/a" * 5_000,
        "dashes": "a-" * 5_000,
        "quotes": '"a"' * 3_333,
        "open quotes": "「" * 10_000,
        "digits": "1" * 10_000,
        "ratios": "16:9 " * 2_000,
        "numerals": "一" * 10_000,
        "画": "画" * 10_000,
        "names": "kling " * 1_666,
        "random words": " ".join(words)[:10_000],
        "random characters": "".join(chr(rng.randint(0x20, 0x9FFF)) for _ in range(10_000)),
        "seconds": "10 s " * 2_000,
        "blanks": " " * 10_000,
    }


if __name__ == "__main__":
    main()
