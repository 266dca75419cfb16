"""What is advised: alternatives, defaults and tiers, and how long it will take."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from offered import Model, Offer, place, sandbox_offers
from studios import UNHURRIED, Open

from ima_tui.catalogue import choice, price
from ima_tui.catalogue.choice import ModelTier, alternatives, inexpensive
from ima_tui.config.loader import Settings
from ima_tui.core.domain import (
    Estimate,
    ModelVersion,
    Order,
    State,
    TaskType,
)
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(scenario=UNHURRIED)

T = TaskType
OFFERS: list[Offer] = sandbox_offers()
LISTS = {kind: tuple(o.model for o in OFFERS if o.model.task_type is kind) for kind in TaskType}
SEEDREAM, NANO, NANO_PRO = "doubao-seedream-4.5", "gemini-3.1-flash-image", "gemini-3-pro-image"
KLING, KLING26, VEO, WAN = "kling-video-o1", "kling-v2-6", "veo-3.1-generate-preview", "wan2.6-t2v"
HAILUO = "MiniMax-Hailuo-02"

# the founding document's table of what to try instead: failed model, first, second
INSTEAD: list[tuple[TaskType, str, str, str]] = [
    (T.TEXT_TO_IMAGE, SEEDREAM, NANO, NANO_PRO),
    (T.TEXT_TO_IMAGE, NANO, SEEDREAM, NANO_PRO),
    (T.TEXT_TO_IMAGE, NANO_PRO, SEEDREAM, NANO),
    (T.IMAGE_TO_IMAGE, SEEDREAM, NANO, NANO_PRO),
    (T.IMAGE_TO_IMAGE, NANO, SEEDREAM, NANO_PRO),
    (T.IMAGE_TO_IMAGE, NANO_PRO, SEEDREAM, NANO),
    (T.TEXT_TO_VIDEO, KLING, WAN, "viduq2"),
    (T.TEXT_TO_VIDEO, VEO, KLING, "sora-2-pro"),
    (T.TEXT_TO_VIDEO, "pixverse", WAN, HAILUO),
    (T.TEXT_TO_VIDEO, "sora-2-pro", WAN, HAILUO),
    (T.IMAGE_TO_VIDEO, "wan2.6-i2v", KLING, HAILUO),
    (T.IMAGE_TO_VIDEO, "pixverse", "wan2.6-i2v", "viduq2-pro"),
    (T.FIRST_LAST_FRAME, KLING, KLING26, VEO),
    (T.TEXT_TO_MUSIC, "sonic", "GenBGM", "GenSong"),
    (T.TEXT_TO_MUSIC, "GenBGM", "GenSong", "sonic"),
    (T.TEXT_TO_MUSIC, "GenSong", "GenBGM", "sonic"),
]


def inputs_of(task_type: TaskType) -> int:
    return task_type.inputs[0]


@pytest.mark.parametrize(("task_type", "failed", "first", "second"), INSTEAD)
def test_alternatives_follow_the_table(
    task_type: TaskType, failed: str, first: str, second: str
) -> None:
    found = alternatives(LISTS[task_type], task_type, failed, inputs_of(task_type))
    assert [one.model.model_id for one in found] == [first, second]
    for one in found:
        usual = price.quote(one.model, {})
        assert one.points == usual.rule.points > 0


def test_a_reference_needs_a_model_that_takes_one() -> None:
    """The table names Kling 2.6 here, which takes no references: it is not in that list."""
    found = alternatives(LISTS[T.REFERENCE_TO_VIDEO], T.REFERENCE_TO_VIDEO, KLING, 1)
    assert KLING26 not in [model.model_id for model in LISTS[T.REFERENCE_TO_VIDEO]]
    assert len(found) == 2
    assert found[0].model.model_id == VEO


def test_speech_takes_the_other_voice_there_is() -> None:
    found = alternatives(LISTS[T.TEXT_TO_SPEECH], T.TEXT_TO_SPEECH, "seed-tts-2.0")
    assert [one.model.model_id for one in found] == ["seed-tts-1.1"]


@pytest.mark.parametrize("task_type", list(TaskType))
def test_alternatives_are_live_priced_and_another_model(task_type: TaskType) -> None:
    models = LISTS[task_type]
    for failed, gone in product({model.model_id for model in models}, repeat=2):
        live = tuple(model for model in models if model.model_id != gone)
        found = alternatives(live, task_type, failed, inputs_of(task_type))
        names = [one.model.model_id for one in found]
        assert failed not in names
        assert gone not in names
        assert len(set(names)) == len(names) <= 2
        assert all(one.model in live for one in found)
        if len({model.model_id for model in live} - {failed}) >= 2:
            assert len(found) == 2


def test_alternatives_take_as_many_inputs() -> None:
    models = LISTS[T.IMAGE_TO_VIDEO]
    few = {model.model_id for model in models if (model.accepts[0].at_most or 99) < 3}
    assert few, "the list would prove nothing"
    for failed in {model.model_id for model in models}:
        names = {one.model.model_id for one in alternatives(models, T.IMAGE_TO_VIDEO, failed, 3)}
        assert not names & few


def test_inexpensive_models_are_the_budget_and_the_default_one_and_take_the_inputs() -> None:
    found = inexpensive(LISTS[T.TEXT_TO_VIDEO], T.TEXT_TO_VIDEO)
    assert [model.model_id for model in found] == ["viduq2", WAN]
    assert not list(inexpensive(LISTS[T.TEXT_TO_IMAGE], T.TEXT_TO_IMAGE, inputs=1))


# ------------------------------------------------------------------------------ defaults, tiers

TIERS: list[tuple[TaskType, ModelTier, str]] = [
    (T.TEXT_TO_IMAGE, ModelTier.DEFAULT, SEEDREAM),
    (T.TEXT_TO_IMAGE, ModelTier.BUDGET, NANO),
    (T.TEXT_TO_IMAGE, ModelTier.PREMIUM, NANO_PRO),
    (T.TEXT_TO_IMAGE, ModelTier.ARTISTIC, "midjourney"),
    (T.IMAGE_TO_IMAGE, ModelTier.DEFAULT, SEEDREAM),
    (T.IMAGE_TO_IMAGE, ModelTier.BUDGET, NANO),
    (T.IMAGE_TO_IMAGE, ModelTier.PREMIUM, NANO_PRO),
    (T.IMAGE_TO_IMAGE, ModelTier.ARTISTIC, "midjourney"),
    (T.TEXT_TO_VIDEO, ModelTier.DEFAULT, WAN),
    (T.TEXT_TO_VIDEO, ModelTier.BUDGET, "viduq2"),
    (T.TEXT_TO_VIDEO, ModelTier.PREMIUM, "MiniMax-Hailuo-2.3"),
    (T.IMAGE_TO_VIDEO, ModelTier.DEFAULT, "wan2.6-i2v"),
    (T.IMAGE_TO_VIDEO, ModelTier.PREMIUM, KLING26),
    (T.FIRST_LAST_FRAME, ModelTier.DEFAULT, KLING),
    (T.REFERENCE_TO_VIDEO, ModelTier.DEFAULT, KLING),
    (T.TEXT_TO_MUSIC, ModelTier.DEFAULT, "sonic"),
]


@pytest.mark.parametrize(("task_type", "tier", "model_id"), TIERS)
def test_tiers_follow_the_table(task_type: TaskType, tier: ModelTier, model_id: str) -> None:
    model = choice.tier_model(LISTS[task_type], task_type, tier)
    assert model is not None
    assert model.model_id == model_id
    assert tier in choice.tiers_of(model)


@pytest.mark.parametrize(("task_type", "tier", "model_id"), TIERS)
def test_a_model_that_is_gone_is_never_chosen(
    task_type: TaskType, tier: ModelTier, model_id: str
) -> None:
    live = tuple(model for model in LISTS[task_type] if model.model_id != model_id)
    model = choice.tier_model(live, task_type, tier)
    assert model is None or model in live
    default = choice.default_model(live, task_type, preferred=model_id)
    assert default in live


def test_the_nearest_kin_stands_in() -> None:
    (old,) = [model for model in LISTS[T.TEXT_TO_IMAGE] if model.model_id == SEEDREAM]
    heir = replace(old, model_id="doubao-seedream-5.0", version="doubao-seedream-5-0")
    rest = [model for model in LISTS[T.TEXT_TO_IMAGE] if model is not old]
    assert choice.default_model([*rest, heir], T.TEXT_TO_IMAGE) is heir
    assert choice.default_model(rest, T.TEXT_TO_IMAGE) in rest
    assert choice.default_model((), T.TEXT_TO_IMAGE) is None


def test_kin_that_has_a_tier_of_its_own_is_not_taken_for_another() -> None:
    """Without the budget model the premium one of its family is no budget model."""
    rest = [model for model in LISTS[T.TEXT_TO_IMAGE] if model.model_id != NANO]
    found = choice.tier_model(rest, T.TEXT_TO_IMAGE, ModelTier.BUDGET)
    assert found is None or found.model_id != NANO_PRO


# ------------------------------------------------------------------------------------- how long


def model_of(task_type: TaskType, model_id: str) -> ModelVersion:
    return next(model for model in LISTS[task_type] if model.model_id == model_id)


# the founding document's table
USUAL: list[tuple[TaskType, str, float, float]] = [
    (T.TEXT_TO_IMAGE, SEEDREAM, 25, 60),
    (T.TEXT_TO_IMAGE, NANO, 20, 40),
    (T.TEXT_TO_IMAGE, NANO_PRO, 60, 120),
    (T.TEXT_TO_IMAGE, "midjourney", 40, 90),
    (T.IMAGE_TO_IMAGE, SEEDREAM, 25, 60),
    (T.TEXT_TO_VIDEO, WAN, 60, 120),
    (T.TEXT_TO_VIDEO, HAILUO, 60, 120),
    (T.TEXT_TO_VIDEO, "MiniMax-Hailuo-2.3", 60, 120),
    (T.TEXT_TO_VIDEO, "viduq2", 60, 120),
    (T.TEXT_TO_VIDEO, "pixverse", 60, 120),
    (T.TEXT_TO_VIDEO, "doubao-seedance-1.5-pro", 90, 180),
    (T.TEXT_TO_VIDEO, KLING26, 90, 180),
    (T.TEXT_TO_VIDEO, VEO, 90, 180),
    (T.TEXT_TO_VIDEO, KLING, 180, 360),
    (T.TEXT_TO_VIDEO, "sora-2-pro", 180, 360),
    (T.IMAGE_TO_VIDEO, VEO, 90, 180),
    (T.FIRST_LAST_FRAME, KLING, 180, 360),
    (T.REFERENCE_TO_VIDEO, VEO, 180, 360),
    (T.TEXT_TO_MUSIC, "GenBGM", 10, 25),
    (T.TEXT_TO_MUSIC, "GenSong", 10, 25),
    (T.TEXT_TO_MUSIC, "sonic", 20, 45),
]
SEEN = (7.0, 7.0, 7.0, 7.0)


@pytest.mark.parametrize(("task_type", "model_id", "low", "high"), USUAL)
def test_the_lists_own_word_then_the_table(
    task_type: TaskType, model_id: str, low: float, high: float
) -> None:
    model = model_of(task_type, model_id)
    told = replace(model, estimate=Estimate(3, 4))
    assert price.estimate(told, SEEN) == Estimate(3, 4)
    silent = replace(model, estimate=None)
    assert price.estimate(silent, SEEN) == Estimate(low, high)


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ((), Estimate(60, 120)),
        ((10.0, 20.0), Estimate(60, 120)),
        ((30.0, 10.0, 20.0), Estimate(20, 30)),
        ((40.0, 10.0, 20.0, 30.0), Estimate(25, 40)),
        ((5.0, 1.0, 2.0, 4.0, 3.0), Estimate(3, 4)),
    ],
)
def test_then_what_was_seen_here(seen: tuple[float, ...], found: Estimate) -> None:
    """The median and the upper quartile, of three runs or more."""
    model = model_of(T.TEXT_TO_VIDEO, "ima-pro")
    assert model.estimate is None
    assert price.estimate(model, seen) == found


async def run_before(settings: Settings, order: Order, seconds: float) -> None:
    """A finished run in the ledger, as it would stand there."""
    ledger = await Ledger.open(settings.ledger, "before")
    job = await ledger.add(order, 1000.0)
    await ledger.step(job.id, State.SENDING, 1000.0, "event.sending")
    await ledger.step(job.id, State.RUNNING, 1000.0, "event.running", task_id="t")
    await ledger.step(job.id, State.DONE, 1000.0 + seconds, "event.done")
    await ledger.aclose()


async def test_history_counts_of_the_same_model_at_the_same_price(
    sandbox: Sandbox, settings: Settings, opened: Open
) -> None:
    small = Model(T.TEXT_TO_VIDEO, "ima-pro-fast", (("resolution", "480p"),))
    large = Model(T.TEXT_TO_VIDEO, "ima-pro-fast")
    async with opened() as studio:
        orders = [await place(studio, model, "history") for model in (small, large)]
    for seconds in (100.0, 110.0, 120.0, 130.0):
        await run_before(settings, orders[0], seconds)
    await run_before(settings, orders[1], 900.0)
    async with opened() as studio:
        expected = [(await studio.jobs.submit(order)).order.estimate for order in orders]
    assert expected == [Estimate(115, 130), Estimate(60, 120)]
