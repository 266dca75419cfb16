"""What in a text is no request: quotations, titles, addresses and paths.

They are hidden from the grammar behind characters of their own, in place, so that every position
stays what it was. Paths and addresses of pictures, videos and sounds are inputs, unless the result
is to be saved there; others are only content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from ima_tui.core.records import dataclass
from ima_tui.intent.lyrics import find_lyrics
from ima_tui.intent.normalise import Plain
from ima_tui.intent.tokens import HIDDEN, INPUT

_PICTURES = "png|jpe?g|webp|gif|bmp|heic|heif|tiff?|avif"
_MEDIA = "mp4|m4v|mov|webm|mkv|avi|mp3|wav|m4a|aac|flac|ogg"
_OTHERS = "txt|md|pdf|docx?|srt"
_ADDRESS = r"(?:https?|file)://[^\s,。、;!?\"'()<>《》「」\u4e00-\u9fff]+"
_STEP = r"(?:\\ |[^\s/,:;\"'<>|?*])"
_END = rf"\.(?:{_PICTURES}|{_MEDIA}|{_OTHERS})(?![a-z0-9])"
_FOLDER = r"(?<![a-z0-9_./\\~-])[a-z0-9_][a-z0-9_.\-]{0,99}"
_PATH = rf"(?:~|\.{{1,2}}|{_FOLDER})?/(?:{_STEP}{{1,99}}/){{0,30}}{_STEP}{{0,99}}?{_END}"
_IN_QUOTES = rf"(?<=\")[^\"\n]{{1,300}}{_END}(?=\")|(?<=')[^'\n]{{1,300}}{_END}(?=')"
_DRIVE = rf"[a-z]:\\[^\s,;\"'<>|?*]{{0,250}}?{_END}"
_BARE = rf"(?<![a-z0-9_./\\])[a-z0-9_][a-z0-9_.\-]{{0,99}}{_END}"
_CHINESE = (
    rf"(?:(?![用把将给让从和与跟到成为拿请])[\u4e00-\u9fff]|[a-z0-9_\-]){{0,60}}"
    rf"(?![用把将给让从和与跟到成为拿请])[\u4e00-\u9fff][a-z0-9_\-]{{0,99}}{_END}"
)
"""A name in Chinese begins where the word before it, such as 用 or 把, ends."""
_SOURCE = re.compile(f"{_IN_QUOTES}|{_ADDRESS}|{_DRIVE}|{_PATH}|{_BARE}|{_CHINESE}")
_SAVED_AS = re.compile(
    r"(?:\b(?:sav|export|output|writ|stor)\w*(?: \w+){0,3}?(?: (?:as|to|into|under)|:)"
    r"|\b(?:call|name) (?:it|this|that|them)|存为|存成|存到|保存在|(?:输出|导出|命名)[为成到])"
    r"[:\s\"']*$"
)
_QUOTED = re.compile(
    r"\"[^\"\n]{1,2000}\"|「[^「」]{1,2000}」|『[^『』]{1,2000}』|《[^《》]{1,500}》"
    r"|〈[^〈〉]{1,500}〉|【[^【】]{1,500}】|(?<![a-z0-9])'[^'\n]{1,500}'(?![a-z0-9])|`[^`\n]{1,500}`"
)
_PICTURE_END = re.compile(rf"\.(?:{_PICTURES})(?:[?#].*)?$")
_MEDIA_END = re.compile(rf"\.(?:{_MEDIA})(?:[?#].*)?$")
_OTHER_END = re.compile(rf"\.(?:{_OTHERS})(?:[?#].*)?$")


_SUNG = re.compile(
    r"lyric|歌词|\[(?:verse|chorus|intro)|verse|chorus|主歌|副歌|sings?\b|vocals?|sung|唱"
)


class ContentKind(StrEnum):
    """What a path or address in the text points at."""

    PICTURE = "picture"
    MEDIA = "media"
    """A video or a sound."""
    UNSURE = "unsure"
    """An address without a telling end: a picture if the request takes one."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Source:
    """A path or address in the text; `start` and `end` in the folded text."""

    start: int
    end: int
    kind: ContentKind


@dataclass(frozen=True, slots=True)
class Content:
    """`text` with everything hidden that is no request; the same length as the folded text."""

    text: str
    sources: tuple[Source, ...]
    quotes: tuple[tuple[int, int], ...]
    lyrics: tuple[int, int] | None = None
    """Where lyrics stand that their label or their parts ([Verse]) tell."""


def hide(plain: Plain) -> Content:
    """Hide quotations, lyrics, paths and addresses of a folded text, in place."""
    sources = tuple(_sources(plain.text))
    text = _covered(plain.text, [(source.start, source.end, _cover(source)) for source in sources])
    sung = find_lyrics(plain.text) if _SUNG.search(text) else None
    if sung is not None:  # they may be several lines, and ask for anything
        text = _covered(text, [(*sung.words, HIDDEN)])
    found = [match.span() for match in _QUOTED.finditer(text)]
    quotes = tuple((start, end) for start, end in found if INPUT not in text[start:end])
    hidden = _covered(text, [(start, end, HIDDEN) for start, end in quotes])
    if not any(character.isalnum() for character in hidden) and INPUT not in hidden:
        # all of it in quotes: then the quotes mean nothing
        return Content(text, sources, (), sung.words if sung else None)
    return Content(hidden, sources, quotes, sung.words if sung else None)


def _cover(source: Source) -> str:
    return HIDDEN if source.kind is ContentKind.OTHER else INPUT


def _covered(text: str, spans: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end, cover in spans:
        pieces += [text[done:start], cover * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])


def _sources(text: str) -> Iterator[Source]:
    if "." not in text and "://" not in text:
        return
    for found in _SOURCE.finditer(text):
        start, end = found.span()
        while end > start and text[end - 1] in ".:":
            end -= 1
        saved = _SAVED_AS.search(text, max(0, start - 60), start)
        yield Source(start, end, ContentKind.OTHER if saved else _kind(text[start:end]))


def _kind(written: str) -> ContentKind:
    if _PICTURE_END.search(written):
        return ContentKind.PICTURE
    if _MEDIA_END.search(written):
        return ContentKind.MEDIA
    if _OTHER_END.search(written) or "://" not in written:
        return ContentKind.OTHER
    return ContentKind.UNSURE
