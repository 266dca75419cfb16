"""Uploads: the signed token request, the presigned PUT, and the stored files."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ima_tui.sandbox.orders import SandboxRefusal

APP_ID = "webAgent"
APP_KEY = "32jdskjdk320eew"  # public: the same for every client of the service
TOKEN_PARAMETERS = {
    "appUid", "appId", "appKey", "cmimToken", "sign", "timestamp", "nonce", "fService", "fType",
    "fSuffix", "fContentType",
}  # fmt: skip
KINDS = {"picture": "image/", "video": "video/", "audio": "audio/"}
CLOCK_SLACK = 300  # seconds a timestamp may be off
PUT_VALID = 3600  # validity of a presigned URL in seconds
LARGEST = 100 * 1024 * 1024


@dataclass
class StoredFile:
    """A granted upload; `data` is None until the PUT."""

    path: str
    content_type: str
    suffix: str
    signature: str
    expires: int
    data: bytes | None = None


class Uploads:
    """Granted and stored uploads."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self.files: dict[str, StoredFile] = {}

    def grant(self, query: Mapping[str, str], now: float) -> dict[str, str]:
        """Check a token request and grant a URL. Raises `SandboxRefusal` 400."""
        missing = sorted(TOKEN_PARAMETERS - set(query))
        if missing:
            raise SandboxRefusal(400, f"Missing parameter {missing[0]}", "token_parameters")
        unknown = sorted(set(query) - TOKEN_PARAMETERS)
        if unknown:
            raise SandboxRefusal(400, f"Unknown parameter {unknown[0]}", "token_parameters")
        if query["appUid"] != query["cmimToken"]:
            raise SandboxRefusal(400, "appUid and cmimToken differ", "token_parameters")
        fixed = (query["appId"], query["appKey"], query["fService"])
        if fixed != (APP_ID, APP_KEY, "privite"):
            raise SandboxRefusal(400, "Invalid appId, appKey or fService", "token_parameters")
        self._check_sign(query, now)
        prefix = KINDS.get(query["fType"])
        suffix, content_type = query["fSuffix"], query["fContentType"]
        if prefix is None or not content_type.startswith(prefix) or not suffix.isalnum():
            raise SandboxRefusal(400, "Invalid fType, fContentType or fSuffix", "token_parameters")
        path = f"{APP_ID}/privite/{int(now)}_{secrets.token_hex(8)}.{suffix}"
        stored = StoredFile(path, content_type, suffix, secrets.token_hex(14), int(now) + PUT_VALID)
        self.files[path] = stored
        return {
            "ful": f"{self._base_url}/oss/{quote(path)}?Expires={stored.expires}"
            f"&OSSAccessKeyId=sandbox&Signature={stored.signature}",
            "fdl": f"{self._base_url}/cdn/{quote(path)}",
            "ful_expire": str(stored.expires),
            "fdl_expire": str(stored.expires + 7 * 24 * 3600),
            "fdl_key": path,
        }

    def _check_sign(self, query: Mapping[str, str], now: float) -> None:
        stamp = query["timestamp"]
        if not stamp.isdigit() or abs(int(stamp) - now) > CLOCK_SLACK:
            raise SandboxRefusal(400, "timestamp expired", "sign")
        text = f"{APP_ID}|{APP_KEY}|{stamp}|{query['nonce']}"
        wanted = hashlib.sha1(text.encode()).hexdigest().upper()  # noqa: S324 - the service's own
        if not query["nonce"] or not hmac.compare_digest(wanted, query["sign"]):
            raise SandboxRefusal(400, "sign error", "sign")

    def store(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], data: bytes,
        now: float,
    ) -> None:  # fmt: skip
        """Accept the presigned PUT.

        Raises `SandboxRefusal` with an HTTP status as code (403, 400, 413).
        """
        stored = self.files.get(path)
        if "authorization" in headers:
            raise SandboxRefusal(400, "Only one auth mechanism allowed", "authorization_on_put")
        if stored is None or query.get("Signature") != stored.signature or now > stored.expires:
            raise SandboxRefusal(403, "SignatureDoesNotMatch")
        if query.get("Expires") != str(stored.expires):
            raise SandboxRefusal(403, "SignatureDoesNotMatch")
        if headers.get("content-type") != stored.content_type:
            raise SandboxRefusal(403, "SignatureDoesNotMatch: Content-Type", "put_content_type")
        if len(data) > LARGEST:
            raise SandboxRefusal(413, "EntityTooLarge")
        stored.data = data

    def at(self, url: str) -> StoredFile | None:
        """Return the upload at one of our download URLs, or None."""
        prefix = f"{self._base_url}/cdn/"
        return self.files.get(url.removeprefix(prefix)) if url.startswith(prefix) else None
