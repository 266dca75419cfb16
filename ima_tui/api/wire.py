"""Wire format: request payloads and response models.

Responses are read leniently (unknown keys ignored, nulls allowed, text cleaned), payloads are built
exactly, because the service refuses what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from ima_tui.core.domain import Media, Order
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line, redact

READY, FAILED, DELETED = 1, 2, 3
MOST_MEDIAS = 1_000
"""Maximum outputs of a task that are read."""
LONGEST_PAUSE = 300.0
"""Maximum pause in seconds that the service can ask for."""
KNOWN_STATUSES = frozenset({"", "pending", "processing", "success", "completed", "failed"})


def create_payload(order: Order, urls: Sequence[str]) -> dict[str, Any]:
    """Build the create request for `order`, with its inputs uploaded to `urls` (same order)."""
    cast = {"points": order.points, "attribute_id": order.attribute_id}
    return {
        "task_type": order.task_type.value,
        "enable_multi_model": False,
        "src_img_url": list(urls),
        "parameters": [
            {
                "attribute_id": order.attribute_id,
                "model_id": order.model_id,
                "model_name": order.model_name,
                "model_version": order.version,
                "app": "ima",
                "platform": "web",
                "category": order.task_type.value,
                "credit": order.points,
                "parameters": {
                    **dict(order.parameters),
                    "prompt": order.prompt,
                    "n": order.n,
                    "input_images": list(urls),
                    "cast": cast,
                },
            }
        ],
    }


def http_date(text: str) -> float | None:
    """Parse a Date header to seconds since the epoch, or None."""
    try:
        when = parsedate_to_datetime(text[:100]) if text else None
        if when is None:
            return None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after(text: str, date: str, now: float) -> float | None:
    """Parse a Retry-After header in either form to seconds, at most `LONGEST_PAUSE`.

    `date`: the Date header beside it, used instead of our clock, which may be wrong.
    """
    raw = text.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", raw):
        return min(LONGEST_PAUSE, float(raw)) if len(raw) < 20 else LONGEST_PAUSE
    until, said = http_date(raw), http_date(date)
    if until is None:
        return None
    return min(LONGEST_PAUSE, max(0.0, until - (now if said is None else said)))


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < 1e18 else None
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)  # None instead of an error, which would lose the neighbouring fields
    return None


def _text(value: object) -> str:
    return clean(value, 4_000) if isinstance(value, str | int | float) else ""


def _words(value: object) -> str:
    """Clean text for users and logs; some services repeat the request in it, key included."""
    return redact(_text(value))


def _rows(value: object) -> list[object]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _row(value: object) -> object:
    return value if isinstance(value, Mapping) else {}


Whole = Annotated[int | None, BeforeValidator(_whole)]
Text = Annotated[str, BeforeValidator(_text)]
Words = Annotated[str, BeforeValidator(_words)]


class Wire(BaseModel):
    """Base of all response models: immutable, unknown keys ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Envelope(Wire):
    """The envelope of every response. `code` None: the response is not the service's own."""

    code: Whole = None
    message: Words = Field("", validation_alias=AliasChoices("message", "msg", "error_msg"))
    data: Any = None


class CreatedBody(Wire):
    """Data of a create response."""

    id: Text = ""
    timeout_at: Whole = None
    """Milliseconds since the epoch."""


class WireMedia(Wire):
    """One output in a detail response."""

    resource_status: Whole = None
    status: Words = ""
    url: Text = ""
    watermark_url: Text = ""
    preview_url: Text = ""
    cover: Text = ""
    cover_url: Text = ""
    format: Words = ""
    width: Whole = None
    height: Whole = None
    duration_str: Words = ""
    error_msg: Words = ""
    remark: Words = ""

    @property
    def best_url(self) -> str:
        """The URL of the best available variant."""
        return self.url or self.watermark_url or self.preview_url

    @property
    def failed(self) -> bool:
        """Whether this output failed or was deleted."""
        return self.resource_status in (FAILED, DELETED) or self.status.lower() == "failed"

    @property
    def ready(self) -> bool:
        """Whether this output can be downloaded."""
        return self.resource_status == READY and not self.failed and bool(self.best_url)

    def media(self) -> Media:
        """Return it as a domain object, every field bounded."""
        return Media(
            url=one_line(self.best_url, 4_000),
            cover=one_line(self.cover or self.cover_url, 4_000),
            format=one_line(self.format, 20),
            width=self.width,
            height=self.height,
            duration=one_line(self.duration_str, 20),
        )


class Detail(Wire):
    """Data of a detail response."""

    medias: Annotated[list[WireMedia], BeforeValidator(_rows)] = Field(default_factory=list)

    def progress(self) -> Progress:
        """Return the progress.

        A task is over only when no output is being worked on, and failed only when none came out.
        """
        medias = self.medias[:MOST_MEDIAS]
        ready = [media for media in medias if media.ready]
        failed = [media for media in medias if media.failed]
        over = bool(medias) and len(ready) + len(failed) == len(medias)
        odd = next((m.status for m in medias if m.status.lower() not in KNOWN_STATUSES), "")
        first = failed[0] if failed else WireMedia()
        return Progress(
            done=over and bool(ready),
            failed=over and not ready,
            deleted=bool(failed) and all(m.resource_status == DELETED for m in failed),
            reason=one_line(first.error_msg or first.remark, 300),
            medias=tuple(media.media() for media in ready),
            total=len(self.medias),
            broken=len(failed),
            odd_status="" if failed else one_line(odd, 40),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a task at the service.

    `done`: at least one output is ready and none is being worked on; `broken` of them failed.
    `failed`: none came out. `medias` are the ready ones, `total` is how many outputs the service
    lists. `reason` is the service's own, cleaned.
    """

    done: bool = False
    failed: bool = False
    deleted: bool = False
    reason: str = ""
    medias: tuple[Media, ...] = ()
    total: int = 0
    broken: int = 0
    odd_status: str = ""


class VerifyError(Wire):
    """Why an input was rejected."""

    code: Words = ""
    message: Words = ""


class VerifyResult(Wire):
    """Result of an input check."""

    status: Words = ""
    error: Annotated[VerifyError, BeforeValidator(_row)] = Field(default_factory=VerifyError)


class Verified(Wire):
    """Data of an input check response."""

    result: Annotated[VerifyResult, BeforeValidator(_row)] = Field(default_factory=VerifyResult)

    @property
    def passed(self) -> bool:
        """Whether the input was accepted."""
        return self.result.status.strip().lower() in ("active", "success")


class UploadToken(Wire):
    """Data of an upload token response."""

    ful: Text = ""
    """URL for the PUT; signed, so it is a secret."""
    fdl: Text = ""
    """The URL to use as input."""


class ProductTree(Wire):
    """Data of a product list; parsed by `catalogue.tree`, which also reads stored lists."""

    nodes: Annotated[list[dict[str, Any]], BeforeValidator(_rows)]
