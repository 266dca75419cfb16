"""Protocol between us and the decoding child: one JSON line each way, then the response's bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from ima_tui.core.records import dataclass, load

MOST_PIXELS = 250_000_000
"""Phones take photos of 200 million; four bytes each are in memory at once."""
MOST_BYTES = 300_000_000
MOST_MEMORY = 2_000_000_000
"""Address space of the child in bytes; libraries alone take a third of it."""
MOST_ANSWER = 64 * 1024 * 1024
MOST_FRAMES = 120


CONTAINERS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "webm",
    "video/x-msvideo": "avi",
    "video/3gpp": "mp4",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "mp4",
    "audio/wav": "wav",
    "audio/aac": "aac",
}
"""What PyAV calls the containers of videos and sounds that are opened."""


class CannotShow(Exception):
    """The file can't be shown. `key` is the message for the user."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class OutputForm(StrEnum):
    """Format of the response's bytes."""

    RGB = "rgb"
    """Three bytes per pixel."""
    FEW = "few"
    """The same, in the colours of 256-colour terminals."""
    DOTS = "dots"
    """One byte per pixel, 0 or 255, dithered."""
    PNG = "png"
    JPEG = "jpeg"
    SIXEL = "sixel"


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """Decode the file to fit `width` x `height` pixels, keeping its proportions.

    `frames`: of a video, this many as a strip below the large frame (`reel`: one after the other,
    at full size, `rate` per second). `crop`: the part of an image, as left, top, right and bottom
    between 0 and 1. `background`: colour behind transparency, `#rrggbb`.
    """

    path: str
    width: int
    height: int
    form: OutputForm = OutputForm.RGB
    frames: int = 0
    reel: bool = False
    rate: float = 4.0
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    background: str = "#12141c"


@dataclass(frozen=True, slots=True)
class Check:
    """Decode the input file to its end; the response has its facts, and no picture.

    `convert_to`: the MIME type to convert to, in at most `most` bytes (0: no limit), upright and
    without metadata; the response then holds the new file, and its type is `facts.format`.
    `may_be_jpeg`: a large image may become a JPEG where a PNG was requested.
    """

    path: str
    convert_to: str = ""
    most: int = 0
    may_be_jpeg: bool = False


@dataclass(frozen=True, slots=True)
class CountFrames:
    """Count the frames of a video.

    The response has those that were decoded as `count`, and in `facts.frames` those that the file
    claims to have, 0 where it tells none or has too many.
    """

    path: str


Request = DecodeRequest | Check | CountFrames


def line_of(request: Any) -> bytes:
    """Return a request, or a job of another child, as a JSON line."""
    return json.dumps({type(request).__name__: asdict(request)}).encode() + b"\n"


def request_of(line: bytes, *kinds: type) -> Any:
    """Parse a request line of one of these classes."""
    ((name, raw),) = json.loads(line).items()
    return load({kind.__name__: kind for kind in kinds}[name], raw)


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """Facts about a file. Zero: not applicable, or unknown.

    `kind` is `picture`, `film` or `sound`; `rate` in samples per second. `width` and `height` are
    those of the upright image. `plain`: one frame, upright, in 8 bits of RGB or grey.
    """

    kind: str
    format: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    rate: int = 0
    frames: int = 1
    plain: bool = True
    alpha: bool = False


@dataclass(frozen=True, slots=True)
class DecodeReply:
    """The response: `count` pictures of `width` x `height` pixels in `data`.

    Of a sound: `width` peaks between 0 and 255.
    """

    facts: MediaFacts
    width: int
    height: int
    data: bytes
    count: int = 1

    def line(self) -> bytes:
        """Return the response's JSON line; `data` follows it."""
        head = asdict(self)
        head["size"] = len(head.pop("data"))
        return json.dumps(head).encode() + b"\n"


def refusal_line(problem: CannotShow) -> bytes:
    """Return a failure as a JSON line."""
    return json.dumps({"key": problem.key, "values": problem.values}).encode() + b"\n"


def read_head(line: bytes) -> tuple[Mapping[str, object], int]:
    """Parse a response line; returns it with the number of bytes that follow.

    Raises `CannotShow` for a failure.
    """
    head = json.loads(line)
    if "key" in head:
        raise CannotShow(head["key"], **head["values"])
    return head, int(head.pop("size"))


def reply_of(head: Mapping[str, object], data: bytes) -> DecodeReply:
    """Build the response from its line and bytes. Raises as `load`."""
    return load(DecodeReply, {**head, "data": data})
