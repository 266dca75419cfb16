"""Decoding child process: `python -m ima_tui.imaging.worker`. One response per request.

It ends with its parent (when stdin closes), and when idle. Its memory is limited here, its time by
the parent.
"""

from __future__ import annotations

import select
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from ima_tui.core.input_files import HEAD, sniff
from ima_tui.imaging.request import (
    MOST_BYTES,
    MOST_MEMORY,
    CannotShow,
    Check,
    CountFrames,
    DecodeReply,
    DecodeRequest,
    Request,
    refusal_line,
    request_of,
)

IDLE = 30.0
"""Idle seconds after which it exits to free memory."""


def main() -> None:
    """Answer requests from stdin until it closes or idles."""
    limit()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while _asked(source) and (line := source.readline()):
        try:
            request: Request = request_of(line, DecodeRequest, Check, CountFrames)
            reply = answer(request)
        except CannotShow as problem:
            sink.write(refusal_line(problem))
        else:
            sink.write(reply.line() + reply.data)
        sink.flush()


def limit() -> None:
    """Limit memory to that of a large image; forbid written files and core dumps."""
    with suppress(
        ImportError, ValueError, OSError
    ):  # not available everywhere, and never above the current limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _asked(source: IO[bytes]) -> bool:
    try:
        return bool(select.select([source], [], [], IDLE)[0])
    except (OSError, ValueError):  # pipes can't be waited for on Windows
        return True


def answer(request: Request) -> DecodeReply:
    """Decode one request. Raises only `CannotShow`; decoders may fail in any way."""
    try:
        mime = _mime(Path(request.path))
        if isinstance(request, Check):
            from ima_tui.imaging import input_check

            return input_check.check(request, mime)
        if isinstance(request, CountFrames):
            from ima_tui.imaging import film

            return film.count(request, mime)
        if mime.startswith("audio/"):
            from ima_tui.imaging import film

            return film.show_sound(request, mime)
        if mime.startswith("video/"):
            from ima_tui.imaging import film

            return film.show(request, mime)
        from ima_tui.imaging import still

        return still.show(request)
    except CannotShow:
        raise
    except MemoryError as error:
        raise CannotShow("viewer.too_big") from error
    except Exception as error:
        if type(error).__name__ in ("DecompressionBombError", "DecompressionBombWarning"):
            raise CannotShow("viewer.too_big") from error
        raise CannotShow("viewer.broken") from error


def _mime(path: Path) -> str:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise CannotShow("viewer.gone", path=str(path))
        with path.open("rb") as handle:
            mime = sniff(handle.read(HEAD))
    except OSError as error:
        raise CannotShow("viewer.gone", path=str(path)) from error
    if size > MOST_BYTES:
        raise CannotShow("viewer.too_big")
    if not mime:
        raise CannotShow("viewer.broken")
    return mime


if __name__ == "__main__":
    main()
