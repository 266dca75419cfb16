"""What the other screens show, in plain mode: results, log and settings.

`COMMAND_OF` has the command for each action of the screens, by the id of its binding. A test walks
the bindings of all screens: an action without a row here, or with a command that does not exist,
fails it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ima_tui.cli.plain.line_io import Say
from ima_tui.config.editor import AT_ONCE
from ima_tui.config.schema import BY_NAME, Setting
from ima_tui.core.text import folded, one_line, whole
from ima_tui.i18n import say
from ima_tui.logs import window
from ima_tui.logs.filter import LogFilter, literally
from ima_tui.logs.window import LogStream
from ima_tui.studio.studio import Studio

MOST = 20
LOOKED_AT = 200
"""Jobs that results are looked for in."""


class PlainScreens:
    """`tell` says one line."""

    def __init__(self, studio: Studio, tell: Say) -> None:
        self._studio = studio
        self._tell = tell

    async def results(self, _: str) -> None:
        """The newest, each with its job's number and where it is."""
        told = 0
        for job in await self._studio.jobs.recent(LOOKED_AT):
            for media in job.medias:
                if told < MOST:
                    where = media.path or media.url
                    prompt = one_line(job.order.prompt, 80)
                    self._tell(say("plain.result", n=job.id, prompt=prompt, where=where))
                    told += 1
        if not told:
            self._tell(say("plain.no_results"))

    async def log(self, rest: str) -> None:
        """The newest lines of all of IMA's tools, the newest last: those of a job (`3`), or those
        that hold some words. `save` writes them into a file."""
        wanted, job = LogFilter(), whole(rest)
        if rest == "save":
            path, count, _ = await window.export(
                self._studio.settings, wanted, self._studio.clock.time()
            )
            self._tell(say("plain.log_saved", n=count, path=one_line(str(path), 300)))
            return
        if job is not None:
            wanted = LogFilter(job=job)
        elif rest:
            wanted = LogFilter(text=literally(rest))
        reader = LogStream(self._studio.settings.logs, wanted)
        entries = await asyncio.to_thread(reader.last, MOST)
        for entry in entries:
            self._tell(one_line(entry.line(), 400))
        if not entries:
            self._tell(say("plain.no_log"))

    async def settings(self, rest: str) -> None:
        """All of them, those with some words, or one changed. Raises `UsageError` for what it can't
        be."""
        name, _, words = rest.partition(" ")
        if name in BY_NAME and words.strip():
            editor = self._studio.config_editor
            told = _value(BY_NAME[name], await editor.put(name, words))
            key = "settings.not_in_demo" if editor.in_demo else "settings.next_start"
            if BY_NAME[name].table in AT_ONCE:
                key = "settings.is"
            self._tell(say(key, name=BY_NAME[name].title, value=told))
            return
        every = await self._studio.config_editor.statuses()
        wanted = folded(rest)
        for one in [one for one in every if wanted in _known(one.setting)] or every:
            told = _value(one.setting, one.now)
            name = one.setting.name
            self._tell(say("plain.setting", title=one.setting.title, name=name, value=told))
        self._tell(say("plain.settings_how"))


def _known(setting: Setting) -> str:
    """What a setting is found by."""
    return folded(f"{setting.title} {setting.name} {setting.about}")


def _value(setting: Setting, value: object) -> str:
    """A switch in words."""
    if isinstance(setting.default, bool):
        return say("setting_value.on" if value else "setting_value.off")
    return one_line(value, 200)


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
    "oldest", "play", "take", "yes", "no", "nothing", "yes_deliberately",
)  # fmt: skip
"""Last parts of ids that move a cursor, close a window or answer a question."""


def is_move(binding_id: str) -> bool:
    """Return whether a binding only moves about in what is shown, or answers."""
    name = binding_id.rpartition(".")[2].removesuffix("_too")
    return name in MOVES or name.startswith("pan_")
