"""Names of models (families, versions, aliases) and of the voices that a model lists.

Those of models are in names.toml (facts of the founding document).

The service has no table of voices. What is known of one is in the option's label or in its id, as
in `zh_female_xiaohe_bigtts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path

from ima_tui.core.domain import Field, Job, Medium, Option, TaskType, Value
from ima_tui.core.records import dataclass

ANY_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Family:
    """One brand.

    `versions` maps version words to a model id per task type (`ANY_OTHER` for the rest).
    """

    name: str
    medium: Medium
    words: tuple[str, ...]
    cautious: tuple[str, ...]
    numbered: tuple[str, ...]
    newest: str
    versions: Mapping[str, Mapping[str, str]]
    field_name: str = ""
    field_values: Mapping[str, str] = field(default_factory=dict)
    models: bool = False

    def model_id(self, version: str, task_type: TaskType | None) -> str:
        """Return the id for a version word ("" or an unknown one: the newest)."""
        ids = self.versions.get(version) or self.versions[self.newest]
        wanted = task_type.value if task_type else ""
        return ids.get(wanted) or ids.get(ANY_OTHER) or next(iter(ids.values()))

    def model_ids(self) -> tuple[str, ...]:
        """Return every id of the family, once each."""
        found = (model_id for ids in self.versions.values() for model_id in ids.values())
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Names:
    """All families, and products of other services with their medium."""

    families: tuple[Family, ...]
    outsiders: Mapping[str, Medium]
    everyday: tuple[str, ...]
    search: Mapping[str, tuple[str, ...]]


@cache
def names() -> Names:
    """Return names.toml, parsed on first use."""
    import tomllib

    text = Path(__file__).with_name("names.toml").read_text("utf-8")
    data = tomllib.loads(text)
    families = tuple(_family(row) for row in data["family"])
    outsiders = {
        word: Medium(medium) for medium, words in data["outsiders"].items() for word in words
    }
    search = {model_id: tuple(words) for model_id, words in data["search"].items()}
    return Names(families, outsiders, _strings(data["everyday"]["words"]), search)


def _family(row: Mapping[str, object]) -> Family:
    versions: dict[str, Mapping[str, str]] = {}
    listed = row["version"]
    assert isinstance(listed, Mapping)
    for word, ids in listed.items():
        versions[word] = dict(ids) if isinstance(ids, Mapping) else {ANY_OTHER: str(ids)}
    told = row.get("field")
    values = told["values"] if isinstance(told, Mapping) else {}
    return Family(
        name=str(row["name"]),
        medium=Medium(str(row["medium"])),
        words=_strings(row.get("words")),
        cautious=_strings(row.get("cautious")),
        numbered=_strings(row.get("numbered")),
        newest=str(row["newest"]),
        versions=versions,
        field_name=str(told["name"]) if isinstance(told, Mapping) else "",
        field_values=values,
        models=bool(row.get("leaves")),
    )


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def family_of(model_id: str) -> Family | None:
    """Return the family of a model id, or None."""
    return next((each for each in names().families if model_id in each.model_ids()), None)


def sibling(model_id: str, task_type: TaskType) -> str:
    """Return the same brand and version for another task type (wan2.6-t2v -> wan2.6-i2v).

    "" where the brand makes another medium; the id itself where it is unknown.
    """
    family = family_of(model_id)
    if family is None:
        return model_id
    if family.medium is not task_type.medium:
        return ""
    version = next(word for word, ids in family.versions.items() if model_id in ids.values())
    return family.model_id(version, task_type)


@cache
def aliases() -> Mapping[str, tuple[str, ...]]:
    """Map each model id to its search terms: the family's names, also with the version."""
    found: dict[str, list[str]] = {}
    for family in names().families:
        words = (*family.words, *family.cautious)
        for version, ids in family.versions.items():
            for model_id in ids.values():
                told = found.setdefault(model_id, [])
                told.extend(words)
                told.extend(
                    f"{word}{gap}{version}" for word in words for gap in ("", " ") if version
                )
    for model_id, words in names().search.items():
        found.setdefault(model_id, []).extend(words)
    return {model_id: tuple(dict.fromkeys(told)) for model_id, told in found.items()}


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


def voices_used(jobs: Iterable[Job], name: str) -> list[Voice]:
    """Return the voices that jobs were sent with, the newest first, each once."""
    found = (dict(job.order.parameters).get(name) for job in jobs)
    return [voice_of(Option(one, one)) for one in dict.fromkeys(map(str, filter(None, found)))]
