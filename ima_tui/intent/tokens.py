"""Words, the vocabulary's phrases among them, and spelling mistakes.

A token is a run of Latin letters, a number, one Chinese character, one piece of punctuation, or a
run of hidden characters (content: quotations, addresses). Phrases of every language are tuples of
tokens, so that one table and one walk find them all: the longest phrase at each place wins.

For spelling both sides are indexed by what is left when one letter is taken out, so that a word is
looked up and not compared with all of them. One slip (a letter too many, too few, wrong, or two
swapped) is forgiven where one of the two has five letters or more, two in words of eight and more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from ima_tui.core.records import dataclass

HIDDEN = "\x00"
"""What stands for a character of content in the text that is read for requests."""

INPUT = "\x01"
"""What stands for a character of a path or address that is an input."""

_HAN = "\u4e00-\u9fff"
_PAUSE = (
    rf"(?<=[{_HAN}]{{3}}[^\s用不要个段张的和与把将给在是有做成为被让换])"
    rf" +(?=[{_HAN}]{{2,}}|再|[{_HAN}]\d)"
)
"""画一间小屋 再让它动起来: between Chinese phrases a blank is a comma."""
_TOKEN = re.compile(
    rf"{_PAUSE}|[-=]+>|[→⇒➜➡]|"
    r"\x00+|\x01+|\d{1,3}(?:,\d{3})+(?![\d.])|\d+(?:\.\d+)*|[a-z]+(?:'[a-z]+)?|[\u0370-\u04ff\u0590-\u06ff]+|\n|[^\s]"
)
_BREAKS = frozenset(",.;!?。、;…\n|—–()[]{}·•")
"""Punctuation that ends a clause. A colon does so too, with a meaning of its own."""
_OPENS_LINE = frozenset("*#>")
"""What Markdown puts before a line says nothing about it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text with their places in it, side by side."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def tokenise(text: str) -> Tokens:
    """Cut a folded text into words; dashes inside a word are dropped."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    length = len(text)
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        word = found.group().strip(" ") or ","
        if word[-1] in ">→⇒➜➡" and word != ">":
            word = "then"  # a poster -> a clip
        if word in "-_" and start > 0 and end < length and _joins(text[start - 1], text[end]):
            continue  # text-to-speech and text to speech are the same words
        if word in _OPENS_LINE and (not words or words[-1] == "\n"):
            continue  # "* draw a fox", "## Logo", "> a quoted request"
        words.append(word)
        starts.append(start)
        ends.append(end)
    return Tokens(tuple(words), tuple(starts), tuple(ends))


def _joins(before: str, after: str) -> bool:
    return before.isalnum() and after.isalnum()


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase of the vocabulary."""
    return tokenise(phrase).words


def phrase_of(words: Sequence[str]) -> str:
    """The words as one phrase: Chinese without blanks."""
    return ("" if words and is_chinese(words[0]) else " ").join(words)


def is_break(word: str) -> bool:
    """Whether the word is punctuation that ends a clause."""
    return word in _BREAKS


def is_chinese(word: str) -> bool:
    """Whether the word begins with a Chinese character."""
    return "\u4e00" <= word[0] <= "\u9fff"


@dataclass(frozen=True, slots=True)
class TokenMark:
    """A phrase of the vocabulary found in the text: tokens `first` up to, not including, `last`;
    characters `start` to `end` of the folded text."""

    first: int
    last: int
    start: int
    end: int
    phrase: str
    tags: tuple[str, ...]

    def has(self, *tags: str) -> bool:
        """Whether it carries any of these tags."""
        return any(tag in self.tags for tag in tags)


class Lexicon:
    """Phrases with their tags (in the order they are told), ready to be found."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        tagged: dict[tuple[str, ...], dict[str, None]] = {}
        for tag, listed in phrases.items():
            for phrase in listed:
                tagged.setdefault(words_of(phrase), {})[tag] = None
        self._tags = {words: tuple(tags) for words, tags in tagged.items()}
        lengths: dict[str, set[int]] = {}
        for words in tagged:
            lengths.setdefault(words[0], set()).add(len(words))
        self._lengths = {word: sorted(found, reverse=True) for word, found in lengths.items()}

    def tags(self, phrase: str) -> tuple[str, ...]:
        """The tags of one phrase; none for what is no phrase."""
        return self._tags.get(words_of(phrase), ())

    def find(self, tokens: Tokens, respell: Mapping[int, str] | None = None) -> list[TokenMark]:
        """The longest phrases, left to right, none inside another. `respell` holds words (by
        place) that are read as another: spelling mistakes put right."""
        words = tokens.words
        if respell:
            changed = list(words)
            for place, word in respell.items():
                changed[place] = word
            words = tuple(changed)
        found: list[TokenMark] = []
        place, count = 0, len(words)
        lengths, tagged = self._lengths, self._tags
        while place < count:
            step = 1
            for length in lengths.get(words[place], ()):
                phrase = words[place : place + length]
                tags = tagged.get(phrase)
                if tags is not None and len(phrase) == length:
                    last = place + length
                    start, end = tokens.starts[place], tokens.ends[last - 1]
                    found.append(TokenMark(place, last, start, end, phrase_of(phrase), tags))
                    step = length
                    break
            place += step
        return found


SHORTEST = 4
LONG = 8
LONGEST = 24


class Speller:
    """`known` are words that are right as they are, however like a listed one they look."""

    def __init__(self, words: Iterable[str], known: Collection[str]) -> None:
        self._words = frozenset(words)
        self._known = frozenset(known) | self._words
        self._by_part: dict[str, set[str]] = {}
        for word in self._words:
            for part in _parts(word, twice=len(word) >= LONG):
                self._by_part.setdefault(part, set()).add(word)
        self.meant = lru_cache(maxsize=4096)(self._meant)

    def _meant(self, word: str) -> str | None:
        """The word that was meant by a misspelt one, or None."""
        if not SHORTEST <= len(word) <= LONGEST or word in self._known or not word.isascii():
            return None
        found: list[tuple[int, str]] = []
        for part in _parts(word, twice=len(word) >= LONG):
            for listed in self._by_part.get(part, ()):
                allowed = 2 if min(len(word), len(listed)) >= LONG else 1
                slips = distance(word, listed)
                if len(listed) <= SHORTEST:
                    allowed = 0 if len(word) <= SHORTEST else 1
                if slips <= allowed and word[0] == listed[0]:
                    found.append((slips, listed))
        return min(found)[1] if found else None


def _parts(word: str, *, twice: bool) -> set[str]:
    once = {word[:i] + word[i + 1 :] for i in range(len(word))}
    if twice:
        once |= {part[:i] + part[i + 1 :] for part in once for i in range(len(part))}
    return once | {word}


def distance(left: str, right: str) -> int:
    """Slips between two words: insertions, omissions, wrong letters, neighbours swapped."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
