"""Every refusal, once, twice, three times: how a job ends, what was sent, what was charged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest
from offered import MODELS, Model, fault, place, sandbox_offers
from payload_checker import faults
from studios import UNHURRIED, Open, ended, held

from ima_tui import i18n
from ima_tui.api import wire
from ima_tui.core.domain import (
    Job,
    Order,
    State,
    TaskType,
    Value,
)
from ima_tui.core.errors import Refused
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio

pytestmark = pytest.mark.sandbox(scenario=UNHURRIED)

STOPPED = (401, 4008, 4014, 123456)
ADAPTED = (6006, 6009, 6010, 400017)
REPRICED = (6006, 6009, 6010)
RAW = {(offer.model.task_type, offer.model.version): offer.raw for offer in sandbox_offers()}


def creates(sandbox: Sandbox, *expected: str) -> list[dict[str, Any]]:
    ledger = sandbox.ledger()
    assert [v for v in ledger["violations"] if v["kind"] not in expected] == []
    found: list[dict[str, Any]] = ledger["creates"]
    return found


def charged(sandbox: Sandbox, *expected: str) -> list[int]:
    return [create["charged"] for create in creates(sandbox, *expected) if create["charged"]]


def lists_fetched(sandbox: Sandbox) -> int:
    return int(sandbox.ledger()["counts"].get("product_list", 0))


def judge(job: Job) -> None:
    """What stands in the ledger of the job is a payload that the checker accepts."""
    raw = RAW[job.order.task_type, job.order.version]
    assert faults(raw, wire.create_payload(job.order, job.order.inputs)) == []


async def story(studio: Studio, job: Job) -> list[str]:
    """The timeline's keys, after each was said in both languages."""
    events = await studio.jobs.timeline(job.id)
    for language in ("en", "zh"):
        i18n.use("en" if language == "en" else "zh")
        assert all(i18n.say(event.key, **event.values).strip() for event in events)
    return [event.key.removeprefix("event.") for event in events]


def refuse_each(code: int, times: int) -> str:
    """Each model's creates are refused `times` times, whoever else is sending."""
    return "".join(
        fault("refuse", endpoint="create", code=code, times=times, prompt_contains=f"{name}:")
        for name in MODELS
    )


@dataclass(frozen=True)
class Told:
    """One model's job, from the order to its end."""

    placed: Order
    job: Job
    keys: list[str]
    sent: list[dict[str, Any]]

    @property
    def charged(self) -> list[int]:
        return [create["charged"] for create in self.sent if create["charged"]]


async def tell_all(opened: Open, sandbox: Sandbox, about: str) -> dict[str, Told]:
    """A job on every model at once."""
    told: dict[str, Told] = {}
    async with opened() as studio:
        orders = {
            name: await place(studio, model, f"{name}: {about}") for name, model in MODELS.items()
        }
        before = lists_fetched(sandbox)
        jobs = {name: await studio.jobs.submit(placed) for name, placed in orders.items()}
        for name, job in jobs.items():
            job = await ended(studio, job.id)
            sent = [create for create in creates(sandbox) if create["prompt"] == job.order.prompt]
            told[name] = Told(orders[name], job, await story(studio, job), sent)
        told["lists"] = replace(told[name], sent=[{}] * (lists_fetched(sandbox) - before))
    return told


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("code", [*ADAPTED, 429])
async def test_what_can_be_adapted_is_tried_three_times(
    code: int, times: int, sandbox: Sandbox, opened: Open
) -> None:
    sandbox.scenario(refuse_each(code, times))
    told = await tell_all(opened, sandbox, f"refused {times} times with {code}")
    lists = told.pop("lists").sent
    assert len(lists) == (times * len(MODELS) if code in REPRICED else 0)
    for name, one in told.items():
        codes = [create["code"] for create in one.sent]
        assert codes == [code] * times + [0] * (times < 3), name
        refused = "refused_once" if code != 429 else "not_accepted"
        assert one.keys.count(refused) == times, name
        if times < 3:
            assert (one.job.state, one.job.failure) == (State.DONE, None), name
            assert one.charged == [one.job.order.total], name
            assert one.job.order.total <= one.placed.total, name
            judge(one.job)
        else:
            assert (one.job.state, one.charged, one.keys[-1]) == (State.FAILED, [], "refused"), name
            assert one.job.failure is not None
            assert one.job.failure.kind == Refused.KEYS[code], name


@pytest.mark.parametrize("code", STOPPED)
async def test_what_stops_is_sent_once(code: int, sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(refuse_each(code, 9))
    told = await tell_all(opened, sandbox, f"stopped by {code}")
    assert told.pop("lists").sent == []
    for name, one in told.items():
        assert [create["code"] for create in one.sent] == [code], name
        assert (one.job.state, one.charged, one.keys[-1]) == (State.FAILED, [], "refused"), name
        assert one.job.failure is not None
        assert one.job.failure.kind == Refused.KEYS.get(code, "error.refused"), name


async def test_several_outputs_are_charged_as_often(sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(fault("refuse", endpoint="create", code=6010, times=2))
    async with opened() as studio:
        placed = await place(studio, MODELS["a virtual size"], "three of them", n=3)
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert charged(sandbox) == [15]
    assert (job.state, len(job.medias)) == (State.DONE, 3)


# ---------------------------------------------------------------------- never dearer than agreed

NANO = Model(TaskType.TEXT_TO_IMAGE, "gemini-3-pro-image-preview", (("size", "4K"),))


async def test_a_risen_price_ends_a_scripts_job(sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(fault("price_change", endpoint="create", add=7, times=1))
    async with opened() as studio:
        job = await ended(studio, (await studio.jobs.submit(await place(studio, NANO, "dear"))).id)
        keys = await story(studio, job)
    assert job.state is State.FAILED
    assert job.failure is not None
    assert (job.failure.kind, job.failure.values) == (
        "error.price_rose",
        {"before": 18, "points": 25},
    )
    assert (len(creates(sandbox)), charged(sandbox)) == (1, [])
    assert keys[-2:] == ["repriced", "refused"]


async def test_a_risen_price_waits_for_a_word_at_the_screen(sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(fault("price_change", endpoint="create", add=7, times=1))
    async with opened(patient=True) as studio:
        job = await held(studio, (await studio.jobs.submit(await place(studio, NANO, "wait"))).id)
        assert (job.state, job.needs_approval, job.order.total) == (State.QUEUED, True, 25)
        assert (len(creates(sandbox)), charged(sandbox)) == (1, [])
        await studio.jobs.follow(job.id)
        job = await ended(studio, job.id)
        keys = await story(studio, job)
    assert (job.state, charged(sandbox), len(creates(sandbox))) == (State.DONE, [25], 2)
    assert [key for key in keys if key in ("refused_once", "price_rose", "released")] == [
        "refused_once", "price_rose", "released",
    ]  # fmt: skip
    assert job.order.confirmed == 25


async def test_a_price_that_rose_before_the_sending_is_not_sent_at_all(
    sandbox: Sandbox, opened: Open
) -> None:
    async with opened() as studio:
        placed = await place(studio, NANO, "refreshed")
        sandbox.scenario(
            fault("price_change", endpoint="product_list", add=7, times=1, when="before")
        )
        await studio.catalogue.refresh(NANO.task_type)
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.FAILED, "error.price_rose")
    assert creates(sandbox) == []


async def test_a_fallen_price_is_taken_without_a_word(sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(fault("price_change", endpoint="create", add=-8, times=1))
    async with opened() as studio:
        job = await ended(
            studio, (await studio.jobs.submit(await place(studio, NANO, "fallen"))).id
        )
    assert (job.state, charged(sandbox), job.order.total) == (State.DONE, [10], 10)


async def test_new_numbers_at_the_old_price_are_taken_without_a_word(
    sandbox: Sandbox, opened: Open
) -> None:
    sandbox.scenario(fault("price_change", endpoint="create", renumber=True, times=1))
    async with opened() as studio:
        placed = await place(studio, NANO, "renumbered")
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert (job.state, charged(sandbox)) == (State.DONE, [18])
    assert job.order.attribute_id == placed.attribute_id + 20_000


async def test_a_model_that_went_away_meanwhile(sandbox: Sandbox, opened: Open) -> None:
    async with opened() as studio:
        placed = await place(studio, NANO, "gone")
        sandbox.scenario(fault("price_change", endpoint="product_list", model_id=placed.model_id,
                           remove=True, when="before"))  # fmt: skip
        await studio.catalogue.refresh(NANO.task_type)
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.FAILED, "error.model_gone")
    assert creates(sandbox) == []


# ------------------------------------------------------------------------------------- too heavy

DOWN: dict[str, tuple[Model, list[dict[str, Value]]]] = {
    "size": (
        Model(TaskType.TEXT_TO_IMAGE, "gemini-3.1-flash-image-preview", (("size", "4K"),)),
        [{"size": "4K"}, {"size": "2K"}, {"size": "1K"}],
    ),
    "a virtual size": (
        MODELS["a virtual size"],
        [{"size": "4k"}, {"size": "2k"}],
    ),
    "resolution, then duration": (
        Model(
            TaskType.TEXT_TO_VIDEO,
            "viduq2",
            (("resolution", "720p"), ("duration", 10)),
        ),
        [
            {"resolution": "720p", "duration": 10},
            {"resolution": "540p", "duration": 10},
            {"resolution": "540p", "duration": 5},
        ],
    ),
    "nothing to step down": (
        MODELS["no form"],
        [{}],
    ),
}
FAULTY = {
    "refused": 'kind = "refuse"\nendpoint = "create"\ncode = 500\n',
    "a fault, not charged": 'kind = "status"\nendpoint = "create"\nstatus = 500\ncode = 500\n',
    "a fault, charged": (
        'kind = "status"\nendpoint = "create"\nstatus = 500\ncode = 500\nwhen = "after"\n'
    ),
}


@pytest.mark.parametrize(("model", "steps"), DOWN.values(), ids=DOWN.keys())
@pytest.mark.parametrize("kind", FAULTY)
async def test_code_500_is_answered_by_a_smaller_order_or_by_none(
    kind: str, model: Model, steps: list[dict[str, Value]], sandbox: Sandbox, opened: Open
) -> None:
    fault_row = "faulty" if kind != "refused" else "refused"
    for times in (1, 2, 3):
        sandbox.reset()
        sandbox.scenario(f"[[fault]]\n{FAULTY[kind]}times = {times}\n")
        async with opened() as studio:
            placed = await place(studio, model, f"heavy {times} {kind} {model.version}")
            job = await ended(studio, (await studio.jobs.submit(placed)).id)
            keys = await story(studio, job)
        sent = creates(sandbox)
        bodies = [create["parameters"] for create in sent]
        assert all(one != other for one, other in pairwise(bodies)), "never the same again"
        smaller = keys.count("fault") if fault_row == "faulty" else keys.count("too_heavy")
        assert smaller == len(sent) - 1 == min(times, len(steps) - 1)
        now = dict(job.order.parameters)
        assert {name: now[name] for name in steps[smaller]} == steps[smaller]
        points = [create["credit"] for create in sent]
        assert points == sorted(points, reverse=True)
        if times < len(steps):
            assert (job.state, job.failure) == (State.DONE, None)
        else:
            assert job.failure is not None
            end = (State.FAILED, "error.too_heavy"), (State.NEEDS_REVIEW, "error.fault")
            assert (job.state, job.failure.kind) == end[fault_row == "faulty"]


async def test_after_a_fault_a_later_refusal_is_no_proof_that_nothing_was_charged(
    sandbox: Sandbox, opened: Open
) -> None:
    model = Model(TaskType.TEXT_TO_IMAGE, "gemini-3.1-flash-image-preview", (("size", "4K"),))
    sandbox.scenario(
        f"[[fault]]\n{FAULTY['a fault, charged']}nth = 1\n"
        + fault("refuse", endpoint="create", code=4008, nth=2)
    )
    async with opened() as studio:
        job = await ended(studio, (await studio.jobs.submit(await place(studio, model, "x"))).id)
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.NEEDS_REVIEW, "error.fault")
    assert len(creates(sandbox)) == 2


async def test_moderation_is_recognised_whatever_the_code(sandbox: Sandbox, opened: Open) -> None:
    for code, status, words in (
        (500, 200, "prompt contains sensitive words"),
        (500, 500, "提示词包含敏感内容，请修改后重试"),
        (400017, 200, "Content policy violation"),
        (6009, 400, "Your prompt was flagged by our safety system"),
        (31337, 200, "图片审核不通过"),
    ):
        sandbox.reset()
        sandbox.scenario(
            fault("refuse", endpoint="create", code=code, status=status, message=words, times=9)
        )
        async with opened() as studio:
            placed = await place(studio, MODELS["twelve prices"], f"moderated {code} {status}")
            job = await ended(studio, (await studio.jobs.submit(placed)).id)
        assert job.failure is not None
        assert (job.state, job.failure.kind) == (State.FAILED, "error.moderated"), words
        assert len(creates(sandbox)) == 1


# --------------------------------------------------------------------------------- a bad value


async def test_a_bad_value_first_keeps_what_is_known_then_drops_the_advanced(
    sandbox: Sandbox, opened: Open
) -> None:
    sandbox.scenario(fault("refuse", endpoint="create", code=400017, times=2))
    model = Model(TaskType.IMAGE_TO_VIDEO, "wan2.6-i2v", (("negative_prompt", "rain"),))
    async with opened() as studio:
        placed = await place(studio, model, "plainer")
        assert ("negative_prompt", "rain") in placed.parameters
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
        keys = await story(studio, job)
    assert [key for key in keys if key in ("corrected", "plainer")] == ["corrected", "plainer"]
    assert "negative_prompt" not in dict(job.order.parameters)
    assert {"duration", "resolution"} <= set(dict(job.order.parameters))
    assert charged(sandbox) == [placed.total]


async def test_a_bad_value_drops_the_unknown_and_fills_in_what_the_family_needs(
    sandbox: Sandbox, opened: Open
) -> None:
    """An order of another day, with a parameter that is gone and without the model."""
    async with opened() as studio:
        placed = await place(studio, MODELS["a model to be told"], "of another day")
        old = [(name, value) for name, value in placed.parameters if name != "model"]
        job = await studio.jobs.submit(replace(placed, parameters=(*old, ("seed", 7))))
        job = await ended(studio, job.id)
        keys = await story(studio, job)
    parameters = dict(job.order.parameters)
    assert (parameters.get("model"), "seed" in parameters) == ("v5.5", False)
    assert (job.state, "corrected" in keys) == (State.DONE, True)
    assert charged(sandbox, "unknown_parameter") == [placed.total]


# ---------------------------------------------------------------------------- lost on the way


@pytest.mark.parametrize("code", [*ADAPTED, 500])
async def test_an_answer_lost_during_the_tries_is_never_sent_again(
    code: int, sandbox: Sandbox, opened: Open
) -> None:
    sandbox.scenario(
        fault("refuse", endpoint="create", code=code, times=1)
        + fault("lose_answer", endpoint="create", nth=2)
    )
    async with opened() as studio:
        placed = await place(studio, MODELS["twelve prices"], f"lost {code}")
        job = await ended(studio, (await studio.jobs.submit(placed)).id)
    assert job.state is State.NEEDS_REVIEW
    assert job.failure is not None
    assert job.failure.kind == "error.lost"
    sandbox.scenario("")
    async with opened(patient=True) as studio:
        other = await studio.jobs.submit(await place(studio, MODELS["no form"], f"after {code}"))
        await ended(studio, other.id)  # whoever sends this one would have sent that one, too
        again = await studio.jobs.get(job.id)
    assert again is not None
    assert again.state is State.NEEDS_REVIEW
    assert [create["prompt"] for create in creates(sandbox)] == [f"lost {code}"] * 2 + [
        f"after {code}"
    ]
    assert len(charged(sandbox)) == 2


async def test_refusals_are_counted_over_a_restart(sandbox: Sandbox, opened: Open) -> None:
    sandbox.scenario(
        fault("price_change", endpoint="create", add=7, times=1)
        + fault("refuse", endpoint="create", code=500, nth=[2, 3, 4])
    )
    async with opened(patient=True) as studio:
        job = await held(
            studio, (await studio.jobs.submit(await place(studio, NANO, "restart"))).id
        )
        assert job.needs_approval
    async with opened(patient=True) as studio:
        await studio.jobs.follow(job.id)
        job = await ended(studio, job.id)
        keys = await story(studio, job)
    counted = keys.count("refused_once"), keys.count("too_heavy")
    assert (job.state, counted) == (State.FAILED, (1, 1))
    assert [create["code"] for create in creates(sandbox)] == [6006, 500, 500]
    assert charged(sandbox) == []
