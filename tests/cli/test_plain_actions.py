"""Whatever the screens can do has a line command, in both languages."""

from __future__ import annotations

import pytest

from ima_tui.cli.plain.mode import COMMANDS, _names
from ima_tui.cli.plain.screens import BY_VERB, COMMAND_OF, ONLY_ON_SCREEN, is_move
from ima_tui.i18n import en, zh
from ima_tui.tui.shell import keymap_check

IDS = sorted(keymap_check.every_id())


def test_every_action_of_the_screens_has_a_line_command() -> None:
    known = COMMAND_OF.keys() | BY_VERB.keys() | ONLY_ON_SCREEN
    missing = [
        name
        for name in IDS
        if name not in known and not is_move(name) and not name.endswith("_too")
    ]
    assert missing == []


def test_the_table_names_nothing_that_is_gone() -> None:
    assert sorted((COMMAND_OF.keys() | BY_VERB.keys() | ONLY_ON_SCREEN) - set(IDS)) == []
    assert sorted(set(COMMAND_OF.values()) - set(COMMANDS)) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_word_and_what_it_does_in_both_languages(command: str) -> None:
    for texts in (en.TEXTS, zh.TEXTS):
        assert texts[f"plain.name_{command}"]
        assert texts[f"plain.about_{command}"]


def test_no_word_means_two_commands() -> None:
    for texts in (en.TEXTS, zh.TEXTS):
        words = [texts[f"plain.name_{command}"] for command in COMMANDS]
        assert len(words) == len(set(words))


@pytest.mark.parametrize("name", ["kind", "fields", "again", "forget"])
def test_what_earlier_versions_called_a_command_still_is_one(name: str) -> None:
    assert any(name in _names(command) for command in COMMANDS)
