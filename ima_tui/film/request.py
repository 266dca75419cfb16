"""Protocol between us and the worker: one JSON line in, JSON lines of progress and result out."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ima_tui.core.records import dataclass
from ima_tui.film.timeline import Film

ASSEMBLER = 3
"""Version of what the worker makes of a request; part of each film's digest."""
MOST_LINE = 1 << 20


class CannotAssemble(Exception):
    """The film or a file of it can't be used. `key` is a message; `path` is among its values."""

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class AssembleJob:
    """Assemble `film` into `target`, or `folder`/`stem`-DIGEST.mp4 if `target` is "".

    `cache`: folder of pieces that are kept until a film is done. `replace`: whether another file
    at `target` may be replaced.
    """

    film: Film
    cache: str
    target: str = ""
    folder: str = ""
    stem: str = "film"
    replace: bool = False


@dataclass(frozen=True, slots=True)
class StillJob:
    """Write the frame `at` (seconds, or -1 for the last) of a video, or a picture, to `target`.

    `ratio`: crop to these proportions, (0, 0) for none.
    """

    file: str
    target: str
    at: float = 0.0
    ratio: tuple[int, int] = (0, 0)
    replace: bool = False


@dataclass(frozen=True, slots=True)
class JoinJob:
    """Write pieces of music, crossfaded, as one M4A of exactly `seconds` to `target`.

    What is too much is faded out; what is missing is filled with the pieces again. `cache`: folder
    of the unfinished mix.
    """

    files: tuple[str, ...]
    target: str
    cache: str
    seconds: float
    crossfade: float = 3.0


WorkerJob = AssembleJob | StillJob | JoinJob


def message(name: str, content: Mapping[str, object]) -> bytes:
    """Return a line of the worker: `progress`, `done` or `error`."""
    return json.dumps({name: content}).encode() + b"\n"
