"""Inputs at hand, and what each is for: source, first and last frame, reference."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ima_tui.catalogue import order
from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent.content import ContentKind
from ima_tui.intent.intent import Roles
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.scan import SOURCE, Item, Scan


@dataclass(frozen=True, slots=True)
class Inputs:
    """`sources` are the attached ones, then the others that the text names; `told`: where one is
    named in the folded text, and its place in `sources`."""

    sources: tuple[str, ...]
    told: tuple[tuple[int, int], ...]

    @property
    def has_media(self) -> bool:
        """Whether a video or a sound is among them."""
        return any(map(order.is_media, self.sources))

    def at(self, start: int) -> int | None:
        """The place in `sources` of the path that stands at `start`."""
        return dict(self.told).get(start)


def gather(scan: Scan, images: Sequence[str]) -> Inputs:
    """Attached pictures and the ones that the text names, each once."""
    sources = list(images)
    told: list[tuple[int, int]] = []
    for source in scan.content.sources:
        if source.kind is ContentKind.OTHER:
            continue
        start, end = scan.plain.span(source.start, source.end)
        written = scan.plain.original[start:end]
        place = _known_as(written, sources)
        if place is None:
            place = len(sources)
            sources.append(written)
        told.append((source.start, place))
    return Inputs(tuple(sources), tuple(told))


def _known_as(written: str, sources: Sequence[str]) -> int | None:
    """The place of a source in `sources`: a.png is also the name of an attached /pictures/a.png."""
    if written in sources:
        return list(sources).index(written)
    name = "/" + written.removeprefix("./").casefold()
    found = [n for n, each in enumerate(sources) if f"/{each}".casefold().endswith(name)]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class InputRoles:
    """What the words say about roles. `frames`: they speak of a first and a last frame."""

    roles: Roles
    frames: bool
    first: bool
    last: bool
    reference: bool
    by_style: bool
    """Some pictures are references for others, which are to be altered."""
    parted: bool
    """Something of each of them is spoken of: the outfit from picture 1, 图2的衣服."""
    mentioned: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    """Where the role words stand in the folded text."""


def read_roles(scan: Scan, inputs: Inputs, asked: MediaRequest) -> InputRoles:
    """The roles that the words give, whatever task they end up in."""
    pairs = _Pairs(inputs, len(inputs.sources))
    items = [
        item
        for clause in scan.clauses
        for item in clause.items
        if item.tags and item.start < asked.spoken_from
    ]
    clauses = {item.first: clause for clause in scan.clauses for item in clause.items}
    for item in items:
        clause = clauses[item.first]
        pairs.see(item, clause.index, labelled=clause.after == ":")
    pairs.see_style(scan.text[: asked.spoken_from])
    return pairs.told(scan, asked.want(Medium.VIDEO) is not None)


_STYLE = "(?:style|look|colou?rs?|palette|pose|lighting|composition|texture)"
_NTH = r"(?:first|second|third|1st|2nd|3rd|(?:image|picture|photo) (?:[1-3]|one|two|three))\b"
_STYLE_OF = re.compile(
    r"(?:用|按|照|以|套用|换成|学习?|模仿|迁移)[^,。，]{0,3}(?P<zh>第[一二三1-3][张幅]图?"
    r"|图[一二三1-3])[^,。，]{0,3}的"
    r"(?:风格|画风|色调|配色|构图|姿势|姿态|光影|材质|笔触|样子)"
    rf"|\b{_STYLE}\s+(?:of|from|in)\s+(?:the\s+)?(?P<of>{_NTH})"
    rf"|\b(?P<its>{_NTH})(?: (?:one|image|picture|photo))?'s {_STYLE}"
    rf"|\blooks? (?:just |more )?like (?:the )?(?P<like>{_NTH})"
    rf"|\b(?:replace|swap|change|exchange)\b[^.;]{{1,40}}?\b(?:with|for|to)\s+(?:the ones?\s+)?"
    rf"(?:from|in|of)\s+(?:the\s+)?(?P<other>{_NTH})"
    r"|(?:换成|换上|穿上|戴上|替换成)[^,。]{0,3}?(?P<worn>第[一二三1-3][张幅]图?|图[一二三1-3])(?:的|那|里|中|上)"
)
_NUMBERS = {"一": 0, "二": 1, "三": 2, "first": 0, "second": 1, "third": 2, "1": 0, "2": 1,
            "3": 2, "one": 0, "two": 1, "three": 2}  # fmt: skip


class _Pairs:
    """Brings ordinals and paths together with the role words beside them, in order."""

    def __init__(self, inputs: Inputs, count: int) -> None:
        self._inputs = inputs
        self._count = count
        self._image: tuple[int, int] | None = None
        self._role: tuple[str, int] | None = None
        self._found: dict[str, list[int]] = {}
        self._seen: set[str] = set()
        self._spans: list[tuple[int, int]] = []
        self._order: list[int] = []
        self._both = False

    def see(self, item: Item, clause: int, *, labelled: bool) -> None:
        self._expire(clause, labelled)
        number = self._place(item)
        if number is not None:
            self._order.append(number)
            if self._role is not None:
                self._pair(self._role[0], number)
            else:
                self._image = (number, clause)
            return
        role = _role_of(item)
        if item.under("task") == "first_last_frame_to_video":
            self._both = True
            self._spans.append((item.start, item.end))
        if not role:
            return
        self._seen.add(role)
        self._spans.append((item.start, item.end))
        if self._image is not None:
            self._pair(role, self._image[0])
        elif not (self._role and self._role[0] == role):
            self._role = (role, clause)

    def see_style(self, text: str) -> None:
        """用第二张图的风格: a reference; the others are altered."""
        found = _STYLE_OF.search(text)
        if found is None:
            return
        told = next(each for each in found.groupdict().values() if each)
        number = next(n for word, n in _NUMBERS.items() if word in told)
        others = [place for place in dict.fromkeys(self._order) if place != number]
        self._seen.add("reference")
        self._found["reference"] = [number]
        if others:
            self._found["source"] = others
        self._spans.append(found.span())

    def _expire(self, clause: int, labelled: bool) -> None:
        """A picture waits for its role into the next clause, a role only behind its colon."""
        if self._image is not None and clause - self._image[1] > 1:
            self._image = None
        if self._role is not None and clause - self._role[1] > (1 if labelled else 0):
            self._role = None

    def _place(self, item: Item) -> int | None:
        if item.has(SOURCE):
            return self._inputs.at(item.start)
        ordinal = item.under("ordinal")
        if not ordinal:
            return None
        number = int(ordinal)
        return self._count - 1 if number < 0 else number - 1

    def _pair(self, role: str, number: int) -> None:
        numbers = self._found.setdefault(role, [])
        if number not in numbers and number >= 0:
            numbers.append(number)
        self._image = self._role = None

    def _by_ends(self, text: str) -> dict[str, list[int]]:
        """Two pictures, and words for where it begins and ends: as told, else in their order."""
        starts, ends = _STARTS.search(text), _ENDS.search(text)
        between = None if _MOVED_OVER.search(text) else _BETWEEN.search(text)
        if between is not None:
            starts = ends = between
        if starts is None or ends is None:
            return {}
        self._spans.append(starts.span())
        order = list(dict.fromkeys(self._order))[:2]
        order = order if len(order) == 2 else [0, 1]
        if ends.start() < starts.start():
            order.reverse()
        return {"first": [order[0]], "last": [order[1]]}

    def told(self, scan: Scan, film: bool) -> InputRoles:
        found_at = [i for c in scan.clauses for i in c.items if i.has("transition")]
        spans = tuple((item.start, item.end) for item in found_at)
        transition = bool(found_at)
        first, last = "first" in self._seen, "last" in self._seen
        found = self._found
        if transition and len(set(self._order)) >= 2 and not first and not last:
            first = last = True
            order = list(dict.fromkeys(self._order))
            found = {**found, "first": [order[0]], "last": [order[1]]}
        refers = None if self._both or first or last else _REFERENCE.search(scan.text)
        if film and self._count and refers is not None and _MOVES.search(scan.text) is None:
            self._seen.add("reference")
            self._spans.append(refers.span())
        if self._count == 2 and not (first and last) and not self._both:
            found = self._by_ends(scan.text) or found
            first = last = bool(found.get("last")) or (first and last)
        both = self._both or (transition and self._count == 2 and not first and not last)
        roles = Roles(
            source=tuple(found.get("source", ())),
            first_frame=_only(found.get("first")),
            last_frame=_only(found.get("last")),
            reference=tuple(sorted(found.get("reference", ()))),
        )
        return InputRoles(
            roles=roles,
            frames=both or (first and last),
            first=first or both,
            last=last or both,
            reference="reference" in self._seen,
            by_style=bool(found.get("reference")) and len(set(self._order)) > 1,
            parted=_PARTED.search(scan.text) is not None,
            mentioned=tuple(dict.fromkeys(self._order)),
            places=tuple(self._spans) or spans,
        )


_PARTED = re.compile(
    r"\b(?:from|of|in) (?:the )?(?:(?:first|second|third|1st|2nd|3rd)\b"
    r"|(?:pic|picture|image|img|photo|file) (?:\d|one|two|three)\b)"
    r"|\b(?:people|persons?|characters?|girls?|boys?|m[ae]n|wom[ae]n|kids?|children|dogs?|cats?|animals?"
    r"|products?|faces?) (?:in|from) (?:these|both|the (?:two|three))\b"
    r"|(?:第[一二三1-3][张幅]图?|图[一二三1-3])(?:的|里|中|上)"
    r"|(?:图|照片|图片)[里中上]的(?:人|角色|动物|猫|狗|男|女|孩子|产品)"
)
_REFERENCE = re.compile(
    r"\b(?:only|just|merely) (?:as )?(?:a |for )?reference\b|仅作?(?:为)?参考|只作?(?:为)?参考"
    r"|\bkeep (?:this|that|his|her|their|its)(?: [\w]+'s)? (?:looks?|face|design|outfit|appearance"
    r"|identity)\b"
    r"|\bas (?:the|our|my|its) (?:\w+ )?(?:hero|heroine|star|lead|protagonist|character|mascot)\b"
    r"|\b(?:main character|(?:are|is) (?:my|our|the) (?:\w+ )?characters?|our (?:hero|mascot"
    r"|character)|(?:how|what) (?:he|she|it|they) looks?"
    r"|(?:new|another) scene"
    r"|(?:is|are) the hero|recogni[sz]able|keep (?:him|her|it|them) looking|starring"
    r"|with the \w+ from this|keep (?:him|her"
    r"|them|(?:this|the) (?:\w+ )?(?:character|person|product|face|look)) (?:consistent|the same)"
    r"|(?:don't|do not|not to) (?:animate|use|show) (?:the|this) (?:picture|image|photo|drawing)"
    r"|(?:feature|include|show|use) this exact|use (?:the |her |his |my |this )?face from"
    r"|(?:must|should|has to|needs to) (?:appear|turn up|show up|be (?:seen|shown|in it))"
    r"|same (?:cat|dog|man|woman|girl|boy|person|guy|character|mascot|hero|car|product))\b"
    r"|\((?:pictured|see (?:pic|photo))\)"
    r"|让(?:他|她|它)(?:们)?(?:在|到|去|当|成为|变身)[^,。;]{0,12}(?:里|边|上|中|当|跑|跳|踩|飞|骑|唱|弹|走|开)"
    r"|新场景|是(?:我|我们)的角色|形象|主角|主人公|长相|沿用|人物照着|不要直接用|(?:场景|背景)换|换个场景|换到"
)
_MOVES = re.compile(
    r"\b(?:animate (?:this|the|it|my)|first frame|start(?:ing)? (?:with|from|frame)|alive"
    r"|to life)\b"
    r"|动起来|动一|首帧|开始|活起来|起始"
)
_STARTS = re.compile(
    r"\b(?:start(?:s|ing)?|begin(?:s|ning)?|opens|opening|first(?=[,.;]|$| =))\b"
    r"|\bfrom (?=the first\b|\x01|the second\b|picture\b|image\b|photo\b)"
    r"|开头|开始|起始|首帧|开场|从(?=第|图|\x01|前)"
)
_ENDS = re.compile(
    r"\b(?:ends?|ending|finish(?:es|ing)?|arrives?|closes|closing|last(?=[,.;]|$| =))\b"
    r"|\b(?:in)?to (?=the second\b|the first\b|\x01|picture\b|image\b|photo\b)"
    r"|结尾|结束|尾帧|收尾|收场|停在|最后|到(?=第|图|\x01|后)"
)


_BETWEEN = re.compile(
    r"\x01 ?(?:(?:morph\w*|turn\w*|chang\w*|fad\w*|transition\w*) )?(?:(?:in)?to|-+>|→) ?\x01"
    r"|\x01 ?(?:变|转|过渡|渐变)?[成为到] ?\x01"
    r"|\bbefore ?(?:/|&|and|-) ?after\b|前后(?:对比|变化)|今昔"
    r"|\bbetween (?:the )?(?:1st|first)\b.{1,40}\b(?:2nd|second|last)\b"
    r"|\bfirst (?:photo|picture|pic|image|one|shot)\b ?(?:=|is|:).{1,60}\bsecond\b"
    r"|\bfrom (?:this|the|my|pic(?:ture)? ?[a1]\b|\w+ \(1\))[^.;]{1,40}"
    r"\bto (?:this|the|my|pic(?:ture)? ?[b2]\b|\w+ \(2\))"
    r"|[^,。;\s]{1,8}到[^,。;\s]{1,8}的?(?:变装|转场|变化|过渡|延时|蜕变)"
)
_MOVED_OVER = re.compile(
    r"\b(?:put|move|copy|paste|swap|transfer|add|bring|combine|blend|merge)\b|换到|放到|移到|合成|拼"
)
"""One picture becomes the other: "a.png to b.png", or both are before and after."""


def _only(numbers: list[int] | None) -> int | None:
    return numbers[0] if numbers else None


def _role_of(item: Item) -> str:
    if item.has("first"):
        return "first"
    if item.has("first.last"):
        return "last"
    if item.has("reference") or item.under("task") == "reference_image_to_video":
        return "reference"
    return "source" if item.has("source") else ""


def roles_for_frames(told: InputRoles, count: int) -> Roles | None:
    """First and last frame of exactly two pictures; None where the words don't settle it."""
    first, last = told.roles.first_frame, told.roles.last_frame
    if count != 2:
        return None
    if first is None and last is None:
        return Roles(first_frame=0, last_frame=1) if told.frames else None
    if first is None and last is not None and last < 2:
        first = 1 - last
    if last is None and first is not None and first < 2:
        last = 1 - first
    if first is None or last is None or first == last or max(first, last) > 1:
        return None
    return Roles(first_frame=first, last_frame=last)


def has_source(asked: MediaRequest, medium: Medium) -> bool:
    """The words speak of a picture that should be there: "this photo", 把这张图."""
    want = asked.want(medium)
    return bool(want and want.works_on)
