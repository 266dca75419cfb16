"""Which of the torture is slow: `make test` runs its small form, `make slow` the whole of it."""

from __future__ import annotations

import pytest

SMALL = (
    "test_killed_at_random_moments_and_while_it_recovers",
    "test_a_window_that_was_frozen_leaves_to_others_what_they_took_over[before]",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "torture" in item.path.parts and not item.name.startswith(SMALL):
            item.add_marker(pytest.mark.slow)
