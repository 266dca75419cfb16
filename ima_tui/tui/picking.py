"""What the person picks on Compose: the kind, the model, a neighbour of the price, an answer to
what the words leave open. Each is a choice by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ima_tui import answers
from ima_tui.catalogue.price import Neighbour
from ima_tui.desk import KIND, MODEL
from ima_tui.domain import Leaf, TaskType
from ima_tui.messages import say
from ima_tui.tui import choosing

if TYPE_CHECKING:
    from ima_tui.tui.screens.compose import ComposeScreen


class Picking:
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

        place.app.push_screen(choosing.kinds(place.studio, place.desk.kind), chosen)

    def model(self) -> None:
        place = self._place
        leaves = place.studio.offer.leaves(place.desk.kind)

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self._take(leaves[number])

        if leaves:
            desk = place.desk
            chooser = choosing.models(place.studio, desk.kind, desk.leaf, place.ima.glyphs)
            place.app.push_screen(chooser, chosen)

    async def _take(self, leaf: Leaf) -> None:
        self._place.showing.forget_remark()
        self._place.desk.take(leaf)
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
            await self._take(other.leaf)

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
        place.showing.forget_remark()
        answer = given[number - 1]
        answers.take(place.desk, answer, place.studio.offer.suggested)
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
            words = say("compose.no_inputs", kind=choosing.kind_name(place.desk.kind))
            place.showing.remark(words, "muted")
