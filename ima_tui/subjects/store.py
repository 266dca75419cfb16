"""Named references (subjects) on the disk: `subjects/index.json` and a folder of files for each.

    {"version": 1, "subjects": [{"id": …, "name": …, "aliases": [], "created": …,
     "files": [{"file": "1.png", "sha256": …, "job": "job:41#1"}]}]}

Every change is made under a lock and appears by a rename, so that windows share it and a crash
leaves the old content or the new one. A file is written before the index names it.

`Subjects` serves both front ends: the last known ones at once, changes off the event loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.config.loader import Settings
from ima_tui.core import atomic_file
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Job
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import Notice, SubjectsChanged
from ima_tui.core.input_files import sniff
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, one_line, pattern, size

if TYPE_CHECKING:
    from filelock import BaseFileLock


VERSION = 1
LONGEST_NAME = 40
MOST_SUBJECTS = 500
MOST_FILES = 20
LARGEST_FILE = 50_000_000
LARGEST_INDEX = 4_000_000
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
_INDEX, _LOCK = "index.json", ".lock"
_ID = pattern(r"[0-9a-f]{16}")
_FILE = pattern(r"[0-9]{1,3}\.(?:png|jpg|webp)")
_WAIT = 10.0
"""Seconds to wait for another window's change."""


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """A picture. `job`: the result that it is a copy of, `job:41#1`, or ""."""

    path: str
    sha256: str
    job: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A named reference. `created`: seconds since the epoch."""

    id: str
    name: str
    files: tuple[SubjectFile, ...] = ()
    aliases: tuple[str, ...] = ()
    created: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it is called."""
        return (self.name, *self.aliases)


def checked_name(written: str) -> str:
    """Return a name as it is kept. Raises `UsageError` for one that no prompt could hold."""
    name = unicodedata.normalize("NFC", written.strip().removeprefix("@"))
    wrong = any(
        letter.isspace() or letter in "@#" or unicodedata.category(letter)[0] == "C"
        for letter in name
    )
    if not name or len(name) > LONGEST_NAME or wrong:
        raise UsageError("error.subject_name", name=one_line(written, 60), limit=LONGEST_NAME)
    return name


class SubjectStore:
    """The subjects in one folder. Methods touch the disk: call them off the event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_at: tuple[int, int] | None = None
        self._subjects: tuple[Subject, ...] = ()

    def all(self) -> tuple[Subject, ...]:
        """Return every subject by name; read again only when the file has changed.

        Raises `UsageError` for an index that can't be read.
        """
        path = self._folder / _INDEX
        try:
            facts = path.stat()
        except FileNotFoundError:
            self._read_at, self._subjects = None, ()
            return ()
        except OSError as error:
            raise _unreadable(path, error.strerror or "—") from error
        stamp = (facts.st_mtime_ns, facts.st_ino)
        if stamp != self._read_at:
            self._subjects = _read(path)
            self._read_at = stamp
        return self._subjects

    def get(self, name: str) -> Subject | None:
        """Return the subject of that name or alias, without case."""
        wanted = folded(unicodedata.normalize("NFC", name.strip().removeprefix("@")))
        found = (one for one in self.all() if wanted in map(folded, one.names))
        return next(found, None)

    def add(
        self, name: str, files: Sequence[Path], now: float, jobs: Mapping[Path, str] | None = None
    ) -> Subject:
        """Add pictures to a subject, a new one if there is none of that name.

        `jobs`: the results that files are copies of. Raises `UsageError` for a name or file that
        can't be used, `ImaError` where the disk refuses.
        """
        import hashlib  # the library behind it takes a while to load

        name = checked_name(name)
        contents = [_picture(path) for path in files]
        if not contents:
            raise UsageError("error.subject_no_file")
        sources = [(jobs or {}).get(path, "") for path in files]
        with self._locked():
            before = self.get(name)
            subject = before or Subject(os.urandom(8).hex(), name, created=now)
            if before is None and len(self._subjects) >= MOST_SUBJECTS:
                raise UsageError("error.subject_many", limit=MOST_SUBJECTS)
            known = {file.sha256 for file in subject.files}
            for (content, ending), job in zip(contents, sources, strict=True):
                digest = hashlib.sha256(content).hexdigest()
                if digest in known:
                    continue
                known.add(digest)
                if len(subject.files) >= MOST_FILES:
                    raise UsageError("error.subject_files", name=name, limit=MOST_FILES)
                file = self._store(subject, content, ending, digest, job)
                subject = replace(subject, files=(*subject.files, file))
            rest = (one for one in self._subjects if one.id != subject.id)
            self._write((*rest, subject))
        return subject

    def remove(self, name: str) -> Subject:
        """Remove a subject with its files. Raises `UsageError` where there is none."""
        with self._locked():
            subject = self.get(name)
            if subject is None:
                raise unknown(name, self.all())
            self._write([one for one in self._subjects if one.id != subject.id])
            shutil.rmtree(self._folder / subject.id, ignore_errors=True)
        return subject

    def export(self, target: Path) -> int:
        """Write a ZIP archive of all subjects; returns how many.

        Raises `UsageError` where the file exists, `ImaError` where the disk refuses.
        """
        import zipfile

        subjects = self.all()
        try:
            if target.exists():
                raise UsageError("gallery.exists", path=str(target))
            with atomic_file.unfinished(target) as beside:
                with zipfile.ZipFile(beside, "x", zipfile.ZIP_STORED) as archive:
                    archive.writestr(_INDEX, _document(subjects))
                    for subject in subjects:
                        for file in subject.files:
                            path = Path(file.path)
                            archive.write(path, f"{subject.id}/{path.name}")
                beside.replace(target)
        except OSError as error:
            raise ImaError("error.disk", reason=error.strerror or "—") from error
        return len(subjects)

    # ---------------------------------------------------------------------------------- disk

    def _locked(self) -> BaseFileLock:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ImaError("error.disk", reason=error.strerror or "—") from error
        return atomic_file.lock(self._folder / _LOCK, timeout=_WAIT)

    def _store(
        self, subject: Subject, content: bytes, ending: str, digest: str, job: str
    ) -> SubjectFile:
        folder = self._folder / subject.id
        number = 1 + max((int(Path(file.path).stem) for file in subject.files), default=0)
        path = folder / f"{number}{ending}"
        try:
            folder.mkdir(exist_ok=True, mode=0o700)
            atomic_file.replace(path, content)
        except OSError as error:
            raise ImaError("error.disk", reason=error.strerror or "—") from error
        return SubjectFile(str(path), digest, job)

    def _write(self, subjects: Sequence[Subject]) -> None:
        try:
            atomic_file.replace(self._folder / _INDEX, _document(subjects))
        except OSError as error:
            raise ImaError("error.disk", reason=error.strerror or "—") from error
        self._read_at = None


def unknown(name: str, subjects: Sequence[Subject]) -> UsageError:
    """Return the error for a name that no subject has, with the nearest ones."""
    from ima_tui.core.text import nearest

    shown = one_line(name.removeprefix("@"), 60)
    close = nearest(shown, [one.name for one in subjects]) or [one.name for one in subjects[:3]]
    if not close:
        return UsageError("error.subject_none", name=shown)
    return UsageError("error.subject_unknown", name=shown, names=", ".join(close))


def _picture(path: Path) -> tuple[bytes, str]:
    """Return a picture's content and the ending of its format. Raises `UsageError`."""
    shown = one_line(path.name, 120)
    try:
        content, _ = atomic_file.read_small(path, LARGEST_FILE)
    except atomic_file.TooLarge as error:
        raise UsageError("error.subject_large", path=shown, limit=size(LARGEST_FILE)) from error
    except OSError as error:
        reason = error.strerror or "—"
        raise UsageError("error.subject_file", path=shown, reason=reason) from error
    ending = ENDINGS.get(sniff(content[:4096]))
    if ending is None:
        raise UsageError("error.subject_format", path=shown)
    return content, ending


# ----------------------------------------------------------------------------------- document


def _document(subjects: Sequence[Subject]) -> bytes:
    ordered = sorted(subjects, key=lambda one: (folded(one.name), one.id))
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "aliases": list(one.aliases),
            "created": one.created,
            "files": [
                {"file": Path(f.path).name, "sha256": f.sha256, "job": f.job} for f in one.files
            ],
        }
        for one in ordered
    ]
    document = {"version": VERSION, "subjects": rows}
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError("error.subject_index", path=str(path), reason=reason)


def _read(path: Path) -> tuple[Subject, ...]:
    """Read an index. Raises `UsageError`: nothing is guessed, and nothing overwritten."""
    try:
        content, _ = atomic_file.read_small(path, LARGEST_INDEX)
        raw = json.loads(content)
        if raw["version"] != VERSION:
            raw = {}  # of a later program: its key is missing below
        return tuple(_subject(each, path.parent) for each in raw["subjects"][:MOST_SUBJECTS])
    except OSError as error:
        raise _unreadable(path, error.strerror or "—") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, one_line(error, 80)) from error
    except UsageError as error:
        raise _unreadable(path, one_line(error.values.get("name", "—"), 80)) from error


def _subject(raw: Mapping[str, object], folder: Path) -> Subject:
    number, files, aliases = raw["id"], raw["files"], raw.get("aliases") or []
    if not isinstance(number, str) or not _ID.fullmatch(number):
        raise ValueError("id")
    if not isinstance(files, list) or not isinstance(aliases, list):
        raise TypeError("files")
    created = raw.get("created", 0.0)
    return Subject(
        number,
        checked_name(str(raw["name"])),
        tuple(_file(each, folder / number) for each in files[:MOST_FILES]),
        tuple(checked_name(str(each)) for each in aliases[:MOST_FILES]),
        float(created) if isinstance(created, int | float) else 0.0,
    )


def _file(raw: Mapping[str, object], folder: Path) -> SubjectFile:
    name = str(raw["file"])
    if not _FILE.fullmatch(name):
        raise ValueError("file")
    return SubjectFile(
        str(folder / name), one_line(raw.get("sha256", ""), 64), one_line(raw.get("job", ""), 40)
    )


FOLDER = "subjects"


class Subjects:
    """The named references of one user."""

    def __init__(self, settings: Settings, clock: Clock, tell: Callable[[Notice], None]) -> None:
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._store = SubjectStore(settings.data / FOLDER)
        self.all: tuple[Subject, ...] = ()
        """The subjects as last read."""
        self.trouble: ImaError | None = None
        """Why they can't be read."""

    async def load(self) -> bool:
        """Read them again; returns whether anything is different."""
        before = (self.all, self.trouble)
        try:
            self.all, self.trouble = await asyncio.to_thread(self._store.all), None
        except UsageError as error:
            self.trouble = error
        return before[0] != self.all or (before[1] is None) != (self.trouble is None)

    async def add(self, name: str, files: Sequence[Path], jobs: Sequence[str] = ()) -> Subject:
        """Add pictures to a subject. `jobs`: the result of each file, `job:41#1`.

        Raises `UsageError` and `ImaError`.
        """
        self._settings.for_writing()
        sources = dict(zip(files, jobs, strict=False))
        now = self._clock.time()
        made = await asyncio.to_thread(self._store.add, name, files, now, sources)
        await self._changed()
        return made

    async def add_result(self, name: str, job: Job, index: int) -> Subject:
        """Add a result (from 1) to a subject. Raises `UsageError` and `ImaError`."""
        path = job.medias[index - 1].path if 0 < index <= len(job.medias) else ""
        if not path:
            raise UsageError("error.film_not_here", path=f"#{job.id}", id=job.id)
        return await self.add(name, [Path(path)], [f"job:{job.id}#{index}"])

    async def remove(self, name: str) -> Subject:
        """Remove a subject with its files. Raises `UsageError` and `ImaError`."""
        self._settings.for_writing()
        gone = await asyncio.to_thread(self._store.remove, name)
        await self._changed()
        return gone

    async def export(self, target: Path) -> int:
        """Write all of them to a ZIP archive; returns how many. Raises as `SubjectStore.export`."""
        return await asyncio.to_thread(self._store.export, target)

    async def _changed(self) -> None:
        if await self.load():
            self._tell(SubjectsChanged())
