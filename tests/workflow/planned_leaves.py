"""The sandbox's own lists, and plans made by them: what the tests of workflows stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from ima_tui.catalogue import tree
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.intent.sharing import share
from ima_tui.sandbox.products import SandboxCatalogue
from ima_tui.workflow.building import build
from ima_tui.workflow.steps import Workflow, WorkflowStep

PLAN_ID = "0123456789abcdef"


@cache
def lists() -> Mapping[TaskType, tuple[ModelVersion, ...]]:
    shop = SandboxCatalogue()
    return {kind: tuple(tree.models(shop.tree(kind.value, "en"), kind)) for kind in TaskType}


def planned(
    wish: str, images: Sequence[str] = (), preferred: Mapping[TaskType, str] | None = None
) -> Workflow:
    return build(share(wish, tuple(images)), lists(), preferred or {}, PLAN_ID, wish)


def plan_of(wish: str, images: Sequence[str] = ()) -> Workflow:
    return planned(wish, images)


def bare_step(number: int, *inputs: str, after: int = 0, **more: object) -> WorkflowStep:
    """A step that stands for its place alone."""
    facts: dict[str, object] = {
        "title": f"step {number}",
        "task_type": TaskType.TEXT_TO_IMAGE,
        "model_id": "doubao-seedream-4.5",
        "version": "doubao-seedream-4-5-251128",
        "model_name": "SeeDream 4.5",
        "prompt": "a fox",
        "points": 5,
        **more,
    }
    return WorkflowStep(number, inputs=tuple(inputs), after=after, **facts)  # type: ignore[arg-type]
