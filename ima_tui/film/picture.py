"""Frames of shots at the film's size and rate, crossfades, and their H.264 encoding.

Runs in the worker. A graph is kept as long as its filters are used: PyAV does not keep it, and a
lost graph crashes the process.

Stills are written here too: one frame of a video, or a picture, cropped where asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.filter

from ima_tui.core import atomic_file
from ima_tui.core.input_files import HEAD, sniff
from ima_tui.core.records import dataclass
from ima_tui.film import source, timeline
from ima_tui.film.source import Crossfade, Encode, PicturePlan, ShotFacts
from ima_tui.film.timeline import CannotAssemble, StillJob

if TYPE_CHECKING:
    from PIL import Image


CRF = "20"
PRESET = "veryfast"
SET_ID = 1
"""Id of our parameter sets. Others begin at 0, so that both fit into one header."""
_TURNS = {90: ["transpose=cclock"], 180: ["hflip", "vflip"], 270: ["transpose=clock"]}


@dataclass(eq=False)
class ShotFrames:
    """Decodes one shot; its frames conform to the film."""

    _path: str
    _facts: ShotFacts
    _plan: PicturePlan

    def __post_init__(self) -> None:
        self._graph: Any = None

    def frames(self, first: int, last: int) -> Iterator[Any]:
        """Yield one frame for each slot from `first` to `last`; the file's last one may be held."""
        slot = first
        current: Any = None
        for at, frame in self._decoded(first):
            here = round(at * self._plan.fps)
            if current is not None and here > slot:
                shown = self._conform(current)
                for _ in range(slot, min(here, last)):
                    yield shown
                slot = min(here, last)
            if slot >= last:
                return
            current = frame
        if current is None:
            raise CannotAssemble("film.no_frames", path=self._path)
        shown = self._conform(current)
        for _ in range(slot, last):
            yield shown

    def _decoded(self, first: int) -> Iterator[tuple[Fraction, Any]]:
        """Yield frames with their time in the shot, from the key frame before `first`."""
        begins = self._facts.begins
        with source.opened(self._path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            ahead = first / self._plan.fps - Fraction(1, 10)
            if ahead > 1:
                container.seek(int((ahead + begins) / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                if frame.pts is not None:
                    yield frame.pts * stream.time_base - begins, frame

    def _conform(self, frame: Any) -> Any:
        if self._graph is None:
            self._graph = self._filters(frame)
        _, first, last = self._graph
        frame.pts, frame.time_base = 0, Fraction(1, 1000)
        first.push(frame)
        shown = last.pull()
        shown.pict_type = 0
        return shown

    def _filters(self, frame: Any) -> tuple[Any, Any, Any]:
        width, height = self._plan.size
        chain = list(_TURNS.get(self._facts.rotation % 360, ()))
        if not self._facts.square:
            chain.append("scale=trunc(iw*sar/2)*2:ih")
        if chain or (frame.width, frame.height) != (width, height):
            way = "increase" if self._plan.cropped else "decrease"
            fit = f"force_original_aspect_ratio={way}:force_divisible_by=2"
            cut = "crop" if self._plan.cropped else "pad"
            middle = "(iw-ow)/2:(ih-oh)/2" if self._plan.cropped else "(ow-iw)/2:(oh-ih)/2"
            chain += [f"scale={width}:{height}:{fit}", f"{cut}={width}:{height}:{middle}"]
        chain += ["setsar=1", "format=yuv420p"]
        graph = av.filter.Graph()
        first: Any = graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=Fraction(1, 1000),
        )
        sink = source.chained(graph, first, chain, "buffersink")
        graph.configure()
        return graph, first, sink


def crossfaded(
    leaving: Iterator[Any], coming: Iterator[Any], plan: PicturePlan, count: int
) -> Iterator[Any]:
    """Yield `count` frames in which one shot becomes the other."""
    width, height = plan.size
    graph: Any = av.filter.Graph()
    tick = 1 / plan.fps
    ends: list[Any] = []
    fade: Any = graph.add("xfade", f"transition=fade:duration={float(count * tick):.6f}:offset=0")
    for place in range(2):
        entry: Any = graph.add_buffer(width=width, height=height, format="yuv420p", time_base=tick)
        paced: Any = graph.add("fps", f"{plan.fps.numerator}/{plan.fps.denominator}")
        entry.link_to(paced)
        paced.link_to(fade, 0, place)
        ends.append(entry)
    sink: Any = graph.add("buffersink")
    fade.link_to(sink)
    graph.configure()
    given = 0
    shown: Any = None
    for number, pair in enumerate(zip(leaving, coming, strict=True)):
        for entry, frame in zip(ends, pair, strict=True):
            frame.pts, frame.time_base, frame.duration = number, tick, 1
            entry.push(frame)
        for shown in source.pulled(sink):
            if given < count:
                given += 1
                yield shown
    for entry in ends:
        entry.push(None)
    for shown in source.pulled(sink):
        if given < count:
            given += 1
            yield shown
    for _ in range(given, count):
        yield shown


def piece_frames(
    piece: Encode | Crossfade, shots: list[str], facts: list[ShotFacts], plan: PicturePlan
) -> Iterator[Any]:
    """Yield the frames of a piece that is encoded."""
    one = ShotFrames(shots[piece.shot], facts[piece.shot], plan)
    if isinstance(piece, Encode):
        yield from one.frames(piece.first, piece.last)
        return
    other = ShotFrames(shots[piece.shot + 1], facts[piece.shot + 1], plan)
    leaving = one.frames(piece.first, piece.first + piece.frames)
    coming = other.frames(piece.next_first, piece.next_first + piece.frames)
    yield from crossfaded(leaving, coming, plan, piece.frames)


def encode(frames: Iterator[Any], plan: PicturePlan, path: Path, step: Callable[[], None]) -> int:
    """Encode the frames into an MP4 without sound; returns their number."""
    count = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=plan.fps)
        stream.width, stream.height = plan.size
        stream.pix_fmt = "yuv420p"
        stream.time_base = 1 / plan.fps
        stream.options = {"preset": PRESET, "crf": CRF, "x264-params": f"sps-id={SET_ID}"}
        for frame in frames:
            frame.pts, frame.time_base, frame.pict_type = count, 1 / plan.fps, 0
            container.mux(stream.encode(frame))
            count += 1
            step()
        container.mux(stream.encode(None))
    return count


_LATE = 3.0
"""Seconds before the end from where the last frame is looked for."""
_STILL_TURNS = (90, 180, 270)
_PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_ENDINGS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_QUALITY = 95
MOST_PIXELS = 100_000_000


def write(job: StillJob) -> dict[str, object]:
    """Write the picture and return its facts. Raises `CannotAssemble`.

    Its format follows the name: JPEG, WebP, else PNG.
    """
    target = Path(job.target)
    if target.exists() and not job.replace:
        raise CannotAssemble("film.exists", path=job.target)
    image, at = _image(job)
    image = _cropped(image, job.ratio)
    target.parent.mkdir(parents=True, exist_ok=True)
    kind = _ENDINGS.get(target.suffix.lower(), "PNG")
    with atomic_file.unfinished(target) as beside:
        kept = image.convert("RGB") if kind == "JPEG" else image
        kept.save(beside, kind, **({} if kind == "PNG" else {"quality": _QUALITY}))
        beside.replace(target)
    return {"path": job.target, "width": image.width, "height": image.height, "at": round(at, 3)}


def _image(job: StillJob) -> tuple[Image.Image, float]:
    """Return the picture, or the frame of a video with its time in seconds."""
    try:
        with Path(job.file).open("rb") as handle:
            kind = _PICTURES.get(sniff(handle.read(HEAD)))
    except OSError as error:
        raise CannotAssemble("film.missing", path=job.file, shot=1) from error
    return (_picture(job.file, kind), 0.0) if kind is not None else _still(job)


def _picture(path: str, kind: str) -> Image.Image:
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=(kind,)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise CannotAssemble("film.too_large", path=path, shot=1)
            return ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotAssemble("film.damaged_file", path=path, shot=1) from error


def _still(job: StillJob) -> tuple[Image.Image, float]:
    av.logging.set_level(None)
    try:
        found, at, rotation = _frame(job.file, job.at)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise CannotAssemble("film.damaged_file", path=job.file, shot=1) from error
    image: Image.Image = found.to_image()
    turned = rotation % 360 in _STILL_TURNS
    return (image.rotate(rotation % 360, expand=True) if turned else image), at


def _frame(path: str, at: float) -> tuple[Any, float, int]:
    """Return a frame, its time in seconds, and its rotation."""
    with source.opened(path) as container:
        if not container.streams.video:
            raise CannotAssemble("film.no_pictures", path=path)
        stream = container.streams.video[0]
        begins = (stream.start_time or 0) * stream.time_base
        length = (container.duration or 0) / 1_000_000
        if at > length + 1:
            raise CannotAssemble("film.beyond", path=path, at=f"{at:g}", seconds=f"{length:.1f}")
        near = length - _LATE if at < 0 else at - 0.05
        found = _search(container, stream, begins, near, at)
        if found is None:  # the search began behind the last frame
            found = _search(container, stream, begins, 0.0, at)
        if found is None:
            raise CannotAssemble("film.no_frames", path=path)
        return found


def _search(
    container: Any, stream: Any, begins: Any, near: float, at: float
) -> tuple[Any, float, int] | None:
    container.seek(int((max(0.0, near) + float(begins)) / stream.time_base), stream=stream)
    found: Any = None
    reached = 0.0
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        here = float(frame.pts * stream.time_base - begins)
        if found is not None and 0 <= at < here - 0.001:
            break
        found, reached = frame, here
    if found is None:
        return None
    return found, reached, round(getattr(found, "rotation", 0) or 0)


def _cropped(image: Any, ratio: tuple[int, int]) -> Any:
    """Return the largest centred part with these proportions."""
    width, height = timeline.largest_within(image.size, ratio)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
