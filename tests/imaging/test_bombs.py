"""Eight pictures that are small on disk and huge in memory: refused or shown, in 300 MB at most."""

from __future__ import annotations

import functools
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
MOST_RSS = 300_000  # KB

LOOK = """
import json, re, sys
from ima_tui.imaging.request import CannotShow, DecodeRequest
from ima_tui.imaging.worker import answer
said = {}
for path in sys.argv[1:]:
    try:
        facts = answer(DecodeRequest(path, 40, 40)).facts
        said[path] = f"{facts.width}x{facts.height}"
    except CannotShow as error:
        said[path] = error.key
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
print(json.dumps({"said": said, "rss": int(peak[1])}))
"""


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def zeros(count: int) -> bytes:
    """So many zeros as zlib packs them; what packs a part of them is repeated."""
    whole, rest = divmod(count, 1 << 24)
    packed = packed_zeros(1 << 24) * whole + packed_zeros(rest)
    checksum = struct.pack(">HH", count % 65_521, 1)
    return b"\x78\xda" + packed + zlib.compressobj(9, wbits=-15).flush() + checksum


@functools.cache
def packed_zeros(count: int) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(bytes(count)) + packer.flush(zlib.Z_FULL_FLUSH)


def png(width: int, height: int, *, bits: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A black picture of any size in a few kilobytes."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    row = 1 + (width * bits * channels + 7) // 8
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", zeros(row * height))
        + chunk(b"IEND", b"")
    )


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    sink = io.BytesIO()
    image.save(sink, kind, **how)
    return sink.getvalue()


def gif(frames: int) -> bytes:
    """Frames of 2000 x 2000 pixels, all but the first two alike."""
    first, *more = (Image.new("P", (2000, 2000), index) for index in range(3))
    two = saved(first, "GIF", save_all=True, append_images=more[:1]).removesuffix(b";")
    three = saved(first, "GIF", save_all=True, append_images=more).removesuffix(b";")
    assert three.startswith(two)
    return two + three[len(two) :] * (frames - 2) + b";"


def claiming(jpeg: bytes, width: int, height: int) -> bytes:
    """A small JPEG whose header says that it is larger."""
    place = jpeg.index(b"\xff\xc0")
    return jpeg[: place + 5] + struct.pack(">HH", height, width) + jpeg[place + 9 :]


def bombs() -> dict[str, bytes]:
    small = Image.new("RGB", (64, 64))
    bitmap = bytearray(saved(small, "BMP"))
    bitmap[18:26] = struct.pack("<ii", 2_000_000_000, 2_000_000_000)
    text = chunk(b"zTXt", b"Comment\0\0" + zeros(200_000_000))
    return {
        "one-bit.png": png(60_000, 60_000, bits=1, colour=0),
        "just-below.png": png(6_300, 6_300, colour=6),
        "just-above.png": png(6_400, 6_400, colour=6),
        "comment.png": png(64, 64, extra=text),
        "claims.jpg": claiming(saved(small, "JPEG"), 65_500, 65_500),
        "claims.bmp": bytes(bitmap),
        "frames.gif": gif(40),
        "large.webp": saved(Image.new("RGB", (16_383, 2_500)), "WEBP", quality=0, method=0),
    }


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to measure")
def test_eight_bombs_stay_within_300_megabytes(tmp_path: Path) -> None:
    for name, data in bombs().items():
        (tmp_path / name).write_bytes(data)
    paths = sorted(map(str, tmp_path.iterdir()))
    assert len(paths) == 8
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *paths],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    said = {Path(path).name: words for path, words in found["said"].items()}
    refused = {name for name, words in said.items() if words.startswith("viewer.")}
    assert {"one-bit.png", "just-above.png", "claims.jpg", "claims.bmp", "large.webp"} <= refused
    assert said["just-below.png"] == "6300x6300"  # a real large picture is still shown
    assert found["rss"] < MOST_RSS, f"{found['rss']} KB"


@pytest.mark.parametrize("depth", [48, 100, 100_000])
def test_answers_nested_too_deeply_are_none(depth: int) -> None:
    from ima_tui.api import client

    fits = b'{"code": 0, "data": ' + b"[" * 40 + b"]" * 40 + b"}"
    assert client._envelope(fits) is not None
    deep = b'{"code": 0, "data": ' + b"[" * depth + b"]" * depth + b"}"
    assert client._envelope(deep) is None
