"""Truncation checks by file headers, without a decoder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ima_tui.imaging.request import CannotShow

ISO = frozenset({"video/mp4", "video/quicktime", "video/3gpp", "audio/mp4"})
MOST_BOXES = 100_000


def check(path: str, mime: str) -> None:
    """Raise `CannotShow` where the file is shorter than its headers say."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as handle:
        if mime in ISO:
            _check_iso(handle, size)
        elif mime == "audio/wav":
            _check_wav(handle, size)


def _check_iso(handle: IO[bytes], size: int) -> None:
    kinds = set()
    for kind, _, end in _boxes(handle, 0, size):
        if end > size:
            raise CannotShow("viewer.broken")
        kinds.add(kind)
    if b"moov" not in kinds or not kinds & {b"mdat", b"moof"}:
        raise CannotShow("viewer.broken")


def _boxes(handle: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start of content, and end of each box."""
    at = start
    for _ in range(MOST_BOXES):
        if at + 8 > end:
            return
        handle.seek(at)
        head = handle.read(16)
        length, body = int.from_bytes(head[:4], "big"), at + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), at + 16
        elif length == 0:
            length = end - at
        if length < body - at:
            raise CannotShow("viewer.broken")
        yield head[4:8], body, at + length
        at += length


def _check_wav(handle: IO[bytes], size: int) -> None:
    at, found = 12, set()
    while at + 8 <= size:
        handle.seek(at)
        head = handle.read(8)
        length = int.from_bytes(head[4:], "little")
        found.add(head[:4])
        if head[:4] == b"data" and length < 0xFFFFFFFF and at + 8 + length > size:
            raise CannotShow("viewer.broken")
        at += 8 + length + length % 2
    if not {b"fmt ", b"data"} <= found:
        raise CannotShow("viewer.broken")


def seconds(path: str, mime: str) -> float:
    """Return the duration by the headers; 0 if unknown."""
    if mime == "audio/wav":
        import wave

        try:
            with wave.open(path, "rb") as source:
                return source.getnframes() / max(1, source.getframerate())
        except wave.Error:
            return 0.0
    return _iso_seconds(path) if mime in ISO else 0.0


def _iso_seconds(path: str) -> float:
    with Path(path).open("rb") as handle:
        for kind, body, end in _boxes(handle, 0, Path(path).stat().st_size):
            if kind != b"moov":
                continue
            for inner, at, _ in _boxes(handle, body, end):
                if inner == b"mvhd":
                    handle.seek(at)
                    return _mvhd_seconds(handle.read(32))
    return 0.0


def _mvhd_seconds(head: bytes) -> float:
    wide = head[:1] == b"\1"
    scale = int.from_bytes(head[20:24] if wide else head[12:16], "big")
    length = int.from_bytes(head[24:32] if wide else head[16:20], "big")
    return length / scale if scale else 0.0


def check_jpeg(path: str) -> None:
    """Raise `CannotShow` where the image data has no end marker.

    A preallocated, unfinished download is padded with zeros, which decode without an error.
    """
    data = Path(path).read_bytes()
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise CannotShow("viewer.broken")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker == 0xDA:
            if data.find(b"\xff\xd9", at) < 0:
                raise CannotShow("viewer.broken")
            return
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise CannotShow("viewer.broken")


# ------------------------------------------------------------------------------------- results


def is_cut(path: Path) -> bool:
    """Tell whether a file certainly ends too early, by its own lengths and end marks.

    False for what has none of these, such as MP3. Raises `OSError`.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        head = handle.read(16)
        if head.startswith(b"\xff\xd8\xff"):
            return _is_cut_jpeg(path.read_bytes())
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return _is_cut_png(handle, size)
        if head.startswith(b"RIFF"):
            length = int.from_bytes(head[4:8], "little")
            return length < 0xFFFFFFFF and 8 + length > size + 1  # the padding may be missing
        if head[4:8] == b"ftyp":
            return _is_cut_iso(handle, size)
    return False


def _is_cut_jpeg(data: bytes) -> bool:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return data.find(b"\xff\xd9", at) < 0
        plain = marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8
        at += 2 if plain else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at > len(data)


def _is_cut_png(handle: IO[bytes], size: int) -> bool:
    at, seen = 8, False
    while at + 8 <= size:
        handle.seek(at)
        head = handle.read(8)
        if head[4:] == b"IEND":
            return False
        if not head[4:].isalpha():
            return False  # not a PNG as far as we know them
        at, seen = at + 12 + int.from_bytes(head[:4], "big"), True
    return seen or at > size


def _is_cut_iso(handle: IO[bytes], size: int) -> bool:
    try:
        boxes = [(kind, end) for kind, _, end in _boxes(handle, 0, size)]
    except CannotShow:
        return False
    return any(end > size for kind, end in boxes if kind.isalnum())
