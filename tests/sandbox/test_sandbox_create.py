"""POST /open/v1/tasks/create: what is charged, and what is refused with which code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Change = Callable[[dict[str, Any]], None]
NANO = ("text_to_image", "gemini-3.1-flash-image-preview")


def inner(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["parameters"][0]["parameters"]
    return found


def outer(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["parameters"][0]
    return found


def kinds(wire: Any) -> list[str]:
    return [violation["kind"] for violation in wire.sandbox.ledger()["violations"]]


def test_accepted_and_charged_for_every_output(wire: Any, order: Any) -> None:
    model = wire.model(*NANO)
    data = wire.create(order(model, {"size": "4K"}, n=3))["data"]
    assert data["id"].startswith("task_")
    assert data["biz_id"] != data["id"]
    assert data["generate_count"] == 3
    assert data["medias"] == []
    assert data["timeout_at"] > data["created_at"] > 1_600_000_000_000
    ledger = wire.sandbox.ledger()
    assert ledger["charges"] == 39
    assert ledger["balances"] == {"7777": 10_000 - 39}
    (record,) = ledger["creates"]
    assert (record["code"], record["charged"], record["n"]) == (0, 39, 3)
    assert record["task_id"] == data["id"]


@pytest.mark.parametrize(
    ("missing", "code"), [("Authorization", 401), ("x-app-source", 400), ("x_app_language", 400)]
)
def test_headers_are_required(
    wire: Any, order: Any, seedream: Any, missing: str, code: int
) -> None:
    headers = {name: value for name, value in wire.headers.items() if name != missing}
    answer = wire.http.post("/open/v1/tasks/create", json=order(seedream), headers=headers)
    assert answer.status_code == 200
    assert answer.json()["code"] == code
    assert kinds(wire) == ["missing_header"]


def test_invalid_key_is_401(start: Any, order: Any) -> None:
    good = start()
    body = order(good.model("text_to_image", "doubao-seedream-4-5-251128"))
    for key in ("sk-other", "ima_invalid_1"):
        good.key = key
        assert good.create(body)["code"] == 401


def test_too_few_points_is_4008(start: Any, order: Any) -> None:
    wire = start("[server]\nbalance = 12\n")
    body = order(wire.model("text_to_image", "doubao-seedream-4-5-251128"))
    assert [wire.create(body)["code"] for _ in range(3)] == [0, 0, 4008]
    assert wire.sandbox.ledger()["charges"] == 10


def test_subscription_is_4014(start: Any, order: Any) -> None:
    wire = start("[server]\nsubscribers = []\n")
    assert wire.create(order(wire.model("text_to_video", "sora-2-pro")))["code"] == 4014
    assert wire.create(order(wire.model("text_to_video", "viduq2")))["code"] == 0


def credit(body: dict[str, Any]) -> None:
    outer(body)["credit"] += 1
    inner(body)["cast"]["points"] += 1


def cast_points(body: dict[str, Any]) -> None:
    inner(body)["cast"]["points"] += 1


def no_cast(body: dict[str, Any]) -> None:
    del inner(body)["cast"]


def other_rule(body: dict[str, Any]) -> None:
    outer(body)["attribute_id"] = inner(body)["cast"]["attribute_id"] = 4403


def attribute_zero(body: dict[str, Any]) -> None:
    outer(body)["attribute_id"] = inner(body)["cast"]["attribute_id"] = 0


def attribute_of_another_leaf(body: dict[str, Any]) -> None:
    outer(body)["attribute_id"] = inner(body)["cast"]["attribute_id"] = 2341


def unknown_parameter(body: dict[str, Any]) -> None:
    inner(body)["shininess"] = 3


def wrong_case(body: dict[str, Any]) -> None:
    inner(body)["size"] = "1k"


def wrong_name(body: dict[str, Any]) -> None:
    outer(body)["model_name"] = "Nano"


def wrong_family(body: dict[str, Any]) -> None:
    outer(body)["model_id"] = "midjourney"


def unknown_version(body: dict[str, Any]) -> None:
    outer(body)["model_version"] = "v99"


def wrong_category(body: dict[str, Any]) -> None:
    outer(body)["category"] = "image_to_image"


def prompt_outside(body: dict[str, Any]) -> None:
    outer(body)["prompt"] = inner(body).pop("prompt")


def no_platform(body: dict[str, Any]) -> None:
    del outer(body)["platform"]


def n_five(body: dict[str, Any]) -> None:
    inner(body)["n"] = 5


def n_text(body: dict[str, Any]) -> None:
    inner(body)["n"] = "1"


def unwanted_input(body: dict[str, Any]) -> None:
    body["src_img_url"] = ["https://example.com/a.png"]
    inner(body)["input_images"] = ["https://example.com/a.png"]


def unequal_inputs(body: dict[str, Any]) -> None:
    body["src_img_url"] = ["https://example.com/a.png"]


@pytest.mark.parametrize(
    ("change", "code", "violation"),
    [
        (credit, 6006, None),
        (cast_points, 6006, "cast"),
        (no_cast, 6006, "cast"),
        (other_rule, 6010, None),
        (attribute_zero, 6009, "attribute_id_missing"),
        (attribute_of_another_leaf, 6009, None),
        (unknown_parameter, 400017, "unknown_parameter"),
        (wrong_case, 400017, "bad_value"),
        (wrong_name, 400017, "model_mismatch"),
        (wrong_family, 400017, "model_mismatch"),
        (unknown_version, 400017, "unknown_model"),
        (wrong_category, 400017, "category_mismatch"),
        (prompt_outside, 400017, "prompt_misplaced"),
        (no_platform, 400017, "app_platform"),
        (n_five, 400017, "bad_value"),
        (n_text, 400017, "wrong_type"),
        (unwanted_input, 400017, "input_count"),
        (unequal_inputs, 400017, "unequal_inputs"),
    ],
)
def test_refusals(wire: Any, order: Any, change: Change, code: int, violation: str | None) -> None:
    body = order(wire.model(*NANO))
    change(body)
    assert wire.create(body)["code"] == code
    assert kinds(wire) == ([violation] if violation else [])
    ledger = wire.sandbox.ledger()
    assert ledger["charges"] == 0
    assert ledger["creates"][0]["code"] == code


@pytest.mark.parametrize(
    ("version", "values", "code"),
    [
        ("sora-2-pro", {"duration": 4}, 400017),  # an int where the options are texts
        ("wan2.6-t2v", {"duration": "5"}, 400017),
        ("wan2.6-t2v", {"duration": 15}, 0),  # above the field's own maximum, but an option
        ("wan2.6-t2v", {"negative_prompt": "x" * 801}, 400017),
        ("wan2.6-t2v", {"prompt_extend": "true"}, 400017),
        ("MiniMax-Hailuo-2.3", {"duration": 10, "resolution": "1080P"}, 400017),
        ("MiniMax-Hailuo-02", {"resolution": "512P"}, 400017),  # priced, but not offered
        ("kling-video-o1", {"quality": "1080p"}, 400017),  # what people see, not what is sent
        ("kling-video-o1", {"mode": "pro"}, 0),
        ("ima-pro", {"aspect_ratio": "auto"}, 0),
        ("ima-pro", {"aspect_ratio": "adaptive"}, 400017),  # the virtual field of that name wins
        ("ima-pro-fast", {"aspect_ratio": "adaptive"}, 0),  # no virtual field here
        ("veo-3.1-generate-preview", {"negative_prompt": None}, 0),  # its own default
    ],
)
def test_values_of_fields(
    wire: Any, order: Any, version: str, values: dict[str, Any], code: int
) -> None:
    body = order(wire.model("text_to_video", version), values, rule=0)
    model = wire.model("text_to_video", version)
    if code == 0:
        body = order(model, values)
    assert wire.create(body)["code"] == code


@pytest.mark.parametrize(("resolution", "code"), [("480p", 0), ("720p", 0), ("1080p", 400017)])
def test_of_a_field_that_the_form_is_without_every_priced_value_goes(
    wire: Any, order: Any, resolution: str, code: int
) -> None:
    model = wire.model("text_to_image", "midjourney")
    assert wire.create(order(model))["code"] == 0
    rule = 1 if resolution == "720p" else 0
    assert wire.create(order(model, {"resolution": resolution}, rule=rule))["code"] == code


def test_offered_parameters_without_a_price_are_6009(wire: Any, order: Any) -> None:
    model = wire.model("image_to_video", "viduq2-pro")
    body = order(model, inputs=["https://example.com/a.png"])
    assert wire.create(body)["code"] == 0
    inner(body).update(duration=10, resolution="540p")
    assert wire.create(body)["code"] == 6009
    inner(body).update(resolution="1080p")
    assert wire.create(body)["code"] == 6010


def test_pixverse_wants_its_model_though_no_field_names_it(wire: Any, order: Any) -> None:
    model = wire.model("text_to_video", "Pixverse V5.5")
    body = order(model)
    assert inner(body)["model"] == "v5.5"
    assert wire.create(body)["code"] == 0
    inner(body)["model"] = "v4"
    assert wire.create(body)["code"] == 400017
    del inner(body)["model"]
    answer = wire.create(body)
    assert (answer["code"], answer["message"]) == (400017, "Invalid value for model")


@pytest.mark.parametrize(
    ("inputs", "code", "violation"),
    [
        (["https://example.com/a.png", "https://example.com/b.png"], 0, None),
        (["https://example.com/a.png"], 400017, "input_count"),
        (["https://example.com/a.png"] * 3, 400017, "input_count"),
        (["http://example.com/a.png", "https://example.com/b.png"], 400017, "insecure_input"),
        (["data:image/png;base64,AA", "https://example.com/b.png"], 400017, "insecure_input"),
    ],
)
def test_inputs(wire: Any, order: Any, inputs: list[str], code: int, violation: str | None) -> None:
    model = wire.model("first_last_frame_to_video", "kling-video-o1")
    assert wire.create(order(model, inputs=inputs))["code"] == code
    assert kinds(wire) == ([violation] if violation else [])


def test_seedance_2_wants_its_inputs_verified(wire: Any, order: Any) -> None:
    model = wire.model("image_to_video", "ima-pro")
    body = order(model, inputs=["https://example.com/a.png"])
    assert wire.create(body)["code"] == 400017
    verified = wire.post("/open/v1/assets/verify", {"url": "https://example.com/a.png"})
    assert verified["data"]["result"]["status"].lower() in ("active", "success")
    assert wire.create(body)["code"] == 0
    assert kinds(wire) == ["unverified_input"]


PICTURE, FILM = "https://example.com/a.png", "https://example.com/a.mp4"


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ({"src_image": PICTURE}, 0),
        ({"src_image": [PICTURE]}, 0),
        ({"src_image": [{"url": PICTURE, "width": 64, "height": 64}]}, 0),
        ({"src_image": "", "src_video": [], "src_audio": None}, 0),
        ({"src_video": [{"url": FILM, "duration": 4}]}, 0),
        ({"src_video": [FILM] * 2, "src_audio": "https://example.com/a.mp3"}, 0),
        ({"src_image": 7}, 400017),
        ({"src_image": [{"width": 64}]}, 400017),
        ({"src_video": [f"https://example.com/{n}.mp4" for n in range(9)]}, 400017),
        ({"src_video": "http://example.com/a.mp4"}, 400017),
        ({"src_picture": PICTURE}, 400017),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [lambda body: body, inner], ids=["envelope", "parameters"])
def test_sources_of_newer_clients_are_taken_and_count_as_inputs(
    wire: Any, order: Any, place: Any, sources: dict[str, Any], code: int
) -> None:
    model = wire.model("reference_image_to_video", "ima-pro")
    for url in (PICTURE, FILM, "https://example.com/a.mp3"):
        wire.post("/open/v1/assets/verify", {"url": url})
    body = order(model, inputs=[PICTURE])
    place(body).update(sources)
    assert wire.create(body)["code"] == code


def test_a_source_that_is_no_input_elsewhere_wants_verifying_too(wire: Any, order: Any) -> None:
    wire.post("/open/v1/assets/verify", {"url": PICTURE})
    body = order(wire.model("reference_image_to_video", "ima-pro"), inputs=[PICTURE])
    body["src_video"] = [FILM]
    assert wire.create(body)["code"] == 400017
    assert kinds(wire) == ["unverified_input"]


def test_broken_json_is_400(wire: Any) -> None:
    answer = wire.http.post("/open/v1/tasks/create", content=b"{", headers=wire.headers)
    assert answer.json()["code"] == 400
    assert kinds(wire) == ["bad_json"]
    assert [record["code"] for record in wire.sandbox.ledger()["creates"]] == [400]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"motion_strength": 10}, 0),
        ({"motion_strength": 2.5}, 0),
        ({"motion_strength": 11}, 400017),
        ({"motion_strength": "5"}, 400017),
        ({"motion_strength": True}, 400017),
        ({"colour_mood": "teal"}, 0),
        ({"colour_mood": 3}, 400017),
    ],
)
def test_sliders_have_limits_and_unknown_types_are_texts(
    wire: Any, order: Any, values: dict[str, Any], code: int
) -> None:
    model = wire.model("image_to_video", "viduq2-pro")
    body = order(model, values, inputs=["https://example.com/a.png"])
    assert wire.create(body)["code"] == code
