"""Text from outside, made safe; secrets, made unreadable; numbers, made short."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ima_tui.core.text import (
    clean,
    duration,
    encodable,
    escaped,
    folded,
    nearest,
    one_line,
    points_range,
    redact,
    size,
)

HARMFUL = {"Cc", "Cs"}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ESCAPES = st.sampled_from(
    ["\x1b", "\x9b", "\x9d", "\x90", "\x07", "\x1b]", "\x1b[", "\x1b\\", "8;;", "m", "\r", "\x85"]
)
FILLERS = set("\u115f\u1160\u3164\uffa0")
"""Letters by their category, and blanks to the eye."""
hostile = st.lists(ESCAPES | st.text(st.characters(), max_size=4), max_size=30).map("".join)


def harmful(text: str) -> list[str]:
    return [
        c
        for c in text
        if (unicodedata.category(c) in HARMFUL and c != "\n")
        or c in BIDI
        or 0xE0000 <= ord(c) <= 0xE007F
        or c in "\u2028\u2029\ufeff\u200b"
    ]


@given(hostile)
@example("\x1b\x1b[31m[31m")
@example("\x1b]52;c;aGk=\x07")
@example("\x9d0;title\x9c")
@example("a\x1b[\x1b[2J2Jb")
@example("\x1bP+q\x1b\\x")
@example("\ud800\U000e0041\u202e")
def test_nothing_that_is_let_in_can_drive_a_terminal(text: str) -> None:
    assert harmful(clean(text)) == []
    assert harmful(one_line(text)) == []
    assert "\n" not in one_line(text)
    clean(text).encode()


@given(hostile)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(hostile)
@example("\ud800\U000e0041\u202e\x9b\u2028\x7f")
def test_json_says_the_same_and_drives_no_terminal(text: str) -> None:
    written = escaped(json.dumps({"a": text}, ensure_ascii=False))
    written.encode()
    assert harmful(written) == []
    # two halves of a surrogate pair are one letter once they were written out
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert json.loads(written) == {"a": whole}


@given(
    st.text(
        st.characters(categories=["L", "N", "P", "Zs"], exclude_characters=BIDI | FILLERS),
        max_size=99,
    )
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\tb", "a    b"),
        ("👩‍👩‍👧 家", "👩‍👩‍👧 家"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 3),
        ("a\u200d\u200c\u200db", "a\u200db"),
        ("☂\ufe0f\ufe0f", "☂\ufe0f"),
        ("so\u00adft \u3164\u180e", "soft "),
        ("[red]not markup[/red]", "[red]not markup[/red]"),
    ],
)
def test_known_sequences(text: str, left: str) -> None:
    assert clean(text) == left


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 1_000_000, 100) == "x" * 99 + "…"
    assert len(one_line("x " * 1_000_000, 50)) <= 50


def test_what_cant_be_encoded_is_replaced() -> None:
    assert encodable("a\udcffb").encode() == "a\ufffdb".encode()


@pytest.mark.parametrize(
    "key",
    ["ima_canary_0123456789", "ima_ABCdef-123", "ima_abcd.def.ghi", "ima_abcd+efg=", "ima_a1b2~c3"],
)
@pytest.mark.parametrize(
    "frame",
    ["{}", "Bearer {}", "key={}&x=1", '{{"appUid": "{}"}}', "appUid={}&cmimToken={}", "'{}'"],
)
def test_a_key_is_unreadable_wherever_it_stands(key: str, frame: str) -> None:
    said = redact(frame.format(key, key))
    assert key not in said
    assert key[4:] not in said
    assert all(part not in said for part in key[4:].split("."))


def test_signatures_are_unreadable_too() -> None:
    said = redact("https://x/?sign=ABC123&Signature=s%2Fs&OSSAccessKeyId=LTAI9&x=1")
    assert said == "https://x/?sign=…&Signature=…&OSSAccessKeyId=…&x=1"


def test_who_logs_in_by_an_address_is_unreadable_too() -> None:
    assert redact("at https://jane:pw@x.example:1/a?b=c@d") == "at https://…@x.example:1/a?b=c@d"
    assert redact("mail a@b.example, see https://x.example/@a") == (
        "mail a@b.example, see https://x.example/@a"
    )


@pytest.mark.parametrize(
    "path", ["/home/x/.openclaw/memory/ima_prefs.json", "~/.openclaw/logs/ima_skills/x.log"]
)
def test_names_that_are_no_key_stay_readable(path: str) -> None:
    assert redact(path) == path


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (42.9, "0:42"), (725, "12:05"), (3723, "1:02:03"), (-5, "0:00")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (812, "812 B"), (1_400, "1.4 KB"), (999_999, "1000 KB"), (5 * 10**9, "5.0 GB")],
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


def test_points() -> None:
    assert (points_range(5, 5), points_range(5, 9)) == ("5", "5–9")


def test_what_people_type_is_folded() -> None:
    assert folded(" ＫＬＩＮＧ ") == "kling"


def test_the_nearest_names_best_first() -> None:
    assert nearest("klng", ["Kling", "Wan", "king"])[0] == "Kling"
    assert nearest("zzz", ["Kling"]) == []
    assert nearest("dream", ["SeeDream 4.5", "Wan"]) == ["SeeDream 4.5"]


@pytest.mark.parametrize(
    "words",
    [
        'File "ima_create.py", line 4',
        "ima_tui_20261125.log",
        "ima_create_20261125.log.3 and ima_voice",
        "ima_image_create.py",
    ],
)
def test_tools_and_their_logs_keep_their_names(words: str) -> None:
    assert redact(words) == words


@pytest.mark.parametrize(
    "key", ["ima_create_9f8e7d", "ima_tui-secret", "ima_voice.9f8e7d6c", "ima_create20261125"]
)
def test_a_key_that_begins_like_a_tool_is_taken_out(key: str) -> None:
    assert redact(f"with {key} in it") == "with ima_… in it"
