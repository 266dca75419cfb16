"""Search the logs: highlight, count and go to matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.worker import WorkType

from ima_tui.core.errors import ImaError
from ima_tui.i18n import say
from ima_tui.logs.entry import LogEntry
from ima_tui.logs.filter import Pattern, literally

if TYPE_CHECKING:
    from ima_tui.tui.logs.feed import LogFeed
    from ima_tui.tui.shell.base_screen import BaseScreen

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
