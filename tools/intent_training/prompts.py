"""Generate labelled prompts: what kinds there are, in which shares, with which slips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from intent_training.grammar import expand, pick, read
from intent_training.nouns import MEDIA, nouns

SHARES = (
    ("single", 31),
    ("noun", 20),
    ("brief", 15),
    ("several", 10),
    ("edit", 7),
    ("ask", 6),
    ("question", 6),
    ("preference", 4),
    ("other", 3),
)
_EVERYDAY = 8
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")
_SLIPS_ZH = (
    ("视频", "视屏"),
    ("图片", "图骗"),
    ("海报", "海抱"),
    ("动画", "动话"),
    ("音乐", "音月"),
    ("配音", "陪音"),
    ("照片", "照骗"),
    ("语音", "雨音"),
    ("歌曲", "哥曲"),
    ("朗读", "郎读"),
    ("旁白", "旁摆"),
    ("插画", "插花"),
    ("短片", "短骗"),
    ("旋律", "旋率"),
)
_EDITED = ("image", "image", "image", "video", "video", "video", "video", "music", "speech")
_PICTURES = "0111111223"
"""How many pictures come with an edit, and how often."""


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    label: str
    images: int = 0
    kind: str = ""


@dataclass(slots=True)
class Request:
    """The nouns of one prompt: of its own medium, and of the others."""

    medium: str
    language: str
    others: tuple[str, ...] = ()
    mixed: bool = False
    rare: bool = False

    def word(self, name: str, rng: Random) -> str | None:
        if name == "N":
            return self._noun(self.medium, rng)
        if name == "O":
            others = self.others or tuple(each for each in MEDIA if each != self.medium)
            return self._noun(pick(others, rng), rng)
        if name in _OF:
            return self._of(_OF[name], name.rstrip("IVM123"), rng)
        if name == "V":
            return self._noun("video", rng)
        if name[-1:] in "123" and name[:-1] in ("aN", "N"):
            return self._of(self.others[int(name[-1]) - 1], name[:-1], rng)
        return None

    def _of(self, medium: str, name: str, rng: Random) -> str:
        inner = Request(medium, self.language)
        template = "{aN}" if name in ("a", "aN") else "{N}"
        return expand(template, read(self.language), inner, rng).replace("{", "").replace("}", "")

    def _noun(self, medium: str, rng: Random) -> str:
        language = self.language
        if self.mixed:
            language = "zh" if language == "en" else "en"
        names = nouns()[medium, language]
        everyday = not self.rare and rng.random() < 0.4
        noun = pick(names[:_EVERYDAY] if everyday else names, rng)
        return f" {noun} " if self.mixed and language == "en" else noun


_OF = {"aI": "image", "aV": "video", "aM": "music"}


def prompts(count: int, seed: int) -> Iterator[Prompt]:
    """`count` prompts, half English and half Chinese, the same ones for the same seed."""
    rng = Random(seed)
    kinds = tuple(kind for kind, share in SHARES for _ in range(share))
    for _ in range(count):
        language = "en" if rng.random() < 0.5 else "zh"
        yield _made(pick(kinds, rng), language, rng)


def _made(kind: str, language: str, rng: Random) -> Prompt:
    medium = pick(MEDIA, rng)
    label, images = medium, 0
    if kind == "other":
        label = pick(
            ("image", "video", "music", "speech", "speech", "several", "question", "ask"), rng
        )
        text = expand(f"{{{label}}}", read("other"), Request(medium, "en"), rng)
    elif kind == "brief":
        text, label, images = _brief(language, medium, rng)
    elif kind in ("ask", "question", "preference"):
        label = kind
        text = expand(f"{{{kind}}}", read(language), Request(medium, language), rng)
    elif kind == "several":
        label = kind
        text, images = _several(language, rng), int(rng.random() < 0.12)
    else:
        mixed = rng.random() < (0.07 if language == "zh" else 0.02)
        if kind == "edit":
            label = medium = pick(_EDITED, rng)
            images = int(pick(_PICTURES, rng))
        elif rng.random() < 0.04:
            images = 1 + int(rng.random() * 2)
        scope = Request(medium, language, mixed=mixed, rare=kind == "noun")
        text = expand(f"{{{kind}}}", read(language), scope, rng)
    return Prompt(_typed(text, language, rng), label, images, kind)


def _several(language: str, rng: Random) -> str:
    media = list(MEDIA)
    rng.shuffle(media)
    scope = Request(media[0], language, others=tuple(media[:3]))
    return expand("{several}", read(language), scope, rng)


def _brief(language: str, medium: str, rng: Random) -> tuple[str, str, int]:
    """The text, its label and its pictures: sentences of one medium among neutral ones; the request
    at the start, the end, the middle, or nowhere. Some ask for several
    media, some tell a story and ask for nothing."""
    lists = read(language)
    scope = Request(medium, language)
    count = 3 + int(rng.random() ** 1.5 * 14)
    place = rng.random()
    own = 0.35 + 0.6 * rng.random()
    sentences = [
        expand("{brief}" if rng.random() < own else "{neutral}", lists, scope, rng)
        for _ in range(count)
    ]
    label, images = medium, 0
    if medium in ("image", "video") and rng.random() < 0.14:
        images = 1 + int(rng.random() < 0.1)
        request = expand("{given}", lists, scope, rng)
        sentences = sentences[: int(rng.random() * 3)]
        place *= 0.5
    elif rng.random() < 0.10:
        label, request = "several", _several(language, rng)
        place *= 0.7
    else:
        request = expand("{stated}" if rng.random() < 0.6 else "{single}", lists, scope, rng)
    if place < 0.28:
        sentences.insert(0, request)
    elif place < 0.53:
        sentences.append(request)
    elif place < 0.70:
        sentences.insert(1 + int(rng.random() * (count - 1)), request)
    else:
        sentences.insert(0, expand("{brief}", lists, scope, rng))
        sentences.append(expand("{brief}", lists, scope, rng))
    joint = " " if language == "en" else ""
    if rng.random() < 0.15:
        joint = "\n"
    text = joint.join(_closed(each.strip(), language) for each in sentences)
    return text, label, images


def _closed(sentence: str, language: str) -> str:
    if sentence[-1:] in ".!?。！？，,:：;；、":
        return sentence
    return sentence + ("." if language == "en" else "。")


def _typed(text: str, language: str, rng: Random) -> str:
    """As people type: articles, capitals, slips, missing punctuation."""
    text = " ".join(text.split(" ")) if language == "en" else text
    text = _ARTICLE.sub(r"\1n ", text).replace(" , ", ", ").strip()
    chance = rng.random()
    if chance < 0.05:
        text = _slipped(text, language, rng)
    elif chance < 0.10:
        text = _slipped(_slipped(text, language, rng), language, rng)
    chance = rng.random()
    if chance < 0.30:
        text = text[:1].upper() + text[1:]
    elif chance < 0.33:
        text = text.upper()
    elif chance < 0.38:
        text = re.sub(r"[,.!?，。！？:：]", " " if language == "en" else "", text)
    elif chance < 0.45 and text[-1:].isalnum():
        text += "." if language == "en" else "。"
    return text


def _slipped(text: str, language: str, rng: Random) -> str:
    if language == "zh":
        there = [(right, slip) for right, slip in _SLIPS_ZH if right in text]
        if not there:
            return text
        right, slip = there[int(rng.random() * len(there))]
        return text.replace(right, slip, 1)
    words = text.split(" ")
    place = int(rng.random() * len(words))
    word = words[place]
    if len(word) > 3:
        at = 1 + int(rng.random() * (len(word) - 2))
        how = rng.random()
        if how < 0.4:
            word = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        elif how < 0.7:
            word = word[:at] + word[at + 1 :]
        else:
            word = word[:at] + word[at] + word[at:]
        words[place] = word
    return " ".join(words)
