"""Table row of a model version."""

from __future__ import annotations

from ima_tui.catalogue import choice, times
from ima_tui.catalogue.list_cache import name_of
from ima_tui.core.domain import ModelVersion
from ima_tui.core.events import ListChanges
from ima_tui.core.text import points_range
from ima_tui.i18n import say
from ima_tui.tui.models.search import places, scattered
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.widgets.cells import Column, steady
from ima_tui.tui.widgets.model_detail import UNCHANGED
from ima_tui.tui.widgets.price_text import usual_time
from ima_tui.tui.widgets.table import Cell, Row

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
    estimate = times.estimate(model)
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
