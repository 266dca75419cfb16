"""`ima-tui upload`: files to IMA's store, their links to stdout."""

from __future__ import annotations

import argparse
from pathlib import Path

from ima_tui.cli import exit_status, session
from ima_tui.cli.json_documents import error_json
from ima_tui.cli.output import print_json, print_plain, talk
from ima_tui.config.loader import Settings
from ima_tui.core import home_folder
from ima_tui.core.errors import EXIT_DONE, EXIT_KEY, ImaError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain
from ima_tui.studio.studio import Studio


def run(arguments: argparse.Namespace) -> int:
    """Upload files and print their URLs."""
    settings = session.without_downloads(session.settle(arguments))
    return session.run(_upload(arguments, settings))


async def _upload(arguments: argparse.Namespace, settings: Settings) -> int:
    """One after the other; what can't be uploaded is named, and the others go on."""
    rows: list[dict[str, object]] = []
    codes = [EXIT_DONE]
    async with session.session(arguments, settings) as studio:
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
    if arguments.json:
        print_json({"uploads": rows})
    return exit_status.worst(codes)


async def _one(studio: Studio, name: str) -> tuple[str | None, ImaError | None]:
    try:
        return await studio.uploads.upload(_path(name)), None
    except ImaError as error:
        return None, error


def _path(name: str) -> Path:
    return home_folder.expand(name).absolute()
