"""Parameters in canonical form, each with the words that gave it.

Numbers are read by patterns over the folded text with content hidden; words (竖屏, "no vocals",
"slowly") come from the vocabulary. What is spoken, a time on a clock or a countdown in the picture
is content, and gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from ima_tui.core.domain import Medium, Value
from ima_tui.intent import counting, numerals
from ima_tui.intent.lengths import Length, lengths
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import medium_of


@dataclass(frozen=True, slots=True)
class FoundParameter:
    """A parameter with its place in the folded text."""

    name: str
    value: Value
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything read from one text. `ratios` and `lengths` also hold what nobody offers."""

    params: tuple[FoundParameter, ...]
    ratio: FoundParameter | None
    length: Length | None
    eight_k: FoundParameter | None


def read_parameters(scan: Scan, asked: MediaRequest) -> Findings:
    """All parameters that the text gives for the media asked for."""
    text = scan.text[: asked.spoken_from]
    items = [i for c in scan.clauses for i in c.items if i.tags and i.start < asked.spoken_from]
    media = set(asked.media)
    found: list[FoundParameter] = []
    ratio = _ratio(text) or _pixels(text) or _ratio_words(scan, asked)
    size, eight_k = _size(text, media)
    length = next(lengths(text), None) if media & {Medium.VIDEO, Medium.MUSIC} else None
    if media & {Medium.IMAGE, Medium.VIDEO}:
        found += [size] if size and not eight_k else []
        found += _visual(text, scan)
    if Medium.VIDEO in media:
        found += _audio(items) or _silent(scan, asked) or _heard(scan, asked)
        found += _shots(items)
    if Medium.MUSIC in media:
        found += _music(text, items, scan)
    if Medium.SPEECH in media:
        found += _speech(text, items)
    found += _each(_SEED, "seed", text)
    if count := counting.count(scan, asked):
        found.append(FoundParameter("n", count[0], count[1], count[2]))
    return Findings(tuple(_once(found)), ratio, length, eight_k)


def _once(found: list[FoundParameter]) -> Iterator[FoundParameter]:
    seen: set[str] = set()
    for each in found:
        if each.name not in seen:
            seen.add(each.name)
            yield each


# ------------------------------------------------------------------------------ the picture

_NUMBER = r"\d{1,2}(?:\.\d{1,2})?"
_RATIO = re.compile(
    rf"(?<!\d)(?<!\d[.:/])(?:aspect ratio\s*(?:of|:|=)?\s*)?(?P<w>{_NUMBER})"
    r"\s*(?::|x|×|比|/|\bby\b|\bto\b)\s*(?P<h>\d{1,2})"
    r"(?!\d|[.:]\d|\s*(?:am\b|pm\b|a\.m|p\.m|点|分|o'clock|cm|mm|inch|m\b|km|px|meter|pixels))"
)


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


def _ratio(text: str) -> FoundParameter | None:
    around = _around()
    for found in _RATIO.finditer(text):
        if text[found.start("w") : found.end()].count("x") and not _plausible(found):
            continue
        before = text[max(0, found.start() - 24) : found.start()]
        if _TURNED_DOWN.search(before):
            continue
        if (shown := around.shown.search(before)) and not _no_time(shown, found):
            continue
        width, height = float(found["w"]), int(found["h"])
        if not (width and height):
            continue
        value = f"{width:g}:{height}"
        spelled = "aspect ratio" in found.group() or around.before.search(before)
        if value not in STANDARD and not (spelled and around.behind.match(text, found.end())):
            continue
        worded = not any(sign in found.group() for sign in ":比x×")
        if worded and not (spelled or around.behind.match(text, found.end())):
            continue
        return FoundParameter("aspect_ratio", value, found.start(), found.end())
    return None


_TURNED_DOWN = re.compile(
    r"(?:不用|不要|别用|别要|不是|\bnot|\bno|\bwithout|\binstead of|\brather than)\s*(?:an?\s+)?$"
)
"""不用16:9, "not instrumental": what stands behind is not wanted."""


def _no_time(shown: re.Match[str], found: re.Match[str]) -> bool:
    """ "at 4:3": minutes would have two digits."""
    return shown.group().strip() == "at" and len(found["h"]) == 1


_PIXELS = re.compile(r"(?<![a-z0-9.])(?P<w>\d{3,4})\s*[x×*]\s*(?P<h>\d{3,4})(?![a-z0-9])")


def _pixels(text: str) -> FoundParameter | None:
    """1920x1080 asks for 16:9."""
    found = _PIXELS.search(text)
    if found is None or not int(found["w"]) or not int(found["h"]):
        return None
    ratio = Fraction(int(found["w"]), int(found["h"]))
    value = f"{ratio.numerator}:{ratio.denominator}"
    return FoundParameter("aspect_ratio", value, *found.span()) if value in STANDARD else None


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


def _ratio_words(scan: Scan, asked: MediaRequest) -> FoundParameter | None:
    if not scan.sections & {"aspect", "aspect_if"}:
        return None
    for clause in scan.clauses:
        items = clause.items
        for place, item in enumerate(items):
            if item.start >= asked.spoken_from:
                return None
            value = item.under("aspect")
            if not value and (cautious := item.under("aspect_if")):
                rest = items[place + 1 : place + 4]
                genre = item.phrase == "landscape"  # "a landscape painting" is no format
                near = any(medium_of(i) or i.phrase in _FORMATS for i in rest) and not genre
                value = cautious if near or len(items) <= 2 else ""
            if value:
                return FoundParameter("aspect_ratio", value, item.start, item.end)
    return None


_FORMATS = frozenset(
    {"format", "crop", "orientation", "ratio", "构图", "画幅", "比例", "版", "layout", "canvas"}
)
_SIZE = re.compile(
    r"(?<![a-z0-9.$¥])(?:(?P<k>[1248])\s*k|(?P<px>512)\s*(?:px|像素|p\b|(?=的|尺寸|大小|size|resolution|分辨率|[,。]|$))|(?P<p>360|480|540|720|768|1080|1440|2160)\s*p"
    r"|(?P<full>full[- ]?hd|fhd|全高清)|(?P<ultra>uhd|ultra[- ]?hd|4k uhd))(?![a-z0-9])"
    r"(?!\s*(?:的|超?高清)?\s*(?:tvs?\b|televisions?\b|monitors?\b|screens?\b|displays?\b|projectors?\b"
    r"|cameras?\b|电视|屏幕|显示器|显示屏|投影|摄像机|摄影机|相机))"
)
_EIGHT_K = re.compile(
    r"(?<![a-z0-9.$¥])(?:8\s*k|八k)(?![a-z0-9])(?!\s*(?:run|race|tv|people|steps|元|块))|4320\s*p\b"
)


def _size(text: str, media: set[Medium]) -> tuple[FoundParameter | None, FoundParameter | None]:
    """(size of an image or resolution of a video, 8K)."""
    eight = _EIGHT_K.search(text)
    found_eight = FoundParameter("size", "8K", eight.start(), eight.end()) if eight else None
    for found in _SIZE.finditer(text):
        if found["k"] == "8":
            continue
        if found["k"] or found["ultra"]:
            value = f"{found['k'] or 4}K"
            name = "size" if Medium.IMAGE in media else "resolution"
        elif found["px"]:
            value, name = "512px", "size"
        else:
            value, name = f"{found['p'] or 1080}p", "resolution"
        return FoundParameter(name, value, found.start(), found.end()), found_eight
    clear = _CLEAR.search(text) if Medium.VIDEO in media and not found_eight else None
    if clear is not None:
        return FoundParameter("resolution", "1080p", clear.start(), clear.end()), found_eight
    return None, found_eight


_CLEAR = re.compile(r"(?<![超全])高清(?!化|晰|一点)")
"""高清 of a video means 1080p (of a picture it means nothing exact)."""


_NEGATIVE = re.compile(
    r"(?:negative[ _-]?prompts?|(?:反向|负面|负向|反面|否定)(?:提示词?|描述|词))"
    r"\s*(?:is|are|为|是|:|=)?\s*(?P<what>[^.。;\n!?]+)"
)
_AVOID = re.compile(
    r"(?:\bavoid(?:ing)?\s*:"
    r"|(?:画面|图|视频|片)?(?:里|中|上)?(?:不要|不能|避免|别|请勿)(?:出现|有任何|包含)\s*:?)"
    r"\s*(?P<what>[^.。;\n!?,，]+)"
)


def _visual(text: str, scan: Scan) -> list[FoundParameter]:
    found = _NEGATIVE.search(text) or _AVOID.search(text)
    if not found:
        return []
    start, end = found.span("what")
    further = _FURTHER.search(text, start, end)
    end = further.start() if further else end
    return [FoundParameter("negative_prompt", _written(scan, start, end), found.start(), end)]


_FURTHER = re.compile(
    r"\s*[,，、]\s*(?:and |再|并)?(?:seed|随机|种子|时长|比例|画幅|分辨率"
    r"|aspect|duration|resolution|bpm|n\s*=|\d+\s*(?:s\b|sec|秒|p\b|k\b|:|比)"
    r"|用|使用|using |with |横屏|竖屏)"
)
"""The next parameter behind a list of unwanted things."""


def _written(scan: Scan, first: int, last: int) -> str:
    """The person's own words, folded in width and case only: a decision is the same in capitals."""
    import unicodedata

    start, end = scan.plain.span(first, last)
    return unicodedata.normalize("NFKC", scan.plain.original[start:end]).casefold().strip(" :,、")


_SEED = re.compile(
    r"(?:\bseed|随机种子|随机数种子|种子(?:值|数|号)?)\s*(?:number|value|is|of|to|为|是|用|设为|设成|=|:|#)?\s*(?P<v>-?\d{1,10})(?!\d)"
)


def _each(pattern: re.Pattern[str], name: str, text: str) -> list[FoundParameter]:
    found = pattern.search(text)
    return [FoundParameter(name, int(found["v"]), found.start(), found.end())] if found else []


# ------------------------------------------------------------------------- sound and speech


def _audio(items: list[Item]) -> list[FoundParameter]:
    return [
        FoundParameter("audio", item.under("audio") == "on", item.start, item.end)
        for item in items
        if item.under("audio")
    ][:1]


def _silent(scan: Scan, asked: MediaRequest) -> list[FoundParameter]:
    """ "a silent video", "…, silent": the word beside the medium, or by itself."""
    if "audio_if" not in scan.sections:
        return []
    for clause in scan.clauses:
        for place, item in enumerate(clause.items):
            if item.start < asked.spoken_from and item.under("audio_if"):
                rest = clause.items[place + 1 : place + 3]
                if len(clause.items) <= 2 or any(medium_of(i) is Medium.VIDEO for i in rest):
                    return [FoundParameter("audio", False, item.start, item.end)]
    return []


def _heard(scan: Scan, asked: MediaRequest) -> list[FoundParameter]:
    """要有海浪的声音: a sound among what is asked for, beside a video."""
    if "noun.sound" not in scan.tags:
        return []
    for clause in scan.clauses:
        if clause.start >= asked.spoken_from:
            break
        for place, item in enumerate(clause.items):
            before = clause.items[max(0, place - 7) : place]
            if item.under("noun") == "sound" and any(i.has("with", "verb.want") for i in before):
                return [
                    FoundParameter(
                        "audio", not any(i.has("neg") for i in before), item.start, item.end
                    )
                ]
    return []


def _shots(items: list[Item]) -> list[FoundParameter]:
    return [
        FoundParameter("shot_type", item.under("shot"), item.start, item.end)
        for item in items
        if item.under("shot")
    ][:1]


_UNSUNG = re.compile(
    r"(?:不要|不用|别要|别有|别带|别加|没有|无需|去掉|去除|不需要|不带|不含|免去)(?:任何|有|加)?(?:人声|歌词|演唱|人唱|歌声|主唱)"
    r"|\b(?:no|without|zero|minus|skip|drop)\s+(?:the\s+|any\s+)?(?:vocals?|singing|lyrics|singers?)\b"
)
_BPM = re.compile(
    r"(?<![\d.])(?P<v>\d{2,3})\s*-?\s*(?:bpm|拍|beats per minute)|(?:bpm|tempo|每分钟|节奏|速度)"
    r"\s*(?:of|around|about|:|=|为|是|大概|约)?\s*(?P<w>\d{2,3})(?!\s*%|\.)"
)
_SUNG_BY = re.compile(
    r"\b(?:vocals?|singer|voice)\s*[:=]\s*(?:fe)?male\b|人声\s*[:是为]?\s*[男女]"
    r"|\b(?:woman|man|girl|boy) (?:who )?(?:sings|singing)\b"
)
_EXCLUDE = re.compile(
    r"(?:negative[ _-]?tags?\s*(?::|=)?|\bexclud(?:e|ing)\s*:?|排除(?:风格)?\s*:?|反向标签\s*:?)"
    r"\s*(?P<what>[^.。;\n!?]+)"
)
_TAGS = re.compile(
    r"(?<![a-z_] )(?<![a-z_])(?:style )?tags\s*(?::|=)\s*(?P<what>[^.。;\n!?]+)"
    r"|风格标签\s*:?\s*(?P<zh>[^.。;\n!?]+)"
)


def _music(text: str, items: list[Item], scan: Scan) -> list[FoundParameter]:
    found: list[FoundParameter] = []
    for item in items:
        kind = item.under("vocals")
        if kind and _TURNED_DOWN.search(text[max(0, item.start - 16) : item.start]):
            continue
        if kind == "none":
            found.append(FoundParameter("make_instrumental", True, item.start, item.end))
        elif kind:
            found.append(FoundParameter("vocal_gender", kind, item.start, item.end))
    if not any(each.name == "make_instrumental" for each in found):
        found += [
            FoundParameter("make_instrumental", True, *no.span())
            for no in [_UNSUNG.search(text)]
            if no
        ]
    if sung := _SUNG_BY.search(text):
        if not any(each.name == "vocal_gender" for each in found):
            female = sung.group().strip().endswith(("female", "女")) or "wom" in sung.group()
            female = female or "girl" in sung.group()
            gender = "f" if female else "m"
            found.append(FoundParameter("vocal_gender", gender, sung.start(), sung.end()))
    if beat := _BPM.search(text):
        value = int(beat["v"] or beat["w"])
        found.append(FoundParameter("bpm", value, beat.start(), beat.end()))
    if tags := _EXCLUDE.search(text):
        found.append(
            FoundParameter(
                "negative_tags", _written(scan, *tags.span("what")), tags.start(), tags.end()
            )
        )
    if tags := _TAGS.search(text):
        group = "what" if tags["what"] else "zh"
        found.append(
            FoundParameter("tags", _written(scan, *tags.span(group)), tags.start(), tags.end())
        )
    return found


_SPEED = re.compile(
    rf"(?<![\d.])(?P<v>\d(?:\.\d{{1,2}})?)\s*(?:x\b|×|倍速?|times)(?:\s*(?:speed|语速|速度))?"
    rf"|(?<![\d.])(?P<u>\d(?:\.\d{{1,2}})?)\s*(?:speed|的语速|语速|的速度)"
    rf"|(?:speed|语速|速度|倍速)\s*(?:of|at|to|is|为|是|调到|设为|设成|:|=)?\s*(?P<w>\d(?:\.\d{{1,2}})?)(?!\d)"
    rf"|(?P<z>{numerals.CHINESE}点{numerals.CHINESE}|{numerals.CHINESE})倍速"
)
_SPEECH_WORDS = ("voice", "speed", "pitch", "volume")


def _speech(text: str, items: list[Item]) -> list[FoundParameter]:
    found: list[FoundParameter] = []
    if speed := _SPEED.search(text):
        value = numerals.number(speed["v"] or speed["u"] or speed["w"] or speed["z"])
        if value is not None and 0.1 <= value <= 5:
            found.append(FoundParameter("speed", numerals.plain(value), speed.start(), speed.end()))
    for name in _SPEECH_WORDS:
        told = [
            item
            for item in items
            if item.under(name)
            and not _TURNED_DOWN.search(text[max(0, item.start - 16) : item.start])
        ]
        exact = [item for item in told if item.under(name) != "any"] or told
        if name == "voice" and len({item.under(name) for item in exact}) > 1:
            continue  # either will do
        found += [
            FoundParameter(name, item.under(name), item.start, item.end) for item in exact[:1]
        ]
    return found
