"""The checker is held to its word: each fault made by hand is named, and a good payload is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from payload_checker import faults, offered_rule

LEAF: dict[str, Any] = {
    "id": "film-1",
    "type": "3",
    "model_id": "film",
    "name": "Film 1.0",
    "credit_rules": [
        {"attribute_id": 11, "points": 10, "attributes": {"duration": 5, "resolution": "720P"}},
        {"attribute_id": 12, "points": 25, "attributes": {"duration": 10, "resolution": "720P"}},
        {"attribute_id": 13, "points": 40, "attributes": {"duration": 5, "resolution": "1080P"}},
        {"attribute_id": 14, "points": 90, "attributes": {"duration": 10, "resolution": "1080P"}},
        {"attribute_id": 15, "points": 3, "attributes": {"duration": 5}},
    ],
    "form_config": [
        {
            "field": "duration",
            "type": "tags",
            "value": 5,
            "options": [
                {"label": "5", "value": 5},
                {"label": "10", "value": 10, "disabled": {"resolution": ["1080P"]}},
            ],
        },
        {
            "field": "resolution",
            "type": "tags",
            "value": "720p",
            "options": [{"label": "720p", "value": "720p"}, {"label": "1080P", "value": "1080P"}],
        },
        {"field": "audio", "type": "toggle", "value": True},
        {
            "field": "size",
            "type": "tags",
            "value": "1x1",
            "is_ui_virtual": True,
            "ui_params": [
                {"field": "ratio", "type": "tags", "value": "1:1", "options": [{"value": "1:1"}]}
            ],
            "value_mapping": {
                "target_param": "size",
                "mapping_rules": [{"source_values": {"ratio": "1:1"}, "target_value": "64x64"}],
            },
        },
        {"field": "title", "type": "textarea", "value": None, "config": {"maximum": 5}},
        {"field": "strength", "type": "slider", "value": 5, "config": {"minimum": 1, "maximum": 9}},
        {
            "field": "mood",
            "type": "tags",
            "value": "a",
            "options": [{"value": "a"}, {"value": "b"}],
            "disabled_conditions": [
                {"enum_value": "b", "disabled_key": "", "category": "image_to_video"}
            ],
        },
        {"field": "n", "type": "tags", "value": "1", "options": [{"value": "1"}, {"value": "2"}]},
    ],
}


def good() -> dict[str, Any]:
    url = "https://example.com/a.png"
    return {
        "task_type": "image_to_video",
        "enable_multi_model": False,
        "src_img_url": [url],
        "parameters": [
            {
                "attribute_id": 11,
                "model_id": "film",
                "model_name": "Film 1.0",
                "model_version": "film-1",
                "app": "ima",
                "platform": "web",
                "category": "image_to_video",
                "credit": 10,
                "parameters": {
                    "prompt": "a lighthouse",
                    "n": 1,
                    "input_images": [url],
                    "cast": {"points": 10, "attribute_id": 11},
                    "duration": 5,
                    "resolution": "720P",  # the rule's own, where the form writes 720p
                    "audio": True,
                    "size": "64x64",
                    "title": "short",
                    "strength": 3,
                    "mood": "a",
                },
            }
        ],
    }


def entry(payload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = payload["parameters"][0]
    return found


def sent(payload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = entry(payload)["parameters"]
    return found


def paid(payload: dict[str, Any], number: int, points: int) -> None:
    entry(payload).update(attribute_id=number, credit=points)
    sent(payload)["cast"] = {"points": points, "attribute_id": number}


def test_a_good_payload_has_no_faults() -> None:
    assert faults(LEAF, good()) == []


Spoil = Callable[[dict[str, Any]], Any]
SPOILED: dict[str, Spoil] = {
    "a key too many": lambda p: p.update(upload_img_src=""),
    "multi model": lambda p: p.update(enable_multi_model=True),
    "two entries": lambda p: p["parameters"].append(entry(p)),
    "another category": lambda p: entry(p).update(category="text_to_video"),
    "another version": lambda p: entry(p).update(model_version="film-2"),
    "another name": lambda p: entry(p).update(model_name="Film"),
    "another app": lambda p: entry(p).update(app="webAgent"),
    "the rule of other parameters": lambda p: paid(p, 12, 25),
    "a rule that says less": lambda p: paid(p, 15, 3),
    "no rule of this leaf": lambda p: paid(p, 99, 10),
    "other points": lambda p: paid(p, 11, 9),
    "credit in words": lambda p: entry(p).update(credit="10"),
    "cast unlike credit": lambda p: sent(p)["cast"].update(points=9),
    "cast of another rule": lambda p: sent(p)["cast"].update(attribute_id=12),
    "no cast": lambda p: sent(p).pop("cast"),
    "the form's spelling over the rule's": lambda p: sent(p).update(resolution="720p"),
    "a priced parameter left out": lambda p: sent(p).pop("duration"),
    "an unknown parameter": lambda p: sent(p).update(seed=7),
    "the marker as a parameter": lambda p: sent(p).update(default="enabled"),
    "a virtual control": lambda p: sent(p).update(ratio="1:1"),
    "a target of no mapping": lambda p: sent(p).update(size="65x65"),
    "an option in another type": lambda p: (sent(p).update(duration="5"),),
    "a toggle in words": lambda p: sent(p).update(audio="true"),
    "a toggle as a number": lambda p: sent(p).update(audio=1),
    "a text too long": lambda p: sent(p).update(title="longer"),
    "a text as a number": lambda p: sent(p).update(title=5),
    "a number out of range": lambda p: sent(p).update(strength=10),
    "a number in words": lambda p: sent(p).update(strength="3"),
    "no option": lambda p: sent(p).update(mood="c"),
    "an option that was taken back": lambda p: sent(p).update(mood="b"),
    "null": lambda p: sent(p).update(title=None),
    "n in words": lambda p: sent(p).update(n="1"),
    "n as a boolean": lambda p: sent(p).update(n=True),
    "n that is not offered": lambda p: sent(p).update(n=3),
    "no n": lambda p: sent(p).pop("n"),
    "no prompt": lambda p: sent(p).update(prompt=" "),
    "inputs that differ": lambda p: p.update(src_img_url=[]),
    "inputs too few": lambda p: (p.update(src_img_url=[]), sent(p).update(input_images=[])),
    "what no JSON can hold": lambda p: sent(p).update(title="a\ud800"),
    "one name in two cases": lambda p: sent(p).update(Title="a"),
    "an object": lambda p: sent(p).update(title={"a": 1}),
    "what excludes each other": lambda p: (
        paid(p, 14, 90),
        sent(p).update(duration=10, resolution="1080P"),
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_every_fault_is_named(spoil: Spoil) -> None:
    payload = copy.deepcopy(good())
    spoil(payload)
    assert faults(LEAF, payload) != []


@pytest.mark.parametrize("broken", [None, [], {}, {"task_type": "x"}])
def test_no_payload_at_all(broken: Any) -> None:
    assert faults(LEAF, broken) != []


def test_pixverse_is_told_its_model() -> None:
    model = {**LEAF, "model_id": "pixverse", "name": "Pixverse V5.5"}
    payload = good()
    entry(payload).update(model_id="pixverse", model_name="Pixverse V5.5")
    assert any("Pixverse" in fault for fault in faults(model, payload))
    sent(payload)["model"] = "v5"
    assert any("model is" in fault for fault in faults(model, payload))
    sent(payload)["model"] = "v5.5"
    assert faults(model, payload) == []


def test_a_field_that_was_taken_back_stays_what_it_is() -> None:
    field = {**LEAF["form_config"][6], "disabled_conditions": []}
    field["disabled_conditions"] = [
        {"enum_value": "*", "disabled_key": "", "category": "image_to_video"}
    ]
    model = {**LEAF, "form_config": [*LEAF["form_config"][:6], field]}
    payload = good()
    assert faults(model, payload) == []
    sent(payload)["mood"] = "b"
    assert faults(model, payload) != []


def test_a_price_is_no_permission() -> None:
    assert offered_rule(LEAF, {"duration": 5, "resolution": "1080P"}, "image_to_video")
    assert not offered_rule(LEAF, {"duration": 10, "resolution": "1080P"}, "image_to_video")
    assert not offered_rule(LEAF, {"duration": 7}, "image_to_video")
