"""The models that a text names: brands, aliases, misspellings, and the version words behind them.

Everyday words that are brands too ("wan", 海螺, "sonic") count only with a sign that a model is
meant: "use" before them, a version behind them, the word "model", or nothing else in the clause.
A name that is turned down ("not Kling", 不用可灵) is found as well, and marked as rejected.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from ima_tui.catalogue import names as facts
from ima_tui.catalogue.names import Family
from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent.normalise import fold
from ima_tui.intent.tokens import (
    Lexicon,
    Speller,
    TokenMark,
    Tokens,
    is_break,
    phrase_of,
    words_of,
)

NEAR = 4
"""Tokens before a name in which a sign ("use", "not") still belongs to it."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name in the text: tokens `first` to `last`, characters `start` to `end`.

    `family` is None for a brand that nobody here offers; `exact` is a model id written out.
    """

    first: int
    last: int
    start: int
    end: int
    medium: Medium
    family: Family | None
    version: str = ""
    exact: str = ""
    told_version: str = ""
    cued: bool = False
    rejected: bool = False
    everyday: bool = False
    """An everyday word without a version: it could be no name after all."""


@dataclass(frozen=True, slots=True)
class _Brands:
    lexicon: Lexicon
    families: dict[str, Family]
    exact: dict[str, tuple[Family, str]]
    outsiders: dict[str, Medium]
    cautious: frozenset[str]
    numbered: frozenset[str]
    speller: Speller


def _key(phrase: str) -> str:
    return phrase_of(words_of(fold(phrase)))


@cache
def _brands() -> _Brands:
    known = facts.names()
    families = {_key(w): f for f in known.families for w in (*f.words, *f.cautious, *f.numbered)}
    exact = {_key(i): (f, i) for f in known.families for i in f.model_ids()}
    outsiders = {_key(word): medium for word, medium in known.outsiders.items()}
    cautious = {_key(w) for f in known.families for w in f.cautious}
    cautious |= {_key(word) for word in known.everyday}
    numbered = frozenset(_key(w) for f in known.families for w in f.numbered)
    phrases = [*families, *exact, *outsiders]
    latin = {w for p in phrases for w in p.split() if w.isascii() and w.isalpha()}
    ours = {w for p in families for w in p.split() if w.isascii() and w.isalpha()}
    words = {w for w in ours if len(w) >= 5 and w not in _EVERYDAY}
    return _Brands(
        lexicon=Lexicon({"name": phrases}),
        families=families,
        exact={key: value for key, value in exact.items() if key not in families},
        outsiders=outsiders,
        cautious=frozenset(cautious),
        numbered=numbered,
        speller=Speller(words, latin | _EVERYDAY | {"images"}),
    )


_EVERYDAY = frozenset(
    (
        *("google", "video", "image", "generate", "preview", "flash", "dream", "machine", "stable"),
        *("diffusion", "audio", "turbo", "master", "background", "music", "sonic", "doubao"),
        *("kings", "klein", "journey", "seeding", "seedling", "seedlings", "universe", "reverse"),
        *("studio", "studios"),
    )
)
_VERSION = re.compile(
    r"\s*(?:-|的)?\s*(?:(?:version|ver\.?|v|版本)\s*)?"
    r"(?P<v>o1|q[123]|\d{1,2}(?:\.\d{1,2})?)?"
    r"(?:[\s-]*(?P<extra>pro|fast|turbo|master|flash|plus|\+))?(?![a-z0-9]|\.\d)"
)
_ENDS_NAME = re.compile(
    r"\s*(?:$|[,.;!?。、\n](?!\d)|来|做|画|生成|出图|模型)"
    r"|\s+of (?!them|these|those)"
    r"|\s+(?:to|for|from|please|model|image|picture|photo|video|clip|song)\b"
)
"""Behind "SeeDream 9": the number is a version, if one that there is not."""
_NO_VERSION = re.compile(
    r"\s*(?:秒|s\b|sec|分|张|幅|首|段|个|条|只|部|支|:|x|%|k\b|p\b|px|years?|minutes?|[a-z]+s\b|比|岁|位|名|匹|到|-\d)"
)


def find_names(tokens: Tokens, text: str, marks: Sequence[TokenMark]) -> list[Named]:
    """Every model that is named, in the order of the text; `marks` are the vocabulary's phrases."""
    brands = _brands()
    respell = {
        place: meant
        for place, word in enumerate(tokens.words)
        if len(word) >= 5 and (meant := brands.speller.meant(word)) is not None
    }
    signs: Sequence[TokenMark] | None = None  # most texts name nothing
    found: list[Named] = []
    for mark in brands.lexicon.find(tokens, respell):
        named = _read(brands, tokens, text, mark)
        if signs is None:
            signs = [m for m in marks if _is_sign(m)]
        judged = _judge(brands, tokens, text, mark, named, signs)
        if judged is not None and not (found and judged.first < found[-1].last):
            found.append(judged)
    return found


def _read(brands: _Brands, tokens: Tokens, text: str, mark: TokenMark) -> Named:
    if mark.phrase in brands.outsiders:
        medium = brands.outsiders[mark.phrase]
        return Named(mark.first, mark.last, mark.start, mark.end, medium, None)
    if mark.phrase in brands.exact:
        family, model_id = brands.exact[mark.phrase]
        return Named(
            mark.first, mark.last, mark.start, mark.end, family.medium, family, exact=model_id
        )
    family = brands.families[mark.phrase]
    version, told, end = _version(family, text, mark.end)
    last = mark.last
    while last < len(tokens.words) and tokens.starts[last] < end:
        last += 1
    return Named(
        mark.first, last, mark.start, end, family.medium, family, version, told_version=told
    )


def _version(family: Family, text: str, at: int) -> tuple[str, str, int]:
    """(known version word or "", the version as told, where it ends)."""
    found = _VERSION.match(text, at)
    if found is None or not (found["v"] or found["extra"]):
        return "", "", at
    number, extra = found["v"] or "", (found["extra"] or "").replace("+", "plus")
    known = {*family.versions, *family.field_values} - {""}
    if number and _NO_VERSION.match(text, found.end("v")) and "." not in number:
        gap = text[at : found.start("v")]
        if gap and not gap.rstrip().endswith("v"):
            return "", "", at
    both = f"{number} {extra}".strip()
    for told, end in ((both, found.end()), (number, found.end("v"))):
        for written in (told, told.removesuffix(".0"), f"{told}.0"):
            if told and written in known:
                return written, told, end
    if not number:
        return "", "", at  # "Kling turbo": no such version, and the word may be content
    is_version = "." in number or text[at : found.start("v")].strip() != ""
    is_version = is_version or _ENDS_NAME.match(text, found.end("v")) is not None
    return ("", number, found.end("v")) if is_version else ("", "", at)


_KEPT_BEHIND = re.compile(
    r"\s*(?:(?:to be|as|is|be|should be) )?(?:my|the|our) (?:\w+ )?(?:default|go[- ]?to"
    r"|standard|preferred)\b"
)
"""I'd like Wan to be my default."""


def _is_sign(mark: TokenMark) -> bool:
    return mark.has("use", "neg") or any(tag.startswith("preference.") for tag in mark.tags)


def _judge(
    brands: _Brands,
    tokens: Tokens,
    text: str,
    mark: TokenMark,
    named: Named,
    signs: Sequence[TokenMark],
) -> Named | None:
    """`named` with its signs; None where the word is not used as a name."""
    if mark.phrase in brands.numbered and not named.told_version:
        return None
    cue, negation = -1, -1
    for sign in _before(signs, tokens, mark.first):
        if sign.has("neg"):
            negation = sign.first
        else:
            cue = sign.first
    chosen = mark.first > 0 and tokens.words[mark.first - 1] == "就"  # 就可灵O1吧
    cued = cue > negation or chosen
    if mark.phrase in brands.cautious and negation < 0:
        followed = text[named.end : named.end + 8].lstrip()
        meant = (
            cued
            or bool(named.told_version)
            or followed.startswith(_MODEL_BEHIND)
            or (_opens(tokens, named) and _REQUEST_BEHIND.match(text, named.end) is not None)
            or _alone(tokens, named)
            or _KEPT_BEHIND.match(text, named.end) is not None
        )
        if not meant or _is_content(mark.phrase, text, named):
            return None
    after = text[named.end : named.end + 16].lstrip()
    struck = negation > cue or after.startswith(("isn't", "is not", "不行", "不好", "太贵", "除外"))
    everyday = mark.phrase in brands.cautious and not named.told_version
    return replace(named, cued=cued and not struck, rejected=struck, everyday=everyday)


_CONTENT_AFTER = re.compile(
    r"\s*(?:壳|号角|汤|肉|皮|船|树|和|与|奶|做的|制成|制的|装饰|编|拼|chai|chi|smile|face|light|hedgehog|boom)"
)


_MODEL_BEHIND = (
    "model",
    "模型",
    "video",
    "视频",
    "clip",
    "film",
    "animation",
    "短片",
    "影片",
    "image",
)
_ENDS_SHORT = re.compile(r"\s*(?:模型|生成|做|来|拍|制作|把|将|给|出|弄|整|视频|[,。:;、!?\n]|$)")
_ARTICLE = re.compile(r"(?<![a-z])(?:a|an|some|my|your|two|three|the)\s+$")


def _is_content(phrase: str, text: str, named: Named) -> bool:
    """ "use a banana and a mango": a name would stand by itself; 用万花筒 is no 万."""
    if named.told_version:
        return False
    if len(phrase) == 1 and not _ENDS_SHORT.match(text, named.end):
        return True
    if _ARTICLE.search(text, max(0, named.start - 6), named.start):
        return not text[named.end :].lstrip().startswith(_MODEL_BEHIND)
    return _CONTENT_AFTER.match(text, named.end) is not None


def _before(signs: Sequence[TokenMark], tokens: Tokens, first: int) -> Iterator[TokenMark]:
    """Signs shortly before a name, in its own clause."""
    low = bisect_left(signs, first - 2 * NEAR, key=lambda sign: sign.first)
    for sign in signs[low : bisect_left(signs, first, key=lambda sign: sign.first)]:
        between = tokens.words[sign.last : first]
        if sign.phrase == "还是" and sign.first > 0 and not is_break(tokens.words[sign.first - 1]):
            continue  # 可灵还是海螺？ names both, and chooses none
        if first - sign.last <= NEAR and not any(is_break(word) or word == ":" for word in between):
            yield sign


_REQUEST_BEHIND = re.compile(
    r"\s*\d{1,2}\s*(?:[:比x]\s*\d|k\b)|\s*(?:生成|制作|做视频|做个|做一|出图|画图|出[张一个片]|来[张一个段])|\s+(?:画|做|来|出|拍|一[张段]|draw|make|create|generate)"
)
"""A format or a request right behind a name that opens its clause: "mj 9:16", "海螺 生成…"."""


def _opens(tokens: Tokens, named: Named) -> bool:
    first = named.first
    while first and tokens.words[first - 1] in _BEFORE_ALL:
        first -= 1
    return first == 0 or is_break(tokens.words[first - 1])


_BEFORE_ALL = frozenset(
    ("please", "so", "ok", "okay", "hey", "hi", "well", "now", "请", "帮", "我", "麻", "烦", "那")
)


def _alone(tokens: Tokens, named: Named) -> bool:
    """Nothing else in the clause."""
    words = tokens.words
    before = _opens(tokens, named)
    after = named.last >= len(words) or is_break(words[named.last]) or words[named.last] == ":"
    return before and after
