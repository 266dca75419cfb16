"""Every documented command line of the reference script works as `ima-tui generate`.

The lines are data of ours: the script's flags, models and parameters, with prompts of our own. The
payload is judged by the checker, which reads the raw product list and shares no code with us.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from offered import sandbox_offers
from payload_checker import Json, faults
from PIL import Image
from verbs import Verb

from ima_tui.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox(speed=1000, scenario="[server]\ntimeout_s = 0\n")

PHOTO, OTHER = "https://example.com/photo.jpg", "https://example.com/second.jpg"


@dataclass(frozen=True)
class Line:
    """One command line, and what it must put into the payload beside the defaults."""

    task_type: str
    model_id: str
    prompt: str
    words: tuple[str, ...] = ()
    sent: Json = field(default_factory=dict)
    images: int = 0

    def argv(self, images: tuple[str, ...] = (PHOTO, OTHER)) -> list[str]:
        given = ["--input-images", *images[: self.images]] if self.images else []
        return [
            *("generate", "--api-key", "ima_script_0001", "--task-type", self.task_type),
            *("--model-id", self.model_id, "--prompt", self.prompt, *self.words, *given),
            *("--user-id", "ann-7", "--output-json"),
        ]


LINES = (
    Line("text_to_image", "doubao-seedream-4.5", "two otters in a stream, as a photo"),
    Line("text_to_image", "gemini-3.1-flash-image", "harbour lights, 4K", ("--size", "2k"),
         {"size": "2K"}),
    Line("image_to_image", "doubao-seedream-4.5", "as a woodcut", images=1),
    Line("text_to_video", "wan2.6-t2v", "an otter slides down a bank",
         sent={"duration": 5, "aspect_ratio": "16:9"}),
    Line("text_to_video", "wan2.6-t2v", "surf against cliffs",
         ("--extra-params", '{"duration":10,"resolution":"1080P","aspect_ratio":"16:9"}'),
         {"duration": 10, "resolution": "1080P", "aspect_ratio": "16:9"}),
    Line("image_to_video", "wan2.6-i2v", "a slow pan to the left", images=1),
    Line("first_last_frame_to_video", "kling-video-o1", "one becomes the other", images=2),
    Line("text_to_music", "sonic", "a brisk synth tune, instrumental"),
    Line("text_to_music", "sonic", "a sad waltz",
         ("--extra-params",
          '{"custom_mode":true,"lyrics":"Rain on the roof","vocal_gender":"female"}'),
         {"custom_mode": True, "prompt": "Rain on the roof", "vocal_gender": "f",
          "tags": "a sad waltz"}),
    Line("text_to_music", "GenBGM", "soft pads for reading"),
    Line("text_to_speech", "seed-tts-2.0", "Mind the step, please."),
)  # fmt: skip
IDS = [f"{line.task_type}-{line.model_id}-{'-'.join(line.sent)}" for line in LINES]


def same(one: object, other: object) -> bool:
    """Spelling of options is the list's own: 2k and 2K are one value."""
    return str(one).casefold() == str(other).casefold() and isinstance(one, type(other))


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_the_payload_is_what_the_service_expects(line: Line, ima: Verb) -> None:
    said = ima(*line.argv(), "--dry-run")
    assert said.code == 0, said.err
    payload, (entry,) = said.json["payload"], said.json["payload"]["parameters"]
    raw = next(
        offer.raw
        for offer in sandbox_offers()
        if offer.model.task_type.value == line.task_type
        and offer.model.model_id == entry["model_id"]
        and offer.model.version == entry["model_version"]
    )
    assert faults(raw, payload) == []
    assert (payload["task_type"], entry["model_id"]) == (line.task_type, line.model_id)
    sent: dict[str, Any] = entry["parameters"]
    assert (sent["prompt"], sent["n"]) == (line.sent.get("prompt", line.prompt), 1)
    assert all(same(sent[name], value) for name, value in line.sent.items()), sent
    links = [PHOTO, OTHER][: line.images]
    assert payload["src_img_url"] == links
    assert sent["input_images"] == links
    assert entry["credit"] == said.json["total_credit"]
    assert "ann-7" not in str(payload), "the user's name is for preferences on this machine"


@pytest.mark.parametrize(
    "line", [LINES[0], LINES[2], LINES[6], LINES[9]], ids=lambda one: one.model_id
)
def test_the_output_has_the_fields_that_callers_read(
    line: Line, ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (640, 640), "teal").save(home / name)
    argv = line.argv(("a.png", "b.png"))
    said = ima(*argv)
    assert said.code == 0, said.err
    document = said.json
    assert document["url"] == document["medias"][0]["url"]
    assert document["url"].startswith("http")
    ledger = sandbox.ledger()
    (create,) = ledger["creates"]
    assert document["credit"] == create["credit"]
    names = {
        offer.model.name for offer in sandbox_offers() if offer.model.model_id == line.model_id
    }
    assert document["model_name"] in names
    assert ledger["violations"] == []


def test_models_are_listed_for_a_task_type(ima: Verb) -> None:
    words = ("generate", "--api-key", "ima_script_0001", "--task-type", "text_to_speech")
    said = ima(*words, "--list-models")
    assert (said.code, "seed-tts-2.0" in said.out) == (0, True)
    listed = ima(*words, "--list-models", "--output-json").json["models"]
    assert {model["task_type"] for model in listed} == {"text_to_speech"}


def test_a_failure_has_the_same_keys(ima: Verb) -> None:
    said = ima(*LINES[0].argv(), "--size", "8k")
    assert said.code == 2
    assert {"url", "model_name", "credit"} <= set(said.json)
    assert said.json["url"] is None
    assert said.json["error"]["message"]


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("generate", "a", "--task-type", "txt_to_image"), "text_to_image"),
        (
            ("generate", "a", "--task-type", "text_to_image", "--model-id", "midjurney"),
            "Midjourney",
        ),
        (("generate", "a", "--task-type", "text_to_image", "--param", "sise=1k"), "size"),
        (("config", "set", "queue.runing", "3"), "queue.running"),
        (("jobs", "list", "--columns", "job_idd"), "job_id"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_right_word(
    ima: Verb, words: tuple[str, ...], near: str
) -> None:
    said = ima(*words)
    assert said.code == 2
    assert near in said.err
    assert said.out == ""
