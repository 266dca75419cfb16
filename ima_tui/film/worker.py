"""Assembling child process: `python -m ima_tui.film.worker`. One job, then it ends.

It ends with its parent, when stdin closes. Pieces that are ready stay in the cache, so that a
stopped job goes on from there; the film appears by a rename, whole or not at all.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

from ima_tui.film.timeline import AssembleJob, CannotAssemble, JoinJob, StillJob, WorkerJob, message
from ima_tui.imaging.request import request_of

MOST_MEMORY = 6_000_000_000
"""Address space in bytes; a hostile file must not take the machine's memory."""
NICE = 5


def main() -> None:
    """Do the job on stdin; write progress, then the result or an error."""
    _limit()
    line = sys.stdin.buffer.readline()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        job: WorkerJob = request_of(line, AssembleJob, StillJob, JoinJob)
        done = _do(job)
    except CannotAssemble as problem:
        _say("error", {"key": problem.key, "values": problem.values})
    except MemoryError:
        _say("error", {"key": "film.too_large", "values": {}})
    except OSError as error:
        _say("error", {"key": "film.disk", "values": {"reason": error.strerror or str(error)}})
    else:
        _say("done", done)


def _do(job: WorkerJob) -> dict[str, object]:
    if isinstance(job, StillJob):
        from ima_tui.film import picture

        return picture.write(job)
    if isinstance(job, JoinJob):
        from ima_tui.film import sound

        return sound.join(job, lambda told: _say("progress", told))
    from ima_tui.film import making

    return making.assemble(job, lambda told: _say("progress", told))


def _say(name: str, content: dict[str, object]) -> None:
    try:
        sys.stdout.buffer.write(message(name, content))
        sys.stdout.buffer.flush()
    except OSError:
        os._exit(1)  # nobody listens any more


def _limit() -> None:
    with suppress(ImportError, ValueError, OSError):  # not available everywhere
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(NICE)


def _end_with_parent() -> None:
    # not through sys.stdin: its lock would be held while the interpreter ends
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    if "ima_tui.film.making" in sys.modules:
        from ima_tui.film.making import UNFINISHED

        for path in tuple(UNFINISHED):
            with suppress(OSError):
                path.unlink()
    os._exit(1)


if __name__ == "__main__":
    main()
