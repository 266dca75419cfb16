"""Encoding of a batch file: UTF-8, UTF-16 or GB18030, as spreadsheets save them. Pure."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAIRS = re.compile(rb"[\x81-\xfe][\x30-\xfe]")
_USUAL = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
"""Two bytes of a Chinese letter or sign in everyday use (GB 2312)."""
MOST_RARE = 0.1
"""Share of other pairs; Western text in another encoding has far more."""


def decode(content: bytes) -> tuple[str, str]:
    """Return the text, and the encoding's name unless it is UTF-8.

    Raises `UnicodeDecodeError` where it is none of the three.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name), "UTF-16" if name == "utf-16" else ""
    if wide := _wide(content[:400]):
        return content.decode(wide), "UTF-16"
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        pairs = _PAIRS.findall(content)
        rare = sum(_USUAL.fullmatch(pair) is None for pair in pairs)
        if not pairs or rare > len(pairs) * MOST_RARE:
            raise
        return content.decode("gb18030"), "GB18030"


def _wide(head: bytes) -> str:
    """Return the UTF-16 of a text without a mark: every other byte of plain letters is 0."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if not head or max(even, odd) * 4 < len(head):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"
