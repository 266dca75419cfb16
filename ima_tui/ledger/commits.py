"""Group commit: writes requested while another commit is flushed share the next transaction.

A commit costs a few disk flushes whatever its size. Each write is still atomic (a savepoint), and
none is reported before its commit is on disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from ima_tui.core.records import dataclass
from ima_tui.ledger import repair, trail
from ima_tui.ledger.schema import transaction

T = TypeVar("T")
MOST = 64
"""Maximum writes in one commit, because other processes need the file too."""


@dataclass(slots=True)
class _Write:
    """One requested write; `result` or `error` is set once done, and reported once on disk."""

    work: Callable[[sqlite3.Connection], Any]
    told: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Report the result to the caller. Runs on the event loop."""
        if self.told.done():
            return
        if self.error is not None:
            self.told.set_exception(self.error)
            self.told.exception()  # the caller may have been cancelled meanwhile
        else:
            self.told.set_result(self.result)


def _tell_all(writes: list[_Write]) -> None:
    for write in writes:
        write.tell()


class Commits:
    """The only way to write, on the ledger's `thread`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        thread: ThreadPoolExecutor,
        kept: trail.Trail | None = None,
        newest: int = 0,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._prepare = prepare
        self._connection = connection
        self._thread = thread
        self._trail = kept
        self._newest = newest
        """The newest revision seen: a ledger must never know less than before."""
        self._lock = Lock()
        self._waiting: list[_Write] = []

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` inside a transaction and return once it is on disk.

        It runs to the end even if the caller is cancelled.
        """
        loop = asyncio.get_running_loop()
        write = _Write(work, loop.create_future())
        with self._lock:
            self._waiting.append(write)
            first = len(self._waiting) == 1
        if first:
            loop.run_in_executor(self._thread, self._commit, loop)
        result: T = await asyncio.shield(write.told)
        return result

    def _commit(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            writes, self._waiting = self._waiting, []
        for start in range(0, len(writes), MOST):
            self._commit_together(writes[start : start + MOST])
        loop.call_soon_threadsafe(_tell_all, writes)

    def _commit_together(self, writes: list[_Write]) -> None:
        try:
            self._prepare()
            with transaction(self._connection):
                before = self._check() if self._trail is not None else None
                for write in writes:
                    self._do(write)
                changed = trail.changes(self._connection, before) if before is not None else []
            if self._trail is not None and before is not None:
                self._newest = max([before.revision, *map(trail.revision_of, changed)])
                self._trail.append(changed)
        except BaseException as error:  # noqa: BLE001 - nothing of it is on the disk
            for write in writes:
                write.error = write.error or error

    def _check(self) -> trail.Position:
        """Raise `Replaced` where the file was emptied or replaced by an older one."""
        try:
            found = trail.position(self._connection)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                raise repair.Replaced("the file is empty") from error
            raise
        if found.revision < self._newest:
            raise repair.Replaced("the file is an older one")
        return found

    def _do(self, write: _Write) -> None:
        self._connection.execute("SAVEPOINT one")
        try:
            write.result = write.work(self._connection)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise  # a full disk rolls the whole transaction back
            write.error = error
            self._connection.execute("ROLLBACK TO one")
        self._connection.execute("RELEASE one")
