"""How fast the catalogue is: 5,000 prices of a leaf with 12 rules, and the eight lists parsed.

    python benchmarks/catalogue.py

The lists are the sandbox's own: 68 leaves, with the service's forms, mappings and exclusions.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice

from ima_tui.catalogue import form, price, tree
from ima_tui.core.domain import Leaf, TaskType
from ima_tui.sandbox.products import Catalogue

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


def twelve_rules(leaves: list[Leaf]) -> dict[str, Leaf]:
    """By name: one has options that exclude each other, one has none."""
    return {leaf.name: leaf for leaf in leaves if len(leaf.rules) == 12}


def wishes(leaf: Leaf) -> list[dict[str, str | int | float | bool]]:
    """Nothing, and each option of each control: what a person flips through."""
    found: list[dict[str, str | int | float | bool]] = [{}]
    for field in form.controls(leaf):
        found += [{field.name: option.value} for option in form.choices(field)]
    return found


def ask(leaf: Leaf) -> None:
    for chosen in islice(cycle(wishes(leaf)), PRICES):
        price.quote_or_none(leaf, chosen)


def main() -> None:
    trees = {each: Catalogue().tree(each.value, "en") for each in TaskType}

    def parse() -> list[Leaf]:
        return [leaf for each, nodes in trees.items() for leaf in tree.leaves(nodes, each)]

    leaves = parse()
    parsing = best_of(parse)
    print(f"{len(trees)} lists, {len(leaves)} leaves parsed: {parsing * 1000:.1f} ms", end="")
    print(f" (goal: under {PARSING_GOAL * 1000:.0f} ms)")
    for leaf in twelve_rules(leaves).values():
        pricing = best_of(partial(ask, leaf))
        print(f"{PRICES:,} prices of {leaf.name}, {len(leaf.rules)} rules: {pricing:.3f} s", end="")
        print(f" (goal: under {PRICES_GOAL} s)")


if __name__ == "__main__":
    main()
