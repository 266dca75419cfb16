"""The gate that all runs of one user go through to the service: when the next request may leave,
and until when the service wants none at all.

A small file beside the ledger, locked while it is read and changed, and never flushed: it says
nothing that outlives a minute. Where it can't be locked every run keeps a pace of its own.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ima_tui.core import atomic_file

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
MOST_BYTES = 4096
LONGEST_PAUSE = 300.0
"""Seconds; then the service is asked again, whatever it said."""
LENGTH = 160
"""Of the file: written over in place, for cutting it off first makes a file system flush it."""
MOST_AHEAD = 30.0
"""Seconds: a turn that is further away than that was written before the clock was set back."""


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """Seconds since the epoch, by the wall clock. `paused_for` is what the service asked for."""

    next_turn: float = 0.0
    paused_until: float = 0.0
    paused_for: float = 0.0

    def bounded(self, now: float) -> RateLimitState:
        """What holds at `now`, whoever wrote it: an older version without a limit, a broken disk,
        or a run whose clock was ahead. No pause is longer than the longest; a pause that begins in
        the future begins now."""
        if not all(map(isfinite, (self.next_turn, self.paused_until, self.paused_for))):
            return RateLimitState()
        length = min(LONGEST_PAUSE, max(0.0, self.paused_for))
        began = min(now, self.paused_until - max(0.0, self.paused_for))
        return replace(self, paused_until=began + length, paused_for=length)

    def pause_left(self, now: float) -> float:
        return max(0.0, self.paused_until - now)


class SharedRateLimit:
    """Each method locks a file: call it off the event loop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._works = True
        self._one_thread = Lock()
        self._lock: BaseFileLock | None = None
        self._own = RateLimitState()
        """What stands in where the file can't be used."""

    def take_turn(self, now: float, gap: float) -> float | None:
        """Seconds until the next free turn, which is ours now; None during a pause."""
        with self._changing(now) as signal:
            if signal.pause_left(now) > 0:
                return None
            ahead = signal.next_turn - now
            wait = ahead if 0 < ahead < MOST_AHEAD else 0.0
            self._write(replace(signal, next_turn=now + wait + gap))
            return wait

    def pause(self, now: float, seconds: float) -> None:
        """The service said "too often": that is meant for all of us."""
        length = min(LONGEST_PAUSE, seconds)
        with self._changing(now) as signal:
            if length > signal.pause_left(now):
                self._write(replace(signal, paused_until=now + length, paused_for=length))

    def pause_left(self, now: float) -> float:
        with self._changing(now) as signal:
            return signal.pause_left(now)

    def read(self, now: float) -> float:
        """As `pause_left`, for who only looks."""
        return self._read().bounded(now).pause_left(now)

    @contextmanager
    def _changing(self, now: float) -> Iterator[RateLimitState]:
        """What holds now; what had to be bounded is written so, or a clock that was set back
        would find the same pause at each look, for days."""
        with self._one_thread, self._locked() as found:
            signal = found.bounded(now)
            if signal != found and signal.pause_left(now) > 0:
                self._write(signal)
            yield signal

    @contextmanager
    def _locked(self) -> Iterator[RateLimitState]:
        if not self._works:
            yield self._own
            return
        if self._lock is None:
            from filelock import FileLock

            name = self._file.with_name(f"{self._file.name}.lock")
            self._lock = FileLock(name, timeout=LOCK_SECONDS, thread_local=False)
        try:
            self._lock.acquire()
        except (OSError, NotImplementedError) as error:  # a timeout is one, too
            log.warning("pace: %r", error)
            self._works = isinstance(error, TimeoutError)
            yield self._own
            return
        try:
            yield self._read()
        finally:
            self._lock.release()

    def _read(self) -> RateLimitState:
        try:
            found = json.loads(atomic_file.read_small(self._file, MOST_BYTES)[0])
            return RateLimitState(**{name: float(found[name]) for name in RateLimitState.__slots__})
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return self._own  # none yet, torn by a crash, or none of ours

    def _write(self, signal: RateLimitState) -> None:
        self._own = signal
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o600)
            try:
                os.write(handle, json.dumps(asdict(signal)).ljust(LENGTH).encode())
                os.ftruncate(handle, LENGTH)
            finally:
                os.close(handle)
        except OSError as error:
            log.warning("pace: %r", error)
