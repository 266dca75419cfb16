"""Short videos: a slow pan over a scene or the inputs, as MP4 (PyAV) or animated WebP."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from ima_tui.sandbox.paint import Caption, Size, opened, scene, write_caption
from ima_tui.sandbox.sound import RATE as SOUND_RATE

RATE = 12  # frames a second
MOST_PICTURES = 60  # painted for one film


def can_encode_mp4() -> bool:
    """Tell whether PyAV (optional extra `video`) is installed.

    Without it videos are animated WebP.
    """
    return importlib.util.find_spec("av") is not None


class Scenes:
    """Frames of one video. Two readable inputs fade into each other, one is panned over."""

    def __init__(
        self, prompt: str, place: int, size: Size, caption: Caption, inputs: list[bytes]
    ) -> None:
        self.size = size
        self._caption = caption
        wide = (int(size[0] * 1.25), int(size[1] * 1.25))
        given = [ImageOps.fit(image, wide) for image in map(opened, inputs) if image is not None]
        self._pictures = given or [scene(prompt, place, wide)]

    def at(self, moment: float) -> Image.Image:
        """Return the frame at `moment`, 0 (first) to 1 (last)."""
        image = self._moved(self._pictures[0], moment)
        if len(self._pictures) > 1:
            image = Image.blend(image, self._moved(self._pictures[1], moment), moment)
        write_caption(image, self._caption)
        width, height = self.size
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, height - 3, int(width * moment), height), fill=(250, 200, 90))
        return image

    def _moved(self, picture: Image.Image, moment: float) -> Image.Image:
        width, height = self.size
        spare = (picture.width - width, picture.height - height)
        left, top = int(spare[0] * moment), int(spare[1] * (1 - moment))
        return picture.crop((left, top, left + width, top + height))

    def frames(self, seconds: float) -> Iterator[Image.Image]:
        """Yield the frames of a video of this length in seconds; a long one repeats pictures."""
        count = max(2, int(seconds * RATE))
        each = -(-count // MOST_PICTURES)
        for number in range(0, count, each):
            image = self.at(number / (count - 1))
            for _ in range(min(each, count - number)):
                yield image


def mp4(frames: Iterable[Image.Image], size: Size, rate: int, wav: bytes = b"") -> bytes:
    """Encode the video as MP4, with the sound of a WAV file if there is one."""
    import av  # the optional extra, and slow to import

    video_frame: Any = av.VideoFrame  # its stubs leave from_image untyped
    buffer = io.BytesIO()
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        if codec == "libx264":  # a quarter of the time, for files that are three times as large
            stream.options = {"preset": "ultrafast"}
        sound: Any = container.add_stream("aac", rate=SOUND_RATE) if wav else None
        for image in frames:
            container.mux(stream.encode(video_frame.from_image(image)))
        container.mux(stream.encode())
        if sound is not None:
            with av.open(io.BytesIO(wav), "r") as source:
                for frame in source.decode(audio=0):
                    container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return buffer.getvalue()


def webp(frames: Iterable[Image.Image], rate: int) -> bytes:
    """Encode the video as animated WebP."""
    first, *rest = frames
    buffer = io.BytesIO()
    first.save(
        buffer, "WEBP", save_all=True, append_images=rest, duration=1000 // rate, loop=0, quality=60
    )
    return buffer.getvalue()
