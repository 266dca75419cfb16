"""`route`, and `generate` without --task-type, against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from beliefs import torn
from verbs import Said, Verb

from ima_tui.intent import second_opinion
from ima_tui.sandbox.server import Sandbox


def payload(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    found: dict[str, Any] = json.loads(said.out)["payload"]
    return found


def test_route_prints_the_keys_of_the_cases(ima: Verb) -> None:
    said = ima("route", "用可灵O1做个10秒视频", "--json")
    assert said.code == 0
    intent = json.loads(said.out)
    assert {"media", "task_type", "kind", "evidence", "alternatives"} <= set(intent)
    assert intent["params"] == {"duration": 10}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "text",
    ["8K picture of a fox", "一段30秒的视频", "draw a fox, then animate it", "hello",
     "以后都用Midjourney", "use DALL-E for a picture", "7:3 image", "a 5 minute song",
     "Midjourney 16:9 picture", "Wan video with sound", "用最好的模型画猫"],
)  # fmt: skip
def test_route_says_it_in_words(ima: Verb, text: str, language: str) -> None:
    said = ima("route", text, "--language", language)
    assert said.code == 0
    assert said.out.strip()


def test_route_says_which_words_led_to_a_workflow(ima: Verb) -> None:
    said = ima("route", "draw a fox, then animate it", "--language", "en")
    lines = said.out.splitlines()
    assert lines[0] == "Understood as a workflow of 2 steps, because you wrote “draw … animate”:"
    assert lines[1:3] == ["  1. text to image", "  2. image to video, from the result of step 1"]


def test_route_reads_a_file(ima: Verb, tmp_path: Path) -> None:
    rows = [
        {"id": 1, "text": "draw a fox"},
        {"id": "b", "text": "动起来", "images": ["./a.png"]},
        {"id": "c", "text": "\ud800"},
    ]
    file = tmp_path / "wishes.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    said = ima("route", "--batch", str(file))
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["id"] for line in lines] == [1, "b", "c"]
    assert lines[1]["decision"]["task_type"] == "image_to_video"


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"text": "a"}', '{"id": 1, "text": 2}'])
def test_a_bad_line_is_named_and_the_rest_goes_on(ima: Verb, tmp_path: Path, line: str) -> None:
    file = tmp_path / "wishes.jsonl"
    file.write_text(f'{line}\n{{"id": 2, "text": "draw a cat"}}\n', "utf-8")
    said = ima("route", "--batch", str(file))
    assert (said.code, "Line 1" in said.err) == (2, True)
    assert [row["error"] and row["error"]["kind"] for row in said.lines] == ["route_line", None]
    assert said.lines[1]["decision"]["task_type"] == "text_to_image"


def test_generate_reads_the_words(ima: Verb) -> None:
    sent = payload(ima("generate", "用可灵O1做个10秒视频，9:16，一只猫", "--dry-run", "--json"))
    order = sent["parameters"][0]
    assert sent["task_type"] == "text_to_video"
    assert order["model_id"] == "kling-video-o1"
    assert order["parameters"]["duration"] == "10"
    assert order["parameters"]["aspect_ratio"] == "9:16"


def test_every_flag_wins_over_the_words(ima: Verb) -> None:
    words = "use Midjourney to draw a fox, 16:9, 4K"
    flags = ("--model-id", "gemini-3-pro-image", "--param", "aspect_ratio=1:1", "--yes")
    order = payload(ima("generate", words, *flags, "--dry-run", "--json"))["parameters"][0]
    assert order["model_id"] == "gemini-3-pro-image"
    assert order["parameters"]["aspect_ratio"] == "1:1"
    assert order["parameters"]["size"] == "4K"


def test_only_the_words_to_be_spoken_are_sent(ima: Verb) -> None:
    order = payload(ima("generate", "朗读：今天天气真好", "--dry-run", "--json"))["parameters"][0]
    assert order["parameters"]["prompt"] == "今天天气真好"


@pytest.mark.parametrize(
    "text",
    ["a fox", "draw a fox, then animate it", "animate my photo",
     "8K picture of a fox", "一分钟的视频，一只猫"],
)  # fmt: skip
def test_what_is_not_one_possible_thing_is_refused(ima: Verb, sandbox: Sandbox, text: str) -> None:
    said = ima("generate", text, "--json")
    assert said.code == 2
    assert said.err.strip() or json.loads(said.out)["error"]
    assert sandbox.ledger()["creates"] == []


def test_a_preference_in_the_words_is_saved_and_forgotten(ima: Verb, tmp_path: Path) -> None:
    prefs = tmp_path / "ima_prefs.json"
    assert ima("generate", "always use Midjourney; draw a fox", "--json", "--no-wait").code == 0
    kept = json.loads(prefs.read_text("utf-8"))["user_default"]["text_to_image"]
    assert kept["model_id"] == "midjourney"
    assert ima("generate", "仅本次用即梦画一只猫", "--json", "--no-wait").code == 0
    kept = json.loads(prefs.read_text("utf-8"))["user_default"]["text_to_image"]
    assert kept["model_id"] == "midjourney"
    assert ima("generate", "用最好的模型画一只猫", "--json", "--no-wait").code == 0
    assert "text_to_image" not in json.loads(prefs.read_text("utf-8"))["user_default"]


# ------------------------------------------------------------------------------ what is kept


def kept(tmp_path: Path, user: str = "user_default") -> dict[str, str]:
    """task type -> model id, as the shared file has it."""
    prefs = tmp_path / "ima_prefs.json"
    if not prefs.exists():
        return {}
    wishes = json.loads(prefs.read_text("utf-8")).get(user, {})
    return {task_type: row["model_id"] for task_type, row in wishes.items()}


def test_use_x_is_kept_for_the_user_and_then_asked_about(ima: Verb, tmp_path: Path) -> None:
    flags = ("--json", "--no-wait", "--user-id", "ann")
    said = ima("generate", "用Midjourney画一只猫", *flags)
    assert said.code == 0
    assert "Midjourney" in said.err
    assert kept(tmp_path, "user_ann") == {"text_to_image": "midjourney"}
    said = ima("generate", "用即梦画一只猫", *flags)
    assert said.code == 0
    assert "prefs set text_to_image doubao-seedream-4.5" in said.err
    assert kept(tmp_path, "user_ann") == {"text_to_image": "midjourney"}


def test_a_dry_run_keeps_nothing(ima: Verb, tmp_path: Path) -> None:
    assert ima("generate", "always use Midjourney; draw a fox", "--dry-run").code == 0
    assert ima("generate", "以后都用Midjourney", "--dry-run", "--json").code == 0
    assert kept(tmp_path) == {}


def test_a_model_by_flag_is_kept_only_with_remember_model(ima: Verb, tmp_path: Path) -> None:
    flags = ("--task-type", "text_to_image", "--no-wait", "--json", "--model-id")
    assert ima("generate", "a cat", *flags, "midjourney").code == 0
    assert kept(tmp_path) == {}
    assert ima("generate", "a cat", *flags, "midjourney", "--remember-model").code == 0
    assert kept(tmp_path) == {"text_to_image": "midjourney"}
    said = ima("generate", "a cat", *flags, "doubao-seedream-4.5")
    assert "prefs set" in said.err
    assert kept(tmp_path) == {"text_to_image": "midjourney"}


def test_a_wish_alone_is_kept_for_every_task_type_of_the_model(ima: Verb, tmp_path: Path) -> None:
    said = ima("generate", "以后都用Midjourney", "--json")
    assert said.code == 0
    changes = json.loads(said.out)["preference"]["changes"]
    assert {row["task_type"] for row in changes} == {"text_to_image", "image_to_image"}
    assert set(kept(tmp_path)) == {"text_to_image", "image_to_image"}
    said = ima("generate", "换个模型试试", "--json")
    assert said.code == 2, "of two kinds remembered it is not told which"
    assert ima("generate", "画图的模型，换个试试", "--json").code == 0
    assert kept(tmp_path) == {}
    assert ima("generate", "换个模型试试").code == 0


def test_route_says_what_would_be_kept(ima: Verb) -> None:
    assert ima("models", "--task-type", "text_to_image", "--json").code == 0
    said = json.loads(ima("route", "用Midjourney画一只猫", "--json").out)
    assert said["remembering"] == {
        "change": "save", "on": True, "model_id": "midjourney", "before": None
    }  # fmt: skip
    assert ima("prefs", "set", "text_to_image", "doubao-seedream-4.5").code == 0
    said = json.loads(ima("route", "用Midjourney画一只猫", "--json").out)
    assert said["remembering"]["on"] is False
    assert said["remembering"]["before"] == "doubao-seedream-4.5"
    assert "SeeDream" in ima("route", "用Midjourney画一只猫").out


def test_what_differs_is_named_and_needs_a_yes(ima: Verb) -> None:
    words = "a 30s video of a whale in 8K, 7:3, with kling o1"
    told = [
        "8K isn't available for Kling O1: sent as 1080p.",
        "7:3 isn't available for Kling O1: sent as 16:9.",
        "30s isn't available for Kling O1: sent as 10 s.",
    ]
    refused = ima("generate", words, "--json")
    error = json.loads(refused.out)["error"]
    assert (refused.code, error["kind"]) == (2, "would_change")
    assert all(sentence in error["message"] for sentence in told)
    dry = json.loads(ima("generate", words, "--dry-run", "--json").out)
    assert dry["warnings"][: len(told)] == told
    (exact,) = dry["warnings"][len(told) :]
    assert exact.startswith("Exactly 7:3, cropped here, 120 pts: ima-tui workflow plan")
    order = dry["payload"]["parameters"][0]["parameters"]
    assert (order["duration"], order["aspect_ratio"]) == ("10", "16:9")


def test_a_model_of_another_medium_is_never_replaced_in_silence(ima: Verb) -> None:
    refused = ima("generate", "use Midjourney to make a 5s video of a fox", "--json")
    error = json.loads(refused.out)["error"]
    assert refused.code == 2
    assert "Midjourney makes images, not video: Wan 2.6 is used instead." in error["message"]
    offered = [(each["model_name"], each["credit"]) for each in error["alternatives"]]
    assert offered[0] == ("Midjourney", 8)  # for an image
    assert ("Wan 2.6", 40) in offered
    dry = json.loads(ima("generate", "用可灵画一张猫", "--dry-run", "--json").out)
    assert any("可灵" in warning for warning in dry["warnings"])


def test_a_question_is_not_answered_by_a_yes(ima: Verb) -> None:
    assert ima("generate", "可爱的小猫，竖屏", "--yes", "--dry-run").code == 2


def test_lyrics_go_out_as_lyrics(ima: Verb) -> None:
    words = 'Here are my lyrics: "Rain on the window" pop ballad'
    order = payload(ima("generate", words, "--dry-run", "--json"))["parameters"][0]["parameters"]
    assert (order["prompt"], order["tags"]) == ("Rain on the window", "pop ballad")
    assert order["custom_mode"] is True


@pytest.fixture
def doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second opinion that may as well be another."""
    monkeypatch.setattr(second_opinion, "believe", torn)


@pytest.mark.usefixtures("doubt")
def test_generate_stops_where_it_is_unsure_and_says_both(ima: Verb) -> None:
    refused = ima("generate", "draw a fox")
    assert refused.code == 2
    assert "could be text_to_image or text_to_video." in refused.err
    assert ima("generate", "draw a fox", "--dry-run", "--yes").code == 0
    assert ima("generate", "draw a fox", "--dry-run", "--task-type", "text_to_image").code == 0


@pytest.mark.parametrize("verb", [("generate",), ("workflow", "plan")])
def test_a_question_about_prices_is_answered_and_nothing_is_made(
    ima: Verb, sandbox: Sandbox, verb: tuple[str, ...]
) -> None:
    said = ima(*verb, "how much does a video cost?")
    assert said.code == 2
    assert "Nothing was generated or charged." in said.err
    assert sandbox.ledger()["creates"] == []
