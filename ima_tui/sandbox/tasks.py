"""Simulated tasks: when each output is ready, what detail returns; and the files of results.

Times are seconds of the server's monotonic clock. Random choices depend on the seed and the task's
number, so a run can be repeated. Files are real images, videos and sounds, rendered on demand in
worker threads, once per file, in a bounded cache. The same order gives the same bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ima_tui.sandbox import media, paint
from ima_tui.sandbox.orders import SandboxOrder

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
        return max(plan.done_at for plan in self.medias) - self.created

    def is_ready(self, place: int, now: float) -> bool:
        """Tell whether an output is ready."""
        plan = self.medias[place]
        return not self.stuck and plan.failure is None and now >= plan.done_at

    def status(self, now: float) -> str:
        """Return processing, success or failed, for the ledger."""
        if any(plan.failure and now >= plan.done_at for plan in self.medias):
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
        for place, plan in enumerate(self.medias):
            if only is None or place == only:
                plan.failure = (status, word, message)
                plan.done_at = plan.done_at if at is None else min(plan.done_at, at)

    def withhold_urls(self, seconds: float | None) -> None:
        """Delay the URLs of ready outputs by `seconds` (None: for ever)."""
        for plan in self.medias:
            plan.url_after = float("inf") if seconds is None else seconds


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


def _copy(output: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a copy of an output, under a URL of its own."""
    fields = ("url", "watermark_url", "preview_url")
    return output | {name: f"{output[name]}?copy={number}" for name in fields if output.get(name)}


def _media_json(task: Task, place: int, now: float, base_url: str) -> dict[str, Any]:
    plan = task.medias[place]
    answer: dict[str, Any] = {"biz_id": f"{task.biz_id}_{place}", "resource_id": place + 1}
    if task.stuck or now < plan.done_at:
        early = (now - task.created) / max(plan.done_at - task.created, 1e-9)
        waiting = early < 0.15
        answer["resource_status"] = None if waiting else 0
        answer["status"] = "pending" if waiting else "processing"
        return answer
    if plan.failure is not None:
        status, word, message = plan.failure
        answer.update(resource_status=status, status=word, url="")
        answer["remark" if place % 2 else "error_msg"] = message
        return answer
    answer.update(resource_status=1, status=plan.done_word, url="")
    if now >= plan.done_at + plan.url_after:
        answer.update(_result(task, place, plan, base_url))
    return answer


def _result(task: Task, place: int, plan: MediaPlan, base_url: str) -> dict[str, Any]:
    stem = f"{base_url}/media/{quote(task.id)}/{place}"
    variant = {"url": "", "watermark_url": "-watermark", "preview_url": "-preview"}
    answer: dict[str, Any] = {"url": "", plan.url_field: f"{stem}{variant[plan.url_field]}"}
    answer[plan.url_field] += f".{task.extension}"
    if plan.url_field == "url":
        answer["watermark_url"] = f"{stem}-watermark.{task.extension}"
    shape = shape_of(task.order, task.extension)
    answer["format"] = task.extension
    if task.order.model.task_type not in AUDIO:
        answer["width"], answer["height"] = shape.width, shape.height
        answer[plan.cover_field] = f"{stem}-cover.jpg"
    if shape.seconds:
        answer["duration_str"] = f"{shape.seconds:g}s"
    return answer


# -------------------------------------------------------------------------------- files of results

CACHE_BYTES = 64 * 1024 * 1024
CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webp": "image/webp",
}
PICTURE_SIDE = 1280  # longest side painted, whatever was ordered
FILM_SIDES = {"480p": 256, "480": 256, "1080p": 576, "1080": 576, "2k": 576, "4k": 576}
FILM_SIDE = 384
"""Longest side of other films: painted small, but larger where more was ordered."""
MOST_FILM_SECONDS = 60.0
MOST_SONG_SECONDS = 300.0
SIDES = {"512px": 512, "1k": 1024, "480p": 854, "512p": 912, "540p": 960}


@dataclass(frozen=True)
class Shape:
    """Pixels and seconds of a result; zero where it has none."""

    width: int
    height: int
    seconds: float


def shape_of(order: SandboxOrder, extension: str, proportions: float = 0.0) -> Shape:
    """Return the shape delivered: the ordered proportions, at a limited size.

    `proportions`: those of the first input, which a film follows that has none of its own.
    """
    if extension == "wav":
        return Shape(0, 0, _sound_seconds(order))
    asked = order.parameters
    ratio = _ratio(str(asked.get("size", ""))) or _ratio(str(asked.get("aspect_ratio", "")))
    if extension in ("mp4", "webp"):
        return _film_shape(order, ratio or proportions or 16 / 9)
    side = SIDES.get(str(asked.get("size", asked.get("resolution", ""))).lower(), PICTURE_SIDE)
    if order.model.model_id == "midjourney":
        side = 1024
    width, height = _fitted(ratio or 1.0, side)
    return Shape(width, height, 0.0)


def _film_shape(order: SandboxOrder, ratio: float) -> Shape:
    asked = order.parameters
    seconds = min(float(asked.get("duration", 5)), MOST_FILM_SECONDS)
    if order.marked:
        wanted = str(asked.get("resolution", asked.get("quality", "720p"))).lower()
        lines = int(wanted[:-1]) if wanted.endswith("p") and wanted[:-1].isdigit() else 720
        side = max(media.SMALLEST, lines * 16 / 9 / media.SHRINK)
        return Shape(*_fitted(ratio, side), seconds)
    wanted = str(asked.get("resolution", asked.get("quality", ""))).lower()
    return Shape(*_fitted(ratio, FILM_SIDES.get(wanted, FILM_SIDE)), seconds)


def _ratio(text: str) -> float | None:
    """Return 16:9 or 2560x1440 as a number; None for words such as adaptive or 4k."""
    for sign in (":", "x"):
        left, found, right = text.partition(sign)
        if found and left.isdigit() and right.isdigit() and int(right):
            return int(left) / int(right)
    return None


def _fitted(ratio: float, side: float) -> tuple[int, int]:
    """Return even width and height with this ratio, the longer one being `side`."""
    width, height = (side, side / ratio) if ratio >= 1 else (side * ratio, side)
    return max(16, round(width / 2) * 2), max(16, round(height / 2) * 2)


def _sound_seconds(order: SandboxOrder) -> float:
    if order.model.task_type == "text_to_speech":
        return media.speech_seconds(spoken_text(order))
    if order.marked:
        return media.MUSIC_SECONDS.get(order.model.model_id, media.USUAL_MUSIC_SECONDS)
    if "duration" in order.parameters:
        return min(float(order.parameters["duration"]), MOST_SONG_SECONDS)
    return 12.0 if order.model.model_id == "sonic" else 8.0


def spoken_text(order: SandboxOrder) -> str:
    """Return the text that a speech order speaks."""
    return str(order.parameters.get("text") or order.prompt)


class SandboxResults:
    """Renders and caches results. `fetch` may be called concurrently for one file."""

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-render")
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._running: dict[str, asyncio.Future[bytes]] = {}

    async def fetch(
        self, name: str, order: SandboxOrder, place: int, extension: str, pictures: list[bytes]
    ) -> bytes:
        """Return the file `name`: output `place` of the order; `pictures` are its local inputs."""
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        if name not in self._running:
            loop = asyncio.get_running_loop()
            self._running[name] = loop.run_in_executor(
                self._workers, render, order, place, extension, pictures, "-cover." in name
            )
        try:
            data = await asyncio.shield(self._running[name])
        finally:
            if name in self._running and self._running[name].done():
                del self._running[name]
        self._keep(name, data)
        return data

    def _keep(self, name: str, data: bytes) -> None:
        if name in self._kept:
            return
        self._kept[name] = data
        self._size += len(data)
        while self._size > CACHE_BYTES and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        """Empty the cache."""
        self._kept.clear()
        self._size = 0

    def close(self) -> None:
        """Stop the worker threads."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def render(
    order: SandboxOrder, place: int, extension: str, pictures: list[bytes], cover: bool = False
) -> bytes:
    """Render one output. Takes up to a second: call it off the event loop."""
    shape = shape_of(order, extension, paint.proportions(pictures) if pictures else 0.0)
    if order.marked:
        return _marked(order, extension, shape, cover)
    if extension == "wav":
        if order.model.task_type == "text_to_speech":
            return media.speech(spoken_text(order))
        return media.music(f"{order.prompt}/{place}", shape.seconds)
    caption = paint.Caption(order.prompt, _small_print(order))
    size = (shape.width, shape.height)
    if extension in ("mp4", "webp"):
        frames = media.Scenes(order.prompt, place, size, caption, pictures)
        if cover:
            return paint.encoded(frames.at(0.0), "jpg")
        if extension == "webp":
            return media.webp(frames.frames(shape.seconds), media.FRAME_RATE)
        wav = media.music(order.prompt, shape.seconds) if _has_sound(order) else b""
        return media.mp4(frames.frames(shape.seconds), size, media.FRAME_RATE, wav)
    picture = paint.picture(order.prompt, place, size, caption, pictures)
    if cover:
        picture.thumbnail((512, 512))
    return paint.encoded(picture, "jpg" if cover else extension)


def _marked(order: SandboxOrder, extension: str, shape: Shape, cover: bool) -> bytes:
    """Render a flat colour or a pure tone."""
    if extension == "wav":
        if order.model.task_type == "text_to_speech":
            return media.tone(media.tone_of(spoken_text(order), media.SPEECH_HZ), shape.seconds)
        return media.tone(media.tone_of(order.prompt, media.MUSIC_HZ), shape.seconds)
    size = (shape.width, shape.height)
    if cover or extension not in ("mp4", "webp"):
        return paint.encoded(media.picture(order.prompt, size), "jpg" if cover else extension)
    pictures = media.frames(order.prompt, size, shape.seconds)
    if extension == "webp":
        return media.webp(pictures, media.FPS)
    tone = media.tone_of(order.prompt, media.FILM_HZ)
    wav = media.tone(tone, shape.seconds) if _has_sound(order) else b""
    return media.mp4(pictures, size, media.FPS, wav)


def _has_sound(order: SandboxOrder) -> bool:
    """Tell whether a video has sound: the parameter, else the model's description."""
    asked = order.parameters
    for name in ("generate_audio", "audio", "sound"):
        if name in asked:
            return asked[name] in (True, "on")
    return "With Audio" in order.model.features


def _small_print(order: SandboxOrder) -> str:
    shown = {k: v for k, v in order.parameters.items() if v not in (None, "") and k != "text"}
    settings = " · ".join(f"{name} {value}" for name, value in shown.items())
    return f"{order.model.name} · {settings}" if settings else order.model.name
