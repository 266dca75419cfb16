"""Malicious and malformed responses: wrong JSON types, terminal escape attacks."""

from __future__ import annotations

import itertools
import random
import zlib
from typing import Any

from ima_tui.sandbox.orders import SandboxReply

# fields shown to users; ids, values, attributes and URLs stay valid
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
_PIECES = (
    *ATTACKS,
    "\x1b[7777;1H", "\x1b[?1049l", "\x1b[3J", "\x1bc", "\x1b(0lqqk\x1b(B",
    "\x1b]8;;https://evil.example\x1b\\", "\x1b]4;1;?\x07", "\x1b]1337;File=:AAAA\x07",
    "\x1b_Gf=100;AAAA\x1b\\", "\x1b^pm\x1b\\", "\x1b[5i", "\x1b[c", "\x1b[21t", "\x1b#8", "\x1bN",
    "\x1b",
    "\x9f\x9c", "\x85", "\x0e\x0f", "\x1b[200~rm\x1b[201~", "\x1b[\x1b[2J2J", "\x1b]0;", "\x1b[",
    "[/]", "[red]", "[link=https://evil.example]x[/link]", "[bold on_red", "[[", "\\[",
    "{x}", "{0}", "%s", "&#27;", "\u202e", "\u2067", "\u200b\u200c\u200d", "\u2028", "\ufeff",
    "\u00ad", "\u180e", "\u3164", "\u0301" * 40, "\ud800", "\udfff", "\U000e0041", "\U0001d173",
    "👩\u200d👩\u200d👧", "可灵", "مرحبا", "\x00", "\r", "\n", "\t",
)  # fmt: skip
_ODD = (
    *range(0x20), *range(0x7F, 0xA1), 0xAD, 0x34F, 0x61C, *range(0x200B, 0x2010),
    *range(0x2028, 0x2030), *range(0x2060, 0x2070), 0xFE0F, 0xFEFF, *range(0xFFF9, 0x10000),
    0x4E2D, 0x1F600, 0xE0001,
)  # fmt: skip
_numbers = itertools.count(1)
made = 0
"""Number of texts fuzzed in this process, for tests."""


WRONG_FILES = {
    "page": (b"<!DOCTYPE html><html><body>Sign in to continue</body></html>", "text/html"),
    "message": (b'{"code": 403, "message": "not yet"}', "application/json"),
    "nothing": (b"", "application/octet-stream"),
    "image": (
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
            "78da63606060000000040001f61738550000000049454e44ae426082"
        ),
        "image/png",
    ),
    "sound": (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0", "audio/wav"),
}


def wrong_file(name: str) -> SandboxReply:
    """Return a 200 response with a file that nobody ordered."""
    body, kind = WRONG_FILES[name]
    return SandboxReply(None, body, 200, {"content-type": kind})


def hostile(
    answer: SandboxReply, text: str | None, size: int, fuzz: int | None = None
) -> SandboxReply:
    """Replace every text field by an attack of about `size` characters; files get bad headers.

    `fuzz`: a seed; each text is then composed differently.
    """
    if answer.envelope is None:
        answer.headers["content-disposition"] = 'attachment; filename="../../../tmp/owned.sh"'
        answer.headers["content-type"] = "text/html; charset=utf-8"
        return answer
    answer.envelope = _attacked(answer.envelope, text, size, fuzz)
    return answer


def _fuzzed(original: str, seed: int, size: int) -> str:
    global made
    made = next(_numbers)
    chance = random.Random(f"{seed} {made}")  # noqa: S311 - the same texts each time
    if chance.random() < 0.002:
        return chance.choice(_PIECES) * (size // 8)
    parts = [original[:12]]
    for _ in range(chance.randint(1, 5)):
        if chance.random() < 0.6:
            parts.append(chance.choice(_PIECES))
        else:
            parts.append("".join(chr(chance.choice(_ODD)) for _ in range(chance.randint(1, 6))))
        parts.append(chance.choice(("", "", "mJ", "0m", " ", "x")))
    return "".join(parts)


def _attacked(value: Any, text: str | None, size: int, fuzz: int | None) -> Any:
    if isinstance(value, list):
        return [_attacked(item, text, size, fuzz) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _attack(item, text, size, fuzz)
        if key in TEXT_FIELDS and isinstance(item, str)
        else _attacked(item, text, size, fuzz)
        for key, item in value.items()
    }


def _attack(original: str, text: str | None, size: int, fuzz: int | None) -> str:
    if text is not None:
        return text
    if fuzz is not None:
        return _fuzzed(original, fuzz, size)
    turn = zlib.crc32(original.encode("utf-8", "replace")) % (len(ATTACKS) + 1)
    if turn == len(ATTACKS):
        return "W" * size
    attack = ATTACKS[turn].encode("utf-16", "surrogatepass").decode("utf-16")
    return f"{original}{attack}"


def mistyped(answer: SandboxReply) -> SandboxReply:
    """Change the JSON type of everything below `data`; the envelope's `code` stays."""
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
