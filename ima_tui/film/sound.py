"""Mixes a film's sound: buses of clips, music ducked under the voice, loudness. Runs in the worker.

The mix is written as 32-bit floats to a file, because its loudness is known only at its end; a
second pass applies gain and limiter. Memory does not depend on the film's length.

`join` makes one file of a length of pieces of music, crossfaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter

from ima_tui.core import atomic_file
from ima_tui.film import source
from ima_tui.film.mixing import RATE, Bus, BusKind, Clip, samples
from ima_tui.film.timeline import LOUDNESS, CannotAssemble, JoinJob

BLOCK = 1024
WIDTH = 8
"""Bytes of a sample: two floats."""
_LAYOUT = f"aformat=sample_rates={RATE}:sample_fmts=flt:channel_layouts=stereo"
_DUCK = "threshold=0.03:ratio=8:attack=20:release=400"
_LIMIT = "limit=0.8:level=disabled:latency=1"
MOST_GAIN = 20.0
CLOSE = 0.25
"""LUFS of the target that need no further round."""
ROUNDS = 4
SILENT = -60.0


def seconds_of(path: str) -> float:
    """Return the length of a sound by decoding it. Raises `CannotAssemble`."""
    with source.opened(path) as container:
        if not container.streams.audio:
            raise CannotAssemble("film.no_sound", path=path)
        stream = container.streams.audio[0]
        count = sum(frame.samples for frame in container.decode(stream))
        if not count:
            raise CannotAssemble("film.no_sound", path=path)
        return float(count / stream.rate)


def mix(buses: Sequence[Bus], total: int, path: Path, step: Callable[[float], None]) -> float:
    """Write the mix of `total` samples to a file and return its loudness in LUFS."""
    feeds = [_feed(bus, total) for bus in buses]
    graph, entries, sink = _mixer(buses)
    loudness = SILENT
    written = 0
    with path.open("wb") as out:
        for at in range(0, total, BLOCK):
            for entry, feed in zip(entries, feeds, strict=True):
                entry.push(_frame(next(feed), at))
            for frame in source.pulled(sink):
                loudness = _loudness(frame, loudness)
                written += _write(out, frame, total - written)
            step(BLOCK / RATE)
        for entry in entries:
            entry.push(None)
        for frame in source.pulled(sink):
            loudness = _loudness(frame, loudness)
            written += _write(out, frame, total - written)
        out.write(bytes((total - written) * WIDTH))
    del graph
    return loudness


def gain_for(path: Path, loudness: float, target: float, step: Callable[[float], None]) -> float:
    """Return the gain in dB that brings the mix to `target` LUFS, as far as its peaks allow."""
    if loudness <= SILENT:
        return 0.0
    gain = _bounded(target - loudness)
    best, distance = gain, float("inf")
    for _ in range(ROUNDS):
        found = SILENT
        for frame in _levelled(path, gain):
            found = _loudness(frame, found)
            step(frame.samples / RATE)
        if abs(target - found) >= distance - 0.05:
            return best
        best, distance = gain, abs(target - found)
        if distance <= CLOSE:
            return best
        gain = _bounded(gain + target - found)
    return best


def encoded(path: Path, gain: float, stream: Any) -> Iterator[tuple[Fraction, Any]]:
    """Yield AAC packets of the levelled mix, with the time in seconds that they reach."""
    at = 0
    fifo = av.AudioFifo()
    total = path.stat().st_size // WIDTH
    for frame in _levelled(path, gain):
        frame.pts = None
        fifo.write(frame)
        while at + BLOCK <= total and (block := fifo.read(BLOCK)) is not None:
            yield from _packets(stream, block, at)
            at += BLOCK
    rest = fifo.read(min(total - at, BLOCK), partial=True) if total > at else None
    if rest is not None:
        yield from _packets(stream, rest, at)
    for packet in stream.encode(None):
        yield Fraction(total, RATE), packet


def _packets(stream: Any, block: Any, at: int) -> Iterator[tuple[Fraction, Any]]:
    block.pts, block.time_base = at, Fraction(1, RATE)
    for packet in stream.encode(block):
        yield Fraction(at + BLOCK, RATE), packet


def _bounded(gain: float) -> float:
    return max(-60.0, min(MOST_GAIN, gain))


# ------------------------------------------------------------------------------------- clips


def _feed(bus: Bus, total: int) -> Iterator[bytes]:
    """Yield the bus block by block, silence where nothing plays, without end."""
    at = 0
    kept = bytearray()
    for piece in _pieces(bus, total):
        kept += piece
        while len(kept) >= BLOCK * WIDTH:
            yield bytes(kept[: BLOCK * WIDTH])
            del kept[: BLOCK * WIDTH]
            at += BLOCK
    kept += bytes(BLOCK * WIDTH - len(kept))
    while True:
        yield bytes(kept)
        kept = bytearray(BLOCK * WIDTH)


def _pieces(bus: Bus, total: int) -> Iterator[bytes]:
    at = 0
    for clip in bus.clips:
        yield from _silence(clip.at - at)
        given = 0
        for piece in _clip(clip):
            yield piece
            given += len(piece) // WIDTH
        yield from _silence(clip.length - given)
        at = clip.at + clip.length
    yield from _silence(total - at)


def _silence(count: int) -> Iterator[bytes]:
    while count > 0:
        taken = min(count, RATE)
        yield bytes(taken * WIDTH)
        count -= taken


def _clip(clip: Clip) -> Iterator[bytes]:
    """Yield the samples of a clip, at most `clip.length`."""
    skip, left = clip.skip, clip.length
    for data in _filtered(clip):
        if skip:
            gone = min(skip, len(data) // WIDTH)
            data = data[gone * WIDTH :]
            skip -= gone
        data = data[: left * WIDTH]
        left -= len(data) // WIDTH
        if data:
            yield data
        if left <= 0:
            return


def _filtered(clip: Clip) -> Iterator[bytes]:
    with source.opened(clip.file) as container:
        stream = container.streams.audio[0]
        graph: Any = None
        at = _lag(container)
        if at > 0:
            yield bytes(round(at * RATE / stream.rate) * WIDTH)
        for frame in container.decode(stream):
            if graph is None:
                graph, entry, sink = _clip_graph(clip, frame)
            frame.pts, frame.time_base = at, Fraction(1, frame.sample_rate)
            at += frame.samples
            entry.push(frame)
            for done in source.pulled(sink):
                yield _bytes(done)
        if graph is not None:
            entry.push(None)
            for done in source.pulled(sink):
                yield _bytes(done)


def _lag(container: Any) -> int:
    """Return how many samples later than the pictures a file's own sound begins."""
    if not container.streams.video:
        return 0
    seen, heard = container.streams.video[0], container.streams.audio[0]
    later: Fraction = (heard.start_time or 0) * heard.time_base
    later -= (seen.start_time or 0) * seen.time_base
    return max(0, round(later * int(heard.rate)))


def _clip_graph(clip: Clip, frame: Any) -> tuple[Any, Any, Any]:
    graph = av.filter.Graph()
    first: Any = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format,
        layout=frame.layout,
        time_base=Fraction(1, frame.sample_rate),
    )
    chain = [f"aresample={RATE}", _LAYOUT, f"volume={clip.volume:.4f}"]
    if clip.fade_in:
        chain.append(f"afade=type=in:start_sample={clip.skip}:nb_samples={clip.fade_in}")
    if clip.fade_out:
        begins = clip.skip + clip.length - clip.fade_out
        chain.append(f"afade=type=out:start_sample={begins}:nb_samples={clip.fade_out}")
    sink = source.chained(graph, first, [*chain, _LAYOUT], "abuffersink")
    graph.configure()
    return graph, first, sink


# --------------------------------------------------------------------------------------- mix


def _mixer(buses: Sequence[Bus]) -> tuple[Any, list[Any], Any]:
    """Return the graph with an entry for each bus: music, ducked under all voices, voice, own."""
    graph: Any = av.filter.Graph()
    entries = [_entry(graph) for _ in buses]
    of_kind = {
        kind: [entry for entry, bus in zip(entries, buses, strict=True) if bus.kind is kind]
        for kind in BusKind
    }
    ducked = _summed(graph, of_kind[BusKind.DUCKED])
    voice = _summed(graph, of_kind[BusKind.VOICE])
    if ducked is not None and voice is not None:
        split = graph.add("asplit", "2")
        voice.link_to(split)
        duck = graph.add("sidechaincompress", _DUCK)
        ducked.link_to(duck, 0, 0)
        split.link_to(duck, 0, 1)
        again = graph.add("anull")
        split.link_to(again, 1, 0)
        ducked, voice = duck, again
    rest = [*of_kind[BusKind.MUSIC], *of_kind[BusKind.OWN]]
    node = _summed(graph, [each for each in (ducked, voice, *rest) if each is not None])
    measured = (_LAYOUT, "ebur128=metadata=1", _LAYOUT)
    sink = source.chained(graph, node, measured, "abuffersink")
    graph.configure()
    return graph, entries, sink


def _entry(graph: Any) -> Any:
    return graph.add_abuffer(
        sample_rate=RATE, format="flt", layout="stereo", time_base=Fraction(1, RATE)
    )


def _summed(graph: Any, nodes: Sequence[Any]) -> Any:
    """Return one node with the sum of all, None for none."""
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    total = graph.add("amix", f"inputs={len(nodes)}:normalize=0:duration=longest")
    for place, node in enumerate(nodes):
        node.link_to(total, 0, place)
    return total


def _levelled(path: Path, gain: float) -> Iterator[Any]:
    """Yield the mix with gain and limiter, its loudness measured."""
    graph: Any = av.filter.Graph()
    first = _entry(graph)
    chain = (f"volume={gain:.3f}dB", f"alimiter={_LIMIT}", _LAYOUT, "ebur128=metadata=1", _AAC)
    sink = source.chained(graph, first, chain, "abuffersink")
    graph.configure()
    at = 0
    with path.open("rb") as mixed:
        while data := mixed.read(BLOCK * WIDTH):
            first.push(_frame(data, at))
            at += BLOCK
            yield from source.pulled(sink)
    first.push(None)
    yield from source.pulled(sink)


_AAC = f"aformat=sample_rates={RATE}:sample_fmts=fltp:channel_layouts=stereo"


def _frame(data: bytes, at: int) -> Any:
    frame: Any = av.AudioFrame(format="flt", layout="stereo", samples=len(data) // WIDTH)
    plane = frame.planes[0]
    plane.update(data + bytes(plane.buffer_size - len(data)))
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return frame


def _bytes(frame: Any) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * WIDTH]


def _write(out: Any, frame: Any, most: int) -> int:
    data = _bytes(frame)[: max(0, most) * WIDTH]
    out.write(data)
    return len(data) // WIDTH


def _loudness(frame: Any, known: float) -> float:
    found = frame.metadata.get("lavfi.r128.I")
    return float(found) if found is not None else known


Tell = Callable[[dict[str, object]], None]
FADE_OUT = 4.0
"""Seconds at the end of music that goes on beyond it."""
SILENCE = 1.0
"""Seconds that may be missing at the end: too short for another piece."""
_LEAST_STEP = 0.5
"""Seconds that each piece adds at least; shorter ones would never fill the length."""
_ROUNDS = 4
"""How often the sound is gone through: mixed, levelled about twice, encoded."""


def join(job: JoinJob, tell: Tell) -> dict[str, object]:
    """Write the music and return its facts. Raises `CannotAssemble` and `OSError`.

    `repeats`: how many pieces are heard a second time because all of them were too short.
    """
    av.logging.set_level(None)
    target, cache = Path(job.target), Path(job.cache)
    clips = plan(job.files, [_seconds(path) for path in job.files], job.seconds, job.crossfade)
    buses = tuple(
        Bus(BusKind.MUSIC, tuple(clips[place::2])) for place in range(2) if clips[place::2]
    )
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.parent.mkdir(parents=True, exist_ok=True)
    done = 0.0

    def step(seconds: float) -> None:
        nonlocal done
        before = int(done)
        done += seconds
        if int(done) != before:
            share = min(1.0, done / job.seconds / _ROUNDS)
            tell({"share": round(share, 3), "left": 0.0, "stage": "sound", "shot": 0})

    with (
        atomic_file.unfinished(cache / f"join-{target.stem}") as mixed,
        atomic_file.unfinished(target) as beside,
    ):
        loudness = mix(buses, samples(job.seconds), mixed, step)
        gain = gain_for(mixed, loudness, LOUDNESS, step)
        _write_joined(mixed, gain, beside)
        beside.replace(target)
    repeats = max(0, len(clips) - len(job.files))
    return {"path": job.target, "seconds": job.seconds, "parts": len(clips), "repeats": repeats}


def plan(
    files: Sequence[str], lengths: Sequence[float], seconds: float, crossfade: float
) -> list[Clip]:
    """Return the clips that fill `seconds`: each begins while the one before fades out."""
    found: list[Clip] = []
    at, total = 0, samples(seconds)
    ends = False
    while not ends:
        place = len(found) % len(files)
        length = samples(lengths[place])
        join = min(samples(crossfade), length // 4)
        ends = at + length >= total - samples(SILENCE)
        out = (samples(FADE_OUT) if at + length > total else 0) if ends else join
        taken = min(length, total - at)
        start = join if found else 0
        clip = Clip(files[place], at, taken, fade_in=start, fade_out=min(taken, out))
        found.append(clip)
        at += max(samples(_LEAST_STEP), length - join)
    return found


def _seconds(path: str) -> float:
    try:
        return seconds_of(path)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise CannotAssemble("film.damaged_sound", path=path) from error


def _write_joined(mixed: Path, gain: float, target: Path) -> None:
    with av.open(str(target), "w", format="ipod") as out:
        stream: Any = out.add_stream("aac", rate=RATE)
        stream.bit_rate, stream.layout = 256_000, "stereo"
        for _, packet in encoded(mixed, gain, stream):
            out.mux(packet)
