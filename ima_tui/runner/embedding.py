"""What a result was made from: written into its file, and read back from any file that has it.

The facts are JSON in an XMP packet (`imaging.xmp`): task type, model, prompt, parameters (the seed
is one of them), no paths and no ids. A file without them may have a sidecar that does.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from ima_tui.core import atomic_file
from ima_tui.core.domain import UNKNOWN_RULE, Order, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, encodable, one_line
from ima_tui.imaging import xmp

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
        task_type = TaskType(facts["task_type"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    model_id, version, name = (
        one_line(facts.get(key) or "", 200) for key in ("model_id", "model_version", "model_name")
    )
    if not model_id:
        return None
    return Order(
        task_type=task_type,
        model_id=model_id,
        version=version,
        model_name=name or model_id,
        prompt=clean(facts.get("prompt") or ""),
        n=1,
        parameters=_parameters(facts.get("parameters")),
        attribute_id=UNKNOWN_RULE,
        points=0,
    )


def _parameters(found: object) -> tuple[tuple[str, Value], ...]:
    if not isinstance(found, dict):
        return ()
    kept: list[tuple[str, Value]] = []
    for name, value in list(found.items())[:MOST_PARAMETERS]:
        if isinstance(value, str):
            kept.append((one_line(name, 80), clean(value)))
        elif isinstance(value, bool | int | float) and abs(value) < 10**12:
            kept.append((one_line(name, 80), value))
    return tuple(kept)
