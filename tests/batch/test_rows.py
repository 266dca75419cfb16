"""What a batch file says: rows, what is wrong with them, variants, and who each row is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui import i18n
from ima_tui.batch import rows as batch
from ima_tui.batch.rows import (
    BadRow,
    RemainingRows,
    Row,
    RowKind,
    decode,
    kind_of,
    parse,
    variants,
)
from ima_tui.core.errors import UsageError


def rows(text: str, kind: RowKind, rest: RemainingRows | None = None) -> list[Row]:
    found = parse(text, kind, rest)
    assert all(isinstance(row, Row) for row in found), found
    return [row for row in found if isinstance(row, Row)]


def bad(text: str, kind: RowKind) -> list[tuple[int, str]]:
    return [(row.line, row.error.key) for row in parse(text, kind) if isinstance(row, BadRow)]


def test_one_prompt_a_line() -> None:
    found = rows(
        "a cat\n\n  a dog  \r\n", RowKind.TEXT, RemainingRows("text_to_image", "midjourney", n=2)
    )
    assert [(row.line, row.place, row.prompt) for row in found] == [
        (1, 1, "a cat"),
        (3, 2, "a dog"),
    ]
    assert {(row.task_type, row.model_id, row.n) for row in found} == {
        ("text_to_image", "midjourney", 2)
    }


def test_json_lines_say_everything_by_the_row() -> None:
    record = {
        "prompt": "turn the sky red",
        "task_type": "image_to_image",
        "model_id": "gemini-3-pro-image",
        "version_id": "v3",
        "input_images": ["a.png", "https://x.example/b|c.png"],
        "n": 2,
        "size": "4K",
        "extra_params": {"size": "1K", "seed": 7},
        "quality": None,
    }
    (row,) = rows(json.dumps(record), RowKind.JSONL)
    assert row.inputs == ("a.png", "https://x.example/b|c.png")
    assert (row.task_type, row.version_id, row.n) == ("image_to_image", "v3", 2)
    assert dict(row.chosen) == {"size": "4K", "seed": 7}


def test_csv_with_what_spreadsheets_make_of_it() -> None:
    text = (
        "\ufeffPrompt;Task-Type;Input Images;n;size;extra_params\r\n"
        '"a cat, ""Mia"";\r\nasleep";text_to_image;;;2K;"{""seed"": 3}"\r\n'
        ";;;;;\r\n"
        "blend them;image_to_image;a.png | b.png;4;;\r\n"
    ).removeprefix("\ufeff")
    first, second = rows(text, RowKind.CSV)
    assert (first.line, first.prompt) == (2, 'a cat, "Mia";\r\nasleep')
    assert dict(first.chosen) == {"size": "2K", "seed": 3}
    assert (second.line, second.place) == (5, 2)
    assert (second.inputs, second.n, second.chosen) == (("a.png", "b.png"), 4, ())


@pytest.mark.parametrize("n", [2, "2", " 2 ", 2.0, "2.0"])
@pytest.mark.parametrize("place", ["n", "N", "extra_params"])
def test_the_number_of_outputs_may_stand_among_the_parameters(n: object, place: str) -> None:
    record = {"prompt": "x", place: {"n": n} if place == "extra_params" else n}
    (row,) = rows(json.dumps(record), RowKind.JSONL)
    assert (row.n, row.chosen) == (2, ())


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"n": True}, "error.batch_count"),
        ({"n": 1.5}, "error.batch_count"),
        ({"n": 10**12}, "error.batch_count"),
        ({"n": "²"}, "error.batch_count"),
        ({"extra_params": {"n": [2]}}, "error.batch_count"),
        ({"extra_params": {"n": False}}, "error.batch_count"),
        ({"n": 2, "extra_params": {"n": 2}}, "error.count_twice"),
        ({"extra_params": {"n": 2, "N": 3}}, "error.count_twice"),
    ],
    ids=str,
)
def test_a_number_of_outputs_that_is_none_or_two_makes_a_bad_row(
    record: dict[str, Any], key: str
) -> None:
    (bad,) = parse(json.dumps({"prompt": "x", **record}), RowKind.JSONL)
    assert isinstance(bad, BadRow)
    assert bad.error.key == key


def test_flags_give_what_a_row_does_not_say() -> None:
    rest = RemainingRows(
        "text_to_image", "midjourney", "mj-7", 2, (("size", "1K"), ("style", "raw"))
    )
    text = '{"prompt": "x"}\n{"prompt": "y", "model_id": "other", "Size": "4K", "n": 1}'
    mine, own = rows(text, RowKind.JSONL, rest)
    assert (mine.model_id, mine.version_id, mine.n) == ("midjourney", "mj-7", 2)
    assert (own.model_id, own.version_id, own.n) == ("other", "", 1)  # a version is of one model
    assert dict(own.chosen) == {"Size": "4K", "style": "raw"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("{broken", "error.bad_json"),
        ("[1, 2]", "error.bad_json"),
        ('{"prompt": 7}', "error.batch_text"),
        ('{"prompt": "x", "n": "many"}', "error.batch_count"),
        ('{"prompt": "x", "n": true}', "error.batch_count"),
        ('{"prompt": "x", "n": 1.5}', "error.batch_count"),
        ('{"prompt": "x", "n": "٣"}', "error.batch_count"),
        ('{"prompt": "x", "input_images": [1]}', "error.batch_inputs"),
        ('{"prompt": "x", "size": ["1K"]}', "error.batch_value"),
        ('{"prompt": "x", "extra_params": "[]"}', "error.bad_json"),
        ('{"prompt": "x", "extra_params": 5}', "error.bad_json"),
        (
            '{"prompt": "{1|2}{1|2|3|4|5|6|7|8|9|0}{1|2|3|4|5|6|7|8|9|0}{1|2}"}',
            "error.batch_variants",
        ),
        ("[" * 100_000, "error.bad_json"),
    ],
)
def test_a_bad_row_is_named_and_the_others_stay(line: str, key: str) -> None:
    text = f'{{"prompt": "good"}}\n\n{line}\n{{"prompt": "good, too"}}'
    assert bad(text, RowKind.JSONL) == [(3, key)]
    places = [row.place for row in parse(text, RowKind.JSONL) if isinstance(row, Row)]
    assert places == [1, 3]  # mending the bad one moves nobody


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prompt,size\na,1K,2K\nb,1K", [(2, "error.batch_cells")]),
        ('prompt\na\n"b\nc', [(3, "error.batch_csv")]),
    ],
)
def test_bad_csv(text: str, expected: list[tuple[int, str]]) -> None:
    assert bad(text, RowKind.CSV) == expected


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("", RowKind.TEXT, "error.batch_empty"),
        ("\n \n", RowKind.JSONL, "error.batch_empty"),
        ("prompt,size\n", RowKind.CSV, "error.batch_empty"),
        ("text,size\na,1K", RowKind.CSV, "error.batch_no_prompt"),
        ("prompt,size,Size\na,1K,2K", RowKind.CSV, "error.batch_twice"),
        ("x\n" * (batch.MOST_ROWS + 1), RowKind.TEXT, "error.batch_too_many"),
    ],
)
def test_what_is_no_batch_at_all(text: str, kind: RowKind, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, kind)
    assert caught.value.key == key
    i18n.explain(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("wishes.jsonl", "", RowKind.JSONL),
        ("wishes.CSV", "", RowKind.CSV),
        ("wishes.txt", "prompt,size", RowKind.TEXT),
        ("-", '\n{"prompt": "x"}', RowKind.JSONL),
        ("-", "{red|blue} cat", RowKind.TEXT),
        ("-", "size;Prompt\n", RowKind.CSV),
        ("-", "a prompt, with a comma", RowKind.TEXT),
        ("wishes", "a cat", RowKind.TEXT),
    ],
)
def test_which_format(name: str, text: str, kind: RowKind) -> None:
    assert kind_of(name, text) is kind


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", ["a cat"]),
        ("a {red|blue} cat", ["a red cat", "a blue cat"]),
        ("{a|b} {c|d}", ["a c", "a d", "b c", "b d"]),
        ("a {|very }old {man|map}", ["a old man", "a old map", "a very old man", "a very old map"]),
        (r"\{a|b\}", ["{a|b}"]),
        (r"{a\|b|c\}}", ["a|b", "c}"]),
        ("{seed}", ["{seed}"]),
        ("{a|b", ["{a|b"]),
        ("a|b} {", ["a|b} {"]),
        (r"C:\dir {1|2}", [r"C:\dir 1", r"C:\dir 2"]),
        ("{a|a}", ["a", "a"]),
        ("", [""]),
    ],
)
def test_variants(prompt: str, expected: list[str]) -> None:
    assert list(variants(prompt)) == expected


@given(st.text(alphabet="ab{}|\\ \n", max_size=60))
def test_variants_of_anything_are_some_or_a_sentence(prompt: str) -> None:
    try:
        assert 1 <= len(variants(prompt)) <= batch.MOST_VARIANTS
    except UsageError as error:
        i18n.explain(error)


def test_huge_products_are_counted_and_not_made() -> None:
    with pytest.raises(UsageError, match="batch_variants"):
        variants("{a|b}" * 4000)


@given(st.text(max_size=300), st.sampled_from(list(RowKind)))
def test_any_text_is_rows_or_a_sentence(text: str, kind: RowKind) -> None:
    try:
        for row in parse(text, kind):
            if isinstance(row, BadRow):
                i18n.explain(row.error)
            else:
                assert len(row.intent()) == 64
    except UsageError as error:
        i18n.explain(error)


def test_every_row_is_somebody_and_stays_so() -> None:
    text = "a cat\na cat\na {red|red} dog"
    once, again = rows(text, RowKind.TEXT), rows(text.replace("\n", "\n\n"), RowKind.TEXT)
    names = [row.intent() for row in once]
    assert len(set(names)) == 4
    assert [row.intent() for row in again] == names  # blank lines move nobody
    assert not set(names) & {row.intent("second time") for row in once}
    assert not set(names[2:]) & {row.intent() for row in rows("new\n" + text, RowKind.TEXT)}


@pytest.mark.parametrize(
    "change",
    ['"prompt": "y"', '"n": 2', '"size": "2K"', '"model_id": "m"', '"input_images": "a.png"'],
)
def test_whatever_a_row_says_is_part_of_it(change: str) -> None:
    (plain,) = rows('{"prompt": "x"}', RowKind.JSONL)
    (other,) = rows(f'{{"prompt": "x", {change}}}', RowKind.JSONL)
    assert plain.intent() != other.intent()


def test_the_order_of_columns_is_no_content() -> None:
    (one,) = rows('{"prompt": "x", "size": "1K", "seed": 3}', RowKind.JSONL)
    (two,) = rows('{"seed": 3, "size": "1K", "prompt": "x"}', RowKind.JSONL)
    assert one.intent() == two.intent()


ARRAY = """[
  {"prompt": "a cat"},
  {"prompt": "a dog",
   "n": 2}, 7, {"prompt": "a fox"}
]"""


def test_an_array_of_objects_is_read_with_the_line_of_each() -> None:
    assert kind_of("a.json", ARRAY) is kind_of("-", ARRAY) is RowKind.JSON
    found = parse(ARRAY, RowKind.JSON)
    assert [(row.line, isinstance(row, BadRow)) for row in found] == [
        (2, False),
        (3, False),
        (4, True),
        (4, False),
    ]
    lines = "".join(json.dumps(each) + "\n" for each in json.loads(ARRAY) if each != 7)
    array = json.dumps(json.loads(lines.join("[]").replace("\n{", ",{")))
    same = [[row.intent() for row in rows(t, k)] for t, k in
            ((lines, RowKind.JSONL), (array, RowKind.JSON))]  # fmt: skip
    assert same[0] == same[1], "the form of the file makes no new rows"


@pytest.mark.parametrize("text", ["[", "[]", "[cinematic] a fox", "[1, 2]", "  "])
def test_a_bracket_alone_is_no_array(text: str) -> None:
    assert kind_of("-", text) is RowKind.TEXT


def test_an_array_that_breaks_off_names_the_line() -> None:
    assert bad('[{"prompt": "a"},\n{"prompt": ', RowKind.JSON) == [(2, "error.bad_json")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("told", "sign"), [("sep=;", ";"), ('"sep=|"', "|"), ("sep=\t", "\t")])
def test_the_separator_that_a_spreadsheet_names_is_used(told: str, sign: str, end: str) -> None:
    text = end.join((told, sign.join(("prompt", "n")), sign.join(('"a, b"', "2")), ""))
    assert kind_of("-", text) is RowKind.CSV or sign == "|"
    assert [(row.line, row.prompt, row.n) for row in rows(text, RowKind.CSV)] == [(3, "a, b", 2)]


def test_rows_that_say_the_same_are_found() -> None:
    found = parse("a cat\na dog\na cat\n\na cat\n{a|b}\n", RowKind.TEXT)
    assert batch.duplicates(found) == {3: 1, 5: 1}


CSV = "prompt,n\n一只可爱的猫，水彩画,2\ncafé,1\n"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"),
     ("utf-16-be", "UTF-16"), ("gb18030", "GB18030")],
)  # fmt: skip
def test_what_spreadsheets_save_is_read(encoding: str, name: str) -> None:
    text = CSV.replace("é", "e") if encoding == "gb18030" else CSV
    assert decode(text.encode(encoding)) == (text, name)


@pytest.mark.parametrize(
    "content",
    ["a café, a crème brûlée and naïve façades".encode("latin-1"), b"\xff", b"\x81",
     "Ein Mädchen, größer als die Türme".encode("cp1252"), bytes(range(128, 256))],
)  # fmt: skip
def test_other_encodings_are_refused_instead_of_guessed(content: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decode(content)
