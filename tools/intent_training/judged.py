"""The labelled cases: the sets of `tests/intent`, and the prompts of strangers beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ima_tui.intent.classifier import LABELS
from intent_training.prompts import Prompt

CASES = Path(__file__).parents[2] / "tests" / "intent"
STRANGERS = CASES / "strangers"
BY_ROLE = {"first_last_frame_to_video": "frames", "reference_image_to_video": "reference"}


def sets() -> dict[str, list[Prompt]]:
    """File name → its prompts, of the sets by which the rules were mended. Cases that stand for no
    label are left out."""
    return {path.stem: _prompts(cases(path)) for path in sorted(CASES.glob("*.jsonl"))}


def strangers() -> dict[str, list[Prompt]]:
    """File name → its prompts, by authors who saw neither rules nor sets."""
    found = {path.stem: _prompts(cases(path)) for path in sorted(STRANGERS.glob("*.jsonl"))}
    for path in sorted(STRANGERS.glob("*.tsv")):
        lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line]
        found[path.stem] = [
            Prompt(text.replace("\\n", "\n"), label, int(images), "stranger")
            for label, images, text in lines
        ]
    return found


TRAPS = frozenset({"hard1", "hard7", "flow8", "flow9"})
"""Sets of strangers that are all hard on purpose: few prompts of a user are."""
REPEATS = 4
"""How often a prompt counts beside the generated ones; of `TRAPS` once."""
SHARE_OF_TRAPS = 0.5
"""What a prompt of `TRAPS` counts where the rules are weighed against the classifier."""


def all_sets() -> dict[str, list[Prompt]]:
    """File name → its prompts: strangers' first, then the sets by which the rules were mended."""
    return {**strangers(), **sets()}


def repeats(names: Sequence[str]) -> np.ndarray:
    """How often the prompts of these files are learned from."""
    return np.array([1 if name in TRAPS else REPEATS for name in names])


def shares(names: Sequence[str]) -> np.ndarray:
    """What a prompt of these files counts for the combination."""
    return np.array([SHARE_OF_TRAPS if name in TRAPS else 1.0 for name in names])


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _prompts(of: list[dict[str, Any]]) -> list[Prompt]:
    return [prompt for case in of if (prompt := labelled(case)) is not None]


def labelled(case: dict[str, Any]) -> Prompt | None:
    images = len(case.get("images", ()))
    label = label_of(case["expect"], images)
    return None if label is None else Prompt(case["text"], label, images, "judged")


def label_of(told: dict[str, Any], images: int) -> str | None:
    """The label of an expectation, or of an intent as JSON."""
    kind, asked = told.get("kind"), told.get("clarify")
    if kind == "workflow":
        return "several"
    if kind in ("question", "preference"):
        return str(kind)
    if kind == "clarify" or asked:
        return "missing" if asked == "missing_input" and not images else "ask"
    if images and told.get("task_type") in BY_ROLE:
        return BY_ROLE[told["task_type"]]
    medium = told.get("media")
    return medium if medium in LABELS else None
