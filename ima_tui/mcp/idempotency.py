"""Idempotency keys of agents as intents of the ledger.

An intent is `agent:KEY/REQUEST`: hashes of client and key, and of what was asked for. The ledger
returns the job of a known intent, and refuses a known key with another request, in the transaction
that records the job. So a retry pays for nothing twice, whoever crashed in between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

_NOT_THE_ORDER = frozenset({"idempotency_key", "max_credits", "accept_changes"})
"""Arguments that say how to order, not what."""


def intent(client: str, key: str, arguments: Mapping[str, object]) -> str:
    """Return the intent of what `client` asks for under `key`."""
    asked = {name: arguments[name] for name in arguments.keys() - _NOT_THE_ORDER}
    return f"agent:{_digest([client, key], 32)}/{_digest(asked, 16)}"


def label(client: str, key: str) -> str:
    """Return the label of a batch, which is part of the intents of its rows."""
    return f"agent:{_digest([client, key], 32)}"


def _digest(value: object, length: int) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:length]
