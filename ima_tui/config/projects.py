"""Limits of projects: the tables below `[projects]` in config.toml.

    [projects."Spring campaign"]
    per_day = 500
    per_month = 5000

They protect points, so whatever is wrong in them stops the program. `config set` names them
`projects.Spring campaign.per_day`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ima_tui.config.schema import Setting
from ima_tui.core import labels
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, one_line

TABLE = "projects"
LIMITS = ("per_day", "per_month")
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ProjectLimits:
    """Points that one project may spend; 0: no limit."""

    name: str
    per_day: int = 0
    per_month: int = 0


def parse(table: object, source: str) -> dict[str, ProjectLimits]:
    """Return the limits by folded project name. Raises `UsageError` for anything unclear."""
    if not isinstance(table, Mapping):
        raise _wrong(source, TABLE, table)
    found: dict[str, ProjectLimits] = {}
    for name, limits in table.items():
        where = f"{TABLE}.{one_line(name, 60)}"
        project = labels.project(name)
        if not isinstance(limits, Mapping) or not project or folded(project) in found:
            raise _wrong(source, where, limits)
        for key, value in limits.items():
            if key not in LIMITS:
                shown = one_line(f"{where}.{key}", 120)
                near = f"{where}.{LIMITS['month' in folded(str(key))]}"
                raise UsageError("error.config_guard", path=source, name=shown, near=near)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not 0 <= value <= MOST:
                raise _wrong(source, f"{where}.{key}", value)
        found[folded(project)] = ProjectLimits(project, **limits)
    return found


def _wrong(source: str, name: str, value: object) -> UsageError:
    big = isinstance(value, int) and abs(value) >= 10**60
    shown = "…" if big else one_line(value, 60)
    return UsageError(
        "error.config_value", source=one_line(source, 300), name=name, value=shown,
        allowed="0, 1, 2 …",
    )  # fmt: skip


def setting_of(name: str) -> Setting | None:
    """Return the setting of a name such as `projects.Film.per_day`; None for any other name."""
    table, _, key = name.rpartition(".")
    head, _, project = table.partition(".")
    if head != TABLE or key not in LIMITS or not labels.project(project):
        return None
    return Setting(f"{TABLE}.{labels.project(project)}.{key}", 0, guards=True)
