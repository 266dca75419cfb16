"""Decide what to confirm before points are spent: price, unmet requirements, alternatives.

`ListGate` checks that the model lists that a prompt needs are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.catalogue import price
from ima_tui.compose import confirmation, other_requests, suggestions
from ima_tui.compose.composer import Composer, meant_by
from ima_tui.compose.confirmation import MODEL, Unmet, Why
from ima_tui.compose.suggestions import Suggestion
from ima_tui.core.domain import Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.i18n import joined, say
from ima_tui.intent.kinds import RequestKind
from ima_tui.preferences import policy
from ima_tui.tui.widgets import price_text

if TYPE_CHECKING:
    from ima_tui.tui.compose.draft_screen import DraftScreen
    from ima_tui.tui.compose.view import ComposeView


MOST_OTHERS = 3
"""Choices beside sending it as it is, and not at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question before sending. `send` is the choice that sends; `others` are what could be sent
    instead, each with its words; `unmet`: something is sent otherwise than it was asked for."""

    words: str
    send: str
    others: tuple[tuple[str, Suggestion], ...] = ()
    unmet: bool = False


def unmet(composer: Composer, text: str) -> tuple[Unmet, ...]:
    """The requirements of `text` that would not be met by what is on `composer`."""
    if composer.model is None or composer.draft is None:
        return ()
    found = confirmation.check(
        text, composer.intent, composer.model, composer.draft, composer.pins
    ).unmet
    found = (*other_requests.unmet(text, composer.intent, composer.model.name), *found)
    if (done := composer.replaced) is None:
        return found
    model = Unmet(MODEL, done.model_name, composer.model.name, Why.ABSENT, composer.model.name)
    settings: tuple[Unmet, ...] = ()
    with suppress(UsageError):  # what is in the way of sending it at all is said when it is sent
        _, settings = confirmation.instead(composer.model, done, None)
    return tuple(dict.fromkeys((model, *settings, *found)))


def question(
    screen: DraftScreen,
    view: ComposeView,
    order: Order,
    sent_before: Order | None,
    other_price: int | None = None,
) -> Asked | None:
    """What to ask before `order` goes out; None where nothing has to be asked. `other_price`: what
    was agreed to a moment ago; if it is not the price, that is always asked."""
    model = screen.composer.model
    if model is None:
        return None
    send = say("compose.choice_send", points=order.total)
    last = meant_by(screen.composer)
    made_of = [say("compose.from_last", **last.words)] if last is not None else []
    found = unmet(screen.composer, screen.prompt.text)
    if found:
        words = joined(_bought(order), *made_of, *price_text.told(found, screen.ima.glyphs))
        return Asked(words, send, tuple(_others(screen.composer, view))[:MOST_OTHERS], unmet=True)
    limit = screen.studio.settings.ask_above
    words = price_text.question(model, order, view.draft_price, limit, sent_before)
    if not words and (made_of or other_price not in (None, order.total)):
        words = _bought(order)
    return Asked(joined(words, *made_of), send) if words else None


def _bought(order: Order) -> str:
    """`Send 2 videos with Kling O1 for 192 pts?`"""
    what = say(f"made.{order.task_type.medium}", n=order.n)
    return say("compose.ask_send", what=what, model=order.model_name, points=order.total)


def _others(composer: Composer, view: ComposeView) -> Iterator[tuple[str, Suggestion]]:
    """Return the suggestions that change the draft, each with its price."""
    told: set[str] = set()
    for asking in view.askings:
        for answer in asking.answers:
            words = say(answer.key, **answer.values)
            if words in told or _changes_nothing(composer, answer):
                continue
            told.add(words)
            if answer.points is not None:
                yield say("compose.choice_other", what=words, points=answer.points), answer
            elif answer.plans:  # its price is shown before it runs
                yield words, answer


def _changes_nothing(composer: Composer, answer: Suggestion) -> bool:
    if answer.plans:
        return False
    trial = suggestions.tried(composer, answer)
    return trial is None or _sent(trial) == _sent(composer)


def _sent(composer: Composer) -> tuple[object, ...]:
    """What would be sent beside the prompt."""
    model, draft = composer.model, composer.draft
    if model is None or draft is None:
        return ()
    found = price.quote_or_none(model, dict(draft.chosen))
    settings = found.parameters if found is not None else draft.chosen
    return (model, settings, draft.n, draft.inputs)


class ListGate:
    """Remembers which lists were missing when the key that sends was pressed."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        self._waited_for: Sequence[TaskType] | None = None

    def forget(self) -> None:
        """Forget what was waited for: the prompt is another."""
        self._waited_for = None

    def lists_came(self) -> None:
        """Say that what was tried too early can be sent now."""
        screen, waited = self._screen, self._waited_for
        if waited is None or self._are_loading(waited):
            return
        self._waited_for = None
        if screen.composer.model is None:
            screen.forget_remark()  # why there is no list is said instead
        else:
            screen.remark(say("compose.ready"), "ok")

    def is_too_early(self, task_types: Sequence[TaskType]) -> bool:
        """Return whether the vocabulary or one of these lists is still loading, and say so then:
        nothing is sent before the key is pressed again."""
        screen = self._screen
        if not screen.studio.connection.has_key or not self._are_loading(task_types):
            return False
        self._waited_for = tuple(task_types)
        screen.remark(say("compose.loading"), "info")
        return True

    def _are_loading(self, task_types: Sequence[TaskType]) -> bool:
        screen = self._screen
        loading = map(screen.studio.catalogue.is_loading, task_types)
        return not screen.reader.can_read or any(loading)

    def needed(self) -> Sequence[TaskType]:
        """Return the task types whose lists the prompt, read as one, needs."""
        composer, intent = self._screen.composer, self._screen.composer.intent
        if intent is not None and intent.kind is RequestKind.PREFERENCE:
            preference = intent.preference
            if preference is None or not preference.model_id:
                return ()
            return policy.task_types(preference.model_id)
        if composer.in_steps and intent is not None:
            return tuple(step.task_type for step in intent.steps)
        return (composer.task_type,)
