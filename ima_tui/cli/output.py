"""How verbs speak: data on stdout, talk on stderr, columns that hold with Chinese in them."""

from __future__ import annotations

import codecs
import json
import shutil
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ima_tui.core.errors import ImaError
from ima_tui.core.text import clean, escaped, redact
from ima_tui.i18n import say
from ima_tui.studio.job_documents import SCHEMA as SCHEMA

if TYPE_CHECKING:
    from argparse import Namespace

_jobs: dict[int, None] = {}
_documents = 0


def note_job(job_id: int) -> None:
    """This run is about that job: it is named should stdout fail."""
    _jobs[job_id] = None


def jobs_of_this_run() -> list[int]:
    """Return the jobs that this run sent or follows."""
    return list(_jobs)


def begin() -> None:
    """Forget the jobs and documents of an earlier verb in this process."""
    global _documents
    _documents = 0
    _jobs.clear()


def printed() -> bool:
    """Whether this run has printed a JSON document."""
    return _documents > 0


def text_encoding() -> str:
    """The encoding of stdout, as `codecs` writes it: `utf-8`."""
    return codecs.lookup(sys.stdout.encoding).name


def talk(sentence: str) -> None:
    """Say something to the person; never data, never a secret."""
    print(redact(clean(sentence)), file=sys.stderr, flush=True)


def json_text(document: object, indent: int | None = None) -> str:
    """JSON as it can be written to stdout, whatever stands in it."""
    plain = text_encoding() != "utf-8"
    return escaped(json.dumps(document, ensure_ascii=plain, indent=indent))


def answer(arguments: Namespace, document: Mapping[str, object], *told: str) -> None:
    """Print a document where JSON is asked for; say what was done in any case."""
    if arguments.json:
        print_json(document)
    for sentence in told:
        talk(sentence)


def print_json(document: Mapping[str, object]) -> None:
    """Print one JSON document."""
    _count()
    print(document_text(document))


def document_text(document: Mapping[str, object]) -> str:
    """One JSON document as it is printed or saved."""
    return json_text(_versioned(document), indent=2)


def _count() -> None:
    global _documents
    _documents += 1


def _versioned(document: Mapping[str, object]) -> dict[str, object]:
    """Add the version of its shape, and `error` where nothing went wrong."""
    return {"schema": SCHEMA, **document, "error": document.get("error")}


def print_plain(text: object) -> None:
    """A path or an address: byte for byte where a script reads it, cleaned where a person does."""
    print(clean(text) if sys.stdout.isatty() else text, flush=True)


async def print_array(name: str, documents: AsyncIterator[Mapping[str, object]]) -> None:
    """Print `{"schema", name: […], "error"}`, each document as it comes."""
    _count()
    print(f'{{"schema": {SCHEMA}, "{name}": [', end="")
    separator, error = "\n", None
    try:
        async for document in documents:
            print(separator + json_text(document), end="")
            separator = ",\n"
    except ImaError as problem:
        error = problem
    told = None if error is None else {"kind": error.key.removeprefix("error.")}
    print(f'\n], "error": {json_text(told)}}}')
    if error is not None:
        raise error


def print_path(path: object, *, as_json: bool) -> None:
    """Print a path, as text or as a document."""
    if as_json:
        print_json({"path": str(path)})
    else:
        print_plain(path)


def print_line(document: Mapping[str, object]) -> None:
    """Print one line of JSON Lines at once, for a reader that follows."""
    _count()
    print(json_text(_versioned(document)), flush=True)


LEAST = 12
"""Cells that stay of a column that gives way."""


def heads(about: str, *names: str) -> dict[str, str]:
    """Return the heads of columns by their names; `about`: how their message keys begin."""
    return {name: say(f"{about}{name}") for name in names}


def print_table(
    heads: Mapping[str, str],
    rows: Sequence[Sequence[str]],
    right: Collection[str] = (),
    gives: str = "",
    widths: Sequence[int] = (),
) -> list[int]:
    """Aligned columns; `right` names those that are right-aligned. The column `gives` is cut where
    a terminal is too narrow; a file or a pipe gets all of it. Returns the widths; with those of an
    earlier part, the rows go on without heads."""
    from rich.cells import cell_len

    columns = list(heads)
    cleaned = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    table = cleaned if widths else [list(heads.values()), *cleaned]
    widths = list(widths) or [
        max(cell_len(row[index]) for row in table) for index in range(len(heads))
    ]
    if gives and sys.stdout.isatty():
        place = columns.index(gives)
        over = sum(widths) + 2 * (len(widths) - 1) - shutil.get_terminal_size().columns
        widths[place] = max(min(LEAST, widths[place]), widths[place] - max(0, over))
        for row in table:
            row[place] = _cut(row[place], widths[place])
    for row in table:
        cells = []
        for index, cell in enumerate(row):
            space = " " * max(0, widths[index] - cell_len(cell))
            cells.append(space + cell if columns[index] in right else cell + space)
        print("  ".join(cells).rstrip())
    return widths


def _cut(text: str, cells: int) -> str:
    """`text`, at most `cells` wide, with a sign where it was longer."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1).rstrip() + "…"


class ProgressLine:
    """One line on stderr that rewrites itself; silent unless stderr is a terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._shown = ""

    def show(self, line: str) -> None:
        """Show the line in place of the last one."""
        if self._on and line != self._shown:
            self._shown = line
            print(f"\r\x1b[2K{clean(line)}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Remove the line."""
        if self._on and self._shown:
            self._shown = ""
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
