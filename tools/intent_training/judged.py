"""The labelled cases of `tests/intent`, with the label that a case stands for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from intent_training.prompts import Prompt

CASES = Path(__file__).parents[2] / "tests" / "intent"


def sets() -> dict[str, list[Prompt]]:
    """File name → its prompts. Cases that only change a preference have no label."""
    return {
        path.stem: [prompt for case in cases(path) if (prompt := labelled(case)) is not None]
        for path in sorted(CASES.glob("*.jsonl"))
    }


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def labelled(case: dict[str, Any]) -> Prompt | None:
    label = label_of(case["expect"])
    if label is None:
        return None
    return Prompt(case["text"], label, len(case.get("images", ())), "judged")


def label_of(decision: dict[str, Any]) -> str | None:
    """The label of an expectation or of a decision in its JSON form."""
    if decision.get("kind") == "workflow":
        return "several"
    if decision.get("kind") == "question":
        return "question"
    if decision.get("clarify") == "media_type":
        return "ask"
    if decision.get("kind") == "preference":
        return "preference"
    medium = decision.get("media")
    return medium if isinstance(medium, str) else None
