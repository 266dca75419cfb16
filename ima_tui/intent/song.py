"""Lyrics and title of a song, told apart from the words that describe it.

Read off the text as it was typed: lyrics have lines, letter case and punctuation of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ima_tui.core.records import dataclass
from ima_tui.core.text import has_chinese
from ima_tui.intent.intent import LYRICS as LYRICS
from ima_tui.intent.intent import TITLE, Parameter, Span
from ima_tui.intent.lyrics import QUOTED, find_lyrics
from ima_tui.intent.scan import Item, scan

_LONGEST_TITLE = 120
LONGEST_STYLE = 3_000
"""Characters of a description that are searched for title and style; models take some hundreds."""
_TITLE = re.compile(
    r"(?:,?\s*(?<![a-z])(?:titled|entitled|called|named"
    r"|(?:call|name|title) (?:it|this one|the song)|(?:(?:the|its|with the|song) )?title"
    r"(?:\s+(?:is|of|should be))?|歌名|曲名|标题|題目|题目|名字|名为|取名|命名为|题为|叫做|叫)"
    r"(?:是|为|叫)?\s*[:：=]?\s*)"
    + QUOTED.format("t")
    + r"(?P<of>\s*的)?|(?<![a-z])(?:title|歌名|曲名|标题)\s*[:：=]\s*"
    r"(?P<plain>[^\n,.;，。；]{1,120})"
    r"|(?<![a-z])(?:call|name|title) (?:it|this one|the song)\s*:?\s+"
    r"(?P<call>[^\n,.;，。；\"']{1,120})"
    r"|(?<![a-z])(?:titled|entitled|(?:song|track|tune|ballad|anthem|hymn|lullaby|piece|blues"
    r"|waltz|shanty|rap|jingle|beat|march|banger|single|theme|carol|reel|polka)\s+(?:called|named))"
    r"\s+(?-i:(?P<capital>[A-Z][\w'’]*(?:\s+(?:(?:of|the|and|in|on|a|an|to|for|with|at)\s+)*[A-Z][\w'’]*)*))",
    re.I,
)
_PARTS_OF_TITLES = (
    *("title", "call", "name", "歌名", "曲名", "标题", "題目", "题目", "名字", "名为", "取名"),
    *("命名为", "题为", "叫"),
)
"""Each match of `_TITLE` has one of these; looking for them takes a tenth of the time."""
_NAMED_IN_MARKS = re.compile(
    r"(?<![像似参參考给給为為自类類翻同版戏戲影说說剧劇片书書画畫目辑輯听聽弹彈读讀看编編的再过過])\s*"
    r"《(?P<marks>[^》]{1,60})》"
    r"(?!\s*(?:的|里|裡|中|主题|主題|片头|片頭|配乐|配樂|同款|那|了|没|风格|風格|这部|這部|一样|一樣|改编|改編"
    r"|插曲|原声|原聲|开场|開場|片尾|电影|電影|游戏|遊戲))"
    r"|(?:^|[.!?,;]\s*)[\"“](?P<dash>[^\"”]{1,80})[\"”]\s*[-–—]\s*(?:the |my |working )?title\b",
    re.I,
)
"""What a song is called where nothing says so: 女声，《第七封信》，弦乐起; not a film's theme."""
_LABELLED = re.compile(
    r"(?<![a-z])(?:style|genre|mood|风格|曲风|情绪)\s*[:：=]\s*"
    r"|(?:^|(?<=[\s,，;；。]))(?:风格|曲风|情绪)(?:是|为|要)?"
    r"|(?:^|(?<=[\s,，]))[谱譜编編写寫改变變做作唱配]成(?:一首)?"
    r"|,?\s*\b(?:with|using|to) (?:my|our|these|the following) (?:own )?(?:lyrics|words)\b"
    r"|[,，]?(?:用|唱)我(?:们)?(?:自己)?[写寫]?的(?:歌词|歌詞|词|詞)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Song:
    """`lyrics` and `title` are places in the text, without their quotation marks; `description`
    is the rest of it, `style` what of that is no request."""

    lyrics: Span | None
    title: Span | None
    description: str
    style: str

    def parameters(self, text: str) -> Iterator[tuple[Parameter, Span]]:
        """Lyrics and title as parameters, each with its place in `text`."""
        for name, span in ((LYRICS, self.lyrics), (TITLE, self.title)):
            if span is not None:
                yield Parameter(name, text[slice(*span)]), span


def read_song(text: str) -> Song:
    """The parts of a text that asks for music."""
    sung = find_lyrics(text)
    before = text if sung is None else _without(text, sung.whole)
    searched = before[:LONGEST_STYLE]
    folded = searched.lower()
    named = _TITLE.search(searched) if any(part in folded for part in _PARTS_OF_TITLES) else None
    if named is None and ("《" in searched or "title" in folded):
        named = _NAMED_IN_MARKS.search(searched)
    title = None if named is None else _title(text, before, named)
    rest = before if named is None else _without(before, named.span())
    if sung is not None and sung.heading:
        rest = f"{sung.heading}\n{rest}"
    described = _tidy(rest)
    style = _style(described) if len(described) <= LONGEST_STYLE else ""
    return Song(sung.words if sung else None, title, described, style)


def _title(text: str, before: str, named: re.Match[str]) -> Span | None:
    """Its place in `text`; `before` has the same characters up to the lyrics, and from there on."""
    name = next(k for k, value in named.groupdict().items() if k != "of" and value is not None)
    written = before[slice(*named.span(name))].strip()
    start = text.find(written)
    return (start, start + len(written)) if written and start >= 0 else None


def _without(text: str, span: Span) -> str:
    """Without that part; what stood on its two sides are two pieces, but in 一首叫《…》的歌."""
    gone = text[slice(*span)]
    return text[: span[0]] + ("" if gone.endswith("的") else "\n") + text[span[1] :]


def _tidy(text: str) -> str:
    pieces = (piece.strip(" \t,.;:，。；：、-–—") for piece in text.split("\n"))
    chinese = has_chinese(text)
    return ("，" if chinese else ", ").join(piece for piece in pieces if piece)


_REQUEST = ("polite", "seq", "and", "with", "use", "name", "model_word", "this", "stop", "object")


def _style(description: str) -> str:
    """The description without the words that only ask: of "write a song, pop ballad" the latter."""
    told: list[str] = []
    read = scan(_LABELLED.sub("", description))
    for clause in read.clauses:
        items = list(clause.items)
        while items and _asks(items[0]):
            items.pop(0)
        while items and (_asks(items[-1]) or items[-1].phrase in ("的",)):
            items.pop()
        if items and not all(item.phrase in _GENERAL for item in items):
            start, end = read.plain.span(items[0].start, items[-1].end)
            told.append(read.plain.original[start:end])
    return ", ".join(told)


def _asks(item: Item) -> bool:
    kinds = ("verb", "number", "classifier")
    return item.has(*_REQUEST) or any(item.under(kind) for kind in kinds) or item.phrase in _SMALL


_GENERAL = frozenset({"song", "songs", "music", "track", "tune", "piece", "歌", "歌曲", "音乐",
                      "曲", "曲子", "首歌", "一首歌"})  # fmt: skip
_SMALL = frozenset(
    {"a", "an", "the", "me", "my", "to", "into", "for", "it", "them", "these", "this", "that",
     "一", "个", "我"}
)  # fmt: skip
