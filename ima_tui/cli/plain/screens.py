"""What the other screens show, in plain mode: log, settings and spending."""

from __future__ import annotations

import asyncio

from ima_tui.cli.plain.composer import PlainCommands
from ima_tui.cli.plain.line_io import names
from ima_tui.config.editor import AT_ONCE, SettingStatus
from ima_tui.config.schema import BY_NAME, Setting
from ima_tui.core.text import duration, folded, one_line, whole
from ima_tui.i18n import say
from ima_tui.ledger.history import JobFilter, ReportRow
from ima_tui.logs import window
from ima_tui.logs.filter import LogFilter, literally
from ima_tui.logs.window import LogStream
from ima_tui.studio import spending
from ima_tui.studio.spending import VIEWS

MOST = 20
DAYS = 30


class PlainScreens(PlainCommands):
    """Lists, and what can be written into a file."""

    async def log(self, rest: str) -> None:
        """The newest lines of all of IMA's tools, the newest last: those of a job (`3`), or those
        that hold some words. `save` writes them into a file."""
        wanted, job = LogFilter(), whole(rest)
        if rest in names("save"):
            settings, now = self._studio.settings, self._studio.clock.time()
            path, _, _ = await window.export(settings, wanted, now)
            self._tell(say("finish.saved", path=one_line(str(path), 300)))
            return
        if job is not None:
            wanted = LogFilter(job=job)
        elif rest:
            wanted = LogFilter(text=literally(rest))
        reader = LogStream(self._studio.settings.logs, wanted)
        entries = await asyncio.to_thread(reader.last, MOST)
        told = [one_line(entry.line(), 400) for entry in entries]
        self._tell(*(told or [say("plain.no_log")]))

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
        found = [one for one in every if folded(rest) in _known(one.setting)] or every
        self._tell(*map(_status, found), say("plain.command_settings"))

    async def spending(self, rest: str) -> None:
        """Say where the points went: `/spending model 30`; with `save`, into a CSV file. The words
        are English or those of the language in use."""
        words = rest.split()
        named = (view for view in VIEWS if {view, say(f"spending.by_{view}")}.intersection(words))
        view = next(named, VIEWS[0])
        days = next((n for word in words if (n := whole(word)) is not None), DAYS)
        days = max(1, min(days, 3_650))
        among = JobFilter(since=spending.since(self._studio.clock.time(), days))
        rows = await self._studio.history.report(view, among)
        if not rows:
            self._tell(say("spending.none", n=days))
            return
        total = sum(row.points for row in rows)
        self._tell(say("plain.spending", n=days, points=total))
        most = sorted(rows, key=lambda row: -row.points)[:MOST]
        self._tell(*(self._spent(row, view) for row in most))
        if names("save").intersection(words):
            path = await spending.export(self._studio, rows, view)
            self._tell(say("finish.saved", path=one_line(str(path), 300)))

    def _spent(self, row: ReportRow, view: str) -> str:
        rate = "—" if row.success is None else f"{row.success * 100:.0f}%"
        took = "—" if row.median_time is None else duration(row.median_time)
        name = spending.name_of(row.key, view, spending.model_names(self._studio))
        return say(
            "plain.spent_row", name=name, points=row.points, n=row.jobs, rate=rate, time=took
        )


def _known(setting: Setting) -> str:
    """What a setting is found by."""
    return folded(f"{setting.title} {setting.name} {setting.about}")


def _status(one: SettingStatus) -> str:
    facts = {"title": one.setting.title, "value": _value(one.setting, one.now)}
    return say("plain.setting", name=one.setting.name, **facts)


def _value(setting: Setting, value: object) -> str:
    """A switch in words."""
    if isinstance(setting.default, bool):
        return say("setting_value.on" if value else "setting_value.off")
    return one_line(value, 200)
