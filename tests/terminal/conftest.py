"""Which sessions in a pty are slow: `make test` runs some, `make slow` all."""

from __future__ import annotations

import pytest

SMALL = ("test_journeys.py", "test_key_verbs.py", "test_environments.py", "test_log_journey.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "terminal" and "tui" not in item.path.parts:
            if item.path.name not in SMALL:
                item.add_marker(pytest.mark.slow)
