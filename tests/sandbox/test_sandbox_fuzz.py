"""Whatever is sent, the sandbox answers with an envelope and never stumbles itself."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ima_tui.sandbox.orders import SandboxOrder, SandboxRefusal, judge
from ima_tui.sandbox.products import SandboxCatalogue
from ima_tui.sandbox.scenario import ScenarioError, parse

CATALOGUE = SandboxCatalogue()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
VALID: dict[str, Any] = {
    "task_type": "text_to_video",
    "enable_multi_model": False,
    "src_img_url": [],
    "parameters": [
        {
            "attribute_id": 2133,
            "model_id": "MiniMax-Hailuo-02",
            "model_name": "Hailuo 2.0",
            "model_version": "MiniMax-Hailuo-02",
            "app": "ima",
            "platform": "web",
            "category": "text_to_video",
            "credit": 24,
            "parameters": {
                "prompt": "p",
                "n": 1,
                "input_images": [],
                "cast": {"points": 24, "attribute_id": 2133},
                "duration": 6,
                "resolution": "1080P",
                "prompt_optimizer": True,
            },
        }
    ],
}


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = [] if not isinstance(node, (dict, list)) else [(*path, key) for key, _ in items]
    if isinstance(node, (dict, list)):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            if isinstance(node[key], (dict, list)):
                found += places(node[key], (*path, key))
    return found


def test_the_example_is_in_order() -> None:
    assert isinstance(judge(VALID, CATALOGUE), SandboxOrder)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(places(VALID)), ANYTHING)
def test_a_body_with_anything_anywhere_is_an_order_or_a_refusal(
    path: tuple[Any, ...], value: Any
) -> None:
    body = copy.deepcopy(VALID)
    node: Any = body
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    code = 0
    try:
        judge(body, CATALOGUE)
    except SandboxRefusal as refusal:
        code = refusal.code
    assert code in (0, 400, 400017, 6006, 6009, 6010)


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_any_json_at_all_is_refused(value: Any) -> None:
    try:
        judge(value, CATALOGUE)
    except SandboxRefusal:
        return
    raise AssertionError("accepted")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.sampled_from(["[server]\n", "[[fault]]\nkind='hang'\n"]))
def test_any_text_is_a_scenario_or_a_sentence(text: str) -> None:
    sentence = "scenario"
    try:
        parse(text)
    except ScenarioError as error:
        sentence = str(error)
    assert sentence.startswith("scenario")


def test_strange_bodies_over_http(wire: Any, order: Any, seedream: Any) -> None:
    strange = [b"", b"[]", b"null", b"NaN", b"\xff\xfe", b"[" * 100_000, b'{"task_id": {}}']
    surrogate = order(seedream)
    surrogate["parameters"][0]["parameters"]["prompt"] = "\ud800 lone"
    strange.append(json.dumps(surrogate).encode())
    for path in ("/open/v1/tasks/create", "/open/v1/tasks/detail", "/open/v1/assets/verify"):
        for body in strange:
            answer = wire.http.post(path, content=body, headers=wire.headers)
            assert answer.status_code == 200, (path, body[:20])
            assert set(answer.json()) == {"code", "message", "data"}
    assert wire.http.get("/sandbox/ledger").status_code == 200
    assert wire.sandbox.ledger()["creates"][-1]["code"] == 0
