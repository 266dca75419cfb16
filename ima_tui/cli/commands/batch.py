"""`ima-tui batch`: many jobs from one file. Run again with the same file, it goes on where it
ended and pays for no row twice."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

from ima_tui.batch import rows as batch
from ima_tui.batch.rows import BadRow, RemainingRows, Row, RowKind, decode
from ima_tui.catalogue import order
from ima_tui.cli import confirm, session
from ima_tui.cli.arguments import read_input
from ima_tui.cli.commands import batch_rows, generate_order
from ima_tui.cli.commands.batch_rows import PricedRow, RowPricer, look_up, match, moved
from ima_tui.cli.commands.batch_run import BatchRun, manifest_of
from ima_tui.cli.commands.generate import as_url
from ima_tui.cli.confirm import ask, somebody_is_here
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.output import heads, print_json, print_line, print_table, talk
from ima_tui.config.loader import Settings
from ima_tui.core import labels
from ima_tui.core.domain import Job, State
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    KeyMissing,
    UsageError,
)
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, listed, say
from ima_tui.ledger.records import OPEN, UNSENT, is_done
from ima_tui.logs.filter import coming
from ima_tui.studio.studio import Studio

LARGEST = 64 * 1024 * 1024
MOST_NAMED = 20
"""Bad rows that are named one by one."""


def _before(arguments: Namespace, settings: Settings) -> Settings:
    settings = session.as_asked(arguments, settings)
    text = _read(arguments.file)
    kind = RowKind(arguments.format) if arguments.format else batch.kind_of(arguments.file, text)
    chosen = [generate_order.parameter(written) for written in arguments.param]
    written = [value for name, value in chosen if order.is_count(name)]
    count = order.one_count(arguments.n, written)
    rest = RemainingRows(
        arguments.task_type or "",
        arguments.model_id or "",
        arguments.version_id,
        1 if count is None else count,
        tuple(pair for pair in chosen if not order.is_count(pair[0])),
        labels.project(arguments.project),
    )
    arguments.rows = batch.parse(text, kind, rest)
    if arguments.until is not None:
        arguments.until = coming(arguments.until, session.clock.time())
    return settings


@session.verb(patient=True, before=_before)
async def run(studio: Studio, arguments: Namespace) -> int:
    """Run the verb `batch`."""
    rows: Sequence[Row | BadRow] = arguments.rows
    pricer = RowPricer(studio, arguments.label, lenient=arguments.lenient, agreed=arguments.yes)
    priced, bad = await pricer.price(rows)
    priced = await look_up(
        studio,
        priced,
        retry_failed=arguments.retry_failed,
        retry_unknown=arguments.retry_unknown,
    )
    same = batch.duplicates(rows)
    if not arguments.dry_run:
        priced = await match(studio, priced, manifest_of(arguments))
    if again := await moved(studio, priced, arguments.label):
        talk(say("batch.moved", n=again))
    if arguments.dry_run:
        return _dry_run(priced, bad, same, arguments)
    _name_same(same)
    _name_bad(bad, as_json=arguments.json)
    if bad and not arguments.skip_bad:
        talk(say("batch.bad", n=len(bad), rows=len(rows)))
        return EXIT_USAGE
    if bad:
        talk(say("batch.skipped", n=len(bad)))
    question = _question(studio, priced, arguments)
    if question and not await ask(question):
        talk(say("batch.declined"))
        return EXIT_INTERRUPTED
    if arguments.order == "price":
        priced = sorted(priced, key=lambda one: one.order.total)
    return await BatchRun(studio, arguments, priced, asked=bool(question)).to_the_end()


def _read(name: str) -> str:
    content = read_input(name, LARGEST, "error.batch_file", "error.batch_large")
    try:
        text, encoding = decode(content)
    except UnicodeDecodeError as error:
        raise UsageError("error.batch_encoding", path=one_line(name, 300)) from error
    if encoding:
        talk(say("batch.encoding", encoding=encoding))
    return text


# ------------------------------------------------------------------------- before it is sent


def _name_same(same: Mapping[int, int]) -> None:
    if same:
        more = " …" if len(same) > MOST_NAMED else ""
        lines = listed(list(same)[:MOST_NAMED]) + more
        talk(say("batch.same", n=len(same), lines=lines))


def _name_bad(bad: Sequence[BadRow], *, as_json: bool) -> None:
    for row in bad if as_json else ():
        print_line({"line": row.line, "status": "error", "error": error_json(row.error)})
    for row in bad[:MOST_NAMED]:
        talk(say("batch.row", line=row.line, sentence=explain(row.error)))
    if len(bad) > MOST_NAMED:
        talk(say("batch.bad_more", n=len(bad) - MOST_NAMED))


def _dry_run(
    priced_rows: Sequence[PricedRow],
    bad: Sequence[BadRow],
    same: Mapping[int, int],
    arguments: Namespace,
) -> int:
    total = sum(priced.order.total for priced in priced_rows)
    to_pay = sum(priced.to_pay for priced in priced_rows)
    if arguments.json:
        print_json(dry_run_json(priced_rows, bad, same))
    else:
        _name_same(same)
        _name_bad(bad, as_json=False)
        shown = heads("cli.head.", "line", "model", "points", "prompt", "note")
        print_table(shown, list(map(_cells, priced_rows)), right=("line", "points"))
        print(say("batch.total", rows=len(priced_rows), points=total))
        if to_pay != total:
            talk(say("batch.to_pay", points=to_pay))
    return EXIT_USAGE if bad and not arguments.skip_bad else EXIT_DONE


def _cells(priced: PricedRow) -> list[str]:
    order = priced.order
    notes = [*priced.warnings, *([say(f"state.{priced.job.state.value}")] if priced.job else [])]
    points, note = str(order.total), one_line("; ".join(notes), 80)
    return [str(priced.row.line), order.model_name, points, one_line(order.prompt, 48), note]


def dry_run_json(
    priced_rows: Sequence[PricedRow], bad: Sequence[BadRow], same: Mapping[int, int]
) -> dict[str, object]:
    """What every row would send and cost, and what is wrong with the others."""
    from ima_tui.api.wire import create_payload

    rows = [
        {
            "line": priced.row.line,
            "prompt": priced.order.prompt,
            "model_id": priced.order.model_id,
            "total_credit": priced.order.total,
            "payload": create_payload(priced.order, [as_url(each) for each in priced.order.inputs]),
            "warnings": list(priced.warnings),
            "status": priced.job.state.value if priced.job else None,
            "same_as": same.get(priced.row.line),
        }
        for priced in priced_rows
    ]
    return {
        "rows": rows,
        "total_credit": sum(priced.order.total for priced in priced_rows),
        "to_pay": sum(priced.to_pay for priced in priced_rows),
        "errors": [{"line": row.line, "error": error_json(row.error)} for row in bad],
    }


def _question(studio: Studio, priced_rows: Sequence[PricedRow], arguments: Namespace) -> str:
    """The total is said, kept under the limit, and agreed to by somebody, before anything goes:
    what to ask, or "" where the flags agree."""
    paid = [priced for priced in priced_rows if priced.to_pay]
    points = sum(priced.to_pay for priced in paid)
    limit = arguments.max_credits
    confirm.check_limit(points, limit)
    if not studio.connection.has_key and (
        paid or any(_is_open(priced.job) for priced in priced_rows)
    ):
        raise KeyMissing
    if twice := sum(priced.may_be_second for priced in paid):
        talk(say("batch.may_be_second", n=twice))
    for priced in paid:
        for warning in priced.warnings:
            talk(say("batch.row", line=priced.row.line, sentence=warning))
    if len(paid) < len(priced_rows):
        talk(_plan(priced_rows, len(paid), points))
    if not paid and all(priced.job and priced.job.state is State.DONE for priced in priced_rows):
        talk(say("batch.nothing_new"))
    if not paid:
        return ""
    unsure = batch_rows.unsure_rows(studio, paid)
    if unsure and not arguments.after_repair:
        return confirm.ask_after_repair(studio, unsure, points)
    if arguments.yes or (limit is not None and not somebody_is_here()):
        talk(say("batch.start", n=len(paid), rows=len(priced_rows), points=points))
        return ""
    if not somebody_is_here():
        raise UsageError("error.batch_confirm", n=len(paid), points=points)
    return say("batch.ask", n=len(paid), points=points)


def _plan(priced_rows: Sequence[PricedRow], new: int, points: int) -> str:
    done = sum(priced.job is not None and is_done(priced.job) for priced in priced_rows)
    under_way = sum(_is_open(priced.job) for priced in priced_rows)
    left = len(priced_rows) - new - done - under_way
    counts = {"done": done, "open": under_way, "left": left, "new": new}
    return say("batch.plan", rows=len(priced_rows), points=points, **counts)


def _is_open(job: Job | None) -> bool:
    """The service has it, or may have it just now."""
    return job is not None and job.state in OPEN - UNSENT
