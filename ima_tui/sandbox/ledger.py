"""Record of creates, charges and protocol violations, for tests.

Keys are shown by their last four characters only.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any


class SandboxLedger:
    """Everything clients asked of one sandbox."""

    def __init__(self) -> None:
        self.creates: list[dict[str, Any]] = []
        self.violations: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()  # by whole key; never shown
        self._unknown: set[tuple[str, ...]] = set()
        self._faulty: set[tuple[str, ...]] = set()

    def violation(self, kind: str, endpoint: str, detail: str, key: str = "") -> None:
        """Record something that a correct client never does."""
        self.violations.append(
            {"ts": time.time(), "kind": kind, "endpoint": endpoint, "detail": detail,
             "key": key[-4:]}
        )  # fmt: skip

    def begin_create(self, key: str, body: Any) -> dict[str, Any]:
        """Record a create before it is judged; code, charge and response are added later."""
        outer = first_parameters(body)
        inner = outer.get("parameters")
        inner = inner if isinstance(inner, dict) else {}
        record = {
            "ts": time.time(),
            "key": key[-4:],
            "task_type": body.get("task_type") if isinstance(body, dict) else None,
            "model_id": outer.get("model_id"),
            "version": outer.get("model_version"),
            "attribute_id": outer.get("attribute_id"),
            "credit": outer.get("credit"),
            "n": inner.get("n"),
            "prompt": inner.get("prompt"),
            "parameters": {k: v for k, v in inner.items() if k not in ("prompt", "cast")},
            "code": None,
            "message": None,
            "charged": 0,
            "task_id": None,
            "fault": None,
            "answered": True,
        }
        self.creates.append(record)
        intent = _intent(key, record)
        if intent in self._unknown:
            again = "its outcome was unknown, yet it came again"
            self.violation("resent_after_lost_answer", "create", again, key)
        if _whole(key, record) in self._faulty:
            again = "it was answered with a fault, and the same order came again"
            self.violation("resent_after_fault", "create", again, key)
        return record

    def charge(self, key: str, record: dict[str, Any], points: int, task_id: str) -> None:
        """Record the charge for an accepted create."""
        self.spent[key] += points
        record.update(charged=points, task_id=task_id, code=0, message="success")

    def lose_answer(self, key: str, record: dict[str, Any], fault: str) -> None:
        """Record that no response with a code arrived, so the client must assume a charge.

        Sending it again is a violation, whether or not it took effect.
        """
        record.update(answered=False, fault=fault)
        self._unknown.add(_intent(key, record))

    def fault(self, key: str, record: dict[str, Any], fault: str) -> None:
        """Record an error code under HTTP 5xx: a smaller order may follow, the same may not."""
        record.update(fault=fault)
        self._faulty.add(_whole(key, record))


def first_parameters(body: Any) -> dict[str, Any]:
    """Return `parameters[0]` of a create, or {} when there is none."""
    entries = body.get("parameters") if isinstance(body, dict) else None
    if isinstance(entries, list) and entries and isinstance(entries[0], dict):
        return dict(entries[0])
    return {}


def _intent(key: str, record: dict[str, Any]) -> tuple[str, ...]:
    return (key, str(record["task_type"]), str(record["version"]), str(record["prompt"]))


def _whole(key: str, record: dict[str, Any]) -> tuple[str, ...]:
    return (*_intent(key, record), json.dumps(record["parameters"], sort_keys=True))
