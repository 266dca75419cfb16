"""Parameters of music and speech: vocals, tempo, tags, speed, voice, pitch, words to be spoken."""

from __future__ import annotations

import re

from ima_tui.core.domain import Medium
from ima_tui.intent import numerals, voices
from ima_tui.intent.intent import TURNED_DOWN, FoundParameter, Span, written
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Item, Scan

_UNSUNG = re.compile(
    r"(?:不要|不用|别要|别有|别带|别加|没有|没|无需|去掉|去除|不需要|不带|不含|免去|无)(?:任何|有"
    r"|加|[^,。;、]{1,4}[和与或])?(?:人声|人?哼唱|歌词|演唱|人唱|歌声|主唱|词(?=[,。的]|$))"
    r"|\b(?:no|without|w/out|w/o|zero|minus|skip|drop|nothing|nobody|not)\s+(?:\w+ (?:or|and"
    r"|nor) )?(?:(?:the|any|an?|anyone|anybody"
    r"|someone|somebody|to be|is|human|actual|real)\s+){0,3}(?:vocals?|sing(?:s|ing|ers?)?|sung"
    r"|lyrics)\b|\b(?:wordless|lyricless|lyric-less|voiceless)\b"
    r"|\bvocals?\s*[:=]\s*(?:no|none|off)\b"
    r"|\b(?:nobody|no one|no-one|noone) (?:sings|should sing)\b"
    r"|只[要用]乐器|纯器乐|纯配乐|器乐即可|\bkeep (?:the )?vocals out\b"
    r"|\b(?:piano|guitar|strings|harp|cello|violin|organ|flute|drums) only\b"
    r"|\b(?:only|just) (?:the )?instruments\b|\binstruments only\b"
    r"|\b(?:don't|do not) (?:want|need|add) (?:any )?(?:vocals?|singing|lyrics|singers?)\b"
)


_BPM = re.compile(
    r"(?<![\d.])(?P<v>\d{2,3})\s*-?\s*(?:bpm|拍|beats per minute|的(?:速度|节奏)|速(?=[,。;]|$))"
    r"|(?:bpm|tempo|每分钟|节奏|速度)"
    r"\s*(?:of|around|about|:|=|为|是|大概|约)?\s*(?P<w>\d{2,3})(?!\s*%|\.)"
    rf"|(?P<z>{numerals.CHINESE}{{2,5}})\s*(?:拍|bpm)|\bat (?P<at>[6-9]\d|1\d\d)(?=\s*(?:[,.;!]|$))"
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


def music(text: str, items: list[Item], scan: Scan) -> list[FoundParameter]:
    """Vocals, tempo, tags and exclusions of a piece of music."""
    found: list[FoundParameter] = []
    for item in items:
        kind = item.under("vocals")
        if kind and TURNED_DOWN.search(text[max(0, item.start - 16) : item.start]):
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
    named = any(each.name == "vocal_gender" for each in found)
    if (sung := _SUNG_BY.search(text)) and not named:
        female = re.search("female|wom|girl|女", sung.group()) is not None
        gender = "f" if female else "m"
        found.append(FoundParameter("vocal_gender", gender, sung.start(), sung.end()))
        named = True
    if (both := voices.sings_both(text)) is not None:
        found = [each for each in found if each.name != "vocal_gender"]
        found.append(FoundParameter("vocal_gender", voices.MIXED, *both.span()))
    elif not named and (who := voices.singer(text)) is not None:
        found.append(FoundParameter("vocal_gender", who[0][0], who[1], who[2]))
    if beat := _BPM.search(text):
        told = beat["v"] or beat["w"] or beat["z"] or beat["at"]
        value = int(numerals.number(told) or 0)
        found.append(FoundParameter("bpm", value, beat.start(), beat.end()))
    if tags := _EXCLUDE.search(text):
        found.append(
            FoundParameter(
                "negative_tags", written(scan, *tags.span("what")), tags.start(), tags.end()
            )
        )
    if tags := _TAGS.search(text):
        group = "what" if tags["what"] else "zh"
        found.append(
            FoundParameter("tags", written(scan, *tags.span(group)), tags.start(), tags.end())
        )
    return found


_SPEED = re.compile(
    rf"(?<![\d.])(?P<v>\d(?:\.\d{{1,2}})?)\s*(?:x\b|×|倍速?|times)(?:\s*(?:speed|语速|速度))?"
    rf"|(?<![\d.])(?P<u>\d(?:\.\d{{1,2}})?)\s*(?:speed|的语速|语速|的速度)"
    rf"|(?:speed|语速|速度|倍速)\s*(?:of|at|to|is|为|是|调到|设为|设成|:"
    rf"|=)?\s*(?P<w>\d(?:\.\d{{1,2}})?)(?!\d)"
    r"|(?P<part>half|three[- ]quarters?)[- ](?:of (?:the )?)?(?:normal |usual )?speed\b"
    r"|(?P<tenths>[五六七八九5-9])成(?:的)?(?:语速|速度)"
    r"|\b(?:speak|read|say|talk|narrate)\w*\b[^.:\"“]{0,20}\bat (?P<at>[01]\.\d{1,2})(?![\d%])"
    rf"|(?P<z>{numerals.CHINESE}点{numerals.CHINESE}|{numerals.CHINESE})倍速"
)


_PITCH = re.compile(
    r"\b(?:(?P<high>high|squeaky)|low|deep|bass)\s+(?:[a-z]+\s+){0,2}voice\b"
    r"|\b(?:(?P<raise>raise)|lower|drop) (?:your|the|its|his|her) (?:pitch|voice|tone)\b"
    r"|[语音声]调(?:偏|略|稍|再|放|压)?(?:(?P<zh>高)|低)|尖(?P<shrill>尖|细)的?"
)
_SPEECH_WORDS = ("voice", "speed", "pitch", "volume")


def _speed(told: re.Match[str]) -> float | None:
    if told["part"]:
        return 0.5 if told["part"] == "half" else 0.75
    if told["tenths"]:
        return (numerals.number(told["tenths"]) or 0) / 10
    return numerals.number(told["v"] or told["u"] or told["w"] or told["at"] or told["z"])


def speech(text: str, items: list[Item]) -> list[FoundParameter]:
    """Speed, voice, pitch and volume of speech."""
    found: list[FoundParameter] = []
    if speed := _SPEED.search(text):
        value = _speed(speed)
        if value is not None and 0.1 <= value <= 5:
            found.append(FoundParameter("speed", numerals.plain(value), speed.start(), speed.end()))
    for name in _SPEECH_WORDS:
        told = [
            item
            for item in items
            if item.under(name)
            and not TURNED_DOWN.search(text[max(0, item.start - 16) : item.start])
        ]
        exact = [item for item in told if item.under(name) != "any"] or told
        exact = exact[-1:] if name == "speed" else exact
        if name == "voice" and len({item.under(name) for item in exact}) > 1:
            continue  # either will do
        found += [
            FoundParameter(name, item.under(name), item.start, item.end) for item in exact[:1]
        ]
        if name == "pitch" and not told and (pitch := _PITCH.search(text)):
            told_as = "high" if any(pitch.groups()) else "low"
            found.append(FoundParameter(name, told_as, *pitch.span()))
        if name == "voice" and not told:
            who = voices.other(text) or voices.speaker(text)
            found += [FoundParameter(name, *who)] if who is not None else []
    return found


_SETTING = (
    r"(?:(?:in|with|use) an? |用)?(?:[\w-]+ ){0,2}(?:(?:fe)?male voice|(?:wo)?man's voice|女声|男声"
    r"|童声|女生|男生|[男女]的?(?=[,、。]|$)|普通话|(?:粤|英|日|韩|国|客家|闽南|四川|东北)[语话]"
    r"|(?:语速|speed)\s*:?\s*[\d.慢快]+\w{0,2}"
    r"|(?:at )?\d(?:\.\d+)?\s*(?:x|倍速|倍)(?: speed)?)"
)
_READ = 120
"""Characters at the end in which it is looked for."""
_BEHIND = re.compile(
    rf"(?:(?<!\d)\.|[。!?\n])\s*(?P<told>{_SETTING}(?:[,、 ]+(?:and )?{_SETTING})*)[.。]?\s*$"
)
"""A sentence of its own behind the words to be spoken: "Welcome home. Female voice, 1.1x"."""


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
    """Of a request for speech: what stands behind the colon, else the only quotation."""
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
