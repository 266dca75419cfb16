"""Whether a man or a woman is to speak or sing, told by who it is: a lady, 用妈妈的语气."""

from __future__ import annotations

import re
from functools import cache

from ima_tui.intent.vocabulary import vocabulary

FEMALE, MALE, MIXED = "female", "male", "mixed"
_AUDIENCE = re.compile(
    r"(?:给|对|跟|向|为|送|替|帮|和|\bto|\bfor|\babout)\s*(?:an?|the|my|我|我的)?\s*$"
)
"""念给妈妈听, "sing to my mother": who hears it, and not who speaks."""
_BOTH = re.compile(
    r"男女(?:对唱|合唱|声|混唱)|\bmale[- ]female\b|\b(?:male|female|man|woman|boy"
    r"|girl) ?(?:and|&|\+|/) ?(?:an? )?(?:female|male|woman|man|girl|boy)\b"
    r"(?= (?:sing|duet|vocals?|voices?|leads?|vox|trading|alternating|taking|rapping|on vocals))"
    r"|\bmixed (?:vocals|choir)\b"
    r"|\b(?:man|boy) and (?:an? )?(?:woman|girl) (?:sing|singing|duet)\b"
)
_READ = 300
"""Characters in which it is looked for."""
_SAY = "(?:say|read|speak|narrate|voice|announce|whisper|tell)"
_SOME = r"(?:[\w-]+,?\s+){0,4}?"


def sings_both(text: str) -> re.Match[str] | None:
    """Where a man and a woman are asked for."""
    return _BOTH.search(text, 0, _READ)


def speaker(text: str) -> tuple[str, int, int] | None:
    """(female or male, where it is told), of somebody who is to speak."""
    return _only(_speaking(), text)


def singer(text: str) -> tuple[str, int, int] | None:
    """(female or male, where it is told), of somebody who is to sing."""
    return _only(_singing(), text)


def _only(pattern: re.Pattern[str], text: str) -> tuple[str, int, int] | None:
    read = text[:_READ]
    if not any(word in read for word in _persons()):
        return None  # most texts name nobody, and the pattern is long
    found = []
    for told in pattern.finditer(read):
        group = next(name for name, value in told.groupdict().items() if value is not None)
        start = told.start(group)
        if not _AUDIENCE.search(text[max(0, start - 12) : start]):
            found.append((FEMALE if group.startswith("f") else MALE, start, told.end()))
    return found[0] if len({each[0] for each in found}) == 1 else None


@cache
def _persons() -> tuple[str, ...]:
    around = vocabulary().around
    return (*around["women"], *around["men"], "her", "his", "女", "男", "她", "他")


def _person(number: int) -> str:
    words = vocabulary()
    return rf"(?:(?P<f{number}>{words.any_of('women')})|(?P<m{number}>{words.any_of('men')}))"


@cache
def _speaking() -> re.Pattern[str]:
    return re.compile(
        rf"{_person(1)}(?:'s)?\s+(?:\w+\s+){{0,2}}?(?:voice|accent)\b"
        rf"|\bvoice of (?:an?|the|my)?\s*{_SOME}{_person(2)}"
        rf"|\b(?:voice ?over|narration|read|spoken|voiced|narrated|said|recorded|told|delivered)"
        rf" by (?:an?|the|my)?\s*{_SOME}{_person(3)}"
        rf"|{_person(4)}\s+(?:saying|says|reading|reads|speaking|announcing|narrating|talking"
        rf"|whispering|telling)\b"
        rf"|\b(?:like|as) (?:an?|the|my)\s+{_SOME}{_person(5)}"
        rf"(?=\s*(?:would|does|\w+ing\b|[:,.\x00]|$))"
        rf"|(?:^|[,:;.(\x00])\s*(?:an?\s+)?(?:[\w-]+\s+){{0,4}}?{_person(6)}"
        rf"(?:\s+(?:announcer|narrator|commentator|presenter|newsreader|host))?"
        r"(?=\s*[,:)]|\s*$|\s+(?:in (?:her|his)|who|with|(?:in (?:her|his) )?\d0s)\b)"
        rf"|{_person(20)}\s+(?:announcer|narrator|commentator|presenter|newsreader|reader)\b"
        r"|\bnarrator \((?:(?P<f21>f|female)|(?P<m21>m|male))\)"
        rf"|(?:^|[,、;])[^,。;:\x00]{{0,8}}?{_person(16)}(?=\s*[,、:])"
        rf"|{_person(9)}\s+(?:(?:should|to|will|must|could|can|who)\s+){{0,2}}{_SAY}\b"
        rf"|\b(?:(?P<f10>her)|(?P<m10>his)) (?:\w+ )?(?:voice|tone)\b"
        rf"|(?:(?P<f12>她)|(?P<m12>他))的?(?:声音|声线|嗓音|语气)"
        rf"|(?:^|[,、。;:])\s*(?:(?P<f13>女)|(?P<m13>男))的?(?=\s*[,、。;:]|\s*$)"
        rf"|\b(?:do|be|as|use) an?\s+(?:\w+\s+){{0,2}}?{_person(19)}"
        r"(?:\s+(?:announcer|narrator|commentator|presenter|newsreader|host))?(?=\s*[,:.])"
        r"|(?:(?P<f18>女)|(?P<m18>男))\s*(?:解说|旁白|主持|主播|声优|配音|讲解|客服|播音|老师|导游|教练|医生"
        r"|店员|司机)"
        rf"|(?:^|[,、。;:])[^,。;:\x00]{{0,4}}?{_person(22)}[^,。;:\x00]{{0,2}}?(?:念|读|说|讲|朗读|播报)"
        rf"|\bvoice\s*[:=]\s*(?:[\w-]+\s+){{0,2}}?{_person(17)}"
        rf"|(?:声音|声线|嗓音)(?::|要|得|是|像|用)(?:个|一个)?[^,。;:\x00的]{{0,3}}?{_person(11)}"
        rf"|{_person(7)}(?:的|那种)?[^,。;:\x00]{{0,4}}?(?:声音|嗓音|口吻|语气|音色|声线|嗓|声|音|腔"
        r"|感觉|味道|范儿?)"
        rf"|(?:请|找|让|由|像|用|以)(?:一?个|一?位)?[^,。;:\x00]{{0,6}}?{_person(8)}"
        rf"[^,。;:\x00]{{0,3}}?(?:来)?(?:念|读|说|讲|朗读|播报|一样|那样)"
    )


@cache
def _singing() -> re.Pattern[str]:
    return re.compile(
        rf"{_person(1)}\s+(?:\w+\s+)?(?:sing|sings|singing|vocals?|singer|vocalist|crooning|crooners?"
        rf"|rapping|rapper|mc|lead|vox|choir)\b"
        rf"|\b(?:(?:sung|performed|crooned|rapped) by|cantad[ao] por|chantee? par|gesungen von)"
        rf" (?:an?|the|my|une?|una|einem|einer)?\s*{_SOME}{_person(2)}"
        rf"|[,.;?]\s*(?:an?\s+)?(?:\w+\s+)?{_person(7)}\s*(?=[,.;!]|$)"
        r"|(?:^|[,.;:])\s*(?:(?P<f15>female|女)|(?P<m15>male|男))\s*(?=[,.;:]|$)"
        rf"|{_person(3)} on (?:lead )?vocals|\b(?:just|only) (?:an?"
        rf"|one) {_person(6)}(?=\s*(?:[,.;]|$))"
        r"|(?:(?P<f14>女)|(?P<m14>男))(?:生|的)?\s*(?:rapper|mc|vocal|rap|歌手|主唱)"
        rf"|{_person(4)}(?:'s)?\s+(?:(?:with|in) (?:an?|his|her)\s+)?(?:\w+\s+){{0,2}}?voices?\b"
        rf"|{_person(5)}(?:的|来|们)?[^,。;:\x00]{{0,3}}?(?:唱|演唱|声音|嗓|声(?![音乐]))"
    )


_CHARACTER = (
    r"(?:child|kid|toddler|baby|robot(?:ic)?|alien|monster|dragon|pirate|witch|wizard|cartoon|elf"
    r"|chipmunk|demon|ghost|goblin|troll|villain|computer|android)"
)
_OTHER = re.compile(
    rf"\b(?:(?:an?|the) )?(?:[\w-]+ )?{_CHARACTER}(?:'s|s')?(?:[- ]like)? (?:\w+ )?voice\b"
    rf"|\b(?:voice of|voiced by|spoken by|read by|sound(?:ing|s)? like) (?:an? |the )(?:\w+ )?"
    rf"{_CHARACTER}\b"
    r"|\b(?:in the voice of|voice like)\s+(?!(?:an?|the|my|your|his|her)\b)[a-z]\w+(?: [a-z]\w+)?"
    r"|(?:童声|童音|娃娃音|萝莉音?|正太音?|御姐音?|大叔音|机器人?(?:声音?|音)|卡通音|动漫音|电音)"
    r"|(?:小孩子?|儿童|孩子|小朋友|宝宝|机器人|怪物|卡通人物)的?(?:声音|嗓音|语气|口吻|腔调)"
    r"|用?(?:四川|粤|广东|东北|上海|闽南|河南|陕西|天津|山东|湖南|客家|台湾)(?:话|语|腔|方言)"
    r"(?=[^,。;:]{0,6}?(?:读|念|讲|说|朗读|播报|配音))"
)


def other(text: str) -> tuple[str, int, int] | None:
    """Another voice than a man's or a woman's: a child's, a robot's, a dialect, somebody's."""
    found = _OTHER.search(text, 0, _READ)
    return None if found is None else (found.group(), *found.span())
