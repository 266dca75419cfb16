"""Prompts by authors who saw neither rules nor cases: label, pictures attached, text.

The classifier and its combination with the rules are fitted to them, so these bounds only hold what
is there; docs/routing.md has the figures of prompts that neither had seen.
"""

from __future__ import annotations

import json
from pathlib import Path

from ima_tui.intent import second_opinion
from ima_tui.intent.kinds import Confidence
from ima_tui.intent.route import route

HERE = Path(__file__).parent / "strangers"
EVERY = 6
MEDIA = {"image", "video", "music", "speech"}
BY_ROLE = {"first_last_frame_to_video": "frames", "reference_image_to_video": "reference"}


def prompts() -> list[tuple[str, int, str]]:
    """(label, pictures attached, text) of every sixth prompt."""
    found: list[tuple[str, int, str]] = []
    for path in sorted(HERE.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            label, images, text = line.split("\t")
            found.append((label, int(images), text.replace("\\n", "\n")))
    for path in sorted(HERE.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            case = json.loads(line)
            want, images = case["expect"], len(case.get("images", ()))
            label = "several" if want["kind"] == "workflow" else want["kind"]
            if label == "single":
                label = BY_ROLE.get(want["task_type"], want["media"]) if images else want["media"]
            elif label == "clarify":
                label = "missing" if want.get("clarify") == "missing_input" else "ask"
            found.append((label, images, case["text"]))
    return found[::EVERY]


def test_most_are_read_right_and_few_are_silently_something_else() -> None:
    right = silent = asked = 0
    of = prompts()
    for label, images, text in of:
        intent = route(text, [f"{number}.png" for number in range(images)])
        read = second_opinion.label_of(intent)
        pays = read in MEDIA | set(BY_ROLE.values()) | {"several"}
        unsure = intent.confidence is Confidence.UNSURE or not pays
        right += read == label or (unsure and label in ("ask", "missing", "question"))
        silent += not unsure and read != label
        asked += unsure and label in MEDIA
    assert len(of) > 3_400
    assert right / len(of) >= 0.95
    assert silent / len(of) <= 0.01
    assert asked / len(of) <= 0.06
