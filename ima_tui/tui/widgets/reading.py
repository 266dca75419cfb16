"""What the words of the wish were read as: one line under it, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.desk import Desk
from ima_tui.heard import COUNT
from ima_tui.messages import say
from ima_tui.tui.widgets.cells import cut, width
from ima_tui.tui.widgets.lines import Line, Part

if TYPE_CHECKING:
    from ima_tui.intent.reading import Decision


class Reading(Line):
    """Kind, model and settings that the words gave; or what they leave open, or ask too much."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._told: tuple[Part, ...] = ()

    def show(self, desk: Desk) -> None:
        """Draws only when what is told differs: most keys change nothing here."""
        decision = desk.decision
        told = tuple(_told(desk, decision)) if decision is not None else ()
        if told != self._told:
            self._told = told
            self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        left: list[Part] = [("  ", "text")]
        room = cells - 2
        for text, role in self._told:
            shown = cut(text, room)
            left.append((shown, role))
            room -= width(shown)
            if room <= 0:
                break
        return left, []


def _told(desk: Desk, decision: Decision) -> list[Part]:
    if decision.limits:
        limit = decision.limits[0]
        possible = ", ".join(limit.possible) or "—"
        return [(say("compose.reads_limit", asked=limit.asked, possible=possible), "warn")]
    if decision.kind == "workflow":
        steps = " → ".join(say(f"task.{step.task_type.value}") for step in decision.steps)
        return [(say("compose.reads_steps", steps=steps), "warn")]
    if decision.kind == "clarify" and decision.question is not None:
        return [(say(f"compose.reads_{decision.question.value}"), "muted")]
    if decision.task_type is None or decision.kind != "single":
        return []
    words = [say(f"task.{decision.task_type.value}"), *_model(desk, decision)]
    words += _settings(desk, decision)
    lead: list[Part] = [(say("compose.reads") + "  ", "muted"), (" · ".join(words), "text")]
    if decision.absent:
        lead.append(("  " + say("compose.reads_absent", names=", ".join(decision.absent)), "warn"))
    elif decision.refused:
        first = decision.refused[0]
        possible = ", ".join(map(str, first.possible)) or "—"
        words_for = say("compose.reads_refused", asked=str(first.asked), possible=possible)
        lead.append(("  " + words_for, "warn"))
    return lead


def _model(desk: Desk, decision: Decision) -> list[str]:
    """The model only where the words name one: a default was not read."""
    named = decision.model_id or decision.tier
    return [desk.leaf.name] if named and desk.leaf is not None else []


def _settings(desk: Desk, decision: Decision) -> list[str]:
    leaf = desk.leaf
    if leaf is None or decision.leaf != leaf:
        return []
    count = decision.param(COUNT)
    told = [f"×{count}"] if count not in (None, 1) else []
    for name, value in decision.bound:
        field = form.control(leaf, name)
        if field is not None and name not in desk.pinned:
            told.append(f"{field.label} {value}" if isinstance(value, bool) else str(value))
    return told
