"""Inputs of a draft, one line each: role, path or link, and what was found there.

Every line (`input_line`) is looked at as soon as somebody stops typing; what is wrong with it
stands under it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from ima_tui.compose import draft
from ima_tui.compose.draft import Role
from ima_tui.core.domain import Media, ModelVersion
from ima_tui.core.input_files import InputFacts
from ima_tui.core.records import dataclass

if TYPE_CHECKING:
    from ima_tui.tui.widgets.input_line import Check, InputLine


@dataclass
class InputsChanged(Message):
    """The inputs are others."""

    inputs: tuple[str, ...]


class InputList(Vertical):
    """All inputs of the draft: `roles_for` says which lines there are when so many are filled.
    `known` are names that can be written beside paths and links."""

    def __init__(
        self, check: Check, known: Sequence[str] = (), *, widget_id: str | None = None
    ) -> None:
        super().__init__(id=widget_id)
        self._model: ModelVersion | None = None
        self._check = check
        self._known = known
        self._roles_for: Callable[[int], tuple[Role, ...]] = lambda filled: ()
        self._changing = asyncio.Lock()
        """Lines are added and removed in steps, one change after the other."""

    @property
    def lines(self) -> tuple[InputLine, ...]:
        """The lines of the inputs."""
        if not self.children:
            return ()
        from ima_tui.tui.widgets.input_line import InputLine

        return tuple(self.query(InputLine))

    @property
    def values(self) -> tuple[str, ...]:
        """The paths and links that are filled in."""
        return tuple(line.value for line in self.lines if line.value)

    async def show(
        self,
        roles_for: Callable[[int], tuple[Role, ...]],
        values: Sequence[str],
        model: ModelVersion | None = None,
    ) -> None:
        """Have the lines of `roles_for`, holding `values`; what stands there already stays, and is
        looked at anew where another `model` is to take it."""
        async with self._changing:
            self._roles_for = roles_for
            other, self._model = model is not self._model, model
            if not roles_for(len(values)):
                await self.remove_children()
            elif self.values != tuple(values) or not self.lines:
                await self.remove_children()
                await self._fill(values)
            else:
                await self._fit()
                for line in self.lines if other else ():
                    line.look_soon()
            self._mark_excess()

    def _mark_excess(self) -> None:
        """Say at once at the inputs that are too many that they are."""
        filled = [line for line in self.lines if line.value]
        problem = draft.too_many_inputs(self._model, len(filled))
        most = draft.most_inputs(self._model) if self._model is not None else None
        for line in self.lines:
            line.be_excess(problem if line in filled[most:] else None)

    async def _fit(self) -> None:
        """The lines that are there in the roles that are wanted; nobody loses the keys."""
        wanted, lines = self._wanted(), self.lines
        for line, role in zip(lines, wanted, strict=False):
            line.take_role(role)
        for line in reversed(lines[len(wanted) :]):
            if not line.value and not line.field.has_focus:
                await line.remove()
        if len(wanted) > len(lines):
            await self.mount_all(self._line(role) for role in wanted[len(lines) :])

    def _wanted(self) -> tuple[Role, ...]:
        filled = [number for number, line in enumerate(self.lines, 1) if line.value]
        return self._roles_for(max(filled, default=0))

    async def _fill(self, values: Sequence[str]) -> None:
        texts = list(values)
        roles = self._roles_for(len(texts))
        texts += [""] * (len(roles) - len(texts))
        roles += roles[-1:] * (len(texts) - len(roles))  # more than are taken: they stay in sight
        await self.mount_all(
            self._line(role, text) for role, text in zip(roles, texts, strict=True)
        )

    def _line(self, role: Role, text: str = "") -> InputLine:
        from ima_tui.tui.widgets.input_line import InputLine

        return InputLine(role, self._check, text, self._known)

    async def on_input_changed(self) -> None:
        """Grow by an empty line when the last one was filled, shrink when it was emptied."""
        async with self._changing:
            await self._fit()
            self._mark_excess()
        self.post_message(InputsChanged(self.values))

    async def settle(self) -> tuple[InputFacts, ...] | None:
        """Look at every input now. None, and the keys to the first bad line, where one is bad."""
        found: list[InputFacts] = []
        for line in self.lines:
            if not line.value:
                continue
            facts = await line.look()
            if facts is None:
                line.field.focus()
                return None
            found.append(facts)
        return tuple(found)

    def focus_empty(self) -> None:
        """Give the keys to the first line that holds nothing, else to the last."""
        lines = self.lines
        if lines:
            next((line for line in lines if not line.value), lines[-1]).field.focus()


async def input_source(media: Media) -> str:
    """What a result is put in by: its file, where that is still there, else its link."""
    here = bool(media.path) and await asyncio.to_thread(Path(media.path).is_file)
    return media.path if here else media.url
