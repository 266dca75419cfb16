"""Actions on jobs: which fit which job, and confirmation where points or data are at stake.

Deletes stay pending for a moment, in which they can be undone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.catalogue.choice import Alternative
from ima_tui.compose import confirmation, draft
from ima_tui.core.domain import Job, Medium, Order, State
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import joined, say
from ima_tui.ledger.records import ENDED, UNSENT
from ima_tui.studio.gallery import open_file
from ima_tui.tui.shell import model_picker
from ima_tui.tui.shell.label_windows import LabelActions
from ima_tui.tui.widgets import price_text
from ima_tui.tui.widgets.inputs import input_source
from ima_tui.tui.widgets.job_text import may_become

if TYPE_CHECKING:
    from ima_tui.studio.studio import Studio
    from ima_tui.tui.shell.base_screen import BaseScreen


MOST_NAMED = 6
"""Jobs that a question names; how many more there are is said."""


def _may_follow(job: Job) -> bool:
    stopped = job.state is State.STOPPED and bool(job.task_id)
    return stopped or job.state is State.TIMED_OUT


def _may_be_repeated(job: Job) -> bool:
    return not job.order.prompt_is_lost


FITS: Mapping[str, Callable[[Job], bool]] = {
    "again": lambda job: (
        _may_be_repeated(job) and (job.state in ENDED or job.state is State.TIMED_OUT)
    ),
    "instead": lambda job: _may_be_repeated(job) and job.state in ENDED,
    "stop": lambda job: may_become(job, State.STOPPED),
    "follow": _may_follow,
    "approve": lambda job: job.needs_approval,
    "fetch": lambda job: job.state in (State.DONE, State.FETCHING),
    "forget": lambda job: may_become(job, State.FORGOTTEN),
    "duplicate": lambda job: True,
    "edit": lambda job: job.state is State.QUEUED,
    "copy": lambda job: any(media.url for media in job.medias),
    "open": lambda job: any(media.path for media in job.medias),
    "view": lambda job: bool(job.medias),
    "use": lambda job: bool(job.medias) and job.order.task_type.medium is Medium.IMAGE,
    "similar": lambda job: _may_be_repeated(job) and job.state is State.DONE,
    "star": lambda job: True,
    "tags": lambda job: True,
    "project": lambda job: True,
}
"""A verb and whether it means anything for a job."""
ONE_ONLY = frozenset({"instead", "duplicate", "edit"})
"""Verbs that take a single job: with several marked they are not offered."""


def are_unsent(jobs: Sequence[Job]) -> bool:
    """Whether stopping `jobs` only takes jobs out of the queue that were not sent."""
    stopped = [job for job in jobs if FITS["stop"](job)]
    return bool(stopped) and all(job.state in UNSENT for job in stopped)


class JobActions:
    """The verbs, for one screen, which asks and complains."""

    def __init__(self, screen: BaseScreen) -> None:
        self._screen = screen
        self.forgetting = PendingDeletes(screen)
        self.labels = LabelActions(screen)

    def can(self, verb: str, jobs: Sequence[Job]) -> bool:
        """Whether `verb` means anything for some of `jobs`."""
        # a field of another screen may ask while that place is being left
        return verb in FITS and any(FITS[verb](job) for job in jobs)

    async def do(self, verb: str, jobs: Sequence[Job]) -> None:
        """Do `verb` with those of `jobs` that it fits."""
        if verb in ONE_ONLY and len(jobs) > 1:
            self._screen.notify(say("queue.one_only"), severity="warning")
        elif self.can(verb, jobs):
            method: Callable[[list[Job]], Awaitable[None]] = getattr(self, verb)
            await method([job for job in jobs if FITS[verb](job)])

    # ------------------------------------------------------------------------ what costs points

    async def again(self, jobs: list[Job]) -> None:
        """Send the jobs once more, after a yes."""
        unknown = [job for job in jobs if job.state is State.NEEDS_REVIEW]
        key = "queue.ask_again_unknown" if unknown else "queue.ask_again"
        maybe = sum(job.order.total for job in unknown)
        verbs = self._screen.studio.jobs
        orders = [verbs.order_again(job) for job in jobs]
        points = sum(order.total for order in orders)
        if len(jobs) == 1 and orders[0].n < jobs[0].order.n:
            words = say("queue.ask_missing", id=jobs[0].id, missing=orders[0].n, points=points)
            self._screen.ask(words, partial(self._each, jobs, verbs.again))
            return
        self._ask(key, jobs, verbs.again, deliberate=bool(unknown), points=points, maybe=maybe)

    async def instead(self, jobs: list[Job]) -> None:
        """The same request on a model that can do it too: which one, then for how much."""
        job, screen = jobs[0], self._screen
        offered = screen.studio.catalogue.replacements(job.order)
        if not offered:
            screen.notify(say("queue.no_other", model=job.order.model_name), severity="warning")
        elif len(offered) == 1:
            self._ask_instead(job, offered[0])
        else:

            def chosen(number: int | None) -> None:
                if number is not None:
                    self._ask_instead(job, offered[number])

            before = screen.studio.catalogue.model_of(job.order)
            prices = [confirmation.price_instead(one.model, job.order, before) for one in offered]
            screen.app.push_screen(model_picker.others(offered, prices), chosen)

    def _ask_instead(self, job: Job, offered: Alternative) -> None:
        screen, model = self._screen, offered.model
        try:
            before = screen.studio.catalogue.model_of(job.order)
            order, unmet = confirmation.instead(model, job.order, before)
        except UsageError as problem:
            screen.notify(say(problem.key, **draft.spoken(model, problem)), severity="error")
            return
        unknown = job.state is State.NEEDS_REVIEW
        key = "queue.ask_instead_unknown" if unknown else "queue.ask_instead"
        words = say(key, id=job.id, model=model.name, points=order.total, maybe=job.order.total)
        words = joined(words, *price_text.told(unmet, screen.ima.glyphs))
        screen.ask(words, partial(self._submit, order, job.id), deliberate=unknown)

    async def _submit(self, order: Order, repeats: int) -> None:
        try:
            await self._screen.studio.jobs.submit(order, repeats=repeats)
        except ImaError as error:
            self._screen.complain(error)

    async def similar(self, jobs: list[Job]) -> None:
        """Send orders like those of the jobs, each with another seed, after a yes."""
        verbs = self._screen.studio.jobs

        async def send(job_id: int) -> None:
            job = await verbs.get(job_id)
            if job is not None:
                await verbs.submit(verbs.order_like(job))

        self._ask("queue.ask_similar", jobs, send)

    async def follow(self, jobs: list[Job]) -> None:
        """Follow the jobs again."""
        await self._each(jobs, self._screen.studio.jobs.follow)

    async def approve(self, jobs: list[Job]) -> None:
        """Send jobs that were held for an approval, after a yes."""
        held = sorted(jobs, key=lambda job: job.queue_key)
        self._ask("queue.ask_send", held, self._screen.studio.jobs.follow)

    # ------------------------------------------------------------------- what takes something off

    async def stop(self, jobs: list[Job]) -> None:
        """Stop following jobs that were sent; take the others out of the queue."""
        unsent = {job.id for job in jobs if job.state in UNSENT}
        spent = sum(job.order.total for job in jobs if job.id not in unsent)
        studio = self._screen.studio

        async def stop(job_id: int) -> None:
            await (studio.jobs.remove_from_queue if job_id in unsent else studio.jobs.stop)(job_id)

        if len(jobs) == 1 and unsent:
            await self._each(jobs, stop)
        else:
            key = "queue.ask_stop" if spent else "queue.ask_take_out"
            self._ask(key, jobs, stop, points=spent)

    async def forget(self, jobs: list[Job]) -> None:
        """What is over goes at once, and comes back by a key; the rest only after a yes."""
        over = (State.DONE, State.FAILED, State.STOPPED)
        if len(jobs) == 1 and jobs[0].state in over:
            await self.forgetting.begin(jobs)
        elif all(job.state in over for job in jobs):
            self._ask_once("queue.ask_forget", jobs, partial(self.forgetting.begin, jobs))
        else:
            self._ask("queue.ask_forget_open", jobs, self._screen.studio.jobs.forget)

    # ----------------------------------------------------------------------------- what is free

    async def fetch(self, jobs: list[Job]) -> None:
        """Download the results again."""
        await self._each(jobs, self._screen.studio.jobs.fetch)

    async def star(self, jobs: list[Job]) -> None:
        """Add a star to all results of the jobs, or take it away."""
        await self.labels.star([(job, ()) for job in jobs])

    async def tags(self, jobs: list[Job]) -> None:
        """Ask for the tags of all results of the jobs."""
        await self.labels.tags([(job, ()) for job in jobs])

    async def project(self, jobs: list[Job]) -> None:
        """Ask for the project of the jobs."""
        await self.labels.project(jobs)

    async def duplicate(self, jobs: list[Job]) -> None:
        """Open Compose with the prompt and settings of the job."""
        await self._screen.ima.compose_from(jobs[0])

    async def use(self, jobs: list[Job]) -> None:
        """Open Compose with the first image of each job as inputs."""
        sources = [await input_source(job.medias[0]) for job in jobs]
        await self._screen.ima.compose_on(sources)

    async def edit(self, jobs: list[Job]) -> None:
        """Open Compose to replace an unsent job."""
        await self._screen.ima.compose_from(jobs[0], in_its_place=True)

    async def copy(self, jobs: list[Job]) -> None:
        """Copy the links of the results."""
        links = [media.url for job in jobs for media in job.medias if media.url]
        self._screen.ima.copy("\n".join(links))

    async def open(self, jobs: list[Job]) -> None:
        """Open the first result."""
        path = next(media.path for media in jobs[0].medias if media.path)
        if not open_file(path):
            self._screen.notify(say("queue.file_is", path=path))

    async def view(self, jobs: list[Job]) -> None:
        """Open the results at full size."""
        from ima_tui.tui.shell.viewer import ViewerScreen, results_of

        cover = self._screen.studio.gallery.cover
        self._screen.app.push_screen(ViewerScreen(results_of(jobs[0]), cover=cover))

    # ---------------------------------------------------------------------------------- asking

    def _ask(
        self,
        key: str,
        jobs: list[Job],
        then: Callable[[int], Awaitable[object]],
        *,
        deliberate: bool = False,
        points: int | None = None,
        maybe: int = 0,
    ) -> None:
        """Ask once for all of them, then do it with each."""
        each = partial(self._each, jobs, then)
        self._ask_once(key, jobs, each, deliberate=deliberate, points=points, maybe=maybe)

    def _ask_once(
        self,
        key: str,
        jobs: list[Job],
        then: Callable[[], Awaitable[None]],
        *,
        deliberate: bool = False,
        points: int | None = None,
        maybe: int = 0,
    ) -> None:
        """Ask once for all of them: how many, which, and what they cost together."""
        if points is None:
            points = sum(job.order.total for job in jobs)
        words = (
            say(key, id=jobs[0].id, points=points, maybe=maybe)
            if len(jobs) == 1
            else say(f"{key}_many", n=len(jobs), which=_which(jobs), points=points, maybe=maybe)
        )
        self._screen.ask(words, then, deliberate=deliberate)

    async def _each(self, jobs: list[Job], do: Callable[[int], Awaitable[object]]) -> None:
        for job in jobs:
            try:
                await do(job.id)
            except ImaError as error:
                self._screen.complain(error)
                return


def _which(jobs: Sequence[Job]) -> str:
    """`#7 #5 #4`, and how many more there are."""
    named = " ".join(f"#{job.id}" for job in jobs[:MOST_NAMED])
    more = len(jobs) - MOST_NAMED
    return f"{named} {say('queue.and_more', n=more)}" if more > 0 else named


async def submit(studio: Studio, order: Order, in_place_of: int | None = None) -> Job:
    """Submit `order`, perhaps in place of an unsent job."""
    if in_place_of is None:
        return await studio.jobs.submit(order)
    return await studio.jobs.edit(in_place_of, order)


async def remove_from_queue(studio: Studio, old: int | None) -> None:
    """Take an unsent job out, for others take its screen.

    Raises `UsageError` when it is no longer unsent: what came then would be a second charge.
    Forgetting is the way out that can't hit a job which was just sent.
    """
    if old is None:
        return
    before = await studio.jobs.get(old)
    if before is None or before.state not in UNSENT:
        raise UsageError("error.no_longer_unsent", id=old)
    try:
        await studio.jobs.forget(old)
    except UsageError as error:
        raise UsageError("error.no_longer_unsent", id=old) from error


MOMENT = 10.0
"""Seconds in which it can be taken back."""


class PendingDeletes:
    """Jobs that are off the list of a screen, and not yet out of the ledger.

    Nothing in the ledger can be undone, so the undo lies before it: until the moment has passed
    nothing was done. A crash meanwhile forgets nothing, which is the side to err on.
    """

    def __init__(self, screen: BaseScreen) -> None:
        self._screen = screen
        self._batches: list[tuple[int, ...]] = []

    @property
    def ids(self) -> frozenset[int]:
        """The jobs that are hidden."""
        return frozenset(job_id for batch in self._batches for job_id in batch)

    async def begin(self, jobs: Sequence[Job]) -> None:
        """Take jobs off the list, and forget them when the moment has passed."""
        batch = tuple(job.id for job in jobs)
        self._batches.append(batch)
        self._screen.set_timer(MOMENT, partial(self.end, batch), name="forget")
        await self._screen.reload()

    async def undo(self) -> None:
        """Bring back what was taken off the list last."""
        if self._batches:
            self._batches.pop()
            await self._screen.reload()

    async def end(self, batch: tuple[int, ...]) -> None:
        """The moment has passed; nothing happens to what was brought back."""
        await self._forget(batch)
        await self._screen.reload()  # what could not be forgotten is shown again

    async def end_all(self) -> None:
        """Carry out all pending deletes."""
        for batch in tuple(self._batches):
            await self._forget(batch)

    async def _forget(self, batch: tuple[int, ...]) -> None:
        if batch not in self._batches:
            return
        self._batches.remove(batch)
        for job_id in batch:
            try:
                await self._screen.studio.jobs.forget(job_id)
            except ImaError as error:
                self._screen.complain(error)
