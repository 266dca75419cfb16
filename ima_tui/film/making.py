"""Makes one film: checks shots, encodes pieces, mixes, writes, renames. Runs in the worker."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ima_tui.core import atomic_file
from ima_tui.film import captions, container, mixing, picture, sound, source
from ima_tui.film.pieces import Copy, PicturePlan, ShotFacts, plan
from ima_tui.film.request import ASSEMBLER, AssembleJob, CannotAssemble
from ima_tui.film.timeline import Film, Role, cues_of

Tell = Callable[[dict[str, object]], None]

DISK_ERRORS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
)
UNFINISHED: set[Path] = set()
"""Files that are being written: of no use to anybody if this process ends."""
BYTES_A_PIXEL = 0.05
"""Of an encoded frame at most, about five times what smooth pictures take."""
MOST_HOLD = 2.0
"""Seconds that the last frame is held for a voice-over; a longer one is cut, and that is said."""
_EVERY = 0.2
# work in units of an encoded frame
_CHECK, _WRITE, _SOUND = 0.1, 0.02, 0.5


class _Progress:
    """Counts work and tells of it, a few times a second."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._done = 0.0
        self._total = 1.0
        self._at = 0.0
        self._began = time.monotonic()
        self._skipped = 0.0
        self.stage = "check"
        self.shot = 0

    def expect(self, total: float) -> None:
        """Set how much work there is in all."""
        self._total = max(total, self._done, 1e-6)

    def skip(self, work: float) -> None:
        """Count work that needs no time: it is there already."""
        self._done += work
        self._skipped += work

    def add(self, work: float) -> None:
        """Count work that was just done."""
        self._done += work
        now = time.monotonic()
        if now - self._at < _EVERY:
            return
        self._at = now
        share = min(1.0, self._done / self._total)
        real, passed = self._done - self._skipped, now - self._began
        left = (self._total - self._done) * passed / real if real > 0 else 0.0
        told: dict[str, object] = {"share": round(share, 4), "left": round(max(0.0, left), 1)}
        self._tell({**told, "stage": self.stage, "shot": self.shot})


def assemble(job: AssembleJob, tell: Tell) -> dict[str, object]:
    """Make the film and return its facts. Raises `CannotAssemble` and `OSError`."""
    av.logging.set_level(None)
    progress = _Progress(tell)
    film = job.film
    cache = Path(job.cache)
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    contents = _contents(film)
    name = film_digest(film, contents)
    target = _target(job, name)
    container.remove_beside(target)
    if _is_made(target, name):
        return _done(target, job.film, made=False)
    if target.exists() and not job.replace:
        raise CannotAssemble("film.exists", path=str(target))
    container.prune(cache)
    facts = _checked(film, contents, cache, progress)
    lengths = [_named(number, True, sound.seconds_of, track.file)
               for number, track in enumerate(film.tracks, 1)]  # fmt: skip
    film, font = _with_font(_with_cues(film, lengths))
    pictures = plan(film, facts)
    if held := _held(film, pictures, lengths):
        film = held
        pictures = plan(film, facts)
    buses = mixing.plan(film, pictures, facts, lengths)
    progress.expect(_work(pictures, facts, sounds=bool(buses)))
    _need_space(cache, target, pictures, sounds=bool(buses))
    encoded = [
        _encoded(place, film, facts, pictures, font, cache, progress)
        for place, piece in enumerate(pictures.pieces)
        if not isinstance(piece, Copy)
    ]
    _write(film, pictures, buses, encoded, target, name, cache, progress)
    for path in encoded:
        path.unlink(missing_ok=True)
    return {**_done(target, job.film, made=True), "encoded": pictures.encoded}


def _done(target: Path, film: Film, *, made: bool) -> dict[str, object]:
    """Return the film's facts; `voice_cut`: seconds of a voice-over that it is too short for.

    `no_font`: subtitles are a track, though they were to be drawn into the pictures.
    """
    facts = _facts_of(target)
    ends = _voice_end(film, [sound.seconds_of(each.file) for each in film.tracks])
    cut = max(0.0, ends - float(str(facts["seconds"])))
    no_font = film.burned and bool(facts["subtitles"])
    return {
        "path": str(target),
        "made": made,
        **facts,
        "voice_cut": round(cut, 1),
        "no_font": no_font,
    }


def _voice_end(film: Film, lengths: Sequence[float]) -> float:
    """Return when the last voice-over ends, in seconds."""
    pairs = zip(film.tracks, lengths, strict=True)
    return max((t.start + seconds for t, seconds in pairs if t.role is Role.VOICE), default=0.0)


def _held(film: Film, pictures: PicturePlan, lengths: Sequence[float]) -> Film | None:
    """Return the film with its last frame held for a voice-over that is a little too long."""
    lasts = pictures.frames / pictures.fps
    more = _voice_end(film, lengths) - float(lasts)
    if not 0.0 < more <= MOST_HOLD:
        return None
    last = film.shots[-1]
    # up to a whole frame
    frames = -(-Fraction(more).limit_denominator(48_000) * pictures.fps // 1)
    hold = last.hold + float(frames / pictures.fps)
    return replace(film, shots=(*film.shots[:-1], replace(last, hold=hold)))


def _with_cues(film: Film, lengths: Sequence[float]) -> Film:
    """Return the film with the words of its voice-over as subtitles."""
    more = tuple(
        cue
        for track, seconds in zip(film.tracks, lengths, strict=True)
        if track.text
        for cue in cues_of(track.text, track.start, seconds)
    )
    return replace(film, cues=(*film.cues, *more))


def _with_font(film: Film) -> tuple[Film, str]:
    """Return the film and the font of its subtitles; without a font they become a track."""
    if not film.burned or not film.cues:
        return replace(film, burned=False), ""
    found = captions.font_for("".join(cue.text for cue in film.cues))
    return replace(film, burned=found is not None), found or ""


def film_digest(film: Film, contents: Mapping[str, str]) -> str:
    """Return the digest of a request: contents of files and all settings, not the files' names."""
    raw = film.to_json()
    if film.ratio == (0, 0):  # films of before keep their names
        del raw["ratio"]
    for each in (*raw["shots"], *raw["tracks"]):
        each["file"] = contents[each["file"]]
    return _hash([ASSEMBLER, raw])


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _contents(film: Film) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, shot in enumerate(film.shots, 1):
        found[shot.file] = found.get(shot.file) or _named(number, False, source.digest, shot.file)
    for number, track in enumerate(film.tracks, 1):
        found[track.file] = found.get(track.file) or _named(number, True, source.digest, track.file)
    return found


def _named(number: int, is_sound: bool, do: Callable[..., Any], *arguments: Any) -> Any:
    """Call `do`; whatever a library raises for a broken file names the shot or sound."""
    key = "film.damaged_sound" if is_sound else "film.damaged_file"
    try:
        return do(*arguments)
    except CannotAssemble as problem:
        raise CannotAssemble(problem.key, **{"shot": number, **problem.values}) from problem
    except (av.error.FFmpegError, ValueError, IndexError, ArithmeticError) as error:
        code = int(getattr(error, "errno", 0) or 0)
        if code in DISK_ERRORS:
            raise OSError(code, os.strerror(code)) from error
        raise CannotAssemble(key, path=str(arguments[0]), shot=number) from error


# -------------------------------------------------------------------------------- the target


def _target(job: AssembleJob, name: str) -> Path:
    if job.target:
        return Path(job.target)
    return Path(job.folder) / f"{job.stem}-{name[:8]}.mp4"


def _is_made(target: Path, name: str) -> bool:
    """Tell whether the file is the film of this digest."""
    if not target.is_file():
        return False
    with (
        suppress(av.error.FFmpegError, CannotAssemble, ValueError),
        source.opened(str(target)) as film,
    ):
        return bool(film.metadata.get("comment") == f"ima-tui {name}")
    return False


def _facts_of(target: Path) -> dict[str, object]:
    with source.opened(str(target)) as film:
        stream = film.streams.video[0]
        rate = stream.average_rate or Fraction(1)
        return {
            "width": stream.width,
            "height": stream.height,
            "fps": round(float(rate), 3),
            "frames": stream.frames,
            "seconds": round(float(stream.frames / rate), 3),
            "sound": bool(film.streams.audio),
            "subtitles": bool(film.streams.subtitles),
            "bytes": target.stat().st_size,
        }


# --------------------------------------------------------------------------------- the steps


def _checked(
    film: Film, contents: Mapping[str, str], cache: Path, progress: _Progress
) -> list[ShotFacts]:
    """Return each shot's facts; a shot that was checked before is not decoded again."""
    found: dict[str, ShotFacts] = {}
    for number, shot in enumerate(film.shots, 1):
        content = contents[shot.file]
        if content in found:
            continue
        progress.shot = number
        kept = cache / f"facts-{ASSEMBLER}-{content[:32]}.json"
        facts = _read_facts(kept)
        if facts is None:
            facts = _named(
                number, False, source.look, shot.file, content, lambda: progress.add(_CHECK)
            )
            _store(kept, json.dumps(_facts_json(facts)).encode())
        found[content] = facts
    return [found[contents[shot.file]] for shot in film.shots]


def _facts_json(facts: ShotFacts) -> dict[str, object]:
    fractions = {name: str(getattr(facts, name)) for name in ("rate", "guess", "begins")}
    return asdict(facts) | fractions


def _read_facts(path: Path) -> ShotFacts | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        raw = json.loads(path.read_bytes())
        for name in ("rate", "guess", "begins"):
            raw[name] = Fraction(raw[name])
        for name in ("entries", "exits"):
            raw[name] = tuple(raw[name])
        return ShotFacts(**raw)
    return None


def _store(path: Path, content: bytes) -> None:
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(path)


def _work(pictures: PicturePlan, facts: Sequence[ShotFacts], *, sounds: bool) -> float:
    checked = sum(each.frames for each in {each.digest: each for each in facts}.values())
    heard = pictures.seconds * _SOUND * 6 if sounds else 0.0
    return checked * _CHECK + pictures.encoded + pictures.frames * _WRITE + heard


def _need_space(cache: Path, target: Path, pictures: PicturePlan, *, sounds: bool) -> None:
    width, height = pictures.size
    film = int(pictures.frames * width * height * BYTES_A_PIXEL)
    mixed = int(pictures.seconds * mixing.RATE * sound.WIDTH) if sounds else 0
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder, need in ((cache, film + mixed), (target.parent, film)):
        free = shutil.disk_usage(folder).free
        if free < need + 50_000_000:
            raise CannotAssemble("film.no_space", path=str(folder), need=need, free=free)


def _encoded(
    place: int,
    film: Film,
    facts: Sequence[ShotFacts],
    pictures: PicturePlan,
    font: str,
    cache: Path,
    progress: _Progress,
) -> Path:
    """Return the file of an encoded piece: from an earlier run, or made now."""
    piece = pictures.pieces[place]
    assert not isinstance(piece, Copy)  # noqa: S101 - the caller leaves those out
    progress.stage, progress.shot = "encode", piece.shot + 1
    used = facts[piece.shot : piece.shot + 2]
    about = [type(piece).__name__, asdict(piece) | {"shot": 0}, [each.digest for each in used]]
    settings: list[object] = [pictures.size, str(pictures.fps), picture.CRF, picture.PRESET]
    settings += ["cropped"] if pictures.cropped else []
    first = sum(each.frames for each in pictures.pieces[:place])
    if film.burned:
        settings += [first, font, [asdict(cue) for cue in film.cues]]
    path = cache / f"piece-{_hash([ASSEMBLER, about, settings])}.mp4"
    if path.exists():
        os.utime(path)
        progress.skip(piece.frames)
        return path
    shots = [shot.file for shot in film.shots]
    beside = path.with_suffix(f".{os.getpid()}.part")
    UNFINISHED.add(beside)
    try:
        frames = picture.piece_frames(piece, shots, list(facts), pictures)
        if film.burned:
            drawing = captions.Captions(film.cues, pictures.size, pictures.fps, font)
            frames = drawing.drawn(frames, first)
        _named(
            piece.shot + 1,
            False,
            picture.encode,
            frames,
            pictures,
            beside,
            lambda: progress.add(1.0),
        )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _write(
    film: Film,
    pictures: PicturePlan,
    buses: Sequence[mixing.Bus],
    encoded: Sequence[Path],
    target: Path,
    name: str,
    cache: Path,
    progress: _Progress,
) -> None:
    """Write the film beside its target, flush it and rename it."""
    progress.stage, progress.shot = "sound", 0
    mixed = cache / f"mix-{name}.{os.getpid()}.part"
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    UNFINISHED.update((mixed, beside))
    try:
        gain = _mix(film, pictures, buses, mixed, progress) if buses else 0.0
        progress.stage = "write"
        shots = [shot.file for shot in film.shots]
        parts = container.parts_of(pictures, shots, encoded)
        out = container.FilmFile(beside, pictures, parts, f"ima-tui {name}")
        stream = out.add_sound() if buses else None
        tracked = film.cues and not film.burned
        cues = out.add_subtitles(film.language) if tracked else None
        audio = sound.encoded(mixed, gain, stream) if stream is not None else iter(())
        texts = container.cue_packets(film.cues, cues) if cues is not None else iter(())
        heard, read = Fraction(-1), Fraction(-1)
        for at in out.pictures(lambda: progress.add(_WRITE)):
            heard = _until(at, heard, audio, out)
            read = _until(at, read, texts, out)
        for rest in (audio, texts):
            _until(Fraction(10**9), Fraction(-1), rest, out)
        out.close()
        _flush(beside)
        beside.replace(target)
        _flush(target.parent)
    finally:
        mixed.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


def _until(at: Fraction, reached: Fraction, packets: Any, out: container.FilmFile) -> Fraction:
    """Write packets of another track up to a time; returns the time that they reach."""
    while reached < at:
        found = next(packets, None)
        if found is None:
            return Fraction(10**9)
        reached, packet = found
        out.mux(packet)
    return reached


def _mix(
    film: Film,
    pictures: PicturePlan,
    buses: Sequence[mixing.Bus],
    mixed: Path,
    progress: _Progress,
) -> float:
    total = round(pictures.frames * mixing.RATE / pictures.fps)
    step = lambda seconds: progress.add(seconds * _SOUND)  # noqa: E731 - one line, used twice
    loudness = sound.mix(buses, total, mixed, step)
    return sound.gain_for(mixed, loudness, film.loudness, step) if film.loudness else 0.0


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        atomic_file.sync(handle)
    finally:
        os.close(handle)
