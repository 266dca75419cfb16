"""What the other places show, in plain mode: results, the log and the settings."""

from __future__ import annotations

import asyncio

from ima_tui.cli.plain.line_io import Say
from ima_tui.config.editor import AT_ONCE
from ima_tui.config.schema import BY_NAME, Setting
from ima_tui.core.text import folded, one_line, whole
from ima_tui.i18n import say
from ima_tui.logs import stream
from ima_tui.logs.filter import LogFilter, literally
from ima_tui.logs.stream import LogStream
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
            path, count, _ = await stream.export(
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
