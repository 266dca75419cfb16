"""How long the intent classifier takes: `python benchmarks/intent.py`. Prints figures only."""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "intent" / "cases.jsonl"
SEED = 5
CHINESE = (
    "请把这段关于江南水乡清晨集市的文字做成温柔的女声旁白，语速慢一点，结尾停顿两秒。河面起雾，"
)
ENGLISH = "We are a small bakery in the old town and need a warm, hand-drawn poster for the fair. "


def main() -> None:
    """Size, load, then the cases and texts by length."""
    started = time.process_time()
    from ima_tui.intent import classifier

    imported = time.process_time()
    classifier.load()
    loaded = time.process_time()
    size = (ROOT / "ima_tui" / "intent" / "classifier.bin").stat().st_size
    print(f"weights {size / 1024:.0f} KiB")
    print(f"import  {(imported - started) * 1e3:.1f} ms, load {(loaded - imported) * 1e3:.1f} ms")
    texts = [json.loads(line)["text"] for line in CASES.read_text("utf-8").splitlines()]
    _print("the cases", [_first(classifier.scores, text) for text in texts])
    mixed = _varied(texts)
    for name, text in (
        ("300 Chinese characters", _varied_chinese(texts)[:300]),
        ("1,000 English characters", mixed[:1000]),
        ("10,000 English characters", mixed[:10_000]),
        ("100 KB English", (ENGLISH * 1200)[:100_000]),
        ("100 KB Chinese", (CHINESE * 2500)[:100_000]),
        ("100 KB of one letter", "a" * 100_000),
        ("100 KB of quotes", '"' * 100_000),
    ):
        _print(name, [_first(classifier.scores, text)])


def _first(scored: object, text: str) -> float:
    """Milliseconds of CPU of a call that finds no word in the caches."""
    from ima_tui.intent import classifier

    assert callable(scored)
    times: list[float] = []
    for _ in range(5):
        classifier.forget()
        started = time.process_time()
        scored(text)
        times.append((time.process_time() - started) * 1e3)
    return min(times)


def _varied(texts: list[str]) -> str:
    rng = random.Random(SEED)
    english = [text for text in texts if text.isascii()]
    return " ".join(rng.choice(english) + "." for _ in range(400))


def _varied_chinese(texts: list[str]) -> str:
    return "，".join(text for text in texts if not text.isascii())


def _print(name: str, times: list[float]) -> None:
    print(f"{name:<28}{statistics.median(times):7.2f} ms in the middle, {max(times):7.2f} at most")


if __name__ == "__main__":
    main()
