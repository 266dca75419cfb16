"""The client on the wire: what each answer means, and where the key goes and where it does not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fakes import any_order

from ima_tui.api import client as clients
from ima_tui.api import exchange, wire
from ima_tui.api import service as downloads
from ima_tui.api.client import ImaClient
from ima_tui.api.service import Downloader, DownloadError, check_address
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import (
    ClockWrong,
    ImaError,
    KeyInvalid,
    Limited,
    Lost,
    Malformed,
    Refused,
    Unauthorised,
    Unreachable,
    UsageError,
)
from ima_tui.sandbox.server import running_sandbox

KEY = "ima_canary_0123456789"
PAYLOAD = wire.create_payload(any_order(), [])
Respond = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes | str, status: str = "200 OK", **headers: str) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def envelope(code: Any = 0, data: Any = None, message: str = "") -> str:
    return json.dumps({"code": code, "message": message, "data": data})


class Wire:
    """A server that sends exactly the bytes it is told to, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answer: bytes | Respond = http(envelope())
        self.heard: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                 if line.startswith(b"content-length")), 0,
            )  # fmt: skip
            self.heard.append(head + await reader.readexactly(length))
            if callable(self.answer):
                await self.answer(reader, writer)
            else:
                writer.write(self.answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Wire]:
    wired = Wire()
    listening = await asyncio.start_server(wired.serve, "127.0.0.1", 0)
    wired.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield wired
    listening.close()


@asynccontextmanager
async def talking(url: str, key: str = KEY, **more: Any) -> AsyncIterator[ImaClient]:
    made = ImaClient(key=key, base_url=url, upload_url=url, **more)
    try:
        yield made
    finally:
        await made.aclose()


async def create(server: Wire, answer: bytes | Respond) -> Any:
    server.answer = answer
    async with talking(server.url) as made:
        return await made.create(PAYLOAD)


async def ask(server: Wire, answer: bytes | Respond) -> Any:
    server.answer = answer
    async with talking(server.url) as made:
        return await made.detail("task-1")


# ----------------------------------------------------------------------- what an answer means


@pytest.mark.parametrize("code", [0, 200, "0", "200"])
async def test_an_accepted_create_gives_the_task_id(server: Wire, code: object) -> None:
    data = {"id": "task-1", "biz_id": "biz-1", "timeout_at": 1_700_000_000_500}
    created = await create(server, http(envelope(code, data)))
    assert (created.task_id, created.deadline) == ("task-1", 1_700_000_000.5)
    assert json.loads(server.heard[0].partition(b"\r\n\r\n")[2]) == PAYLOAD


@pytest.mark.parametrize("odd", ["--5", "²", "soon", None, [], {}, 1e300, True, "9" * 40])
async def test_an_odd_deadline_does_not_cost_the_task_id(server: Wire, odd: object) -> None:
    created = await create(server, http(envelope(0, {"id": "task-1", "timeout_at": odd})))
    assert (created.task_id, created.deadline) == ("task-1", None)


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Internal Server Error"])
@pytest.mark.parametrize("code", [4008, 4014, 6006, 6009, 6010, 400017, 500, 77, "6010"])
async def test_the_bodys_code_decides_not_the_status(
    server: Wire, status: str, code: int | str
) -> None:
    with pytest.raises(Refused) as caught:
        await create(server, http(envelope(code, message="in\x1b[31mner"), status))
    assert caught.value.code == int(code)
    assert caught.value.message == "inner"
    assert not isinstance(caught.value, Limited | Unauthorised)


async def test_a_refused_key_and_a_pause_have_errors_of_their_own(server: Wire) -> None:
    with pytest.raises(Unauthorised):
        await create(server, http(envelope(401)))
    with pytest.raises(Limited) as caught:
        await create(server, http(envelope(429), Retry_After="17"))
    assert caught.value.retry_after == 17.0


BROKEN = {
    "a proxy's page": http("<html>Bad gateway</html>", "502 Bad Gateway"),
    "a 500 without a code": http('{"message": "oops"}', "500 Internal Server Error"),
    "a 404": http("not found", "404 Not Found"),
    "a redirect": http("", "302 Found", Location="https://elsewhere.example/"),
    "cut JSON": http(envelope(0, {"id": "task-1"})[:-6]),
    "deep JSON": http("[" * 200_000),
    "no JSON": http("<html>hello</html>"),
    "nothing": http(""),
    "a list": http("[]"),
    "null": http("null"),
    "a code that is none": http('{"code": "abc", "data": {"id": "x"}}'),
    "a huge number": http('{"code": ' + "9" * 5000 + "}"),
    "no UTF-8": http(b'{"code": 0, "data": {"id": "\xff\xfe"}}'),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": http(envelope(0, {"id": "task-1"}))[:-8],
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_create_without_a_readable_answer_is_lost(server: Wire, answer: bytes) -> None:
    with pytest.raises(Lost):
        await create(server, answer)
    assert len(server.heard) == 1


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_read_without_a_readable_answer_is_no_money(server: Wire, answer: bytes) -> None:
    with pytest.raises((Unreachable, Malformed, Limited)):
        await ask(server, answer)


@pytest.mark.parametrize(
    "data", [None, {}, [], "task", {"id": None}, {"id": ""}, {"id": []}, {"biz_id": "b"}]
)
async def test_accepted_without_an_id_is_lost(server: Wire, data: object) -> None:
    with pytest.raises(Lost):
        await create(server, http(envelope(0, data)))


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
@pytest.mark.parametrize("code", [500, 201, 77])
async def test_a_refusal_with_a_task_id_may_have_been_accepted(
    server: Wire, status: str, code: int
) -> None:
    with pytest.raises(Lost):
        await create(server, http(envelope(code, {"id": "task-1"}), status))


@pytest.mark.parametrize("code", [4008, 4014, 6006, 6009, 6010, 400017])
async def test_a_known_refusal_stays_one_whatever_its_data(server: Wire, code: int) -> None:
    with pytest.raises(Refused):
        await create(server, http(envelope(code, {"id": "task-1"})))


async def test_an_answer_without_an_end_is_cut(
    server: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 10_000)
    with pytest.raises(Lost):
        await create(server, http(b" " * 20_000 + envelope(0, {"id": "x"}).encode()))


async def test_no_connection_is_provably_not_accepted() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with talking(url) as made:
        with pytest.raises(Unreachable):
            await made.create(PAYLOAD)
        with pytest.raises(Unreachable):
            await made.detail("task-1")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", http(envelope(0, {"id": "x"}))[:-3]])
async def test_a_connection_that_breaks_after_the_request_is_lost(
    server: Wire, said: bytes
) -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.transport.abort()

    with pytest.raises(Lost):
        await create(server, reset)
    with pytest.raises(Unreachable):
        await ask(server, reset)


async def test_silence_ends(server: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(clients, "CALL", exchange.Limits(silence=0.1))
    with pytest.raises(Lost):
        await create(server, silent)
    with pytest.raises(Unreachable):
        await ask(server, silent)


async def test_a_proxy_that_never_answers_is_named_and_nothing_was_sent(
    server: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setenv("https_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(clients, "CALL", exchange.Limits(connect=0.2))
    server.answer = silent
    async with talking("https://api.imastudio.com") as made:
        with pytest.raises(Unreachable) as caught:
            await made.create(PAYLOAD)
    assert (caught.value.key, caught.value.values["variable"]) == (
        "error.proxy_down",
        "https_proxy",
    )
    assert all(heard.startswith(b"CONNECT ") for heard in server.heard)


async def test_a_slow_drip_ends(server: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    monkeypatch.setattr(clients, "CALL", exchange.Limits(whole=0.15))
    with pytest.raises(Lost):
        await create(server, drip)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (formatdate(1_000_060, usegmt=True), 60.0),
        (formatdate(999_000, usegmt=True), 0.0),
        ("\xb2", None),
        ("soon", None),
        ("-5", None),
        ("1.5", 1.5),
        ("999999", 300.0),
        ("99999999999", 300.0),
        pytest.param("9" * 5000, 300.0, id="5000 digits"),
        (formatdate(2_000_000, usegmt=True), 300.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("", None),
    ],
)
def test_retry_after_in_both_forms_is_five_minutes_at_most(
    header: str, seconds: float | None
) -> None:
    assert wire.retry_after(header, "", 1_000_000.0) == seconds


def test_a_moment_in_retry_after_is_measured_by_the_hosts_own_clock() -> None:
    until, said = formatdate(1_000_060, usegmt=True), formatdate(1_000_000, usegmt=True)
    for ours in (0.0, 1_000_000.0, 5_000_000.0):
        assert wire.retry_after(until, said, ours) == 60.0


BARE_429 = {
    "nothing": "",
    "a page": "<html><h1>429</h1>slow down</html>",
    "JSON without a code": '{"error": "rate limited"}',
    "a code of its own": '{"code": 429, "message": "too often"}',
    "the gateway's code": '{"code": 500, "message": "busy"}',
    "a code in words": '{"code": "TooManyRequests"}',
    "done, without data": '{"code": 0, "message": "ok", "data": null}',
    "a list": "[]",
    "half of one": '{"code": 4',
}


@pytest.mark.parametrize("body", BARE_429.values(), ids=BARE_429)
async def test_http_429_is_a_refusal_before_the_order_was_read(server: Wire, body: str) -> None:
    answer = http(body, "429 Too Many Requests", Retry_After="17")
    for ask_for in (create, ask, verify, send_file, products):
        with pytest.raises(Limited) as caught:
            await ask_for(server, answer)
        assert caught.value.retry_after == 17.0


@pytest.mark.parametrize("sent", [b"", b"half a bo", b"not gzip at all, and then some, 0123456789"])
async def test_a_429_whose_body_breaks_is_a_refusal_too(server: Wire, sent: bytes) -> None:
    async def broken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 42\r\n"
        writer.write(head + b"Content-Encoding: gzip\r\n\r\n" + sent)
        await writer.drain()
        writer.transport.close()

    with pytest.raises(Limited):
        await create(server, broken)


async def test_a_429_to_the_upload_itself_is_a_pause(server: Wire) -> None:
    token = http(envelope(0, {"ful": f"{server.url}/put", "fdl": "https://x.example/in.png"}))

    async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refused = http("", "429 Too Many Requests", Retry_After="9")
        writer.write(refused if server.heard[-1].startswith(b"PUT") else token)
        await writer.drain()

    with pytest.raises(Limited) as caught:
        await send_file(server, respond)
    assert caught.value.retry_after == 9.0


async def test_what_a_429_says_of_a_task_or_the_account_is_believed(server: Wire) -> None:
    taken = http(envelope(0, {"id": "task-1"}), "429 Too Many Requests")
    assert (await create(server, taken)).task_id == "task-1"
    with pytest.raises(Refused) as caught:
        await create(server, http(envelope(4008), "429 Too Many Requests"))
    assert caught.value.code == 4008


async def verify(server: Wire, answer: bytes | Respond) -> None:
    server.answer = answer
    async with talking(server.url) as made:
        await made.verify("https://x.example/in.png")


async def send_file(server: Wire, answer: bytes | Respond, **more: Any) -> str:
    server.answer = answer
    async with talking(server.url, **more) as made:
        return await made.upload(b"x", mime="image/png", suffix="png")


async def products(server: Wire, answer: bytes | Respond) -> None:
    server.answer = answer
    async with talking(server.url) as made:
        await made.products(TaskType.TEXT_TO_IMAGE)


@pytest.mark.parametrize(
    ("status", "code", "may_be"),
    [("500 Internal Server Error", 500, True), ("503 Service Unavailable", 503, True),
     ("500 Internal Server Error", 50000, True), ("520 Unknown", -1, True),
     ("502 Bad Gateway", 1001, True), ("200 OK", 1001, False), ("500 Oops", 4008, False),
     ("200 OK", 500, False), ("400 Bad Request", 500, False), ("502 Bad Gateway", 6006, False)],
)  # fmt: skip
async def test_a_fault_of_the_service_may_have_been_charged(
    server: Wire, status: str, code: int, may_be: bool
) -> None:
    with pytest.raises(Refused) as caught:
        await create(server, http(envelope(code), status))
    assert (caught.value.code, caught.value.may_be_charged) == (code, may_be)


# -------------------------------------------------------------------------------- a wrong clock

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("ahead", "key", "n"),
    [(172_800, "error.clock_days", 2), (-172_800, "error.clock_days", 2),
     (3 * 3600, "error.clock_hours", 3), (-600, "error.clock_minutes", 10)],
)  # fmt: skip
@pytest.mark.parametrize(
    "refused",
    [http(envelope(40003, message="sign error")), http("", "403 Forbidden"), http("no", "200 OK")],
    ids=["by a code", "by HTTP", "by nonsense"],
)
async def test_an_upload_refused_under_a_wrong_clock_is_blamed_on_the_clock(
    server: Wire, ahead: float, key: str, n: int, refused: bytes
) -> None:
    date = formatdate(NOW, usegmt=True).encode()
    dated = refused.replace(b"\r\n", b"\r\nDate: " + date + b"\r\n", 1)
    with pytest.raises(ClockWrong) as caught:
        await send_file(server, dated, now=lambda: NOW + ahead)
    assert (caught.value.key, caught.value.values) == (key, {"n": n})
    with pytest.raises(ImaError) as other:
        await send_file(server, dated, now=lambda: NOW + 30)
    assert not isinstance(other.value, ClockWrong)


async def test_a_key_that_the_service_repeats_goes_no_further(server: Wire) -> None:
    echo = f"bad request of {KEY}: appUid={KEY}&x"
    with pytest.raises(Refused) as caught:
        await create(server, http(envelope(77, message=echo)))
    assert KEY not in caught.value.message
    failed = {"resource_status": 2, "error_msg": echo, "remark": KEY, "url": f"https://x/{KEY}"}
    progress = await ask(server, http(envelope(0, {"medias": [failed]})))
    assert (progress.failed, KEY in repr(progress)) == (True, False)
    server.answer = http(envelope(0, [{"name": KEY, "children": [{"prompt": echo}]}]))
    async with talking(server.url) as made:
        assert KEY not in repr(await made.products(TaskType.TEXT_TO_IMAGE))


# --------------------------------------------------------------- a process that was not running


async def test_an_answer_that_came_while_we_were_frozen_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer lies in our socket, and the loop's clock is an hour later when it looks again."""
    loop = asyncio.get_running_loop()
    real, ahead = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: real() + ahead)
    answer_now, answered = threading.Event(), threading.Event()

    def freeze() -> None:
        nonlocal ahead
        answer_now.set()
        assert answered.wait(60)
        ahead += 3600.0

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            said = b""
            while b"\r\n\r\n" not in said or not said.rstrip().endswith(b"}"):
                said += connection.recv(65_536)
            loop.call_soon_threadsafe(freeze)
            answer_now.wait(60)
            connection.sendall(http(envelope(0, {"id": "task-1"})))
            answered.set()
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,))
        server.start()
        async with talking(f"http://127.0.0.1:{listening.getsockname()[1]}") as made:
            created = await made.create(PAYLOAD)
        await asyncio.to_thread(server.join)
    assert created.task_id == "task-1"


async def test_a_connection_that_nobody_takes_is_no_lost_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing was written, so nothing can have been charged."""
    monkeypatch.setattr(clients, "CALL", exchange.Limits(connect=0.05))
    with socket.socket() as deaf:  # listens, and the TLS handshake is never answered
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        async with talking(f"https://127.0.0.1:{deaf.getsockname()[1]}") as made:
            with pytest.raises(Unreachable):
                await made.create(PAYLOAD)


# ------------------------------------------------------------------------ is it done already?


def media(**more: Any) -> dict[str, Any]:
    return {"resource_status": 1, "status": "success", "url": "https://x.example/1.png", **more}


@pytest.mark.parametrize(
    ("medias", "done", "failed"),
    [
        ([], False, False),
        (None, False, False),
        ([media()], True, False),
        ([media(status="completed")], True, False),
        ([media(status=None)], True, False),
        ([media(url="", watermark_url="https://x.example/w")], True, False),
        ([media(url=None, preview_url="https://x.example/p")], True, False),
        ([media(url="")], False, False),
        ([media(resource_status=None)], False, False),
        ([media(resource_status="")], False, False),
        ([media(resource_status="1")], True, False),
        ([media(resource_status=0)], False, False),
        ([media(), media(resource_status=0)], False, False),
        ([media(), media()], True, False),
        ([media(), media(resource_status=2)], True, False),
        ([media(), media(resource_status=2), media(resource_status=0)], False, False),
        ([media(resource_status=2), media(resource_status=3)], False, True),
        ([media(resource_status=3)], False, True),
        ([media(status="FAILED")], False, True),
        ([media(resource_status=0, status="failed")], False, True),
        ([media(resource_status=2), media(resource_status=0)], False, False),
        ([media(status="meditating", resource_status=0)], False, False),
    ],
)
def test_done_when_nothing_is_worked_on_and_failed_when_nothing_came_out(
    medias: object, done: bool, failed: bool
) -> None:
    progress = wire.Detail.model_validate({"medias": medias}).progress()
    assert (progress.done, progress.failed) == (done, failed)
    listed = medias if isinstance(medias, list) else []
    ready = [each for each in listed if wire.WireMedia.model_validate(each).ready]
    assert (len(progress.medias), progress.total) == (len(ready), len(listed))


def test_a_state_nobody_knows_is_named() -> None:
    raw = {"medias": [media(status="meditating\x1b[2J", resource_status=0)]}
    assert wire.Detail.model_validate(raw).progress().odd_status == "meditating"


@pytest.mark.parametrize("field", ["error_msg", "remark"])
def test_the_reason_of_a_failure_comes_in_clean(field: str) -> None:
    raw = {"medias": [media(resource_status=2, **{field: "no\x1b]0;x\x07 faces"})]}
    assert wire.Detail.model_validate(raw).progress().reason == "no faces"


# ---------------------------------------------------------------------------------- the key


@pytest.mark.parametrize("key", ["", "sk-123", "IMA_x", "ima_é", "ima_a\nb", " ima_x"])
def test_a_key_that_cant_be_imas_is_refused_before_any_request(key: str) -> None:
    with pytest.raises(KeyInvalid):
        ImaClient(key=key, base_url="http://127.0.0.1:1", upload_url="http://127.0.0.1:1")


async def test_every_call_carries_the_headers_and_no_redirect_is_followed(server: Wire) -> None:
    other = Wire()
    listening = await asyncio.start_server(other.serve, "127.0.0.1", 0)
    elsewhere = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    async with talking(server.url, language="zh") as made:
        server.answer = http(envelope(0, []))
        assert await made.products(TaskType.TEXT_TO_VIDEO) == []
        server.answer = http("", "307 Temporary", Location=elsewhere)
        with pytest.raises(Unreachable):
            await made.products(TaskType.TEXT_TO_VIDEO)
    listening.close()
    assert other.heard == []
    head = server.heard[0].decode().lower()
    assert head.startswith(
        "get /open/v1/product/list?app=ima&platform=web&category=text_to_video http"
    )
    assert f"authorization: bearer {KEY}" in head
    assert "x-app-source: ima_skills" in head
    assert "x_app_language: zh" in head


async def upload(server: Wire, token: dict[str, Any] | None = None) -> str:
    addresses = token or {"ful": f"{server.url}/put?Signature=s", "fdl": "https://x.example/in.png"}

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_put = server.heard[-1].startswith(b"PUT")
        writer.write(http("") if is_put else http(envelope(0, addresses)))

    server.answer = answer
    async with talking(server.url, now=lambda: 1_700_000_000.9) as made:
        return await made.upload(b"picture", mime="image/png", suffix="png")


async def test_an_upload_is_signed_and_the_put_carries_no_key(server: Wire) -> None:
    assert await upload(server) == "https://x.example/in.png"
    token, put = server.heard
    query = {
        name: values[0]
        for name, values in parse_qs(urlsplit(token.split(b" ")[1].decode()).query).items()
    }
    signed = f"webAgent|32jdskjdk320eew|1700000000|{query['nonce']}"
    assert query.pop("sign") == hashlib.sha1(signed.encode()).hexdigest().upper()
    assert len(query.pop("nonce")) >= 16
    assert query == {
        "appUid": KEY,
        "cmimToken": KEY,
        "appId": "webAgent",
        "appKey": "32jdskjdk320eew",
        "timestamp": "1700000000",
        "fService": "privite",
        "fType": "picture",
        "fSuffix": "png",
        "fContentType": "image/png",
    }
    head, _, body = put.partition(b"\r\n\r\n")
    assert body == b"picture"
    assert b"content-type: image/png" in head.lower()
    assert b"authorization" not in head.lower()
    assert KEY.encode() not in put


async def put_to(server: Wire, respond: Respond, content: bytes) -> str:
    """An upload whose PUT is answered by `respond`."""
    token = http(envelope(0, {"ful": f"{server.url}/put", "fdl": "https://x.example/in.png"}))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(server.heard) == 1:
            writer.write(token)
            await writer.drain()
        else:
            await respond(reader, writer)

    server.answer = answer
    async with talking(server.url) as made:
        return await made.upload(content, mime="image/png", suffix="png")


@pytest.mark.parametrize("limits", [{"silence": 0.2}, {"whole": 0.2, "slowest": 10**9}])
async def test_an_upload_that_nobody_answers_ends(
    server: Wire, monkeypatch: pytest.MonkeyPatch, limits: dict[str, float]
) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(clients, "UPLOAD_CALL", exchange.Limits(**limits))  # type: ignore[arg-type]
    with pytest.raises(Unreachable):
        await put_to(server, silent, b"picture" * 100_000)


async def test_an_upload_arrives_whole_with_its_length(server: Wire) -> None:
    async def taken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(""))
        await writer.drain()

    content = bytes(range(256)) * 1000
    assert await put_to(server, taken, content) == "https://x.example/in.png"
    head, _, body = server.heard[1].partition(b"\r\n\r\n")
    assert body == content
    assert b"transfer-encoding" not in head.lower()


def test_a_transfer_may_take_longer_the_more_it_moves() -> None:
    limits = exchange.Limits(whole=100, slowest=1000)
    assert [limits.total(moved) for moved in (0, 1000, 5000)] == [100, 200, 600]


@pytest.mark.parametrize("ful", ["http://elsewhere.example/put", "file:///etc/passwd", "", None])
async def test_an_upload_goes_to_https_only(server: Wire, ful: object) -> None:
    with pytest.raises(Malformed):
        await upload(server, {"ful": ful, "fdl": "https://x.example/in.png"})
    assert len(server.heard) == 1


async def test_the_key_stands_in_no_log_and_no_error(
    server: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11"):
        caplog.set_level(logging.DEBUG, logger=name)
    said: list[str] = []
    echo = http(envelope(77, message=f"bad key {KEY}"))
    for answer in [*BROKEN.values(), echo]:
        server.answer = answer
        async with talking(server.url) as made:
            calls: list[Callable[[], Awaitable[Any]]] = [
                lambda m=made: m.create(PAYLOAD),
                lambda m=made: m.upload(b"x", mime="image/png", suffix="png"),
                lambda m=made: m.verify("https://x.example/a.png"),
            ]
            for call in calls:
                try:
                    await call()
                except ImaError as error:
                    said += [str(error), repr(error), "".join(traceback.format_exception(error))]
                    said += [str(vars(error))]
    assert len(said) == 4 * 3 * (len(BROKEN) + 1)
    assert KEY not in "\n".join(said)
    assert KEY not in caplog.text
    assert KEY not in "".join(str(vars(record)) for record in caplog.records)


async def test_a_checked_input_passes_or_is_rejected_with_the_reason(server: Wire) -> None:
    for status in ("active", "Success", " ACTIVE "):
        server.answer = http(envelope(0, {"result": {"status": status}}))
        async with talking(server.url) as made:
            await made.verify("https://x.example/a.png")
    error = {"code": "E1", "message": "a real face"}
    server.answer = http(envelope(0, {"result": {"status": "failed", "error": error}}))
    async with talking(server.url) as made:
        with pytest.raises(UsageError) as caught:
            await made.verify("https://x.example/a.png")
    assert caught.value.values["reason"] == "a real face"


# --------------------------------------------------------------------------------- downloads


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example/a.png",
        "ftp://x.example/a.png",
        "file:///etc/passwd",
        "https://",
        "https://[",
        "https://user:pw@x.example/a",
        "https://user@x.example/a",
        "https://127.0.0.1/a",
        "https://localhost/a",
        "https://10.1.2.3/a",
        "https://192.168.0.1/a",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a",
        "https://[fe80::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://0.0.0.0/a",
        "https://x.example:99999/a",
        "",
        "\x00",
    ],
)
async def test_results_come_from_public_https_hosts_only(url: str) -> None:
    with pytest.raises(DownloadError):
        await check_address(url, "")


async def test_a_public_address_is_good_and_the_sandboxs_own_is_the_exception() -> None:
    await check_address("https://1.1.1.1/a.png", "")
    await check_address("http://127.0.0.1:8765/a.png", "http://127.0.0.1:8765")
    for other in ("http://127.0.0.1:8766/a", "http://x@127.0.0.1:8765/a"):
        with pytest.raises(DownloadError):
            await check_address(other, "http://127.0.0.1:8765")


async def fetched(server: Wire, answer: bytes, part: Path) -> int:
    server.answer = answer
    downloader = Downloader(sandbox=server.url)
    try:
        return await downloader.fetch(f"{server.url}/a.png", part)
    finally:
        await downloader.aclose()


async def test_a_result_is_stored_whole(server: Wire, tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    assert await fetched(server, http(b"picture"), part) == 7
    assert part.read_bytes() == b"picture"
    assert b"authorization" not in server.heard[0].lower()


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (http("", "404 Not Found"), "error.link_denied"),
        (http("", "403 Forbidden"), "error.link_denied"),
        (http("", "410 Gone"), "error.link_denied"),
        (http("", "500 Oops"), "error.link_trouble"),
        (http("", "429 Slow down"), "error.link_trouble"),
        (http(b"picture")[:-3], "error.download_broken"),
        (http("", "302 Found", Location="http://x.example/"), "error.link_refused"),
        (http("", "302 Found", Location="https://10.0.0.1/"), "error.link_refused"),
        (http("", "302 Found", Location="https://["), "error.link_refused"),
        (http("", "302 Found", Location="/a.png"), "error.link_refused"),
        (http("", "302 Found"), "error.link_refused"),
    ],
)
async def test_a_download_that_goes_wrong_says_how(
    server: Wire, tmp_path: Path, answer: bytes, key: str
) -> None:
    with pytest.raises(DownloadError) as caught:
        await fetched(server, answer, tmp_path / "a.part")
    assert caught.value.key == key


@pytest.mark.parametrize("limits", [{"silence": 0.1}, {"whole": 0.2, "slowest": 10**9}])
async def test_a_download_without_progress_or_without_an_end_ends(
    server: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, float]
) -> None:
    dripping = "whole" in limits

    async def stall(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        await writer.drain()
        while True:
            if dripping:
                writer.write(b"x")
                await writer.drain()
            await asyncio.sleep(0.01)

    monkeypatch.setattr(downloads, "LIMITS", exchange.Limits(**limits))  # type: ignore[arg-type]
    server.answer = stall  # type: ignore[assignment]
    downloader = Downloader(sandbox=server.url)
    with pytest.raises(DownloadError) as caught:
        await downloader.fetch(f"{server.url}/a.png", tmp_path / "a.part")
    assert caught.value.key == "error.download_broken"
    await downloader.aclose()


async def test_a_result_larger_than_the_cap_is_left(
    server: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "LARGEST", 5)
    with pytest.raises(DownloadError) as caught:
        await fetched(server, http(b"picture"), tmp_path / "a.part")
    assert caught.value.key == "error.too_large"


async def test_a_folder_that_is_not_there_is_a_matter_of_the_disk(
    server: Wire, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError) as caught:
        await fetched(server, http(b"picture"), tmp_path / "no" / "a.part")
    assert caught.value.key == "error.disk"


# ------------------------------------------------------------------------ against the sandbox


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    with running_sandbox(speed=1000) as sandbox:
        yield sandbox.base_url


async def test_the_sandbox_takes_what_the_client_sends(sandbox_url: str, tmp_path: Path) -> None:
    async with talking(sandbox_url) as made:
        for task_type in TaskType:
            assert await made.products(task_type)
        url = await made.upload(b"\x89PNG\r\n\x1a\n0000", mime="image/png", suffix="png")
        await made.verify(url)
        with pytest.raises(Refused):
            await made.detail("nobody's")
    async with talking(sandbox_url, key="ima_invalid_key") as made:
        with pytest.raises(Unauthorised):
            await made.products(TaskType.TEXT_TO_IMAGE)
    ledger = httpx.get(f"{sandbox_url}/sandbox/ledger").json()
    assert ledger["violations"] == []


async def test_a_last_look_right_before_a_question_is_written(server: Wire) -> None:
    class Changed(Exception):
        pass

    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks != 3:  # once before the headers, once between them and the body, then neither
            raise Changed

    server.answer = http(envelope(0, {"medias": []}))
    async with talking(server.url) as made:
        with pytest.raises(Changed):
            await made.detail("task-1", look)
        looks = 2
        with pytest.raises(Changed):
            await made.detail("task-1", look)
        assert server.heard == [], "nothing was asked"
        await made.detail("task-1", lambda: None)
    assert len(server.heard) == 1
