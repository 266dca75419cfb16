"""Train the intent classifier: `python tools/train_intent.py [--evaluate]`.

Generates prompts from the grammar in `intent_training/`, adds the labelled cases of `tests/intent`,
fits, writes `ima_tui/intent/classifier.bin` and its sha256 beside it. The same libraries give the
same bytes each time. With --evaluate nothing is written: every set of cases is left out in turn.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from intent_training import evaluate, fit, judged  # noqa: E402
from intent_training.prompts import prompts  # noqa: E402

TEXTS = 90_000
SEED = 20_261_128
REPEATS = 4
"""How often a labelled case counts: they are few, and real."""
OUTPUT = ROOT / "ima_tui" / "intent" / "classifier.bin"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluate", action="store_true", help="leave one set out, write nothing")
    parser.add_argument("--texts", type=int, default=TEXTS, help="generated prompts")
    parser.add_argument("--outcomes", type=Path, help="write what --evaluate found, as JSON")
    options = parser.parse_args()
    started = time.monotonic()
    made = fit.matrix(prompts(options.texts, SEED))
    print(f"{options.texts} prompts, features after {time.monotonic() - started:.0f} s", flush=True)
    if options.evaluate:
        evaluate.run(made, REPEATS, SEED + 1, options.outcomes)
        return
    cases = [case for each in judged.sets().values() for case in each]
    rows, labels = fit.together([made, *[fit.matrix(cases)] * REPEATS])
    data = fit.pack(*fit.fit(rows, labels))
    OUTPUT.write_bytes(data)
    OUTPUT.with_suffix(".sha256").write_text(f"{fit.digest(data)}  {OUTPUT.name}\n", "utf-8")
    print(f"{OUTPUT.name}: {len(data)} bytes, sha256 {fit.digest(data)}")
    print(f"done after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
