"""Where lyrics stand in a text: quoted behind their label, behind a colon, or marked [Verse]."""

from __future__ import annotations

import re
from typing import NamedTuple

Span = tuple[int, int]

QUOTED = (
    r"(?:\"(?P<{0}a>[^\"]+)\"|“(?P<{0}b>[^”]+)”|「(?P<{0}c>[^」]+)」|『(?P<{0}d>[^』]+)』"
    r"|《(?P<{0}e>[^》]+)》|(?<![a-zA-Z])'(?P<{0}f>(?:[^']"
    r"|(?<=[a-zA-Z])'(?=[a-zA-Z]))+)'(?![a-zA-Z])"
    r"|‘(?P<{0}g>(?:[^’]|(?<=[a-zA-Z])’(?=[a-zA-Z]))+)’)"
)
_LABEL = (
    r"(?:(?:here (?:are|is)|these are|use|using|with|and|set to|sing(?:ing)?)\s+)?"
    r"(?:(?:my|the|these|those|this|following)\s+){0,2}"
    r"(?:lyrics?|歌词|歌詞|唱词)"
)
_BEHIND = (
    r"(?:\s*(?:are|is|go|below|follows?|as follows|being|是|为|如下|用|写的是|我?(?:已经"
    r"|都)?写好了?|在这里?))*"
    r"\s*[:：=]*"
    r"\s*[-–—]*\s*"
)
_SUNG = (
    r"(?:sing\s+(?:this|it|these|that)\s+(?:as|like|in)\s[^\n:\"“]{1,40}(?=:)"
    r"|(?:vocals?|singer|singing|sung)[^\n:\"“]{0,40}"
    r"(?:these|the following|my) (?:words|lines)(?=:)"
    r"|sings?\s+(?:these|the following|this|those|my)\s+(?:words|lines?|verses?|poem|text)"
    r"|sing\s+(?:this|these|those|it|my|our)\b[^\n:\"“]{0,60}(?=:)"
    r"|(?:put|set|turn|make)\s+(?:this|these|those|it|my|our)\b[^\n:\"“]{0,30}\b(?:in)?to\s"
    r"[^\n:\"“]{0,30}\b(?:music|song|tune|melody|beat|ballad|jingle|anthem)\b[^\n:\"“]{0,30}(?=:)"
    r"|(?:song|track|tune|jingle|anthem|ballad|lullaby)\s+(?:with|from|using|around)\s+"
    r"(?:these|the following|my|this|those)\s+(?:words|lines?|verses?|poem)[^\n:\"“]{0,40}(?=:)"
    r"|(?:i|we)(?:'ve| have)?\s+(?:wrote|written)\s+(?:(?:the|some|these|my|a few)\s+)?"
    r"(?:words|lines|verses?|poem)[^\n:\"“]{0,20}(?=:)"
    r"|sings?|singing|that goes|演唱|唱[着出]?(?:这|以下|下面)?[几一两段句些首的词话字]*)"
)
_WORDS_OF_A_SONG = (
    r"(?:[请請]|[把将將用按照]|以下|[这這呢]|是我[写寫]的|[几幾]句|段|首|的)*"
    r"(?<![不没无免代生单数名动题诗填作台导示说持祝贺致答悼颂])(?:歌[词詞]|唱[词詞]|[词詞])(?!汇|语|典|组|条|库|牌|性|根|缀)"
    r"(?P<heading{0}>(?:(?!要|关于|写[个一首]|里|不|说|风格|大意|主题|内容|讲|包含|包括|情绪|语言|自己|随便|你)"
    r"[^:：\n。;；\"“「]){{0,14}})[:：]"
)
"""用这几句词编一首歌：, 这是我写的词：; but not 歌词要写：."""
_LYRICS = re.compile(
    rf"(?<![a-z]){_LABEL}{_BEHIND}{QUOTED.format('q')}"
    rf"|(?<![a-z])(?:chorus|refrain|verse|副歌|主歌){_BEHIND}{QUOTED.format('v')}"
    rf"|(?<![a-z]){_LABEL}[^\n:：.。\"“「']{{1,16}}[:：]\s*{QUOTED.format('r')}"
    rf"|(?<![a-z]){_SUNG}\s*[:：]?\s*{QUOTED.format('s')}"
    r"|(?:把|将|给)?(?:这|以下|下面)(?:首|段|几句|两句|篇)?的?(?:词|诗|文字|话|句子?)[^:：\n]{0,6}"
    r"(?:谱成?曲|唱出来|配上?曲|[写做编变改]成(?:一首)?歌曲?)[^:：\n]{0,24}[:：]\s*(?P<set>\S[\s\S]*)"
    r"|(?<![a-z])(?:set|put|turn|make) (?:this|these|the following) (?:poem|verses?|words"
    r"|lines|text)"
    r" (?:in)?to (?:music|an? (?:\w+ ){0,2}song)[^:：\n]{0,40}[:：]\s*(?P<sung>\S[\s\S]*)"
    rf"|(?<!no )(?<!without )(?<![a-z]){_LABEL}(?:\s*(?:below|as follows|如下|are|is|go|是|为))?"
    r"\s*[:：=]\s*(?P<plain>(?!\s*(?:about|in |关于|要|用|写|由|不))\S[\s\S]*)"
    rf"|{_WORDS_OF_A_SONG.format(2)}\s*{QUOTED.format('w').replace('|《(?P<we>[^》]+)》', '')}"
    rf"|{_WORDS_OF_A_SONG.format(3)}\s*(?P<words>(?!\s*(?:关于|要|用|写|由|不|讲|是关|《))\S[\s\S]*)"
    r"|(?:谱[成个]?曲|配[上个]?曲|作曲|请唱|唱出来|唱一下)[^:：\n。]{0,8}[:：]\s*"
    r"(?P<composed>\S[^\n,，。;；]{1,14}(?:[,，。;；/／\n]\s*[^\n,，。;；]{2,16}){2,})"
    rf"|(?<!no )(?<!without )(?<![a-z]){_LABEL}(?P<heading>[^\n:：.。]{{0,60}})[:：][^\S\n]*\n"
    r"\s*(?P<below>\S[\s\S]*)",
    re.I,
)
_MARKED = re.compile(
    r"(?:" + _LABEL + r"\s*(?:below|as follows|如下)?\s*[:：]?\s*)?"
    r"(?P<plain>(?:\[(?:verse|chorus|pre-?chorus|intro|bridge|hook|outro|主歌|副歌|前奏|桥段|尾奏"
    r"|间奏)[^\]]{0,20}\]"
    r"|(?:\A|(?<=\n))(?:verse|chorus|bridge|主歌|副歌)\s*\d{0,2}\s*[:：])"
    r"[\s\S]*)\Z",
    re.I,
)
_ABOUT = r"(?:style|title|tags|genre|mood|风格|曲风|标题|歌名|情绪)"
_END = re.compile(
    r"\n\s*\n(?=[^\n]*\s*\Z)"  # a last paragraph of one line
    r"|\n\s*(?=[^\n]{0,16}(?:风格|風格|曲风|曲風|的歌|的调子|的調子)\s*\Z)"
    r"|[.。!！;；\n]\s*[-–—]*\s*(?:(?:make|do|sing) (?:it|this|that|them|these|those)"
    r"|(?:turn|set) (?:it|this|that|them|these|those) (?:in)?to"
    r"|帮我|[请請](?:[帮幫]|[谱譜]|做|把)|[谱譜]成|做成|配成|唱成|(?:风格|曲风|情绪)"
    r"|(?:不用|不要|别|別)唱"
    r"|用[^。,，]{1,6}(?:味|腔|调|風|风|唱法)|(?:曲子|旋律|调子|節奏|节奏)要?"
    rf"|{_ABOUT}\s*(?:is|是|为))"
    rf"|\s*{_ABOUT}\s*(?:is|是|为)?\s*[:：=]",
    re.I,
)
"""Where lyrics without quotation marks end: what follows asks for a song, or describes it."""


_UNQUOTED = ("plain", "below", "set", "sung", "words", "composed")
_SIGN = re.compile(
    r"lyric|sing|vocal|sung|that goes|歌[词詞]|[词詞][^\n。]{0,16}[:：]|唱"
    r"|[谱譜](?:[成个]?曲|成)|作曲"
    r"|\b(?:words|lines|verses?|poem)\b[^\n]{0,60}[:：]|\[|verse"
    r"|chorus|bridge|refrain|主歌|副歌|谱成?曲"
    r"|配上?曲|成(?:一首)?歌|\b(?:in)?to (?:music|an? (?:\w+ ){0,2}song)",
    re.I,
)
"""What each form of lyrics has somewhere: without it, a long text is searched once, not twice."""
_PARTS_OF_SIGNS = (
    *("lyric", "sing", "vocal", "sung", "that goes", "words", "line", "verse", "poem", "["),
    *("chorus", "bridge", "refrain", "music", "song", "词", "詞", "唱", "谱", "譜", "作曲"),
    *("主歌", "副歌", "曲", "歌"),
)
"""Each match of `_SIGN` has one of these; looking for them takes a tenth of the time."""
_PARTS_OF_MARKS = ("[", "verse", "chorus", "bridge", "主歌", "副歌")


_SAYS_WHAT = re.compile("[a-z]{3}|[歌曲乐樂调調戏戲风風腔搖摇]", re.I)
"""A heading that describes the song: 譜成台語歌, "in a slow country style"."""
_NOT_SUNG = re.compile(r"不用唱|不要唱|别唱|不唱|\b(?:don't|do not|no need to) sing\b", re.I)


class Lyrics(NamedTuple):
    """Where lyrics stand: `words` without quotation marks, `whole` with what says that they are
    lyrics; `heading`: what else a heading above them asks for."""

    words: Span
    whole: Span
    heading: str = ""


def find_lyrics(text: str) -> Lyrics | None:
    """Return the first lyrics of a text; None where it has none."""
    folded = text.lower()
    if not any(part in folded for part in _PARTS_OF_SIGNS) or _SIGN.search(text) is None:
        return None
    found = _LYRICS.search(text)
    if found is None and any(part in folded for part in _PARTS_OF_MARKS):
        found = _MARKED.search(text)
    if found is None:
        return None
    written = {name: value for name, value in found.groupdict().items() if value is not None}
    headings = [written.pop(name) for name in list(written) if name.startswith("heading")]
    heading = "".join(each for each in headings if _SAYS_WHAT.search(each))
    name = next(iter(written))
    ended = _END.search(text, found.start(name)) if name in _UNQUOTED else None
    end = found.end() if ended is None else ended.start()
    if _NOT_SUNG.search(text[: found.start(name)]) or _NOT_SUNG.search(text[end:]):
        return None  # the words themselves may say so: 我再也不唱情歌
    words = inside(text, found.start(name), min(end, found.end(name)))
    return Lyrics(words, (found.start(), end), heading) if words is not None else None


def inside(text: str, start: int, end: int) -> Span | None:
    """Return the place of what was written, without blanks around it."""
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    return (start, start + len(inner.strip())) if inner.strip() else None
