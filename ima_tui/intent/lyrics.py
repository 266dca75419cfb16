"""Where lyrics stand in a text: quoted behind their label, behind a colon, or marked [Verse]."""

from __future__ import annotations

import re

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
    r"(?:\s*(?:are|is|go|below|follows?|as follows|being|是|为|如下|用|写的是))*\s*[:：=\-–—]*\s*"
)
_LYRICS = re.compile(
    rf"(?<![a-z]){_LABEL}{_BEHIND}{QUOTED.format('q')}"
    rf"|(?<![a-z])(?:sings?|singing|that goes|演唱|唱着|唱)\s*[:：]?\s*{QUOTED.format('s')}"
    rf"|(?<!no )(?<!without )(?<![a-z]){_LABEL}(?:\s*(?:below|as follows|如下))?\s*[:：=]\s*"
    r"(?P<plain>(?!\s*(?:about|in |关于|要|用|写|由|不))\S[\s\S]*?)"
    r"(?=\n\s*\n|[.。!！\n]\s*(?:make it|turn (?:it|this|that) into|set (?:it|this) to|帮我"
    r"|请(?:帮|谱|做|把)|谱成|做成|配成|唱成)"
    r"|\s*(?:style|title|tags|genre|mood|风格|曲风|标题|歌名|情绪)\s*(?:is|是|为)?\s*[:：=]|\Z)",
    re.I,
)
_MARKED = re.compile(
    r"(?:" + _LABEL + r"\s*[:：]?\s*)?"
    r"(?P<plain>(?:\[(?:verse|chorus|pre-?chorus|intro|bridge|hook|outro|主歌|副歌|前奏|桥段|尾奏"
    r"|间奏)[^\]]{0,20}\]"
    r"|(?:\A|(?<=\n))(?:verse|chorus|bridge|主歌|副歌)\s*\d{0,2}\s*[:：])"
    r"[\s\S]*)\Z",
    re.I,
)


_SIGN = re.compile(r"lyric|sing|that goes|歌词|歌詞|唱|\[|verse|chorus|bridge|主歌|副歌", re.I)
"""What each form of lyrics has somewhere: without it, a long text is searched once, not twice."""


def find_lyrics(text: str) -> tuple[Span, Span] | None:
    """(the lyrics without their quotation marks, all of what says that they are lyrics)."""
    if _SIGN.search(text) is None:
        return None
    found = _LYRICS.search(text) or _MARKED.search(text)
    within = inside(text, found) if found is not None else None
    return (within, found.span()) if found is not None and within is not None else None


def inside(text: str, found: re.Match[str]) -> Span | None:
    """The place of what was written, without blanks around it."""
    name = next(name for name, value in found.groupdict().items() if value is not None)
    start, end = found.span(name)
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    return (start, start + len(inner.strip())) if inner.strip() else None
