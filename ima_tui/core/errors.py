"""Exception hierarchy with message keys and exit codes.

    ImaError                      key: a message of `i18n`, values: its placeholders
    ├── UsageError                 the request is invalid (exit 2)
    ├── KeyMissing / KeyInvalid    no API key, or not one of IMA's (exit 3)
    ├── OverLimit                  above the user's spending limit (exit 4)
    └── ServiceError               the service or the connection to it
        ├── Refused                answered with a code: nothing was accepted, unless
        │   │                      `may_be_charged` (a fault of the service, HTTP 5xx)
        │   ├── Unauthorised       401
        │   └── Limited            429: `retry_after` seconds
        ├── Unreachable            certainly not accepted: no connection was made
        │   ├── Untrusted          the host's certificate is rejected
        │   └── Misconfigured      a proxy or TLS setting is unusable (exit 2)
        ├── Lost                   sent without a readable answer: it may have been accepted
        ├── ClockWrong             refused because this machine's clock is wrong
        └── Malformed              answered, but not in the agreed form

Mistaking `Lost` for another error costs points: code that catches it must never send again by
itself. `Refused.KEYS` maps the service's codes (docs/sandbox.md) to keys, `i18n.explain` makes a
sentence of an error.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_KEY = 3
EXIT_LIMIT = 4
EXIT_STILL_RUNNING = 5
EXIT_UNREACHABLE = 6
EXIT_UNKNOWN = 7
EXIT_NOT_FETCHED = 8
EXIT_OUTPUT = 9
EXIT_INTERRUPTED = 130

UNREACHABLE = frozenset(
    f"error.{name}"
    for name in (
        *("unreachable", "proxy_down", "proxy_refused", "proxy_password", "tls_none", "tls_dates"),
        *("tls_name", "tls_self_signed", "tls_issuer", "tls_unknown"),
    )
)
"""Message keys of `Unreachable`: why there is no connection."""
MISCONFIGURED = frozenset(
    f"error.{name}"
    for name in (
        *("proxy_kind", "proxy_address", "proxy_socks"),
        *("ca_missing", "ca_unreadable", "ca_invalid"),
    )
)
"""Message keys of `Misconfigured`: each names a variable."""


class ImaError(Exception):
    """Base of all our errors.

    `key` names the message in `i18n`, `values` fill its placeholders; they never hold a secret.
    """

    exit_code = EXIT_FAILED

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


class UsageError(ImaError):
    """The request is invalid; the user can correct it."""

    exit_code = EXIT_USAGE


class KeyMissing(ImaError):
    """No API key was found."""

    exit_code = EXIT_KEY

    def __init__(self) -> None:
        super().__init__("error.key_missing")


class KeyInvalid(ImaError):
    """The API key can't be one of IMA's; rejected before any request."""

    exit_code = EXIT_KEY

    def __init__(self) -> None:
        super().__init__("error.key_prefix")


class OverLimit(ImaError):
    """The order costs more than the user's spending limit allows."""

    exit_code = EXIT_LIMIT


class ServiceError(ImaError):
    """The service, or the connection to it, failed."""


class Refused(ServiceError):
    """The service answered with an error `code`.

    Nothing was accepted or charged, unless `may_be_charged`.
    """

    KEYS: ClassVar[dict[int, str]] = {
        401: "error.unauthorised",
        429: "error.limited",
        4008: "error.too_few_points",
        4014: "error.subscription",
        6006: "error.price_changed",
        6009: "error.no_rule",
        6010: "error.rule_mismatch",
        400017: "error.bad_value",
        500: "error.too_heavy",
    }

    def __init__(self, code: int, message: str = "", http_status: int = 200) -> None:
        super().__init__(self.KEYS.get(code, "error.refused"))
        self.code = code
        self.may_be_charged = http_status >= 500 and (code == 500 or code not in self.KEYS)
        """A fault inside the service, which can happen after it charged the points: HTTP 5xx with
        a code that is none of `KEYS`."""
        self.message = message
        """The service's own message, cleaned; for the log, not for the user."""

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """The exit code of this refusal."""
        return {401: EXIT_KEY, 4008: EXIT_LIMIT}.get(self.code, EXIT_FAILED)


class Unauthorised(Refused):
    """The service rejected the API key (401)."""

    def __init__(self, message: str = "") -> None:
        super().__init__(401, message)


class Limited(Refused):
    """Too many requests (429). `retry_after`: seconds, None where the service named none."""

    def __init__(self, retry_after: float | None, message: str = "") -> None:
        super().__init__(429, message)
        self.retry_after = retry_after


class Unreachable(ServiceError):
    """No connection was made, so the request was certainly not accepted."""

    exit_code = EXIT_UNREACHABLE

    def __init__(
        self, why: str = "", key: str = "error.unreachable", **values: str | int | float
    ) -> None:
        super().__init__(key, **values)
        self.why = why


class Untrusted(Unreachable):
    """The host's certificate could not be verified."""


class Misconfigured(Unreachable):
    """A proxy or certificate setting is unusable.

    Retrying is pointless: the user has to change the variable.
    """

    exit_code = EXIT_USAGE

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__("setting", key, **values)


class ClockWrong(ServiceError):
    """Refused because this machine's clock is wrong.

    `ahead`: by how many seconds it is fast (negative: slow), 0 where unknown.
    """

    exit_code = EXIT_UNREACHABLE

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        for key, length in _SPANS:
            if round(abs(ahead) / length) >= 2:
                super().__init__(key, n=min(99_999, round(abs(ahead) / length)))
                return
        super().__init__("error.clock_unknown")


_SPANS = (("error.clock_days", 86_400), ("error.clock_hours", 3_600), ("error.clock_minutes", 60))


class Lost(ServiceError):
    """The request was sent without a readable answer: it may have been accepted."""

    exit_code = EXIT_UNKNOWN

    def __init__(self, why: str = "") -> None:
        super().__init__("error.lost")
        self.why = why


class Malformed(ServiceError):
    """A complete answer came, but not in the agreed form."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, why: str = "") -> None:
        super().__init__("error.malformed")
        self.why = why
