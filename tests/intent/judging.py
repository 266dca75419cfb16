"""Judged wishes, and whether a decision agrees with one: the comparison of the shared scorer."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ima_tui.intent.intent_json import intent_json
from ima_tui.intent.route import route

Case = dict[str, Any]


def cases(path: Path) -> list[Case]:
    """The cases of a file, one JSON object per line."""
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def decide(case: Case) -> dict[str, object]:
    """The router's decision about a case, as JSON."""
    return intent_json(case["text"], route(case["text"], case.get("images", ())))


def misses(case: Case, intent: Mapping[str, object]) -> Iterator[str]:
    """The keys on which the decision is not what was expected."""
    for key, want in case["expect"].items():
        got = intent.get(key)
        if key in ("params", "preference") and isinstance(want, dict):
            inner = got if isinstance(got, dict) else {}
            for name, value in want.items():
                if not _same_inner(name, value, inner.get(name)):
                    yield f"{key}.{name}: {inner.get(name)!r}, not {value!r}"
        elif not _same(key, want, got):
            yield f"{key}: {got!r}, not {want!r}"


@dataclass
class Totals:
    """How a set was read, as shares: the kind and task type right, all of it right, wrong without a
    sign of doubt, asked where nothing had to be asked."""

    right: float = 0.0
    whole: float = 0.0
    silent: float = 0.0
    needless: float = 0.0


def totals(of: list[Case]) -> Totals:
    """The totals of a set. To ask where it has to be asked is right. A request that only changes a
    preference has no medium: authors who know no kind `preference` call it `clarify`."""
    found = Totals()
    for case in of:
        want, intent = case["expect"], decide(case)
        only_kept = False
        kind, asked = intent["kind"], intent["confidence"] == "unsure"
        asked = asked or kind == "clarify"
        right = kind == want["kind"]
        if want["kind"] == "single":
            right = right and intent["task_type"] == want.get("task_type", intent["task_type"])
        if want["kind"] == "clarify":
            only_kept = "preference" in want and "clarify" not in want and kind == "preference"
            right = asked or kind == "question" or only_kept
        elif asked and case.get("ask_ok"):
            right = True
        found.right += right
        wrong = [key for key in misses(case, intent) if not (only_kept and key.startswith("kind"))]
        found.whole += right and not wrong
        if want["kind"] != "clarify" and asked:
            found.needless += 1
        else:
            found.silent += not right
    return Totals(*(getattr(found, each.name) / len(of) for each in fields(found)))


def _same_inner(name: str, want: object, got: object) -> bool:
    if name == "model_id":
        return got == want
    if name == "n" and want is None:
        return _unset(got) or _number(got) == 1
    return _same_value(want, got)


def _same(key: str, want: Any, got: Any) -> bool:
    if key == "model_id":
        return _unset(got) if want is None else got == want
    if key == "unsupported":
        return {_text(each) for each in want or []} == {_text(each) for each in got or []}
    if key == "steps":
        return [_text(each) for each in want] == [_text(each) for each in got or []]
    if key == "images_role":
        return _roles(want or {}) == _roles(got or {})
    return _same_value(want, got)


def _same_value(want: object, got: object) -> bool:
    if want is None:
        return _unset(got)
    if want == "*":
        return not _unset(got)
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    if _unset(got) or isinstance(got, list | dict):
        return False
    left, right = _number(want), _number(got)
    if left is not None or right is not None:
        return left == right
    return _text(want) == _text(got)


def _roles(roles: Mapping[str, object]) -> dict[str, object]:
    found = {role: place for role, place in roles.items() if not _unset(place)}
    if isinstance(reference := found.get("reference"), int):
        found["reference"] = [reference]
    return found


def _unset(value: object) -> bool:
    return value is None or value in ("", [], {})


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    written = re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", value) if isinstance(value, str) else None
    return float(written.group()) if written else None


def _text(value: object) -> str:
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    text = re.sub(r"\s*([,、])\s*", r"\1", re.sub(r"\s+", " ", text))
    return text.strip(" \t.,;:!?。、\"'")
