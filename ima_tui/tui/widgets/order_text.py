"""Settings of an order as rows of name and value. No widget."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ima_tui.compose import draft, parameter_names
from ima_tui.core.domain import ModelVersion, Order, Value
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.tui.widgets.cells import fit, width

MOST_NAME = 16
"""Cells of a setting's name."""
LONGEST_VALUE = 300


def settings(order: Order, model: ModelVersion | None) -> list[tuple[str, str]]:
    """Return names and values as people know them, without settings that are empty or only repeat
    the prompt; then the inputs."""
    rows = [
        (_name(model, name), _value(name, value))
        for name, value in order.parameters
        if str(value).strip() not in ("", order.prompt.strip())
    ]
    if order.inputs:
        rows.append((say("gallery.inputs"), one_line(" ".join(order.inputs), LONGEST_VALUE)))
    return rows


def _name(model: ModelVersion | None, name: str) -> str:
    """As people know it; what has no control is at least written as those that have one."""
    known = draft.label(model, name)
    return known.replace("_", " ").capitalize() if known == name else known


def _value(name: str, value: Value) -> str:
    """As the form says it: with its unit, and on and off, not True and False."""
    return parameter_names.value(name, one_line(value, 120) if isinstance(value, str) else value)


def rows(found: Sequence[tuple[str, str]]) -> list[Content]:
    """Return a line for each: names below each other, values below each other."""
    wide = min(MOST_NAME, max((width(name) for name, _ in found), default=0))
    return [
        Content.styled(f"{fit(name, wide)}  ", "$muted") + Content(f"\t{value}")
        for name, value in found
    ]
