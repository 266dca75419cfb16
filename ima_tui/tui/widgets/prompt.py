"""Prompt editor and one-line input; pasted text is cleaned."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from ima_tui.compose.prompt_text import Highlight, by_line, moved
from ima_tui.core.input_files import MEDIA_ENDINGS
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, pattern
from ima_tui.i18n import say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.theme import style

SEND = bind("send", "screen.send", "bind.compose_send", "compose.send", show=True)
"""The screen's own, named in its fields too: so it stands first among the keys at the bottom."""


@dataclass
class FilesDropped(Message):
    """What looks like the path of a picture, video or sound came in one piece."""

    path: str


_DRAGGED = pattern(r"(?:file:(?://[^/\n]*)?)?(?:~|\.{1,2})?/[^\n]*", re.IGNORECASE)


def dragged(pasted: str) -> str:
    """The path, where nothing but one of a medium was pasted, else "". A file that is dragged onto
    the terminal comes in quotes, or with its blanks escaped."""
    plain = unquoted(pasted.strip())
    return plain if _DRAGGED.fullmatch(plain) and plain.lower().endswith(MEDIA_ENDINGS) else ""


def unquoted(path: str) -> str:
    """The path without the quotes and escapes that a terminal puts into it for a shell."""
    if "://" in path and path[0] not in "'\"":
        return path
    import shlex  # 1 ms that the first screen does without

    try:
        words = shlex.split(path)
    except ValueError:  # a quote that is not closed is part of the name
        return re.sub(r"\\(.)", r"\1", path)
    return words[0] if len(words) == 1 else re.sub(r"\\(.)", r"\1", path)


class Prompt(TextArea):
    """The prompt, in as many lines as it takes. Enter makes a line: sending has a key of its own,
    for it costs points."""

    BINDINGS: ClassVar[list[BindingType]] = [
        SEND,
        # ctrl+z leads to the shell, as everywhere in a terminal
        Binding("ctrl+underscore", "undo", "bind.prompt_undo", show=False, id="prompt.undo"),
    ]

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(
            id=widget_id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder=Content(say("compose.placeholder")),
        )
        self.cursor_blink = False  # an idle screen sends nothing
        self.when_empty: Callable[[str], bool] | None = None
        self.completed: Callable[[str, int], str] | None = None
        """What is missing of the word that ends at a place, shown behind the cursor."""
        self._marks: tuple[Highlight, ...] = ()
        self._marked = ""
        """The text that the marks are places in."""
        self._lines: Mapping[int, tuple[Highlight, ...]] = {}
        self._role: Callable[[str], str] = str
        self._pointed = ""

    def on_key(self, event: events.Key) -> None:
        """Hand keys that an empty prompt has no use for to whoever wants them."""
        if not self.text and self.when_empty is not None and self.when_empty(event.key):
            event.stop()
            event.prevent_default()

    def update_suggestion(self) -> None:
        """Show the rest of a name that is begun; the right arrow key takes it."""
        if self.completed is not None:
            at = len(self.get_text_range((0, 0), self.cursor_location))
            self.suggestion = self.completed(self.text, at) if self.cursor_at_end_of_line else ""

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text, cleaned of control characters."""
        event.text = clean(event.text)  # Textual calls the base class's handler next, by itself
        path = dragged(event.text)
        if path:
            event.prevent_default()
            event.stop()
            self.post_message(FilesDropped(path))

    # --------------------------------------------------------------------- words that were read

    def show_marks(self, found: Sequence[Highlight], role: Callable[[str], str]) -> None:
        """Underline the words of the current text that gave something, each in the `role`
        of its part."""
        now = [(mark, role(mark.part)) for mark in found]
        same = now == [(mark, self._role(mark.part)) for mark in self._marks]
        self._marks, self._marked, self._role = tuple(found), self.text, role
        if not same:
            self._draw_marks()

    def point_at(self, part: str) -> None:
        """Stress the words that gave `part`; nothing for no part."""
        if part != self._pointed:
            shown = {self._pointed, part} & {mark.part for mark in self._marks}
            self._pointed = part
            if shown:
                self._draw_marks()

    def _draw_marks(self) -> None:
        self._lines = by_line(self._marks, self.document.lines, len(self.document.newline))
        self.notify_style_update()  # lines are kept as they were drawn
        self.refresh()

    def _follow_edit(self) -> None:
        """A key may be drawn before the text was read anew: until then the marks move along."""
        text = self.text
        if text != self._marked:
            self._marks, self._marked = moved(self._marks, self._marked, text), text
            self._lines = by_line(self._marks, self.document.lines, len(self.document.newline))

    def get_line(self, line_index: int) -> Text:
        """Return a line with its marks."""
        self._follow_edit()
        line = super().get_line(line_index)
        for mark in self._lines.get(line_index, ()):
            how = "here" if mark.part == self._pointed else "words"
            look = style(self.app.theme, f"{self._role(mark.part)}:{how}", "surface")
            line.stylize(look, mark.start, mark.end)
        return line
