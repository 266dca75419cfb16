"""`ima-tui assemble`, `frame` and `extend`: films from files. Only `extend` costs points."""

from __future__ import annotations

import re
import secrets
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path

from ima_tui.cli import session
from ima_tui.cli.output import ProgressLine, print_json, print_plain, talk
from ima_tui.core import atomic_file, labels
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.text import clean, folded, has_chinese, one_line
from ima_tui.core.text import size as size_in_words
from ima_tui.film import assembler, timeline
from ima_tui.film.timeline import AssembleJob, Film, Shot, StillJob, Track
from ima_tui.i18n import joined, say
from ima_tui.studio.films import FOLDER

_SIZE = re.compile(r"(\d{1,5})\s*[x×*]\s*(\d{1,5})", re.ASCII)
_RATIO = re.compile(r"0*([1-9]\d{0,2})\s*[:/]\s*0*([1-9]\d{0,2})", re.ASCII)
_SECONDS = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*s?", re.ASCII)
_NUMBER = re.compile(r"\d{1,5}(?:\.\d{1,6})?", re.ASCII)
LAST = -1.0
MOST_VOLUME = 2.0


# ------------------------------------------------------------------------------------ assemble


def assemble(arguments: Namespace) -> int:
    """Join videos into a film."""
    settings = session.settle(arguments)
    film, cache = _film(arguments), str(settings.cache / FOLDER)
    if arguments.output is None:
        folder = settings.for_writing().folder_of(labels.project(arguments.project))
        job = AssembleJob(film, cache, folder=str(folder))
    else:
        files = (*(shot.file for shot in film.shots), *(track.file for track in film.tracks))
        output = _output(arguments.output, *files)
        job = AssembleJob(film, cache, target=str(output), replace=arguments.replace)
    return session.run(assembled(job, as_json=arguments.json))


def _output(written: str, *sources: str) -> Path:
    """Return where to write. Raises `UsageError` for a file that is read."""
    output = atomic_file.expand(written).absolute()
    if output.resolve() in {Path(each).resolve() for each in sources}:
        raise UsageError("error.film_own_file", path=one_line(output.name, 120))
    return output


async def assembled(job: AssembleJob, *, as_json: bool) -> int:
    """Assemble with a line of progress, and say what was made."""
    done = await with_progress(job)
    _print_made("film", done, as_json=as_json)
    if not as_json:
        talk(film_words(done))
    return EXIT_DONE


def _print_made(name: str, done: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        facts = {key: value for key, value in done.items() if key != "path"}
        print_json({"status": "done", name: done["path"], **facts})
    else:
        print_plain(done["path"])


async def with_progress(job: AssembleJob) -> Mapping[str, object]:
    """Assemble with a line of progress on stderr."""
    progress = ProgressLine()
    try:
        return await assembler.assemble(
            job, lambda told: progress.show(assembler.progress_words(told))
        )
    finally:
        progress.clear()


def film_words(done: Mapping[str, object]) -> str:
    """What was made, or that it was there already."""
    short = assembler.shortcomings(done)
    if not done["made"]:
        return joined(say("film.same"), short)
    shown = {name: str(done[name]) for name in ("seconds", "width", "height")}
    fps, size = float(str(done["fps"])), size_in_words(int(str(done["bytes"])))
    return joined(say("film.done", **shown, fps=f"{fps:g}", size=size), short)


def _film(arguments: Namespace) -> Film:
    tracks = tuple(_tracks(arguments))
    usual = 0.0 if tracks else 1.0
    own = usual if arguments.own_sound is None else volume(arguments.own_sound)
    shots = tuple(Shot(_path(each), own_sound=own) for each in arguments.files)
    if arguments.transition == "fade" or arguments.fade is not None:
        fade = timeline.FADE if arguments.fade is None else seconds(arguments.fade)
        shots = timeline.with_fades(shots, fade, hold=False)
    if arguments.subtitles and not arguments.voice:
        raise UsageError("error.film_subtitles")
    return Film(
        shots,
        tracks,
        size=_pair(_SIZE, arguments.film_size, "error.film_size_text"),
        fps=arguments.fps or 0,
        loudness=0.0 if arguments.loudness == "keep" else timeline.LOUDNESS,
        language="zho" if has_chinese(arguments.subtitles or "") else "eng",
        burned=arguments.burn,
    )


def _tracks(arguments: Namespace) -> Iterator[Track]:
    written = arguments.music_volume
    loud = timeline.MUSIC_VOLUME if written is None else volume(written)
    begins = seconds(arguments.voice_at)
    if arguments.music:
        yield timeline.music(_path(arguments.music), loud)
    if arguments.voice:
        text = clean(arguments.subtitles or "")
        yield timeline.voice(_path(arguments.voice), begins, text)


def _path(written: str) -> str:
    return str(atomic_file.expand(written).absolute())


def _matched(pattern: re.Pattern[str], written: str, error: str) -> re.Match[str]:
    found = pattern.fullmatch(folded(written))
    if found is None:
        raise UsageError(error, text=one_line(written, 40))
    return found


def _pair(pattern: re.Pattern[str], written: str | None, error: str) -> tuple[int, int]:
    """Return two numbers that are written as one word; zeros where nothing is."""
    if written is None:
        return (0, 0)
    found = _matched(pattern, written, error)
    return int(found[1]), int(found[2])


def volume(written: str) -> float:
    """Parse a factor of loudness. Raises `UsageError`."""
    factor = float(_matched(_NUMBER, written, "error.film_volume")[0])
    if factor > MOST_VOLUME:
        raise UsageError("error.film_volume", text=one_line(written, 40))
    return factor


def seconds(written: str) -> float:
    """Parse a length in seconds. Raises `UsageError`."""
    return float(_matched(_SECONDS, written, "error.film_seconds")[1])


# --------------------------------------------------------------------------------------- frame


def frame(arguments: Namespace) -> int:
    """Save one frame of a video."""
    session.settle(arguments)
    source = _path(arguments.file)
    output = _output(arguments.output, source)
    ratio = _pair(_RATIO, arguments.ratio, "error.film_ratio")
    job = StillJob(source, str(output), _moment(arguments.at), ratio, arguments.replace)
    return session.run(_frame(job, as_json=arguments.json))


async def _frame(job: StillJob, *, as_json: bool) -> int:
    _print_made("frame", await assembler.still(job), as_json=as_json)
    return EXIT_DONE


def _moment(written: str) -> float:
    word = folded(written).strip()
    if word in ("first", "last"):
        return 0.0 if word == "first" else LAST
    return float(_matched(_SECONDS, word, "error.film_time")[1])


# -------------------------------------------------------------------------------------- extend


def extend(arguments: Namespace) -> int:
    """Save the last frame, then generate from it as `generate` does, with all its flags."""
    settings = session.settle(arguments)
    source = _path(arguments.file)
    name = f"{Path(source).stem}-last-{secrets.token_hex(3)}.png"
    if arguments.dry_run:  # nothing is sent, so nothing stays
        with tempfile.TemporaryDirectory() as folder:
            return _extended(arguments, source, Path(folder) / one_line(name, 200))
    code = _extended(arguments, source, settings.folder / one_line(name, 200))
    if code == EXIT_DONE and not arguments.json:
        talk(say("film.join", path=one_line(arguments.file, 200)))
    return code


def _extended(arguments: Namespace, source: str, still: Path) -> int:
    code = session.run(_last_frame(StillJob(source, str(still), LAST)))
    if code != EXIT_DONE:
        return code
    from ima_tui.cli.commands import generate

    arguments.task_type = "image_to_video"
    arguments.input_images, arguments.list_models = [str(still)], False
    return generate.run(arguments)


async def _last_frame(job: StillJob) -> int:
    done = await assembler.still(job)
    talk(say("film.continuing", path=one_line(str(done["path"]), 300)))
    return EXIT_DONE
