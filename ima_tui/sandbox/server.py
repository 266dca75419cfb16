"""Routes of the sandbox, served in a thread (tests) or as a program (`ima-tui sandbox`)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ima_tui.sandbox.faults import ConnectionProtocol, Door
from ima_tui.sandbox.scenario import Scenario, ScenarioError, parse
from ima_tui.sandbox.service import SandboxService

ADDRESSES = (
    ("/open/v1/product/list", "GET", "product_list"),
    ("/open/v1/tasks/create", "POST", "create"),
    ("/open/v1/tasks/detail", "POST", "detail"),
    ("/open/v1/assets/verify", "POST", "verify"),
    ("/api/rest/oss/getuploadtoken", "GET", "upload_token"),
    ("/oss/{path:path}", "PUT", "put"),
    ("/cdn/{path:path}", "GET", "media"),
    ("/media/{path:path}", "GET", "media"),
)


def build_app(service: SandboxService) -> Starlette:
    """Return the ASGI app for `service`."""

    async def ledger(_: Request) -> Response:
        # prompts can hold lone surrogates, which need escapes
        text = json.dumps(service.ledger_json(), ensure_ascii=True)
        return Response(text, media_type="application/json")

    async def reset(_: Request) -> Response:
        service.reset()
        return JSONResponse({"ok": True})

    async def scenario(request: Request) -> Response:
        text = (await request.body()).decode("utf-8", "replace")
        try:
            service.use(parse(text))
        except ScenarioError as error:
            return JSONResponse({"ok": False, "error": str(error)}, status_code=400)
        return JSONResponse({"ok": True})

    async def health(_: Request) -> Response:
        models = sum(1 for _ in service.catalogue.all())
        return JSONResponse(
            {"ok": True, "speed": service.speed, "video": service.film_format, "leaves": models}
        )

    routes = [
        Route(path, Door(service, endpoint), methods=[method])
        for path, method, endpoint in ADDRESSES
    ]
    routes += [
        Route("/sandbox/ledger", ledger, methods=["GET"]),
        Route("/sandbox/reset", reset, methods=["POST"]),
        Route("/sandbox/scenario", scenario, methods=["POST"]),
        Route("/sandbox/health", health, methods=["GET"]),
    ]
    return Starlette(routes=routes)


__all__ = ["Sandbox", "ScenarioError", "running_sandbox", "serve"]

HOST = "127.0.0.1"
START_PATIENCE_S = 10.0
T = TypeVar("T")


class _Server(uvicorn.Server):
    """uvicorn server that signals when it is up, and exposes its event loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and signal it."""
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; with `force_exit` connections are cut."""
        if self.force_exit:  # from Python 3.12 a server waits for open connections
            for connection in list(self.server_state.connections):
                if connection.transport is not None:
                    connection.transport.abort()
        await super().shutdown(sockets)


class Sandbox:
    """A running sandbox in a background thread of this process.

    `base_url` is "http://127.0.0.1:PORT" and also the upload host. Methods may be called from any
    thread but the server's own.
    """

    def __init__(self, port: int, speed: float, scenario: Scenario) -> None:
        """Bind and start. Raises `OSError` when the port is taken."""
        self._socket = _bound(port)
        self.base_url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        self._service = SandboxService(self.base_url, speed, scenario)
        config = uvicorn.Config(
            build_app(self._service),
            loop="asyncio",
            http=ConnectionProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name="ima-sandbox", daemon=True)
        self._thread.start()
        if not self._server.up.wait(START_PATIENCE_S):
            raise OSError("the sandbox did not start")

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    @property
    def speed(self) -> float:
        """Factor by which waiting times are divided."""
        return self._service.speed

    @property
    def film_format(self) -> str:
        """`mp4` or `webp`."""
        return self._service.film_format

    def ledger(self) -> dict[str, Any]:
        """Return what GET /sandbox/ledger returns."""
        return self._on_loop(lambda: json.loads(json.dumps(self._service.ledger_json())))

    def reset(self) -> None:
        """Reset the service to its initial state."""
        self._on_loop(self._service.reset)

    def scenario(self, toml_text: str) -> None:
        """Replace the faults (and [server], if the text has one). Raises `ScenarioError`."""
        scenario = parse(toml_text)
        self._on_loop(lambda: self._service.use(scenario))

    def stop(self) -> None:
        """Stop serving; open connections are cut."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(START_PATIENCE_S)
        self._service.results.close()
        self._socket.close()

    def _on_loop(self, work: Callable[[], T]) -> T:
        """Run `work` on the server's event loop; after its end, here."""
        loop = self._server.loop
        if loop is None or not self._thread.is_alive():
            return work()

        async def there() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), loop).result(START_PATIENCE_S)


def _bound(port: int) -> socket.socket:
    """Bind here, so that a taken port raises `OSError` and port 0 becomes a number."""
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it every answer
    # waits 40 ms for a delayed ACK.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(512)
    except OSError:
        sock.close()
        raise
    return sock


@contextmanager
def running_sandbox(
    *, port: int = 0, speed: float = 1.0, scenario: str | None = None
) -> Iterator[Sandbox]:
    """Context of a running sandbox. `scenario` is TOML text; raises `ScenarioError`."""
    sandbox = Sandbox(port, speed, parse(scenario or ""))
    try:
        yield sandbox
    finally:
        sandbox.stop()


def serve(
    port: int,
    speed: float,
    scenario_path: Path | None,
    announce: TextIO,
    *,
    lifeline: bool = False,
) -> int:
    """Run until SIGINT or SIGTERM (or, with `lifeline`, until stdin ends). Returns the exit code.

    On start one JSON line goes to `announce`: {"event": "ready", "base_url", "upload_url", "speed",
    "video": "mp4" | "webp"}. Raises `ScenarioError` for a bad scenario, `OSError` for a taken port.
    """
    scenario = _read(scenario_path)
    sandbox = Sandbox(port, speed, scenario)
    over = threading.Event()
    restore = _end_on_signals(over)
    if lifeline:
        threading.Thread(target=_watch_stdin, args=(over,), daemon=True).start()
    ready = {
        "event": "ready",
        "base_url": sandbox.base_url,
        "upload_url": sandbox.base_url,
        "speed": sandbox.speed,
        "video": sandbox.film_format,
    }
    try:
        announce.write(json.dumps(ready) + "\n")
        announce.flush()
        over.wait()
    finally:
        sandbox.stop()
        restore()
    return 0


def _read(path: Path | None) -> Scenario:
    if path is None:
        return Scenario()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"The scenario {path} can't be read: {error}") from error
    return parse(text, str(path))


def _end_on_signals(over: threading.Event) -> Callable[[], None]:
    """Let SIGINT and SIGTERM end the sandbox; returns a function that restores the old handlers."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    old = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in old.items():
            signal.signal(number, handler)

    return restore


def _watch_stdin(over: threading.Event) -> None:
    """End when stdin closes, which happens even if the parent is killed."""
    while os.read(
        sys.stdin.fileno(), 4096
    ):  # unbuffered: a buffer's lock would outlive the interpreter
        pass
    over.set()
