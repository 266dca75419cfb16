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
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
LENGTH = 160
"""Of the file: written over in place, for cutting it off first makes a file system flush it."""
MOST_AHEAD = 30.0
"""Seconds: a turn that is further away than that was written before the clock was set back."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Seconds since the epoch. `paused_for` is what the service asked for: no pause is longer."""

    next_turn: float = 0.0
    paused_until: float = 0.0
    paused_for: float = 0.0

    def pause_left(self, now: float) -> float:
        return max(0.0, min(self.paused_until - now, self.paused_for))


class Gate:
    """Each method locks a file: call it off the event loop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._works = True
        self._one_thread = Lock()
        self._lock: BaseFileLock | None = None
        self._own = Signal()
        """What stands in where the file can't be used."""

    def take_turn(self, now: float, gap: float) -> float | None:
        """Seconds until the next free turn, which is ours now; None during a pause."""
        with self._changing() as signal:
            if signal.pause_left(now) > 0:
                return None
            ahead = signal.next_turn - now
            wait = ahead if 0 < ahead < MOST_AHEAD else 0.0
            self._write(replace(signal, next_turn=now + wait + gap))
            return wait

    def pause(self, now: float, seconds: float) -> None:
        """The service said "too often": that is meant for all of us."""
        with self._changing() as signal:
            if seconds > signal.pause_left(now):
                self._write(replace(signal, paused_until=now + seconds, paused_for=seconds))

    def pause_left(self, now: float) -> float:
        with self._changing() as signal:
            return signal.pause_left(now)

    @contextmanager
    def _changing(self) -> Iterator[Signal]:
        with self._one_thread:
            yield from self._locked()

    def _locked(self) -> Iterator[Signal]:
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

    def _read(self) -> Signal:
        try:
            found = json.loads(self._file.read_bytes())
            return Signal(**{name: float(found[name]) for name in Signal.__slots__})
        except (OSError, ValueError, KeyError, TypeError):
            return self._own  # none yet, or torn by a crash

    def _write(self, signal: Signal) -> None:
        self._own = signal
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(handle, json.dumps(asdict(signal)).ljust(LENGTH).encode())
                os.ftruncate(handle, LENGTH)
            finally:
                os.close(handle)
        except OSError as error:
            log.warning("pace: %r", error)
