"""A second opinion on what a prompt asks for: a linear classifier beside the rules.

Weights come from `classifier.bin`, made by `tools/train_intent.py`: a header, then, compressed, one
table of signed bytes for each label, and the weights by which `second_opinion` combines its scores
with the rules. One scale serves all tables and covers the largest weight, because clipping the
largest ones loses the most telling words. Plain Python, no dependency.

Features are hashed words, characters and the places they stand in. The trainer calls the same
function. A long text is cut before it is folded: head, tail, and what stands around request words
between them, so that the cost is bounded whatever is pasted.
"""

from __future__ import annotations

import re
import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from math import sqrt
from operator import itemgetter
from zlib import crc32

from ima_tui.core.records import dataclass
from ima_tui.intent.normalise import fold

LABELS = (
    *("image", "video", "music", "speech", "several", "question", "ask", "preference"),
    *("missing", "frames", "reference"),
)
"""What a prompt asks for: one medium, several (a workflow), an answer, nothing that can be made
without asking first, another default model; something to be made of a picture that is not there; a
video from a first to a last frame, or of what the attached pictures show."""
MAGIC = b"IMAC0003"
HEADER = struct.Struct(f"<8sIIf{len(LABELS)}f")
"""Magic, entries of a table, inputs of the combination, scale, then the bias of each label."""
MOST_INPUTS = 4096
"""Of the combination with the rules, in a file that is worth reading."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The packed model: one signed byte for each place and label, a scale and biases; and for each
    label the weights of the combination with the rules, the bias last."""

    scale: float
    bias: tuple[float, ...]
    tables: tuple[array[int], ...]
    combination: tuple[array[float], ...]


def read_weights(data: bytes) -> Weights:
    """The weights of a file; ValueError if it is not one of ours."""
    if len(data) < HEADER.size:
        raise ValueError("classifier.bin has the wrong length")
    magic, size, inputs, scale, *bias = HEADER.unpack_from(data)
    if magic != MAGIC or size != SIZE or inputs > MOST_INPUTS:
        raise ValueError("classifier.bin is of another version")
    tables, rows = len(LABELS) * SIZE, 4 * (inputs + 1)
    unpack = zlib.decompressobj()
    try:
        body = unpack.decompress(data[HEADER.size :], tables + len(LABELS) * rows + 1)
    except zlib.error as error:
        raise ValueError("classifier.bin is damaged") from error
    if len(body) != tables + len(LABELS) * rows or not unpack.eof:
        raise ValueError("classifier.bin has the wrong length")
    ends = range(tables, len(body), rows)
    return Weights(
        scale,
        tuple(bias),
        tuple(array("b", body[at : at + SIZE]) for at in range(0, tables, SIZE)),
        tuple(array("f", body[at : at + rows]) for at in ends),
    )


@lru_cache(maxsize=1)
def load() -> Weights:
    """The shipped weights, read once."""
    return read_weights(resources.files(__package__).joinpath("classifier.bin").read_bytes())


def scores(text: str, images: int = 0) -> tuple[float, ...]:
    """How much `text`, with `images` pictures given beside it, looks like each of `LABELS`."""
    weights = load()
    totals = list(weights.bias)
    for places in features(text, images):
        if not places:
            continue
        factor = weights.scale / sqrt(len(places))
        pick = itemgetter(*places)  # half the time of a map
        for label, table in enumerate(weights.tables):
            picked = pick(table)
            totals[label] += factor * (sum(picked) if len(places) > 1 else picked)
    return tuple(totals)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


BITS = 17
SIZE = 1 << BITS
_MASK = SIZE - 1

_HEAD, _TAIL = 560, 220
_HEAD_DENSE, _TAIL_DENSE = 190, 90
"""Characters read of a text in Chinese, Japanese or Korean, where each one is a token."""
_SEARCHED = 20_000
"""Characters searched for requests between head and tail."""
_REQUEST = re.compile(
    r"\b(?:please|i (?:need|want)|i'd like|we (?:need|want)|(?:make|create|generate|produce|give me"
    r"|turn (?:this|it|that|all)|do it|deliver) |as an? )"
    r"|(?:请|請|帮我|幫我|我要|我想要|需要一|做成|生成|制作|製作)",
    re.IGNORECASE,
)
_AROUND, _AROUND_DENSE, _FINDS = 70, 24, 2

_DENSE = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
_DENSE_CHARACTER = re.compile(f"[{_DENSE}]")
_TOKEN = re.compile(
    rf"\x01+|\x02+|[{_DENSE}]|[a-z]+(?:'[a-z]+)?|\d+|[^\W\d_a-z{_DENSE}]+"
    r"|[,.;!?。、:…\n|—–]|[(){}<>=\[\]\\&+]"
)
_QUOTED = re.compile(
    r"\"[^\"\n]{2,900}\"|「[^「」]{1,900}」|『[^『』]{1,900}』|《[^《》]{1,300}》"
    r"|(?<![a-z0-9])'[^'\n]{3,900}'(?![a-z0-9])|`[^`\n]{1,500}`"
)
_ADDRESS = re.compile(
    r"https?://[^\s,。、;\"<>《》「」\u4e00-\u9fff]+"
    r"|(?<![a-z0-9])[~./\\a-z0-9_-]{1,120}\.(?:png|jpe?g|webp|gif|bmp|heic|avif)(?![a-z0-9])"
)
_QUOTE, _SOURCE = "\x01", "\x02"
_EARLY, _CONTENT = 16, 90
"""Tokens before a colon that introduces content, and of that content."""
_ENDS = frozenset(",.;!?。、:…\n|—–")

_REFUSES = _set(
    "no not without don't dont never nor isn't instead rather skip forget neither except"
)
_REFUSES_ZH = re.compile("不要|别|不用|不需要|不是|无需|不必|不想|没有|而不|而非|免得|不做|不画")
_REFUSES_ZH_PAIRS = _set("不要 不用 不是 无需 不必 不想 没有 不做 不画 别给 别做 别拍 别画 别配")
_LIKENS_ZH = re.compile("好像|就像|仿佛|如同|宛如|一样|般的|像")
_PREPOSITIONS = _set(
    "of for with in on about from to that where showing featuring at by which who under over as "
    "saying called titled like into inspired based using between through around because so while "
    "when"
)
_WISHES = _set("would i'd i we'd d")
"""Before "like": then it asks, and likens nothing."""
_ASKS = _set(
    "make create generate need want give draw paint design write compose produce film shoot record "
    "read please like get render turn animate say sketch build show craft deliver sing narrate"
)
_ASKS_ZH = re.compile(
    "请|帮|给我|我要|我想|想要|需要|生成|做|画|写|拍|录|读|念|设计|制作|来一|来个|来段|来首|出一"
    "|弄|整|搞|求|唱|谱|编|配"
)


def cut(text: str) -> str:
    """What is read of `text`: all of a short one; of a long one the ends and some requests."""
    sample = text[:120]
    dense = len(_DENSE_CHARACTER.findall(sample)) * 4 > len(sample)
    head, tail = (_HEAD_DENSE, _TAIL_DENSE) if dense else (_HEAD, _TAIL)
    if len(text) <= head + tail:
        return text
    around = _AROUND_DENSE if dense else _AROUND
    stop = min(len(text) - tail, head + _SEARCHED)
    pieces, at = [text[:head]], head
    for _ in range(_FINDS):
        found = _REQUEST.search(text, at, stop)
        if found is None:
            break
        at = min(found.start() + around, stop)
        pieces.append(text[found.start() : at])
    return "\n".join([*pieces, text[-tail:]])


def features(text: str, images: int = 0) -> list[list[int]]:
    """Places in the weight table, in groups that weigh the same whatever their length."""
    tokens = _tokens(text)
    clauses = list(_clauses(tokens))
    return [
        _words(tokens),
        *_parted(_structure(clauses)),
        list(_setting(clauses, tokens, images)),
    ]


_HEADS = frozenset("hdme")
"""First letters of the features that name the head of a clause: a group of their own."""


def _parted(found: Iterator[str]) -> tuple[list[int], list[int]]:
    heads: list[int] = []
    others: list[int] = []
    for feature in found:
        (heads if feature[0] in _HEADS else others).append(_mark(feature))
    return heads, others


def _tokens(text: str) -> list[str]:
    folded = fold(cut(text))
    if "." in folded or "://" in folded:
        folded = _ADDRESS.sub(f" {_SOURCE} ", folded)
    hidden = _QUOTED.sub(f" {_QUOTE} ", folded)
    if any(map(str.isalnum, hidden)):
        folded = hidden
    return ["#" if token.isdigit() else token for token in _TOKEN.findall(folded)]


def _clauses(tokens: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Each clause, with the punctuation behind it."""
    clause: list[str] = []
    for token in tokens:
        if token in _ENDS:
            if clause:
                yield clause, token
            clause = []
        else:
            clause.append(token)
    if clause:
        yield clause, ""


@lru_cache(maxsize=8192)
def _mark(group: str) -> int:
    return crc32(group.encode("utf-8", "replace")) & _MASK


@lru_cache(maxsize=8192)
def _marks(word: str) -> tuple[int, ...]:
    """A word and its four-letter pieces: a slip of the finger leaves most of them whole."""
    marks = [_mark(f"w{word}")]
    if len(word) > 4 and word.isalpha():
        closed = f"^{word[:16]}$"
        marks += [_mark(f"p{closed[i : i + 4]}") for i in range(len(closed) - 3)]
    return tuple(marks)


def forget() -> None:
    """Empty the caches of words, for measuring a first call."""
    _mark.cache_clear()
    _marks.cache_clear()


def _words(tokens: Sequence[str]) -> list[int]:
    """Single tokens, word pieces and pairs. Behind an early colon stands content: words of their
    own, so that "read out: draw a cat" asks for no drawing. So does what is refused."""
    start, stop = _content(tokens)
    found: list[int] = []
    before = "^"
    refused = 0
    for place, token in enumerate(tokens):
        if token in _ENDS:
            refused = 0
        elif token in _REFUSES or f"{before}{token}" in _REFUSES_ZH_PAIRS:
            refused = 7
        if refused > 0:
            refused -= 1
            found.append(_mark(f"r{token}"))
            found.append(_mark(f"r{before} {token}"))
        elif start < place < stop:
            found.append(_mark(f"t{token}"))
            found.append(_mark(f"u{before} {token}"))
        else:
            found += _marks(token)
            found.append(_mark(f"b{before} {token}"))
        before = token
    found.append(_mark(f"b{before} $"))
    return found


def _content(tokens: Sequence[str]) -> tuple[int, int]:
    """Where the content behind an early colon starts and stops."""
    try:
        start = tokens.index(":", 1, _EARLY)
    except ValueError:
        return len(tokens), len(tokens)
    stop = start + _CONTENT
    if "\n" in tokens[start + 2 : stop]:
        stop = tokens.index("\n", start + 2)
    return start, stop


def _is_dense(token: str) -> bool:
    return "\u3040" <= token <= "\ud7af"


def _structure(clauses: Sequence[tuple[list[str], str]]) -> Iterator[str]:
    """Where words stand: heads of clauses, requests, refusals, likenesses, first and last."""
    last = len(clauses) - 1
    colon = next((at for at, (_, end) in enumerate(clauses[:4]) if end == ":"), None)
    for index, (clause, end) in enumerate(clauses):
        if colon is not None and index and colon < index <= colon + 2:
            yield from _placed("t", clause)
            if index < last:
                continue
        if _is_dense(clause[-1]) or _is_dense(clause[0]):
            yield from _chinese(clause, end)
        else:
            yield from _english(clause, end)
        if index == 0:
            yield from _placed("f", clause)
        if index == last and last:
            yield from _placed("l", clause)


def _placed(place: str, clause: Sequence[str]) -> Iterator[str]:
    before = ""
    for token in clause[:24]:
        yield f"{place}{token}"
        if before and _is_dense(token):
            yield f"{place}{before}{token}"
        before = token


def _english(clause: Sequence[str], end: str) -> Iterator[str]:
    yield f"s{clause[0]}"
    yield f"s{' '.join(clause[:2])}"
    yield from _english_heads(clause, end)
    yield from _refused(clause)
    asked = next((place for place, token in enumerate(clause) if token in _ASKS), len(clause))
    yield from (f"a{token}" for token in clause[asked + 1 :] if token not in _ASKS)
    for place, token in enumerate(clause[1:], 1):
        if token == "like" and clause[place - 1] not in _WISHES | _PREPOSITIONS:  # noqa: S105
            yield from (f"k{each}" for each in clause[place : place + 5])


def _english_heads(clause: Sequence[str], end: str) -> Iterator[str]:
    """The word before each preposition, and the last one: "a poster for our film"."""
    head = ""
    for place, token in enumerate(clause):
        if token not in _PREPOSITIONS:
            head = token
            continue
        if head:
            yield f"h{head}"
            yield f"h{clause[place - 2] if place > 1 else ''} {head}"
        head = ""
    if head:
        yield f"h{head}"
        yield f"h{clause[-2] if len(clause) > 1 else ''} {head}"
        yield f"e{head}{end}"


def _refused(clause: Sequence[str]) -> Iterator[str]:
    """The five words behind a refusal."""
    left = 0
    for token in clause:
        if token in _REFUSES:
            left = 5
        elif left:
            left -= 1
            yield f"n{token}"


def _chinese(clause: Sequence[str], end: str) -> Iterator[str]:
    text = "".join(clause)
    for length in range(1, 5):
        yield f"e{text[-length:]}"
        if length < 4:
            yield f"s{text[:length]}"
    yield f"e{text[-1]}{end}"
    for place, character in enumerate(text[1:], 1):
        if character == "的":
            yield f"d{text[place + 1 : place + 3]}"
        if character in "张幅首段支条部篇曲句版款套" and text[place - 1] not in "的":
            yield f"m{character}{text[place + 1 : place + 3]}"
    for prefix, pattern, reach in (("n", _REFUSES_ZH, 6), ("k", _LIKENS_ZH, 6)):
        for found in pattern.finditer(text):
            yield from _pairs(prefix, text[found.end() : found.end() + reach])
    asked = _ASKS_ZH.search(text)
    if asked is not None:
        yield f"v{asked.group()}"
        yield from _pairs("a", text[asked.end() : asked.end() + 24])


def _pairs(prefix: str, text: str) -> Iterator[str]:
    for place, character in enumerate(text):
        yield f"{prefix}{character}"
        if place:
            yield f"{prefix}{text[place - 1 : place + 1]}"


def _setting(
    clauses: Sequence[tuple[list[str], str]], tokens: Sequence[str], images: int
) -> Iterator[int]:
    """How many pictures come along, with the words of the first clause; length and form."""
    sources = min(2, images + sum(1 for token in tokens if token[0] == _SOURCE))
    yield _mark(f"i{sources}")
    yield _mark(f"z{len(tokens).bit_length()}")
    yield _mark(f"c{min(len(clauses), 9)}")
    if not clauses:
        yield _mark("empty")
        return
    yield _mark(f"?{clauses[-1][1]}")
    yield _mark(f"?{clauses[-1][0][-1]}{clauses[-1][1]}")
    yield _mark(f"o{' '.join(clauses[0][0][:3])}")
    yield _mark(f"i{sources}z{min(len(tokens).bit_length(), 6)}")
    for token in clauses[0][0][:16]:
        yield _mark(f"x{sources}{token}")
