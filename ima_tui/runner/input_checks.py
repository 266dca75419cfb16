"""Decoding checks of input files before anything is paid, and conversion for the upload.

Decoding happens in the child process of `imaging`, which a hostile file may hang or crash. Results
are cached by path, size, modification time and inode, for Compose, batch rows and the upload.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ima_tui.core import input_files
from ima_tui.core.domain import ModelVersion
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import LARGEST, SUFFIXES, InputFacts, Stamp
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.core.text import size as size_in_words
from ima_tui.imaging.decoder import Decoder
from ima_tui.imaging.request import MOST_PIXELS, CannotShow, Check, CountFrames, MediaFacts

MOST_SECONDS = 90.0
"""Time limit for one file; two hundred million pixels take a few seconds."""
WHOLE = 0.95
"""Share of its frames with which a video counts as whole; the last ones may be undecodable."""
MOST_KEPT = 25_000
"""Maximum number of cached results, more than a batch has rows."""
_KEYS = {
    "viewer.too_big": "error.input_pixels",
    "viewer.too_slow": "error.input_slow",
    "viewer.gone": "error.input_missing",
}

Known = tuple[str, Stamp]


@dataclass(frozen=True, slots=True)
class Upload:
    """The content of a file as it is uploaded."""

    content: bytes
    mime: str
    suffix: str


class InputChecks:
    """Checks inputs: `inspect` before an order is made, `upload` before it is sent.

    End with `aclose`.
    """

    def __init__(self, seconds: float = MOST_SECONDS) -> None:
        self._decoder = Decoder(seconds)
        self._decoding: dict[Known, asyncio.Task[MediaFacts]] = {}
        self._stamps: dict[str, Stamp] = {}

    async def aclose(self) -> None:
        """End the decoder."""
        await self._decoder.aclose()
        await asyncio.gather(*self._decoding.values(), return_exceptions=True)

    async def missing_frames(self, path: Path) -> tuple[int, int] | None:
        """Return the frames of a video that can be decoded, and the more that it claims to have.

        None where it is whole, or nobody can tell (no PyAV, no time).
        """
        try:
            reply = await self._decoder.ask(CountFrames(str(path)))
        except CannotShow:
            return None
        found, claimed = reply.count, reply.facts.frames
        return (found, claimed) if found < claimed * WHOLE else None

    async def inspect(
        self, model: ModelVersion, sources: Sequence[str], loopback: str = ""
    ) -> tuple[InputFacts, ...]:
        """Check links and files for the model.

        Raises `UsageError` for the first bad one. `loopback`: the service's own address where it is
        on this machine; its links are allowed.
        """
        return tuple([await self._inspect(model, source, loopback) for source in sources])

    async def _inspect(self, model: ModelVersion, source: str, loopback: str) -> InputFacts:
        facts = await asyncio.to_thread(input_files.inspect, model, source, loopback)
        if facts.kind != "file":
            return facts
        decoded = await self._decoded(facts)
        self._stamps[facts.source] = facts.stamp
        _check_length(model, facts, decoded.seconds)
        return replace(
            facts,
            width=decoded.width or None,
            height=decoded.height or None,
            seconds=decoded.seconds,
            sent_as=_sent_as(model, facts.mime, decoded),
            first_frame=facts.mime.startswith("image/") and decoded.frames > 1,
        )

    def stamp(self, source: str) -> Stamp | None:
        """Return the stamp that the file had when last checked, or None."""
        return self._stamps.get(source)

    def forget(self, source: str) -> None:
        """Forget a file that was changed."""
        self._stamps.pop(source, None)

    async def _decoded(self, facts: InputFacts) -> MediaFacts:
        known = facts.source, facts.stamp
        task = self._decoding.get(known)
        if task is None or task.cancelled():
            if len(self._decoding) >= MOST_KEPT:
                self._decoding.pop(next(iter(self._decoding)))
            task = asyncio.create_task(self._decode(facts), name="check input")
            task.add_done_callback(_retrieve_exception)
            self._decoding[known] = task
        try:
            # shielded: the next caller needs the result even if this one is cancelled
            return await asyncio.shield(task)
        except CannotShow as problem:
            if problem.key in ("viewer.too_slow", "viewer.gone"):
                self._decoding.pop(known, None)  # another try may succeed
            raise _problem(problem, facts) from problem

    async def _decode(self, facts: InputFacts) -> MediaFacts:
        found = (await self._decoder.ask(Check(facts.source))).facts
        if await asyncio.to_thread(_stamp_now, facts.source) != facts.stamp:
            raise CannotShow("error.input_changed")
        return found

    async def upload(self, model: ModelVersion, source: str) -> Upload:
        """Return the content as the model accepts it, checked. Raises `UsageError`."""
        (facts,) = await self.inspect(model, (source,))
        if not facts.sent_as:
            content = await asyncio.to_thread(_read, facts)
            return Upload(content, facts.mime, SUFFIXES[facts.mime])
        accepts = model.accepting(facts.sent_as)
        most = (accepts.largest if accepts is not None else None) or LARGEST
        check = Check(source, facts.sent_as, most, model.accepting("image/jpeg") is not None)
        try:
            reply = await self._decoder.ask(check)
        except CannotShow as problem:
            raise _problem(problem, facts, most) from problem
        await asyncio.to_thread(_read, facts, 0)
        return Upload(reply.data, reply.facts.format, SUFFIXES[reply.facts.format])


def _retrieve_exception(task: asyncio.Task[MediaFacts]) -> None:
    """Retrieve the exception, so that a failure nobody waits for is not reported as unhandled."""
    if not task.cancelled():
        task.exception()


def _sent_as(model: ModelVersion, mime: str, decoded: MediaFacts) -> str:
    """Return the MIME type that the image is converted to; "" where it is uploaded unchanged."""
    if not mime.startswith("image/") or (decoded.plain and model.accepting(mime) is not None):
        return ""
    lossless = mime not in ("image/jpeg", "image/heic", "image/heif", "image/avif")
    return input_files.target_of(model, lossless=lossless or decoded.alpha)


def _check_length(model: ModelVersion, facts: InputFacts, seconds: float) -> None:
    accepts = model.accepting(facts.mime)
    longest = accepts.longest if accepts is not None else None
    if longest is not None and seconds > longest + 0.05:  # containers round up to a frame
        raise UsageError(
            "error.input_long",
            input=one_line(facts.source, 200),
            seconds=f"{seconds:.1f}",
            model=model.name,
            limit=f"{longest:g}",
        )


def _problem(problem: CannotShow, facts: InputFacts, most: int = LARGEST) -> UsageError:
    key = _KEYS.get(problem.key, problem.key)
    if not key.startswith("error."):
        key = "error.input_broken"
    return UsageError(
        key,
        input=one_line(facts.source, 200),
        format=input_files.format_name(facts.mime),
        limit=MOST_PIXELS // 1_000_000 if key == "error.input_pixels" else size_in_words(most),
    )


def _stamp_now(source: str) -> Stamp | None:
    try:
        return input_files.stamp_of(Path(source).stat())
    except OSError:
        return None


def _read(facts: InputFacts, most: int = -1) -> bytes:
    """Read the checked file. Raises `UsageError` where it was replaced."""
    shown = one_line(facts.source, 200)
    with input_files.opened(Path(facts.source)) as handle:
        try:
            content = handle.read(most)
        except OSError as error:
            raise UsageError("error.input_unreadable", input=shown) from error
        if input_files.stamp_of(os.fstat(handle.fileno())) != facts.stamp:
            raise UsageError("error.input_changed", input=shown)
    return content
