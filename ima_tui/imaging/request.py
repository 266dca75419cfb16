"""What is asked of the decoding child, and what comes back. One JSON line each way; after the
answer's line come its bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

MOST_PIXELS = 250_000_000
"""Phones take photos of 200 million; four bytes each are in memory at once."""
MOST_BYTES = 300_000_000
MOST_MEMORY = 2_000_000_000
"""Of address space, for the child; libraries alone take a third of it."""
MOST_ANSWER = 64 * 1024 * 1024
MOST_FRAMES = 120


class CannotShow(Exception):
    """`key` is the sentence for the person."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class OutputForm(StrEnum):
    """What the bytes of the answer are."""

    RGB = "rgb"
    """Three bytes a pixel."""
    FEW = "few"
    """The same, in the colours that every terminal with 256 has."""
    DOTS = "dots"
    """One byte a pixel, 0 or 255, dithered."""
    PNG = "png"
    JPEG = "jpeg"
    SIXEL = "sixel"


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """Show the file within `width` x `height` pixels, in its own shape.

    `frames`: of a film, so many as a strip below the large one (`reel`: one after the other, each
    as large as there is room, `rate` a second). `crop`: the part of a picture that is wanted, as
    left, top, right and bottom between 0 and 1. `ground`: what shines through, `#rrggbb`.
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

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Check:
    """Decode the input file to its end; the answer has its facts, and no picture.

    `convert_to`: the MIME type to make of it, in at most `most` bytes (0: no limit), upright and
    without metadata; the answer then holds the new file, and its type is `facts.format`.
    `may_be_jpeg`: a large image may become a JPEG where a PNG was asked for.
    """

    path: str
    convert_to: str = ""
    most: int = 0
    may_be_jpeg: bool = False

    def line(self) -> bytes:
        return json.dumps({"check": asdict(self)}).encode() + b"\n"


def read_request(line: bytes) -> DecodeRequest | Check:
    raw = json.loads(line)
    if "check" in raw:
        return Check(**raw["check"])
    raw["form"] = OutputForm(raw["form"])
    raw["crop"] = tuple(raw["crop"])
    return DecodeRequest(**raw)


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What the file turned out to be. Zero: it has none, or it is not known.

    `kind` is `picture`, `film` or `sound`; `rate` in samples a second. `width` and `height` are
    those of the upright picture. `plain`: one frame, upright, in 8 bits of RGB or grey.
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
    """The picture: `width` x `height` pixels, `count` of them one after the other in `data`.

    Of a sound: `width` peaks between 0 and 255.
    """

    facts: MediaFacts
    width: int
    height: int
    data: bytes
    count: int = 1

    def line(self) -> bytes:
        head = {
            "facts": asdict(self.facts),
            "width": self.width,
            "height": self.height,
            "count": self.count,
            "size": len(self.data),
        }
        return json.dumps(head).encode() + b"\n"


def refusal_line(problem: CannotShow) -> bytes:
    return json.dumps({"key": problem.key, "values": problem.values}).encode() + b"\n"


def read_head(line: bytes) -> tuple[Mapping[str, object], int]:
    """The answer's line, and how many bytes follow it. Raises `CannotShow` if it is a refusal."""
    head = json.loads(line)
    if "key" in head:
        raise CannotShow(head["key"], **head["values"])
    return head, int(head["size"])


def reply_of(head: Mapping[str, object], data: bytes) -> DecodeReply:
    facts = head["facts"]
    width, height, count = head["width"], head["height"], head["count"]
    if not (
        isinstance(facts, dict)
        and isinstance(width, int)
        and isinstance(height, int)
        and isinstance(count, int)
    ):
        raise CannotShow("viewer.broken")
    return DecodeReply(MediaFacts(**facts), width, height, data, count)
