"""Small videos and sounds, known by colour and tone; and how a film is read back."""

from __future__ import annotations

import array
import math
import wave
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from PIL import Image

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 170, 40), (30, 40, 200), (230, 230, 230)
RATE = 48_000


def clip(
    path: Path,
    colour: tuple[int, int, int],
    seconds: float = 2.0,
    *,
    size: tuple[int, int] = (128, 72),
    fps: int | Fraction = 24,
    tone: float = 0.0,
    gop: int = 250,
    options: dict[str, str] | None = None,
    times: list[int] | None = None,
    pixels: str = "yuv420p",
    marked: bool = False,
) -> str:
    """A flat colour with a moving grey bar; `marked`: a white corner at the left of the top.

    `times`: pts in 1/1000 s instead of an even rate.
    """
    count = len(times) if times else round(seconds * fps)
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.gop_size = gop
        stream.options = {"preset": "veryfast", "crf": "18", **(options or {})}
        if times:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        sound: Any = out.add_stream("aac", rate=RATE, layout="mono") if tone else None
        for number in range(count):
            image = Image.new("RGB", size, colour)
            if marked:
                image.paste(WHITE, (0, 0, size[0] // 4, size[1] // 4))
            image.paste((128, 128, 128), (number % size[0], 0, number % size[0] + 2, 4))
            frame = av.VideoFrame.from_image(image)
            frame.pts = times[number] if times else number
            frame.time_base = Fraction(1, 1000) if times else 1 / Fraction(fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound is not None:
            for packet in _tone_packets(sound, tone, seconds):
                out.mux(packet)
    return str(path)


def _tone_packets(stream: Any, tone: float, seconds: float) -> Any:
    total = round(seconds * RATE)
    for at in range(0, total, 1024):
        count = min(1024, total - at)
        frame: Any = av.AudioFrame(format="fltp", layout="mono", samples=count)
        data = array.array(
            "f", (0.3 * math.sin(math.tau * tone * (at + i) / RATE) for i in range(count))
        )
        raw = data.tobytes()
        frame.planes[0].update(raw + bytes(frame.planes[0].buffer_size - len(raw)))
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def tone(path: Path, hertz: float, seconds: float, *, rate: int = 16_000, loud: float = 0.5) -> str:
    """A pure tone as WAV."""
    data = array.array(
        "h",
        (
            int(32767 * loud * math.sin(math.tau * hertz * i / rate))
            for i in range(round(seconds * rate))
        ),
    )
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data.tobytes())
    return str(path)


def cut_off(path: Path, share: float) -> str:
    """The file up to a share of its bytes, with its index in front."""
    whole = path.with_name(f"whole-{path.name}")
    with (
        av.open(str(path)) as source,
        av.open(str(whole), "w", options={"movflags": "+faststart"}) as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    data = whole.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return str(path)


def turned(path: Path) -> str:
    """The MP4 as a phone writes it that was held upright: shown a quarter turn clockwise."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    for place, value in enumerate((0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)):
        data[at + 4 * place : at + 4 * place + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return str(path)


@dataclass
class Read:
    """A film as it is read back."""

    frames: list[tuple[float, tuple[int, int, int]]]
    size: tuple[int, int]
    rate: Fraction
    samples: array.array[float]
    cues: list[tuple[float, float, str]]
    loudness: float
    edges: list[tuple[int, int, int]]
    """The colour of each frame at its left side, below the middle."""

    @property
    def seconds(self) -> float:
        return float(len(self.frames) / self.rate)

    def colour(self, at: float) -> tuple[int, int, int]:
        """The colour in the middle of the frame shown at a time."""
        return next(c for t, c in reversed(self.frames) if t <= at + 1e-6)

    def level(self, hertz: float, start: float, seconds: float = 0.4) -> float:
        """The level of a tone in dB, by Goertzel's sum."""
        part = self.samples[int(start * RATE) : int((start + seconds) * RATE)]
        real = sum(v * math.cos(math.tau * hertz * i / RATE) for i, v in enumerate(part))
        imaginary = sum(v * math.sin(math.tau * hertz * i / RATE) for i, v in enumerate(part))
        return 20 * math.log10(2 * math.hypot(real, imaginary) / max(1, len(part)) + 1e-9)


def read(path: Path | str) -> Read:
    """Decode a film, or a sound, to its end."""
    frames: list[tuple[float, tuple[int, int, int]]] = []
    edges: list[tuple[int, int, int]] = []
    size, rate = (0, 0), Fraction(0)
    with av.open(str(path)) as film:
        stream: Any = film.streams.video[0] if film.streams.video else None
        if stream is not None:
            size, rate = (stream.width, stream.height), stream.average_rate
        for frame in film.decode(stream) if stream is not None else ():
            image = frame.to_image()
            pixel = image.getpixel((image.width // 2, image.height // 2))
            frames.append((float(frame.time or 0), pixel))
            edges.append(image.getpixel((2, image.height * 3 // 4)))
    samples, loudness = _sound(path)
    cues = _cues(path) if frames else []
    return Read(frames, size, rate, samples, cues, loudness, edges)


def _sound(path: Path | str) -> tuple[array.array[float], float]:
    found = array.array("f")
    loudness = -99.0
    with av.open(str(path)) as film:
        if not film.streams.audio:
            return found, loudness
        graph: Any = av.filter.Graph()
        stream = film.streams.audio[0]
        first = graph.add_abuffer(template=stream)
        nodes = [first, graph.add("ebur128", "metadata=1:peak=true")]
        nodes.append(
            graph.add("aformat", f"sample_fmts=flt:sample_rates={RATE}:channel_layouts=mono")
        )
        nodes.append(graph.add("abuffersink"))
        for one, other in pairwise(nodes):
            one.link_to(other)
        graph.configure()

        def pull() -> None:
            nonlocal loudness
            while True:
                try:
                    frame = nodes[-1].pull()
                except (BlockingIOError, EOFError):
                    return
                loudness = float(frame.metadata.get("lavfi.r128.I", loudness))
                found.frombytes(bytes(frame.planes[0])[: frame.samples * 4])

        for frame in film.decode(stream):
            first.push(frame)
            pull()
        first.push(None)
        pull()
    return found, loudness


def _cues(path: Path | str) -> list[tuple[float, float, str]]:
    found = []
    with av.open(str(path)) as film:
        for stream in film.streams.subtitles:
            for packet in film.demux(stream):
                data = bytes(packet)
                if packet.pts is not None and len(data) > 2 and stream.time_base:
                    at = float(packet.pts * stream.time_base)
                    length = float((packet.duration or 0) * stream.time_base)
                    found.append((at, at + length, data[2:].decode()))
    return found


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 25) -> bool:
    """Whether two colours differ by no more than `by` in each channel."""
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))
