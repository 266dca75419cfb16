"""`ima-tui subjects` and `upload`: inputs for later prompts.

Subjects are named references that prompts use as `@name`; an upload prints links to files in IMA's
store.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ima_tui.cli import exit_status, session
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.output import answer, heads, print_json, print_plain, print_table, talk
from ima_tui.core import atomic_file
from ima_tui.core.errors import EXIT_DONE, EXIT_KEY, ImaError, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.studio.studio import Studio
from ima_tui.subjects import mentions
from ima_tui.subjects.mentions import Mentions
from ima_tui.subjects.store import Subject, unknown
from ima_tui.workflow.sources import job_of


@session.verb(with_key=False)
async def add(studio: Studio, arguments: Namespace) -> None:
    """Add a subject."""
    sources = [await _source(studio, written) for written in arguments.files]
    files, jobs = [path for path, _ in sources], [job for _, job in sources]
    made = await studio.subjects.add(arguments.name, files, jobs)
    told = say("subject.added", name=made.name, n=len(made.files))
    answer(arguments, {"subject": _json(made)}, told)


async def _source(studio: Studio, written: str) -> tuple[Path, str]:
    """Return the file of a path or a result such as job:41#1, and the result."""
    found = job_of(written)
    if found is None:
        return atomic_file.expand(written), ""
    job = await studio.jobs.get(found[0])
    media = job.medias[found[1] - 1] if job and 0 < found[1] <= len(job.medias) else None
    if media is None or not media.path:
        raise UsageError("error.film_not_here", path=written, id=found[0])
    return Path(media.path), written


@session.verb(with_key=False)
async def show(studio: Studio, arguments: Namespace) -> None:
    """Print all subjects."""
    if studio.subjects.trouble is not None:
        raise studio.subjects.trouble
    subjects = studio.subjects.all
    if arguments.json:
        print_json({"subjects": [_json(one) for one in subjects]})
    elif not subjects:
        talk(say("subject.none_cli"))
    else:
        rows = [
            [f"@{one.name}", str(len(one.files)), one.files[0].path if one.files else ""]
            for one in subjects
        ]
        shown = heads("subject.col_", "name", "files", "path")
        print_table(shown, rows, right=("files",))


@session.verb(with_key=False)
async def remove(studio: Studio, arguments: Namespace) -> None:
    """Remove a subject."""
    gone = await studio.subjects.remove(arguments.name)
    answer(arguments, {"removed": gone.name}, say("subject.removed", name=gone.name))


@session.verb(with_key=False)
async def export(studio: Studio, arguments: Namespace) -> None:
    """Write subjects to a file."""
    target = atomic_file.expand(arguments.file).absolute()
    count = await studio.subjects.export(target)
    if arguments.json:
        print_json({"file": str(target), "subjects": count})
    else:
        print_plain(target)
        talk(say("subject.exported", n=count, path=str(target)))


def _json(subject: Subject) -> dict[str, object]:
    files = [{"path": one.path, "sha256": one.sha256, "job": one.job or None}
             for one in subject.files]  # fmt: skip
    return {"name": subject.name, "aliases": list(subject.aliases), "files": files}


def named_in(studio: Studio, text: str) -> Mentions:
    """Return the subjects of a prompt; says which ones are only named.

    Raises `UsageError` for an `@name` that no subject has.
    """
    found = mentions.find(text, studio.subjects.all)
    if found.unknown:
        raise unknown(found.unknown[0], studio.subjects.all)
    for one in found.offered:
        talk(say("subject.note", name=one.name))
    return found


@session.verb(before=lambda _, settings: session.downloads(settings, None))
async def upload(studio: Studio, arguments: Namespace) -> int:
    """Upload files one after the other and print their URLs; what can't be uploaded is named."""
    rows: list[dict[str, object]] = []
    codes = [EXIT_DONE]
    for name in arguments.files:
        url, error = await _one(studio, name)
        rows.append({"file": name, "url": url, "error": error and error_json(error)})
        if url is not None and not arguments.json:
            print_plain(url)
        if error is not None:
            codes.append(error.exit_code)
            talk(f"{one_line(name, 300)}: {explain(error)}")
            if error.exit_code == EXIT_KEY:
                break  # every other file would be refused, too
    answer(arguments, {"uploads": rows})
    return exit_status.worst(codes)


async def _one(studio: Studio, name: str) -> tuple[str | None, ImaError | None]:
    try:
        return await studio.engine.upload(atomic_file.expand(name).absolute()), None
    except ImaError as error:
        return None, error
