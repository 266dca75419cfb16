"""Result files of finished tasks: real images, videos and sounds.

Rendered on demand in worker threads, once per file, in a bounded cache. The same order gives the
same bytes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ima_tui.sandbox import media, paint
from ima_tui.sandbox.orders import SandboxOrder

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
