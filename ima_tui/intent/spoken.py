"""The words to be spoken, where a text tells them apart from the wish."""

from __future__ import annotations

from ima_tui.core.domain import Medium
from ima_tui.intent.intent import Span
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Scan

_AROUND = " \t\n\u3000\"'“”‘’「」『』"


def to_be_spoken(scan: Scan, asked: MediaRequest) -> Span | None:
    """Of a wish for speech: what stands behind the colon, else the only quotation."""
    if Medium.SPEECH not in asked.media:
        return None
    start = asked.spoken_from
    if start < len(scan.text):
        return _trimmed(scan.plain.original, scan.plain.span(start, len(scan.text)))
    if len(scan.content.quotes) == 1:
        first, last = scan.content.quotes[0]
        return scan.plain.span(first + 1, last - 1)
    return None


def _trimmed(text: str, span: Span) -> Span:
    """Without blanks and quotation marks around."""
    start, end = span
    while start < end and text[start] in _AROUND:
        start += 1
    while end > start and text[end - 1] in _AROUND:
        end -= 1
    return (start, end)
