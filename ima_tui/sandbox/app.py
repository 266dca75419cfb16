"""Routes of the sandbox: the API's (both hosts in one), and control endpoints."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ima_tui.sandbox.faults import Door
from ima_tui.sandbox.scenario import ScenarioError, parse
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


def build(service: SandboxService) -> Starlette:
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
