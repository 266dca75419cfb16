"""Picker of the tools whose logs are shown."""

from __future__ import annotations

from collections.abc import Sequence

from ima_tui.core.text import folded
from ima_tui.i18n import say
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.widgets.columns import Column
from ima_tui.tui.widgets.table import Cell


def source_picker(tools: Sequence[str], current: str) -> Picker:
    """All of them first (number 0), then each tool."""
    names = [say("logs.all_sources"), *tools]
    choices = [PickerItem((Cell(name), Cell("")), folded(name)) for name in names]
    at = tools.index(current) + 1 if current in tools else 0
    columns = (Column("tool", 20, flex=1), Column("nothing", 1))
    return Picker(say("logs.choose_source"), columns, choices, at)
