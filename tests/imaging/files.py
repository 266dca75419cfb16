"""Files to look at, made on the spot."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

from PIL import Image


def picture(folder: Path, name: str = "a.png", size: tuple[int, int] = (64, 32)) -> str:
    """Left half red, right half blue."""
    path = folder / name
    image = Image.new("RGB", size, "#102030")
    image.paste("#c04020", (0, 0, size[0] // 2, size[1]))
    image.save(path)
    return str(path)


def sound(folder: Path, name: str = "a.wav", seconds: int = 2) -> str:
    """Quiet, then loud."""
    path = folder / name
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        half = seconds * 4000
        for at in range(seconds * 8000):
            loud = 30_000 if at > half else 300
            out.writeframesraw(struct.pack("<h", int(loud * math.sin(at / 5))))
    return str(path)


def film(folder: Path, name: str = "a.mp4", seconds: int = 2, rate: int = 12) -> str:
    """Red, then blue; needs PyAV."""
    import av

    path = folder / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for at in range(seconds * rate):
            colour = "#c04020" if at < seconds * rate // 2 else "#2040c0"
            frame = av.VideoFrame.from_image(Image.new("RGB", (128, 72), colour))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return str(path)


def animation(folder: Path, name: str = "a.webp", frames: int = 10) -> str:
    path = folder / name
    pictures = [Image.new("RGB", (64, 36), (25 * at, 40, 60)) for at in range(frames)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    return str(path)
