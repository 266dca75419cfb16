"""Client of the assembling worker: one process a film, with progress, cancelling and typed errors.

When it is cancelled, or this program ends, the worker ends too. Finished pieces stay in the cache
folder, so that the same film goes on from there.

Sentences about films that verbs, plain mode and screens share stand at the end.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ima_tui.core.errors import EXIT_FAILED, ImaError, UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import duration, one_line
from ima_tui.core.text import size as size_in_words
from ima_tui.film.timeline import (
    MOST_LINE,
    AssembleJob,
    JoinJob,
    StillJob,
    WorkerJob,
    problem,
)
from ima_tui.i18n import joined, say
from ima_tui.imaging.decoder import start_child
from ima_tui.imaging.request import line_of

STALLED_SECONDS = 180.0
"""Without a sign of life for so long the worker is taken to hang."""
_BYTES = ("need", "free")


class FilmError(ImaError):
    """A film can't be assembled; the message names the shot or file. Nothing was charged."""

    exit_code = EXIT_FAILED


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """`share` of the work that is done, and the seconds that are left. `shot` 0: no single one."""

    share: float
    left: float
    stage: str
    shot: int


Tell = Callable[[FilmProgress], None]


def can_assemble() -> bool:
    """Tell whether PyAV (the `video` extra) is installed."""
    return importlib.util.find_spec("av") is not None


def need_pyav() -> None:
    """Raise `UsageError` without PyAV."""
    if not can_assemble():
        raise UsageError("error.film_no_av")


async def assemble(job: AssembleJob, tell: Tell | None = None) -> Mapping[str, object]:
    """Assemble a film; returns `path`, `made` and the film's facts.

    `made` is False where the same film was there already. Raises `UsageError` and `FilmError`.
    """
    wrong = problem(job.film)
    if wrong is not None:
        raise wrong
    need_pyav()
    return await _run(job, tell)


async def still(job: StillJob) -> Mapping[str, object]:
    """Write one frame of a video as a picture; returns `path` and facts. Raises as `assemble`."""
    need_pyav()
    return await _run(job, None)


async def crop(job: StillJob) -> Mapping[str, object]:
    """Write a picture cropped, which needs no PyAV; returns as `still`. Raises `FilmError`."""
    return await _run(job, None)


async def join(job: JoinJob, tell: Tell | None = None) -> Mapping[str, object]:
    """Join pieces of music; returns `path` and facts. Raises as `assemble`."""
    need_pyav()
    return await _run(job, tell)


async def _run(job: WorkerJob, tell: Tell | None) -> Mapping[str, object]:
    try:
        child = await start_child("ima_tui.film.worker", MOST_LINE)
    except OSError as error:
        raise FilmError("error.film_worker", reason=error.strerror or "—") from error
    try:
        return await _talk(child, job, tell)
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _talk(
    child: asyncio.subprocess.Process, job: WorkerJob, tell: Tell | None
) -> Mapping[str, object]:
    assert child.stdin is not None  # noqa: S101 - both are pipes
    assert child.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError, ConnectionResetError):  # it is told by the missing answer
        child.stdin.write(line_of(job))
        await child.stdin.drain()
    shot = 0
    while True:
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                line = await child.stdout.readline()
            told = json.loads(line) if line else None
        except (TimeoutError, ValueError) as error:
            raise _ended(shot) from error
        if not isinstance(told, dict):
            raise _ended(shot)
        if "done" in told:
            done: Mapping[str, object] = told["done"]
            return done
        if "error" in told:
            raise _error(told["error"])
        if "progress" in told:
            progress = FilmProgress(**told["progress"])
            shot = progress.shot
            if tell is not None:
                tell(progress)


def _ended(shot: int) -> FilmError:
    """Return the error of a worker that crashed, hung or was killed; named by its last shot."""
    if shot:
        return FilmError("error.film_crashed_at", shot=shot)
    return FilmError("error.film_crashed")


def _error(raw: Mapping[str, object]) -> FilmError:
    """Return the worker's refusal; paths are shown cleaned, sizes in their unit."""
    values: dict[str, str | int | float] = {"shot": 1}
    found = raw.get("values")
    for name, value in found.items() if isinstance(found, dict) else ():
        if name == "path":
            values[name] = one_line(Path(str(value)).name, 120)
        elif name in _BYTES and isinstance(value, int):
            values[name] = size_in_words(value)
        elif isinstance(value, int | float):
            values[name] = value
        else:
            values[name] = one_line(str(value), 200)
    return FilmError(f"error.{str(raw.get('key', '')).replace('.', '_')}", **values)


def progress_words(told: FilmProgress) -> str:
    """Say how far the assembling is, with the time left."""
    stage = say(f"film.stage_{told.stage}", shot=told.shot)
    left = duration(told.left + 0.99)
    return say("film.progress", share=int(told.share * 100), left=left, stage=stage)


def shortcomings(facts: Mapping[str, object]) -> str:
    """Say what a film lacks that was asked for, by the facts of the assembler; "" for nothing."""
    cut = float(str(facts.get("voice_cut", 0.0)))
    return joined(
        say("film.voice_cut", seconds=f"{cut:g}") if cut else "",
        say("film.no_font") if facts.get("no_font") else "",
    )
