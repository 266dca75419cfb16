"""One request and one answer, freed of HTTP's machinery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ima_tui.sandbox.orders import SandboxRefusal


def _no_constant(name: str) -> Any:
    """Python reads NaN and Infinity; JSON has neither."""
    raise ValueError(name)


@dataclass
class Call:
    """A request whose body has been read. Header names are lower case."""

    endpoint: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON. Raises Refusal 400 when it is none."""
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
    """What goes back: an envelope (`envelope`, JSON) or bytes (`body`)."""

    envelope: dict[str, Any] | None = None
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Any, code: int = 0) -> SandboxReply:
        """Success. Both 0 and 200 mean it, and the service uses both."""
        return cls({"code": code, "message": "success", "data": data})

    @classmethod
    def refused(cls, code: int, message: str) -> SandboxReply:
        return cls({"code": code, "message": message, "data": None})

    def encoded(self) -> bytes:
        """The bytes on the wire, Content-Type and Content-Length included in the headers."""
        if self.envelope is not None:
            self.body = json.dumps(self.envelope, ensure_ascii=False).encode("utf-8", "replace")
            self.headers.setdefault("content-type", "application/json; charset=utf-8")
        self.headers["content-length"] = str(len(self.body))
        return self.body
