"""Parameters in canonical form, each with the words that gave it.

Numbers are read by patterns over the folded text with content hidden; words (竖屏, "no vocals",
"slowly") come from the vocabulary. What is spoken, a time on a clock or a countdown in the picture
is content, and gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent import counting, shapes, sound_parameters
from ima_tui.intent.intent import TURNED_DOWN, FoundParameter, stands_alone, written
from ima_tui.intent.lengths import Length, lengths
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan
from ima_tui.intent.sound_parameters import settings_behind
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
    ratio = shapes.ratio(scan, asked)
    size, eight_k = _size(text, media)
    length = _length(text) if media & {Medium.VIDEO, Medium.MUSIC} else None
    if media & {Medium.IMAGE, Medium.VIDEO}:
        size = size or shapes.exact_size(text, media)
        found += [size] if size and not eight_k else []
        found += _visual(text, scan)
    if Medium.VIDEO in media:
        found += _audio(items) or _silent(scan, asked) or _heard(scan, asked) or _noise(text)
        found += _named_sound(text)
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


_LENGTHS = 3


# ------------------------------------------------------------------------------ the picture

_SIZE = re.compile(
    r"(?:(?<![a-z0-9.$¥])|(?<=\ds))(?:(?P<k>[1248])\s*k|(?P<px>512)\s*(?:px|像素|p\b|(?=的|就|尺寸|大小|size"
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


def _named_sound(text: str) -> list[FoundParameter]:
    """ "with proper thunder audio"."""
    found = _WITH_SOUND.search(text)
    return [] if found is None else [FoundParameter("audio", True, *found.span())]


_WITH_SOUND = re.compile(
    r"\bwith (?!no\b|barely\b|any\b)(?:[a-z]+ ){1,3}(?:audio|sfx)\b"
    r"|\b(?:with|w/) ?(?!no\b|any\b)(?:the )?(?:(?:[a-z]+ ){1,2}(?:sounds?|noises?|audible)"
    r"|roaring|barking|chirping|applause|thunder|laughter|crackling)(?=[,.;!]|$)"
    r"|\bwith (?:the |an? )?(?:\w+ )?(?:noises?|roar|hum|rumble|chatter|hiss|crackle|sound) of\b"
    r"|\b(?:audio|sounds?|sfx) (?:is |are )?(?:included|matters?|please|on)\b"
    r"|\bwith (?:ambient|background|natural|room) (?:noise|sounds?)\b"
    r"|\b(?:(?:i|we) want to (?:be able to )?|let (?:us|me) )hear\b"
    r"|[^,。;\s]{1,4}(?<![歌掌人])声(?:音)?(?:也)?要(?:有|听得到|保留|(?=[,。;!]|$))"
    r"|(?:[鸟虫蛙鸡犬][叫鸣吠]){1,2}(?:声)?(?:也)?要(?:有|收进去|录进去|听得到)|(?:要|能)(?:能)?听(?:得)?见[^,。;]{1,4}声"
    r"|要带声(?=[,。;!]|$)|\bsound (?:yes|on)\b"
)


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
