"""Composition root for both front ends.

    async with open_studio(settings) as studio:
        await ImaApp(studio).run_async()

`studio.connection` holds the key and the client, `studio.catalogue` the live lists,
`studio.preferences` the preferred models, `studio.guides` the guides, `studio.jobs` the jobs,
`studio.workflow_maker` makes workflows, `studio.workflows` keeps and runs them, `studio.films` has
their films, `studio.endings` what of them is made by itself, `subjects.store` named references.
Parts are imported and created on first use, because the first paint waits for nothing: `begin`
opens ledger and scheduler, the API client comes when needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ima_tui.core.clock import Clock, SystemClock
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import EventBus, GuidesChanged, Listener, SubjectsChanged
from ima_tui.core.records import dataclass

GUIDES_SECONDS = 2.0
"""Seconds between checks of the guides; a stat of four files."""

if TYPE_CHECKING:
    from ima_tui.api.connection import Connection, Locate
    from ima_tui.config import api_key as keys
    from ima_tui.config.editor import ConfigEditor
    from ima_tui.config.loader import Settings
    from ima_tui.core.domain import ModelVersion, Order, TaskType, Value
    from ima_tui.core.input_files import InputFacts
    from ima_tui.ledger.history import History
    from ima_tui.preferences.policy import PreferenceService
    from ima_tui.runner.input_checks import InputChecks
    from ima_tui.studio.catalogue_service import CatalogueService
    from ima_tui.studio.endings import Endings
    from ima_tui.studio.engine import Engine
    from ima_tui.studio.films import Films
    from ima_tui.studio.gallery import ResultGallery
    from ima_tui.studio.guides import Guides
    from ima_tui.studio.job_notifier import JobNotifier
    from ima_tui.studio.jobs import Jobs
    from ima_tui.studio.workflow_making import WorkflowMaker
    from ima_tui.studio.workflows import Workflows
    from ima_tui.subjects.store import Subjects


@asynccontextmanager
async def open_studio(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    key: keys.Key | None = None,
    locate: Locate | None = None,
    for_screen: bool = False,
    patient: bool = False,
    asks: bool = False,
) -> AsyncIterator[Studio]:
    """Open a studio, closed at the end.

    Without `settings`: those of config.toml and the environment, with the key found as for verbs.
    `for_screen`: nothing is opened or followed before `begin`, which the app calls after its first
    paint; then jobs of ended runs are followed too, and a missing network is waited for. Otherwise
    all is ready when this yields (raises `LedgerError`), and only this run's jobs are followed.
    `patient`: wait for a missing network without a screen, too. `asks`: a job over a limit waits
    for the user's approval, given elsewhere, instead of failing.
    """
    if settings is None:
        found = await asyncio.to_thread(_usual, key)
        settings, key = found
    studio = Studio(
        settings,
        clock or SystemClock(),
        key,
        locate,
        everything=for_screen,
        patient=for_screen or patient,
        asks=for_screen or asks,
    )
    try:
        if not for_screen:
            await studio.begin()
        yield studio
    finally:
        await studio._aclose()


def _usual(key: keys.Key | None) -> tuple[Settings, keys.Key | None]:
    """Return the user's settings and key. Touches the disk and the keyring."""
    from ima_tui.api.connection import key_file
    from ima_tui.config import api_key, loader

    settings = loader.load()
    return settings, key or api_key.find(key_file(settings))


@dataclass(eq=False)
class Studio:
    """One run of the program."""

    settings: Settings
    clock: Clock
    _key: keys.Key | None
    _locate: Locate | None
    everything: bool
    patient: bool
    asks: bool

    def __post_init__(self) -> None:
        self._broadcast = EventBus()
        self._begun = False
        self._loaded = False
        self._background: Background | None = None

    @cached_property
    def connection(self) -> Connection:
        """The key and the client."""
        from ima_tui.api.connection import Connection

        return Connection(self.settings, self.clock, self._key, self._locate)

    @cached_property
    def history(self) -> History:
        """Lists and reports over many jobs."""
        from ima_tui.ledger.history import History

        return History(self.engine.ledger)

    @cached_property
    def engine(self) -> Engine:
        """The ledger and the scheduler."""
        from ima_tui.studio.engine import Engine

        return Engine(
            self.settings,
            self.clock,
            self.connection,
            self._broadcast.tell,
            lambda: self.input_checks,
            everything=self.everything,
            patient=self.patient,
            asks=self.asks,
        )

    @cached_property
    def input_checks(self) -> InputChecks:
        """Input checks, each file decoded once."""
        from ima_tui.runner.input_checks import InputChecks

        return InputChecks()

    @cached_property
    def config_editor(self) -> ConfigEditor:
        """Changes to config.toml."""
        from ima_tui.config.editor import ConfigEditor

        return ConfigEditor(self.settings, self._use)

    def _use(self, settings: Settings) -> None:
        """Go on with other limits."""
        self.settings = settings
        self.engine.limit(settings)

    @cached_property
    def preferences(self) -> PreferenceService:
        """The preferred models."""
        from ima_tui.preferences.policy import PreferenceService

        return PreferenceService(self.settings, self.clock, self._broadcast.tell)

    @cached_property
    def guides(self) -> Guides:
        """The guides, if installed."""
        from ima_tui.studio.guides import Guides

        return Guides(self.settings.knowledge)

    @cached_property
    def catalogue(self) -> CatalogueService:
        """The live lists, and choices from them."""
        from ima_tui.studio.catalogue_service import CatalogueService

        return CatalogueService(
            self.settings,
            self.clock,
            self.connection,
            self.engine,
            self.preferences,
            self.guides,
            self._broadcast.tell,
        )

    @cached_property
    def jobs(self) -> Jobs:
        """Every job, and actions on them."""
        from ima_tui.studio.jobs import Jobs

        return Jobs(self.engine, self.clock, self._broadcast, self.catalogue, self.connection)

    @cached_property
    def gallery(self) -> ResultGallery:
        """The results of all jobs."""
        from ima_tui.studio.gallery import ResultGallery

        return ResultGallery(
            self.settings, self.clock, self.engine, self.connection, self._broadcast
        )

    @cached_property
    def workflows(self) -> Workflows:
        """Workflows: several jobs that feed each other."""
        from ima_tui.studio.workflows import Workflows

        return Workflows(
            self.jobs,
            self.catalogue,
            self.inspect_inputs,
            self.settings.data / "plans",
            clock=self.clock,
            download=self.settings.download,
            for_writing=self.settings.for_writing,
        )

    @cached_property
    def workflow_maker(self) -> WorkflowMaker:
        """Workflows made of prompts."""
        from ima_tui.studio.workflow_making import WorkflowMaker

        return WorkflowMaker(self.catalogue, self.preferences, lambda: self.subjects.all)

    @cached_property
    def films(self) -> Films:
        """Films of workflows."""
        from ima_tui.studio.films import Films

        return Films(self.settings, self.jobs)

    @cached_property
    def endings(self) -> Endings:
        """Films and other ends of workflows that are made by themselves."""
        from ima_tui.studio.endings import Endings

        return Endings(
            self.workflows,
            self.films,
            self.jobs,
            self.clock,
            self._broadcast.tell,
            self.settings.for_writing,
        )

    @cached_property
    def subjects(self) -> Subjects:
        """Named references for prompts."""
        from ima_tui.subjects.store import Subjects

        return Subjects(self.settings, self.clock, self._broadcast.tell)

    async def load_stored(self, *task_types: TaskType) -> None:
        """Load what a draft needs, without the ledger and the service.

        These are preferences, guides, subjects, and the stored lists of `task_types` (or all).
        """
        await self.catalogue.load(*task_types)
        if not self._loaded:
            self._loaded = True
            guides = asyncio.to_thread(self.guides.load)
            await asyncio.gather(self.preferences.load(), guides, self.subjects.load())

    async def begin(self) -> None:
        """Open the ledger, load preferences and stored lists, follow unfinished jobs. Once.

        Raises `LedgerError`; then every action that needs the ledger raises it too.
        """
        if self._begun:
            return
        self._begun = True
        await self.engine.open(self.catalogue.find_model)
        self._background = Background(self, self._broadcast)
        await self.load_stored()
        await self.engine.start()
        self._background.start(ends_of_workflows=self.everything and self.read_only is None)

    @property
    def read_only(self) -> ImaError | None:
        """Why nothing is sent or written: a flag, or an unwritable ledger. None if it is."""
        return UsageError("error.looking") if self.settings.read_only else self.engine.read_only

    async def _aclose(self) -> None:
        if self._background is not None:
            await self._background.stop()
        await self.engine.stop()
        if self._background is not None:
            await self._background.aclose()
        if "input_checks" in vars(self):
            await self.input_checks.aclose()
        await self.connection.aclose()
        await self.engine.aclose()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener for every event, on the event loop; returns the unsubscriber."""
        return self._broadcast.subscribe(listener)

    async def quote(
        self,
        task_type: TaskType,
        prompt: str,
        *,
        model: str = "",
        version: str = "",
        inputs: Sequence[str] = (),
        n: int = 1,
        parameters: Mapping[str, Value] | None = None,
    ) -> Order:
        """Return a priced order (`total` points) for `jobs.submit`; nothing is sent or charged.

        `model`: an id or a name, else the preferred or default one. `inputs`: paths, https links
        or results such as `job:41#1`; files are decoded here. Raises `UsageError` for what the
        model does not take, and errors of the service.
        """
        from ima_tui.catalogue import choice, form, order
        from ima_tui.core.domain import Draft

        if not prompt.strip():
            raise UsageError("error.empty_prompt")
        models = await self.catalogue.fresh(task_type)
        suggested = None if model else self.catalogue.suggested(task_type, inputs)
        if not model and suggested is None:
            raise UsageError("error.no_models")
        chosen = choice.pick(models, model or (suggested.model_id if suggested else ""), version)
        settings = dict(form.accept(chosen, *each) for each in (parameters or {}).items())
        placed, _ = order.place(
            chosen,
            Draft(
                task_type=task_type,
                model_id=chosen.model_id,
                version=chosen.version,
                prompt=prompt,
                chosen=tuple(settings.items()),
                inputs=tuple(inputs),
                n=n,
            ),
        )
        checked = [await self._checked(chosen, source) for source in inputs]
        return replace(placed, inputs=tuple(checked))

    async def _checked(self, model: ModelVersion, source: str) -> str:
        """Return the input as it is recorded; an earlier result is looked up when it is sent."""
        from ima_tui.core.domain import result_of

        found = () if result_of(source) else await self.inspect_inputs(model, (source,))
        return found[0].source if found else source

    async def inspect_inputs(
        self, model: ModelVersion, inputs: Sequence[str]
    ) -> tuple[InputFacts, ...]:
        """Check inputs before anything is sent. Raises `UsageError` for the first bad one."""
        if not inputs:
            return ()
        return await self.input_checks.inspect(model, inputs, self.connection.loopback)


@dataclass(eq=False)
class Background:
    """What goes on beside the screens: files that others change, commands and webhooks at ends."""

    _studio: Studio
    _broadcast: EventBus

    def __post_init__(self) -> None:
        self._watches: tuple[asyncio.Task[None], ...] = ()
        self._notifier = self._notify_about_ends()

    def _notify_about_ends(self) -> JobNotifier | None:
        """Run the user's command and webhook for jobs that end from now on."""
        studio = self._studio
        if not (studio.settings.command or studio.settings.webhook):
            return None
        from ima_tui.studio.job_notifier import JobNotifier

        if not JobNotifier.is_wanted(studio.settings):
            return None
        notifier = JobNotifier(studio.settings, studio.clock, studio.engine, studio.connection)
        self._broadcast.subscribe(notifier.hear)
        return notifier

    def start(self, *, ends_of_workflows: bool) -> None:
        """Watch preferences, guides, the ledger and, if asked for, `ends_of_workflows`."""
        studio = self._studio
        self._watches = (
            asyncio.create_task(studio.preferences.watch(), name="preferences"),
            asyncio.create_task(self._watch_guides(), name="guides"),
            asyncio.create_task(studio.jobs.watch(), name="ledger"),
        )
        if ends_of_workflows:
            self._broadcast.subscribe(studio.endings.hear)
            ends = asyncio.create_task(studio.endings.watch(), name="ends of workflows")
            self._watches = (*self._watches, ends)

    async def _watch_guides(self) -> None:
        """Reload guides and subjects that others changed, because both affect prompts."""
        studio = self._studio
        while True:
            await studio.clock.sleep(GUIDES_SECONDS)
            if await asyncio.to_thread(studio.guides.load_if_changed):
                self._broadcast.tell(GuidesChanged())
            if await studio.subjects.load():
                self._broadcast.tell(SubjectsChanged())

    async def stop(self) -> None:
        """Watch no longer."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    async def aclose(self) -> None:
        """Close what runs commands and webhooks, after the engine's last events."""
        if self._notifier is not None:
            await self._notifier.aclose()
