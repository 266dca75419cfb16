"""What the Models screen lists: which view, which order, which rows. No widget.

Two views: all task types with a row per model (`matrix`), or one task type with a row per version.
"""

from __future__ import annotations

from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.events import ListChanges, ProductList
from ima_tui.studio.studio import Studio
from ima_tui.tui.models import matrix, model_text
from ima_tui.tui.models.matrix import BY_MEDIUM, ModelRow
from ima_tui.tui.models.search import SORT_NAMES, ModelSearch, leaf_id
from ima_tui.tui.shell import model_picker
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets.columns import Column
from ima_tui.tui.widgets.table import LazyRows, Row, RowId

VIEWS: tuple[Medium | None, ...] = (None, *Medium)


class ModelListing:
    """The rows for a filter. `kind`: one task type is shown; None: all of them, by model."""

    def __init__(self, studio: Studio, glyphs: Glyphs, kind: TaskType | None) -> None:
        self._studio = studio
        self._glyphs = glyphs
        self.kind = kind
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
        if self.kind is not None:
            return (self.kind,)
        return tuple(TaskType) if self.medium is None else BY_MEDIUM[self.medium]

    @property
    def lists(self) -> list[ProductList]:
        """The lists that are shown."""
        return [self._studio.catalogue.lists[kind] for kind in self.task_types]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table."""
        return matrix.COLUMNS if self.kind is None else model_text.COLUMNS

    def is_mine(self, model: ModelVersion) -> bool:
        """Return whether the user prefers this model for its task type."""
        return model_picker.preferred(self._studio, model.task_type) == model.model_id

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
        if self.kind is None:
            self.by_id, self.gone = {}, {}
            self._rows = {row.id: row for row in matrix.rows(shown)}
            return LazyRows(self._rows, self._row)
        lost = ModelSearch([model for one in lists for model in one.changes.gone])
        self._rows = {}
        self.by_id = {leaf_id(model): model for model in shown}
        self.gone = {f"gone {leaf_id(model)}": model for model in lost.arrange(wanted, self.sort)}
        return LazyRows([*self.by_id, *self.gone], self._row)

    @property
    def count(self) -> int:
        """How many models are shown, each version counted."""
        return len(self.by_id) + sum(len(row.versions) for row in self._rows.values())

    # --------------------------------------------------------------------------------- a row

    def _row(self, row_id: RowId) -> Row:
        return self.row(row_id, here=False)

    def row(self, row_id: RowId, *, here: bool) -> Row:
        """Return the cells of a row; `here`: the cursor is on it."""
        name, signs = str(row_id), self._glyphs
        if (found := self._rows.get(name)) is not None:
            chosen = found.nearest(self.column) if here else None
            mine = [one.model_id for one in found.versions if self.is_mine(one)]
            return matrix.draw(found, self._wanted, chosen, mine, signs)
        model = self.by_id.get(name)
        if model is None:
            return model_text.gone_row(self.gone[name])
        return model_text.row(model, self._wanted, self.is_mine(model), signs, self.changes(model))

    def model(self, row_id: RowId | None) -> ModelVersion | None:
        """Return the model version of a row, in the column that is chosen."""
        row = self._rows.get(str(row_id))
        return row.of(row.nearest(self.column)) if row else self.by_id.get(str(row_id))

    def others(self, row_id: RowId | None) -> tuple[ModelVersion, ...]:
        """Return the versions of a row's model for the task types that are not chosen."""
        row, chosen = self._rows.get(str(row_id)), self.model(row_id)
        if row is None or chosen is None:
            return ()
        found = (row.of(kind) for kind in row.task_types() if kind is not chosen.task_type)
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
        at = VIEWS.index(self.medium if self.kind is None else self.kind.medium)
        self.kind, self.medium = None, VIEWS[(at + by) % len(VIEWS)]

    def show_all(self) -> None:
        """Show all task types."""
        self.kind, self.medium = None, None

    def next_sort(self) -> None:
        """Sort by the next criterion."""
        self.sort = SORT_NAMES[(SORT_NAMES.index(self.sort) + 1) % len(SORT_NAMES)]
