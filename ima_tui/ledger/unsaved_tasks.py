"""Spill files for task ids that could not be written to the ledger.

A create's answer is worth points. Where the ledger can't be written (full disk, read-only or
replaced file, a lock that never comes) it goes to a small file beside it or, failing that, to the
temporary folder. The next start takes it into the ledger and deletes the file.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ima_tui.ledger import trail
from ima_tui.ledger.trail import Line


def save(ledger: Path, session: str, line: Line, lineage: int) -> Path | None:
    """Save a line; returns the file's path, None where no place is writable."""
    for path in _places(ledger, session):
        try:
            trail.write(path, [line], lineage)
        except OSError:
            with suppress(OSError):
                if not any(trail.read(path)):
                    path.unlink()  # nothing whole is in it
            continue
        return path
    return None


def drop(ledger: Path, session: str) -> None:
    """Delete this run's files."""
    for path in _places(ledger, session):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def take(ledger: Path) -> list[Path]:
    """Rename the existing files, so that nobody appends to them any more. Raises `OSError`."""
    taken: list[Path] = []
    for path in files(ledger):
        name = path.with_name(f"{path.stem.partition('.taken')[0]}.taken{os.getpid()}.jsonl")
        taken.append(path.rename(name))
    return taken


def _places(ledger: Path, session: str) -> list[Path]:
    own = f"{sha256(session.encode()).hexdigest()[:16]}.jsonl"
    folder = _temporary()
    beside = ledger.with_name(f"ledger.unwritten-{own}")
    return [beside, *([folder / f"ledger.unwritten-{_name(ledger)}{own}"] if folder else [])]


def files(ledger: Path) -> list[Path]:
    """Return the existing files of any run of this user."""
    found = list(ledger.parent.glob("ledger.unwritten-*.jsonl"))
    folder = _temporary()
    if folder is not None:
        found += folder.glob(f"ledger.unwritten-{_name(ledger)}*.jsonl")
    return sorted(each for each in found if _is_ours(each))


def lines(ledger: Path, lineages: Collection[int]) -> list[Line]:
    """Return the lines of these lineages from all files."""
    return [
        line
        for path in files(ledger)
        for line in trail.read(path)
        if line.get("ledger") in lineages and line.get("row")
    ]


def _name(ledger: Path) -> str:
    return sha256(os.fsencode(ledger.absolute())).hexdigest()[:16] + "-"


def _temporary() -> Path | None:
    """Return this user's private folder in the temporary folder, which everybody can write to."""
    folder = Path(tempfile.gettempdir()) / f"ima-tui-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(facts.st_mode) and not facts.st_mode & 0o077
    return folder if private and facts.st_uid == os.getuid() else None


def _is_ours(path: Path) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid()
