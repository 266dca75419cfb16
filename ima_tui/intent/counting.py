"""How many results: 3张猫, "4 pictures of …", 两首歌; not 3 cats, and not the pictures at hand."""

from __future__ import annotations

import re
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.intent import numerals
from ima_tui.intent.lengths import times
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import Clause, Item, Scan
from ima_tui.intent.wants import Want, medium_of

MOST = 999_999
"""More than any model makes: what can't be is said, not dropped."""
_UNITS = frozenset({":", "px", "k", "p", "x", "fps", "bpm", "%", "s", "by", "岁", "年", "月", "度"})
"""Behind a number these make it anything but a count."""
Count = tuple[int, int, int]
"""(how many, where it is told: start, end in the folded text)."""

_ZH = "(?:[二三四五六七八九]?十[一二三四五六七八九]?|[两二三四五六七八九])"
_ZH_NUMBER = rf"(?<![\d零一二两三四五六七八九十百千几])(?:\d{{1,3}}|{_ZH})(?!几)"
_EXPLICIT = re.compile(
    r"(?:(?<![a-z0-9])n\s*=|(?<![a-z])(?:count|quantity|copies|number of (?:images|pictures"
    r"|results|versions))\s*[:=]"
    r"|(?:数量|张数|份数|数目)\s*[:=是为]?)\s*(?P<n>\d{1,2})(?!\d)[张个份版款幅首段]?"
    r"|(?<![\w.:])(?P<by>\d{1,2})\s*[x×*]\s*(?=\d{1,3}\s*-?\s*(?:s\b|secs?\b|seconds?\b|秒))"
    r"|(?:(?<=[\s,])[x×]|(?<=[^\W\d_])\*|(?<=[^\W\d_] )\*)\s?(?P<times>\d{1,2})"
    r"(?=\s*(?:[,.!。，]|$))"
    r"|(?:^|[,.;!-] ?)(?:please )?(?:give|show|send|make|do|get)(?: me| us)? "
    r"(?P<given>two|three|four|five|six|[2-9])"
    r"(?= (?:to (?:choose|pick) from|options)|\s*(?:[,.!;]|$))"
    r"|, say (?P<say>two|three|four|five|six|[2-9])(?=\s*(?:[,.!;]|$))"
    rf"|(?:^|[,;。!\s])(?P<only>{_ZH_NUMBER})[个张版款份]"
    r"(?:吧|就行|就好|即可|就够了?|连发)"
    r"|(?<=\s)(?P<burst>[2-9])连[发张]"
    r"|\b(?P<kinds>two|three|four|five|six|[2-9]) (?:(?:different|diff|alternative"
    r"|separate) )?(?:versions"
    r"|options|variations|variants|drafts|alternatives)\b(?! (?:of|with|in)\b)"
    r"|\b(?P<of>two|three|four|five|six|[2-9]) of (?:them|these)(?: please| pls)?\s*(?=[,.;!]|$)"
    r"|(?:^|[,.;!-] ?)(?:please )?(?:(?:give|show|make|do)(?: me| us)? )?(?P<differ>two"
    r"|three|four|five|six|[2-9]) different (?:ones|takes|looks|ideas|designs)\b"
    r"|(?P<half>\b(?:half[ -]a[ -]dozen|half[ -]dozen)\b(?=\s*(?:[,.;!]|$|of th|images|pictures"
    r"|photos|posters|versions|options|videos|clips|songs))|半打(?=[,。;!]|$))"
    rf"|(?:生成|来|出|做|画|要|给我?|提供|设计|想|弄|整|写)\s*(?P<zh>{_ZH_NUMBER})\s*(?:个"
    r"|种)?\s*(?:不同的?)?\s*(?:版本|方案|变体|备选|版(?=[,。;!]|$)"
    r"|不(?:一样|同|重样)的(?=[,。;!]|$))"
)
_NUMBER_WORD = "two|three|four|five|six|seven|eight|nine|ten|a couple(?: of)?|[2-9]|10"
_WORKS = (
    "designs?|layouts|options|versions|goes|tries|attempts|alternates|alternatives|concepts"
    "|sketches|renders|mock ?-?ups|proposals"
)
_LOOKS = "shades|looks|directions|approaches|samples"
"""They may as well be seen in one picture: they count only behind a request for them."""
_ZH_WORKS = "版本|方案|方向|提案|选择|思路|备选|设计"
_ZH_LOOKS = "样子|花样|发型|造型|风格|配色|款式|构图|角度|效果"
_AT_THE_END = re.compile(
    r"(?:^|[,.;:!(]|\b(?P<asked>give(?: me| us)?|show(?: me| us)?|send(?: me)?|make|do)\b"
    r"|\b(?:need|want|pls|please)\b) ?"
    rf"(?P<n>{_NUMBER_WORD}) (?:(?:different|diff|rough|quick|separate|alternative|distinct) )*"
    rf"(?:(?:{_WORKS})|(?(asked)(?:{_LOOKS})|(?!)))\b(?: at it)?"
    r"(?: (?:to (?:choose|pick|compare)(?: from)?|pls|please|plz|thanks?))*"
    r"\s*(?=[,.;:!?)]|$)"
    rf"|(?<![第每这那上下前后用有出了\d])(?P<kind>{_ZH_NUMBER})[款版](?=[,。;!(]|$)"
    r"|(?:[,。;!:\s]|(?P<zh>[给要出来做试弄整换](?:我|咱|个)?)|^)"
    rf"(?P<works>{_ZH_NUMBER})[个种款版套张](?:不同的?|不一样的)?"
    rf"(?:(?:{_ZH_WORKS})|(?(zh)(?:{_ZH_LOOKS})|(?!)))"
    r"(?:都?要?(?:选|挑|看)+(?:看|一看|选|一下)?|对比(?:一下)?|吧|可选)?(?=[,。;!(]|$)"
    rf"|[给要来出](?:我)?(?P<pick>{_ZH_NUMBER})[个张款版份](?:给?我?[挑选]+)(?=[,。;!]|$)"
    rf"|(?P<compare>{_NUMBER_WORD}) (?:different )?(?:{_LOOKS}) to (?:choose|pick|compare)\b"
    rf"|(?P<choose>{_ZH_NUMBER})[个种款套](?:{_ZH_LOOKS})(?:挑|选|对比)"
    r"|[给来出](?:我|咱)?(?P<both>[俩仨])(?=[,。;!]|$)"
)
"""What counts results by itself: "…, three goes at it", 三个方向, 海报两版."""
_NUMBER = r"(?P<n>\d{1,2}|[二三四五六七八九十]|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_MADE = (
    "(?:画像|イラスト|ポスター|ロゴ|写真|絵|[動动][画畫]|ビデオ|ムービー|映像|アニメ|曲"
    "|이미지|사진|그림|포스터|로고|영상|비디오|노래)"
)
_ABROAD = re.compile(
    rf"{_MADE}\s*[をはがも을를]?\s*{_NUMBER}\s*(?:枚|本|[個个]|点|つ|曲|장|개|편"
    rf"|곡)(?!\s*[月월면의の])"
    rf"|(?:^|[\s,、。]){_NUMBER.replace('<n>', '<before>')}\s*(?:枚の|枚|장의|장)(?![面면])\s*"
    rf"[^,、。\d]{{0,14}}?{_MADE}"
)
"""Japanese and Korean: 猫の絵を4枚, 三枚の猫の写真, 고양이 그림 3장; not 사진 3장의 콜라주."""
_KOREAN = {
    w: n for n, w in enumerate(("두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열"), 2)
}
MOST_BARE = 20
_ADJECTIVES = 3
"""Words that may stand between a number and its noun."""


def count(scan: Scan, asked: MediaRequest) -> Count | None:
    """The number of results, where the text tells one above 1 and nothing that is shown, sung or
    said has that number."""
    if not asked.wants:
        return None
    told = _told(scan, asked)
    if told is None or _describes(scan, asked, told[1], told[2]):
        return None
    return told


_SAID = re.compile(
    r"(?:说|喊|叫道?|写着|写有|举着牌子|\b(?:says?|said|saying|reads|yells?|shouts?|labell?ed))"
    r"[^。.!?\n,，:：]{0,14}[:：,，]?\s*[\u4e00-\u9fff]{0,4}$"
    r"|(?:唱|标语|副歌|主歌|\b(?:sings?|slogan|caption|label|hook|chorus))\s*[:：,，]?\s*$"
)
"""Before a number: it is part of what somebody says, sings or reads in the picture."""
_SHOWN = re.compile(
    r"\b(?:with|holding|showing|featuring|containing|drawing|has|have|having|of|on) (?:an? |the )?$"
    r"|(?:贴满|贴着|挂满|挂着|摆满|摆着|铺满|由)\s*$"
)
_SHOWN_BEHIND = re.compile(r"[^,，。]{0,6}(?:拼成|组成|拼贴|构成)")
_ONE_PICTURE = re.compile("拼贴|马赛克|对比图|九宫格|\\b(?:collage|mosaic)\\b")
_NO_RESULTS = re.compile(
    "方程|公式|算式|黑板|快递单|标签|牌子|打印|印刷|\\b(?:equation|formula|variable|graph of"
    "|black ?board|chalkboard|page count|label|receipt|print shop)\\b"
)
"""Where these are shown, numbers are written on them."""
_BY_TIMES = re.compile(r"[x×*]\s?\d{1,2}$")
_EVERY_TIMES = re.compile(r"(?<![a-z0-9])[x×*]\s?\d|(?<=[^\W\d_])\*\d")
_TIMES_OF_CONTENT = re.compile(
    "倍|重复|慢动作|延时|速度|节奏|[:：=](?!\\d)"
    "|\\b(?:time-?lapse|speed|zoom|magnif\\w*|slow motion|bounces?|repeat|tempo|says?)\\b"
)
_PLURAL = re.compile(r"[a-z]{3,}(?<!s)s\s*$")
_MOST_TIMES = 9
_NEAR, _AROUND = 40, 300
"""Characters before a number that tell whose it is, and those around that tell of what it is."""
_ASKED_TO_GIVE = re.compile(r"\b(?:give|show|send|make|do|get)\b|\bof (?:them|these)\b")
_GIVEN_HERE = re.compile(r"\b(?:give|show|send|get|need|want|make|do)\b(?: me| us)?")
_ONLY_SETTINGS = re.compile(r"[\s,.;!，。；！)\d:kpsx]{0,40}(?:please|pls)?[\s.!]{0,9}")
_ONE = re.compile(r"\b(?:an?|one)\b")
_SEVERAL = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d+)\b")
_OF_A_THING = re.compile(r"个(?!不)[^,，。个张\d]{1,6}的")


def _describes(scan: Scan, asked: MediaRequest, start: int, end: int) -> bool:
    """Whether the number at that place belongs to what is shown, sung or said."""
    text = scan.text[: asked.spoken_from]
    before, told, behind = text[:start], text[start:end], text[end:]
    near, around = before[-_NEAR:], text[max(0, start - _AROUND) : end + _AROUND]
    if _SAID.search(near) or _SHOWN.search(near) or _SHOWN_BEHIND.match(behind):
        return True
    if _NO_RESULTS.search(around) or ("=" not in told and _ONE_PICTURE.search(around)):
        return True
    if told[0].isdigit() and before[-1:].isascii() and before[-1:].isalpha():
        return True  # X5, Mate20
    if _BY_TIMES.search(told) and "=" not in told:
        return _multiplies_content(scan, asked, start, end)
    if _ASKED_TO_GIVE.search(told) and _goes_on(before, told, behind):
        return True
    if _OF_A_THING.match(text, max(start, end - 1)) or _OF_A_THING.match(behind):
        return True
    return _is_of_flat_things(scan, start, told)


def _multiplies_content(scan: Scan, asked: MediaRequest, start: int, end: int) -> bool:
    """Whether "x 3" is no number of results: BMW X3, 16 x 16, coins x 9, milk x2, eggs x6."""
    text = scan.text[: asked.spoken_from]
    around = text[max(0, start - _AROUND) : end + _AROUND]
    before, told = text[:start].rstrip(" ,，"), text[start:end]
    written = scan.plain.original[slice(*scan.plain.span(start, end))]
    return (
        asked.media == (Medium.MUSIC,)
        or int(re.sub(r"\D", "", told)) > _MOST_TIMES
        or "X" in written
        or text[:start].rstrip()[-1:].isdigit()  # not "1:1, x4"
        or len(_EVERY_TIMES.findall(around)) > 1
        or bool(_PLURAL.search(before[-_NEAR:]) or _TIMES_OF_CONTENT.search(around))
    )


def _goes_on(before: str, told: str, behind: str) -> bool:
    """Whether "four of them", "give me 3" stand amid a description, which is about them then."""
    if not _ONLY_SETTINGS.fullmatch(behind):
        return True
    if _GIVEN_HERE.search(told):
        return bool(_ASKED_TO_GIVE.search(before)) or not re.search(r"\b(?:me|us|make|do)\b", told)
    return bool(_SEVERAL.search(before)) or not _ONE.search(before)


def _is_of_flat_things(scan: Scan, start: int, told: str) -> bool:
    """桌子，六张; 披萨，两份: the measure word is that of the thing before."""
    if told[-1:] in ("份", "套"):
        return not re.search("[来要给出做]", told) and scan.text[start - 1 : start] in (",", "，")
    items = [item for clause in scan.clauses for item in clause.items if item.end <= start]
    return told[-1:] == "张" and bool(items) and items[-1].has("flat")


def _told(scan: Scan, asked: MediaRequest) -> Count | None:
    scan = _without_times(scan)
    found = _EXPLICIT.search(scan.text[: asked.spoken_from])
    if found:
        told = (
            found["n"]
            or found["zh"]
            or found["by"]
            or found["times"]
            or found["of"]
            or found["kinds"]
            or found["differ"]
            or found["given"]
            or found["say"]
            or found["only"]
            or found["burst"]
        )
        value = 6 if found["half"] else numerals.number(told)
        return _checked(value, found.start(), found.end())
    if told := _by_itself(scan.text[: asked.spoken_from]):
        return told
    if abroad := _ABROAD.search(scan.text[: asked.spoken_from]):
        written = abroad["n"] or abroad["before"]
        value = _KOREAN.get(written) or numerals.number(written)
        if told := _checked(value, abroad.start(), abroad.end()):
            return told
    for want in asked.wants:
        clause = next((c for c in scan.clauses if c.index == want.clause), None)
        for each in [clause] if clause else []:
            told = _in_clause(scan, each, want)
            if told:
                return told
    return _elsewhere(scan, asked)


def _by_itself(text: str) -> Count | None:
    found = _AT_THE_END.search(text)
    if found is None:
        return None
    told = ("n", "kind", "works", "pick", "both", "compare", "choose")
    name = next(name for name in told if found[name])
    value = 2 if found[name].startswith("a couple") else numerals.number(found[name])
    return _checked(value, found.start(name), found.end())


def _without_times(scan: Scan) -> Scan:
    """Without the numbers that tell a time ("three 5-second clips", 4초): they count nothing."""
    spans = list(times(scan.text))
    if not spans:
        return scan

    ends = {place: end for start, end in spans for place in range(start, end)}

    def tells_time(item: Item) -> bool:
        return item.end <= ends.get(item.start, -1)

    clauses: list[Clause] = []
    for clause in scan.clauses:
        kept = tuple(item for item in clause.items if not tells_time(item))
        if len(kept) == len(clause.items):
            clauses.append(clause)
        elif kept:
            clauses.append(replace(clause, items=kept))
    return replace(scan, clauses=tuple(clauses))


def _elsewhere(scan: Scan, asked: MediaRequest) -> Count | None:
    """ "a snail on a leaf, 3 versions", 一只猫，来三张."""
    for clause in scan.clauses:
        if clause.start >= asked.spoken_from or len(clause.items) > 6:
            continue
        for place, item in enumerate(clause.items[:-1]):
            after = clause.items[place + 1]
            alone = len(clause.items) == 2 and medium_of(after) in asked.media
            if (
                after.has("copies")
                or (alone and after.phrase.endswith("s"))
                or (after.under("classifier") == "image" and _last(clause, place + 1))
                or (_last(clause, place + 1) and _only_counts(clause, place))
            ):
                before = clause.items[place - 1].phrase if place else ""
                if _is_pointed(clause, place) or before in _COUNTS_OTHERS:
                    continue
                if told := _checked(_number(item), item.start, after.end):
                    return told
    return None


def _only_counts(clause: Clause, place: int) -> bool:
    """三款, 要四条: a number with its measure word, and at most what asks for them."""
    measure = clause.items[place + 1]
    asks = [i for i in clause.items[:place] if not (i.under("verb") or i.has("polite"))]
    named = measure.phrase in _KINDS or (place > 0 and measure.under("classifier"))
    return bool(named) and not asks and clause.chinese


_KINDS = frozenset("款版种套份")


def _last(clause: Clause, place: int) -> bool:
    return place + 1 == len(clause.items)


def _in_clause(scan: Scan, clause: Clause, want: Want) -> Count | None:
    items = clause.items
    for place, item in enumerate(items):
        value = _number(item)
        following = items[place + 1 : place + 2 + _ADJECTIVES]
        copied = bool(following) and following[0].has("copies")  # "draw two versions of a logo"
        drawn = bool(place) and items[place - 1].end == want.end  # "draw two posters of a fox"
        beyond = item.start > max(want.end, want.phrase[1])
        if value is None or (beyond and not copied and not drawn):
            continue
        if _is_pointed(clause, place) or (place and items[place - 1].phrase in _COUNTS_OTHERS):
            continue
        if not following:
            continue
        measure = following[0]
        if measure.phrase in _UNITS:
            continue
        if measure.under("classifier"):
            if _measures(items, place + 1, want):
                return _checked(value, item.start, measure.end)
            continue
        close = 1 if clause.chinese and measure.phrase[0] > "\u3000" else len(following)
        if close == 1 and value > MOST_BARE:
            continue  # 404页面 is one page
        noun = _counted_noun(following[:close], want)
        if noun is not None:
            return _checked(value, item.start, noun.end)
    return None


_COUNTS_OTHERS = frozenset({"第", "每", ":", "印", "打印", "印刷", "发", "贴", "寄", "卖"})
"""Behind these a number counts copies that are printed or sent, or names one of several."""


def _measures(items: tuple[Item, ...], at: int, want: Want) -> bool:
    """Whether a measure word counts results."""
    kind = items[at].under("classifier")
    rest = items[at + 1 : at + 5]
    if kind == "image" and _is_flat(rest):
        return False
    if any(item.phrase in ("里", "中", "有") for item in items[max(0, at - 4) : at - 1]):
        return False
    if kind in ("image", "music"):
        return want.medium is not None and (want.medium.value == kind)
    for item in rest:
        if item.phrase == "的" and item is rest[0]:
            return False
        medium = medium_of(item)
        if medium is not None:
            return medium is want.medium
        if item.has("copies"):
            return True
    differing = bool(rest) and rest[0].has("differing")
    if not differing and items[at].phrase in ("个", "条", "种", "份", "篇", "句", "组", "套"):
        return False
    later = [item for item in items[at + 1 :] if medium_of(item) is not None]
    return (
        bool(later)
        and medium_of(later[-1]) is want.medium
        and (differing or items[at].phrase in ("段", "部", "支", "版"))
    )


def _is_flat(rest: tuple[Item, ...]) -> bool:
    """三张桌子 are no pictures; but 三张纸飞机的图 are."""
    flat = next((place for place, item in enumerate(rest[:2]) if item.has("flat")), None)
    if flat is None:
        return False
    following = rest[flat + 1] if flat + 1 < len(rest) else None
    return following is None or bool(following.tags) or following.phrase == "的"


def _counted_noun(following: tuple[Item, ...], want: Want) -> Item | None:
    """ "3 different pictures": the noun that a number counts, when it is the one wanted."""
    for place, item in enumerate(following):
        if item.has("copies"):
            return item
        if item.has("stop", "and") or item.under("classifier"):
            return None
        if item.phrase in (
            "second",
            "seconds",
            "minute",
            "minutes",
            "s",
            "sec",
            "k",
            "p",
            "year",
            "秒",
            "分",
        ):
            return None
        if medium_of(item) is not None:
            after = following[place + 1] if place + 1 < len(following) else None
            if after is not None and medium_of(after) is not None:
                continue
            if after is not None and after.has("copies"):
                return after
            plural = item.phrase.endswith("s") or not item.phrase.isascii()
            return item if medium_of(item) is want.medium and plural else None
    return None


def _is_pointed(clause: Clause, place: int) -> bool:
    """这三张, "these three images", 把两张图: they are there already."""
    before = clause.items[max(0, place - 2) : place]
    if any(item.has("given") for item in clause.items[:place]):
        return True
    return any(
        item.has("this") or item.phrase in ("把", "将", "用", "the", "给", "对", "从")
        for item in before
    )


def _number(item: Item) -> float | None:
    told = item.under("number")
    if told and item.last - item.first > 1:
        return float(told)  # 十二, two dozen; 三四张 are four
    if item.phrase[:1].isdigit() or len(item.phrase) <= 6:
        return numerals.number(item.phrase)
    return float(told) if told else None


def _checked(value: float | None, start: int, end: int) -> Count | None:
    if value is None or value != int(value) or not 2 <= value <= MOST:
        return None
    return int(value), start, end
