"""Voices that a model lists: name, language and sex, read off their ids and labels.

The service has no table of voices. What is known of one is in the option's label or in its id, as
in `zh_female_xiaohe_bigtts`.
"""

from __future__ import annotations

import re

from ima_tui.core.domain import Field, Option, Value
from ima_tui.core.records import dataclass

_LANGUAGES = {
    "zh": "zh", "cn": "zh", "chinese": "zh", "mandarin": "zh", "中文": "zh", "普通话": "zh",
    "en": "en", "us": "en", "uk": "en", "english": "en", "英语": "en", "英文": "en",
    "ja": "ja", "jp": "ja", "japanese": "ja", "日语": "ja",
    "ko": "ko", "kr": "ko", "korean": "ko", "韩语": "ko",
    "es": "es", "spanish": "es", "西班牙语": "es",
    "fr": "fr", "french": "fr", "法语": "fr",
    "de": "de", "german": "de", "德语": "de",
    "it": "it", "italian": "it", "意大利语": "it",
    "pt": "pt", "portuguese": "pt", "葡萄牙语": "pt",
    "ru": "ru", "russian": "ru", "俄语": "ru",
    "id": "id", "indonesian": "id", "印尼语": "id",
    "multi": "multi", "multilingual": "multi", "多语种": "multi",
}  # fmt: skip
_SEXES = {
    "female": "female", "woman": "female", "girl": "female", "f": "female", "女": "female",
    "女声": "female", "女生": "female",
    "male": "male", "man": "male", "boy": "male", "m": "male", "男": "male", "男声": "male",
    "男生": "male",
    "child": "child", "kid": "child", "童声": "child",
}  # fmt: skip
_NO_NAME = frozenset({"bigtts", "tts", "mars", "moon", "uranus", "saturn", "voice", "icl"})
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice.

    `language` is a code (`zh`, `en`, `multi`), `sex` is `female`, `male` or `child`; "" where that
    is not known. `sample`: what the list says of it.
    """

    value: Value
    name: str
    language: str = ""
    sex: str = ""
    sample: str = ""


def voice_of(option: Option) -> Voice:
    """Return the voice of an option: its label is the name, if it has one of its own."""
    value = str(option.value)
    words = [word.casefold() for word in _WORDS.findall(f"{value} {option.label}")]
    language = next((_LANGUAGES[word] for word in words if word in _LANGUAGES), "")
    sex = next((_SEXES[word] for word in words if word in _SEXES), "")
    name = option.label if option.label.casefold() != value.casefold() else _name(value)
    return Voice(option.value, name, language, sex, option.about)


def _name(value: str) -> str:
    """Return the part of an id that names the voice: `Xiaohe`."""
    words = _WORDS.findall(value)
    known = _LANGUAGES.keys() | _SEXES.keys() | _NO_NAME
    kept = [word for word in words if word.casefold() not in known]
    return " ".join(kept).capitalize() if kept and len(kept) < len(words) else value


def voices(field: Field) -> tuple[Voice, ...]:
    """Return the voices that a field offers; none where it takes any id."""
    return tuple(map(voice_of, field.options))
