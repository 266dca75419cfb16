"""What the person picks on Compose: the kind, the model, a neighbour of the price, an answer to
what the words leave open. Each is a choice by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ima_tui.catalogue.price import Neighbour
from ima_tui.compose import suggestions
from ima_tui.compose.composer import INPUTS, KIND, MODEL
from ima_tui.compose.suggestions import Suggestion
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.input_files import local_path
from ima_tui.i18n import say
from ima_tui.tui.shell import model_picker
from ima_tui.tui.widgets.inputs import input_source

if TYPE_CHECKING:
    from ima_tui.tui.compose.screen import ComposeScreen


class DraftChoices:
    """For the Compose place, whose desk it changes."""

    def __init__(self, place: ComposeScreen) -> None:
        self._place = place

    def kind(self) -> None:
        place = self._place

        async def chosen(number: int | None) -> None:
            if number is not None:
                place.desk.turn_to(list(TaskType)[number])
                place.desk.pin(KIND)
                await place.take_over()

        place.app.push_screen(model_picker.kinds(place.studio, place.desk.kind), chosen)

    def model(self) -> None:
        place = self._place
        models = place.studio.catalogue.models(place.desk.kind)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self._take(models[number])

        if models:
            desk = place.desk
            chooser = model_picker.models(place.studio, desk.kind, desk.model, place.ima.glyphs)
            place.app.push_screen(chooser, chosen)

    async def _take(self, model: ModelVersion) -> None:
        self._place.showing.forget_remark()
        self._place.desk.take(model)
        self._place.desk.pin(KIND, MODEL)
        await self._place.read(anew=True)

    # ------------------------------------------------------------------ neighbours of the price

    async def cheaper(self) -> None:
        await self._set(self._place.showing.offer.cheaper)

    async def better(self) -> None:
        await self._set(self._place.showing.offer.better)

    async def elsewhere(self) -> None:
        other = self._place.showing.offer.elsewhere
        if other is not None:
            await self._take(other.model)

    async def _set(self, near: Neighbour | None) -> None:
        if near is not None:
            self._place.showing.forget_remark()
            self._place.desk.set(near.name, near.value)
            self._place.desk.pin(near.name)
            await self._place.read(anew=True)

    # -------------------------------------------------------------------------------- answers

    async def answer(self, number: int) -> None:
        """Give the answer that stands behind `number`, from 1; none is no harm."""
        place = self._place
        given = [one for asking in place.showing.askings for one in asking.answers]
        if not 1 <= number <= len(given):
            return
        await self.give(given[number - 1])

    async def give(self, answer: Suggestion) -> None:
        place = self._place
        place.showing.forget_remark()
        if answer.plans:
            await place.dispatch.plan()
            return
        suggestions.take(place.desk, answer, place.studio.catalogue.suggested)
        await place.take_over()
        if answer.wants_input:
            self.inputs()

    async def remember(self) -> None:
        """Turn the switch."""
        place, turn = self._place, self._place.showing.switch
        if turn is not None:
            place.desk.remember = not turn.on
            await place.showing.all()

    # --------------------------------------------------------------------------------- inputs

    def inputs(self) -> None:
        place = self._place
        if place.desk.kind.takes_inputs:
            place.inputs.focus_empty()
        else:
            words = say("compose.no_inputs", kind=model_picker.kind_name(place.desk.kind))
            place.showing.remark(words, "muted")

    async def results(self) -> None:
        """An earlier job's result as an input."""
        place = self._place
        found = model_picker.pictures(await place.studio.jobs.recent(), place.desk.model)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self.attach(await input_source(found[number][1]))

        if found:
            now = place.studio.clock.time()
            place.app.push_screen(model_picker.results(found, now), chosen)
        else:
            place.showing.remark(say("compose.no_results"), "muted")

    async def attach(self, source: str) -> None:
        """One more input, by hand; where nothing is put in, the kind becomes one that takes it."""
        place, desk = self._place, self._place.desk
        place.showing.forget_remark()
        if not desk.kind.takes_inputs:
            medium, models = desk.kind.medium, place.studio.catalogue.models
            taking = [kind for kind in TaskType if kind.takes_inputs and models(kind)]
            if not taking:
                self.inputs()  # it says so
                return
            desk.unpin(KIND)
            desk.rest_on(min(taking, key=lambda kind: kind.medium is not medium))
        before = desk.draft.inputs if desk.draft is not None and INPUTS in desk.pinned else ()
        desk.feed((*before, source))
        desk.pin(INPUTS)
        await place.take_over()

    async def dropped(self, path: str) -> None:
        """A path that was pasted or dragged into the wish: a file is an input, else it is text."""
        if await asyncio.to_thread(_is_file, path):
            await self.attach(path)
        else:
            self._place.prompt.insert(path)


def _is_file(path: str) -> bool:
    return local_path(path).is_file()
