"""Inputs as people give them: paths and https links, looked at before anything is sent."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from ima_tui.domain import Job, Leaf
from ima_tui.errors import UsageError
from ima_tui.text import clean, one_line
from ima_tui.text import size as size_in_words

LARGEST = 200 * 1024 * 1024
SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
}


@dataclass(frozen=True, slots=True)
class InputFacts:
    """`source` is a link, an absolute path, or (of a plan's step) what another step makes; `size`
    in bytes; pixels where they are known."""

    source: str
    kind: Literal["url", "file", "step"]
    mime: str = ""
    size: int = 0
    width: int | None = None
    height: int | None = None


def sniff(head: bytes) -> str:
    """The MIME type by the file's first bytes, "" when it is none we know. Names can lie."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], "")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head[4:8] == b"ftyp":
        if head[8:10] == b"qt":
            return "video/quicktime"
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"ID3") or (
        head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0
    ):
        return "audio/mpeg"
    return ""


def inspect(leaf: Leaf, inputs: Sequence[str], loopback: str = "") -> tuple[InputFacts, ...]:
    """Look at every input. Raises `UsageError` for the first that the leaf can't take.

    `loopback`: the service's own address where it is on this machine; its links are allowed.
    Reads files: call it off the event loop.
    """
    return tuple(_inspect_one(source, leaf.input_types, leaf.name, loopback) for source in inputs)


def _inspect_one(source: str, accepted: tuple[str, ...], model: str, loopback: str) -> InputFacts:
    written = source.strip()
    scheme = written.partition(":")[0].lower() if "://" in written or ":" in written[:6] else ""
    if scheme == "https" or (loopback and written.startswith(loopback + "/")):
        if clean(written) != written or " " in written or not _host(written):
            raise UsageError("error.input_link", input=one_line(written, 120))
        return InputFacts(written, "url")
    if scheme in ("http", "data", "ftp"):
        raise UsageError("error.input_scheme", input=one_line(written, 80))
    return _inspect_file(local_path(written), accepted, model)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def local_path(written: str) -> Path:
    """A path as people write it: `~`, quotes around it, a `file:` URL."""
    plain = written.strip().strip("'\"")
    if plain.lower().startswith("file:"):
        with suppress(ValueError):
            plain = unquote(urlsplit(plain).path)
    try:
        return Path(plain).expanduser()
    except RuntimeError:  # nobody of that name
        return Path(plain)


def _inspect_file(path: Path, accepted: tuple[str, ...], model: str) -> InputFacts:
    shown = one_line(path, 200)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise UsageError("error.input_no_file", input=shown)
        with path.open("rb") as handle:
            mime = sniff(handle.read(32))
    except FileNotFoundError as error:
        raise UsageError("error.input_missing", input=shown) from error
    except (OSError, ValueError) as error:
        raise UsageError("error.input_unreadable", input=shown) from error
    if facts.st_size > LARGEST:
        limit = size_in_words(LARGEST)
        raise UsageError("error.input_large", input=shown, limit=limit)
    if mime not in accepted:
        kinds = ", ".join(sorted({m.partition("/")[2] for m in accepted}))
        raise UsageError("error.input_kind", input=shown, model=model, kinds=kinds)
    width, height = _pixels(path) if mime.startswith("image/") else (None, None)
    if mime.startswith("image/") and width is None:
        raise UsageError("error.input_broken", input=shown)
    return InputFacts(str(path.resolve()), "file", mime, facts.st_size, width, height)


def _pixels(path: Path) -> tuple[int | None, int | None]:
    """Width and height, from the head alone: nothing is decoded."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP", "GIF", "BMP")) as picture:
            return picture.width, picture.height
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None, None


def living(job: Job, index: int, now: float) -> str:
    """What an order can be made of where it takes a result (from 1) of `job`: its link, or, once
    that is dead at `now`, the path of the file that was downloaded.

    Raises `UsageError` where neither is there. Looks at the disk: call it off the event loop.
    """
    media = job.medias[index - 1]
    if now < job.links_until:
        return media.url
    if media.path and Path(media.path).is_file():
        return media.path
    raise UsageError("error.result_expired", id=job.id, index=index)
