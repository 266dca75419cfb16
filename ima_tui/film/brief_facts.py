"""What a brief asks of a film, and how its small parts are read: lengths, counts, places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ima_tui.core.records import dataclass
from ima_tui.film import brief_words as words
from ima_tui.intent import numerals, shapes

LONGEST_SHOT = 15.0
"""Seconds that one video can have; a longer film needs several shots."""


@dataclass(frozen=True, slots=True)
class ShotBrief:
    """What one shot shows. `seconds` 0: not said. `first`, `last`: names of pictures."""

    text: str
    seconds: float = 0.0
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a text asks of a film.

    `listed`: the shots were told one by one; else `count` of them, 0 where nobody says it. `told`:
    the number that the text names, even where it lists another.
    `subject`: what all shots show, "" for none. `each`: seconds of every shot, `seconds` of all.
    """

    shots: tuple[ShotBrief, ...] = ()
    count: int = 0
    told: int = 0
    subject: str = ""
    seconds: float = 0.0
    each: float = 0.0
    shape: str = ""
    fade: bool = False
    style: str = ""
    music: str = ""
    no_music: bool = False
    music_file: str = ""
    """A sound of one's own instead of music that is bought."""
    lyrics: str = ""
    voice: str = ""
    wants_voice: bool = False
    gender: str = ""
    subtitles: bool = False
    burned: bool = False
    """Whether subtitles are to be drawn into the pictures."""
    title: str = ""
    one_take: bool = False
    reference: bool = False
    images: tuple[str, ...] = ()
    model: str = ""
    chinese: bool = False
    whole: bool = False
    """Whether a work of several shots is asked for, such as a trailer."""
    music_video: bool = False
    """Whether music is part of it even if no word says which."""

    @property
    def listed(self) -> bool:
        """Whether the shots were told one by one."""
        return len(self.shots) > 1


def tidy(text: str) -> str:
    """Return the text without blanks and punctuation around it."""
    text = re.sub(r"\s{2,}", " ", text)
    return text.strip(" \t\n,，;；:：、.。-–—")


def number(text: str | None) -> float:
    """Return the number that a text says, 0 for none."""
    return (numerals.number(text.lower()) or 0.0) if text else 0.0


def seconds(found: re.Match[str]) -> float:
    """Return the seconds that a match of `LENGTH` says."""
    groups = found.groupdict()
    if groups["half"]:
        return 30.0
    if groups["one"]:
        return 60.0
    if groups["hr"]:
        return number(groups["hr"]) * 3600
    if groups["min"]:
        return number(groups["min"]) * 60 + number(groups["ms"])
    return number(groups["sec"])


def length_at_an_end(text: str) -> re.Match[str] | None:
    """Return a length that stands alone at an end: "…, 5秒", "8s: …", "… in 8 seconds"."""
    for found in words.LENGTH.finditer(text):
        before, after = text[: found.start()].strip(), text[found.end() :].strip()
        if not after.strip(".。,，:：") or not before:
            return found
        if re.match(r"^[,，:：]", after) and re.search(r"[,，]$", before):
            return found
    return None


def count(found: re.Match[str] | None) -> int:
    """Return the number of shots that a match of `COUNT` says."""
    told = number(found["n"]) if found is not None and found["n"] else 0.0
    return int(told) if told == int(told) else 0  # "Hailuo 2.3 clip"


def most_counted(text: str) -> int:
    """Return how many shots a text says; "a clip" counts only where nothing else does."""
    found = [
        count(match) for pattern in (words.SHOTS, words.COUNT) for match in pattern.finditer(text)
    ]
    return next((each for each in found if each > 1), 0)


def ratio(text: str) -> tuple[str, str]:
    """Return the proportions that a text has in figures, and the words that say so."""
    found = shapes.read_ratio(text.lower())
    if found is None or len(text.lower()) != len(text):
        return "", ""
    before = words.RATIO_BEFORE.search(text[: found.start])
    behind = words.RATIO_BEHIND.match(text, found.end)
    begins = before.start() if before else found.start
    return str(found.value), text[begins : behind.end() if behind else found.end]


def shape(found: re.Match[str] | None) -> str:
    """Return the proportions that a match of `SHAPE`, which has words for them, says."""
    if found is None:
        return ""
    return "9:16" if found["tall"] else "16:9" if found["wide"] else "1:1"


def gender(text: str) -> str:
    """Return m, f or "" for a voice."""
    if re.search(r"(?<![a-z])(?:female|woman)|女声|女", text, re.I):
        return "f"
    return "m" if re.search(r"(?<![a-z])(?:male|man)(?![a-z])|男声|男", text, re.I) else ""


def split(text: str) -> list[str]:
    """Return the clauses of a text."""
    clauses = [each for part in words.BREAK.split(text) for each in words.COMMA.split(part)]
    return [bare for each in clauses if (bare := each.strip(" ,，:：、"))]


def is_music(clause: str) -> bool:
    """Tell whether a clause is about the music."""
    bare = clause.strip(" ,，.。;；")
    if words.NO_VOCALS.fullmatch(bare):
        return False
    label = words.MUSIC_LABEL.match(bare)
    if label is not None:
        return True
    if words.FILM.search(bare):
        return False
    return bool(words.MUSIC_HEAD.search(bare) or words.MUSIC_HEAD_ZH.search(bare))


def music(clause: str) -> str:
    """Return what a clause says about the music, without the request."""
    told = words.MUSIC_LABEL.sub("", clause.strip(" ,，.。;；"))
    told = words.MUSIC_JOIN.sub("", told)
    told = tidy(words.NO_VOCALS.sub("", told))
    return "配乐" if told == "乐" else told or clause


def has_parts(text: str) -> bool:
    """Tell whether a text lists several things."""
    return len([each for each in re.split(r"[,，、]", text) if each.strip()]) > 1


def until_sentence(text: str) -> tuple[str, str]:
    """Return the first sentence and the rest."""
    end = re.search(r"[。!！?？\n]|(?<!\d)\.(?=\s|$)|\.(?=\s+[A-Z])", text)
    return (text[: end.start()], text[end.end() :]) if end else (text, "")


def clause_start(text: str, end: int) -> int:
    """Return where the clause that ends at `end` begins."""
    before = text[:end].rstrip(" ,，;；.。")
    found = max((before.rfind(sign) for sign in ",，;；.。:：\n"), default=-1)
    return found + 1


def is_first(word: str) -> bool:
    """Tell whether a word begins a sequence."""
    return bool(re.match(r"first|首先|先", word, re.I))


def distributed(items: list[str]) -> list[str]:
    """Give each place the one who is there: 小机器人在厨房、花园; "a bag on a beach, in a cafe"."""
    if len(items) < 2:
        return items
    zh = words.PLACE_ZH.match(items[0])
    if zh and not any("在" in item for item in items[1:]):
        return [items[0], *(f"{zh['who']}在{item}" for item in items[1:])]
    en = words.PLACE_EN.match(items[0])
    if en and all(words.AT_A_PLACE.match(item) for item in items[1:]):
        return [items[0], *(f"{en['who']} {item}" for item in items[1:])]
    return items


def leading_noun(texts: Sequence[str]) -> str:
    """Return who does something in the first shot that says it."""
    for text in texts:
        found = words.ARTICLE_EN.match(text) or words.VERBS_ZH.match(text)
        if found is not None:
            return found["who"].strip()
    return ""


def beside_picture(text: str, image: str) -> str:
    """Return what "the singer is in mia.png" says of a picture."""
    before = text[: text.find(image)]
    found = re.search(r"((?:the|my)\s+[\w ]{2,30}?)\s+is\s+(?:in\s+)?$", before, re.I)
    return found[1].strip() if found else ""
