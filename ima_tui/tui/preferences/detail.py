"""Beside the table of preferences: the model in use, why, its price, and what else there is."""

from __future__ import annotations

from functools import partial

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.catalogue import choice, price
from ima_tui.catalogue.choice import Reason
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line, points_range
from ima_tui.i18n import say
from ima_tui.preferences.file import Preference
from ima_tui.tui.shell.job_lines import LatestJobs
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import cut, fit, steady, width
from ima_tui.tui.widgets.lines import SEPARATOR, Fitted, Pane
from ima_tui.tui.widgets.model_detail import detail as detail_of
from ima_tui.tui.widgets.price_text import usual_time


@dataclass(frozen=True, slots=True)
class Wanted:
    """One task type with the user's preference for it, and the models that there are."""

    task_type: TaskType
    user: str
    preference: Preference | None
    models: tuple[ModelVersion, ...]
    recommended: str

    @property
    def serving(self) -> tuple[ModelVersion, Reason] | None:
        """The model for a prompt that names none, and why; None without a list."""
        mine = self.preference.model_id if self.preference is not None else ""
        return choice.serving(self.models, self.task_type, mine, self.recommended)


def facts(wanted: Wanted, glyphs: Glyphs, cells: int) -> Content:
    """Return what the preference does, where it comes from, and all about its model."""
    lines = [Content.styled(words, f"${role}") for words, role in _origin(wanted)]
    if (found := wanted.serving) is not None:
        preferred = found[1] is Reason.PREFERENCE
        lines += [Content(""), detail_of(found[0], preferred, glyphs, cells=cells)]
    return Content("\n").join(lines)


def _origin(wanted: Wanted) -> list[tuple[str, str]]:
    """Return why it is this model, and what its price was."""
    found, preference = wanted.serving, wanted.preference
    if found is None:
        return [(say("prefs.no_list"), "muted")]
    model, reason = found
    if preference is not None and reason is not Reason.PREFERENCE:
        name = one_line(preference.model_name or preference.model_id, 60)
        return [(say("prefs.from_gone", gone=name, model=model.name), "warn")]
    if preference is None:
        advised = reason is Reason.RECOMMENDATION
        return [(say("prefs.from_guides" if advised else "prefs.from_default"), "muted")]
    day = one_line(preference.last_used, 40)[:10]
    key = "prefs.from_user" if day else "prefs.from_user_unused"
    told = [(say(key, user=one_line(wanted.user, 60), day=day), "ok")]
    if has_changed(preference, model):
        then = preference.credit or 0
        told.append((say("prefs.price_then", then=then, now=model.points[0]), "warn"))
    return told


def has_changed(preference: Preference, model: ModelVersion) -> bool:
    """Return whether the price in the file, one of the model's then, is none of them now."""
    low, high = model.points
    return preference.credit is not None and not low <= preference.credit <= high


def others(wanted: Wanted, glyphs: Glyphs, cells: int) -> Content:
    """Return every model for the task type, the one in use marked: points, time, what it is for."""
    found = wanted.serving
    rows = [_row(model, found is not None and model is found[0], glyphs) for model in wanted.models]
    names = max((width(row[1]) for row in rows), default=0)
    points = max((width(row[2]) for row in rows), default=0)
    usual = max((width(row[3]) for row in rows), default=0)
    room = cells - names - points - usual - 8
    return Content("\n").join(
        Content.styled(f"{sign} ", "$accent")
        + Content.styled(fit(name, names), "bold" if sign.strip() else "")
        + Content(f"  {fit(price, points, 'right')}")
        + Content.styled(f"  {fit(time, usual, 'right')}  {cut(note, room)}", "$muted")
        for sign, name, price, time, note in rows
    )


def _row(model: ModelVersion, in_use: bool, glyphs: Glyphs) -> tuple[str, str, str, str, str]:
    tiers = [say(f"compose.tier_{tier}") for tier in choice.tiers_of(model)]
    note = model.description or " ".join(tiers) or " ".join(model.features)
    return (
        glyphs.right if in_use else " " * width(glyphs.right),
        steady(model.name),
        points_range(*model.points),
        usual_time(price.estimate(model)),
        steady(note),
    )


def panes() -> list[Pane]:
    """Return the panes: the model in use, all models for the task type, the latest jobs."""
    found = []
    for name, title in (("model", "pane.detail"), ("others", "pane.models")):
        pane = Pane(say(title), widget_id=f"{name}-pane")
        facts_of = Static(id=f"{name}-facts", markup=False)
        pane.compose_add_child(VerticalScroll(facts_of, id=f"{name}-scroll", can_focus=False))
        found.append(pane)
    return [*found, LatestJobs()]


def show(screen: Widget, wanted: Wanted) -> None:
    """Show in these panes of a screen what is known of a task type and its preference."""
    glyphs = context(screen).glyphs
    kind = (SEPARATOR + say(f"task.{wanted.task_type}"), "text")
    parts = (
        ("model", "pane.detail", partial(facts, wanted, glyphs)),
        ("others", "pane.models", partial(others, wanted, glyphs)),
    )
    for name, title, told in parts:
        screen.query_one(f"#{name}-pane", Pane).say([(say(title), "strong"), kind])
        screen.query_one(f"#{name}-facts", Static).update(Fitted(told))
        screen.query_one(f"#{name}-scroll").scroll_home(animate=False)
    model = wanted.serving[0] if wanted.serving is not None else None
    screen.query_one(LatestJobs).look(model)
