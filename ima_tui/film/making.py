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
from functools import partial
from pathlib import Path
from typing import Any

import av

from ima_tui.core import atomic_file
from ima_tui.core.records import dataclass, load
from ima_tui.film import captions, container, mixing, picture, sound, source
from ima_tui.film.source import Copy, PicturePlan, ShotFacts, plan
from ima_tui.film.timeline import ASSEMBLER, AssembleJob, CannotAssemble, Film, Role, cues_of

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
    atomic_file.remove_beside(target)
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
    made = _Making(film, facts, pictures, font, cache, target, name, progress)
    made.buses = mixing.plan(film, pictures, facts, lengths)
    progress.expect(made.work())
    made.need_space()
    encoded = [
        made.encoded(place)
        for place, piece in enumerate(pictures.pieces)
        if not isinstance(piece, Copy)
    ]
    made.write(encoded)
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
    raw = asdict(film)
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
            _store(kept, json.dumps(asdict(facts), default=str).encode())
        found[content] = facts
    return [found[contents[shot.file]] for shot in film.shots]


def _read_facts(path: Path) -> ShotFacts | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return load(ShotFacts, json.loads(path.read_bytes()))
    return None


def _store(path: Path, content: bytes) -> None:
    with atomic_file.unfinished(path) as beside:
        beside.write_bytes(content)
        beside.replace(path)


@dataclass(eq=False)
class _Making:
    """All that a film is made of; encodes its pieces, mixes its sound and writes it."""

    film: Film
    facts: Sequence[ShotFacts]
    pictures: PicturePlan
    font: str
    cache: Path
    target: Path
    name: str
    progress: _Progress
    buses: Sequence[mixing.Bus] = ()

    def work(self) -> float:
        """Return how much there is to do."""
        checked = sum(each.frames for each in {each.digest: each for each in self.facts}.values())
        heard = self.pictures.seconds * _SOUND * 6 if self.buses else 0.0
        pictures = self.pictures.encoded + self.pictures.frames * _WRITE
        return checked * _CHECK + pictures + heard

    def need_space(self) -> None:
        """Raise `CannotAssemble` where a disk has no room for it."""
        width, height = self.pictures.size
        film = int(self.pictures.frames * width * height * BYTES_A_PIXEL)
        mixed = int(self.pictures.seconds * mixing.RATE * sound.WIDTH) if self.buses else 0
        self.target.parent.mkdir(parents=True, exist_ok=True)
        for folder, need in ((self.cache, film + mixed), (self.target.parent, film)):
            free = shutil.disk_usage(folder).free
            if free < need + 50_000_000:
                raise CannotAssemble("film.no_space", path=str(folder), need=need, free=free)

    @property
    def _shots(self) -> list[str]:
        return [shot.file for shot in self.film.shots]

    def encoded(self, place: int) -> Path:
        """Return the file of an encoded piece: from an earlier run, or made now."""
        film, facts, pictures = self.film, self.facts, self.pictures
        piece = pictures.pieces[place]
        assert not isinstance(piece, Copy)  # noqa: S101 - the caller leaves those out
        self.progress.stage, self.progress.shot = "encode", piece.shot + 1
        used = facts[piece.shot : piece.shot + 2]
        about = [type(piece).__name__, asdict(piece) | {"shot": 0}, [each.digest for each in used]]
        settings: list[object] = [pictures.size, str(pictures.fps), picture.CRF, picture.PRESET]
        settings += ["cropped"] if pictures.cropped else []
        first = sum(each.frames for each in pictures.pieces[:place])
        if film.burned:
            settings += [first, self.font, [asdict(cue) for cue in film.cues]]
        path = self.cache / f"piece-{_hash([ASSEMBLER, about, settings])}.mp4"
        if path.exists():
            os.utime(path)
            self.progress.skip(piece.frames)
            return path
        with atomic_file.unfinished(path) as beside:
            UNFINISHED.add(beside)
            frames = picture.piece_frames(piece, self._shots, list(facts), pictures)
            if film.burned:
                drawing = captions.Captions(film.cues, pictures.size, pictures.fps, self.font)
                frames = drawing.drawn(frames, first)
            step = partial(self.progress.add, 1.0)
            _named(piece.shot + 1, False, picture.encode, frames, pictures, beside, step)
            beside.replace(path)
        return path

    def write(self, encoded: Sequence[Path]) -> None:
        """Write the film beside its target, flush it and rename it."""
        film, pictures, target = self.film, self.pictures, self.target
        self.progress.stage, self.progress.shot = "sound", 0
        with (
            atomic_file.unfinished(self.cache / f"mix-{self.name}") as mixed,
            atomic_file.unfinished(target) as beside,
        ):
            UNFINISHED.update((mixed, beside))
            gain = self._mix(mixed) if self.buses else 0.0
            self.progress.stage = "write"
            parts = container.parts_of(pictures, self._shots, encoded)
            out = container.FilmFile(beside, pictures, parts, f"ima-tui {self.name}")
            stream = out.add_sound() if self.buses else None
            tracked = film.cues and not film.burned
            cues = out.add_subtitles(film.language) if tracked else None
            audio = sound.encoded(mixed, gain, stream) if stream is not None else iter(())
            texts = container.cue_packets(film.cues, cues) if cues is not None else iter(())
            heard, read = Fraction(-1), Fraction(-1)
            for at in out.pictures(lambda: self.progress.add(_WRITE)):
                heard = _until(at, heard, audio, out)
                read = _until(at, read, texts, out)
            for rest in (audio, texts):
                _until(Fraction(10**9), Fraction(-1), rest, out)
            out.close()
            atomic_file.sync_path(beside)
            beside.replace(target)
            atomic_file.sync_path(target.parent)

    def _mix(self, mixed: Path) -> float:
        total = round(self.pictures.frames * mixing.RATE / self.pictures.fps)
        step = lambda seconds: self.progress.add(seconds * _SOUND)  # noqa: E731 - used twice
        loudness = sound.mix(self.buses, total, mixed, step)
        wanted = self.film.loudness
        return sound.gain_for(mixed, loudness, wanted, step) if wanted else 0.0


def _until(at: Fraction, reached: Fraction, packets: Any, out: container.FilmFile) -> Fraction:
    """Write packets of another track up to a time; returns the time that they reach."""
    while reached < at:
        found = next(packets, None)
        if found is None:
            return Fraction(10**9)
        reached, packet = found
        out.mux(packet)
    return reached
