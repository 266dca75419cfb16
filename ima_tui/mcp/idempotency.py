"""Idempotency keys of agents as intents of the ledger.

An intent is `agent:KEY/REQUEST`: hashes of client and key, and of what was asked for. The ledger
returns the job of a known intent, and refuses a known key with another request, in the transaction
that records the job. So a retry pays for nothing twice, whoever crashed in between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

_NOT_THE_ORDER = frozenset(
    {"idempotency_key", "max_credits", "accept_changes", "seconds", "dry_run", "confirm"}
)
"""Arguments that say how to order, not what."""


def intent(client: str, key: str, arguments: Mapping[str, object]) -> str:
    """Return the intent of what `client` asks for under `key`."""
    asked = {name: arguments[name] for name in arguments.keys() - _NOT_THE_ORDER}
    return f"agent:{_digest([client, key], 32)}/{_digest(asked, 16)}"


def row_intents(
    client: str, key: str, arguments: Mapping[str, object], count: int
) -> tuple[str, ...]:
    """Return the intents of a batch's rows. The first one's key is that of a single order."""
    first, _, request = intent(client, key, arguments).partition("/")
    rest = (f"agent:{_digest([client, key, place], 32)}" for place in range(1, count))
    return tuple(f"{each}/{request}" for each in (first, *rest))


def workflow_id(client: str, key: str, arguments: Mapping[str, object]) -> tuple[str, str]:
    """Return the id of what `client` asks for under `key`, and how every id of that key begins."""
    begins = _digest([client, key, "workflow"], 24)
    return begins + intent("", "", arguments)[-8:], begins


def _digest(value: object, length: int) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:length]
