"""Tools that read, price and order one job: `understand`, `quote`, `generate`.

Idempotency keys are intents of the ledger, `agent:KEY/REQUEST`: hashes of client and key, and of
what was asked for. The ledger returns the job of a known intent, and refuses a known key with
another request, in the transaction that records the job. So a retry pays for nothing twice, whoever
crashed in between.
"""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

from ima_tui.cli import confirm
from ima_tui.cli.commands import generate, generate_order, route
from ima_tui.cli.commands.generate_order import Prepared
from ima_tui.cli.commands.models import from_cache
from ima_tui.cli.parser import build
from ima_tui.core.errors import UsageError
from ima_tui.intent.kinds import RequestKind
from ima_tui.intent.route import route as read
from ima_tui.ledger.writing import Why
from ima_tui.mcp.call import Call, Document
from ima_tui.mcp.jobs import SETTLING_SECONDS, follow, told, until
from ima_tui.studio.studio import Studio

T = TypeVar("T")

_submissions: set[asyncio.Task[Any]] = set()
"""Orders being recorded: a cancelled call does not cut one short."""


async def understand(call: Call) -> Document:
    """Return what a text would do, as `route --json` tells it. Nothing is sent or stored."""
    studio, text = call.studio, str(call.arguments["text"])
    lists = studio.catalogue.all_models()
    preferred = studio.preferences.preferred()
    images = list(call.arguments.get("input_images", ()))
    decision = await asyncio.to_thread(
        read, text, images, lists, preferred, studio.guides.recommended
    )
    return route.decision_document(text, decision, preferred, studio.guides)


async def quote(call: Call) -> Document:
    """Return payload, price and warnings of a job that is not sent."""
    found = await _prepared(call.studio, _words(call))
    warnings = found.told()
    if note := from_cache(call.studio, [found.order.task_type]):
        warnings.append(note)
    return generate.quote_json(found.order, warnings)


async def order(call: Call) -> Document:
    """Order one job, or return the one of the same key; it ends in the ledger either way.

    Returns when the job needs approval, is at the service, has ended, or after some seconds.
    """
    key = str(call.arguments["idempotency_key"])
    intent = intent_of(call.client, key, call.arguments)
    job = (await call.studio.jobs.by_intents((intent,))).get(intent)
    if job is None:
        words = _words(call)
        found = await _prepared(call.studio, words)
        if not words.yes:
            found.agree()
        confirm.check_limit(found.order.total, words.max_credits)
        ordered = replace(found.order, client=call.client)
        hold = approval_needed(call.studio, ordered.total, 1)
        job = await recorded(call.studio.jobs.submit(ordered, intent, hold=hold))
    else:
        await follow(call, job)
    return await told(call, await until(call, job, SETTLING_SECONDS, until_sent=True))


async def recorded(submission: Coroutine[Any, Any, T]) -> T:
    """Record an order to the end, also where the call is cancelled meanwhile."""
    task = asyncio.create_task(submission)
    _submissions.add(task)
    task.add_done_callback(_submissions.discard)
    return await asyncio.shield(task)


def _words(call: Call) -> Namespace:
    """Return the arguments as the verb `generate` has them after parsing."""
    given = call.arguments
    words: Namespace = build(["generate"]).parse_args(["generate"])
    words.prompt = given["prompt"]
    words.task_type = given.get("task_type")
    words.model_id = given.get("model_id")
    words.version_id = given.get("version_id") or words.version_id
    words.n = given.get("n")
    words.input_images = list(given.get("input_images", ()))
    words.extra_params = json.dumps(given.get("parameters", {}))
    words.max_credits = given.get("max_credits")
    words.project = given.get("project", "")
    words.yes = bool(given.get("accept_changes"))
    generate_order.read_made_from(words)
    return words


async def _prepared(studio: Studio, words: Namespace) -> Prepared:
    """Price what is asked for. A text that only changes preferences is no order."""
    generate_order.settle_count(words)
    generate_order.check_prompt(words)
    decision = await generate.understood(studio, words)
    if decision is not None and decision.kind is RequestKind.PREFERENCE:
        raise UsageError("error.agent_preference")
    return await generate.prepare(studio, words, decision)


def approval_needed(studio: Studio, points: int, n: int) -> Why | None:
    """Return why `n` new jobs for `points` in all need approval, None where they don't as a whole.

    Each job is held by its own price and by the day's in `ledger.admission`. Together, they are
    held by their total: else an agent could order a hundred cheap ones without asking. After a
    restored ledger each is: it may have been sent before.
    """
    if confirm.count_unsure(studio, [None]):
        return (confirm.RESTORED, {})
    if n > 1 and points > studio.settings.agent_approve_above:
        return ("waiting.over_agent_total", {"points": points, "n": n})
    return None


_NOT_THE_ORDER = frozenset(
    {"idempotency_key", "max_credits", "accept_changes", "seconds", "dry_run", "confirm"}
)
"""Arguments that say how to order, not what."""


def intent_of(client: str, key: str, arguments: Mapping[str, object]) -> str:
    """Return the intent of what `client` asks for under `key`."""
    asked = {name: arguments[name] for name in arguments.keys() - _NOT_THE_ORDER}
    return f"agent:{_digest([client, key], 32)}/{_digest(asked, 16)}"


def row_intents(
    client: str, key: str, arguments: Mapping[str, object], count: int
) -> tuple[str, ...]:
    """Return the intents of a batch's rows. The first one's key is that of a single order."""
    first, _, request = intent_of(client, key, arguments).partition("/")
    rest = (f"agent:{_digest([client, key, place], 32)}" for place in range(1, count))
    return tuple(f"{each}/{request}" for each in (first, *rest))


def workflow_id(client: str, key: str, arguments: Mapping[str, object]) -> tuple[str, str]:
    """Return the id of what `client` asks for under `key`, and how every id of that key begins."""
    begins = _digest([client, key, "workflow"], 24)
    return begins + intent_of("", "", arguments)[-8:], begins


def _digest(value: object, length: int) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:length]
