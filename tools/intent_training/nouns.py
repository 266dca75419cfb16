"""The deliverable nouns of `tests/intent/nouns.toml`, one list for each medium and language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

NOUNS = Path(__file__).parents[2] / "tests" / "intent" / "nouns.toml"
MEDIA = ("image", "video", "music", "speech")
LANGUAGES = ("en", "zh")


@lru_cache(maxsize=1)
def nouns() -> dict[tuple[str, str], tuple[str, ...]]:
    """(medium, language) → names, in the order of the file."""
    tables = tomllib.loads(NOUNS.read_text("utf-8"))
    return {
        (medium, language): tuple(dict.fromkeys(_names(tables[medium][language], language)))
        for medium in MEDIA
        for language in LANGUAGES
    }


def _names(table: dict[str, object], language: str) -> list[str]:
    joint = " " if language == "en" else ""
    alone, compound = table["alone"], table["compound"]
    assert isinstance(alone, str)
    assert isinstance(compound, dict)
    made = [
        f"{before}{joint}{head}" for head, words in compound.items() for before in _split(words)
    ]
    return [*_split(alone), *made]


def _split(words: str) -> list[str]:
    return [word for part in words.split(",") if (word := " ".join(part.split()))]
