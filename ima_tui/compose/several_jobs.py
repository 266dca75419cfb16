"""Several jobs for one prompt, where it asks for more results than one job of the model makes."""

from __future__ import annotations

from ima_tui.catalogue import form
from ima_tui.compose.apply_intent import COUNT
from ima_tui.compose.composer import Composer
from ima_tui.core.domain import Order

MOST_RESULTS = 60
"""Results of one prompt that are offered as several jobs; more are a batch."""


def shares(composer: Composer, order: Order) -> tuple[int, ...]:
    """How many results each of several jobs makes, where the prompt asks for more than one job
    of the model makes; () where one job is enough."""
    decision, model = composer.decision, composer.model
    if decision is None or model is None or COUNT in composer.pins:
        return ()
    asked = (one.value for one in decision.requirements if one.name == "n")
    left, counts = next(asked, 0), form.counts(model)
    if not isinstance(left, int) or not order.n < left <= MOST_RESULTS:
        return ()
    found: list[int] = []
    while left and (fitting := [each for each in counts if each <= left]):
        found.append(max(fitting))
        left -= found[-1]
    return tuple(found) if not left else ()
