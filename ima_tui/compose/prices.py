"""Price of the draft, on its own model and on others: what would be ordered after switching.

Every price of another model that Compose and plain mode show comes from here. Switching keeps the
settings that fit, sets what the prompt asks for to the nearest value there is, and counts the
results, as it does when the user really switches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ima_tui.catalogue import choice
from ima_tui.compose import draft as drafting
from ima_tui.compose.draft import DraftPrice, OtherModel
from ima_tui.core.domain import ModelVersion
from ima_tui.core.errors import UsageError

if TYPE_CHECKING:
    from ima_tui.catalogue.price import Quote
    from ima_tui.compose.composer import Composer


def price_of(composer: Composer, models: Sequence[ModelVersion]) -> DraftPrice:
    """Return the price of the draft, by the list as it is now."""
    model, draft = composer.model, composer.draft
    if model is None or draft is None:
        return DraftPrice()
    if models and drafting.same_version(models, model) is None:
        return DraftPrice(problem=UsageError("compose.gone", model=model.name))
    draft_price = drafting.priced(model, draft)
    if draft_price.quote is None:
        return draft_price
    return replace(draft_price, elsewhere=cheaper(composer, models, draft_price.quote))


def switched(composer: Composer, model: ModelVersion) -> Composer:
    """Return a copy of `composer` as it is once the user has chosen `model`."""
    trial = composer.copy()
    trial.choose(model)
    if trial.intent is not None:
        trial.hear(trial.intent, None)
    return trial


def priced_on(composer: Composer, model: ModelVersion) -> OtherModel | None:
    """Return `model` with the price of the draft after switching; None where it has none."""
    try:
        draft = switched(composer, model).draft
        return OtherModel(model, drafting.quote(model, draft)) if draft is not None else None
    except UsageError:
        return None


def others(composer: Composer, models: Sequence[ModelVersion]) -> tuple[OtherModel, ...]:
    """Return every other model that takes the inputs, the likeliest first."""
    now = composer.model
    if now is None:
        return ()
    found = choice.alternatives(
        models, composer.task_type, now.model_id, _inputs(composer), most=None
    )
    priced = (priced_on(composer, one.model) for one in found)
    return tuple(one for one in priced if one is not None)


def cheaper(composer: Composer, models: Sequence[ModelVersion], now: Quote) -> OtherModel | None:
    """Return the budget or default model if it makes as many results for fewer points."""
    for model in choice.inexpensive(models, composer.task_type, _inputs(composer)):
        if composer.model is None or model.model_id == composer.model.model_id:
            continue
        found = priced_on(composer, model)
        if found is not None and found.quote.n >= now.n and found.quote.total < now.total:
            return found
    return None


def _inputs(composer: Composer) -> int:
    """Return the number of inputs that are sent."""
    return len(composer.inputs) if composer.task_type.takes_inputs else 0
