"""An independent witness of the wire: requests built by hand, sharing no code with any client."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from ima_tui.sandbox.server import Sandbox, running_sandbox

KEY = "ima_sandbox_test_7777"


class Wire:
    """One key's hand on the wire. Every method is one request and gives the JSON that came back."""

    def __init__(self, sandbox: Sandbox, key: str = KEY) -> None:
        self.sandbox = sandbox
        self.key = key
        self.http = httpx.Client(base_url=sandbox.base_url, timeout=10)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key}",
            "x-app-source": "ima_skills",
            "x_app_language": "en",
        }

    def tree(self, category: str, **headers: str) -> list[dict[str, Any]]:
        answer = self.http.get(
            "/open/v1/product/list",
            params={"app": "ima", "platform": "web", "category": category},
            headers={**self.headers, **headers},
        ).json()
        assert answer["code"] == 200, answer
        return answer["data"]

    def model(self, category: str, version: str) -> dict[str, Any]:
        return next(model for model in models(self.tree(category)) if model["id"] == version)

    def post(self, path: str, body: Any) -> dict[str, Any]:
        return self.http.post(path, json=body, headers=self.headers).json()

    def create(self, body: Any) -> dict[str, Any]:
        return self.post("/open/v1/tasks/create", body)

    def detail(self, task_id: str) -> dict[str, Any]:
        return self.post("/open/v1/tasks/detail", {"task_id": task_id})

    def finished(self, task_id: str) -> list[dict[str, Any]]:
        """Ask until every media has an address; give the medias with it under `at`."""
        for _ in range(600):
            medias = self.detail(task_id)["data"]["medias"]
            for media in medias:
                media["at"] = (
                    media.get("url") or media.get("watermark_url") or media.get("preview_url")
                )
            if medias and all(m["resource_status"] == 1 and m["at"] for m in medias):
                return medias
            time.sleep(0.01)
        raise AssertionError("never finished")

    def token(self, **changes: str) -> dict[str, Any]:
        stamp, nonce = changes.pop("timestamp", str(int(time.time()))), "abcdefghij0123456789k"
        text = f"webAgent|32jdskjdk320eew|{stamp}|{nonce}"
        query = {
            "appUid": self.key,
            "appId": "webAgent",
            "appKey": "32jdskjdk320eew",
            "cmimToken": self.key,
            "sign": hashlib.sha1(text.encode()).hexdigest().upper(),
            "timestamp": stamp,
            "nonce": nonce,
            "fService": "privite",
            "fType": "picture",
            "fSuffix": "png",
            "fContentType": "image/png",
            **changes,
        }
        return self.http.get("/api/rest/oss/getuploadtoken", params=query).json()

    def uploaded(self, data: bytes) -> str:
        place = self.token()["data"]
        put = httpx.put(place["ful"], content=data, headers={"Content-Type": "image/png"})
        assert put.status_code == 200
        return str(place["fdl"])


def models(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        found += [node] if node["type"] == "3" else models(node["children"])
    return found


def form_defaults(model: dict[str, Any]) -> dict[str, Any]:
    """The values a person who touches nothing would send."""
    values: dict[str, Any] = {}
    for field in model.get("form_config") or []:
        value = field["value"]
        if field.get("is_ui_virtual"):
            picked = {param["field"]: param["value"] for param in field["ui_params"]}
            for rule in field["value_mapping"]["mapping_rules"]:
                if rule["source_values"] == picked:
                    value = rule["target_value"]
        if value is not None and field["field"] != "n":
            values[field["field"]] = value
    return values


def payload(
    model: dict[str, Any],
    values: dict[str, Any] | None = None,
    *,
    prompt: str = "a lighthouse",
    n: int = 1,
    inputs: list[str] | None = None,
    rule: int | None = None,
) -> dict[str, Any]:
    """A correct create for this leaf: defaults, then values, then the first rule that fits."""
    chosen = {**form_defaults(model), **(values or {})}
    if model["model_id"] == "pixverse":
        chosen["model"] = model["name"].split()[-1].lower()
    rules = model["credit_rules"]
    fitting = [
        r
        for r in rules
        if r["attributes"] == {"default": "enabled"}
        or all(chosen.get(name) == value for name, value in r["attributes"].items())
    ]
    price = fitting[0] if rule is None else rules[rule]
    return {
        "task_type": model["category_code"],
        "enable_multi_model": False,
        "src_img_url": list(inputs or []),
        "parameters": [
            {
                "attribute_id": price["attribute_id"],
                "model_id": model["model_id"],
                "model_name": model["name"],
                "model_version": model["id"],
                "app": "ima",
                "platform": "web",
                "category": model["category_code"],
                "credit": price["points"],
                "parameters": {
                    "prompt": prompt,
                    "n": n,
                    "input_images": list(inputs or []),
                    "cast": {"points": price["points"], "attribute_id": price["attribute_id"]},
                    **chosen,
                },
            }
        ],
    }


@pytest.fixture
def start() -> Iterator[Callable[..., Wire]]:
    """start(scenario, speed) gives a hand on a fresh sandbox."""
    with ExitStack() as stack:

        def begin(scenario: str | None = None, speed: float = 1000.0, key: str = KEY) -> Wire:
            sandbox = stack.enter_context(running_sandbox(speed=speed, scenario=scenario))
            wire = Wire(sandbox, key)
            stack.callback(wire.http.close)
            return wire

        yield begin


@pytest.fixture
def wire(start: Callable[..., Wire]) -> Wire:
    return start()


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    return payload


@pytest.fixture
def seedream(wire: Wire) -> dict[str, Any]:
    return wire.model("text_to_image", "doubao-seedream-4-5-251128")
