"""Models of all task types in one table: a row per model, a column per kind of input. No widget.

Versions of one model for one task type share a cell; the first of them is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ima_tui.catalogue import choice, times
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import points_range
from ima_tui.i18n import say
from ima_tui.tui.models.search import places, scattered
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.widgets.cells import steady
from ima_tui.tui.widgets.columns import Column
from ima_tui.tui.widgets.price_text import usual_time
from ima_tui.tui.widgets.table import Cell, Row

COLUMNS = (
    Column("kind", 3, ""),
    Column("model", 17, "models.col_model", flex=1, most=28),
    Column("text", 10, "models.col_text", align="right"),
    Column("image", 10, "models.col_image", align="right"),
    Column("frames", 10, "models.col_frames", align="right", drop=3),
    Column("references", 8, "models.col_references", align="right", drop=2),
    Column("time", 9, "models.col_time", align="right", drop=4),
    Column("note", 12, "models.col_tags", drop=5, flex=1, most=18),
    Column("id", 26, "models.col_id", drop=6),
)
BY_MEDIUM = {
    medium: tuple(task_type for task_type in TaskType if task_type.medium is medium)
    for medium in Medium
}


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model by its name, with its versions for each task type."""

    medium: Medium
    name: str
    versions: tuple[ModelVersion, ...]

    @property
    def id(self) -> str:
        """The row's id."""
        return f"{self.medium}/{self.name}"

    def of(self, task_type: TaskType) -> ModelVersion | None:
        """Return its first version for a task type."""
        return next((one for one in self.versions if one.task_type is task_type), None)

    def task_types(self) -> tuple[TaskType, ...]:
        """Return what it can do, in the order of the columns."""
        return tuple(one for one in BY_MEDIUM[self.medium] if self.of(one) is not None)

    def nearest(self, wanted: TaskType) -> TaskType:
        """Return `wanted` where it can do that, else the first that it can."""
        found = self.task_types()
        return wanted if wanted in found else found[0]


def rows(models: Iterable[ModelVersion], medium: Medium | None = None) -> list[ModelRow]:
    """Return a row for each name, grouped by medium; within it, in the order of `models`."""
    found: dict[tuple[Medium, str], list[ModelVersion]] = {}
    for model in models:
        if medium in (None, model.task_type.medium):
            found.setdefault((model.task_type.medium, model.name), []).append(model)
    order = list(Medium)
    names = sorted(found, key=lambda key: order.index(key[0]))
    return [ModelRow(kind, name, tuple(found[kind, name])) for kind, name in names]


def draw(
    row: ModelRow, wanted: str, chosen: TaskType | None, preferred: Sequence[str], glyphs: Glyphs
) -> Row:
    """The table's row; the cell of the `chosen` task type stands in brackets."""
    name = steady(row.name)
    older = len({one.version for one in row.versions}) - len(row.task_types())
    star = f" {glyphs.star}" if {one.model_id for one in row.versions} & set(preferred) else ""
    more = f" +{older}" if older > 0 else ""
    shown = row.of(chosen or row.task_types()[0]) or row.versions[0]
    tiers = " ".join(say(f"compose.tier_{tier}") for tier in choice.tiers_of(shown))
    prices = [_price(row, task_type, task_type is chosen, glyphs) for task_type in _columns(row)]
    return (
        Cell(say(f"task.tag_{row.medium}"), MEDIUM_ROLE[row.medium]),
        Cell(name + star + more, "text", places(name, wanted) or scattered(name, wanted)),
        *prices,
        Cell(usual_time(times.estimate(shown)), "muted"),
        Cell(tiers or steady(" ".join(shown.features)), "muted"),
        Cell(shown.model_id, "muted", places(shown.model_id, wanted)),
    )


def _columns(row: ModelRow) -> tuple[TaskType | None, ...]:
    every = BY_MEDIUM[row.medium]
    return (*every, *(None,) * (4 - len(every)))


def _price(row: ModelRow, task_type: TaskType | None, is_chosen: bool, glyphs: Glyphs) -> Cell:
    model = row.of(task_type) if task_type is not None else None
    if model is None:
        return Cell(f"{glyphs.dot} " if task_type is not None else "", "muted")
    words = points_range(*model.points)
    return Cell(f"[{words}]", "title") if is_chosen else Cell(f"{words} ")
