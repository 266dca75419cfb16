"""Details of a model version: prices, parameters, times here. No widget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from ima_tui.catalogue import form, price
from ima_tui.catalogue.list_cache import name_of
from ima_tui.catalogue.order import input_counts
from ima_tui.compose import parameter_names
from ima_tui.core.domain import Field, ModelVersion, Value
from ima_tui.core.events import ListChanges
from ima_tui.core.text import duration, points_range
from ima_tui.i18n import say
from ima_tui.ledger.history import ReportRow
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets import plots, price_table
from ima_tui.tui.widgets.cells import fit, steady, width
from ima_tui.tui.widgets.price_text import usual_time

UNCHANGED = ListChanges()
MOST_OPTIONS = 20
LONGEST_LABEL = 20
GAP = 2
SPREAD = 36
"""Cells of the plot of durations."""


def moment(at: float) -> str:
    """`14:05`, or with its day where that is not today."""
    then, now = datetime.fromtimestamp(at), datetime.now()  # noqa: DTZ005, DTZ006 - the user's
    return then.strftime("%H:%M" if then.date() == now.date() else "%m-%d %H:%M")


def detail(
    model: ModelVersion,
    preferred: bool,
    glyphs: Glyphs,
    changes: ListChanges = UNCHANGED,
    cells: int = price_table.ROOM,
    here: ReportRow | None = None,
    more: Sequence[ModelVersion] = (),
) -> Content:
    """Everything that the list says about one model, and what of it was otherwise before, on lines
    of `cells`; `here`: how long it took in this ledger; `more`: the same model for other task
    types, of which the prices are told."""
    estimate = price.estimate(model)
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
    prices = price_table.every(model, glyphs)
    lines += [Content(""), *prices, *_fields(model, cells)]
    for other in more:
        kind, found = say(f"task.{other.task_type}"), price_table.every(other, glyphs)
        if found == prices:
            found = [Content.styled(say("models.same_prices"), "$muted")]
        lines += [Content(""), Content.styled(kind, "bold"), *found]
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
    parameters: list[tuple[str, Field, Value | None]] = []
    for field in form.user_fields(model):
        parts = parameter_names.apart(field)
        for one in parts:
            label = one.label if len(parts) > 1 else parameter_names.label(one)
            parameters.append((label, one, form.default_of(field)))
    if not parameters:
        return []
    size = min(LONGEST_LABEL, max(width(label) for label, _, _ in parameters)) + GAP
    lines = [Content("")]
    for label, parameter, usual in parameters:
        first, *more = _flowing(_options(parameter, usual), cells - size)
        lines.append(Content.styled(fit(label, size - GAP) + " " * GAP, "$muted") + first)
        lines += [Content(" " * size) + line for line in more]
    return lines


def _options(field: Field, usual: Value | None) -> list[Content]:
    if not field.options:
        shown = "" if usual is None else parameter_names.value(field.name, usual)
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
