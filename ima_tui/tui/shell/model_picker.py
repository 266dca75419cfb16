"""Pickers of task types, models, earlier results and prompts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from mimetypes import guess_type
from typing import TYPE_CHECKING

from ima_tui.catalogue import choice, price
from ima_tui.catalogue.choice import Alternative
from ima_tui.compose import draft
from ima_tui.core.domain import (
    Job,
    Media,
    Medium,
    ModelVersion,
    TaskType,
)
from ima_tui.core.text import folded, one_line, points_range
from ima_tui.i18n import listed, say
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.model_text import kind_name, medium_cell, notes
from ima_tui.tui.widgets.painter import Cell
from ima_tui.tui.widgets.price_text import usual_time

if TYPE_CHECKING:
    from ima_tui.studio.studio import Studio
    from ima_tui.workflow.steps import WorkflowStep

_KINDS = (
    Column("tag", 4),
    Column("kind", 22, "compose.column_kind", flex=1),
    Column("models", 8, "compose.column_models", align="right"),
    Column("points", 9, "compose.column_points", align="right", drop=1),
)
_MODELS = (
    Column("star", 1),
    Column("model", 16, "compose.column_model", flex=2),
    Column("note", 12, "", flex=1, drop=2),
    Column("points", 8, "compose.column_points", align="right"),
    Column("time", 10, "compose.column_time", align="right", drop=1),
)
_HISTORY = (
    Column("tag", 4),
    Column("prompt", 24, "compose.column_prompt", flex=3),
    Column("model", 14, "compose.column_model", flex=1, drop=1),
    Column("day", 6, "compose.column_day", align="right"),
)


def kinds(studio: Studio, current: TaskType, among: Sequence[TaskType] = tuple(TaskType)) -> Picker:
    """Return the picker of task types."""
    choices = [_kind(task_type, studio.catalogue.models(task_type)) for task_type in among]
    at = among.index(current)
    return Picker(say("compose.choose_kind"), _KINDS, choices, at)


def _kind(task_type: TaskType, models: Sequence[ModelVersion]) -> PickerItem:
    name = kind_name(task_type)
    prices = [price for model in models for price in model.points]
    cells = (
        medium_cell(task_type),
        Cell(name),
        Cell(str(len(models)) if models else "–", "muted"),
        Cell(points_range(min(prices), max(prices)) if prices else "", "muted"),
    )
    tag = say(f"task.tag_{task_type.medium}")
    return PickerItem(cells, folded(f"{name} {task_type.value.replace('_', ' ')} {tag}"))


def models(
    studio: Studio,
    task_type: TaskType,
    current: ModelVersion | None,
    signs: Glyphs,
    user: str | None = None,
) -> Picker:
    """The models of one kind, the one that is `current` under the cursor."""
    models = studio.catalogue.models(task_type)
    mine = studio.preferences.model_id(task_type, user)
    choices = [_model(model, model.model_id == mine, signs.star) for model in models]
    now = draft.same_version(models, current) if current else None
    at = models.index(now) if now else 0
    title = say("compose.choose_model", kind=kind_name(task_type))
    return Picker(title, _MODELS, choices, at)


def history(jobs: Sequence[Job], now: float) -> Picker:
    """Earlier prompts, as they were sent."""
    return Picker(say("compose.history"), _HISTORY, [_item(job, now) for job in jobs])


def _item(job: Job, now: float) -> PickerItem:
    order = job.order
    words = one_line(order.prompt, 300)
    cells = (
        medium_cell(order.task_type),
        Cell(words),
        Cell(order.model_name, "muted"),
        Cell(_day(job.created_at, now), "muted"),
    )
    return PickerItem(cells, folded(f"{words} {order.model_name}"))


Result = tuple[Job, Media]


def pictures(jobs: Sequence[Job], model: ModelVersion | None) -> list[Result]:
    """Results that `model` takes as inputs; pictures, where it does not say what it takes."""
    taken = model.input_types if model else ()
    return [
        (job, media)
        for job in jobs
        for media in job.medias
        if job.order.task_type.medium is Medium.IMAGE or guess_type(media.path)[0] in taken
    ]


def results(
    found: Sequence[Result], now: float, made: Sequence[tuple[WorkflowStep, int]] = ()
) -> Picker:
    """Results to be put in: `made`, what steps of this workflow will make (from 1), then those of
    earlier jobs."""
    rows = [_of_step(*one) for one in made] + [_result(*one, now) for one in found]
    return Picker(say("compose.results"), _HISTORY, rows)


def _of_step(step: WorkflowStep, index: int) -> PickerItem:
    from ima_tui.workflow.sources import source_of

    words = one_line(step.title or step.prompt, 300)
    cells = (
        medium_cell(step.task_type),
        Cell(f"{source_of(step.id, index)} {words}"),
        Cell(step.model_name, "muted"),
        Cell(""),
    )
    return PickerItem(cells, folded(f"step {step.id} {words} {step.model_name}"))


def _result(job: Job, media: Media, now: float) -> PickerItem:
    words = one_line(job.order.prompt, 300)
    pixels = f"{media.width}x{media.height}" if media.width and media.height else media.format
    cells = (
        medium_cell(job.order.task_type),
        Cell(f"#{job.id} {words}"),
        Cell(pixels, "muted"),
        Cell(_day(job.created_at, now), "muted"),
    )
    return PickerItem(cells, folded(f"{job.id} {words} {job.order.model_name}"))


def _day(at: float, now: float) -> str:
    """The clock today, the day before that."""
    then, today = datetime.fromtimestamp(at), datetime.fromtimestamp(now)  # noqa: DTZ006
    return then.strftime("%H:%M" if then.date() == today.date() else "%m-%d")


def others(offered: Sequence[Alternative], prices: Sequence[int | None]) -> Picker:
    """Models that could do a job instead of its own, each with what the job would cost."""
    choices = [
        _model(one.model, False, "", points=None if price is None else (price, price))
        for one, price in zip(offered, prices, strict=True)
    ]
    return Picker(say("queue.choose_other"), _MODELS, choices)


def _model(
    model: ModelVersion, is_mine: bool, star: str, points: tuple[int, int] | None = None
) -> PickerItem:
    cells = (
        Cell(star if is_mine else "", "accent"),
        Cell(model.name),
        Cell(listed(notes(model, is_mine)), "muted"),
        Cell(points_range(*(points or model.points))),
        Cell(usual_time(price.estimate(model)), "muted"),
    )
    return PickerItem(cells, choice.search_terms(model))
