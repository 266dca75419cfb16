"""What holds for every text: an answer, spans inside it, and the same decision however it is
typed: in capitals, in full-width forms, with blanks around it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import cases

from ima_tui.intent.intent_json import intent_json
from ima_tui.intent.route import route

TEXTS = [
    (c["text"], tuple(c.get("images", ()))) for c in cases(Path(__file__).parent / "cases.jsonl")
]
SET_APART = frozenset("ßŉİıſK")
"""Letters whose capitals are other letters."""
TOLD = frozenset({"evidence", "inputs", "absent", "spoken", "misplaced", "prompt_sent"})
"""What repeats the words of the text."""
PIECES = st.sampled_from(
    [
        *(word for text, _ in TEXTS for word in (text[:6], text[-6:])),
        ":",
        "，",
        "。",
        '"',
        "「",
        "/",
        "\n",
    ]
)


def intent(text: str, images: tuple[str, ...] = ()) -> dict[str, object]:
    """All that is decided; where it stands in the text is not."""
    found = intent_json(text, route(text, images))
    for model in found.get("misplaced", ()):
        del model["text"]  # the words as they were typed
    return {key: value for key, value in found.items() if key not in TOLD}


def check(text: str) -> None:
    found = route(text)
    for evidence in found.evidence:
        start, end = evidence.span
        assert 0 <= start <= end <= len(text)
    json.dumps(intent_json(text, found))


@given(st.text(max_size=400))
def test_any_text_is_answered(text: str) -> None:
    check(text)


@given(st.text(st.characters(), max_size=300))
def test_any_characters_are_answered_even_halves_of_one(text: str) -> None:
    check(text)


HALVES = st.text(st.characters(categories=["Cs"]), max_size=20)


@given(st.lists(st.one_of(PIECES, HALVES)).map("".join))
def test_halves_of_characters_amid_wishes_are_answered(text: str) -> None:
    check(text)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_answered(data: bytes) -> None:
    check(data.decode("utf-8", "replace"))
    check(data.decode("utf-8", "surrogateescape"))
    check(data.decode("latin-1"))
    check(data.decode("utf-16-le", "replace"))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_mixture_of_wishes_is_answered(text: str) -> None:
    check(text)


@settings(max_examples=20, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=40).map("".join), st.integers(2, 400))
def test_long_texts_are_answered(piece: str, times: int) -> None:
    check((piece * times)[:10_000])


SHORT, LONG = 3_200, 25_600
"""Characters: a text of this length is read once, a shorter one may be read twice."""
SLOW = {
    "paths": "/a",
    "quotes": '"a"',
    "numerals": "一",
    "drawn": "画",
    "names": "kling ",
    "characters": "".join(chr(32 + 97 * place % 0xD7D0) for place in range(LONG)),
    "dots behind a count": "draw a fox, give me 4" + "." * LONG,
    "wishes": "，".join(text for text, _ in TEXTS),
}


def processor_seconds(text: str) -> float:
    started = time.process_time()
    route(text)
    return time.process_time() - started


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_a_text_eight_times_as_long_takes_about_eight_times_as_long(text: str) -> None:
    """A pattern that walks back over what it has read would take 64 times as long. Both lengths
    are timed in turn and the best rounds count, so a busy or slow machine changes nothing. How
    many milliseconds that are is told by benchmarks/routing.py."""
    if sys.gettrace() is not None:
        pytest.skip("a tracer counts, too")
    whole = (text * (LONG // len(text) + 1))[:LONG]
    short, long = [], []
    for _ in range(40):
        short.append(processor_seconds(whole[:SHORT]))
        long.append(processor_seconds(whole))
        if len(long) >= 5 and min(long) < 12 * min(short):
            break
    assert min(long) < 12 * min(short)


@pytest.mark.parametrize(("text", "images"), TEXTS)
def test_capitals_do_not_matter(text: str, images: tuple[str, ...]) -> None:
    assert intent(text.upper(), images) == intent(text, images)
    assert intent(text.swapcase(), images) == intent(text, images)


@pytest.mark.parametrize(("text", "images"), TEXTS)
def test_full_width_forms_do_not_matter(text: str, images: tuple[str, ...]) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert intent(wide, images) == intent(text, images)


@pytest.mark.parametrize(("text", "images"), TEXTS)
def test_blanks_around_do_not_matter(text: str, images: tuple[str, ...]) -> None:
    assert intent(f" \n\t{text}\u3000  \n", images) == intent(text, images)


@given(st.lists(PIECES, max_size=20).map("".join), st.text(" \t\n\u3000", max_size=20))
def test_no_mixture_minds_capitals_and_blanks(text: str, blanks: str) -> None:
    if not SET_APART & set(text):
        assert intent(blanks + text.upper() + blanks) == intent(text)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_no_mixture_minds_full_width_forms(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert intent(wide) == intent(text)


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    first = [intent(text, images) for text, images in TEXTS]
    assert [intent(text, images) for text, images in reversed(TEXTS)] == first[::-1]
