"""Every kind of fault, seen from the other end of a plain socket or a plain HTTP client."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ima_tui.sandbox import faults

SEEDREAM = ("text_to_image", "doubao-seedream-4-5-251128")
NANO = ("text_to_image", "gemini-3.1-flash-image-preview")


def fault(kind: str, endpoint: str = "create", **keys: Any) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(["[[fault]]", f'kind = "{kind}"', f'endpoint = "{endpoint}"', *lines, ""])


def kinds(wire: Any) -> list[str]:
    return [violation["kind"] for violation in wire.sandbox.ledger()["violations"]]


def listed(wire: Any) -> httpx.Response:
    query = {"app": "ima", "platform": "web", "category": "text_to_image"}
    answer: httpx.Response = wire.http.get(
        "/open/v1/product/list", params=query, headers=wire.headers
    )
    return answer


def test_reset_before_body_is_a_real_reset_while_the_body_is_still_due(start: Any) -> None:
    wire = start(fault("reset_before_body", times=1))
    address = urlsplit(wire.sandbox.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as plain:
        plain.sendall(
            b"POST /open/v1/tasks/create HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        )
        with pytest.raises(ConnectionResetError):
            plain.recv(1)
    ledger = wire.sandbox.ledger()
    assert (ledger["charges"], ledger["counts"]["create"]) == (0, 1)


def test_reset_after_body_charges_nothing(start: Any, order: Any) -> None:
    wire = start(fault("reset_after_body", times=1))
    body = order(wire.model(*SEEDREAM))
    with pytest.raises(httpx.ReadError):
        wire.create(body)
    assert wire.sandbox.ledger()["charges"] == 0
    assert wire.sandbox.ledger()["creates"][0]["fault"] == "reset_after_body"
    assert wire.create(order(wire.model(*SEEDREAM), prompt="another"))["code"] == 0
    assert kinds(wire) == []
    assert wire.create(body)["code"] == 0  # for all a client knows, this one is paid for twice
    assert kinds(wire) == ["resent_after_lost_answer"]


@pytest.mark.parametrize(
    ("close", "error"), [("reset", httpx.ReadError), ("fin", httpx.RemoteProtocolError)]
)
def test_lose_answer_charges_and_a_repeat_is_noted(
    start: Any, order: Any, close: str, error: type[Exception]
) -> None:
    wire = start(fault("lose_answer", times=1, close=close))
    body = order(wire.model(*SEEDREAM))
    with pytest.raises(error):
        wire.create(body)
    ledger = wire.sandbox.ledger()
    assert ledger["charges"] == 5
    assert ledger["creates"][0]["answered"] is False
    assert ledger["creates"][0]["task_id"] == ledger["tasks"][0]["id"]
    assert wire.create(order(wire.model(*SEEDREAM), prompt="another"))["code"] == 0
    assert kinds(wire) == []
    wire.create(body)
    assert kinds(wire) == ["resent_after_lost_answer"]


def test_http_errors_with_and_without_a_code(start: Any, order: Any) -> None:
    wire = start(
        fault("status", status=502, times=1)
        + fault("status", status=500, code=500, message="too heavy", times=1)
        + fault("status", status=503, body="busy", when="after", times=1)
    )
    body = order(wire.model(*SEEDREAM))
    answers = [
        wire.http.post("/open/v1/tasks/create", json=body, headers=wire.headers) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [502, 500, 503]
    assert answers[0].headers["content-type"] == "text/html"
    assert answers[1].json()["code"] == 500
    assert answers[2].text == "busy"
    ledger = wire.sandbox.ledger()
    assert [record["charged"] for record in ledger["creates"]] == [0, 0, 5]
    assert [record["answered"] for record in ledger["creates"]] == [False, True, False]


def test_refusals_with_retry_after(start: Any, order: Any) -> None:
    wire = start(fault("refuse", code=429, message="slow down", retry_after=3, status=429, times=1))
    body = order(wire.model(*SEEDREAM))
    answer = wire.http.post("/open/v1/tasks/create", json=body, headers=wire.headers)
    assert (answer.status_code, answer.json()["code"]) == (429, 429)
    assert answer.headers["retry-after"] == "3"
    assert wire.create(body)["code"] == 0
    assert [record["code"] for record in wire.sandbox.ledger()["creates"]] == [429, 0]


@pytest.mark.parametrize(("when", "charged"), [("before", 0), ("after", 5)])
def test_hanging_for_good(start: Any, order: Any, when: str, charged: int) -> None:
    wire = start(fault("hang", when=when, times=1))
    body = order(wire.model(*SEEDREAM))
    with pytest.raises(httpx.ReadTimeout):
        wire.http.post("/open/v1/tasks/create", json=body, headers=wire.headers, timeout=0.1)
    ledger = wire.sandbox.ledger()
    assert ledger["charges"] == charged
    assert ledger["creates"][0]["answered"] is False


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of each pause that the faults make, in order."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    def timeout(seconds: float) -> asyncio.Timeout:
        made.append(seconds)
        return asyncio.timeout(seconds)

    monkeypatch.setattr(faults, "asyncio", SimpleNamespace(sleep=sleep, timeout=timeout))
    return made


def test_hanging_and_delays_end(start: Any, order: Any, pauses: list[float]) -> None:
    wire = start(
        fault("hang", seconds=0.05, times=1)
        + fault("hang", seconds=0.05, when="after", times=1)
        + fault("delay", seconds=0.05, times=3)
    )
    body = order(wire.model(*SEEDREAM))
    for _ in range(2):
        pauses.clear()
        assert wire.create(body)["code"] == 0
        assert pauses == [0.05] * 2


def test_drip_is_slow_and_whole(start: Any, pauses: list[float]) -> None:
    wire = start(fault("drip", "product_list", seconds=0.1, pieces=5, times=1))
    assert listed(wire).json()["code"] == 200
    assert pauses == [0.02] * 4


def test_truncated_json_and_truncated_files(start: Any, order: Any) -> None:
    wire = start(
        fault("truncate", "product_list", nth=2) + fault("truncate", "media", keep=0.3, times=1)
    )
    medias = wire.finished(wire.create(order(wire.model(*NANO)))["data"]["id"])
    cut = listed(wire)
    assert cut.status_code == 200
    with pytest.raises(ValueError):
        cut.json()
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(medias[0]["at"])
    assert httpx.get(medias[0]["at"]).status_code == 200


def test_wrong_types(start: Any) -> None:
    wire = start(fault("wrong_types", "product_list", times=1))
    answer = listed(wire).json()
    assert answer["code"] == 200
    assert isinstance(answer["data"], dict)
    assert isinstance(answer["data"]["0"]["id"], dict)


def test_hostile_texts_everywhere_but_the_flow_goes_on(start: Any, order: Any) -> None:
    wire = start(
        fault("hostile", "product_list", size=5000)
        + fault("hostile", "detail")
        + fault("hostile", "media", times=1)
        + fault("fail_task", prompt_contains="doomed", message="no")
    )
    text = listed(wire).text
    assert "\\u001b]52" in text
    assert "@click" in text
    assert "\u202e" in text
    model = wire.model(*NANO)
    assert model["name"] != "Nano Banana 2"
    assert model["id"] == NANO[1]
    data = wire.create(order(model))["data"]
    media = wire.finished(data["id"])[0]
    assert media["format"] != "png"
    file = httpx.get(media["at"])
    assert "../" in file.headers["content-disposition"]
    assert file.headers["content-type"].startswith("text/html")
    assert kinds(wire) == []


def test_hostile_with_a_text_of_one_s_own(start: Any) -> None:
    wire = start(fault("hostile", "product_list", text="[b]boo"))
    assert {
        model["name"] for group in listed(wire).json()["data"] for model in group["children"]
    } == {"[b]boo"}


def failed(wire: Any, task_id: str) -> list[dict[str, Any]]:
    for _ in range(500):
        medias: list[dict[str, Any]] = wire.detail(task_id)["data"]["medias"]
        if any(m["resource_status"] in (2, 3) or m["status"] == "failed" for m in medias):
            return medias
        time.sleep(0.01)
    raise AssertionError("never failed")


def test_fail_task_whole_or_one_output(start: Any, order: Any) -> None:
    wire = start(
        fault("fail_task", prompt_contains="doomed", message="content policy")
        + fault("fail_task", prompt_contains="half", resource_status=3, media=1)
    )
    model = wire.model(*NANO)
    doomed = wire.create(order(model, prompt="doomed"))["data"]["id"]
    half = wire.create(order(model, prompt="half", n=2))["data"]["id"]
    fine = wire.create(order(model, prompt="fine"))["data"]["id"]
    assert failed(wire, doomed)[0]["error_msg"] == "content policy"
    assert [m["resource_status"] == 3 for m in failed(wire, half)] == [False, True]
    assert wire.finished(fine)
    statuses = {task["id"]: task["status"] for task in wire.sandbox.ledger()["tasks"]}
    assert [statuses[i] for i in (doomed, half, fine)] == ["failed", "failed", "success"]


def test_fail_task_at_a_detail_fails_at_once(start: Any, order: Any) -> None:
    wire = start(fault("fail_task", "detail", nth=2), speed=1.0)
    task_id = wire.create(order(wire.model(*NANO)))["data"]["id"]
    assert not failed_now(wire, task_id)
    assert failed_now(wire, task_id)
    assert failed_now(wire, task_id)


def failed_now(wire: Any, task_id: str) -> bool:
    medias = wire.detail(task_id)["data"]["medias"]
    return any(media["resource_status"] == 2 for media in medias)


def test_stuck_never_ends_and_can_have_an_early_deadline(start: Any, order: Any) -> None:
    wire = start(fault("stuck", timeout_s=1.5))
    data = wire.create(order(wire.model(*NANO)))["data"]
    assert data["timeout_at"] - data["created_at"] == 1500
    for _ in range(5):
        time.sleep(0.02)
        medias = wire.detail(data["id"])["data"]["medias"]
        assert all(media["resource_status"] in (None, 0) for media in medias)
    assert wire.sandbox.ledger()["tasks"][0]["status"] == "processing"


def test_no_url_for_good_or_for_a_while(start: Any, order: Any) -> None:
    wire = start(
        fault("no_url", prompt_contains="never")
        + fault("no_url", prompt_contains="later", seconds=0.1)
    )
    model = wire.model(*NANO)
    never = wire.create(order(model, prompt="never"))["data"]["id"]
    later = wire.create(order(model, prompt="later"))["data"]["id"]
    assert wire.finished(later)
    media = wire.detail(never)["data"]["medias"][0]
    assert media["resource_status"] == 1
    assert not any(media.get(name) for name in ("url", "watermark_url", "preview_url"))


def test_expired_media(start: Any, order: Any) -> None:
    wire = start(fault("expire_media", "media", status=404, times=1))
    media = wire.finished(wire.create(order(wire.model(*NANO)))["data"]["id"])[0]
    assert httpx.get(media["at"]).status_code == 404
    assert httpx.get(media["at"]).status_code == 200


def test_a_price_that_changes_after_the_list_was_read(start: Any, order: Any) -> None:
    wire = start(
        fault("price_change", "product_list", add=3, model_id="doubao-seedream-4.5", nth=1)
    )
    old = wire.model(*SEEDREAM)
    assert old["credit_rules"][0]["points"] == 5
    assert wire.create(order(old))["code"] == 6006
    new = wire.model(*SEEDREAM)
    assert new["credit_rules"][0]["points"] == 8
    assert wire.create(order(new))["code"] == 0
    assert wire.sandbox.ledger()["charges"] == 8
    assert wire.model(*NANO)["credit_rules"][0]["points"] == 4


def test_a_list_that_changes_in_front_of_a_create(start: Any, order: Any) -> None:
    wire = start(
        fault("price_change", "create", nth=1, renumber=True)
        + fault("price_change", "create", nth=3, remove=True, model_id="midjourney")
    )
    model = wire.model(*NANO)
    assert wire.create(order(model))["code"] == 6009
    assert wire.create(order(wire.model(*NANO)))["code"] == 0
    midjourney = wire.model("text_to_image", "midjourney")
    assert wire.create(order(midjourney))["code"] == 400017
    assert "Midjourney" not in [
        model["name"] for model in wire.tree("text_to_image")[-1]["children"]
    ]


def test_slow_and_rejected_verification(start: Any, pauses: list[float]) -> None:
    wire = start(
        fault("slow_verify", "verify", seconds=0.08, times=1)
        + fault("reject_verify", "verify", nth=2, code=77, message="a face")
    )
    url = {"url": "https://example.com/a.png"}
    assert "error" not in wire.post("/open/v1/assets/verify", url)["data"]["result"]
    assert pauses == [0.08]
    error = wire.post("/open/v1/assets/verify", url)["data"]["result"]["error"]
    assert error == {"code": "77", "message": "a face"}


def test_filters_and_counting(start: Any) -> None:
    wire = start(
        fault("refuse", "product_list", code=500, task_type="text_to_music", nth=[2, 3])
        + fault("refuse", "product_list", code=501, task_type="text_to_speech", times=1)
    )

    def code(category: str) -> int:
        query = {"app": "ima", "platform": "web", "category": category}
        answer = wire.http.get("/open/v1/product/list", params=query, headers=wire.headers)
        return int(answer.json()["code"])

    assert [code("text_to_music") for _ in range(4)] == [200, 500, 500, 200]
    assert [code("text_to_speech") for _ in range(2)] == [501, 200]
    assert code("text_to_image") == 200


def test_chance_comes_from_the_seed(start: Any) -> None:
    def run(seed: int) -> list[int]:
        wire = start(fault("refuse", "product_list", code=500, probability=0.5, seed=seed))
        return [listed(wire).json()["code"] for _ in range(20)]

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert set(first) == {200, 500}


def test_upload_endpoints_break_too(start: Any) -> None:
    wire = start(
        fault("refuse", "upload_token", code=429, times=1)
        + fault("reset_after_body", "put", times=1)
    )
    assert wire.token()["code"] == 429
    place = wire.token()["data"]
    with pytest.raises(httpx.ReadError):
        httpx.put(place["ful"], content=b"x", headers={"Content-Type": "image/png"})
    put = httpx.put(place["ful"], content=b"x", headers={"Content-Type": "image/png"})
    assert put.status_code == 200


def test_scenario_and_reset_over_http(start: Any, order: Any) -> None:
    wire = start()
    posted = wire.http.post("/sandbox/scenario", content=fault("refuse", code=4008))
    assert posted.json() == {"ok": True}
    body = order(wire.model(*SEEDREAM))
    assert wire.create(body)["code"] == 4008
    bad = wire.http.post("/sandbox/scenario", content="[[fault]]\nkind = 'explode'\n")
    assert bad.status_code == 400
    assert "explode" in bad.json()["error"]
    wire.http.post("/sandbox/reset")
    ledger = wire.http.get("/sandbox/ledger").json()
    assert (ledger["creates"], ledger["counts"], ledger["tasks"]) == ([], {}, [])
    assert wire.create(body)["code"] == 0


def test_many_creates_at_once_are_all_counted(start: Any, order: Any) -> None:
    wire = start()
    body = order(wire.model(*SEEDREAM))

    def send() -> None:
        for _ in range(10):
            httpx.post(
                f"{wire.sandbox.base_url}/open/v1/tasks/create", json=body, headers=wire.headers
            )

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert wire.sandbox.ledger()["charges"] == 400


def test_stopping_while_somebody_waits_is_quick_and_quiet(
    start: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    wire = start(fault("hang", "product_list") + fault("delay", "detail", seconds=30))
    address = urlsplit(wire.sandbox.base_url)
    with (
        socket.create_connection((address.hostname, address.port), timeout=5) as silent,
        socket.create_connection((address.hostname, address.port), timeout=5) as late,
    ):
        silent.sendall(b"GET /open/v1/product/list HTTP/1.1\r\nHost: x\r\n\r\n")
        late.sendall(b"POST /open/v1/tasks/detail HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        while set(wire.sandbox.ledger()["counts"]) != {"product_list", "detail"}:
            time.sleep(0.01)
        wire.sandbox.stop()
        assert not wire.sandbox._thread.is_alive(), "it waited for them, and gave up waiting"
    assert capfd.readouterr().err == ""
