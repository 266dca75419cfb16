"""The family of errors, and what each means to a person.

    ImaError                      key: a row of `messages`, values: for its words
    ├── UsageError                 what was asked for can't be (exit 2)
    ├── KeyMissing / KeyInvalid    no key, or none of IMA's (exit 3)
    ├── OverLimit                  dearer than the person allowed (exit 4)
    └── ServiceError               the service, or the way to it
        ├── Refused                answered with a code: nothing was accepted, unless
        │   │                      `may_be_charged` (a fault of the service, HTTP 5xx)
        │   ├── Unauthorised       401
        │   └── Limited            429: `retry_after` seconds
        ├── Unreachable            provably not accepted: no connection was made
        │   ├── Untrusted          the host's certificate is refused
        │   └── Misconfigured      a proxy or TLS setting can't be used (exit 2)
        ├── Lost                   sent, and no readable answer: it may have been accepted
        ├── ClockWrong             refused, for this machine's clock is wrong
        └── Malformed              answered, but not as agreed

`Lost` is the one that costs money when it is taken for another: who catches it must never send
again by itself. Rules: the service's envelope and its refusal codes.
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
"""The keys of `Unreachable`: no connection, and why."""
MISCONFIGURED = frozenset(
    f"error.{name}"
    for name in (
        *("proxy_kind", "proxy_address", "proxy_socks"),
        *("ca_missing", "ca_unreadable", "ca_invalid"),
    )
)
"""The keys of `Misconfigured`: each names a variable."""


class ImaError(Exception):
    """`key` names the sentence in `messages`; `values` fill it. Never holds a secret."""

    exit_code = EXIT_FAILED

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


class UsageError(ImaError):
    exit_code = EXIT_USAGE


class KeyMissing(ImaError):
    exit_code = EXIT_KEY

    def __init__(self) -> None:
        super().__init__("error.key_missing")


class KeyInvalid(ImaError):
    """A key that can't be IMA's: refused before any request."""

    exit_code = EXIT_KEY

    def __init__(self) -> None:
        super().__init__("error.key_prefix")


class OverLimit(ImaError):
    exit_code = EXIT_LIMIT


class ServiceError(ImaError):
    pass


class Refused(ServiceError):
    """The service said no, with a `code`: nothing was accepted, nothing charged."""

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
        self.may_be_charged = http_status >= 500 and 500 <= code < 600
        """A fault inside the service, which can happen after it took the points."""
        self.message = message
        """The service's own words, cleaned; for the log, not for the person."""

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        return {401: EXIT_KEY, 4008: EXIT_LIMIT}.get(self.code, EXIT_FAILED)


class Unauthorised(Refused):
    def __init__(self, message: str = "") -> None:
        super().__init__(401, message)


class Limited(Refused):
    def __init__(self, retry_after: float | None, message: str = "") -> None:
        super().__init__(429, message)
        self.retry_after = retry_after


class Unreachable(ServiceError):
    """No connection was made: whatever was to be sent was provably not accepted."""

    exit_code = EXIT_UNREACHABLE

    def __init__(
        self, why: str = "", key: str = "error.unreachable", **values: str | int | float
    ) -> None:
        super().__init__(key, **values)
        self.why = why


class Untrusted(Unreachable):
    """The host could not prove who it is."""


class Misconfigured(Unreachable):
    """A proxy or certificate setting that can't be used. Trying again changes nothing: whoever
    set the variable has to."""

    exit_code = EXIT_USAGE

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__("setting", key, **values)


class ClockWrong(ServiceError):
    """Refused because this machine's clock is `ahead` seconds ahead (behind, if negative); 0: by
    how much is not known."""

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
    """It was sent and no readable answer came: it may have been accepted."""

    exit_code = EXIT_UNKNOWN

    def __init__(self, why: str = "") -> None:
        super().__init__("error.lost")
        self.why = why


class Malformed(ServiceError):
    """An answer came, complete, but not in the agreed form."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, why: str = "") -> None:
        super().__init__("error.malformed")
        self.why = why
