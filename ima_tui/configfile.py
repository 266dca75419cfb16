"""Writes one setting into config.toml and leaves the rest, comments too, as the person wrote it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ima_tui.config import SETTINGS, Raw, checked
from ima_tui.errors import UsageError
from ima_tui.text import one_line


def put(path: Path, name: str, value: Raw) -> None:
    """Set `name` (`table.key`, or a bare key) in the file at `path`, which need not be there yet.

    Written beside it and renamed. Raises `UsageError` where the value is none, the file can't be
    read or can't be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    setting = next(one for one in SETTINGS if one.name == name)
    checked(setting, value, name)
    try:
        # a link stays one: what it leads to is written
        real = path.resolve()
        text = real.read_text("utf-8") if real.exists() else ""
        document = tomlkit.parse(text)
        table, _, key = name.rpartition(".")
        where = document.setdefault(table, tomlkit.table()) if table else document
        where[key] = value
        real.parent.mkdir(parents=True, exist_ok=True)
        _replace(real, tomlkit.dumps(document))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise UsageError(
            "error.config_broken", path=str(path), reason=one_line(error, 200)
        ) from error
    except OSError as error:
        raise UsageError(
            "error.config_unwritable", path=str(path), reason=error.strerror or "—"
        ) from error


def _replace(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(mode)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
