"""The judged wishes: our own sets, and the shared one where it lies beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import Case, cases, decide, misses

HERE = Path(__file__).parent
SHARED = Path(__file__).parents[3] / "shared" / "routing" / "cases.jsonl"
FLOORS = {
    "cases.jsonl": 0.97,
    "holdout.jsonl": 0.97,
    "unseen_1.jsonl": 0.97,
    "unseen_2.jsonl": 0.97,
    "unseen_3.jsonl": 0.97,
    "unseen_4.jsonl": 0.97,
    "unseen_5.jsonl": 0.97,
    "unseen_6.jsonl": 0.95,
    "unseen_7.jsonl": 0.95,
    "unseen_8.jsonl": 0.85,
    "unseen_9.jsonl": 0.97,
    "unseen_10.jsonl": 0.85,
    "unseen_11.jsonl": 0.95,
    "unseen_12.jsonl": 0.95,
    "unseen_13.jsonl": 0.85,
    "unseen_14.jsonl": 0.9,
    "unseen_15.jsonl": 0.92,
    "unseen_16.jsonl": 0.95,
    "unseen_17.jsonl": 0.95,
    "unseen_18.jsonl": 0.92,
    "unseen_19.jsonl": 0.93,
    "unseen_20.jsonl": 0.9,
    "unseen_21.jsonl": 0.85,
    "unseen_22.jsonl": 0.95,
    "unseen_23.jsonl": 0.9,
    "unseen_24.jsonl": 0.92,
    "unseen_25.jsonl": 0.85,
}
"""How many must be wholly right; docs/routing.md tells the scores there were."""


def wrong(of: list[Case]) -> dict[str, list[str]]:
    found = {case["id"]: list(misses(case, decide(case))) for case in of}
    return {name: keys for name, keys in found.items() if keys}


@pytest.mark.parametrize("name", FLOORS)
def test_own_sets_stay_above_their_floor(name: str) -> None:
    listed = cases(HERE / name)
    missed = wrong(listed)
    assert 1 - len(missed) / len(listed) >= FLOORS[name], missed


@pytest.mark.parametrize("name", FLOORS)
def test_own_sets_are_well_formed(name: str) -> None:
    listed = cases(HERE / name)
    assert len({case["id"] for case in listed}) == len(listed)
    assert all(case["expect"] and case["why"] for case in listed)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared cases are not beside the project")
def test_shared_cases_are_wholly_right() -> None:
    assert wrong(cases(SHARED)) == {}


def test_own_set_is_large_and_speaks_two_languages() -> None:
    listed = cases(HERE / "cases.jsonl")
    assert len(listed) >= 150
    assert {"en", "zh", "mixed"} <= {case["lang"] for case in listed}
