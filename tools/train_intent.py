"""Train the intent classifier: `python tools/train_intent.py [--evaluate]`.

Generates prompts from the grammar in `intent_training/`, adds the labelled cases of `tests/intent`
and the prompts of strangers, fits the classifier and its combination with the rules, and writes
`ima_tui/intent/classifier.bin` and its sha256 beside it. The same libraries give the same bytes
each time. With --evaluate nothing is written: figures for each set, each fifth of it by a model
that has not seen it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from intent_training import combine, fit, judged  # noqa: E402
from intent_training.prompts import prompts  # noqa: E402

TEXTS = 40_000
SEED = 20_261_128
OUTPUT = ROOT / "ima_tui" / "intent" / "classifier.bin"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluate", action="store_true", help="write nothing")
    parser.add_argument("--texts", type=int, default=TEXTS, help="generated prompts")
    options = parser.parse_args()
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - started:4.0f} s  {what}", flush=True)

    made = fit.matrix(prompts(options.texts, SEED))
    sets = judged.all_sets()
    cases = [case for each in sets.values() for case in each]
    names = [name for name, each in sets.items() for _ in each]
    say(f"{options.texts} generated prompts, {len(cases)} judged ones")
    own = fit.Judged(*fit.matrix(cases), judged.repeats(names))
    rows = combine.inputs(cases, combine.scored(cases, made, own))
    say("scored, each fifth by a classifier that has not seen it")
    if options.evaluate:
        combine.report(rows, cases, names)
        return
    model = combine.fitted(rows, cases, judged.shares(names))
    weights = fit.fit(*fit.together([made, *own.repeated()]))
    data = fit.pack(*weights, combine.weights(model))
    OUTPUT.write_bytes(data)
    OUTPUT.with_suffix(".sha256").write_text(f"{fit.digest(data)}  {OUTPUT.name}\n", "utf-8")
    say(f"{OUTPUT.name}: {len(data)} bytes, sha256 {fit.digest(data)}")


if __name__ == "__main__":
    main()
