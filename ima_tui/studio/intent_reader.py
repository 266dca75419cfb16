"""Parse the prompt into an intent; until the vocabulary is loaded, nothing is parsed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.compose.composer import INPUTS, KIND, Composer
from ima_tui.core.domain import TaskType
from ima_tui.subjects import mentions

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent
    from ima_tui.studio.studio import Studio

Route = Callable[..., "Intent"]


class IntentReader:
    """The router, handed what the studio offers and what was chosen by the user."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._route: Route | None = None

    @property
    def can_read(self) -> bool:
        """Whether the vocabulary is loaded."""
        return self._route is not None

    async def learn(self) -> None:
        """Load the vocabulary, and what the first keys need, off the event loop: 0.1 s."""
        self._route = await asyncio.to_thread(_router)

    def read(self, text: str, composer: Composer) -> Intent | None:
        """Return what `text` asks for, beside what is settled on `composer`, or None for nothing.

        A task type left from an earlier prompt gives way to clear words. Some 0.2 ms.
        """
        if KIND in composer.pins.kept:
            free = self.decide(text, composer.attached, None)
            if composer.yields_to(free):
                return self._with_last(text, composer, free, None)
        settled = composer.settled
        read = self.decide(text, composer.attached, settled)
        return self._with_last(text, composer, read, settled)

    def _with_last(
        self, text: str, composer: Composer, read: Intent | None, settled: TaskType | None
    ) -> Intent | None:
        """With the last result as input, where the prompt means that by "it"."""
        if composer.last is None or INPUTS in composer.pins or read is None:
            return read
        from ima_tui.compose.back_reference import read_with

        def decide(inputs: Sequence[str]) -> Intent | None:
            return self.decide(text, inputs, settled)

        return read_with(decide, text, read, composer.last, settled)

    def decide(self, text: str, attached: Sequence[str], settled: TaskType | None) -> Intent | None:
        """Return the intent of any text.

        Where a question about pictures is open, the rest is read for the task type that is most
        likely meant.
        """
        if self._route is None or not text.strip():
            return None
        named = mentions.find(text, self._studio.subjects.all)
        if not named.files:
            return self._decide(self._route, text, attached, settled)
        files = [file for file in named.files if file not in attached]
        plain, given = mentions.blanked(text, named), (*attached, *files)
        intent = self._decide(self._route, plain, given, settled)
        kept = mentions.task_for(plain, intent) if settled is None else None
        if kept is not None and self._studio.catalogue.models(kept):
            return self._decide(self._route, plain, given, kept)
        return intent

    def _decide(
        self, route: Route, text: str, attached: Sequence[str], settled: TaskType | None
    ) -> Intent:
        from ima_tui.compose import apply_intent

        lists = self._studio.catalogue.all_models()
        preferred = self._studio.preferences.preferred()
        recommended = self._studio.guides.recommended
        read = partial(route, text, attached, lists, preferred, recommended)
        intent = read(settled=settled)
        likely = apply_intent.tentative(intent)
        if likely is None:
            return intent
        rest = read(settled=likely)
        return replace(rest, kind=intent.kind, question=intent.question)


def _router() -> Route:
    from ima_tui.film import brief  # noqa: F401 - patterns for what reads as a film
    from ima_tui.intent.route import route

    route("")
    return route
