"""Tools on models: `list_models`; preferred ones read, and changed on the user's own words."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping

from ima_tui.catalogue import choice
from ima_tui.cli.commands.models import from_cache, load, matching, users_json
from ima_tui.cli.json_documents import model_json
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.intent.route import route as read
from ima_tui.mcp.call import Call, Document
from ima_tui.preferences import policy

log = logging.getLogger(__name__)

LOGGED_WORDS = 200
"""Characters of the user's words that the log keeps."""


async def listed(call: Call) -> Document:
    """Return the preferred models, as `prefs list --json` tells them."""
    return {"users": users_json(call.studio.preferences.preferences)}


async def change(call: Call) -> Document:
    """Set or clear a preferred model; the user confirms it, or their words say it by themselves.

    Raises `UsageError` where the user declined, or nobody could ask and the words don't say it.
    """
    studio, given = call.studio, call.arguments
    task_type, words = TaskType(given["task_type"]), str(given["words"])
    model = None
    if given.get("model_id"):
        model = choice.pick(await studio.catalogue.fresh(task_type), given["model_id"])
    names: Mapping[str, str] = {
        "client": call.client,
        "task": say(f"task.{task_type}"),
        "model": model.name if model is not None else "",
        "words": one_line(words, LOGGED_WORDS),
    }
    model_id = model.model_id if model is not None else ""
    key = "agents.ask_prefer" if model is not None else "agents.ask_clear"
    confirmed = await call.confirm(say(key, **names))
    if confirmed is None and not await _say_it(call, words, task_type, model_id):
        verb = f"set {task_type} {model_id}" if model_id else f"clear {task_type}"
        raise UsageError("error.agent_words", verb=verb)
    if confirmed is False:
        raise UsageError("error.agent_declined")
    store = studio.preferences
    stored = await (store.prefer(task_type, model) if model else store.unprefer(task_type))
    if not stored:
        path = str(studio.settings.preferences)
        raise store.preferences.trouble or UsageError("error.prefs_read_only", path=path)
    log.info("agent %s: prefers %s for %s, by the user's words %s",
             json.dumps(call.client), model_id or "nothing", task_type,
             json.dumps(names["words"], ensure_ascii=False))  # fmt: skip
    return {"task_type": task_type.value, "model_id": model_id or None}


async def _say_it(call: Call, words: str, task_type: TaskType, model_id: str) -> bool:
    """Whether the words alone ask for this change, by the rules that `generate` reads them by."""
    studio = call.studio
    lists = {each: studio.catalogue.models(each) for each in TaskType}
    preferred = studio.preferences.preferred()
    intent = await asyncio.to_thread(read, words, [], lists, preferred, studio.guides.recommended)
    if model_id:
        meant = policy.preferred_models(intent, lists)
        return any((each.task_type, each.model_id) == (task_type, model_id) for each in meant)
    return policy.forgettable(intent, {task_type: ""}) != ()


LISTED = 20
"""Models in a list unless told otherwise: each has its fields and prices."""


async def list_models(call: Call) -> Document:
    """Return models as `models --json` tells them, and how many there are in all."""
    given = call.arguments
    wanted = [TaskType(given["task_type"])] if "task_type" in given else list(TaskType)
    await load(call.studio, wanted)
    found = matching(call.studio, wanted, given.get("search", ""))
    shown = found[given.get("offset", 0) :][: given.get("limit", LISTED)]
    note = from_cache(call.studio, wanted)
    return {
        "models": [model_json(model) for model in shown],
        "total": len(found),
        "warnings": [note] if note else [],
    }
