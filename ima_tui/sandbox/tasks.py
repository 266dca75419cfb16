"""Simulated tasks: when each output is ready, and what detail returns.

Times are seconds of the server's monotonic clock. Random choices depend on the seed and the task's
number, so a run can be repeated.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ima_tui.sandbox.orders import SandboxOrder
from ima_tui.sandbox.results import shape_of

AUDIO = ("text_to_music", "text_to_speech")


@dataclass
class MediaPlan:
    """One output: when it is done, and which of the service's response variants it uses."""

    done_at: float
    url_after: float  # seconds between "ready" and the URL's appearance
    url_field: str
    done_word: str
    cover_field: str
    failure: tuple[int, str, str] | None = None  # resource_status, status, message


@dataclass
class Task:
    """One accepted create."""

    id: str
    biz_id: str
    key: str
    order: SandboxOrder
    created: float
    created_at: int  # wall clock, ms
    timeout_at: int | None  # wall clock, ms; None: no deadline
    charged: int
    medias: list[MediaPlan]
    extension: str
    stuck: bool = False
    flood: int = 0  # number of outputs that detail lists, whatever was ordered
    last_asked: float | None = None

    @property
    def duration(self) -> float:
        """Seconds until every output is done."""
        return max(media.done_at for media in self.medias) - self.created

    def is_ready(self, place: int, now: float) -> bool:
        """Tell whether an output is ready."""
        media = self.medias[place]
        return not self.stuck and media.failure is None and now >= media.done_at

    def status(self, now: float) -> str:
        """Return processing, success or failed, for the ledger."""
        if any(media.failure and now >= media.done_at for media in self.medias):
            return "failed"
        if all(self.is_ready(place, now) for place in range(len(self.medias))):
            return "success"
        return "processing"

    def fail(self, options: dict[str, Any], *, at: float | None = None) -> None:
        """Let the task fail: when it would end, or `at` another monotonic second."""
        status = options.get("resource_status", 2)
        word = options.get("task_status", "deleted" if status == 3 else "failed")
        message = options.get("message", "Generation failed: upstream returned no result")
        only = options.get("media")
        for place, media in enumerate(self.medias):
            if only is None or place == only:
                media.failure = (status, word, message)
                media.done_at = media.done_at if at is None else min(media.done_at, at)

    def withhold_urls(self, seconds: float | None) -> None:
        """Delay the URLs of ready outputs by `seconds` (None: for ever)."""
        for media in self.medias:
            media.url_after = float("inf") if seconds is None else seconds


def draw(
    order: SandboxOrder, key: str, number: int, seed: int | str, speed: float,
    clock: tuple[float, float], extension: str, timeout_s: float | None,
) -> Task:  # fmt: skip
    """Create the task of an accepted order. `clock` is (monotonic seconds, wall clock seconds)."""
    dice = random.Random(f"{seed}:{number}")  # noqa: S311 - a play, not a secret
    digest = hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()
    now, wall = clock
    low, high = order.model.estimate
    whole = dice.uniform(low, high) / speed
    shares = [1.0] + [dice.uniform(0.55, 0.95) for _ in range(order.n - 1)]
    dice.shuffle(shares)
    patience = timeout_s if timeout_s is not None else max(300.0, 3 * high)
    return Task(
        id=f"task_{digest[:20]}",
        biz_id=f"biz_{digest[20:36]}",
        key=key,
        order=order,
        created=now,
        created_at=int(wall * 1000),
        timeout_at=int((wall + patience) * 1000) if patience else None,
        charged=order.rule.points * order.n,
        medias=[_media(now + whole * share, whole, dice) for share in shares],
        extension=extension,
    )


def _media(done_at: float, whole: float, dice: random.Random) -> MediaPlan:
    return MediaPlan(
        done_at=done_at,
        url_after=min(4.0, whole * 0.05) if dice.random() < 0.3 else 0.0,
        url_field=dice.choices(("url", "watermark_url", "preview_url"), (7, 2, 1))[0],
        done_word="completed" if dice.random() < 0.25 else "success",
        cover_field="cover_url" if dice.random() < 0.25 else "cover",
    )


def detail(task: Task, now: float, base_url: str) -> dict[str, Any]:
    """Return the `data` of POST /open/v1/tasks/detail; without medias right after the create."""
    progress = (now - task.created) / max(task.duration, 1e-9)
    medias = [] if progress < 0.03 else [
        _media_json(task, place, now, base_url) for place in range(len(task.medias))
    ]  # fmt: skip
    if medias and task.flood:
        medias = [_copy(medias[at % len(medias)], at) for at in range(task.flood)]
    answer = {
        "id": task.id,
        "biz_id": task.biz_id,
        "task_type": task.order.model.task_type,
        "generate_count": len(task.medias),
        "created_at": task.created_at,
        "medias": medias,
    }
    if task.timeout_at is not None:
        answer["timeout_at"] = task.timeout_at
    return answer


def _copy(media: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a copy of an output, under a URL of its own."""
    fields = ("url", "watermark_url", "preview_url")
    return media | {name: f"{media[name]}?copy={number}" for name in fields if media.get(name)}


def _media_json(task: Task, place: int, now: float, base_url: str) -> dict[str, Any]:
    media = task.medias[place]
    answer: dict[str, Any] = {"biz_id": f"{task.biz_id}_{place}", "resource_id": place + 1}
    if task.stuck or now < media.done_at:
        early = (now - task.created) / max(media.done_at - task.created, 1e-9)
        waiting = early < 0.15
        answer["resource_status"] = None if waiting else 0
        answer["status"] = "pending" if waiting else "processing"
        return answer
    if media.failure is not None:
        status, word, message = media.failure
        answer.update(resource_status=status, status=word, url="")
        answer["remark" if place % 2 else "error_msg"] = message
        return answer
    answer.update(resource_status=1, status=media.done_word, url="")
    if now >= media.done_at + media.url_after:
        answer.update(_result(task, place, media, base_url))
    return answer


def _result(task: Task, place: int, media: MediaPlan, base_url: str) -> dict[str, Any]:
    stem = f"{base_url}/media/{quote(task.id)}/{place}"
    variant = {"url": "", "watermark_url": "-watermark", "preview_url": "-preview"}
    answer: dict[str, Any] = {"url": "", media.url_field: f"{stem}{variant[media.url_field]}"}
    answer[media.url_field] += f".{task.extension}"
    if media.url_field == "url":
        answer["watermark_url"] = f"{stem}-watermark.{task.extension}"
    shape = shape_of(task.order, task.extension)
    answer["format"] = task.extension
    if task.order.model.task_type not in AUDIO:
        answer["width"], answer["height"] = shape.width, shape.height
        answer[media.cover_field] = f"{stem}-cover.jpg"
    if shape.seconds:
        answer["duration_str"] = f"{shape.seconds:g}s"
    return answer
