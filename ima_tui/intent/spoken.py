"""The words to be spoken, where a text tells them apart from the wish."""

from __future__ import annotations

import re

from ima_tui.core.domain import Medium
from ima_tui.intent.intent import Span
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Scan

_SETTING = (
    r"(?:(?:in|with|use) an? |用)?(?:[\w-]+ ){0,2}(?:(?:fe)?male voice|(?:wo)?man's voice|女声|男声"
    r"|童声|女生|男生|[男女]的?(?=[,、。]|$)|普通话|(?:粤|英|日|韩|国|客家|闽南|四川|东北)[语话]"
    r"|(?:语速|speed)\s*:?\s*[\d.慢快]+\w{0,2}"
    r"|(?:at )?\d(?:\.\d+)?\s*(?:x|倍速|倍)(?: speed)?)"
)
_BEHIND = re.compile(
    rf"(?:(?<!\d)\.|[。!?\n])\s*(?P<told>{_SETTING}(?:[,、 ]+(?:and )?{_SETTING})*)[.。]?\s*$"
)
"""A sentence of its own behind the words to be spoken: "Welcome home. Female voice, 1.1x"."""
_READ = 120
"""Characters at the end in which it is looked for."""


_QUOTED = re.compile(r"\s*\x00+(?=[^\x00]{1,80}$)")
_HOW = re.compile(
    r"\b(?:voice|tone|accent|(?:fe)?male|wom[ae]n|m[ae]n|girl|boy|lady|guy|slow\w*|fast\w*|speed|pitch"
    r"|calm\w*|whisper\w*|\d(?:\.\d+)?x)\b|[男女童]|声|语速|语气|倍速|[快慢]"
)
"""Behind words to be spoken that are in quotes, what tells how to speak them."""


def settings_behind(scan: Scan, spoken_from: int) -> int:
    """Where it is told how to speak; the end of the text if there is no such place."""
    quoted = _QUOTED.match(scan.text, spoken_from)
    if quoted is not None and _HOW.search(scan.text, quoted.end()):
        return quoted.end()
    found = _BEHIND.search(scan.text, max(spoken_from, len(scan.text) - _READ))
    return found.start("told") if found is not None else len(scan.text)


_AROUND = " \t\n\u3000\"'“”‘’「」『』"


def to_be_spoken(scan: Scan, asked: MediaRequest) -> Span | None:
    """Of a wish for speech: what stands behind the colon, else the only quotation."""
    if Medium.SPEECH not in asked.media:
        return None
    start = asked.spoken_from
    if start < len(scan.text):
        end = settings_behind(scan, start)
        return _trimmed(scan.plain.original, scan.plain.span(start, end))
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
