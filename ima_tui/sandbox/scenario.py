"""Scenario files: which endpoint breaks, when, and how. docs/sandbox.md explains every key.

Parsed strictly: an unknown key or value is a `ScenarioError`. A `Fault` counts matching requests,
and decides which of them it strikes.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ima_tui.sandbox.products import TASK_TYPES

ENDPOINTS = ("product_list", "create", "detail", "verify", "upload_token", "put", "media")

# each kind: where it may strike (the first is the default), and its keys
_ANY = ENDPOINTS
_TASK = ("create", "detail")
KINDS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "status": (_ANY, {"status", "body", "code", "message", "retry_after", "when"}),
    "refuse": (_ANY, {"code", "message", "retry_after", "status"}),
    "reset_before_body": (_ANY, set()),
    "reset_after_body": (_ANY, set()),
    "lose_answer": (_ANY, {"close"}),
    "hang": (_ANY, {"seconds", "when"}),
    "delay": (_ANY, {"seconds"}),
    "drip": (_ANY, {"seconds", "pieces"}),
    "truncate": (_ANY, {"keep"}),
    "wrong_types": (_ANY, set()),
    "hostile": (_ANY, {"text", "size", "fuzz"}),
    "fail_task": (_TASK, {"resource_status", "task_status", "message", "media"}),
    "stuck": (_TASK, {"timeout_s"}),
    "no_url": (_TASK, {"seconds"}),
    "flood": (_TASK, {"medias"}),
    "expire_media": (("media",), {"status"}),
    "wrong_file": (("media",), {"file"}),
    "price_change": (("product_list", "create"), {"add", "factor", "renumber", "remove", "when"}),
    "slow_verify": (("verify",), {"seconds"}),
    "reject_verify": (("verify",), {"code", "message"}),
}
FILTERS = {"task_type", "model_id", "prompt_contains", "nth", "times", "probability", "seed"}
TYPES: dict[str, tuple[type, ...]] = {
    "task_type": (str,), "model_id": (str,), "prompt_contains": (str,), "times": (int,),
    "probability": (int, float), "seed": (int, str), "status": (int,), "code": (int,),
    "message": (str,), "body": (str,), "retry_after": (int, float), "when": (str,),
    "close": (str,), "seconds": (int, float), "pieces": (int,), "keep": (int, float),
    "text": (str,), "size": (int,), "fuzz": (int,),
    "resource_status": (int,), "task_status": (str,),
    "media": (int,), "timeout_s": (int, float), "add": (int,), "factor": (int, float),
    "renumber": (bool,), "remove": (bool,), "medias": (int,), "file": (str,),
}  # fmt: skip
CHOICES: dict[str, tuple[Any, ...]] = {
    "when": ("before", "after"),
    "close": ("reset", "fin"),
    "task_type": tuple(TASK_TYPES),
    "resource_status": (0, 1, 2, 3),
    "file": ("page", "message", "nothing", "image", "sound"),
}
SERVER_TYPES: dict[str, tuple[type, ...]] = {
    "speed": (int, float), "seed": (int, str), "balance": (int,), "balances": (dict,),
    "keys": (list,), "subscribers": (list,), "poll_scale": (int, float), "verify_s": (int, float),
    "timeout_s": (int, float), "marks": (bool,),
}  # fmt: skip


class ScenarioError(ValueError):
    """An invalid scenario; str() names the file, the key and what is allowed."""


@dataclass(frozen=True)
class ScenarioFacts:
    """Properties of a request for a fault's filters; None where unknown."""

    task_type: str | None = None
    model_id: str | None = None
    prompt: str | None = None


@dataclass
class Fault:
    """One [[fault]]; counts its own matches, so that faults are independent."""

    kind: str
    endpoints: tuple[str, ...]
    task_type: str | None = None
    model_id: str | None = None
    prompt_contains: str | None = None
    nth: tuple[int, ...] = ()
    times: int | None = None
    probability: float = 1.0
    seed: int | str = 0
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """Reset the counters and the random generator."""
        self.matched = self.fired = 0
        self._dice = random.Random(f"{self.seed}")  # noqa: S311 - a play, not a secret

    def strikes(self, endpoint: str, facts: ScenarioFacts, *, taken: bool = False) -> bool:
        """Count a matching request, and tell whether the fault strikes it.

        `taken`: an earlier fault strikes it already, so this one only counts it.
        """
        if endpoint not in self.endpoints or not self._fits(facts):
            return False
        self.matched += 1
        if taken or (self.nth and self.matched not in self.nth):
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        if self.probability < 1.0 and self._dice.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def _fits(self, facts: ScenarioFacts) -> bool:
        if self.task_type not in (None, facts.task_type):
            return False
        # a price change names models, but strikes requests by task type
        if self.kind != "price_change" and self.model_id not in (None, facts.model_id):
            return False
        return self.prompt_contains is None or self.prompt_contains in (facts.prompt or "")


@dataclass(frozen=True)
class ServerSettings:
    """[server]: settings of the whole run. Times in seconds."""

    speed: float | None = None  # None: from the command line
    seed: int | str = 0
    balance: int = 10_000
    balances: dict[str, int] = field(default_factory=dict)
    keys: tuple[str, ...] | None = None  # None: any ima_ key but ima_invalid…
    subscribers: tuple[str, ...] | None = None  # None: everyone but ima_free…
    poll_scale: float = 0.0  # 0: polling frequency is not judged
    verify_s: float = 2.0  # divided by speed
    timeout_s: float | None = None  # None: five minutes, or three times the longest estimate
    marks: bool = False  # results are flat colours and pure tones, from their prompts

    def knows(self, key: str) -> bool:
        """Whether an API key is valid."""
        if self.keys is not None:
            return key in self.keys
        return key.startswith("ima_") and not key.startswith("ima_invalid")

    def is_subscriber(self, key: str) -> bool:
        """Whether an API key's account has a subscription."""
        if self.subscribers is not None:
            return key in self.subscribers
        return not key.startswith("ima_free")

    def first_balance(self, key: str) -> int:
        """Return the points of a key before it has spent any."""
        poor = key.startswith("ima_poor") and key not in self.balances
        return 3 if poor else self.balances.get(key, self.balance)


@dataclass
class Scenario:
    """A parsed scenario file."""

    server: ServerSettings | None = None  # None: the text has no [server]
    faults: list[Fault] = field(default_factory=list)

    def striking(self, endpoint: str, facts: ScenarioFacts, kinds: Iterable[str]) -> list[Fault]:
        """Return all faults of these kinds that strike this request, in the file's order."""
        wanted = set(kinds)
        return [f for f in self.faults if f.kind in wanted and f.strikes(endpoint, facts)]

    def first_striking(
        self, endpoint: str, facts: ScenarioFacts, kinds: Iterable[str]
    ) -> Fault | None:
        """Return the first of them; the others wait for their next request."""
        wanted = set(kinds)
        struck: Fault | None = None
        for fault in self.faults:
            if fault.kind in wanted and fault.strikes(endpoint, facts, taken=struck is not None):
                struck = fault
        return struck

    def has(self, kind: str, endpoint: str) -> bool:
        """Tell whether the scenario has such a fault for the endpoint."""
        return any(fault.kind == kind and endpoint in fault.endpoints for fault in self.faults)


def parse(text: str, name: str = "scenario") -> Scenario:
    """Parse TOML text. `name` is the file's name for errors. Raises `ScenarioError`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name} is not valid TOML: {error}") from error
    for key in data:
        if key not in ("server", "fault"):
            raise ScenarioError(
                f"{name}: unknown section [{key}]; there are [server] and [[fault]]"
            )
    faults = data.get("fault", [])
    if not isinstance(faults, list):
        raise ScenarioError(f"{name}: write [[fault]] with two brackets; there can be several")
    return Scenario(
        _server(data["server"], name) if "server" in data else None,
        [_fault(entry, f"{name}, fault {place}") for place, entry in enumerate(faults, 1)],
    )


def _server(entry: Any, name: str) -> ServerSettings:
    where = f"{name}, [server]"
    if not isinstance(entry, dict):
        raise ScenarioError(f"{where} must be a table")
    for key, value in entry.items():
        if key not in SERVER_TYPES:
            raise ScenarioError(f"{where}: unknown key {key}; there are {_words(SERVER_TYPES)}")
        _check_type(where, key, value, SERVER_TYPES[key])
    values = dict(entry)
    for key in ("keys", "subscribers"):
        if key in values:
            values[key] = tuple(_strings(where, key, values[key]))
    for key, points in values.get("balances", {}).items():
        _check_type(where, f"balances.{key}", points, (int,))
    if values.get("speed", 1) <= 0:
        raise ScenarioError(f"{where}: speed must be above 0")
    return ServerSettings(**values)


def _fault(entry: Any, where: str) -> Fault:
    if not isinstance(entry, dict):
        raise ScenarioError(f"{where} must be a table")
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ScenarioError(f"{where}: kind is {kind!r}; there are {_words(KINDS)}")
    allowed, option_keys = KINDS[kind]
    for key, value in entry.items():
        if key in ("kind", "endpoint", "nth"):
            continue
        if key not in FILTERS | option_keys:
            known = _words(sorted({"endpoint"} | FILTERS | option_keys))
            raise ScenarioError(f"{where}: {kind} has no key {key}; it takes {known}")
        _check_type(where, key, value, TYPES[key])
        if key in CHOICES and value not in CHOICES[key]:
            raise ScenarioError(f"{where}: {key} is {value!r}; it can be {_words(CHOICES[key])}")
    if not 0 <= entry.get("probability", 1) <= 1:
        raise ScenarioError(f"{where}: probability must be between 0 and 1")
    endpoints = _endpoints(entry, kind, allowed, where)
    body_filters = sorted({"task_type", "model_id", "prompt_contains"} & set(entry))
    if kind == "reset_before_body" and body_filters and endpoints != ("media",):
        raise ScenarioError(
            f"{where}: {kind} happens before the body is read, so it can't look at"
            f" {body_filters[0]}; use nth, times or probability"
        )
    options = {key: entry[key] for key in option_keys if key in entry}
    filters = {key: entry[key] for key in FILTERS - {"nth"} if key in entry}
    return Fault(kind, endpoints, nth=_nth(entry, where), options=options, **filters)


def _endpoints(
    entry: dict[str, Any], kind: str, allowed: tuple[str, ...], where: str
) -> tuple[str, ...]:
    given = entry.get("endpoint")
    if given is None and len(allowed) < len(ENDPOINTS):
        return allowed[:1]
    if given is None:
        raise ScenarioError(f"{where}: endpoint is missing; there are {_words(ENDPOINTS)} and *")
    if given == "*":
        return allowed
    names = tuple(_strings(where, "endpoint", given if isinstance(given, list) else [given]))
    if not names:
        raise ScenarioError(f"{where}: endpoint is empty; there are {_words(ENDPOINTS)} and *")
    for name in names:
        if name not in allowed:
            raise ScenarioError(f"{where}: {kind} can't strike {name}; only {_words(allowed)}")
    return names


def _nth(entry: dict[str, Any], where: str) -> tuple[int, ...]:
    given = entry.get("nth", [])
    numbers = given if isinstance(given, list) else [given]
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in numbers):
        raise ScenarioError(f"{where}: nth must be a number from 1, or a list of them")
    return tuple(numbers)


def _check_type(where: str, key: str, value: Any, wanted: tuple[type, ...]) -> None:
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        names = {str: "text", int: "a whole number", float: "a number", bool: "true or false",
                 list: "a list", dict: "a table"}  # fmt: skip
        raise ScenarioError(f"{where}: {key} must be {names[wanted[-1]]}, not {value!r}")


def _strings(where: str, key: str, value: list[Any]) -> list[str]:
    if not all(isinstance(item, str) for item in value):
        raise ScenarioError(f"{where}: {key} must be a list of texts")
    return value


def _words(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)
