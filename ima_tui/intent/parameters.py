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
from itertools import islice

from ima_tui.core.domain import Medium
from ima_tui.intent import counting, numerals, sound_parameters
from ima_tui.intent.found import TURNED_DOWN, FoundParameter, stands_alone, written
from ima_tui.intent.lengths import Length, lengths
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan
from ima_tui.intent.spoken import settings_behind
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import medium_of


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
    length = _length(text) if media & {Medium.VIDEO, Medium.MUSIC} else None
    if media & {Medium.IMAGE, Medium.VIDEO}:
        size = size or _exact_size(text, media)
        found += [size] if size and not eight_k else []
        found += _visual(text, scan)
    if Medium.VIDEO in media:
        found += _audio(items) or _silent(scan, asked) or _heard(scan, asked) or _noise(text)
        found += _shots(items)
        found += _each(_FPS, "fps", text)
    if Medium.MUSIC in media:
        found += sound_parameters.music(text, items, scan)
    if Medium.SPEECH in media:
        found += sound_parameters.speech(text, items)
        found += _spoken_so(scan, asked.spoken_from)
    found += _each(_SEED, "seed", text)
    if count := counting.count(scan, asked):
        found.append(FoundParameter("n", count[0], count[1], count[2]))
    return Findings(tuple(_once(found)), ratio, length, eight_k)


def _length(text: str) -> Length | None:
    """What stands by itself ("…, 12 seconds, …") is a setting sooner than what stands before it."""
    told = list(islice(lengths(text), _LENGTHS))
    alone = (each for each in told if stands_alone(text, each.start, each.end))
    return next(alone, told[0] if told else None)


def _once(found: list[FoundParameter]) -> Iterator[FoundParameter]:
    seen: set[str] = set()
    for each in found:
        if each.name not in seen:
            seen.add(each.name)
            yield each


# ------------------------------------------------------------------------------ the picture

_LENGTHS = 8
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


_IN_WORDS = re.compile(
    r"(?P<w>(?<![a-z])(?:{0})|(?:{1})+)\s*(?:\bby\b|\bto\b|比)\s*(?P<h>(?:{0})(?![a-z])|(?:{1})+)".format(
        rf"{numerals.ENGLISH}(?:[ -]{numerals.ENGLISH})?", numerals.CHINESE
    )
)
"""sixteen by nine, 三比四."""


def _ratios(text: str) -> Iterator[re.Match[str]]:
    yield from _RATIO.finditer(text)
    if "比" in text or " by " in text or " to " in text:
        yield from _IN_WORDS.finditer(text)


def _ratio(text: str) -> FoundParameter | None:
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


def _exact_size(text: str, media: set[Medium]) -> FoundParameter | None:
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


def _ratio_words(scan: Scan, asked: MediaRequest) -> FoundParameter | None:
    if not scan.sections & {"aspect", "aspect_if"} and "portrait" not in scan.tokens.words:
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
                if not rest or rest[0].has("stop"):
                    rest += items[max(0, place - 1) : place]  # un vídeo vertical de …
                opens = place == 0 and rest and rest[0].phrase in _SO
                near = bool(opens) or (
                    any(medium_of(i) or i.phrase in _FORMATS for i in rest) and not genre
                )
                shaped = not rest or rest[0].phrase == "的"
                near = near or (
                    shaped and _SHAPED.search(scan.text, clause.start, clause.end) is not None
                )
                value = cautious if near or len(items) <= 2 else ""
            if item.phrase == "portrait" and len(items) == 1 and Medium.VIDEO in asked.media:
                value = "9:16"
            if value:
                return FoundParameter("aspect_ratio", value, item.start, item.end)
    return None


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
_SIZE = re.compile(
    r"(?<![a-z0-9.$¥])(?:(?P<k>[1248])\s*k|(?P<px>512)\s*(?:px|像素|p\b|(?=的|就|尺寸|大小|size"
    r"|resolution|分辨率|[,。]|$))|(?P<p>144|240|360|480|540|576|720|768|900|1080|1440|2160)\s*p"
    r"|(?P<full>full[- ]?hd|fhd|全高清)|(?P<ultra>uhd|ultra[- ]?hd|4k uhd))(?![a-z0-9])"
    r"(?!\s*(?:的|超?高清)?\s*(?:tvs?\b|televisions?\b|monitors?\b|screens?\b|displays?\b"
    r"|projectors?\b"
    r"|cameras?\b|电视|屏幕|显示器|显示屏|投影|摄像机|摄影机|相机))"
)
_EIGHT_K = re.compile(
    r"(?<![a-z0-9.$¥])(?:(?P<k>8|12|16|24|32)\s*k|八k)(?![a-z0-9])"
    r"(?!\s*(?:run|race|tv|people|steps|followers|views|fans|likes|points|元|块|粉|人|公里|米))"
    r"|4320\s*p\b"
)


def _size(text: str, media: set[Medium]) -> tuple[FoundParameter | None, FoundParameter | None]:
    """(size of an image or resolution of a video, 8K or more)."""
    eight = _EIGHT_K.search(text)
    found_eight = (
        FoundParameter("size", f"{eight['k'] or 8}K", eight.start(), eight.end()) if eight else None
    )
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
    r"(?:\bneg(?:ative)?[ _-]?prompts?|\bnegatives?(?=\s*:)|\bavoid(?:ing)?(?=\s*:)"
    r"|(?:反向|负面|负向|反面|否定)(?:提示词?|描述|词))"
    r"\s*(?:is|are|为|是|:|=|- )?\s*(?P<what>[^.。;\n!?]+)"
)
_AVOID = re.compile(
    r"(?:画面|图|视频|片)?(?:里|中|上)?(?:不要|不能|避免|别|请勿)(?:出现|有任何|包含)\s*:?"
    r"\s*(?P<what>[^.。;\n!?,，]+)"
)


def _visual(text: str, scan: Scan) -> list[FoundParameter]:
    found = _NEGATIVE.search(text) or _AVOID.search(text)
    if not found:
        return []
    start, end = found.span("what")
    further = _FURTHER.search(text, start, end)
    end = further.start() if further else end
    return [FoundParameter("negative_prompt", written(scan, start, end), found.start(), end)]


_FURTHER = re.compile(
    r"\s*[,，、]\s*(?:and |再|并)?(?:seed|随机|种子|时长|比例|画幅|分辨率"
    r"|aspect|duration|resolution|bpm|n\s*=|\d+\s*(?:s\b|sec|秒|p\b|k\b|:|比)"
    r"|用|使用|us(?:e|ing) |横屏|竖屏|(?:(?:and|but) )?(?:then|please|make|keep|create|draw"
    r"|generate|add|set|give|put|let|i|he|she|it|they|an?) |square\b|vertical\b"
    r"|landscape\b|portrait\b"
    r"|然后|最后|接着|另外|请|画|做|生成|配|加上?|但|保留|要|让|把|给|主体|背景是)"
    r"|\s+(?:but|and (?:make|keep|then|add|set|please)) "
)
"""What behind a list of unwanted things is no more of them: a parameter, a request."""


_SEED = re.compile(
    r"(?:\bseed|随机种子|随机数种子|种子(?:值|数|号)?)\s*(?:number|value|is|of|to|为|是|用|设为"
    r"|设成|=|:|#)?\s*(?P<v>-?\d{1,30})(?!\d)"
)


def _each(pattern: re.Pattern[str], name: str, text: str) -> list[FoundParameter]:
    found = pattern.search(text)
    return [FoundParameter(name, int(found["v"]), found.start(), found.end())] if found else []


# ------------------------------------------------------------------------- sound and speech


def _spoken_so(scan: Scan, spoken_from: int) -> list[FoundParameter]:
    """Voice and speed told behind the words to be spoken."""
    start = settings_behind(scan, spoken_from)
    items = [item for clause in scan.clauses for item in clause.items if item.start >= start]
    return sound_parameters.speech(" " * start + scan.text[start:], items) if items else []


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


_NOISE = re.compile(
    r"(?:要有|带有?|带上|加上|配上|有|伴有|听得到|听到)(?:[^,。;的]{1,6}(?<![歌掌])(?:声|音效)"
    r"|[她他它]们?的[^,。;的]{1,4}声)(?=[,。;!]|$)"
)
"""要有海浪声: what is heard in the video itself."""
_FPS = re.compile(
    r"(?<![\d.])(?P<v>\d{2,3})\s*(?:fps\b|frames (?:per|a) second|帧(?:每秒|/秒|率)?(?!画))"
)


def _noise(text: str) -> list[FoundParameter]:
    found = _NOISE.search(text)
    if found is None or TURNED_DOWN.search(text[max(0, found.start() - 8) : found.start()]):
        return []
    return [FoundParameter("audio", True, *found.span())]


def _shots(items: list[Item]) -> list[FoundParameter]:
    return [
        FoundParameter("shot_type", item.under("shot"), item.start, item.end)
        for item in items
        if item.under("shot")
    ][:1]


_VISUAL = frozenset(
    {"aspect_ratio", "size", "pixels", "resolution", "negative_prompt", "seed", "n"}
)
OF_MEDIUM = {
    Medium.IMAGE: _VISUAL,
    Medium.VIDEO: _VISUAL | {"duration", "audio", "shot_type", "fps"},
    Medium.MUSIC: frozenset(
        {
            "make_instrumental",
            "vocal_gender",
            "bpm",
            "negative_tags",
            "tags",
            "model_version",
            "lyrics",
            "title",
        }
    ),
    Medium.SPEECH: frozenset({"voice", "speed", "pitch", "volume"}),
}
"""The parameters that each medium may have."""
