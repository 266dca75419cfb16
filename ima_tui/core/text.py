"""Text sanitising (terminal escapes, secrets); formatting of durations, points and sizes.

Everything from the service, a file, the clipboard or another program goes through `clean` once,
where it enters: terminals obey escape sequences, C1 controls and bidi overrides anywhere.

`pattern` is for modules that the first screen imports: it needs few of their expressions, and
compiling one takes 0.05 to 0.3 ms. Elsewhere `re.compile` is as good.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, cast


class _Later:
    """Stands for a compiled pattern: the first use of a method compiles, and keeps the method."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Return what acts as `re.compile(source, flags)` does. A mistake in it shows at first use."""
    return cast("re.Pattern[str]", _Later(source, flags))


LIMIT = 20_000
"""Maximum characters kept of one text from outside."""

_ESCAPES = pattern(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS …
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI as C1
    r"|\x1b[ -/]*[0-~]?"  # the two-character ones, and a lone ESC
)
_BIDI_AND_INVISIBLE = pattern(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_PILES = pattern(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
    "|([\u200c\u200d])[\u200c\u200d]+"
    "|([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
"""Combining marks: three on one letter are normal, forty are an attack."""
_CONTROLS = pattern(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROLS_IN_JSON = pattern(r"[\x7f-\x9f\u2028\u2029]")
"""JSON itself escapes those below."""
_SURROGATES = pattern("[\ud800-\udfff]")
_BREAKS = pattern(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")


def clean(text: object, limit: int = LIMIT) -> str:
    """Remove everything a terminal would act on; line breaks stay, tabs become spaces."""
    cut = str(text)[: limit * 4]
    if cut.isascii() and cut.isprintable():  # most texts, and nothing in them to remove
        return cut if len(cut) <= limit else cut[: limit - 1] + "…"
    cut = _ESCAPES.sub("", cut)
    cut = _BREAKS.sub("\n", cut).replace("\t", "    ")
    cut = _CONTROLS.sub("", _BIDI_AND_INVISIBLE.sub("", cut))
    cut = encodable(_PILES.sub(r"\1\2\3", cut))
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def escaped(json_text: str) -> str:
    """Escape in JSON text whatever a terminal acts on or can't encode; the value stays the same."""
    for unsafe in (_CONTROLS_IN_JSON, _BIDI_AND_INVISIBLE, _SURROGATES):
        json_text = unsafe.sub(_as_escape, json_text)
    return json_text


def _as_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def encodable(text: str) -> str:
    """Replace lone surrogates (from arguments that are not UTF-8), so that text can be encoded."""
    return _SURROGATES.sub("\ufffd", text)


def one_line(text: object, limit: int = 500) -> str:
    """`clean` the text and join it to one line of at most `limit` characters."""
    return " ".join(clean(text, limit * 2).split())[:limit]


_KEY = pattern(
    r"(ima_)(?!(?:prefs|skills|logger)\b"
    r"|(?:tui|create|(?:image|video|voice|music)(?:_create)?)(?:_20\d{6})?(?:\.\w{1,4})*(?![\w\-.~+=]))"
    r"[A-Za-z0-9_\-]{4,}(?:[.~+=]+[A-Za-z0-9_\-]+)*"
)
"""API keys, but not the names of the shared preferences file, log folder, tools and their logs.
"""
_KEY_QUERY = pattern(r"((?:appUid|cmimToken|sign|Signature|OSSAccessKeyId)=)[^&\s\"']+")


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_safe(text: str) -> str:
    """A cell of CSV that no spreadsheet takes for a formula: what begins like one is quoted."""
    return f"'{text}" if text.startswith(_FORMULA) else text


_USERINFO = pattern(r"(://)[^/?#\s@]+@")


def redact(text: str) -> str:
    """Mask API keys, signatures and passwords in addresses, for logs and reports."""
    return _USERINFO.sub(r"\1…@", _KEY_QUERY.sub(r"\1…", _KEY.sub(r"\1…", text)))


def folded(text: str) -> str:
    """Normalise for comparison: full-width forms, case and surrounding blanks are ignored."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def duration(seconds: float) -> str:
    """Format as `0:42`, `12:05` or `1:02:03`."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def points_range(low: int, high: int) -> str:
    """Format a price range as `5` or `5–12`, without a unit."""
    return str(low) if low == high else f"{low}–{high}"


def size(byte_count: int) -> str:
    """Format as `812 B` or `1.4 MB` (decimal units)."""
    amount = float(byte_count)
    for unit in ("B", "KB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def whole(written: str, most: int = 10**9) -> int | None:
    """Parse a typed number from 0 to `most`; None for anything else, however long."""
    plain = written.strip()
    if not plain.isascii() or not plain.isdigit() or len(plain.lstrip("0")) > 18:
        return None
    number = int(plain[-18:])
    return number if number <= most else None


def nearest(name: str, known: list[str], count: int = 3, cutoff: float = 0.5) -> list[str]:
    """Return the known names most like `name`, best first; empty if none is similar."""
    import difflib

    by_fold = {folded(item): item for item in known}
    wanted = folded(name)
    close = difflib.get_close_matches(wanted, list(by_fold), n=count, cutoff=cutoff)
    inside = [fold for fold in by_fold if wanted and wanted in fold and fold not in close]
    return [by_fold[fold] for fold in [*close, *inside][:count]]


def has_chinese(text: str) -> bool:
    """Tell whether a text has a Chinese character."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)
