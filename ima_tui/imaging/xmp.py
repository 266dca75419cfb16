"""XMP packets inside PNG, JPEG, WebP and MP4 files: written and read byte by byte, nothing decoded.

Each format has a place for them that every decoder skips: an `iTXt` chunk, an APP1 segment, an
`XMP ` chunk, a `uuid` box at the end. Pixels and samples are not touched.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ima_tui.core import atomic_file

LARGEST_PACKET = 60_000
"""Bytes of a packet: a JPEG segment takes 64 KB."""
LARGEST_IMAGE = 128 * 1024**2
"""Bytes of an image that is rewritten in memory."""
MOST_PARTS = 4_096
"""Chunks, segments or boxes that are looked at."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD = b"XML:com.adobe.xmp\0\0\0\0\0"
_JPEG_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10


class NoPlace(ValueError):
    """The file is none of these formats, is damaged, or has no place for a packet."""


def write(path: Path, packet: bytes) -> None:
    """Put `packet` into the file, instead of one that is there. Raises `NoPlace`, `OSError`.

    An image is replaced as a whole; at a film the packet is appended, and taken back on an error.
    """
    if len(packet) > LARGEST_PACKET:
        raise NoPlace("too large")
    with path.open("rb") as handle:
        head = handle.read(16)
    if head[4:8] == b"ftyp":
        _append_box(path, packet)
        return
    if path.stat().st_size > LARGEST_IMAGE:
        raise NoPlace("too large")
    data = path.read_bytes()
    put = _writer(head)
    try:
        changed = put(data, packet)
    except (struct.error, IndexError) as error:
        raise NoPlace("damaged") from error
    atomic_file.replace(path, changed)


def _writer(head: bytes) -> Callable[[bytes, bytes], bytes]:
    if head.startswith(_PNG):
        return _into_png
    if head.startswith(b"\xff\xd8\xff"):
        return _into_jpeg
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _into_webp
    raise NoPlace("another format")


def read(path: Path) -> bytes | None:
    """Return the packet of a file, or None. Reads headers only. Raises `OSError`."""
    with path.open("rb") as handle:
        head = handle.read(16)
        try:
            for found in _packets(handle, head):
                if len(found) <= LARGEST_PACKET:
                    return found
        except (struct.error, IndexError, ValueError):
            return None
    return None


def _packets(handle: IO[bytes], head: bytes) -> Iterator[bytes]:
    if head.startswith(_PNG):
        return _in_png(handle)
    if head.startswith(b"\xff\xd8\xff"):
        return _in_jpeg(handle)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _in_webp(handle)
    if head[4:8] == b"ftyp":
        return _in_boxes(handle)
    return iter(())


# ------------------------------------------------------------------------------------------- PNG


def _into_png(data: bytes, packet: bytes) -> bytes:
    content = b"iTXt" + _PNG_HEAD + packet
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    pieces, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise NoPlace("damaged")
        ours = kind == b"iTXt" and data[at + 8 : end].startswith(_PNG_HEAD[:18])
        if not ours:
            pieces.append(data[at:end])
        if kind == b"IHDR":
            pieces.append(chunk)
        at = end
        if kind == b"IEND":
            break
    else:
        raise NoPlace("damaged")
    return b"".join([*pieces, data[at:]])


def _in_png(handle: IO[bytes]) -> Iterator[bytes]:
    handle.seek(8)
    for _ in range(MOST_PARTS):
        head = handle.read(8)
        if len(head) < 8 or head[4:] in (b"IEND", b"IDAT"):
            return
        (length,) = struct.unpack(">I", head[:4])
        if head[4:] == b"iTXt" and length <= LARGEST_PACKET + 100:
            content = handle.read(length)
            if content.startswith(_PNG_HEAD):
                yield content[len(_PNG_HEAD) :]
            handle.seek(4, 1)
        else:
            handle.seek(length + 4, 1)


# ------------------------------------------------------------------------------------------ JPEG


def _into_jpeg(data: bytes, packet: bytes) -> bytes:
    content = _JPEG_HEAD + packet
    segment = b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
    at, pieces = 2, [data[:2]]
    while data[at] == 0xFF and 0xE0 <= data[at + 1] <= 0xEF:
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if end > len(data):
            raise NoPlace("damaged")
        if not data[at + 4 : end].startswith(_JPEG_HEAD):
            pieces.append(data[at:end])
        at = end
    return b"".join([*pieces, segment, data[at:]])


def _in_jpeg(handle: IO[bytes]) -> Iterator[bytes]:
    handle.seek(2)
    for _ in range(MOST_PARTS):
        head = handle.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xDA, 0xD9):
            return
        (length,) = struct.unpack(">H", head[2:])
        content = handle.read(max(0, length - 2))
        if head[1] == 0xE1 and content.startswith(_JPEG_HEAD):
            yield content[len(_JPEG_HEAD) :]


# ------------------------------------------------------------------------------------------ WebP


def _into_webp(data: bytes, packet: bytes) -> bytes:
    chunks = [(kind, content) for kind, content in _riff(data) if kind not in (b"XMP ", b"VP8X")]
    extended = next((content for kind, content in _riff(data) if kind == b"VP8X"), None)
    if extended is None:
        extended = _webp_head(*chunks[0])
    if len(extended) < 10:
        raise NoPlace("damaged")
    extended = bytes([extended[0] | _HAS_XMP]) + extended[1:]
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for kind, content in [(b"VP8X", extended), *chunks, (b"XMP ", packet)]
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        (length,) = struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > len(data):
            raise NoPlace("damaged")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_head(kind: bytes, content: bytes) -> bytes:
    """The extended header that a simple file lacks: flags, and the size less one."""
    flags = 0
    if kind == b"VP8 " and content[3:6] == b"\x9d\x01\x2a":
        width, height = (each & 0x3FFF for each in struct.unpack_from("<HH", content, 6))
    elif kind == b"VP8L" and content[:1] == b"\x2f":
        (bits,) = struct.unpack_from("<I", content, 1)
        width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
        flags = _HAS_ALPHA if bits >> 28 & 1 else 0
    else:
        raise NoPlace("damaged")
    sizes = (struct.pack("<I", size - 1)[:3] for size in (width, height))
    return bytes([flags, 0, 0, 0]) + b"".join(sizes)


def _in_webp(handle: IO[bytes]) -> Iterator[bytes]:
    handle.seek(12)
    for _ in range(MOST_PARTS):
        head = handle.read(8)
        if len(head) < 8:
            return
        (length,) = struct.unpack("<I", head[4:])
        if head[:4] == b"XMP " and length <= LARGEST_PACKET:
            yield handle.read(length)
            return
        handle.seek(length + length % 2, 1)


# ------------------------------------------------------------------------------------------- MP4


def _append_box(path: Path, packet: bytes) -> None:
    """Append a box, so that the offsets of samples stay right; an earlier one of ours goes."""
    box = struct.pack(">I", 24 + len(packet)) + b"uuid" + _UUID + packet
    with path.open("r+b") as handle:
        start = handle.seek(0, os.SEEK_END)
        boxes = list(_boxes(handle))
        if not boxes or boxes[-1][1] + boxes[-1][2] != start:
            raise NoPlace("damaged")
        kind, at, _ = boxes[-1]
        handle.seek(at + 8)
        if kind == b"uuid" and handle.read(16) == _UUID:
            start = at
        try:
            handle.seek(start)
            handle.write(box)
            handle.truncate()
            handle.flush()
            atomic_file.sync(handle.fileno())
        except OSError:
            handle.truncate(start)
            raise


def _boxes(handle: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, place and length of every outer box; one without an end (size 0) ends it."""
    at = 0
    for _ in range(MOST_PARTS):
        handle.seek(at)
        head = handle.read(16)
        if len(head) < 8:
            return
        (length,) = struct.unpack(">I", head[:4])
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack(">Q", head[8:])
        if length < 8:
            return
        yield head[4:8], at, length
        at += length


def _in_boxes(handle: IO[bytes]) -> Iterator[bytes]:
    for kind, at, length in _boxes(handle):
        if kind == b"uuid" and 24 <= length <= LARGEST_PACKET + 24:
            handle.seek(at + 8)
            content = handle.read(length - 8)
            if content.startswith(_UUID):
                yield content[16:]
