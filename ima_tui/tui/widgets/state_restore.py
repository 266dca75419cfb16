"""Keep the state of a screen's widgets while they are recreated."""

from __future__ import annotations

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from ima_tui.tui.widgets.table import Table


class RestoredState:
    """Words by the ids of their fields; cursors, marks and focus. Widgets without an id are told
    apart by their class, of which a screen has one."""

    def __init__(self, screen: Screen[None]) -> None:
        self._words = {_name(one): one.value for one in screen.query(Input)}
        self._texts = {_name(one): (one.text, one.selection) for one in screen.query(TextArea)}
        self._tables = {
            _name(one): (one.cursor, set(one.marked), one.scroll_offset.y)
            for one in screen.query(Table)
        }
        self._focused = _name(screen.focused) if screen.focused else ""

    def give_back_words(self, screen: Screen[None]) -> None:
        """Put typed text back into the fields."""
        for field in screen.query(Input):
            field.value = self._words.get(_name(field), field.value)
        for area in screen.query(TextArea):
            if _name(area) in self._texts:
                area.text, area.selection = self._texts[_name(area)]

    def give_back_places(self, screen: Screen[None]) -> None:
        """Once the rows are there."""
        for table in screen.query(Table):
            cursor, marked, top = self._tables.get(_name(table), (None, set(), 0))
            table.mark(marked)
            table.scroll_to(y=top, animate=False)
            if cursor is not None:
                table.move_to(cursor)
        found = next((one for one in screen.focus_chain if _name(one) == self._focused), None)
        if found is not None:
            screen.set_focus(found)


def _name(widget: Widget) -> str:
    return widget.id or type(widget).__name__
