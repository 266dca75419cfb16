"""What people call deliverables, each in plain frames: how many are read as their medium."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ima_tui.intent.route import by_rules

OWN = Path(__file__).with_name("nouns.toml")
SHARED = Path(__file__).parents[3] / "shared" / "routing" / "nouns.tsv"
FRAMES = {
    "en": ("make a {} for our bakery", "I need a {} about the sea, please", "{} of a red fox"),
    "zh": ("帮我做一个{}", "我想要一个关于大海的{}", "春天主题的{}，温暖一点"),
}
LEAST = 0.97
WORKFLOWS = {"music video", "mv", "MV", "音乐视频", "lyric video"}
"""Several things to make, by the founding document."""
MEDIA = ("image", "video", "music", "speech")


def read_as(text: str) -> str:
    intent = by_rules(text)
    if intent.kind.value == "workflow":
        return "several"
    return intent.medium.value if intent.medium else "ask"


def own_nouns(medium: str, language: str) -> Iterator[str]:
    table = tomllib.loads(OWN.read_text("utf-8"))[medium][language]
    yield from _split(table["alone"])
    joint = " " if language == "en" else ""
    for head, before in table["compound"].items():
        yield from (f"{word}{joint}{head}" for word in _split(before))


def _split(words: str) -> list[str]:
    return [word for part in words.split(",") if (word := " ".join(part.split()))]


def misread(nouns: list[str], medium: str, language: str) -> list[str]:
    """Nouns that two frames read as another medium, or ask about."""

    def is_misread(noun: str) -> bool:
        first, second, third = (frame.format(noun) for frame in FRAMES[language])
        wrong = [read_as(text) != medium for text in (first, second)]
        return all(wrong) or (any(wrong) and read_as(third) != medium)

    return [noun for noun in nouns if is_misread(noun)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("medium", MEDIA)
def test_our_own_nouns_are_read_as_their_medium(medium: str, language: str) -> None:
    nouns = [n for n in dict.fromkeys(own_nouns(medium, language)) if n not in WORKFLOWS]
    assert len(nouns) >= 300
    wrong = misread(nouns, medium, language)
    assert len(wrong) <= (1 - LEAST) * len(nouns), wrong


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("medium", MEDIA)
def test_nouns_by_another_author_are_read_as_their_medium(medium: str, language: str) -> None:
    if not SHARED.exists():
        pytest.skip("the shared list of nouns is not here")
    rows = [line.split("\t") for line in SHARED.read_text("utf-8").splitlines()[1:]]
    nouns = [row[2] for row in rows if row[:2] == [medium, language]]
    nouns = [noun for noun in nouns if noun not in WORKFLOWS]
    wrong = misread(nouns, medium, language)
    assert len(wrong) <= (1 - LEAST) * len(nouns), wrong
