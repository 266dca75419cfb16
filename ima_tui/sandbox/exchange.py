"""Request and response types, independent of HTTP libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ima_tui.sandbox.orders import SandboxRefusal


def _no_constant(name: str) -> Any:
    """Reject NaN and Infinity, which Python accepts and JSON has not."""
    raise ValueError(name)


@dataclass
class Call:
    """A request with its body. Header names are lower case."""

    endpoint: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON. Raises `SandboxRefusal` 400 if it is invalid."""
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise SandboxRefusal(400, "Bad request: invalid JSON", "bad_json") from error

    @property
    def key(self) -> str:
        """The API key of the Authorization header; empty without one."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""


@dataclass
class SandboxReply:
    """A response: an envelope (`envelope`, JSON) or bytes (`body`)."""

    envelope: dict[str, Any] | None = None
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Any, code: int = 0) -> SandboxReply:
        """Return a successful envelope. The real service uses both 0 and 200 as codes."""
        return cls({"code": code, "message": "success", "data": data})

    @classmethod
    def refused(cls, code: int, message: str) -> SandboxReply:
        """Return an envelope with an error code."""
        return cls({"code": code, "message": message, "data": None})

    def encoded(self) -> bytes:
        """Return the body's bytes; sets Content-Type and Content-Length."""
        if self.envelope is not None:
            self.body = json.dumps(self.envelope, ensure_ascii=False).encode("utf-8", "replace")
            self.headers.setdefault("content-type", "application/json; charset=utf-8")
        self.headers["content-length"] = str(len(self.body))
        return self.body
