"""The eight lists have every shape that the live service was seen to send."""

from __future__ import annotations

from typing import Any

import pytest

from ima_tui.sandbox.products import TASK_TYPES, SandboxCatalogue, scaled_eet

VERIFIED = ("ima-pro", "ima-pro-fast")
INPUT_COUNTS = {
    "image_to_image": 1,
    "image_to_video": 1,
    "first_last_frame_to_video": 2,
    "reference_image_to_video": 1,
}


def leaves_of(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        found += [node] if node["type"] == "3" else leaves_of(node["children"])
    return found


def all_leaves(speed: float = 1.0) -> list[dict[str, Any]]:
    catalogue = SandboxCatalogue(speed)
    return [model for kind in TASK_TYPES for model in leaves_of(catalogue.tree(kind, "en"))]


def test_sixty_eight_leaves_and_no_attribute_id_twice() -> None:
    models = all_leaves()
    assert len(models) == 68
    ids = [rule["attribute_id"] for model in models for rule in model["credit_rules"]]
    assert len(ids) == len(set(ids))


def test_trees_are_flat_grouped_nested_and_mixed() -> None:
    catalogue = SandboxCatalogue()
    assert {node["type"] for node in catalogue.tree("text_to_music", "en")} == {"3"}
    assert {node["type"] for node in catalogue.tree("text_to_image", "en")} == {"2"}
    assert {node["type"] for node in catalogue.tree("first_last_frame_to_video", "en")} == {
        "2",
        "3",
    }
    nested = [n for top in catalogue.tree("text_to_video", "en") for n in top["children"]]
    assert {node["type"] for node in nested} == {"2", "3"}


@pytest.mark.parametrize(
    ("task_type", "version", "rules"),
    [
        ("text_to_image", "gemini-3-pro-image-preview", [(2399, 10), (2400, 10), (2401, 18)]),
        ("text_to_image", "doubao-seedream-4-5-251128", [(2341, 5)]),
        ("image_to_image", "midjourney", [(5453, 8), (5454, 10)]),
        ("text_to_video", "kling-video-o1", [(2313, 48), (2314, 60), (2315, 96), (2316, 120)]),
        ("text_to_music", "GenSong", [(4398, 30)]),
        ("text_to_speech", "seed-tts-2.0", [(4419, 2)]),
    ],
)
def test_known_prices(task_type: str, version: str, rules: list[tuple[int, int]]) -> None:
    model = next(
        one for one in all_leaves() if (one["category_code"], one["id"]) == (task_type, version)
    )
    assert [(r["attribute_id"], r["points"]) for r in model["credit_rules"]] == rules


def test_json_types_of_options_are_kept() -> None:
    by_id = {(one["category_code"], one["id"]): one for one in all_leaves()}

    def values(version: str, name: str) -> list[Any]:
        form = by_id["text_to_video", version]["form_config"]
        return [o["value"] for o in next(f for f in form if f["field"] == name)["options"]]

    assert values("wan2.6-t2v", "duration") == [5, 10, 15]
    assert values("sora-2-pro", "duration") == ["4", "8", "12"]


def test_forms_are_missing_or_empty() -> None:
    by_id = {one["id"]: one for one in all_leaves()}
    assert "form_config" not in by_id["GenBGM"]
    assert by_id["seed-tts-1.1"]["form_config"] == []


def test_files_is_one_object_of_the_lists_own_category() -> None:
    with_files = [one for one in all_leaves() if "files" in one]
    assert {one["files"]["category"] for one in with_files} == set(INPUT_COUNTS)
    assert all(one["files"]["category"] == one["category_code"] for one in with_files)
    assert {one["files"].get("maxLimit") for one in with_files} == {None, 1, 2, 4, 9, 14}


def test_three_pixverse_versions_lack_the_model_field() -> None:
    lacking = {
        one["name"]
        for one in all_leaves()
        if one["model_id"] == "pixverse"
        and not any(field["field"] == "model" for field in one["form_config"])
    }
    assert lacking == {"Pixverse V5.5", "Pixverse V5", "Pixverse V4"}


def test_one_virtual_field_has_two_things_to_pick_and_a_gap() -> None:
    model = next(
        one
        for one in all_leaves()
        if one["category_code"] == "image_to_image" and one["model_id"] == "doubao-seedream-4.5"
    )
    field = model["form_config"][0]
    assert [param["field"] for param in field["ui_params"]] == ["aspect_ratio", "clarity"]
    sources = [rule["source_values"] for rule in field["value_mapping"]["mapping_rules"]]
    assert {"aspect_ratio": "21:9", "clarity": "2k"} in sources
    assert {"aspect_ratio": "21:9", "clarity": "4k"} not in sources


def test_estimates_are_announced_at_the_sandbox_s_own_speed() -> None:
    assert scaled_eet((20, 35), 1) == "20~35s"
    assert scaled_eet((20, 35), 10) == "2~4s"
    assert scaled_eet((20, 35), 1000) == "1~1s"
    announced = {
        one["id"]: [t["tag_value"] for t in one["tags"] if t["tag_type"] == "EET"]
        for one in all_leaves(speed=10)
    }
    assert announced["gemini-3.1-flash-image-preview"] == ["2~4s"]
    assert announced["seed-tts-2.0"] == []
    assert announced["ima-pro"] == []


def test_chinese_labels_on_wish(wire: Any) -> None:
    tree = wire.tree("text_to_image", x_app_language="zh")
    labels = [field["label"] for model in leaves_of(tree) for field in model["form_config"]]
    assert "画面比例" in labels


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_every_leaf_takes_what_a_correct_client_sends(
    wire: Any, order: Any, task_type: str
) -> None:
    """Defaults of every leaf, and every one of its prices that can be reached, are accepted."""
    inputs = [f"https://example.com/{i}.png" for i in range(INPUT_COUNTS.get(task_type, 0))]
    for url in inputs:
        assert wire.post("/open/v1/assets/verify", {"url": url})["code"] == 200
    for model in leaves_of(wire.tree(task_type)):
        answer = wire.create(order(model, inputs=inputs))
        assert answer["code"] == 0, (model["name"], answer)
        assert answer["data"]["medias"] == []
    assert wire.sandbox.ledger()["violations"] == []
