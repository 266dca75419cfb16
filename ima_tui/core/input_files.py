"""Input files and links: path parsing, MIME sniffing, size and format checks.

Reads names, sizes and first bytes only. Decoding happens in a child process
(`runner.input_checks`).
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal
from urllib.parse import unquote, urlsplit

from ima_tui.core.domain import Job, ModelVersion
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line
from ima_tui.core.text import size as size_in_words

LARGEST = 200 * 1024 * 1024
HEAD = 64
"""Bytes at the beginning of a file that `sniff` needs."""
SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
    "video/3gpp": "3gp",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
}
_NAMES = {
    "image/jpeg": "JPEG",
    "image/svg+xml": "SVG",
    "image/vnd.adobe.photoshop": "PSD",
    "image/x-raw": "RAW",
    "image/jxl": "JPEG XL",
    "image/jp2": "JPEG 2000",
    "image/vnd.microsoft.icon": "ICO",
    "image/webp": "WebP",
    "video/webm": "WebM",
    "application/pdf": "PDF",
}
MEDIA_ENDINGS = (".jpg", ".tif", *(f".{suffix}" for suffix in SUFFIXES.values()))
"""File name endings that are offered as inputs; `sniff` decides what a file is."""
READABLE = frozenset(mime for mime in SUFFIXES if mime.startswith("image/"))
"""Image formats that can be decoded here and converted where a model does not accept them."""

Stamp = tuple[int, int, int]
"""Size, modification time and inode; another stamp means other contents."""


@dataclass(frozen=True, slots=True)
class InputFacts:
    """Facts about one input.

    `source` is a link, an absolute path, or (in a workflow step) the result of another step. `size`
    is in bytes; `width` and `height` are those of the upright image, in pixels. `sent_as`: the MIME
    type that is uploaded where the file is converted. `first_frame`: only the first frame of an
    animation, or the first page of a document, is uploaded.
    """

    source: str
    kind: Literal["url", "file", "step"]
    mime: str = ""
    size: int = 0
    width: int | None = None
    height: int | None = None
    seconds: float = 0.0
    sent_as: str = ""
    first_frame: bool = False
    stamp: Stamp = (0, 0, 0)

    @property
    def has_pages(self) -> bool:
        """Whether what follows the first image is another page, not the next frame."""
        return self.mime == "image/tiff"


def format_name(mime: str) -> str:
    """Return the format's usual name: `HEIC`, `MP4`, `JPEG`."""
    return _NAMES.get(mime) or (SUFFIXES.get(mime) or mime.partition("/")[2]).upper()


def sniff(head: bytes) -> str:
    """Return the MIME type that a file's first bytes show, "" for an unknown one.

    File names are not trusted. `head`: the first `HEAD` bytes; 32 are enough for most formats.
    """
    for start, mime in _MAGIC:
        if head.startswith(start):
            return mime
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _ftyp(head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/x-matroska" if b"matroska" in head else "video/webm"
    if _SVG.match(head):
        return "image/svg+xml"
    return _bare_audio(head)


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0\x10\0\0\0CR", "image/x-raw"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"FUJIFILMCCD-RAW", "image/x-raw"),
    (b"IIRO", "image/x-raw"),
    (b"IIU\0", "image/x-raw"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\0\0\x01\0", "image/vnd.microsoft.icon"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL ", "image/jxl"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!DOCTYPE )?svg")
_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF = frozenset({b"mif1", b"mif2", b"msf1", b"miaf", b"heif", b"avci", b"avcs", b"jpeg", b"vvic"})


def _ftyp(head: bytes) -> str:
    """Return the MIME type of an ISO media file by its major brand, then its compatible brands."""
    brand = head[8:12]
    listed = {head[at : at + 4] for at in range(16, min(len(head), _box_end(head)), 4)}
    if brand in _AVIF or (brand in _HEIF and listed & _AVIF):
        return "image/avif"
    if brand in _HEIC or (brand in _HEIF and listed & _HEIC):
        return "image/heic"
    if brand in _HEIF:
        return "image/heif"
    if brand == b"crx ":
        return "image/x-raw"
    if brand[:2] == b"qt":
        return "video/quicktime"
    if brand[:3] in (b"3gp", b"3g2"):
        return "video/3gpp"
    return "audio/mp4" if brand[:3] in (b"M4A", b"M4B", b"F4A") else "video/mp4"


def _box_end(head: bytes) -> int:
    return int.from_bytes(head[:4], "big") or len(head)


def _bare_audio(head: bytes) -> str:
    """Recognise MPEG audio without a tag by its frame header.

    UTF-16 text begins with the same bits.
    """
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, frequency = head[2] >> 4, head[2] >> 2 & 3
    return "audio/mpeg" if version != 1 and layer in (1, 2) and rate < 15 and frequency < 3 else ""


def inspect(model: ModelVersion, source: str, loopback: str = "") -> InputFacts:
    """Check a link, or a file's name, size and format. Raises `UsageError` where it can't be used.

    `loopback`: the service's own address where it is on this machine; its links are allowed.
    Touches the disk: call it off the event loop. The content is not decoded here.
    """
    written = source.strip()
    scheme = written.partition(":")[0].lower() if "://" in written or ":" in written[:6] else ""
    if scheme == "https" or (loopback and written.startswith(loopback + "/")):
        if clean(written) != written or " " in written or not _host(written):
            raise UsageError("error.input_link", input=one_line(written, 120))
        return InputFacts(written, "url")
    if scheme in ("http", "data", "ftp"):
        raise UsageError("error.input_scheme", input=one_line(written, 80))
    if not written:
        raise UsageError("error.input_missing", input=one_line(source, 80))
    return _inspect_file(local_path(written), model)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def local_path(written: str) -> Path:
    """Return the path that is meant: with `~`, in quotes, with escaped blanks, or a `file:` URL.

    A file with exactly this name has priority over any other interpretation. Touches the disk.
    """
    readings = [_expanded(reading) for reading in _readings(written.strip())]
    return next((path for path in readings if _exists(path)), readings[-1])


def _readings(plain: str) -> list[str]:
    if plain.lower().startswith("file:"):
        return [unquote(re.sub(r"\A//[^/]*", "", plain[5:]))]
    readings = [plain]
    if "\\" in plain or "'" in plain or '"' in plain:
        import shlex  # 1 ms that the first screen does without

        with suppress(ValueError):  # a quote that is not closed
            words = shlex.split(plain)
            readings += words if len(words) == 1 else []
    inner = plain.strip("'\"")
    if inner != plain and len(readings) == 1:
        readings.append(inner)
    if readings[-1].lower().startswith("file:"):
        readings += _readings(readings[-1])
    return readings


def _expanded(reading: str) -> Path:
    try:
        return Path(reading).expanduser()
    except RuntimeError:  # no user of that name
        return Path(reading)


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def opened(path: Path) -> IO[bytes]:
    """Open a regular file for reading without blocking. Raises `UsageError`."""
    shown = one_line(path, 200)
    try:
        if stat.S_ISREG(path.stat().st_mode):
            handle = open(path, "rb", opener=_at_once)  # noqa: SIM115
            if stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
                return handle
            handle.close()
        key = "error.input_folder" if path.is_dir() else "error.input_no_file"
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError("error.input_missing", input=shown) from error
    except (OSError, ValueError) as error:
        loop = isinstance(error, OSError) and error.errno == errno.ELOOP
        key = "error.input_loop" if loop else "error.input_unreadable"
        raise UsageError(key, input=shown) from error
    raise UsageError(key, input=shown)


def _at_once(path: str, flags: int) -> int:
    """Open without blocking, in case a pipe replaced the file after the check."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def stamp_of(facts: os.stat_result) -> Stamp:
    """Return the stamp by which a change of the file is noticed."""
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def _inspect_file(path: Path, model: ModelVersion) -> InputFacts:
    shown = one_line(path, 200)
    with opened(path) as handle:
        facts = os.fstat(handle.fileno())
        try:
            mime = sniff(handle.read(HEAD))
        except OSError as error:
            raise UsageError("error.input_unreadable", input=shown) from error
    if not facts.st_size:
        raise UsageError("error.input_empty", input=shown)
    _check_format(model, mime, shown)
    accepts = model.accepting(mime)
    limit = min(LARGEST, (accepts.largest if accepts is not None else None) or LARGEST)
    if facts.st_size > limit:
        raise UsageError("error.input_large", input=shown, limit=size_in_words(limit))
    source = str(path.resolve())
    return InputFacts(source, "file", mime, facts.st_size, stamp=stamp_of(facts))


_ONLY = {
    "image": "error.input_only_image",
    "video": "error.input_only_video",
    "audio": "error.input_only_audio",
}


def _check_format(model: ModelVersion, mime: str, shown: str) -> None:
    """Raise `UsageError` unless the model accepts the format, converted if it is an image."""
    if model.accepting(mime) is not None or (mime in READABLE and target_of(model)):
        return
    taken = model.input_types
    kinds = ", ".join(_extension(each) for each in taken)
    medium = mime.partition("/")[0]
    media = {each.partition("/")[0] for each in taken}
    if medium == "image" and "image" in media:
        values = {"format": format_name(mime), "kinds": kinds}
        raise UsageError("error.input_format", input=shown, model=model.name, **values)
    if medium not in ("image", "video", "audio"):
        raise UsageError("error.input_kind", input=shown, model=model.name, kinds=kinds)
    key = _ONLY[media.pop()] if len(media) == 1 else "error.input_only_media"
    name = format_name(mime)
    raise UsageError(key, input=shown, format=name, model=model.name, kinds=kinds)


def _extension(mime: str) -> str:
    return {"image/jpeg": "jpg"}.get(mime) or SUFFIXES.get(mime) or mime.partition("/")[2]


def target_of(model: ModelVersion, *, lossless: bool = False) -> str:
    """Return the format to convert other images to for the model; "" if it accepts no images."""
    order = ("image/png", "image/jpeg") if lossless else ("image/jpeg", "image/png")
    return next((mime for mime in (*order, "image/webp") if model.accepting(mime) is not None), "")


def living(job: Job, index: int, now: float) -> str:
    """Return a usable source for result `index` (from 1) of `job`.

    That is its link or, once the link has expired at `now`, the downloaded file. Raises
    `UsageError` where neither exists. Touches the disk: call it off the event loop.
    """
    media = job.medias[index - 1]
    if now < job.links_expire_at:
        return media.url
    if media.path and Path(media.path).is_file():
        return media.path
    raise UsageError("error.result_expired", id=job.id, index=index)
