"""The shape of a picture: a ratio in figures or words, 竖屏, or a size in pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent import numerals
from ima_tui.intent.intent import TURNED_DOWN, FoundParameter
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import medium_of


def ratio(scan: Scan, asked: MediaRequest) -> FoundParameter | None:
    """The aspect ratio that the text before the words to be spoken gives."""
    text = scan.text[: asked.spoken_from]
    return read_ratio(text) or _pixels(text) or _in_words_of(scan, asked) or _for_phones(text)


def _for_phones(text: str) -> FoundParameter | None:
    found = _FOR_PHONES.search(text)
    return None if found is None else FoundParameter("aspect_ratio", "9:16", *found.span())


_NUMBER = r"\d{1,2}(?:\.\d{1,2})?"
_RATIO = re.compile(
    rf"(?<!\d)(?<!\d[.:/])(?:aspect ratio\s*(?:of|:|=)?\s*)?(?P<w>{_NUMBER})"
    r"\s*(?::|x|×|比|/|\bby\b|\bto\b)\s*(?P<h>\d{1,2})"
    r"(?!\d|[.:]\d|\s*(?:am\b|pm\b|a\.m|p\.m|点|分|o'clock|cm|mm|inch|m\b|km|px|meter|pixels|米|厘米|公分|英?寸|=))"
)


_GAME = re.compile(r"比赛|比分|决赛|球赛|\b(?:match|score|scoreboard)\b")
_NO_SCORE = frozenset({"16:9", "9:16", "21:9"})
"""Proportions where others are the score of a game."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What beside a ratio tells whether it is a format."""

    shown: re.Pattern[str]
    behind: re.Pattern[str]
    before: re.Pattern[str]


@cache
def _around() -> _Around:
    any_of = vocabulary().any_of
    return _Around(
        shown=re.compile(rf"(?:{any_of('shown')})\s*(?:的是|为|是|:|着|was|is|of)?\s*$"),
        behind=re.compile(rf"\s*(?:{any_of('format_behind')}|[,.?!]|$)"),
        before=re.compile(rf"(?:{any_of('format_before')}|[,.!?;]|^)\s*(?:of|:|=|是|为|用)?\s*$"),
    )


STANDARD = frozenset(
    ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "4:5", "5:4", "1:4", "4:1", "1:8")
) | {"8:1"}
"""Ratios that at least one model offers."""


_IN_WORDS = re.compile(
    r"(?P<w>(?<![a-z])(?:{0})|(?:{1})+)[\s-]*(?:\bby\b|\bto\b|比)[\s-]*(?P<h>(?:{0})(?![a-z])|(?:{1})+)".format(
        rf"{numerals.ENGLISH}(?:[ -]{numerals.ENGLISH})?", numerals.CHINESE
    )
)
"""sixteen by nine, 三比四."""


def _ratios(text: str) -> Iterator[re.Match[str]]:
    yield from _RATIO.finditer(text)
    if "比" in text or "by" in text or "to" in text:
        yield from _IN_WORDS.finditer(text)


def read_ratio(text: str) -> FoundParameter | None:
    """Return the first proportions ("16:9", "2.35:1", "four by three"); no times, no scores."""
    around = _around()
    for found in _ratios(text):
        sign = text[found.end("w") : found.start("h")]
        if "x" in sign and not _plausible(found):
            continue
        before = text[max(0, found.start() - 24) : found.start()]
        if TURNED_DOWN.search(before):
            continue
        if (shown := around.shown.search(before)) and not _no_time(shown, found):
            continue
        width, height = numerals.number(found["w"]), numerals.number(found["h"])
        if not (width and height):
            continue
        value = f"{width:g}:{height:g}"
        if _GAME.search(text) and value not in _NO_SCORE:
            continue
        spelled = "aspect ratio" in found.group() or around.before.search(before)
        behind = around.behind.match(text, found.end())
        # "a fox 1:7" at the end of its clause: no time of day has one digit of minutes
        bare = ":" in found.group() and len(found["h"]) == 1 and behind is not None
        if value not in STANDARD and not ((spelled or bare) and behind):
            continue
        worded = not any(each in sign for each in ":比x×")
        figures = found["w"].isascii() and found["w"][0].isdigit()
        if worded and not (behind or (spelled and figures)):
            continue
        return FoundParameter("aspect_ratio", value, found.start(), found.end())
    return None


def _no_time(shown: re.Match[str], found: re.Match[str]) -> bool:
    """ "at 4:3": minutes would have two digits."""
    return shown.group().strip() == "at" and len(found["h"]) == 1


_PIXELS = re.compile(r"(?<![a-z0-9.])(?P<w>\d{3,4})\s*[x×*]\s*(?P<h>\d{3,4})(?![a-z0-9])")


def _pixels(text: str) -> FoundParameter | None:
    """1920x1080 asks for 16:9, 500x300 for 5:3."""
    found = _PIXELS.search(text)
    if found is None or not int(found["w"]) or not int(found["h"]):
        return None
    ratio = Fraction(int(found["w"]), int(found["h"]))
    value = f"{ratio.numerator}:{ratio.denominator}"
    near = (each for each in sorted(STANDARD) if abs(_shape(each) / ratio - 1) < _SAME_SHAPE)
    value = value if value in STANDARD else next(near, value)
    return FoundParameter("aspect_ratio", value, *found.span())


_KNOWN = {
    Medium.VIDEO: {"854x480": "480p", "1280x720": "720p", "1920x1080": "1080p", "3840x2160": "4K"},
    Medium.IMAGE: {"512x512": "512px", "1024x1024": "1K", "2048x2048": "2K", "4096x4096": "4K"},
}
"""Sizes in pixels that have a name."""


def exact_size(text: str, media: set[Medium]) -> FoundParameter | None:
    """1000x1000 asks for so many pixels; 1920x1080 of a video is 1080p."""
    found = _PIXELS.search(text)
    if found is None or _pixels(text) is None:
        return None
    medium = Medium.IMAGE if Medium.IMAGE in media else Medium.VIDEO
    width, height = int(found["w"]), int(found["h"])
    known = _KNOWN[medium].get(f"{max(width, height)}x{min(width, height)}")
    if known is None:
        return FoundParameter("pixels", f"{width}x{height}", *found.span())
    name = "size" if medium is Medium.IMAGE else "resolution"
    return FoundParameter(name, known, *found.span())


_SAME_SHAPE = 0.02
"""1366x768 is 16:9 to the eye."""


def _shape(ratio: str) -> Fraction:
    width, _, height = ratio.partition(":")
    return Fraction(int(width), int(height))


def _plausible(found: re.Match[str]) -> bool:
    """ "16x9" is a ratio; "3x4" could be anything, and "10x10" is no format."""
    return f"{float(found['w']):g}:{int(found['h'])}" in (
        "16:9",
        "9:16",
        "4:3",
        "3:4",
        "1:1",
        "21:9",
    )


def _in_words_of(scan: Scan, asked: MediaRequest) -> FoundParameter | None:
    if not scan.sections & {"aspect", "aspect_if"} and not _UPRIGHT & set(scan.tokens.words):
        return None
    for clause in scan.clauses:
        items = clause.items
        for place, item in enumerate(items):
            if item.start >= asked.spoken_from:
                return None
            value = item.under("aspect")
            if not value and (cautious := item.under("aspect_if")):
                rest = items[place + 1 : place + 4]
                # "a landscape painting" is no format
                genre = item.phrase == "landscape" and Medium.VIDEO not in asked.media
                if not rest or rest[0].has("stop"):
                    rest += items[max(0, place - 1) : place]  # un vídeo vertical de …
                opens = place == 0 and rest and rest[0].phrase in _SO
                near = bool(opens) or (
                    any(medium_of(i) or i.phrase in _FORMATS for i in rest) and not genre
                )
                near = near or (
                    place == 0 and bool(rest) and numerals.number(rest[0].phrase) is not None
                )
                shaped = not rest or rest[0].phrase == "的"
                near = near or (
                    shaped and _SHAPED.search(scan.text, clause.start, clause.end) is not None
                )
                value = cautious if near or _settings(items) <= 2 else ""
            if item.phrase in _UPRIGHT and len(items) == 1 and _is_format(scan, item, asked):
                value = "9:16"
            if value:
                return FoundParameter("aspect_ratio", value, item.start, item.end)
    return None


def _is_format(scan: Scan, item: Item, asked: MediaRequest) -> bool:
    """Whether "portrait" by itself is the format: of a video, or behind a picture without the
    words of portrait photographs."""
    if Medium.VIDEO in asked.media:
        return True
    return item.start > 0 and _OF_A_FACE.search(scan.text) is None


_UPRIGHT = frozenset({"portrait", "tall"})
_OF_A_FACE = re.compile(
    r"\b(?:\d{2,3} ?mm|bokeh|lens|headshot|studio|face|eyes|gaze|smile|wrinkles|rembrandt|sitter"
    r"|beard|freckles|cat|dog|nobleman|man|woman|girl|boy|lady|lighting)\b"
)


def _settings(items: Sequence[Item]) -> int:
    """Words of a clause but numbers and units of time: 5秒方形 only sets."""
    return sum(not (numerals.number(i.phrase) or i.phrase in _SECONDS) for i in items)


_SECONDS = frozenset({"s", "sec", "secs", "second", "seconds", "秒"})
_FOR_PHONES = re.compile(
    r"\b(?:(?:i?phone|mobile|cell) ?(?:phone )?(?:'s )?(?:wallpaper|background|lock ?screen)s?"
    r"|(?:wallpaper|background|lock ?screen)s? for (?:my |his |her |our |the |an? )?"
    r"(?:i?phone|mobile|cell ?phone|android)"
    r"|(?:tall|upright|portrait|vertical) for (?:my |the |a )?(?:i?phone|mobile|tik ?tok|reels?"
    r"|stor(?:y|ies)|shorts)|lock ?screens?(?: wallpapers?)?)\b"
    r"|(?:手机|锁屏)(?:的)?(?:壁纸|桌布|桌面|背景|锁屏|屏保)"
)
"""What is tall by its purpose, where nothing else is said."""
_SHAPED = re.compile("尺寸|比例|画幅|画面|构图|手机|屏幕|版面")
_SO = frozenset({"so", "for", "to", "please", "because", "since", "if"})
"""Behind "landscape" they say what the format is for."""
_FORMATS = frozenset(
    {
        "one",
        "version",
        "format",
        "crop",
        "orientation",
        "ratio",
        "构图",
        "画幅",
        "比例",
        "版",
        "layout",
        "canvas",
    }
)
