"""Files of results: names, format checks, facts in the file and in a JSON sidecar beside it.

A name consists of the day, the model, the task id and a number, never of a header or address; the
extension follows the file's first bytes.

What a result was made from can be read back from any file that has it: JSON in an XMP packet
(`imaging.xmp`): task type, model, prompt, parameters (the seed is one of them), no paths and no
ids. A file without them may have a sidecar that does.
"""

from __future__ import annotations

import glob
import html
import json
import mmap
import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ima_tui.core import atomic_file
from ima_tui.core.domain import Job, Media, Medium, Order, Value
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.input_files import SUFFIXES, sniff
from ima_tui.core.text import clean, encodable, one_line
from ima_tui.imaging import file_headers, xmp
from ima_tui.ledger import traces

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_UNFIT_ANYWHERE = re.compile(r"[^\w.-]+")
_MANY = re.compile(r"-{2,}|\.{2,}")
_EXTRA = {"image/jpeg": "jpg"}
USUAL_NAME = "{date}-{model}-{task}-{index}"
LONGEST_STEM = 180
"""Bytes of a name without its extension; file systems allow 255 in total."""
LONGEST_PROMPT = 90
"""Bytes of the prompt in a name."""
HEAD = 4096
"""Bytes read of a result to determine its format."""
ABANDONED = 600.0
"""Seconds after which a `.part` file is abandoned; downloads give up sooner."""
LEAST_FREE = 8 * 1024**2
_SOUNDS = (Medium.MUSIC, Medium.SPEECH)
_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1")
_STARTS = (
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"\0\0\1\0", "image"),
    (b"8BPS", "image"),
    (b"\xff\x0a", "image"),
    (b"\0\0\0\x0cJXL ", "image"),
    (b"\0\0\0\x0cjP  ", "image"),
    (b"FLV\1", "video"),
    (b"\0\0\1\xba", "video"),
    (b"\0\0\1\xb3", "video"),
    (b"\x47\x40", "video"),
    (b"#!AMR", "audio"),
    (b"MThd", "audio"),
    (b".snd", "audio"),
)
"""Formats stored although nothing here displays them: TIFF, icons, JPEG XL, MPEG …"""
_OWN_WORDS = ("prompt", "text", "ssml", "lyric", "title", "tags", "description")
"""Parameter names that contain text by the user, as private as the prompt."""


def folder_of(written: str) -> Path:
    """Return a typed folder as an absolute path.

    Raises `UsageError` for a home that does not exist.
    """
    try:
        return atomic_file.expand(written).absolute()
    except OSError as error:
        reason = error.strerror or "—"
        raise UsageError(
            "error.folder_unwritable", path=one_line(written, 200), reason=reason
        ) from error


def prepare(folder: Path) -> None:
    """Create the folder and check it for space, before anything is paid for.

    Raises `UsageError` where nothing could be stored. Touches the disk.
    """
    shown = one_line(folder, 300)
    if str(folder).startswith("~"):
        atomic_file.expand(folder)  # raises: settings keep such a path as it was written
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_probe(folder)
        free = os.statvfs(folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError("error.folder_is_file", path=shown) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "—"
        raise UsageError("error.folder_unwritable", path=shown, reason=reason) from error
    if free.f_bavail * free.f_frsize < LEAST_FREE:
        raise UsageError("error.folder_full", path=shown)


def _write_probe(folder: Path) -> None:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".ima-", suffix=".part")
    try:
        os.write(handle, b"\0")
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)


def stem(job: Job, index: int, template: str = USUAL_NAME) -> str:
    """Return a name such as `20261122-seedream-4.5-3f9a1c-1`, sortable by day.

    `template`: a valid `results.name`. Whatever stands in it, the name is one of a file in the
    folder, at most `LONGEST_STEM` bytes long; the prompt is cut first.
    """
    moment = datetime.fromtimestamp(job.sent_at or job.created_at).astimezone()
    task = _plain(job.task_id, 40) or f"job-{job.id}"
    facts = {
        "date": moment.strftime("%Y%m%d"),
        "time": moment.strftime("%H%M%S"),
        "job": str(job.id),
        "task": task,
        "task_type": job.order.task_type.value,
        "model": (_plain(job.order.model_name, 40) or "ima").lower(),
        "index": str(index),
    }
    room = LONGEST_STEM - len(_filled(template, facts, "").encode())
    name = _filled(template, facts, _cut(_readable(job.order.prompt), min(room, LONGEST_PROMPT)))
    if len(name.encode()) <= LONGEST_STEM and name:
        return name
    return f"{_cut(name, LONGEST_STEM // 2)}-{task}-{index}".strip("-._")


def _filled(template: str, facts: Mapping[str, str], prompt: str) -> str:
    return _readable(template.format(**facts, prompt=prompt))


def _readable(text: str) -> str:
    """Return letters of every script, digits and `-._`, nothing else, fit for a file name."""
    unfit = _UNFIT if sys.getfilesystemencoding() != "utf-8" else _UNFIT_ANYWHERE
    return _MANY.sub("-", unfit.sub("-", clean(text, 2_000))).strip("-._")


def _cut(text: str, most: int) -> str:
    """Cut to `most` bytes of UTF-8."""
    return text.encode()[: max(0, most)].decode("utf-8", "ignore").strip("-._")


def _plain(text: str, limit: int) -> str:
    return _UNFIT.sub("-", text).strip("-._")[:limit].strip("-._")


def part_path(folder: Path, job: Job, index: int) -> Path:
    """Return the temporary path of a download, distinct for each process."""
    return folder / f".{stem(job, index)}.{os.getpid()}.part"


def sweep(folder: Path, job: Job, index: int) -> None:
    """Delete abandoned temporary files of this result."""
    for part in folder.glob(f".{glob.escape(stem(job, index))}*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED:
                part.unlink()


def is_here(media: Media) -> bool:
    """Tell whether the result's file exists.

    An empty one, left by a full disk or a crash, does not count. Touches the disk.
    """
    try:
        return bool(media.path) and Path(media.path).stat().st_size > 0
    except (OSError, ValueError):
        return False


def settle(part: Path, job: Job, index: int, template: str = USUAL_NAME) -> Path:
    """Rename a finished `.part`. An existing file of the same result is replaced, of no other."""
    with part.open("rb") as handle:
        mime = sniff(handle.read(HEAD))
    suffix = _EXTRA.get(mime) or SUFFIXES.get(mime) or "bin"
    name = stem(job, index, template)
    final = part.with_name(f"{name}.{suffix}")
    if "{task}" not in template and _is_of_another(final, job):
        final = part.with_name(f"{name}-{_plain(job.task_id, 40) or job.created_at}.{suffix}")
    part.replace(final)
    return final


def _is_of_another(final: Path, job: Job) -> bool:
    """Tell whether the name is taken: job numbers begin anew with a new ledger."""
    beside = final.with_name(final.name + ".json")
    return final.exists() and traces.sidecar(beside).get("task_id") != job.task_id


# ---------------------------------------------------------------------------- format checks


def check(part: Path, medium: Medium) -> None:
    """Raise unless the file is a whole one of the ordered medium.

    `error.not_the_medium`: a web page, an error in JSON, empty, or another medium.
    `error.download_broken`: it ends before its own lengths and marks say. Reads the file.
    """
    check_medium(part, medium)
    if file_headers.is_cut(part):
        raise ImaError("error.download_broken")


def check_medium(part: Path, medium: Medium) -> None:
    """Raise `error.not_the_medium` by the first bytes of the file."""
    with part.open("rb") as handle:
        head = handle.read(HEAD)
    found = _medium(head)
    if found == "image" and medium is Medium.VIDEO and _moves(head):
        return
    if found == "video" and medium in _SOUNDS and _is_container(head) and not _has_picture(part):
        return
    if found != ("audio" if medium in _SOUNDS else medium.value):
        raise ImaError("error.not_the_medium", cause=f"found.{found or _text_kind(head)}")


def _medium(head: bytes) -> str:
    """Return `image`, `video` or `audio` by the first bytes; "" for anything else."""
    if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
        return "image"
    for start, medium in _STARTS:
        if head.startswith(start):
            return medium
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "video"
    if head.startswith(b"FORM") and head[8:11] == b"AIF":
        return "audio"
    if re.match(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<svg[\s>]", head, re.DOTALL):
        return "image"
    return sniff(head[:32]).partition("/")[0]


def _moves(head: bytes) -> bool:
    """Tell whether a WebP is animated; some services, and our sandbox, deliver videos so."""
    return head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & 2)


def _is_container(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or head.startswith(b"\x1a\x45\xdf\xa3")


def _has_picture(part: Path) -> bool:
    """Tell whether an MP4 or WebM has a video track."""
    with part.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return re.search(rb"hdlr.{8}vide|V_(VP[89]|AV1|MPEG)", view, re.DOTALL) is not None


def _text_kind(head: bytes) -> str:
    """Return what the file is instead, as a part of a message key."""
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if not plain:
        return "nothing"
    if plain.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<error", b"<!--")):
        return "page"
    return "message" if plain.startswith((b"{", b"[")) else "unknown"


def sidecar(
    path: Path, job: Job, media: Media, with_prompt: bool, ledger: str = "", index: int = 0
) -> None:
    """Write `<result>.json` with the job's facts; the prompt only if the setting allows it.

    `ledger`: the tag of the job's ledger, which is restored from these files if it is lost.
    """
    order = job.order
    facts: dict[str, object] = {
        "task_id": job.task_id,
        "task_type": order.task_type.value,
        "model_id": order.model_id,
        "model_name": order.model_name,
        "model_version": order.version,
        "parameters": {
            name: value
            for name, value in order.parameters
            if with_prompt or not any(each in name.lower() for each in _OWN_WORDS)
        },
        "points": order.points,
        "url": media.url,
        "width": media.width,
        "height": media.height,
        "duration": media.duration or None,
        "project": order.project,
        "client": order.client,
        "ledger": ledger,
        "index": index or None,
    }
    if with_prompt:
        facts["prompt"] = order.prompt
    text = encodable(json.dumps(facts, ensure_ascii=False, indent=2))
    atomic_file.replace(path.with_name(path.name + ".json"), text.encode())


_PACKET = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:ima="https://imastudio.com/ns/ima-tui/1.0/"'
    ' ima:madeFrom="{facts}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
NoPlace = xmp.NoPlace
_FACTS = re.compile(rb'ima:madeFrom="([^"]*)"')
LARGEST_SIDECAR = 64 * 1024
MOST_PARAMETERS = 100


def write(path: Path, order: Order) -> None:
    """Write into the file what it was made from. Raises `xmp.NoPlace`, `OSError`."""
    facts = {
        "schema": 1,
        "task_type": order.task_type.value,
        "model_id": order.model_id,
        "model_name": order.model_name,
        "model_version": order.version,
        "prompt": order.prompt,
        "parameters": dict(order.parameters),
    }
    text = html.escape(encodable(json.dumps(facts, ensure_ascii=False)))
    xmp.write(path, _PACKET.format(facts=text).encode())


def read(path: Path) -> Order | None:
    """Return what a file was made from as an order without price and inputs; None if unknown.

    Everything in it is cleaned and bounded: the file may be anybody's. Raises `UsageError` where
    the file can't be read.
    """
    try:
        packet = xmp.read(path) if path.is_file() else None
        found = _FACTS.search(packet) if packet else None
        text = html.unescape(found[1].decode("utf-8", "replace")) if found else ""
        return _order(text or _sidecar(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "—"
        shown = one_line(path, 300)
        raise UsageError("error.file_unreadable", path=shown, reason=reason) from error


def _sidecar(path: Path) -> str:
    try:
        beside = path.with_name(path.name + ".json")
        return atomic_file.read_small(beside, LARGEST_SIDECAR)[0].decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError, atomic_file.NotAFile, atomic_file.TooLarge):
        return ""


def _order(text: str) -> Order | None:
    try:
        facts = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    found = traces.order_of(facts) if isinstance(facts, dict) else None
    if found is None or not found.model_id:
        return None
    return replace(
        found,
        prompt=clean(found.prompt),
        n=1,
        parameters=_parameters(dict(found.parameters)),
        points=0,
        project="",
        client="",
    )


def _parameters(found: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    kept: list[tuple[str, Value]] = []
    for name, value in list(found.items())[:MOST_PARAMETERS]:
        if isinstance(value, str):
            kept.append((one_line(name, 80), clean(value)))
        elif isinstance(value, bool | int | float) and abs(value) < 10**12:
            kept.append((one_line(name, 80), value))
    return tuple(kept)
