"""The price that is told for another model is the price after switching to it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from offered import recorded_offers, sandbox_offers

from ima_tui.catalogue import form
from ima_tui.catalogue.choice import Alternative
from ima_tui.compose import confirmation, prices
from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import KIND, MODEL, Composer
from ima_tui.compose.prices import price_of
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.intent.route import route

T2I, T2V = TaskType.TEXT_TO_IMAGE, TaskType.TEXT_TO_VIDEO
Lists = dict[TaskType, tuple[ModelVersion, ...]]


@cache
def lists_of(source: str) -> Lists:
    offers = sandbox_offers() if source == "sandbox" else recorded_offers()
    if not offers:
        pytest.skip("the recorded lists are data and not part of the project")
    return {kind: tuple(o.model for o in offers if o.model.task_type is kind) for kind in TaskType}


def named(models: tuple[ModelVersion, ...], name: str) -> ModelVersion:
    return next(model for model in models if model.name == name)


def read(composer: Composer, text: str, lists: Lists) -> None:
    intent = route(text, composer.attached, lists, settled=composer.settled)
    models = lists[composer.meant(intent)]
    composer.hear(intent, models[0] if models else None)


def switch(composer: Composer, model: ModelVersion, text: str, lists: Lists) -> Composer:
    """What the screen and plain mode do: take the model, and read the prompt again."""
    taken = composer.copy()
    taken.take(model)
    taken.pins.hold(KIND, MODEL)
    if text:
        read(taken, text, lists)
    return taken


def agree(composer: Composer, text: str, lists: Lists) -> int:
    """Every price that is told for another model is that after switching; return how many."""
    models = lists[composer.task_type]
    before = (composer.draft, composer.model, set(composer.pins), composer.remark, composer.read)
    found = prices.others(composer, models)
    draft_price = price_of(composer, models)
    after = (composer.draft, composer.model, set(composer.pins), composer.remark, composer.read)
    assert before == after, "asking for prices changes nothing"
    tip = draft_price.elsewhere
    for one in (*found, *filter(None, [tip])):
        taken = price_of(switch(composer, one.model, text, lists), models).quote
        assert taken is not None
        assert (taken.total, taken.n) == (one.quote.total, one.quote.n), one.model.name
    if tip is not None:
        assert draft_price.quote is not None
        assert tip.quote.total < draft_price.quote.total
        assert tip.quote.n >= draft_price.quote.n
        assert tip in found, "the table and the tip agree"
    return len(found)


PROMPTS = {
    T2I: ["", "a fox", "four 4K images of a fox, 16:9", "画四张 2K 的猫", "3 square photos in 8K"],
    T2V: [
        "a 10s video of a puppy dancing",
        "a 5 s 480p video of waves with sound",
        "2 videos of a cat, 8 seconds, 1080p",
        "一段15秒的竖屏视频，海浪",
    ],
    TaskType.TEXT_TO_MUSIC: ["a calm song of 2 minutes", "two pieces of music"],
    TaskType.TEXT_TO_SPEECH: ['say "good morning"'],
}
SOURCES = pytest.mark.parametrize("source", ["sandbox", "recorded"])


@SOURCES
@pytest.mark.parametrize("task_type", list(PROMPTS))
def test_of_every_prompt_on_every_model(source: str, task_type: TaskType) -> None:
    lists, told = lists_of(source), 0
    for text in PROMPTS[task_type]:
        for model in lists[task_type]:
            composer = switch(Composer(task_type), model, text, lists)
            told += agree(composer, text, lists)
            composer.set("n", form.counts(model)[-1])
            composer.pins.hold("n")
            told += agree(composer, text, lists)
    assert told


@SOURCES
@pytest.mark.parametrize("task_type", list(TaskType))
def test_of_every_setting_that_is_chosen_by_hand(source: str, task_type: TaskType) -> None:
    lists = lists_of(source)
    inputs = tuple(f"https://example.com/{n}.png" for n in range(task_type.inputs[0]))
    for model in lists[task_type]:
        for field in form.user_fields(model):
            for option in form.choices(field)[:4]:
                composer = Composer(task_type)
                composer.take(model)
                composer.feed(inputs)
                try:
                    composer.set(field.name, option.value)
                except UsageError:
                    continue
                composer.pins.hold(field.name)
                agree(composer, "", lists)


def test_ten_seconds_cost_on_another_model_what_ten_seconds_cost_there() -> None:
    lists = lists_of("sandbox")
    models, text = lists[T2V], "a 10s video of a puppy dancing with Kling O1"
    composer = Composer()
    read(composer, text, lists)
    offer = price_of(composer, models)
    assert composer.model == named(models, "Kling O1")
    assert offer.quote is not None
    assert offer.elsewhere is not None
    assert (offer.quote.total, offer.elsewhere.model.name) == (96, "Vidu Q2")
    assert offer.elsewhere.quote.total == 30
    table = {one.model.name: one.quote.total for one in prices.others(composer, models)}
    assert (table["Vidu Q2"], table["Wan 2.6"]) == (30, 80)


def test_the_number_of_results_counts() -> None:
    lists = lists_of("sandbox")
    composer = Composer()
    composer.take(named(lists[T2I], "SeeDream 4.5"))
    alone = {one.model.name: one.quote.total for one in prices.others(composer, lists[T2I])}
    composer.set("n", 4)
    four = {one.model.name: one.quote.total for one in prices.others(composer, lists[T2I])}
    assert four["Nano Banana Pro"] == 4 * alone["Nano Banana Pro"]


def test_what_is_no_cheaper_after_switching_is_not_the_cheaper_one() -> None:
    lists = lists_of("sandbox")
    composer = Composer()
    composer.take(named(lists[T2I], "SeeDream 4.5"))
    composer.set("size", "4K")
    composer.pins.hold("size")
    for model in lists[T2I]:
        found = prices.priced_on(composer, model)
        assert found is not None
        tip = prices.cheaper(composer, (model,), found.quote)
        assert tip is None or tip.quote.total < found.quote.total


def test_without_a_model_there_is_nothing_to_compare() -> None:
    composer = Composer()
    assert prices.others(composer, lists_of("sandbox")[T2I]) == ()


def test_after_a_job_the_price_of_a_model_is_that_of_the_retry() -> None:
    lists = lists_of("sandbox")
    kling, wan = named(lists[T2V], "Kling O1"), named(lists[T2V], "Wan 2.6")
    draft = drafting.put(kling, drafting.begin(kling, "a puppy"), "duration", 10)
    done, _ = drafting.finish(kling, replace(draft, n=2))
    told = confirmation.prices_instead((Alternative(wan, 40),), done, kling)
    assert told == [("Wan 2.6", 160)]
    assert confirmation.instead(wan, done, kling)[0].total == 160
