"""A task's life as POST /open/v1/tasks/detail tells it."""

from __future__ import annotations

from typing import Any

import pytest

from ima_tui.sandbox.orders import SandboxOrder
from ima_tui.sandbox.products import SandboxCatalogue
from ima_tui.sandbox.scenario import Scenario
from ima_tui.sandbox.service import SandboxService
from ima_tui.sandbox.tasks import Task, detail, draw

BASE = "http://127.0.0.1:1"


def task(n: int = 1, number: int = 1, version: str = "doubao-seedream-4-5-251128") -> Task:
    model = next(model for model in SandboxCatalogue().all() if model.id == version)
    order = SandboxOrder(model, model.rules[0], "a lighthouse", n, (), {})
    return draw(order, "ima_k", number, 0, 1.0, (100.0, 1_700_000_000.0), "jpg", None)


def test_time_is_drawn_inside_the_model_s_range() -> None:
    lengths = {task(number=number).duration for number in range(1, 60)}
    assert all(20 <= length <= 40 for length in lengths)
    assert len(lengths) == 59
    for number in range(1, 20):
        quiet = task(number=number, version="seed-tts-2.0")
        assert 5 <= quiet.duration <= 30


def test_statuses_go_from_nothing_to_null_to_working_to_ready() -> None:
    one = task()
    seen: list[Any] = []
    for step in range(101):
        medias = detail(one, 100 + one.duration * step / 100, BASE)["medias"]
        state = (medias[0]["resource_status"], medias[0]["status"]) if medias else None
        if state not in seen:
            seen.append(state)
    assert seen[:3] == [None, (None, "pending"), (0, "processing")]
    assert seen[3][0] == 1
    assert seen[3][1] in ("success", "completed")


def test_outputs_of_one_task_finish_at_different_times() -> None:
    four = task(n=4)
    ends = sorted(media.done_at for media in four.medias)
    assert len(set(ends)) == 4
    medias = detail(four, (ends[1] + ends[2]) / 2, BASE)["medias"]
    assert sorted(media["resource_status"] for media in medias) == [0, 0, 1, 1]


def test_some_are_ready_before_their_address_and_use_other_address_fields() -> None:
    bare, fields, words, covers = 0, set(), set(), set()
    for number in range(1, 80):
        one = task(number=number)
        at_once = detail(one, 100 + one.duration, BASE)["medias"][0]
        later = detail(one, 100 + one.duration + 2, BASE)["medias"][0]
        assert at_once["resource_status"] == later["resource_status"] == 1
        names = ("url", "watermark_url", "preview_url")
        bare += not any(at_once.get(name) for name in names)
        fields.add(next(name for name in names if later.get(name)))
        covers.add(next(name for name in ("cover", "cover_url") if later.get(name)))
        words.add(later["status"])
        assert later["format"] == "jpg"
        assert later["width"] == later["height"] == 1280
    assert 0 < bare < 79
    assert fields == {"url", "watermark_url", "preview_url"}
    assert covers == {"cover", "cover_url"}
    assert words == {"success", "completed"}


def test_a_deadline_need_not_be_named(start: Any, order: Any) -> None:
    wire = start("[server]\ntimeout_s = 0\n")
    data = wire.create(order(wire.model("text_to_image", "midjourney")))["data"]
    assert "timeout_at" not in data


def test_the_same_seed_gives_the_same_run() -> None:
    assert task(number=7) == task(number=7)
    assert task(number=7).id != task(number=8).id


def test_durations_are_texts() -> None:
    music = task(version="GenBGM")
    music.extension = "wav"
    media = detail(music, 1e6, BASE)["medias"][0]
    assert media["duration_str"] == "8s"
    assert "width" not in media
    assert "cover" not in media


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        ({}, 2, "failed"),
        ({"resource_status": 3}, 3, "deleted"),
        ({"resource_status": 1, "task_status": "failed"}, 1, "failed"),
    ],
)
def test_failures(options: dict[str, Any], status: int, word: str) -> None:
    one = task(n=2)
    one.fail({**options, "message": "no such luck"})
    early = detail(one, 101, BASE)["medias"]
    assert all(media["resource_status"] in (None, 0) for media in early)
    late = detail(one, 100 + one.duration, BASE)["medias"]
    assert {(media["resource_status"], media["status"]) for media in late} == {(status, word)}
    assert late[0]["error_msg"] == late[1]["remark"] == "no such luck"


def test_polling_by_biz_id_is_not_found_and_noted(wire: Any, order: Any, seedream: Any) -> None:
    data = wire.create(order(seedream))["data"]
    assert wire.detail(data["biz_id"])["code"] == 404
    assert wire.detail("task_unknown")["code"] == 404
    assert [v["kind"] for v in wire.sandbox.ledger()["violations"]] == ["polled_biz_id"]


def test_another_key_s_task_is_not_found(wire: Any, order: Any, seedream: Any) -> None:
    task_id = wire.create(order(seedream))["data"]["id"]
    wire.key = "ima_somebody_else"
    assert wire.detail(task_id)["code"] == 404


def test_asking_too_often_is_noted_when_it_is_judged(start: Any, order: Any) -> None:
    for scale, breaches in ((0, 0), (1, 1)):
        wire = start(f"[server]\npoll_scale = {scale}\n")
        model = wire.model("text_to_image", "midjourney")
        task_id = wire.create(order(model))["data"]["id"]
        wire.detail(task_id)
        wire.detail(task_id)
        noted = wire.sandbox.ledger()["violations"]
        assert [v["kind"] for v in noted] == ["polled_too_often"] * breaches


def test_pace_is_judged_by_the_kind_of_task() -> None:
    now = 50.0
    service = SandboxService(BASE, 1.0, Scenario(), clock=lambda: now)
    service.settings = service.settings.__class__(poll_scale=1.0)
    for version, gap, breaches in (("midjourney", 2.1, 0), ("viduq2", 2.1, 1), ("viduq2", 8.1, 0)):
        one = task(version=version)
        one.last_asked = now - gap
        service.ledger.violations.clear()
        service._check_pace(one)
        assert len(service.ledger.violations) == breaches, version
