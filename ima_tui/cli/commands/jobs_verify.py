"""`ima-tui jobs verify`: the ledger beside manifests, log, sidecars and files. Changes nothing."""

from __future__ import annotations

import argparse

from ima_tui.cli import session
from ima_tui.cli.output import print_json, talk
from ima_tui.config.loader import Settings
from ima_tui.core.errors import EXIT_DONE, EXIT_FAILED
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger.store import Ledger
from ima_tui.ledger.traces import Places
from ima_tui.ledger.verification import Difference


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 where everything fits, else 1."""
    return session.run(_verify(arguments, session.settle(arguments)))


async def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    places = Places(settings.logs, (settings.folder,))
    ledger = await Ledger.open_read_only(
        settings.ledger, "verify", logs=settings.logs, results=(settings.folder,)
    )
    try:
        whole = await ledger.healthy() and ledger.repair_report is None
        looked, differences = await ledger.verify(
            session.clock.time(), wants_files=settings.download, places=places
        )
    finally:
        await ledger.aclose()
    if not whole:
        differences.insert(0, Difference("damaged", path=str(settings.ledger)))
    if arguments.json:
        rows = [_row(each) for each in differences]
        print_json({"jobs": looked.jobs, "files": looked.files, "differences": rows})
    else:
        for each in differences:
            print(f"{_found(each)} {_advice(each)}")
    talk(say("verify.looked", jobs=looked.jobs, files=looked.files, n=len(differences)))
    return EXIT_FAILED if differences else EXIT_DONE


def _row(each: Difference) -> dict[str, object]:
    return {
        "kind": each.kind,
        "job_id": each.job or None,
        "task_id": each.task_id or None,
        "path": each.path or None,
        "source": each.source or None,
        "found": _found(each),
        "advice": _advice(each),
    }


def _found(each: Difference) -> str:
    source = say(f"verify.from_{each.source}") if each.source else ""
    task, path = one_line(each.task_id, 80), one_line(each.path, 300)
    return say(f"verify.{each.kind}", source=source, id=each.job, task=task, path=path)


def _advice(each: Difference) -> str:
    if each.kind in ("file_missing", "file_empty", "not_fetched"):
        return say("verify.fetch" if each.alive else "verify.expired", id=each.job)
    return say(f"verify.{each.kind}.advice", id=each.job)
