"""Fault injection. `Door` is the ASGI endpoint around each of the service's calls.

It has access to the TCP connection of a request, so that faults can break it as networks do.

Some faults change the service before the call is judged (delay, price_change), one breaks the
exchange (BREAKING, the first that strikes), and some spoil the task (TASK_KINDS).
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ima_tui.sandbox.orders import Call, SandboxReply
from ima_tui.sandbox.scenario import Fault, ScenarioFacts
from ima_tui.sandbox.service import SandboxService
from ima_tui.sandbox.spoiled import hostile, mistyped, wrong_file

EXTENSION = "sandbox.connection"
LINGER_0 = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class ConnectionProtocol(H11Protocol):
    """uvicorn's h11 protocol, which also passes the connection to the endpoint (ASGI extension)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {EXTENSION: self.transport}
            try:
                await inner(scope, receive, send)
            except asyncio.CancelledError:  # the server stops during a fault that waits
                self.cycle.disconnected = True
                self.transport.abort()

        self.app = app


async def until_closed(receive: Receive) -> None:
    """Wait until the client disconnects, or our own reset is noticed."""
    while (await receive())["type"] != "http.disconnect":
        pass


BREAKING = {
    "status", "refuse", "reset_after_body", "lose_answer", "hang", "drip", "truncate",
    "wrong_types", "hostile", "reject_verify",
}  # fmt: skip
TASK_KINDS = {"fail_task", "stuck", "no_url", "flood"}


class Door:
    """One endpoint as an ASGI app: reads, judges, answers, or breaks."""

    def __init__(self, service: SandboxService, endpoint: str) -> None:
        self._service = service
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        await Exchange(self._service, self._endpoint, Request(scope, receive), send).run()


class Exchange:
    """One request passing through the faults."""

    def __init__(
        self, service: SandboxService, endpoint: str, request: Request, send: Send
    ) -> None:
        headers = dict(request.headers)
        self._service = service
        self._call = Call(endpoint, request.url.path, request.query_params, headers)
        self._request = request
        self._transport: asyncio.Transport = request.scope["extensions"][EXTENSION]
        self._send = send

    async def run(self) -> None:
        """Handle the request."""
        service, call = self._service, self._call
        service.ledger.counts[call.endpoint] += 1
        early = service.facts(call) if call.endpoint == "media" else ScenarioFacts()
        if service.scenario.striking(call.endpoint, early, {"reset_before_body"}):
            await self._reset()
            return
        call.body = await self._request.body()
        facts = service.facts(call)
        await self._prepare(facts)
        fault = service.scenario.first_striking(call.endpoint, facts, BREAKING)
        if fault is not None and await self._broken_before(fault):
            return
        answer = await self._answered(facts)
        if fault is None:
            await self._deliver(answer)
        else:
            await self._broken_after(fault, answer)
        self._change_prices(facts, "after")

    async def _prepare(self, facts: ScenarioFacts) -> None:
        """Apply faults that delay the request, or change prices."""
        scenario, endpoint = self._service.scenario, self._call.endpoint
        for fault in scenario.striking(endpoint, facts, {"delay", "slow_verify"}):
            await asyncio.sleep(fault.options.get("seconds", 1.0))
        self._change_prices(facts, "before")

    def _change_prices(self, facts: ScenarioFacts, when: str) -> None:
        """Change prices: after a list or before a create, unless `when` says otherwise."""
        usual = "before" if self._call.endpoint == "create" else "after"
        scenario = self._service.scenario
        changes = [f for f in scenario.faults if f.kind == "price_change"]
        for fault in changes:
            if fault.options.get("when", usual) != when:
                continue
            if fault.strikes(self._call.endpoint, facts):
                keys = ("add", "factor", "renumber", "remove")
                options = {key: fault.options[key] for key in keys if key in fault.options}
                self._service.catalogue.change(
                    task_type=fault.task_type, model_id=fault.model_id, **options
                )

    async def _broken_before(self, fault: Fault) -> bool:
        """Apply faults before the call takes effect; True: the exchange is over."""
        options = fault.options
        before = options.get("when", "before") == "before"
        if fault.kind == "refuse":
            answer = SandboxReply.refused(
                options.get("code", 500), options.get("message", "Refused")
            )
            answer.status = options.get("status", 200)
            self._not_taken(fault, answer)
            await self._deliver(_asking_to_wait(answer, options))
        elif fault.kind == "reject_verify":
            error = {
                "code": str(options.get("code", "InvalidParameter")),
                "message": options.get("message", "The asset contains a real person's face"),
            }
            await self._deliver(SandboxReply.of({"result": {"status": "failed", "error": error}}))
        elif fault.kind == "status" and before:
            answer = _http_error(options)
            self._not_taken(fault, answer)
            await self._deliver(answer)
        elif fault.kind == "reset_after_body":
            self._not_taken(fault, None)
            await self._reset()
        elif fault.kind == "hang" and before:
            if "seconds" in options:
                return await self._closed_within(options["seconds"])
            self._not_taken(fault, None)
            await self._closed_within(None)
        else:
            return False
        return True

    def _not_taken(self, fault: Fault, answer: SandboxReply | None) -> None:
        """Record a create that was broken before it was judged."""
        if self._call.endpoint != "create":
            return
        try:
            body = self._call.json()
        except Exception:  # noqa: BLE001 - whatever it is, it was a create that was broken
            body = None
        record = self._service.ledger.begin_create(self._call.key, body)
        envelope = answer.envelope if answer else None
        if envelope:
            record.update(fault=fault.kind, code=envelope["code"], message=envelope["message"])
            if answer is not None and answer.status >= 500:
                self._service.ledger.fault(self._call.key, record, fault.kind)
        elif answer is None or answer.status >= 500:
            self._service.ledger.lose_answer(self._call.key, record, fault.kind)
        else:
            record["fault"] = fault.kind

    async def _answered(self, facts: ScenarioFacts) -> SandboxReply:
        """Return the service's response, with faults that spoil tasks applied."""
        service, call = self._service, self._call
        if call.endpoint == "media":
            for fault in service.scenario.striking("media", facts, {"expire_media"}):
                body = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message>"
                kind = {"content-type": "application/xml"}
                return SandboxReply(
                    None, body + b"</Error>", fault.options.get("status", 403), kind
                )
            for fault in service.scenario.striking("media", facts, {"wrong_file"}):
                return wrong_file(fault.options.get("file", "page"))
        if call.endpoint == "detail":
            self._spoil(service.scenario.striking("detail", facts, TASK_KINDS), at_once=True)
        answer = await service.answer(call)
        if call.endpoint == "create" and answer.envelope and answer.envelope["code"] == 0:
            self._spoil(service.scenario.striking("create", facts, TASK_KINDS), answer=answer)
        return answer

    def _spoil(
        self, faults: list[Fault], *, answer: SandboxReply | None = None, at_once: bool = False
    ) -> None:
        service = self._service
        data: dict[str, Any] = (answer.envelope or {})["data"] if answer else {}
        task = service.tasks[data["id"]] if answer else service.task_of(self._call)
        for fault in faults if task is not None else ():
            assert task is not None  # noqa: S101 - for the type checker
            if fault.kind == "fail_task":
                task.fail(fault.options, at=service.clock() if at_once else None)
            elif fault.kind == "no_url":
                task.withhold_urls(fault.options.get("seconds"))
            elif fault.kind == "flood":
                task.flood = fault.options.get("medias", 3000)
            else:
                task.stuck = True
                if "timeout_s" in fault.options:
                    task.timeout_at = task.created_at + int(fault.options["timeout_s"] * 1000)
                    data["timeout_at"] = task.timeout_at

    async def _broken_after(self, fault: Fault, answer: SandboxReply) -> None:
        """Apply faults after the call took effect: the response is lost, late or damaged."""
        options = fault.options
        if fault.kind in ("lose_answer", "truncate") or options.get("when") == "after":
            self._answer_lost(fault)
        if fault.kind == "lose_answer":
            await self._reset(gently=options.get("close") == "fin")
        elif fault.kind == "status" and options.get("when") == "after":
            await self._deliver(_http_error(options))
        elif fault.kind == "hang" and options.get("when") == "after":
            if not await self._closed_within(options.get("seconds")):
                await self._deliver(answer)
        elif fault.kind == "truncate":
            await self._truncated(answer, options.get("keep", 0.5))
        elif fault.kind == "drip":
            await self._dripped(answer, options.get("seconds", 5.0), options.get("pieces", 20))
        elif fault.kind == "wrong_types":
            await self._deliver(mistyped(answer))
        elif fault.kind == "hostile":
            text, size = options.get("text"), options.get("size", 100_000)
            await self._deliver(hostile(answer, text, size, options.get("fuzz")))
        else:
            await self._deliver(answer)

    def _answer_lost(self, fault: Fault) -> None:
        if self._call.endpoint == "create":
            ledger = self._service.ledger
            coded = fault.kind == "status" and "code" in fault.options
            note = ledger.fault if coded else ledger.lose_answer
            note(self._call.key, ledger.creates[-1], fault.kind)

    # ── on the wire ────────────────────────────────────────────────────────────────────────────

    async def _deliver(self, answer: SandboxReply) -> None:
        await self._send_parts(answer, [answer.encoded()])

    async def _send_parts(
        self, answer: SandboxReply, parts: Sequence[bytes], pause: float = 0.0, *, cut: bool = False
    ) -> None:
        """Send the body in parts with pauses in seconds between them; `cut`: more should follow."""
        headers = [
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in answer.headers.items()
        ]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await self._send(start)
        for number, part in enumerate(parts, 1):
            more = cut or number < len(parts)
            await self._send({"type": "http.response.body", "body": part, "more_body": more})
            if number < len(parts):
                await asyncio.sleep(pause)

    async def _reset(self, *, gently: bool = False) -> None:
        """End the connection: by a TCP RST, or `gently` by a FIN after what is buffered."""
        if gently:
            self._transport.close()
        else:  # linger 0 discards unsent data on close
            sock = self._transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
            self._transport.abort()
        await until_closed(self._request.receive)

    async def _closed_within(self, seconds: float | None) -> bool:
        """Stay silent for this long (None: for ever); True: the client left meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await until_closed(self._request.receive)
        except TimeoutError:
            return False
        return True

    async def _dripped(self, answer: SandboxReply, seconds: float, pieces: int) -> None:
        body, pieces = answer.encoded(), max(1, pieces)
        step = max(1, -(-len(body) // pieces))
        parts = [body[at : at + step] for at in range(0, len(body), step)]
        await self._send_parts(answer, parts, seconds / pieces)

    async def _truncated(self, answer: SandboxReply, keep: float) -> None:
        """Cut the response: valid HTTP with incomplete JSON, or a file shorter than announced."""
        body = answer.encoded()
        part = body[: int(len(body) * keep)]
        is_file = answer.envelope is None
        if not is_file:
            answer.headers["content-length"] = str(len(part))
        await self._send_parts(answer, [part], cut=is_file)
        if is_file:
            await self._reset(gently=True)


def _http_error(options: dict[str, Any]) -> SandboxReply:
    """Return an HTTP error as from a proxy (HTML), or with an error code when one is given."""
    status = options.get("status", 502)
    if "code" in options:
        answer = SandboxReply.refused(options["code"], options.get("message", "Internal error"))
        answer.status = status
        return _asking_to_wait(answer, options)
    page = options.get("body", f"<html><body><h1>{status}</h1></body></html>")
    answer = SandboxReply(None, page.encode(), status, {"content-type": "text/html"})
    return _asking_to_wait(answer, options)


def _asking_to_wait(answer: SandboxReply, options: dict[str, Any]) -> SandboxReply:
    if "retry_after" in options:
        answer.headers["retry-after"] = f"{options['retry_after']:g}"
    return answer
