"""The service: the response of each endpoint without faults, and a record for tests.

Everything runs on the server's event loop, so nothing is locked. `SandboxRefusal` becomes an
envelope (or, for the object store, an HTTP status) in `answer`. The record holds creates, charges
and protocol violations, and shows keys by their last four characters only.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from ima_tui.sandbox.media import can_encode_mp4
from ima_tui.sandbox.orders import (
    Call,
    SandboxOrder,
    SandboxRefusal,
    SandboxReply,
    accepted_suffixes,
    judge,
)
from ima_tui.sandbox.products import TASK_TYPES, SandboxCatalogue
from ima_tui.sandbox.scenario import Scenario, ScenarioFacts, ServerSettings
from ima_tui.sandbox.tasks import CONTENT_TYPES, SandboxResults, Task, detail, draw
from ima_tui.sandbox.uploads import Uploads

VERIFIED_MODELS = ("ima-pro", "ima-pro-fast")
ASK_AGAIN_S = 2.0  # of the IMA Open API: every 2 to 5 s, films every 8 s or more
ASK_AGAIN_FILM_S = 8.0


@dataclass(eq=False)
class SandboxService:
    """State of one sandbox. `speed` divides every waiting time."""

    base_url: str
    _speed: float
    _first_scenario: Scenario
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.results = SandboxResults()
        self.film_format = "mp4" if can_encode_mp4() else "webp"
        self.reset()

    @property
    def speed(self) -> float:
        """Factor by which waiting times are divided."""
        return self.settings.speed or self._speed

    def reset(self) -> None:
        """Reset tasks, charges, uploads, scenario and prices."""
        self.scenario = self._first_scenario
        self.settings = self.scenario.server or ServerSettings()
        self.ledger = SandboxLedger()
        self.tasks: dict[str, Task] = {}
        self.uploads = Uploads(self.base_url)
        self.verified: set[tuple[str, str]] = set()
        self.catalogue = SandboxCatalogue(self.speed)
        self.results.clear()
        for fault in self.scenario.faults:
            fault.start_over()

    def use(self, scenario: Scenario) -> None:
        """Replace the faults, and the settings when the text has a [server]."""
        self.scenario = scenario
        if scenario.server is not None:
            self.settings = scenario.server
            self.catalogue.speed = self.speed

    # ── who is asking ──────────────────────────────────────────────────────────────────────────

    def _authorised(self, call: Call) -> str:
        """Return the key of a well-formed API call. Raises `SandboxRefusal` 401 or 400."""
        if "authorization" not in call.headers:
            raise SandboxRefusal(401, "Unauthorized: API key is missing", "missing_header")
        if not self.settings.knows(call.key):
            raise SandboxRefusal(401, "Unauthorized: invalid API key")
        for name, allowed in (("x-app-source", ("ima_skills",)), ("x_app_language", ("en", "zh"))):
            if name not in call.headers:
                raise SandboxRefusal(
                    400, f"Bad request: header {name} is missing", "missing_header"
                )
            if call.headers[name] not in allowed:
                raise SandboxRefusal(400, f"Bad request: header {name}", "wrong_header")
        return call.key

    def balance(self, key: str) -> int:
        """Return the remaining points of a key."""
        return self.settings.first_balance(key) - self.ledger.spent[key]

    # ── endpoints ──────────────────────────────────────────────────────────────────────────────

    async def answer(self, call: Call) -> SandboxReply:
        """Answer one call; a refusal becomes the envelope of the real service."""
        handlers = {
            "product_list": self._product_list,
            "create": self._create,
            "detail": self._detail,
            "verify": self._verify,
            "upload_token": self._upload_token,
            "put": self._put,
            "media": self._media,
        }
        try:
            return await handlers[call.endpoint](call)
        except SandboxRefusal as refusal:
            if refusal.violation:
                key = call.key or call.query.get("cmimToken", "")
                self.ledger.violation(refusal.violation, call.endpoint, refusal.message, key)
            if call.endpoint in ("put", "media"):
                body = f"<Error><Code>{refusal.message}</Code></Error>".encode()
                return SandboxReply(None, body, refusal.code, {"content-type": "application/xml"})
            return SandboxReply.refused(refusal.code, refusal.message)

    async def _product_list(self, call: Call) -> SandboxReply:
        self._authorised(call)
        if (call.query.get("app"), call.query.get("platform")) != ("ima", "web"):
            raise SandboxRefusal(400, "Bad request: app and platform", "app_platform")
        category = call.query.get("category", "")
        if category not in TASK_TYPES:
            raise SandboxRefusal(400, "Bad request: category", "unknown_task_type")
        return SandboxReply.of(
            self.catalogue.tree(category, call.headers["x_app_language"]), code=200
        )

    async def _create(self, call: Call) -> SandboxReply:
        try:
            body, broken = call.json(), None
        except SandboxRefusal as refusal:
            body, broken = None, refusal
        record = self.ledger.begin_create(call.key, body)
        try:
            if broken is not None:
                raise broken
            key = self._authorised(call)
            named = not self.scenario.has("hostile", "product_list")
            order = judge(body, self.catalogue, check_name=named)
            order = replace(order, marked=self.settings.marks)
            self._check_inputs(order, key)
            self._check_account(order, key)
        except SandboxRefusal as refusal:
            record.update(code=refusal.code, message=refusal.message)
            raise
        task = self._accept(order, key)
        self.ledger.charge(key, record, task.charged, task.id)
        answer = detail(task, task.created, self.base_url)
        return SandboxReply.of({**answer, "medias": []})

    def _accept(self, order: SandboxOrder, key: str) -> Task:
        extension = order.model.result if order.model.result != "mp4" else self.film_format
        clock = (self.clock(), time.time())
        settings = self.settings
        task = draw(
            order, key, len(self.tasks) + 1, settings.seed, self.speed, clock, extension,
            settings.timeout_s,
        )  # fmt: skip
        self.tasks[task.id] = task
        return task

    def _check_account(self, order: SandboxOrder, key: str) -> None:
        if order.model.subscription and not self.settings.is_subscriber(key):
            raise SandboxRefusal(4014, "Subscription required for this model")
        if order.rule.points * order.n > self.balance(key):
            raise SandboxRefusal(4008, "Insufficient points")

    def _check_inputs(self, order: SandboxOrder, key: str) -> None:
        """Check that inputs are https or existing local files.

        Seedance 2.0 requires verified ones.
        """
        suffixes = set(accepted_suffixes(order.model))
        for url in order.inputs:
            stored = self.uploads.at(url)
            if stored is not None and stored.data is None:
                raise SandboxRefusal(
                    400017, "Input image was never uploaded", "input_never_uploaded"
                )
            if stored is not None and suffixes and stored.suffix.lower() not in suffixes:
                raise SandboxRefusal(
                    400017, f"Input type {stored.suffix} not accepted", "input_type"
                )
            if stored is None and self._result_at(url) is None and not url.startswith("https://"):
                raise SandboxRefusal(400017, "Input images must be https URLs", "insecure_input")
            unverified = order.model.model_id in VERIFIED_MODELS and (key, url) not in self.verified
            if unverified:
                raise SandboxRefusal(400017, "Asset is not verified", "unverified_input")

    def _result_at(self, url: str) -> tuple[Task, int, str] | None:
        """Return the finished output at one of our result URLs."""
        prefix = f"{self.base_url}/media/"
        parts = unquote(url.removeprefix(prefix)).split("/") if url.startswith(prefix) else []
        task = self.tasks.get(parts[0]) if len(parts) == 2 else None
        if task is None:
            return None
        stem, _, extension = parts[1].partition(".")
        place, _, variant = stem.partition("-")
        wanted = "jpg" if variant == "cover" else task.extension
        known = variant in ("", "watermark", "preview", "cover") and extension == wanted
        if not known or not place.isdigit() or int(place) >= len(task.medias):
            return None
        if not task.is_ready(int(place), self.clock()):
            return None
        return task, int(place), extension

    async def _detail(self, call: Call) -> SandboxReply:
        key = self._authorised(call)
        body = call.json()
        task_id = body.get("task_id") if isinstance(body, dict) else None
        task = self.tasks.get(task_id) if isinstance(task_id, str) else None
        if task is None or task.key != key:
            by_biz_id = any(task.biz_id == task_id for task in self.tasks.values())
            raise SandboxRefusal(404, "Task not found", "polled_biz_id" if by_biz_id else None)
        self._check_pace(task)
        return SandboxReply.of(detail(task, self.clock(), self.base_url))

    def _check_pace(self, task: Task) -> None:
        now = self.clock()
        film = task.order.model.task_type.endswith("_video")
        gap = (ASK_AGAIN_FILM_S if film else ASK_AGAIN_S) * self.settings.poll_scale
        if task.last_asked is not None and now - task.last_asked < gap * 0.9:
            waited = f"{task.id} asked again after {now - task.last_asked:.2f} s"
            self.ledger.violation("polled_too_often", "detail", waited, task.key)
        task.last_asked = now

    async def _verify(self, call: Call) -> SandboxReply:
        key = self._authorised(call)
        body = call.json()
        url = body.get("url") if isinstance(body, dict) else None
        if not isinstance(url, str):
            raise SandboxRefusal(400, "Bad request: url", "wrong_type")
        await asyncio.sleep(self.settings.verify_s / self.speed)
        stored = self.uploads.at(url)
        here = (stored is not None and stored.data is not None) or self._result_at(url) is not None
        if not here and not url.startswith("https://"):
            error = {"code": "InvalidUrl", "message": "The asset cannot be fetched"}
            return SandboxReply.of({"result": {"status": "failed", "error": error}})
        self.verified.add((key, url))
        word = ("active", "success", "Active")[len(self.verified) % 3]
        return SandboxReply.of({"result": {"status": word, "url": url}}, code=200)

    async def _upload_token(self, call: Call) -> SandboxReply:
        if not self.settings.knows(call.query.get("cmimToken", "")):
            raise SandboxRefusal(401, "Unauthorized: invalid token")
        return SandboxReply.of(self.uploads.grant(call.query, time.time()))

    async def _put(self, call: Call) -> SandboxReply:
        path = call.path.removeprefix("/oss/")
        self.uploads.store(path, call.query, call.headers, call.body, time.time())
        return SandboxReply(None, b"", 200)

    async def _media(self, call: Call) -> SandboxReply:
        if "authorization" in call.headers:
            self.ledger.violation("authorization_on_download", "media", call.path, call.key)
        url = self.base_url + call.path
        stored = self.uploads.at(url)
        if stored is not None and stored.data is not None:
            return SandboxReply(None, stored.data, 200, {"content-type": stored.content_type})
        data, extension = await self._rendered(url)
        return SandboxReply(None, data, 200, {"content-type": CONTENT_TYPES[extension]})

    async def _rendered(self, url: str) -> tuple[bytes, str]:
        found = self._result_at(url)
        if found is None:
            raise SandboxRefusal(404, "NoSuchKey")
        task, place, extension = found
        cover = url.endswith("-cover.jpg")
        name = f"{task.id}/{place}{'-cover' if cover else ''}.{extension}"
        pictures = [await self._local_bytes(source) for source in task.order.inputs]
        data = await self.results.fetch(
            name, task.order, place, task.extension, [p for p in pictures if p]
        )
        return data, extension

    async def _local_bytes(self, url: str) -> bytes:
        """Return an input's bytes if it is local, else b""."""
        stored = self.uploads.at(url)
        if stored is not None:
            return stored.data or b""
        if self._result_at(url) is None:
            return b""
        return (await self._rendered(url))[0]

    # ── for faults and the ledger ──────────────────────────────────────────────────────────────

    def facts(self, call: Call) -> ScenarioFacts:
        """Return what a fault's filters can know of this call."""
        if call.endpoint == "product_list":
            return ScenarioFacts(task_type=call.query.get("category"))
        task = self.task_of(call)
        if task is not None:
            model = task.order.model
            return ScenarioFacts(model.task_type, model.model_id, task.order.prompt)
        if call.endpoint != "create":
            return ScenarioFacts()
        try:
            body = call.json()
        except SandboxRefusal:
            return ScenarioFacts()
        outer = first_parameters(body)
        inner = outer.get("parameters")
        prompt = inner.get("prompt") if isinstance(inner, dict) else None
        return ScenarioFacts(outer.get("category"), outer.get("model_id"), str(prompt or ""))

    def task_of(self, call: Call) -> Task | None:
        """Return the task that a detail or media call is about."""
        if call.endpoint == "media" and call.path.startswith("/media/"):
            return self.tasks.get(call.path.split("/")[2])
        if call.endpoint != "detail":
            return None
        try:
            body = call.json()
        except SandboxRefusal:
            return None
        return self.tasks.get(str(body.get("task_id"))) if isinstance(body, dict) else None

    def ledger_json(self) -> dict[str, Any]:
        """Return the content of GET /sandbox/ledger."""
        ledger, now = self.ledger, self.clock()
        return {
            "creates": ledger.creates,
            "charges": sum(ledger.spent.values()),
            "charges_by_key": {key[-4:]: points for key, points in ledger.spent.items()},
            "balances": {key[-4:]: self.balance(key) for key in ledger.spent},
            "violations": ledger.violations,
            "counts": dict(ledger.counts),
            "tasks": [
                {
                    "id": task.id,
                    "task_type": task.order.model.task_type,
                    "model_id": task.order.model.model_id,
                    "status": task.status(now),
                    "medias": len(task.medias),
                    "ready": sum(task.is_ready(place, now) for place in range(len(task.medias))),
                }
                for task in self.tasks.values()
            ],
        }


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
