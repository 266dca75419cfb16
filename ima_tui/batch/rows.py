"""Batch rows: decodes and parses JSON Lines, JSON arrays, CSV and plain text. No file access.

A row's identity is its content and position, so running the same text again after an interruption
yields the same intents and pays for none of them twice.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from itertools import product
from math import prod

from ima_tui.catalogue import order
from ima_tui.core import labels
from ima_tui.core.domain import Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, one_line

MOST_VARIANTS = 200
"""Maximum variants of one prompt; three groups of six are 216 images, and rarely meant."""
MOST_ROWS = 20_000
NAMES = (
    *("prompt", "task_type", "model_id", "version_id", "input_images", "n", "extra_params"),
    "project",
)
"""Columns of a row; every other name is a parameter of its model."""


class RowKind(StrEnum):
    """Format of a batch."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One parsed row.

    `line`: where it begins, from 1; `place`: its number from the top, blank lines not counted;
    `variant`: which variant of its prompt, from 0.
    """

    line: int
    place: int
    prompt: str
    variant: int = 0
    task_type: str = ""
    model_id: str = ""
    version_id: str = ""
    chosen: tuple[tuple[str, Value], ...] = ()
    inputs: tuple[str, ...] = ()
    n: int = 1
    project: str = ""

    def intent(self, label: str = "") -> str:
        """Return the row's intent, its id in the ledger. Another `label` gives another intent.

        Another project does not: what was paid for under one is not paid for again.
        """
        content = [
            label,
            self.place,
            self.variant,
            self.task_type,
            self.model_id,
            self.version_id,
            self.prompt,
            sorted((name, value) for name, value in self.chosen),
            self.inputs,
            self.n,
        ]
        return sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BadRow:
    """An invalid row, with the error."""

    line: int
    error: UsageError


@dataclass(frozen=True, slots=True)
class RemainingRows:
    """Defaults from the command's flags, for rows that don't set them."""

    task_type: str = ""
    model_id: str = ""
    version_id: str = ""
    n: int = 1
    chosen: tuple[tuple[str, Value], ...] = ()
    project: str = ""


Record = Mapping[str, object]


def kind_of(name: str, text: str) -> RowKind:
    """Return the format by the file name's ending; else, as for stdin, by the text."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in ("jsonl", "ndjson", "json"):
        return RowKind.JSON if text.lstrip().startswith("[") else RowKind.JSONL
    if ending in ("csv", "tsv"):
        return RowKind.CSV
    if ending == "txt":
        return RowKind.TEXT
    lines = (line for line in text.splitlines() if line.strip() and not re.match(_SEPARATOR, line))
    first = next(lines, "")
    if text.lstrip().startswith("[") and isinstance(next(_json_array(text), (0, None))[1], dict):
        return RowKind.JSON
    try:
        if isinstance(json.loads(first), dict):
            return RowKind.JSONL
    except (ValueError, RecursionError):
        pass  # a prompt may begin with a brace too
    columns = [_plain(cell) for cell in first.split(_delimiter(first))]
    return RowKind.CSV if "prompt" in columns else RowKind.TEXT


def parse(text: str, kind: RowKind, rest: RemainingRows | None = None) -> list[Row | BadRow]:
    """Return every row, variants expanded, and every invalid row.

    Raises `UsageError` where there are no rows, too many, or no prompt column.
    """
    records = _READERS[kind](text)
    rows: list[Row | BadRow] = []
    for place, (line, record) in enumerate(records, 1):
        try:
            if isinstance(record, UsageError):
                raise record
            row = _row(line, place, record, rest or RemainingRows())
            prompts = variants(row.prompt)
            rows += [replace(row, prompt=each, variant=i) for i, each in enumerate(prompts)]
        except UsageError as error:
            rows.append(BadRow(line, error))
        if len(rows) > MOST_ROWS:
            raise UsageError("error.batch_too_many", limit=MOST_ROWS)
    if not rows:
        raise UsageError("error.batch_empty")
    return rows


# ----------------------------------------------------------------------------------- formats


def _text_lines(text: str) -> Iterator[tuple[int, Record]]:
    for line, prompt in enumerate(text.splitlines(), 1):
        if prompt.strip():
            yield line, {"prompt": prompt}


def _json_lines(text: str) -> Iterator[tuple[int, Record | UsageError]]:
    for line, written in enumerate(text.split("\n"), 1):  # splitlines would also cut at U+2028
        if not written.strip():
            continue
        try:
            yield line, json_object(written)
        except UsageError as error:
            yield line, error


def json_object(written: str) -> Record:
    """Parse an object. Raises `UsageError`."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise UsageError("error.bad_json", text=one_line(written, 80)) from error
    if not isinstance(found, dict):
        raise UsageError("error.bad_json", text=one_line(written, 80))
    return found


def _json_array(text: str) -> Iterator[tuple[int, Record | UsageError]]:
    """Read element by element, so that each has its line and a fault names its own."""
    at, line, decoder = text.find("[") + 1, 1, json.JSONDecoder()
    line += text.count("\n", 0, at)
    while at < len(text):
        begin = re.compile(_BETWEEN).match(text, at).end()  # type: ignore[union-attr]
        line += text.count("\n", at, begin)
        if text[begin : begin + 1] in ("]", ""):
            return
        try:
            found, at = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            yield line, UsageError("error.bad_json", text=one_line(text[begin : begin + 80], 80))
            return  # where the next element begins is anybody's guess
        bad = UsageError("error.bad_json", text=one_line(text[begin:at], 80))
        yield line, found if isinstance(found, dict) else bad
        line += text.count("\n", begin, at)


def _csv_rows(text: str) -> Iterator[tuple[int, Record | UsageError]]:
    told = re.match(_SEPARATOR, text)  # spreadsheets write it for each other
    text, before = (text[told.end() :], 1) if told else (text, 0)
    delimiter = told[1] if told else _delimiter(text.lstrip().partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: Sequence[str] = ()
    line = 1 + before
    try:
        for cells in reader:
            filled = any(cell.strip() for cell in cells)
            if filled and header:
                yield line, _csv_record(header, cells)
            elif filled:
                header = _checked_header(cells)
            line = reader.line_num + 1 + before
    except csv.Error:
        yield line, UsageError("error.batch_csv")  # an open quote swallows the rest


_SEPARATOR = r"(?i)\ufeff?\"?sep=([^\w\s\"]|\t)\"?\r?(?:\n|$)"
_BETWEEN = r"[\s,]*"
_READERS = {
    RowKind.JSONL: _json_lines,
    RowKind.JSON: _json_array,
    RowKind.CSV: _csv_rows,
    RowKind.TEXT: _text_lines,
}


def duplicates(rows: Sequence[Row | BadRow]) -> dict[int, int]:
    """Return the line of each row that says the same as an earlier one, and that one's line."""
    first: dict[Row, int] = {}
    same: dict[int, int] = {}
    for row in rows:
        if isinstance(row, Row):
            plain = replace(row, line=0, place=0, variant=0)
            before = first.setdefault(plain, row.line)
            if before != row.line:
                same[row.line] = before
    return same


def _delimiter(header: str) -> str:
    """Return the delimiter; many locales' spreadsheets write a semicolon."""
    return max(",;\t", key=header.count)


def _checked_header(cells: Sequence[str]) -> Sequence[str]:
    names = [cell.strip() for cell in cells]
    plain = [_plain(name) for name in names]
    if "prompt" not in plain:
        raise UsageError("error.batch_no_prompt", columns=one_line(", ".join(names), 200))
    twice = next((n for n, p in zip(names, plain, strict=True) if p and plain.count(p) > 1), None)
    if twice is not None:
        raise UsageError("error.batch_twice", name=one_line(twice, 60))
    return names


def _csv_record(header: Sequence[str], cells: Sequence[str]) -> Record | UsageError:
    """Return a record; a row may be shorter than the header, not longer."""
    if any(cell.strip() for cell in cells[len(header) :]):
        return UsageError("error.batch_cells", cells=len(cells), columns=len(header))
    return dict(zip(header, cells, strict=False))


# -------------------------------------------------------------------------- record to row


def _row(line: int, place: int, record: Record, rest: RemainingRows) -> Row:
    known: dict[str, object] = {}
    own: dict[str, object] = {}
    for name, value in record.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue  # an empty cell sets nothing
        plain = _plain(name)
        target, key = (known, plain) if plain in NAMES else (own, name.strip())
        target[key] = value
    model_id = _text(known, "model_id")
    extra = _extra(known.get("extra_params"))
    written = [value for name, value in extra.items() if order.is_count(name)]
    count = order.one_count(None, ([known["n"]] if "n" in known else []) + written)
    extra = {name: value for name, value in extra.items() if not order.is_count(name)}
    return Row(
        line=line,
        place=place,
        prompt=_text(known, "prompt"),
        task_type=_text(known, "task_type") or rest.task_type,
        model_id=model_id or rest.model_id,
        version_id=_text(known, "version_id") or ("" if model_id else rest.version_id),
        chosen=_chosen(rest.chosen, extra, own),
        inputs=_inputs(known.get("input_images")),
        n=rest.n if count is None else count,
        project=labels.project(_text(known, "project")) or rest.project,
    )


def _plain(name: str) -> str:
    return folded(name).replace("-", "_").replace(" ", "_")


def _text(known: Record, name: str) -> str:
    value = known.get(name, "")
    if not isinstance(value, str):
        raise UsageError("error.batch_text", name=name, value=one_line(value, 60))
    return value.strip()


def _inputs(value: object) -> tuple[str, ...]:
    """Parse a list of paths and links, or one text separated by |."""
    listed = value.split("|") if isinstance(value, str) else value or []
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise UsageError("error.batch_inputs", value=one_line(value, 60))
    return tuple(each.strip() for each in listed if each.strip())


def _extra(value: object) -> Record:
    if value is None:
        return {}
    found = json_object(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise UsageError("error.bad_json", text=one_line(value, 80))
    return found


def _chosen(
    usual: Sequence[tuple[str, Value]], extra: Record, own: Record
) -> tuple[tuple[str, Value], ...]:
    """Merge the command's parameters, extra_params and the row's own columns; later ones win."""
    merged: dict[str, tuple[str, Value]] = {}
    for name, value in (*usual, *extra.items(), *own.items()):
        if not isinstance(value, str | int | float):
            raise UsageError(
                "error.batch_value", name=one_line(name, 60), value=one_line(value, 60)
            )
        merged[_plain(name)] = (name, value)
    return tuple(merged.values())


# ----------------------------------------------------------------------------------- variants

_GROUP = r"(?s)\\[{}]|\{(?P<body>(?:\\.|[^{}\\])*)\}"
_BAR = r"(?<!\\)\|"
_ESCAPED = r"\\([{}|])"


def variants(prompt: str) -> tuple[str, ...]:
    """Expand `a {red|blue} cat` to two prompts; braces after a backslash or without | stay.

    Raises `UsageError` for more than `MOST_VARIANTS`.
    """
    parts: list[list[str]] = []
    end = 0
    for found in re.finditer(_GROUP, prompt):
        parts.append([prompt[end : found.start()]])
        options = re.split(_BAR, found["body"]) if found["body"] is not None else []
        whole = [found[0]] if len(options) < 2 else options
        parts.append([re.sub(_ESCAPED, r"\1", each) for each in whole])
        end = found.end()
    parts.append([prompt[end:]])
    count = prod(len(part) for part in parts)
    if count > MOST_VARIANTS:
        raise UsageError("error.batch_variants", count=f"{count:,}", limit=MOST_VARIANTS)
    return tuple("".join(picked) for picked in product(*parts))


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAIRS = re.compile(rb"[\x81-\xfe][\x30-\xfe]")
_USUAL = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
"""Two bytes of a Chinese letter or sign in everyday use (GB 2312)."""
MOST_RARE = 0.1
"""Share of other pairs; Western text in another encoding has far more."""


def decode(content: bytes) -> tuple[str, str]:
    """Return the text, and the encoding's name unless it is UTF-8.

    Raises `UnicodeDecodeError` where it is none of the three.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name), "UTF-16" if name == "utf-16" else ""
    if wide := _wide(content[:400]):
        return content.decode(wide), "UTF-16"
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        pairs = _PAIRS.findall(content)
        rare = sum(_USUAL.fullmatch(pair) is None for pair in pairs)
        if not pairs or rare > len(pairs) * MOST_RARE:
            raise
        return content.decode("gb18030"), "GB18030"


def _wide(head: bytes) -> str:
    """Return the UTF-16 of a text without a mark: every other byte of plain letters is 0."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if not head or max(even, odd) * 4 < len(head):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"
