"""What the price bar says beside the price."""

from __future__ import annotations

from fake import BANANA_2, BANANA_PRO, LEAVES, T2I

from ima_tui.compose.composer import Composer
from ima_tui.compose.prices import price_of
from ima_tui.core.domain import ModelVersion
from ima_tui.tui.widgets import price_text

STILLS = tuple(model for model in LEAVES if model.task_type is T2I)


def standing_on(model: ModelVersion) -> Composer:
    composer = Composer()
    composer.take(model)
    return composer


def test_another_model_that_does_it_for_less_is_named_with_its_price() -> None:
    composer = standing_on(BANANA_PRO)
    composer.set("n", 2)
    offer = price_of(composer, STILLS)
    assert offer.elsewhere is not None
    assert offer.elsewhere.model is BANANA_2
    assert ("elsewhere", "Nano Banana 2: 12 pts") in price_text.neighbours(BANANA_PRO, offer, 2)


def test_a_model_is_not_compared_with_itself_and_nothing_cheaper_says_nothing() -> None:
    composer = standing_on(BANANA_2)
    composer.set("size", "4K")
    assert price_of(composer, (BANANA_2,)).elsewhere is None
    assert price_of(standing_on(BANANA_2), (BANANA_2, BANANA_PRO)).elsewhere is None
