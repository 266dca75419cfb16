"""What verbs that talk to the service have in common: settings, key, log, studio, limits."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from ima_tui import i18n
from ima_tui.api.connection import key_file
from ima_tui.cli.output import jobs_of_this_run, talk
from ima_tui.config import api_key, loader
from ima_tui.config.loader import Settings
from ima_tui.config.schema import Raw
from ima_tui.core.clock import Clock, SystemClock, midnight, month_start
from ima_tui.core.errors import EXIT_DONE, EXIT_INTERRUPTED, EXIT_UNKNOWN, ImaError
from ima_tui.core.events import Notice, Paused, TaskUnsaved
from ima_tui.core.records import dataclass
from ima_tui.core.text import duration, folded
from ima_tui.i18n import say
from ima_tui.studio.studio import Studio, open_studio

if TYPE_CHECKING:
    from argparse import Namespace

UNWRITTEN_SECONDS = 30.0
"""How long a verb tries to save a task id before it ends with `EXIT_UNKNOWN`."""

clock: Clock = SystemClock()
"""Every verb's; tests put a faster one here."""


def settle(arguments: Namespace) -> Settings:
    """Settings from flags, environment and file; says what is odd about them on stderr."""
    settings = settled(
        {
            "base_url": getattr(arguments, "base_url", None),
            "user_id": getattr(arguments, "user_id", None),
            "language": language(arguments),
        }
    )
    return replace(settings, read_only=getattr(arguments, "read_only", False))


def settled(flags: Mapping[str, Raw | None]) -> Settings:
    """Return the settings, with flags on top. Raises `UsageError`."""
    settings = loader.load(flags)
    i18n.use(settings.language)
    for warning in settings.warnings:
        talk(warning)
    if settings.custom_endpoint and not settings.sandbox_origin:
        talk(say("warning.custom_endpoint", host=f"{settings.base_url} {settings.upload_url}"))
    return settings


def find_key(settings: Settings, flag: str | None = None) -> api_key.Key | None:
    """The key to use; a file that others could read is told of even where it is not needed."""
    file = key_file(settings)
    found = api_key.find(file, flag)
    if api_key.exposed(file):
        talk(say("warning.key_file_open", path=str(file)))
    return found


def language(arguments: Namespace) -> str | None:
    """Return the language of `--language`; None where the settings are to say."""
    wanted = getattr(arguments, "language", None)
    return i18n.detect(wanted) if wanted else None


@asynccontextmanager
async def session(
    arguments: Namespace,
    settings: Settings,
    *,
    with_key: bool = True,
    patient: bool = False,
    asks: bool = False,
) -> AsyncIterator[Studio]:
    """A studio that follows only what this verb asks for, and gives up on a dead network.

    `patient`: the network is waited for, as long as it takes. `asks`: jobs over a limit wait for
    the user's approval, given elsewhere.
    """
    found = find_key(settings, getattr(arguments, "api_key", None)) if with_key else None
    async with (
        logged(settings),
        open_studio(settings, clock=clock, key=found, patient=patient, asks=asks) as studio,
    ):
        if studio.engine.repair_report is not None:
            from ima_tui.ledger import repair_report

            for words in repair_report.describe(studio.engine.repair_report):
                talk(words)
        with _watch(studio):
            yield studio
            if jobs_of_this_run():
                await warn_of_limits(studio)


_unwritten: dict[int, TaskUnsaved] = {}
"""Task ids that were given to this run and that its ledger could not take."""
_given_up: list[int] = []
"""Jobs whose verb was ended because of that. One may be saved right after."""


def has_given_up() -> bool:
    """Whether the verb was cancelled because a task id could not be saved, not by the user."""
    return bool(_given_up)


@contextmanager
def _watch(studio: Studio) -> Iterator[None]:
    """Tell of pauses, and name each task id that can't be saved, at once; a verb does not wait for
    ever for the disk or the lock that is in the way."""
    from ima_tui.ledger import repair_report

    verb = asyncio.current_task()
    giving_up: list[asyncio.Task[None]] = []

    async def give_up() -> None:
        await studio.clock.sleep(UNWRITTEN_SECONDS)
        if _unwritten and verb is not None:
            _given_up.extend(_unwritten)
            verb.cancel()

    def hear(notice: Notice) -> None:
        if isinstance(notice, Paused):  # no verb waits without saying so
            talk(say("wait.pause", left=duration(notice.seconds + 0.99)))
        if not isinstance(notice, TaskUnsaved):
            return
        if notice.written:
            _unwritten.pop(notice.job.id, None)
            talk(repair_report.saved_text(notice))
            return
        _unwritten[notice.job.id] = notice
        talk(i18n.explain(repair_report.unsaved_error(notice)))
        giving_up.append(asyncio.create_task(give_up()))

    studio.subscribe(hear)  # to the end: an answer may come while the studio closes
    try:
        yield
    finally:
        for each in giving_up:
            each.cancel()


@asynccontextmanager
async def logged(settings: Settings) -> AsyncIterator[None]:
    """What happens inside is written to the log folder, down to the last line; who only looks
    writes nothing."""
    log_nothing()  # but for what is heard below
    if settings.read_only:
        yield
        return
    from ima_tui.logs.writer import LogWriter

    writer = LogWriter(settings.logs, clock.time)
    writer.start()
    try:
        yield
    finally:
        await asyncio.to_thread(writer.close)


def log_nothing() -> None:
    """Keep Python from printing to stderr what is logged where nothing takes it."""
    logger = logging.getLogger("ima_tui")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end; SIGTERM ends it as ctrl+c does, so that nothing is left half written."""

    async def main() -> int:
        task = asyncio.current_task()
        if task is not None:
            # where a loop takes no signals (not the main thread), the system's own way holds
            with suppress(NotImplementedError, RuntimeError):
                loop = asyncio.get_running_loop()
                loop.add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    _unwritten.clear()
    _given_up.clear()
    try:
        code = asyncio.run(main())
    except asyncio.CancelledError:
        code = EXIT_INTERRUPTED
    except ImaError as error:
        if not _unwritten:
            raise
        talk(i18n.explain(error))
        code = EXIT_UNKNOWN
    return EXIT_UNKNOWN if _unwritten or _given_up else code


Work = Callable[[Studio, "Namespace"], Coroutine[Any, Any, int | None]]


def verb(
    *,
    with_key: bool = True,
    patient: bool = False,
    before: Callable[[Namespace, Settings], Settings] = lambda _, settings: settings,
) -> Callable[[Work], Callable[[Namespace], int]]:
    """Make a verb of work in a session; it ends with 0 where the work returns no exit code.

    `before` reads what the arguments name, while nothing is opened or written, and returns the
    settings of this run.
    """

    def made(work: Work) -> Callable[[Namespace], int]:
        async def in_session(arguments: Namespace, settings: Settings) -> int:
            async with session(arguments, settings, with_key=with_key, patient=patient) as studio:
                return await work(studio, arguments) or EXIT_DONE

        @wraps(work)
        def run_verb(arguments: Namespace) -> int:
            return run(in_session(arguments, before(arguments, settle(arguments))))

        return run_verb

    return made


def as_asked(arguments: Namespace, settings: Settings) -> Settings:
    """Download only where `--download [DIR]` asks for it."""
    return downloads(settings, arguments.download)


def if_asked(arguments: Namespace, settings: Settings) -> Settings:
    """Download as the settings say, unless `--download [DIR]` says more."""
    return settings if arguments.download is None else downloads(settings, arguments.download)


def downloads(settings: Settings, folder: str | None) -> Settings:
    """As `--download [DIR]` says: not at all, where the settings say ("") or in a folder."""
    if folder is None:
        return replace(settings, download=False)
    from ima_tui.runner import result_files

    if not folder:
        return replace(settings, download=True)
    where = result_files.folder_of(folder)
    return replace(settings, folder=where, project_folders=False, download=True)


NEAR = 80
"""Percent of a limit from which on it is named."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that is set (`day` or `month`), and the points spent so far."""

    name: str
    spent: int
    limit: int
    project: str | None = None
    """None: for all jobs together."""

    def words(self, about: str) -> str:
        """Return the sentence of a message key that begins with `about`."""
        key = f"{about}_{self.name}" if self.project is None else f"{about}_project_{self.name}"
        percent = self.spent * 100 // self.limit
        figures = {"spent": self.spent, "limit": self.limit, "percent": percent}
        return say(key, project=self.project or "", **figures)


async def limits_of(studio: Studio) -> list[Limit]:
    """Return every limit that is set for more than one run."""
    now, settings = studio.clock.time(), studio.settings
    since = {"day": midnight(now), "month": month_start(now)}
    known: list[tuple[str | None, int, int]] = [(None, settings.per_day, settings.per_month)]
    known += [(each.name, each.per_day, each.per_month) for each in settings.projects.values()]
    return [
        Limit(name, await studio.history.spent(since[name], project or ""), limit, project)
        for project, *limits in known
        for name, limit in zip(("day", "month"), limits, strict=True)
        if limit
    ]


async def warn_of_limits(studio: Studio) -> None:
    """Name each limit that is nearly used up, of projects those that this run had jobs in."""
    projects = await _projects(studio, jobs_of_this_run())
    for each in await limits_of(studio):
        concerned = each.project is None or folded(each.project) in projects
        if concerned and each.spent * 100 >= each.limit * NEAR:
            talk(each.words("spending.near"))


async def _projects(studio: Studio, job_ids: Collection[int]) -> set[str]:
    if not studio.settings.projects:
        return set()
    jobs = [await studio.jobs.get(job_id) for job_id in job_ids]
    return {folded(job.order.project) for job in jobs if job is not None}
