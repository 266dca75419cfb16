"""`~` and `~user` in a path, and what to say where there is no such folder.

Containers and service accounts run under user ids without a passwd entry and without `HOME`.
A path that still begins with `~`, or hangs from a relative `HOME`, would become a folder in
whatever directory the program was started in: another ledger each time.
"""

from __future__ import annotations

import os
from pathlib import Path

from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line


def expand(written: str | Path) -> Path:
    """Replace a leading `~` or `~user`.

    Raises `UsageError` for a user that does not exist, and for `~` where nobody knows the home.
    """
    path = Path(written)
    if not str(written).startswith("~"):  # not asked of the path, which drops a leading ./
        return path
    if path.parts[0] == "~":
        return find().joinpath(*path.parts[1:])
    try:
        return path.expanduser()
    except (RuntimeError, ValueError, KeyError) as error:
        raise UsageError("error.no_such_user", path=one_line(path, 200)) from error


def find() -> Path:
    """The home folder. Raises `UsageError` where it is unknown."""
    home = known()
    if home is None:
        raise UsageError("error.no_home")
    return home


def known() -> Path | None:
    """The home folder, or None: no `HOME` and no passwd entry, an empty or a relative one."""
    if os.environ.get("HOME") == "":
        return None
    try:
        home = Path.home()
    except (RuntimeError, KeyError):
        return None
    return home if home.is_absolute() else None
