"""Upload tokens, the presigned PUT, and where the file is afterwards."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest


def kinds(wire: Any) -> list[str]:
    return [violation["kind"] for violation in wire.sandbox.ledger()["violations"]]


def test_token_put_and_download(wire: Any) -> None:
    answer = wire.token()
    assert answer["code"] == 0
    place = answer["data"]
    assert set(place) == {"ful", "fdl", "ful_expire", "fdl_expire", "fdl_key"}
    assert httpx.get(place["fdl"]).status_code == 404
    put = httpx.put(place["ful"], content=b"picture", headers={"Content-Type": "image/png"})
    assert put.status_code == 200
    got = httpx.get(place["fdl"])
    assert (got.content, got.headers["content-type"]) == (b"picture", "image/png")
    assert kinds(wire) == []


@pytest.mark.parametrize(
    ("changes", "code", "violation"),
    [
        ({"sign": "0" * 40}, 400, "sign"),
        ({"fService": "private"}, 400, "token_parameters"),
        ({"fType": "image"}, 400, "token_parameters"),
        ({"fContentType": "video/mp4"}, 400, "token_parameters"),
        ({"appUid": "ima_other"}, 400, "token_parameters"),
        ({"extra": "1"}, 400, "token_parameters"),
        ({"cmimToken": "sk-1", "appUid": "sk-1"}, 401, None),
    ],
)
def test_token_requests_are_checked(
    wire: Any, changes: dict[str, str], code: int, violation: str | None
) -> None:
    assert wire.token(**changes)["code"] == code
    assert kinds(wire) == ([violation] if violation else [])


@pytest.mark.parametrize(("offset", "code"), [(-400, 400), (400, 400), (-200, 0), (200, 0)])
def test_a_clock_may_be_five_minutes_off(wire: Any, offset: int, code: int) -> None:
    answer = wire.token(timestamp=str(int(time.time()) + offset))
    assert answer["code"] == code
    assert kinds(wire) == (["sign"] if code else [])


def test_a_lower_case_sign_is_refused(wire: Any) -> None:
    answer = wire.token(sign="abcdef" * 6 + "abcd")
    assert answer["code"] == 400


@pytest.mark.parametrize(
    ("headers", "status", "violation"),
    [
        ({"Content-Type": "image/png", "Authorization": "Bearer x"}, 400, "authorization_on_put"),
        ({"Content-Type": "image/jpeg"}, 403, "put_content_type"),
    ],
)
def test_put_is_checked(wire: Any, headers: dict[str, str], status: int, violation: str) -> None:
    place = wire.token()["data"]
    put = httpx.put(place["ful"], content=b"x", headers=headers)
    assert put.status_code == status
    assert kinds(wire) == [violation]
    assert httpx.get(place["fdl"]).status_code == 404


def test_a_forged_address_is_403(wire: Any) -> None:
    place = wire.token()["data"]
    put = httpx.put(f"{place['ful']}0", content=b"x", headers={"Content-Type": "image/png"})
    assert put.status_code == 403


def test_an_input_that_was_promised_but_never_put_is_refused(wire: Any, order: Any) -> None:
    model = wire.model("image_to_image", "doubao-seedream-4-5-251128")
    place = wire.token()["data"]
    assert wire.create(order(model, inputs=[place["fdl"]]))["code"] == 400017
    assert kinds(wire) == ["input_never_uploaded"]


def test_an_upload_of_a_kind_the_model_does_not_take_is_refused(wire: Any, order: Any) -> None:
    place = wire.token(fType="video", fSuffix="mp4", fContentType="video/mp4")["data"]
    put = httpx.put(place["ful"], content=b"film", headers={"Content-Type": "video/mp4"})
    assert put.status_code == 200
    image = wire.model("image_to_image", "doubao-seedream-4-5-251128")
    film = wire.model("reference_image_to_video", "kling-video-o1")
    assert wire.create(order(image, inputs=[place["fdl"]]))["code"] == 400017
    assert wire.create(order(film, inputs=[place["fdl"]]))["code"] == 0


def test_verify_says_no_to_what_it_cannot_fetch(wire: Any) -> None:
    result = wire.post("/open/v1/assets/verify", {"url": "http://example.com/a.png"})["data"]
    assert result["result"]["status"] == "failed"
    assert set(result["result"]["error"]) == {"code", "message"}
