"""A text made ready for the grammar: folded, content hidden, names found, cut into clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ima_tui.core.records import dataclass
from ima_tui.intent import numerals
from ima_tui.intent.content import Content, hide
from ima_tui.intent.names import Named, find_names
from ima_tui.intent.normalise import Plain, normalise
from ima_tui.intent.tokens import (
    HIDDEN,
    INPUT,
    SHORTEST,
    TokenMark,
    Tokens,
    is_break,
    is_chinese,
    tokenise,
)
from ima_tui.intent.vocabulary import vocabulary

NAME = "name"
SOURCE = "source.path"
QUOTE = "quote"
LISTED = "listed"
"""What stands before a clause that is an entry of a numbered list."""
_NOTHING: tuple[str, ...] = ()
_AFTER_AND = ("verb", "polite", "use", "seq")


@dataclass(frozen=True, slots=True)
class Item:
    """A phrase of the vocabulary, a name, an input, a quotation, or a word we don't know."""

    first: int
    last: int
    start: int
    end: int
    phrase: str
    tags: tuple[str, ...]

    def has(self, *tags: str) -> bool:
        """Whether it carries any of these tags."""
        mine = self.tags
        if mine:
            for tag in tags:
                if tag in mine:
                    return True
        return False

    def under(self, section: str) -> str:
        """What follows `section.` in the first such tag, or ""."""
        return _under(self.tags, section) if self.tags else ""


@lru_cache(maxsize=4096)
def _under(tags: tuple[str, ...], section: str) -> str:
    head = section + "."
    return next((tag[len(head) :] for tag in tags if tag.startswith(head)), "")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch between breaks. `after` is the break before it: punctuation, or the word that
    starts a further step."""

    items: tuple[Item, ...]
    after: str
    before: str
    chinese: bool
    index: int

    @property
    def start(self) -> int:
        """Where its first item begins in the folded text."""
        return self.items[0].start

    @property
    def end(self) -> int:
        """Where its last item ends in the folded text."""
        return self.items[-1].end


@dataclass(frozen=True, slots=True)
class Scan:
    """A text ready for the grammar: folded, hidden content, names and clauses."""

    plain: Plain
    content: Content
    tokens: Tokens
    names: tuple[Named, ...]
    clauses: tuple[Clause, ...]
    tags: frozenset[str]
    """Every tag that occurs, so that nobody looks for what is not there."""
    sections: frozenset[str]
    """Their sections."""

    @property
    def text(self) -> str:
        """The folded text with content hidden."""
        return self.content.text


def scan(original: str) -> Scan:
    """Fold a text, hide its content, find names, and cut it into clauses."""
    plain = normalise(original)
    content = hide(plain)
    tokens = tokenise(content.text)
    speller = vocabulary().speller
    respell = {
        place: meant
        for place, word in enumerate(tokens.words)
        if len(word) >= SHORTEST and (meant := speller.meant(word)) is not None
    }
    marks = vocabulary().lexicon.find(tokens, respell)
    names = find_names(tokens, content.text, marks)
    items = list(_whole_numbers(list(_items(tokens, marks, names)), content.text))
    tags = frozenset(tag for item in items for tag in item.tags)
    sections = frozenset(tag.partition(".")[0] for tag in tags)
    return Scan(plain, content, tokens, tuple(names), tuple(_clauses(items)), tags, sections)


def _items(tokens: Tokens, marks: list[TokenMark], names: list[Named]) -> Iterator[Item]:
    """Marks, names and unknown words in order; a name hides the marks it overlaps."""
    by_first = {mark.first: mark for mark in marks}
    named = {name.first: name for name in names}
    place, count = 0, len(tokens.words)
    next_name = iter([*(name.first for name in names), count])
    barrier = next(next_name)
    while place < count:
        while barrier < place:
            barrier = next(next_name)
        word, start = tokens.words[place], tokens.starts[place]
        if place in named:
            name = named[place]
            yield Item(place, name.last, start, name.end, word, (NAME,))
            place = max(name.last, place + 1)
            continue
        mark = by_first.get(place)
        if mark is not None and mark.last <= barrier:
            yield Item(place, mark.last, start, mark.end, mark.phrase, mark.tags)
            place = mark.last
            continue
        tags = _NOTHING
        if word[0] == INPUT:
            tags = (SOURCE,)
        elif word[0] == HIDDEN:
            tags = (QUOTE,)
        yield Item(place, place + 1, start, tokens.ends[place], word, tags)
        place += 1


def _whole_numbers(items: list[Item], text: str) -> Iterator[Item]:
    """Items, with a number of several words as one: 十二, twenty-four, two dozen."""
    place = 0
    while place < len(items):
        item = items[place]
        if not (item.tags or item.phrase in _NUMERALS or item.phrase.isdecimal()):
            yield item  # most words
            place += 1
            continue
        run = _numerals(items, place)
        length, value = run, _chinese_number(items[place : place + run])
        if value is None and run < 2:
            length, value = _english_number(items, place) or (1, None)
        first, last = items[place], items[place + length - 1]
        if value is None:
            yield from items[place : place + length]
        else:
            words, tag = text[first.start : last.end], f"number.{value}"
            yield Item(first.first, last.last, first.start, last.end, words, (tag,))
        place += length


def _numerals(items: list[Item], place: int) -> int:
    """How many Chinese numerals stand side by side from here on; at least 1."""
    last = place
    while last < len(items) and items[last].phrase in _NUMERALS:
        if last > place and items[last].start != items[last - 1].end:
            break
        last += 1
    return max(1, last - place)


def _chinese_number(items: Sequence[Item]) -> int | None:
    """The value of 十二 or 一百零四; 三四 are three or four, which is four."""
    if not 2 <= len(items) <= _LONGEST_NUMERAL:
        return None
    written = "".join(item.phrase for item in items)
    if not _TENS.search(written):
        larger = _IN_ORDER.find(written.replace("两", "二"))
        return larger + 2 if len(items) == 2 and larger >= 0 else None
    value = numerals.number(written)
    return None if value is None else int(value)


def _english_number(items: list[Item], place: int) -> tuple[int, int] | None:
    """(items, value) of "a hundred and four", "two dozen", "twenty four" or "1 000"."""
    value, following = _small_number(items, place), items[place + 1 : place + 2]
    if value is None or not following:
        return None
    if _THOUSANDS.fullmatch(f"{items[place].phrase} {following[0].phrase}"):
        return 2, int(items[place].phrase + following[0].phrase)
    if unit := _GROUPS.get(following[0].phrase):
        more = _small_number(items, place + 3)
        joined = items[place + 2 : place + 3]
        if unit != _DOZEN and more is not None and joined[0].phrase == "and":
            return 4, value * unit + more
        return 2, value * unit
    ones = _small_number(items, place + 1)
    if items[place].phrase in _TY and ones is not None and ones < _TEN:
        return 2, value + ones
    return None


def _small_number(items: list[Item], place: int) -> int | None:
    """The number that one item says; None for any other."""
    if place >= len(items):
        return None
    told = items[place].under("number") or items[place].phrase
    return int(told) if told.isdecimal() and len(told) < _LONGEST_NUMBER else None


_NUMERALS = frozenset("零〇一二两三四五六七八九十百千")
_TENS = re.compile("[十百千]")
_IN_ORDER = "一二三四五六七八九"
_TEN, _DOZEN = 10, 12
_THOUSANDS = re.compile(r"[1-9]\d{0,2} 000")
_GROUPS = {"dozen": _DOZEN, "hundred": 100, "thousand": 1000}
_TY = frozenset(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
_LONGEST_NUMBER = 4
_LONGEST_NUMERAL = 7


def _clauses(items: list[Item]) -> Iterator[Clause]:
    current: list[Item] = []
    after, index, number = "", 0, 0
    for place, item in enumerate(items):
        step = "step" in item.tags
        if step or _is_list_number(items, place, current, number):
            number = int(item.phrase) if item.phrase.isdecimal() else number + 1
            if current and current[-1].phrase not in _NUMBERED:
                yield _clause(current, after, LISTED, index)
                index += 1
            after, current = LISTED, []
            continue
        cut = _breaks(items, place)
        if cut and after == LISTED and not current:
            continue
        if not cut and not (current and _starts_step(items, place, current)):
            current.append(item)
            continue
        if current:
            yield _clause(current, after, item.phrase if cut else "", index)
            index += 1
        if cut:
            # of several breaks in a row a colon says most
            after = item.phrase if current or after != ":" else after
            current = []
        else:
            after, current = item.phrase, [item]
    if current:
        yield _clause(current, after, "", index)


def _is_list_number(items: list[Item], place: int, current: list[Item], last: int) -> bool:
    """ "1) a logo 2) a jingle", 1、…: the number of an entry, behind the `last` one."""
    if place + 2 >= len(items) or items[place + 1].phrase not in _SIGNS:
        return False
    if len(items[place].phrase) > 2:
        return False
    if not items[place].phrase.isdecimal():
        return not current and items[place].phrase in "abcde" and items[place + 1].phrase == ")"
    sign = items[place + 1].phrase
    if len(current) == 1 and current[0].phrase in _NUMBERED:
        return sign in (":", ".", ")", "-")
    follows = not current or (last > 0 and int(items[place].phrase) == last + 1)
    return sign == ")" or (follows and sign in (".", "、"))


_SIGNS = frozenset({")", ".", "、", ":", "-"})
_NUMBERED = frozenset({"step", "part", "no", "item"})
"""Before the number of an entry: "step 1: …"."""


KANA = re.compile("[\u3040-\u30ff\uac00-\ud7a3]")
"""Japanese and Korean: the head stands last, as in Chinese."""


def _clause(items: list[Item], after: str, before: str, index: int) -> Clause:
    chinese = any(
        item.phrase[0] >= "\u3040" and (is_chinese(item.phrase) or KANA.match(item.phrase))
        for item in items
    )
    return Clause(tuple(items), after, before, chinese, index)


def _breaks(items: list[Item], place: int) -> bool:
    item = items[place]
    word = item.phrase
    if len(word) > 1 or word.isalnum():
        return False
    if word == ":":
        return not (_digit(items, place - 1) and _digit(items, place + 1))
    if word == "-":
        return True  # a dash between words without blanks was dropped before
    return is_break(word)


def _digit(items: list[Item], place: int) -> bool:
    return 0 <= place < len(items) and items[place].phrase[:1].isdigit()


def _starts_step(items: list[Item], place: int, current: list[Item]) -> bool:
    """A word in the middle that begins a further request: "and add", "then", 再, 然后, "but"."""
    item = items[place]
    following = items[place + 1] if place + 1 < len(items) else None
    if following is None:
        return False
    if item.has("seq") and not item.has("and"):
        if is_chinese(item.phrase):
            return len(item.phrase) > 2 or _begins(following) or bool(following.under("noun"))
        return item.phrase not in ("second", "third", "next", "later") or _begins(following)
    if item.phrase in ("and", "but", "then", "and then", "而是", "但", "但是", "并", "and also"):
        if item.phrase in ("and", "but") and current[0].phrase in OTHERS:
            return False  # "he used to wind it and sing"
        moved = following.phrase in ("get", "have", "let") and place + 2 < len(items)
        if moved and items[place + 2].has("pronoun"):  # "and get it flapping"
            return True
        return _begins(following) or item.phrase in ("then", "and then", "but", "而是")
    if item.phrase in ("让", "使"):  # 修复完让他笑一笑
        return current[-1].phrase in ("完", "后", "好", "之后", "好后", "画完", "做完")
    return item.phrase in ("改用", "只要", "就要") and len(current) > 1


OTHERS = frozenset({"he", "she", "they", "who"})
"""Somebody else, whose doings are no request."""


def _begins(item: Item) -> bool:
    """An item that a request can begin with."""
    return any(tag.split(".")[0] in _AFTER_AND for tag in item.tags) or item.has("object")
