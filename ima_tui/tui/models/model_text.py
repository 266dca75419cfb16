"""Text about a model version: its table row, and its details."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ima_tui.catalogue import choice, form, times
from ima_tui.catalogue.list_cache import name_of
from ima_tui.catalogue.order import input_counts
from ima_tui.compose import parameter_names
from ima_tui.core.domain import Field, ModelVersion
from ima_tui.core.events import ListChanges
from ima_tui.core.text import duration, points_range
from ima_tui.i18n import say
from ima_tui.ledger.history import ReportRow
from ima_tui.tui.models.search import moment, places, scattered
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.widgets import plots, price_table
from ima_tui.tui.widgets.cells import Column, fit, steady, width
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

UNCHANGED = ListChanges()
MOST_OPTIONS = 20
LONGEST_LABEL = 20
GAP = 2
SPREAD = 36
"""Cells of the plot of durations."""


# --------------------------------------------------------------------------------------- rows


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


# ------------------------------------------------------------------------------- one in detail


def detail(
    model: ModelVersion,
    preferred: bool,
    glyphs: Glyphs,
    changes: ListChanges = UNCHANGED,
    cells: int = price_table.ROOM,
    here: ReportRow | None = None,
) -> Content:
    """Everything that the list says about one leaf, and what of it was otherwise before, on lines
    of `cells`; `here`: how long it took in this ledger."""
    estimate = times.estimate(model)
    star = f" {glyphs.star}" if preferred else ""
    facts = [
        say(f"task.{model.task_type}"),
        say("models.usually", time=usual_time(estimate)),
        *_inputs(model),
    ]
    lines = [
        Content.styled(steady(model.name) + star, "bold"),
        Content.styled(model.version, "$muted"),
        Content(" · ".join(facts)),
    ]
    lines += _took(here, glyphs, cells)
    if told := _changed(model, changes):
        lines.append(Content.styled(told, "$warn"))
    if model.description:
        lines.append(Content.styled(steady(model.description), "$muted"))
    lines += [Content(""), *price_table.every(model, glyphs), *_fields(model, cells)]
    return Content("\n").join(lines)


def _took(here: ReportRow | None, glyphs: Glyphs, cells: int) -> list[Content]:
    """The median of the durations here, and all of them beside the estimate."""
    if here is None or here.median_time is None:
        return []
    words = say("models.here", time=duration(here.median_time), n=len(here.times))
    spread = plots.durations(
        here.times, here.median_estimate, min(cells, SPREAD), plain=glyphs.ascii
    )
    return [Content(words), Content.styled(spread, "$accent")]


def _changed(model: ModelVersion, changes: ListChanges) -> str:
    """In a sentence, with the time since when; "" where nothing did."""
    if not changes.since:
        return ""
    name, since = name_of(model), moment(changes.since)
    if name in changes.new:
        return say("models.new_since", since=since)
    if any(name_of(one) == name for one in changes.gone):
        return say("models.gone_since", since=since)
    if before := changes.was.get(name):
        return say("models.was_since", points=points_range(*before), since=since)
    return ""


def _inputs(model: ModelVersion) -> list[str]:
    if not model.task_type.takes_inputs:
        return []
    low, high = input_counts(model)
    kinds = sorted({kind.rpartition("/")[2] for accept in model.accepts for kind in accept.types})
    count = str(low) if low == high else f"{low}–{'∞' if high is None else high}"
    return [say("models.takes", count=count, kinds=" ".join(kinds))]


def _fields(model: ModelVersion, cells: int) -> list[Content]:
    """What can be set, with the options there are, the default in bold; what does not fit on a
    line goes on below, behind the label."""
    controls = form.user_fields(model)
    if not controls:
        return []
    size = (
        min(LONGEST_LABEL, max(width(parameter_names.label(control)) for control in controls)) + GAP
    )
    lines = [Content("")]
    for control in controls:
        first, *more = _flowing(_options(control), cells - size)
        label = fit(parameter_names.label(control), size - GAP) + " " * GAP
        lines.append(Content.styled(label, "$muted") + first)
        lines += [Content(" " * size) + line for line in more]
    return lines


def _options(field: Field) -> list[Content]:
    usual = form.default_of(field)
    if not field.options:
        shown = "" if usual is None else price_table.shown(usual)
        return [Content(shown or say(f"models.kind_{field.kind}"))]
    parts = [
        Content.styled(
            parameter_names.option(field, option), "bold" if form.same(option.value, usual) else ""
        )
        for option in field.options[:MOST_OPTIONS]
    ]
    if len(field.options) > MOST_OPTIONS:
        parts.append(Content(f"+{len(field.options) - MOST_OPTIONS}"))
    return parts


def _flowing(parts: Sequence[Content], cells: int) -> list[Content]:
    """Side by side for as long as they fit."""
    lines = [Content("")]
    for part in parts:
        line = lines[-1]
        if line.plain and width(line.plain) + GAP + width(part.plain) > cells:
            lines.append(part)
        else:
            lines[-1] = line + (" " * GAP if line.plain else "") + part
    return lines
