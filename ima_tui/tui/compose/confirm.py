"""Decide what to confirm before points are spent: price, unmet requirements, alternatives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ima_tui.compose import confirmation, film_offer, suggestions
from ima_tui.compose.back_reference import meant_by
from ima_tui.compose.composer import Composer
from ima_tui.compose.confirmation import MODEL, Unmet, Why
from ima_tui.compose.suggestions import Suggestion
from ima_tui.core.domain import Order
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.i18n import joined, say
from ima_tui.tui.widgets import confirm_text, price_text

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
        text, composer.decision, composer.model, composer.draft, composer.pinned
    ).unmet
    found = (*film_offer.unmet(text, composer.decision, composer.model.name), *found)
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
        words = joined(_bought(order), *made_of, *confirm_text.told(found, screen.ima.glyphs))
        return Asked(words, send, tuple(_others(screen.composer, view))[:MOST_OTHERS], unmet=True)
    limit = screen.studio.settings.ask_above
    words = price_text.question(model, order, view.offer, limit, sent_before)
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
    return trial is None or (trial.model, trial.draft) == (composer.model, composer.draft)
