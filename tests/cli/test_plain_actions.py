"""Whatever the screens can do has a line command, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from ima_tui import i18n
from ima_tui.cli.plain.line_io import name_of, names
from ima_tui.i18n import en, zh
from ima_tui.tui.shell import keymap_check

COMMAND_OF: Mapping[str, str] = {
    "app.help": "help", "app.palette": "help", "app.language": "language", "app.quit": "quit",
    "app.plans": "workflows", "app.spending": "spending",
    "compose.made_from": "job",
    "board.assemble": "assemble", "board.open_file": "assemble", "board.watch": "assemble",
    "board.remake": "run",
    "compose.anew": "new", "compose.answer": "answer", "compose.batch": "lines",
    "compose.better": "better", "compose.cheaper": "cheaper", "compose.elsewhere": "elsewhere",
    "compose.guides": "guides", "compose.history": "history", "compose.inputs": "inputs",
    "compose.lyrics": "lyrics", "compose.key": "key",
    "compose.kind": "kind", "compose.model": "model",
    "compose.plan": "workflow", "compose.refresh": "refresh", "compose.remember": "prefer",
    "compose.results": "use", "compose.send": "send", "compose.templates": "templates",
    "form.next": "set", "form.reset": "set",
    "gallery.discard": "discard", "gallery.fetch": "fetch", "gallery.forget": "forget",
    "gallery.job": "job", "gallery.open": "open", "gallery.save": "save", "gallery.use": "use",
    "gallery.variant": "duplicate", "gallery.view": "results", "gallery.copy_link": "job",
    "gallery.again": "again", "gallery.instead": "instead", "gallery.project": "project",
    "gallery.similar": "similar", "gallery.star": "star", "gallery.tags": "tag",
    "gallery.copy_path": "results", "gallery.play": "open", "gallery.filter": "results",
    "guides.next": "guides",
    "logs.export": "log", "logs.find": "log", "logs.job": "log", "logs.detail": "log",
    "logs.show_job": "job", "logs.copy": "log",
    "models.filter": "models", "models.kind": "kind", "models.prefer": "prefer",
    "models.refresh": "refresh", "models.undo": "undo", "models.use": "model",
    "place.compose": "new", "place.gallery": "results", "place.logs": "log",
    "place.models": "models", "place.preferences": "prefs", "place.queue": "jobs",
    "plan.down": "step", "plan.drop": "drop", "plan.edit": "step", "plan.model": "step",
    "plan.queue": "jobs", "plan.remove": "step", "plan.run": "run", "plan.up": "step",
    "plan.view": "results",
    "prefs.bring_back": "restore", "prefs.choose": "prefer", "prefs.clear": "unprefer",
    "prefs.let_go": "let_go", "prefs.next_user": "prefs", "prefs.settings": "settings",
    "prefs.undo": "undo",
    "queue.project": "project", "queue.similar": "similar", "queue.star": "star",
    "queue.tags": "tag", "queue.use": "use", "viewer.use": "use", "compose.project": "project",
    "queue.again": "again", "queue.approve": "approve", "queue.copy": "job",
    "queue.duplicate": "duplicate", "queue.earlier": "sooner", "queue.edit": "edit",
    "queue.fetch": "fetch", "queue.filter": "jobs", "queue.follow": "follow",
    "queue.forget": "forget", "queue.instead": "instead", "queue.later": "later",
    "queue.log": "log", "queue.open": "open", "queue.send_next": "first", "queue.stop": "stop",
    "queue.timeline": "job", "queue.view": "results",
    "reading.answer": "answer", "reading.remember": "once",
    "settings.change": "settings", "settings.reset": "settings", "settings.filter": "settings",
    "spending.view": "spending", "spending.longer": "spending", "spending.write": "spending",
    "step.inputs": "step", "step.kind": "step", "step.model": "step", "step.results": "step",
    "step.take": "step",
    "template.delete": "untemplate", "template.save": "template",
    "text.take": "lyrics",
    "welcome.demo": "key", "welcome.take": "key",
}  # fmt: skip
"""The id of a binding to the name of a command."""

BY_VERB: Mapping[str, str] = {
    "app.subjects": "subjects", "gallery.subject": "subjects", "subjects.add": "subjects",
    "subjects.export": "subjects", "subjects.remove": "subjects", "subjects.use": "subjects",
    "subjects.view": "subjects",
}  # fmt: skip
"""What plain mode has no command for, and a verb of the command line does: `ima-tui subjects`."""

ONLY_ON_SCREEN = frozenset({
    "board.cancel", "board.earlier", "board.leave_out", "board.less", "board.more",
    "board.settings", "board.swap", "board.turn", "board.undo",
    "app.jump", "app.redraw", "app.suspend", "app.theme",
    "compare.swap", "compare.play",
    "compose.editor", "compose.undo", "compose.write", "prompt.undo", "text.editor",
    "gallery.clear", "gallery.compare", "gallery.compare_how", "gallery.draw",
    "gallery.kind", "gallery.next_kind",
    "gallery.previous_kind", "gallery.sort", "gallery.turn", "gallery.undo",
    "input.complete",
    "logs.clear", "logs.level", "logs.only", "logs.pause", "logs.source", "logs.time",
    "models.all_kinds", "models.clear", "models.next_kind", "models.previous_kind", "models.sort",
    "queue.clear", "queue.group", "queue.sort", "queue.undo",
    "spending.refresh", "spending.shorter", "spending.sort", "spending.view_before",
    "prefs.previous_user", "prefs.choose_too", "plan.edit_too", "reading.switch",
})  # fmt: skip
"""What only a screen has: pictures, the timeline of a film, the look of a list, an editor of
several lines, undoing what is asked about here before it is done."""

MOVES = (
    "up", "down", "left", "right", "first", "last", "page_up", "page_down", "pgup", "pgdn",
    "above", "below", "next", "previous", "back", "close", "leave", "later", "before", "after",
    "open", "detail_up", "detail_down", "mark", "mark_all", "closer", "farther", "newest",
    "oldest", "play", "take", "yes", "no", "nothing", "yes_deliberately", "done",
)  # fmt: skip
"""Last parts of ids that move a cursor, close a window or answer a question."""


def is_move(binding_id: str) -> bool:
    """Return whether a binding only moves about in what is shown, or answers."""
    name = binding_id.rpartition(".")[2].removesuffix("_too")
    return name in MOVES or name.startswith("pan_")


BEGIN = "plain.command_"
COMMANDS = [name.removeprefix(BEGIN) for name in en.TEXTS if name.startswith(BEGIN)]
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
    for texts, colon in ((en.TEXTS, ": "), (zh.TEXTS, "：")):
        name, _, about = texts[BEGIN + command].partition(colon)
        assert re.fullmatch(r"/[\w-]+", name)
        assert about


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_word_means_two_commands(language: i18n.Language) -> None:
    before = i18n.language()
    try:
        i18n.use(language)
        words = list(map(name_of, COMMANDS))
    finally:
        i18n.use(before)
    assert len(words) == len(set(words))


@pytest.mark.parametrize("name", ["kind", "fields", "again", "forget"])
def test_what_earlier_versions_called_a_command_still_is_one(name: str) -> None:
    assert any(name in names(command) for command in COMMANDS)
