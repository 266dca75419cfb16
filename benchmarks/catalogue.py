"""How fast the catalogue is: 5,000 prices of a model with 12 rules, and the eight lists parsed.

    python benchmarks/catalogue.py

The lists are the sandbox's own: 68 models, with the service's forms, mappings and exclusions.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice

from ima_tui.catalogue import form, price, tree
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.sandbox.products import SandboxCatalogue

PRICES = 5_000
PRICES_GOAL = 0.5
PARSING_GOAL = 0.05
RUNS = 5


def best_of(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs: the others measure the machine."""
    found: list[float] = []
    for _ in range(RUNS):
        gc.collect()
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def twelve_rules(models: list[ModelVersion]) -> dict[str, ModelVersion]:
    """By name: one has options that exclude each other, one has none."""
    return {model.name: model for model in models if len(model.rules) == 12}


def choices(model: ModelVersion) -> list[dict[str, str | int | float | bool]]:
    """Nothing, and each option of each parameter: what a person flips through."""
    found: list[dict[str, str | int | float | bool]] = [{}]
    for field in form.user_fields(model):
        found += [{field.name: option.value} for option in form.choices(field)]
    return found


def ask(model: ModelVersion) -> None:
    for chosen in islice(cycle(choices(model)), PRICES):
        price.quote_or_none(model, chosen)


def main() -> None:
    trees = {each: SandboxCatalogue().tree(each.value, "en") for each in TaskType}

    def parse() -> list[ModelVersion]:
        return [model for each, nodes in trees.items() for model in tree.models(nodes, each)]

    models = parse()
    parsing = best_of(parse)
    print(f"{len(trees)} lists, {len(models)} models parsed: {parsing * 1000:.1f} ms", end="")
    print(f" (goal: under {PARSING_GOAL * 1000:.0f} ms)")
    for model in twelve_rules(models).values():
        pricing = best_of(partial(ask, model))
        print(
            f"{PRICES:,} prices of {model.name}, {len(model.rules)} rules: {pricing:.3f} s", end=""
        )
        print(f" (goal: under {PRICES_GOAL} s)")


if __name__ == "__main__":
    main()
