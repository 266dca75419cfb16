"""Results on this disk: names of our own making, and the small file beside each that says whence.

A name is made of the day, the model, the task id and a number, never of a header or an address;
its ending follows the file's own first bytes.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

from ima_tui import files
from ima_tui.domain import Job, Media
from ima_tui.inputs import HEAD, SUFFIXES, sniff
from ima_tui.text import encodable

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_EXTRA = {"image/jpeg": "jpg"}
_OWN_WORDS = ("prompt", "text", "ssml", "lyric", "title", "tags", "description")
"""In the name of a parameter: what a person wrote, as much as the prompt itself."""


def stem(job: Job, index: int) -> str:
    """`20261122-seedream-4.5-3f9a1c-1`: sorts by day, one file per result."""
    day = datetime.fromtimestamp(job.sent_at or job.created_at).astimezone().strftime("%Y%m%d")
    model = _plain(job.order.model_name, 40) or "ima"
    task = _plain(job.task_id, 40) or f"job-{job.id}"
    return f"{day}-{model.lower()}-{task}-{index}"


def _plain(text: str, limit: int) -> str:
    return _UNFIT.sub("-", text).strip("-._")[:limit].strip("-._")


def part_path(folder: Path, job: Job, index: int) -> Path:
    return folder / f".{stem(job, index)}.part"


def settle(part: Path, job: Job, media: Media, index: int) -> Path:
    """Give a finished `.part` its name. A result that is there already is replaced by itself."""
    with part.open("rb") as handle:
        mime = sniff(handle.read(HEAD))
    suffix = _EXTRA.get(mime) or SUFFIXES.get(mime) or "bin"
    final = part.with_name(f"{stem(job, index)}.{suffix}")
    part.replace(final)
    return final


def sidecar(path: Path, job: Job, media: Media, with_prompt: bool) -> None:
    """`<result>.json`: what made it. The prompt only if the person's setting says so."""
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
    }
    if with_prompt:
        facts["prompt"] = order.prompt
    text = encodable(json.dumps(facts, ensure_ascii=False, indent=2))
    files.replace(path.with_name(path.name + ".json"), text.encode())
