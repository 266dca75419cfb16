"""Which sessions in a pty are slow: `make test` runs some, `make slow` all."""

from __future__ import annotations

from pathlib import Path

import pytest

SMALL = ("test_journeys.py", "test_key_verbs.py", "test_environments.py", "test_log_journey.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        here = item.path.parent == Path(__file__).parent
        if here and item.path.name not in SMALL:
            item.add_marker(pytest.mark.slow)
