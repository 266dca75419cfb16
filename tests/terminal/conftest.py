"""Which sessions in a pty are slow: `make test` runs some, `make slow` all."""

from __future__ import annotations

from pathlib import Path

import pytest

SMALL = ("test_journeys.py", "test_key_verbs.py", "test_environments.py", "test_log_journey.py")
IN_FULL = (
    "test_a_model_is_found_priced_and_composed_with_by_keys",
    "test_what_was_made_is_a_file_with_its_facts",
    "test_a_preference_is_changed_while_another_program_writes_the_file",
    "test_the_screen_is_drawn_with_the_signs_that_the_encoding_has[places1]",
    "test_the_screen_is_drawn_with_the_signs_that_the_encoding_has[places2]",
)
"""Sessions whose steps other tests take in one process: each costs two programs and a pty."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        here = item.path.parent == Path(__file__).parent
        if here and (item.path.name not in SMALL or item.name in IN_FULL):
            item.add_marker(pytest.mark.slow)
