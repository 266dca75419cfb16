"""Feed of log entries: loads round the cursor, follows what is written at the end, and searches.

Matches are highlighted and counted, and can be gone to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.filter import LogFilter, Pattern, literally
from ima_tui.tui.logs.lines import LogLines
from ima_tui.tui.logs.panes import LogStatusLine
from ima_tui.tui.logs.reader import LogReader, View

if TYPE_CHECKING:
    from ima_tui.tui.shell.base_screen import BaseScreen


AHEAD = 150
"""Entries that should be there beyond the cursor."""
BEHIND = 75
READING, FOLLOWING = "log reading", "log following"


class LogFeed:
    """Reads entries for the lines of a screen. A new request cancels the one before.

    `on_open` is called each time the log is opened anew, with other entries than before.
    """

    def __init__(self, screen: BaseScreen, reader: LogReader, on_open: Callable[[], None]) -> None:
        self._screen = screen
        self._on_open = on_open
        self.reader = reader
        self.wanted = LogFilter()
        self.paused = False
        self._stands = asyncio.Event()
        self._unseen = 0
        self._looking = False
        self._following = False

    @property
    def lines(self) -> LogLines:
        """The lines that show the entries."""
        return self._screen.query_one(LogLines)

    @property
    def is_live(self) -> bool:
        """The newest is looked at, and goes on moving."""
        return not self.paused and self.lines.cursor == 0 and self.reader.view.at_top

    def tell(self, **changes: object) -> None:
        """Show how it stands on the first line, with `changes` of a `LogStatus`."""
        current = self.lines.current
        if self.lines.cursor == 0 and not self.paused:
            self._unseen = 0
        line = self._screen.query_one(LogStatusLine)
        facts: dict[str, object] = {
            "live": self.is_live,
            "paused": self.paused,
            "unseen": self._unseen,
            "wanted": self.wanted.with_text(None),
            "only_hits": self.wanted.text is not None,
            "at": current.time if current else None,
            "looking": self._looking,
        }
        line.show(replace(line.status, **{**facts, **changes}))  # type: ignore[arg-type]

    def rest(self) -> None:
        """Give up what is being read: the lines to show it in go away."""
        for group in (READING, FOLLOWING):
            self._screen.workers.cancel_group(self._screen, group)
        self._stands.clear()

    def resume(self, stood: LogEntry | None) -> None:
        """Read again after `rest`, and stand where one stood; without `stood` at the newest."""

        async def go() -> None:
            await self._stand()
            if stood is not None:
                await self.stand_at(stood)

        self.read(go)

    # ------------------------------------------------------------------------------- requests

    def read(self, work: Callable[[], Awaitable[object]]) -> None:
        """Start reading for a new request."""

        async def read() -> None:
            try:
                await work()
                await self._fill()
            except ImaError as error:
                self._looking = False
                self.tell(problem=say(error.key, **error.values))

        self._looking = True
        self.tell(problem="")
        job: WorkType[None] = read
        self._screen.run_worker(job, name="read logs", group=READING, exclusive=True)

    def want(self, wanted: LogFilter) -> None:
        """Show these, from the newest on."""
        self.wanted = wanted
        self._unseen = 0
        self.read(self._stand)

    async def _stand(self) -> None:
        self._stands.clear()
        view = await self.reader.open(self.wanted)
        self._stands.set()
        self._show(view)
        self._on_open()

    def go_to(self, when: float) -> None:
        """Show what was written up to `when`, from there on."""

        async def go() -> None:
            view = await self.reader.go_to(when)
            self._show(view)
            older = [index for index, entry in enumerate(view.entries) if entry.time < when]
            self.lines.move_to(older[0] if older else len(view.entries), centre=True)

        self.read(go)

    def newest(self) -> None:
        """Move to the newest entry and follow."""
        self.paused = False
        if self.reader.view.at_top:
            self.lines.move_to(0)
        else:
            self.read(self._stand)

    def oldest(self) -> None:
        """Move to the oldest entry."""

        async def go() -> None:
            if not self.reader.view.at_bottom:
                self._show(await self.reader.go_to_start())
            self.lines.move_to(len(self.lines.entries) - 1)

        self.read(go)

    async def stand_at(self, entry: LogEntry) -> None:
        """Set the cursor on `entry`, wherever that is."""
        at, lines = _index_of(entry, self.reader.view), self.lines
        if at is None:
            view = await self.reader.go_to_entry(entry)
            self._show(view)
            at = _index_of(entry, view)
        if at is not None:
            seen = lines.top <= at < lines.top + lines.size.height
            lines.move_to(at, centre=not seen)

    # ------------------------------------------------------------------------------ reading on

    def moved(self) -> None:
        """The cursor stands elsewhere: there should be more round it."""
        self.tell()
        if self._stands.is_set() and not self._looking and (self._lacks_older or self._lacks_newer):
            self.read(self._nothing)

    async def _nothing(self) -> None:
        """Only read on."""

    @property
    def _lacks_older(self) -> bool:
        lines = self.lines
        return not self.reader.view.at_bottom and len(lines.entries) - lines.cursor < AHEAD

    @property
    def _lacks_newer(self) -> bool:
        return not self.reader.view.at_top and self.lines.cursor < BEHIND

    async def _fill(self) -> None:
        while self._lacks_older:
            self._show(await self.reader.older())
        while self._lacks_newer:
            self._show(await self.reader.newer())
        self._looking = False
        self._show_empty(self.reader.view)
        self.tell()

    def _show(self, view: View) -> None:
        live = self.is_live and view.shift is not None
        self._show_empty(view)
        self.lines.show(view.entries, view.shift, live=live)
        self.tell(trouble=view.trouble)

    def _show_empty(self, view: View) -> None:
        if self._looking and not view.at_bottom:
            words = say("logs.empty_looking")
        elif self.wanted == LogFilter():
            words = say("logs.empty", folder=str(self.reader.folder))
        else:
            words = say("logs.empty_filtered")
        self.lines.say_when_empty(words)

    def look(self) -> None:
        """Once a second: what was written since. Nothing new draws nothing, and no key waits."""
        idle = self._stands.is_set() and not (self.paused or self._looking or self._following)
        if idle and self.reader.view.at_top:
            self._following = True
            work = self._follow()
            self._screen.run_worker(work, name="follow logs", group=FOLLOWING)

    async def _follow(self) -> None:
        try:
            await self._take_news()
        finally:
            self._following = False

    async def _take_news(self) -> None:
        live = self.is_live
        try:
            view = await self.reader.follow()
        except ImaError as error:
            self.tell(problem=say(error.key, **error.values))
            return
        if view is None or not self._stands.is_set():
            return
        if not live:
            self._unseen += view.shift or 0
        self._show_empty(view)
        self.lines.show(view.entries, view.shift, live=live)
        self.tell(trouble=view.trouble)


def _index_of(entry: LogEntry, view: View) -> int | None:
    for index, each in enumerate(view.entries):
        if (each.file, each.start) == (entry.file, entry.start):
            return index
    return None


COUNTING = "log counting"


class LogSearch:
    """`pattern` is what is looked for; None while nothing is."""

    def __init__(self, screen: BaseScreen, feed: LogFeed) -> None:
        self._screen = screen
        self._feed = feed
        self.pattern: Pattern | None = None

    def look_for(self, words: str) -> None:
        """Point `words` out (a regular expression, or themselves); "" ends it."""
        only = self._feed.wanted.text is not None
        self.pattern = literally(words) if words else None
        self._feed.lines.look_for(self.pattern)
        self._feed.tell(words=words, hits=None, problem="")
        if only:
            self._feed.want(self._feed.wanted.with_text(self.pattern))
        else:
            self.count()

    def to_the_first(self) -> None:
        """Stay where it is found already, else go to the next place."""
        current = self._feed.lines.current
        try:
            here = current is not None and self._holds(current)
        except ImaError:
            here = False
        if self.pattern is not None and not here:
            self.hit(older=True)

    def _holds(self, entry: LogEntry) -> bool:
        pattern = self.pattern
        return pattern is not None and (pattern.is_in(entry.text) or pattern.is_in(entry.function))

    def only_hits(self) -> None:
        """Only the entries in which it is found; again: all, with it pointed out."""
        wanted = self._feed.wanted
        self._feed.want(wanted.with_text(self.pattern if wanted.text is None else None))

    def hit(self, *, older: bool) -> None:
        """To the next entry in which it is found."""
        pattern, feed = self.pattern, self._feed
        if pattern is None:
            return

        async def find() -> None:
            entry = await feed.reader.find(self._feed.lines.cursor, pattern, older=older)
            if entry is None:
                self._screen.notify(say("logs.no_more_hits"))
            else:
                await feed.stand_at(entry)

        feed.read(find)

    def count(self) -> None:
        """In how many entries it is found, of all that are wanted."""
        pattern, feed, screen = self.pattern, self._feed, self._screen
        screen.workers.cancel_group(screen, COUNTING)
        if pattern is None:
            return
        feed.tell(hits=None)

        def told(total: int, done: bool) -> None:
            feed.tell(hits=total, all_counted=done)

        async def count() -> None:
            try:
                await feed.reader.count(pattern, told)
            except ImaError as error:
                feed.tell(problem=say(error.key, **error.values), hits=0)

        work: WorkType[None] = count
        screen.run_worker(work, name="count hits", group=COUNTING, exclusive=True)
