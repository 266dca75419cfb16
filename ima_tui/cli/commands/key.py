"""`ima-tui key`: keep a key, see which one is used and where it lives, forget it.

The key is read from the keyboard without being shown, or from stdin; never from the command line,
which everybody on the machine can list.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ima_tui.api.connection import key_file
from ima_tui.cli import confirm, session
from ima_tui.cli.output import print_json, talk
from ima_tui.config import api_key as keys
from ima_tui.core.errors import EXIT_DONE, EXIT_KEY, ImaError, KeyInvalid, KeyMissing, UsageError
from ima_tui.core.text import clean, folded
from ima_tui.i18n import explain, say

LONGEST_LINE = 4096
WAYS: dict[str, keys.Keep] = {"1": "keyring", "2": "file", "keyring": "keyring", "file": "file"}


def set_key(arguments: argparse.Namespace) -> int:
    """Nothing is kept before the key looks like one of IMA's and the person chose a place."""
    file = key_file(session.settle(arguments))
    here = confirm.somebody_is_here()
    if not here and arguments.keep is None:
        raise UsageError("error.key_where")
    secret = keys.checked(_typed() if here else sys.stdin.readline(LONGEST_LINE))
    where = arguments.keep or _asked_where(file)
    try:
        keys.keep(secret, where, file)
    except UsageError as error:
        if where != "keyring" or not here:
            raise
        talk(explain(error))
        if folded(_answer(say("key.file_instead", path=str(file)))) not in confirm.YES:
            raise UsageError("error.key_not_kept") from error
        where = "file"
        keys.keep(secret, where, file)
    shown = keys.Key(secret, "file" if where == "file" else "keyring").shown
    if arguments.json:
        print_json({"key": shown, "source": where})
    talk(say(f"key.kept_{where}", which=shown, path=str(file)))
    if os.environ.get(keys.VARIABLE, "").strip():
        talk(say("key.environment_wins", name=keys.VARIABLE))
    return EXIT_DONE


def show_key(arguments: argparse.Namespace) -> int:
    """Its last four characters and where it lives; the first is the one that is used."""
    file = key_file(session.settle(arguments))
    found, troubles = _everywhere(file)
    for trouble in troubles:
        talk(explain(trouble))
    if not found and not troubles:
        raise KeyMissing
    if arguments.json:
        rows = [
            {"key": key.shown, "source": key.source, "used": index == 0 and not troubles}
            for index, key in enumerate(found)
        ]
        print_json({"keys": rows, "file": str(file)})
    else:
        for index, key in enumerate(found):
            place = say(f"doctor.from_{key.source}")
            words = f"{key.shown}  {place}" + (f"  {clean(file)}" if key.source == "file" else "")
            print(words if index == 0 else f"{words}  {say('key.not_used')}")
    return EXIT_KEY if troubles else EXIT_DONE


def forget_key(arguments: argparse.Namespace) -> int:
    """Remove the stored API key."""
    gone = keys.forget(key_file(session.settle(arguments)))
    if arguments.json:
        print_json({"forgotten": list(gone)})
    for source in gone:
        talk(say(f"key.forgotten_{source}"))
    if os.environ.get(keys.VARIABLE, "").strip():
        talk(say("key.environment_stays", name=keys.VARIABLE))
    elif not gone:
        talk(say("key.nothing_to_forget"))
    return EXIT_DONE


def _everywhere(file: Path) -> tuple[list[keys.Key], list[ImaError]]:
    found: list[keys.Key] = []
    troubles: list[ImaError] = []
    for look in (_from_environment, lambda: keys.kept(file)):
        try:
            found.extend(look())
        except (UsageError, KeyInvalid) as error:
            troubles.append(error)
    return found, troubles


def _from_environment() -> Iterator[keys.Key]:
    if written := os.environ.get(keys.VARIABLE, "").strip():
        yield keys.Key(keys.checked(written), "environment")


def _typed() -> str:
    return getpass.getpass(say("key.type"), stream=sys.stderr)


def _asked_where(file: Path) -> keys.Keep:
    talk(say("key.where", path=str(file)))
    while (way := WAYS.get(folded(_answer(say("key.which"))))) is None:
        talk(say("key.one_or_two"))
    return way


def _answer(question: str) -> str:
    """A line from the person; the end of their typing is an interruption."""
    print(clean(question), end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline(LONGEST_LINE)
    if not line:
        raise KeyboardInterrupt
    return line
