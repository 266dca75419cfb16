"""What the Models screen lists: which view, which order, which rows. No widget.

Two views: all task types with a row per model and a column per kind of input, or one task type with
a row per version. Versions of one model for one task type share a cell; the first of them is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ima_tui.catalogue import choice, price
from ima_tui.catalogue.list_cache import name_of
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.events import ListChanges, ProductList
from ima_tui.core.records import dataclass
from ima_tui.core.text import points_range
from ima_tui.i18n import say
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.studio.studio import Studio
from ima_tui.tui.models.search import SORT_NAMES, ModelSearch, places, scattered, version_key
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.widgets.cells import Column, steady
from ima_tui.tui.widgets.model_detail import UNCHANGED
from ima_tui.tui.widgets.price_text import usual_time
from ima_tui.tui.widgets.table import Cell, LazyRows, Row, RowId

VIEWS: tuple[Medium | None, ...] = (None, *Medium)


class ModelListing:
    """The rows for a filter. `task_type`: the one that is shown; None: all of them, by model."""

    def __init__(self, studio: Studio, glyphs: Glyphs, task_type: TaskType | None) -> None:
        self._studio = studio
        self._glyphs = glyphs
        self.task_type = task_type
        self.medium: Medium | None = None
        self.sort = SORT_NAMES[0]
        self.column = TaskType.TEXT_TO_IMAGE
        """The task type that is chosen, as far as the model can do it."""
        self.by_id: dict[str, ModelVersion] = {}
        self.gone: dict[str, ModelVersion] = {}
        self._rows: dict[str, ModelRow] = {}
        self._finder: ModelSearch | None = None
        self._wanted = ""

    # ------------------------------------------------------------------------------ the lists

    @property
    def task_types(self) -> tuple[TaskType, ...]:
        """The task types that are shown."""
        if self.task_type is not None:
            return (self.task_type,)
        return tuple(TaskType) if self.medium is None else BY_MEDIUM[self.medium]

    @property
    def lists(self) -> list[ProductList]:
        """The lists that are shown."""
        return [self._studio.catalogue.lists[task_type] for task_type in self.task_types]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table."""
        return MATRIX_COLUMNS if self.task_type is None else COLUMNS

    def is_mine(self, model: ModelVersion) -> bool:
        """Return whether the user prefers this model for its task type."""
        return self._studio.preferences.model_id(model.task_type) == model.model_id

    def changes(self, model: ModelVersion) -> ListChanges:
        """Return what changed in the list of a model."""
        return self._studio.catalogue.lists[model.task_type].changes

    def find(self, wanted: str) -> LazyRows:
        """Return the rows for a filter, made when they are looked at."""
        lists, self._wanted = self.lists, wanted
        offered = tuple(model for one in lists for model in one.models)
        if self._finder is None or self._finder.models != offered:
            self._finder = ModelSearch(offered)
        fresh = frozenset(name for one in lists for name in one.changes.new)
        shown = self._finder.arrange(wanted, self.sort, fresh)
        if self.task_type is None:
            self.by_id, self.gone = {}, {}
            self._rows = {row.id: row for row in rows(shown)}
            return LazyRows(self._rows, self._row)
        lost = ModelSearch([model for one in lists for model in one.changes.gone])
        self._rows = {}
        self.by_id = {version_key(model): model for model in shown}
        self.gone = {
            f"gone {version_key(model)}": model for model in lost.arrange(wanted, self.sort)
        }
        return LazyRows([*self.by_id, *self.gone], self._row)

    @property
    def count(self) -> int:
        """How many rows of models are shown; those that are gone don't count."""
        return len(self.by_id) + len(self._rows)

    @property
    def hidden(self) -> int:
        """How many more rows there are without the filter."""
        models = [model for one in self.lists for model in one.models]
        if self.task_type is None:
            return len({(one.task_type.medium, one.name) for one in models}) - self.count
        return len({version_key(one) for one in models}) - self.count

    # --------------------------------------------------------------------------------- a row

    def _row(self, row_id: RowId) -> Row:
        return self.row(row_id, here=False)

    def row(self, row_id: RowId, *, here: bool) -> Row:
        """Return the cells of a row; `here`: the cursor is on it."""
        name, signs = str(row_id), self._glyphs
        if (found := self._rows.get(name)) is not None:
            chosen = found.nearest(self.column) if here else None
            mine = [one.model_id for one in found.versions if self.is_mine(one)]
            return draw(found, self._wanted, chosen, mine, signs)
        model = self.by_id.get(name)
        if model is None:
            return gone_row(self.gone[name])
        return row(model, self._wanted, self.is_mine(model), signs, self.changes(model))

    def model(self, row_id: RowId | None) -> ModelVersion | None:
        """Return the model version of a row, in the column that is chosen."""
        row = self._rows.get(str(row_id))
        return row.of(row.nearest(self.column)) if row else self.by_id.get(str(row_id))

    def others(self, row_id: RowId | None) -> tuple[ModelVersion, ...]:
        """Return the versions of a row's model for the task types that are not chosen."""
        row, chosen = self._rows.get(str(row_id)), self.model(row_id)
        if row is None or chosen is None:
            return ()
        found = (
            row.of(task_type) for task_type in row.task_types() if task_type is not chosen.task_type
        )
        return tuple(one for one in found if one is not None)

    def has(self, row_id: RowId | None) -> bool:
        """Return whether the row has several columns to choose from."""
        row = self._rows.get(str(row_id))
        return row is not None and len(row.task_types()) > 1

    def step(self, row_id: RowId | None, by: int) -> bool:
        """Choose the next or previous task type of a row; return whether there is one."""
        row = self._rows.get(str(row_id))
        if row is None:
            return False
        found = row.task_types()
        at = found.index(row.nearest(self.column)) + by
        self.column = found[max(0, min(len(found) - 1, at))]
        return True

    # -------------------------------------------------------------------------------- the view

    def turn(self, by: int) -> None:
        """Show the next or previous view: all, or one medium."""
        at = VIEWS.index(self.medium if self.task_type is None else self.task_type.medium)
        self.task_type, self.medium = None, VIEWS[(at + by) % len(VIEWS)]

    def show_all(self) -> None:
        """Show all task types."""
        self.task_type, self.medium = None, None

    def next_sort(self) -> None:
        """Sort by the next criterion."""
        self.sort = SORT_NAMES[(SORT_NAMES.index(self.sort) + 1) % len(SORT_NAMES)]


def why_empty(catalogue: CatalogueService, listing: ModelListing, wanted: str) -> str:
    """Say why no model is shown: none matches `wanted`, or the lists are not there."""
    if wanted:
        everywhere = [model for task_type in TaskType for model in catalogue.models(task_type)]
        count = len(ModelSearch(everywhere).arrange(wanted, listing.sort))
        return say("models.none_match_here" if count else "models.none_match", n=count)
    problem = next((one.problem for one in listing.lists if one.problem), None)
    return say(problem.key, **problem.values) if problem is not None else say("models.fetching")


class PreferenceChanges:
    """Changes of preferred models that were made here, each of which can be undone."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._before: list[tuple[TaskType, ModelVersion | None]] = []

    def __len__(self) -> int:
        return len(self._before)

    async def turn(self, model: ModelVersion) -> bool:
        """Set or unset a model as preferred; return whether that could be stored."""
        task_type = model.task_type
        before = self._studio.preferences.model_id(task_type)
        models = self._studio.catalogue.models(task_type)
        previous = next((one for one in models if one.model_id == before), None)
        stored = await self._store(task_type, None if before == model.model_id else model)
        if stored:
            self._before.append((task_type, previous))
        return stored

    async def undo(self) -> bool:
        """Undo the last change; return whether that could be stored."""
        return await self._store(*self._before.pop())

    async def _store(self, task_type: TaskType, model: ModelVersion | None) -> bool:
        preferences = self._studio.preferences
        return await (
            preferences.prefer(task_type, model) if model else preferences.unprefer(task_type)
        )


MATRIX_COLUMNS = (
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
        Cell(usual_time(price.estimate(shown)), "muted"),
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


COLUMNS = (
    Column("model", 18, "models.col_model", flex=2),
    Column("id", 22, "models.col_id", flex=1, drop=4),
    Column("kind", 4, "models.col_kind", drop=3),
    Column("points", 7, "models.col_points", align="right"),
    Column("time", 9, "models.col_time", align="right", drop=1),
    Column("tags", 12, "models.col_tags", drop=2),
)


def row(
    model: ModelVersion,
    wanted: str,
    preferred: bool,
    glyphs: Glyphs,
    changes: ListChanges = UNCHANGED,
) -> Row:
    """The row for `model`, in the order of `COLUMNS`."""
    star = f" {glyphs.star}" if preferred else ""
    estimate = price.estimate(model)
    medium = model.task_type.medium
    name = steady(model.name)
    return (
        Cell(name + star, "text", places(name, wanted) or scattered(name, wanted)),
        Cell(model.model_id, "muted", places(model.model_id, wanted)),
        Cell(say(f"task.tag_{medium}"), MEDIUM_ROLE[medium]),
        Cell(points_range(*model.points)),
        Cell(usual_time(estimate), "muted"),
        _news(model, changes, glyphs) or Cell(tags(model), "muted"),
    )


def _news(model: ModelVersion, changes: ListChanges, glyphs: Glyphs) -> Cell | None:
    """That it is new, or costs otherwise than it did."""
    name = name_of(model)
    if name in changes.new:
        return Cell(say("models.new"), "ok")
    before = changes.was.get(name)
    if before is None:
        return None
    has_risen = model.points > before
    sign = glyphs.up if has_risen else glyphs.down
    was = say("models.was", points=points_range(*before))
    return Cell(f"{sign} {was}", "warn" if has_risen else "ok")


def gone_row(model: ModelVersion) -> Row:
    """One that the list has no more."""
    return (
        Cell(steady(model.name), "muted"),
        Cell(model.model_id, "muted"),
        Cell(say(f"task.tag_{model.task_type.medium}"), "muted"),
        Cell(points_range(*model.points), "muted"),
        Cell("", "muted"),
        Cell(say("models.gone"), "warn"),
    )


def tags(model: ModelVersion) -> str:
    """Our tiers, else what the service says is special about it."""
    tiers = [say(f"compose.tier_{tier}") for tier in choice.tiers_of(model)]
    return " ".join(tiers) or steady(" ".join(model.features))
