"""Answers no client should trust: wrong JSON types, and texts that attack terminals."""

from __future__ import annotations

import zlib
from typing import Any

from ima_tui.sandbox.exchange import Answer

# Fields that people see. Ids, values, attributes and addresses stay, so that the flow goes on.
TEXT_FIELDS = {
    "name", "label", "description", "tag_value", "group_name", "category_name", "message", "format",
    "duration_str", "error_msg", "remark", "icon",
}  # fmt: skip
ATTACKS = (
    "\x1b]52;c;aGFja2Vk\x07 clipboard \x1b[2J\x1b[31m",
    "\x9b31m C1 \x9d0;title\x9c \x90q\x9c",
    "[@click=app.quit]click[/] [/nope] [bold",
    "\u202egnp.exe\u202c \u2066isolated\u2069 \u200f\u200e",
    "line\r\nbreaks\ttabs\x00nul\x08\x08back\x7f",
    "\x1b]0;owned\x07\x1b[6n\x1bP+q544e\x1b\\",
    "zero\u200bwidth\ufeff \ud83d\udca9 e\u0301\u0301\u0301\u0301 \U000e0041",
    "../../../etc/passwd\\..\\$(reboot)`id`",
)


def hostile(answer: Answer, text: str | None, size: int) -> Answer:
    """Every text field becomes an attack, some `size` letters long. Files get bad headers."""
    if answer.envelope is None:
        answer.headers["content-disposition"] = 'attachment; filename="../../../tmp/owned.sh"'
        answer.headers["content-type"] = "text/html; charset=utf-8"
        return answer
    answer.envelope = _attacked(answer.envelope, text, size)
    return answer


def _attacked(value: Any, text: str | None, size: int) -> Any:
    if isinstance(value, list):
        return [_attacked(item, text, size) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _attack(item, text, size)
        if key in TEXT_FIELDS and isinstance(item, str)
        else _attacked(item, text, size)
        for key, item in value.items()
    }


def _attack(original: str, text: str | None, size: int) -> str:
    if text is not None:
        return text
    turn = zlib.crc32(original.encode("utf-8", "replace")) % (len(ATTACKS) + 1)
    if turn == len(ATTACKS):
        return "W" * size
    attack = ATTACKS[turn].encode("utf-16", "surrogatepass").decode("utf-16")
    return f"{original}{attack}"


def mistyped(answer: Answer) -> Answer:
    """Everything below `data` changes its JSON type; the envelope's `code` stays true."""
    if answer.envelope is None:
        answer.headers["content-type"] = "application/octet-stream"
    else:
        answer.envelope = {**answer.envelope, "data": _mistyped(answer.envelope.get("data"))}
    return answer


def _mistyped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _mistyped(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(place): _mistyped(item) for place, item in enumerate(value)}
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return [value]
    if isinstance(value, str):
        return {"text": value}
    return 0
