"""The commands in a text: words that became a parameter, a model or a preference, and that must not
go out inside the prompt. What describes stays word for word.

Careful on purpose: a command goes where the rest is still a clean sentence, else it stays.

    use Kling O1 to make a 16:9 video of a fox, seed 7   →   make a video of a fox
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from ima_tui.core.text import has_chinese
from ima_tui.intent.content import ContentKind
from ima_tui.intent.intent import Command, Evidence, Span
from ima_tui.intent.scan import NAME, QUOTE, SOURCE, Clause, Item, Scan
from ima_tui.intent.tokens import is_chinese

_EXACT = ("params.aspect_ratio", "params.size", "params.resolution", "params.seed")
"""They may leave the middle of a clause, where a figure tells them."""
_RATIO, _NEGATIVE, _COUNT, _MODEL, _PREFERENCE = (
    "params.aspect_ratio",
    "params.negative_prompt",
    "params.n",
    "model",
    "preference",
)
_ALONE = frozenset(
    {*_EXACT, _MODEL, _PREFERENCE, _COUNT, "tier", "params.duration", "params.model_version"}
)
"""They may go as a whole clause."""
_BEFORE = frozenset({"in", "at", "with", "using", "size", "resolution", "ratio", "aspect", "format",
                     "shape", "比例", "画幅", "分辨率", "尺寸", "清晰度", "画质", "宽高比",
                     "长宽比", "用", "按", "以", "seed", "种子"})  # fmt: skip
_BEHIND = frozenset({"aspect", "ratio", "resolution", "format", "比例", "画幅", "分辨率", "尺寸",
                     "清晰度", "画质", "px", "pixels"})  # fmt: skip
_GLUE = _BEFORE | _BEHIND | frozenset(
    {"a", "an", "the", "to", "and", "for", "is", "be", "it", "of", "length", "duration", "long",
     "make", "model", "please", "video", "image", "picture", "output", "的", "是", "为", "和",
     "时长", "长度", "就", "吧", "随机", "来", "给我", "给我来", "=", ":", "×",
     "x", "n"})  # fmt: skip
_CLOSES = {")": "(", "）": "（", "]": "["}
_LABELS = re.compile(
    "(?:比例|画幅|分辨率|尺寸|清晰度|画质|宽高比|长宽比|时长|长度|种子|随机|数量|构图|画面|形状)*"
)
"""Chinese words outside the vocabulary come character by character."""
_VOWEL = re.compile(r"[aeiou8]", re.I)
_JOINTS = " \t,，、;；"
_LEAD = re.compile(r"^[\s,，、;；:：.。!！]+")
_BULLET = re.compile(r"\s*[-–—•*]\s*")
"""What a list begins with goes with the words behind it: "- 3 images of a fox"."""
_JOINED_ON = re.compile(r"(?:of\s+|的)(?=\S)", re.I)
"""What a prompt does not begin with: "10 seconds, 1080p, of a dragon" leaves a dragon."""
_BLANKS = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_LOOSE = re.compile(r"[ \t]+(?=[,.;!?，。；！？])")
_DOUBLED = re.compile(r"([,，、;；])(?:[ \t]*[,，、;；])+")
_DANGLING = re.compile(r"[\s,，、;；:：\-–—]+$")


def find_commands(scan: Scan, evidence: Sequence[Evidence], until: int) -> tuple[Command, ...]:
    """Every command before place `until` of the folded text (behind it are words to be spoken)."""
    parts = _Parts(scan, evidence)
    inputs = list(_inputs(scan, until))
    if not parts.told and "preference.clear" not in scan.tags:
        return tuple(inputs)
    found = [Command(each.span, (each.part,)) for each in evidence if each.part == _NEGATIVE]
    found += inputs
    clauses = [clause for clause in scan.clauses if clause.end <= until]
    for before, clause in pairwise([None, *clauses]):
        if clause is None or (
            parts.refuses and any(parts.of(item) == {_NEGATIVE} for item in clause.items)
        ):
            continue
        whole = _whole(scan, parts, before, clause)
        found += [whole] if whole is not None else _inside(scan, parts, clause)
    return tuple(found)


def _inputs(scan: Scan, until: int) -> Iterator[Command]:
    """Paths and addresses of inputs: they go out as inputs, and say nothing to the model."""
    for source in scan.content.sources:
        if source.kind is ContentKind.OTHER or source.start >= until:
            continue
        start, end = scan.plain.span(source.start, source.end)
        text = scan.plain.original
        if start > 0 and end < len(text) and text[start - 1] + text[end] in ('""', "''", "“”"):
            start, end = start - 1, end + 1
        clause = next((c for c in scan.clauses if c.start <= source.start < c.end), None)
        alone = clause is not None and all(item.has(SOURCE) for item in clause.items)
        yield Command((start, end), (_INPUT,), "" if alone else _named(text, start, source.kind))


def _named(text: str, at: int, kind: ContentKind) -> str:
    """What an input is called in the middle of a sentence."""
    chinese = has_chinese(text)
    pointed = _POINTED.search(text[max(0, at - 12) : at].casefold()) is not None
    if kind is ContentKind.MEDIA:
        noun = "视频" if chinese else "video"
    else:
        noun = "图" if chinese else "image"
    if pointed:
        return noun
    return f"这{'段' if kind is ContentKind.MEDIA else '张'}{noun}" if chinese else f"this {noun}"


_INPUT = "inputs"
_POINTED = re.compile(r"(?:\b(?:the|this|that|my|our|your)|[这那][张段个])\s*$")


def without(text: str, commands: Collection[Command], kept: Collection[str] = ()) -> str:
    """`text` without its commands, but those about one of the parts `kept`; all of it where
    nothing would be left."""
    found = [each for each in commands if not set(kept) & set(each.parts)]
    if not found:
        return text
    pieces, done = [], 0
    for each in sorted(found, key=lambda each: each.span):
        start, end = each.span
        if not done and _BULLET.fullmatch(text[:start]):
            done = start
        pieces += [text[done : max(start, done)], each.instead if start >= done else ""]
        done = max(end, done)
    left = _tidy("".join([*pieces, text[done:]]))
    if not _JOINED_ON.match(text):
        left = _JOINED_ON.sub("", left, count=1) if _JOINED_ON.match(left) else left
    return left if any(character.isalnum() for character in left) else text


def _tidy(text: str) -> str:
    text = _LEAD.sub("", text)
    text = _DOUBLED.sub(r"\1", text)
    return _DANGLING.sub("", _LOOSE.sub("", _BLANKS.sub(" ", text)))


class _Parts:
    """Which part of the intent each item gave."""

    def __init__(self, scan: Scan, evidence: Sequence[Evidence]) -> None:
        self._scan = scan
        self.told = [each for each in evidence if each.part in _ALONE or each.part == _NEGATIVE]
        self.refuses = any(each.part == _NEGATIVE for each in self.told)
        self._known: dict[int, set[str]] = {}
        self._at: dict[int, list[Evidence]] = {}
        for each in self.told:
            for place in range(*each.span):
                self._at.setdefault(place, []).append(each)

    def of(self, item: Item) -> set[str]:
        """Return the parts that the item gave."""
        known = self._known.get(item.start)
        if known is None:
            start, end = self._scan.plain.span(item.start, item.end)
            known = {each.part for each in self._at.get(start, ()) if end <= each.span[1]}
            self._known[item.start] = known
        return known


def _whole(scan: Scan, parts: _Parts, before: Clause | None, clause: Clause) -> Command | None:
    """A clause of nothing but commands, with the break before it."""
    told: set[str] = set()
    rest = ""
    for item in clause.items:
        own = parts.of(item)
        told |= own
        described = item.under("noun") and not (item.under("aspect") or item.under("aspect_if"))
        if own == {_RATIO} and described:
            return None  # "phone wallpaper" also says what it is
        if not own and not _is_glue(item):
            rest += item.phrase if is_chinese(item.phrase) else "."
    if not _LABELS.fullmatch(rest):
        return None
    if told == {_COUNT} and any(_is_described(item) for item in clause.items):
        return None  # it belongs to the noun beside it
    start, end = scan.plain.span(clause.start, clause.end)
    if before is not None:
        start = scan.plain.span(before.start, before.end)[1]
    text = scan.plain.original
    opening = _CLOSES.get(text[end : end + 1])
    if opening is not None and opening in text[start:end]:
        end += 1
    return Command((start, end), tuple(sorted(told)))


def _is_described(item: Item) -> bool:
    """A noun that says what is made ("3 posters"), not only that something is ("3 images")."""
    named = bool(item.under("noun")) and not item.has("copies")
    return named and item.phrase not in _PLAIN_NOUNS


_PLAIN_NOUNS = frozenset({"images", "pictures", "pics", "videos", "clips", "图", "图片", "视频"})
_TIMES = ("x", "×", "*")


def _is_glue(item: Item) -> bool:
    if item.has(QUOTE, SOURCE) or item.under("noun"):
        return item.phrase in _GLUE
    return item.phrase in _GLUE or item.has(
        "use", "polite", "model_word", "and", "seq", "but", NAME
    )


def _inside(scan: Scan, parts: _Parts, clause: Clause) -> Iterator[Command]:
    items = clause.items
    place = 0
    while place < len(items):
        told = parts.of(items[place])
        run = None
        if (_MODEL in told and items[place].has(NAME)) or items[place].has("preference.clear"):
            run = _model(items, place) if told else None
        elif told & set(_EXACT):
            run = _exact(parts, items, place)
        elif _COUNT in told:
            run = _count(items, place)
        if run is None:
            place += 1
            while told and place < len(items) and parts.of(items[place]) & told:
                place += 1
            continue
        first, last = run
        if first > 0 or last < len(items):
            own = {part for item in items[first:last] for part in parts.of(item)} & _ALONE
            yield Command(_span(scan, items, first, last), tuple(sorted(own)))
        place = max(last, place + 1)


def _span(scan: Scan, items: Sequence[Item], first: int, last: int) -> Span:
    """The place of those items, with the blank behind them, else the one before."""
    text = scan.plain.original
    start, end = scan.plain.span(items[first].start, items[last - 1].end)
    if last < len(items):
        behind = scan.plain.span(items[last].start, items[last].end)[0]
        return (start, behind) if not text[end:behind].strip(" -") else (start, end)
    while start > 0 and text[start - 1] == " ":
        start -= 1
    return start, end


def _model(items: Sequence[Item], place: int) -> Span | None:
    """ "use X to", "with X" at the end, 用X模型: not "a Midjourney picture"."""
    first = place
    while first > 0 and (items[first - 1].phrase in ("the", "model") or _leads(items[first - 1])):
        first -= 1
    if not any(_leads(item) for item in items[first : place + 1]):
        return None
    last = place + 1
    while last < len(items) and items[last].has("model_word"):
        last += 1
    at_end = last == len(items)
    if not at_end and items[last].phrase in ("to", "for", "来", "去"):
        last += 1
    elif not (at_end or _goes_on(items, first, last)):
        return None
    opens = all(item.has("polite", "seq", "and") for item in items[:first])
    return (first, last) if last < len(items) or not opens else None


def _leads(item: Item) -> bool:
    return item.has(
        "use", "preference.save", "preference.once", "preference.switch", "preference.clear"
    )


def _goes_on(items: Sequence[Item], first: int, last: int) -> bool:
    """A verb follows ("用可灵画一只猫", "with Suno make a song"), or the clause goes on."""
    following = items[last]
    if following.under("verb") or following.has("object"):
        return True
    return first > 0 and following.phrase in ("in", "at", "and", "showing", "of")


def _exact(parts: _Parts, items: Sequence[Item], place: int) -> Span | None:
    """A ratio, a size, a seed, with the words that only lead to it."""
    last = place
    while last < len(items) and parts.of(items[last]) & set(_EXACT):
        last += 1
    if not any(character.isdigit() for item in items[place:last] for character in item.phrase):
        return None
    while last < len(items) and items[last].phrase in _BEHIND:
        last += 1
    first = place
    while first > 0 and items[first - 1].phrase in _BEFORE:
        first -= 1
    for length in (3, 2):
        if first >= length and _LABELS.fullmatch(_joined(items[first - length : first])):
            first -= length
            break
    articled = first > 0 and items[first - 1].phrase in ("a", "an")
    led = first < place and items[first].phrase in ("in", "at", "with", "using")
    labelled = last > place and items[last - 1].phrase in _BEHIND
    if articled and labelled and first > 1 and items[first - 2].phrase == "with":
        first, led, articled = first - 2, True, False  # with a 16:9 aspect ratio
    following = items[last] if last < len(items) else None
    chinese = following is not None and is_chinese(following.phrase)
    if following is not None and following.phrase == "的":
        last += 1
        chinese = True
    if led or following is None or first < place:
        return first, last
    if articled:
        return (first, last) if _article_fits(items[first - 1].phrase, following.phrase) else None
    return (first, last) if chinese or following.under("noun") else None


def _joined(items: Sequence[Item]) -> str:
    return "".join(item.phrase for item in items)


def _article_fits(article: str, word: str) -> bool:
    return (article == "an") == bool(_VOWEL.match(word))


def _count(items: Sequence[Item], place: int) -> Span | None:
    """ "3 pictures of", 三张: the number, in Chinese with its measure word; x3."""
    item = items[place]
    following = items[place + 1] if place + 1 < len(items) else None
    if item.phrase in _TIMES and following is not None:
        return place, place + 2
    if following is None or following.phrase in _TIMES:
        return None
    if following.has("copies") or item.under("noun"):
        return None
    if following.phrase in ("of", "to", "or") or following.has("stop"):
        return None  # "four of them", "three to choose from"
    if is_chinese(following.phrase) and following.under("classifier"):
        last = place + 2
        if last < len(items) and items[last].has("copies"):
            last += 1
        if last < len(items) and items[last].phrase in ("的", "吧"):
            last += 1
        return (place, last) if last < len(items) else None
    numeral = item.phrase.replace(",", "").isdigit() or bool(item.under("number"))
    return (place, place + 1) if numeral and item.phrase not in ("a", "an") else None
