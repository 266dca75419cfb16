"""The words, one readable file per language; read once, when the first text is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from ima_tui.core.records import dataclass
from ima_tui.intent.normalise import fold
from ima_tui.intent.tokens import Lexicon, Speller

LANGUAGES = ("en", "zh", "international", "deliverables")
_BARE = "words"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the grammar knows about words. A section's list `words` has the section's name
    as its tag, every other list `section.list`."""

    lexicon: Lexicon
    speller: Speller
    around: Mapping[str, tuple[str, ...]]
    """Words that stand around numbers, by what they tell; parts of patterns, no phrases."""

    def any_of(self, name: str) -> str:
        """A pattern that matches any of the words `around` numbers, the longest first."""
        words = sorted(self.around[name], key=len, reverse=True)
        return "|".join(rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in words)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of all languages, read once."""
    phrases: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for tag, words in _sections(_read(language)):
            folded = [fold(word) for word in words]
            if tag.startswith("noun.") and language in ("en", "deliverables"):
                folded += [plural(word) for word in folded if word.isascii()]
            if tag.startswith(("preference.", "neg", "use")) and language == "zh":
                folded += [spelled for word in folded for spelled in other_use(word)]
            phrases.setdefault(tag, []).extend(folded)
    fuzzy = phrases.pop("fuzzy", [])
    real = phrases.pop("fuzzy.not_typos", [])
    around = {
        tag.partition(".")[2]: tuple(phrases.pop(tag))
        for tag in [tag for tag in phrases if tag.startswith("around.")]
    }
    known = {word for words in phrases.values() for phrase in words for word in phrase.split()}
    return Vocabulary(Lexicon(phrases), Speller(fuzzy, known | set(real)), around)


def _read(language: str) -> Mapping[str, object]:
    text = resources.files(__name__).joinpath(f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _sections(data: Mapping[str, object]) -> Iterator[tuple[str, list[str]]]:
    for section, lists in data.items():
        for name, words in lists.items() if isinstance(lists, Mapping) else ():
            yield (section if name == _BARE else f"{section}.{name}"), words


def other_use(phrase: str) -> Iterator[str]:
    """以后都用 is 以后都使用 as well, 用默认的 is 选用默认的."""
    if phrase.count("用") == 1 and not any(word in phrase for word in ("使用", "选用", "采用")):
        for verb in ("使用", "选用", "采用"):
            yield phrase.replace("用", verb)


def plural(noun: str) -> str:
    """`noun` in the plural, by the rules; the exceptions are written out in the file."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + "s"
