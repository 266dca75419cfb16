"""Product lists as the service sends them, small enough to read in a test."""

from __future__ import annotations

from typing import Any

from ima_tui.catalogue import tree
from ima_tui.core.domain import ModelVersion, TaskType


def field_json(name: str, options: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """A form field; an option may be a bare value or a ready-made dict."""
    rows = [o if isinstance(o, dict) else {"label": str(o), "value": o} for o in options or []]
    default = rows[0]["value"] if rows else None
    raw = {"field": name, "label": name.title(), "type": "tags", "value": default, "level": 1}
    return {**raw, **({"options": rows} if options is not None else {}), **more}


def virtual_json(
    name: str,
    parameters: list[dict[str, Any]],
    rules: list[tuple[dict[str, Any], Any]],
    **more: Any,
) -> dict[str, Any]:
    mapping = {
        "target_param": more.pop("target", name),
        "source_params": [parameter["field"] for parameter in parameters],
        "mapping_rules": [{"source_values": s, "target_value": t} for s, t in rules],
    }
    return {
        "field": name,
        "label": name.title(),
        "type": "tags",
        "is_ui_virtual": True,
        "ui_params": parameters,
        "value_mapping": mapping,
        **more,
    }


def rule_json(points: int, attribute_id: int = 0, **attributes: Any) -> dict[str, Any]:
    """A price rule; without attributes the marker that means one price."""
    return {
        "attribute_id": attribute_id or points + 1000,
        "points": points,
        "origin_point": points,
        "attributes": attributes or {"default": "enabled"},
    }


def model_json(**more: Any) -> dict[str, Any]:
    return {
        "id": "test-1",
        "type": "3",
        "model_id": "test",
        "name": "Test 1.0",
        "credit_rules": [rule_json(5)],
        **more,
    }


def read(raw: dict[str, Any], task_type: TaskType = TaskType.TEXT_TO_IMAGE) -> ModelVersion:
    (model,) = tree.models([raw], task_type)
    return model


def make(
    *fields: dict[str, Any],
    rules: list[dict[str, Any]] | None = None,
    task_type: TaskType = TaskType.TEXT_TO_IMAGE,
    **more: Any,
) -> ModelVersion:
    return read(
        model_json(form_config=list(fields), credit_rules=rules or [rule_json(5)], **more),
        task_type,
    )
