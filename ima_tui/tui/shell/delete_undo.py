"""Pending deletes with undo: jobs hidden at once, deleted from the ledger a moment later.

Forgetting has no way back in the ledger, so the undo lies before it: until the moment has passed
nothing was done. A crash meanwhile forgets nothing, which is the side to err on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

MOMENT = 10.0
"""Seconds in which it can be taken back."""


class PendingDeletes:
    """`forget` is what does it in the end."""

    def __init__(self, forget: Callable[[int], Awaitable[None]]) -> None:
        self._forget = forget
        self._batches: list[tuple[int, ...]] = []

    @property
    def ids(self) -> frozenset[int]:
        """The jobs that are off the list, and not yet out of the ledger."""
        return frozenset(job_id for batch in self._batches for job_id in batch)

    def begin(self, *job_ids: int) -> tuple[int, ...]:
        """Take these off the list; the answer is for `end`."""
        self._batches.append(job_ids)
        return job_ids

    def undo(self) -> tuple[int, ...]:
        """Bring the last ones back."""
        return self._batches.pop() if self._batches else ()

    async def end(self, batch: tuple[int, ...]) -> None:
        """The moment has passed; nothing happens to what was brought back."""
        if batch in self._batches:
            self._batches.remove(batch)
            for job_id in batch:
                await self._forget(job_id)

    async def end_all(self) -> None:
        """Carry out all pending deletes."""
        for batch in tuple(self._batches):
            await self.end(batch)
