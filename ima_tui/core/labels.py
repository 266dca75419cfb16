"""Names that users and agents give: projects, tags, clients; and stars.

They are shown, logged and compared, and a project's name becomes a folder: so they are one line,
short, and without what a terminal acts on.
"""

from __future__ import annotations

import re

from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, one_line, pattern

LONGEST = 60
"""Maximum characters of a name."""
_NOT_IN_A_PATH = pattern(r'[\x00-\x1f/\\:*?"<>|]+')
_RESERVED = pattern(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class Mark:
    """The user's star and tags on one result."""

    star: bool = False
    tags: tuple[str, ...] = ()


UNMARKED = Mark()


@dataclass(frozen=True, slots=True)
class MarkChange:
    """A change of marks. None leaves star or project. Of a tag in both, `remove` wins."""

    star: bool | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    project: str | None = None
    """The project of the whole job; "" takes it out of its own."""

    def of(self, mark: Mark) -> Mark:
        """Return the changed mark; tags keep their order and are the same in any case."""
        tags: dict[str, str] = {}
        for tag in (*mark.tags, *self.add):
            tags.setdefault(folded(tag), tag)
        for tag in self.remove:
            tags.pop(folded(tag), None)
        return Mark(mark.star if self.star is None else self.star, tuple(tags.values()))


def project(written: str) -> str:
    """Return a typed project name on one line. Raises `UsageError`; empty is no project."""
    name = one_line(written, LONGEST + 1)
    if len(name) > LONGEST:
        raise UsageError("error.project_name", limit=LONGEST, name=name)
    return name


def tags(written: str) -> tuple[str, ...]:
    """Return typed tags, separated by commas; a leading # is dropped. Raises `UsageError`."""
    found = [one_line(each, LONGEST + 1).lstrip("#").strip() for each in re.split("[,，]", written)]
    for tag in found:
        if len(tag) > LONGEST:
            raise UsageError("error.tag_name", limit=LONGEST, name=tag)
    return tuple(dict.fromkeys(filter(None, found)))


def shortened(found: object) -> str:
    """Return a name from outside, made to fit; "" where it is no text."""
    return one_line(found, LONGEST) if isinstance(found, str) else ""


def folder(name: str) -> str:
    """Return a project's name as that of a folder, valid on every file system."""
    safe = _NOT_IN_A_PATH.sub("-", name).strip(" .-") or "project"
    return f"{safe}-" if _RESERVED.fullmatch(safe) else safe
