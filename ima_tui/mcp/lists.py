"""The tool `list_models`: what the service offers, live."""

from __future__ import annotations

from ima_tui.catalogue import choice
from ima_tui.cli.commands.models import from_cache
from ima_tui.cli.json_documents import leaf_json
from ima_tui.core.domain import TaskType
from ima_tui.core.text import folded
from ima_tui.mcp.call import Call, Document

LISTED = 20
"""Models in a list unless told otherwise: each has its fields and prices."""


async def models(call: Call) -> Document:
    """Return models as `models --json` tells them, and how many there are in all."""
    given = call.arguments
    wanted = [TaskType(given["task_type"])] if "task_type" in given else list(TaskType)
    catalogue, oldest = call.studio.catalogue, call.studio.settings.max_age
    if stale := [each for each in wanted if catalogue.age(each) > oldest]:
        await catalogue.refresh(*stale)
    problem = next((catalogue.lists[t].problem for t in wanted if catalogue.lists[t].problem), None)
    if problem is not None and not any(catalogue.models(each) for each in wanted):
        raise problem
    words = folded(given.get("search", "")).split()
    found = [
        model
        for task_type in wanted
        for model in catalogue.models(task_type)
        if all(word in choice.search_terms(model) for word in words)
    ]
    shown = found[given.get("offset", 0) :][: given.get("limit", LISTED)]
    note = from_cache(call.studio, wanted)
    return {
        "models": [leaf_json(model) for model in shown],
        "total": len(found),
        "warnings": [note] if note else [],
    }
