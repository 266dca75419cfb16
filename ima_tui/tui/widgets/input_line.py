"""Line of one input: role, path or link, and what was found there; paths are completed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.suggester import Suggester
from textual.worker import WorkType

from ima_tui.compose.draft import Role
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import MEDIA_ENDINGS, InputFacts, format_name
from ima_tui.core.text import one_line, size
from ima_tui.i18n import joined, say
from ima_tui.tui.widgets.cells import cut, fit, width
from ima_tui.tui.widgets.lines import Line, Part
from ima_tui.tui.widgets.price_bar import DraftMessage
from ima_tui.tui.widgets.prompt import SEND, unquoted
from ima_tui.tui.widgets.text_fields import LineInput

PAUSE = 0.3
"""Seconds without a key before a line is looked at."""
MOST_NAMES = 5_000
"""Names of one folder that are read for a completion."""
Check = Callable[[str], Awaitable[InputFacts]]
"""Looks at a path or link. Raises `UsageError`: it can't be taken."""


def complete(written: str) -> str | None:
    """The first folder, picture, video or sound whose path goes on from `written`."""
    if "://" in written or not written.strip():
        return None
    folder, slash, begun = written.rpartition("/")
    try:
        with os.scandir(Path(folder + slash).expanduser() if slash else Path()) as entries:
            names = [
                entry.name + "/" if entry.is_dir() else entry.name
                for entry, _ in zip(entries, range(MOST_NAMES), strict=False)
                if entry.name.startswith(begun)
                and (begun or not entry.name.startswith("."))
                and (entry.is_dir() or _is_media(entry.name))
            ]
    except (OSError, RuntimeError):  # no such folder, or no such user behind a ~
        return None
    clean_names = [name for name in names if one_line(name) == name and name != begun]
    return f"{folder}{slash}{min(clean_names)}" if clean_names else None


def _is_media(name: str) -> bool:
    return name.lower().endswith(MEDIA_ENDINGS)


class PathSuggester(Suggester):
    """Looks on a thread: a folder may lie on a slow network. `known` are names of no files."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completed path, or None."""
        begun = [name for name in self._known if value and name.startswith(value)]
        if begun:
            return begun[0] if value not in begun else None
        return await asyncio.to_thread(complete, value)


class PathInput(LineInput):
    """A path or a link. `tab` takes the completion that is shown; where none is, it goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        SEND,
        Binding("tab", "complete", "bind.input_complete", show=False, id="input.complete"),
        Binding("up", "app.focus_previous", "bind.form_up", show=False, id="form.up"),
        Binding("down", "app.focus_next", "bind.form_down", show=False, id="form.down"),
    ]

    def action_complete(self) -> None:
        """Complete the path."""
        before = self.value
        if self.cursor_at_end:
            self.action_cursor_right()
        if self.value == before:
            raise SkipAction

    def tidy(self, pasted: str) -> str:
        """A file dragged onto the terminal comes in quotes, or with its blanks escaped, and with
        a blank after it."""
        return unquoted(super().tidy(pasted).strip())


class _Role(Line):
    """What the input is for."""

    GROUND = "background"

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
        self.is_wrong = False

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        active = any(child.has_focus for child in self.siblings)
        bar = self.ima.glyphs.cursor if active else " "
        mark = "!" if self.is_wrong else " "
        words = fit(self.words, cells - 3)
        return [(bar, "accent"), (mark, "bad"), (words, "strong" if active else "muted")], []


class _Found(Line):
    """What was found at a path, in few words."""

    GROUND = "background"

    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    def show(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        return [(cut(f"  {self.words}" if self.words else "", cells), "muted")], []


class InputLine(Vertical):
    """One input."""

    def __init__(
        self, role: Role, check: Check, value: str = "", known: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.role = role
        self._check = check
        self._names = PathSuggester(known)
        self._excess: UsageError | None = None
        """Why there is no place for it, however good it is."""
        self._heard = value
        """What was written here when it was last told: filling the line is told like typing."""
        self._role = _Role(say(f"compose.role_{role}"))
        self.field = PathInput(
            value,
            placeholder=say("compose.input_or_step" if known else "compose.input_placeholder"),
            suggester=self._names,
        )
        self._facts = _Found()
        self._facts.styles.width = 0
        self._problem = DraftMessage()
        self._problem.display = False

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Horizontal():
            yield self._role
            yield self.field
            yield self._facts
        yield self._problem

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self._role.styles.width = width(self._role.words) + 4
        if self.field.value:
            self.look_soon()

    def take_role(self, role: Role) -> None:
        """Be for something else from now on."""
        if role is not self.role:
            self.role = role
            self._role.words = say(f"compose.role_{role}")
            self._role.styles.width = width(self._role.words) + 4
            self._role.refresh()

    def be_excess(self, problem: UsageError | None) -> None:
        """One input more than the model takes; None: no longer."""
        before, self._excess = self._excess, problem
        if problem is not None:
            self._say("", problem)
        elif before is not None:
            self._say("", None)
            self.look_soon()

    @property
    def value(self) -> str:
        """The path or link."""
        return self.field.value.strip()

    def on_input_changed(self, event: PathInput.Changed) -> None:
        """Follow the text that is typed."""
        if event.value == self._heard:
            event.stop()  # ours: by the time it comes, other words may name other pictures
            return
        self._heard = event.value
        self._say("", None)
        self.look_soon()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _follow_focus(self) -> None:
        self._role.refresh()

    def look_soon(self) -> None:
        """Look at what is written here once nobody types."""

        async def look() -> None:
            await asyncio.sleep(PAUSE)
            await self.look()

        work: WorkType[None] = look
        self.run_worker(work, name="look at input", group="input", exclusive=True)

    async def look(self) -> InputFacts | None:
        """Look at what is written here, and say what was found; None where it can't be taken."""
        value = self.value
        if not value:
            return None
        if self._excess is not None:
            self._say("", self._excess)
            return None
        try:
            facts = await self._check(value)
        except UsageError as problem:
            if value == self.value and not (self.field.has_focus and await self._is_begun(problem)):
                self._say("", problem)
            return None
        if value == self.value and self._excess is None:
            self._say(_in_words(facts), None, _use_in_words(facts))
        return facts

    async def _is_begun(self, problem: UsageError) -> bool:
        """Whether somebody is still on the way to a file that is there."""
        if problem.key != "error.input_missing":
            return False
        return await self._names.get_suggestion(self.value) is not None

    def _say(self, found: str, problem: UsageError | None, use: str = "") -> None:
        self._facts.show(found)
        self._facts.styles.width = width(found) + 3 if found else 0
        if problem is not None:
            self._problem.say(say(problem.key, **problem.values), "bad")
        else:
            self._problem.say(use, "muted")
        self._problem.display = problem is not None or bool(use)
        if self._role.is_wrong != (problem is not None):
            self._role.is_wrong = problem is not None
            self._role.refresh()


def _in_words(facts: InputFacts) -> str:
    if facts.kind == "url":
        return say("compose.input_link")
    if facts.kind == "step":
        return say("compose.input_made")
    pixels = f"{facts.width}x{facts.height} · " if facts.width and facts.height else ""
    length = f"{facts.seconds:.1f} s · " if facts.seconds else ""
    return f"{format_name(facts.mime)} {pixels}{length}{size(facts.size)}"


def _use_in_words(facts: InputFacts) -> str:
    """What is sent where that is not the file as it is."""
    words: list[str] = []
    if facts.first_frame:
        key = "compose.input_first_page" if facts.has_pages else "compose.input_first_frame"
        words.append(say(key))
    if facts.sent_as and facts.sent_as != facts.mime:
        words.append(say("compose.input_converted", format=format_name(facts.sent_as)))
    return joined(*words)
