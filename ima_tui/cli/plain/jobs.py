"""Jobs in plain mode: changes as lines of their own, lists, and actions by job number.

A result is named as `3` (the first of job 3) or `3#2`. What costs points or deletes is asked first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from ima_tui.catalogue import choice
from ima_tui.catalogue.choice import Alternative
from ima_tui.cli.exit_status import (
    failure_of,
    holds_up,
    problem_of,
    state_of,
    suggestion,
    surplus,
)
from ima_tui.cli.plain.composer import PlainComposer, spoken
from ima_tui.cli.plain.line_io import Asked, Next, Say, numbered
from ima_tui.compose import confirmation
from ima_tui.compose.back_reference import LastResult, last_result
from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import Job, Media, State
from ima_tui.core.errors import UsageError
from ima_tui.core.events import ConnectivityChanged, JobChanged, Notice, Paused, TaskUnsaved
from ima_tui.core.labels import UNMARKED, MarkChange
from ima_tui.core.text import duration, folded, one_line, whole
from ima_tui.i18n import explain, joined, listed, say, usual_time
from ima_tui.ledger import repair_report
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import ENDED, OPEN, UNSENT, is_held
from ima_tui.logs import filter as log_filter
from ima_tui.studio.gallery import open_file
from ima_tui.studio.studio import Studio

MOST = 20
_TOLD = {
    State.RUNNING: "plain.job_running",
    State.DONE: "plain.job_done",
    State.STOPPED: "plain.job_stopped",
    State.TIMED_OUT: "plain.job_parked",
    State.NEEDS_REVIEW: "plain.job_unknown",
}
"""Changes that are worth a line; what failed says its reason."""


class PlainJobs:
    """`composer` is what is being composed; `tell` says one line."""

    def __init__(self, studio: Studio, composer: PlainComposer, tell: Say) -> None:
        self._studio = studio
        self._composer = composer
        self._tell = tell
        self._states: dict[int, State] = {}
        self._recent: dict[int, Job] = {}
        self._held: set[int] = set()
        """Jobs of which it was said that they need approval."""
        self._problem: str = ""
        self._waits: str = ""

    # ------------------------------------------------------------------------ as they change

    @contextmanager
    def told(self) -> Iterator[None]:
        """While this holds, each change of a job is a line of its own."""
        leave = self._studio.subscribe(self._hear)
        try:
            yield
        finally:
            leave()

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, JobChanged):
            self._hear_job(notice.job)
        elif isinstance(notice, TaskUnsaved):
            unsaved = explain(repair_report.unsaved_error(notice))
            self._tell(repair_report.saved_text(notice) if notice.written else unsaved)
        elif isinstance(notice, Paused):
            self._tell(say("wait.pause", left=duration(notice.seconds + 0.99)))
        elif isinstance(notice, ConnectivityChanged):
            key = notice.problem.key if notice.problem else ""
            if key != self._problem:
                self._problem = key
                self._tell(explain(notice.problem) if notice.problem else say("plain.link_back"))

    def _hear_job(self, job: Job) -> None:
        waits = holds_up(job, self._studio.clock.time())
        if waits and waits != self._waits:
            self._tell(waits)
        self._waits = waits or self._waits
        if is_held(job) and job.id not in self._held:
            self._held.add(job.id)
            why = say(job.waiting, **job.waiting_values) + say("plain.stop") if job.waiting else ""
            self._tell(joined(why, say("plain.held", n=job.id, points=job.order.total)))
        self._recent[job.id] = job
        if self._states.get(job.id) is job.state:
            return
        self._states[job.id] = job.state
        if job.state is State.FAILED:
            failed, why = say("plain.job_failed", n=job.id), explain(failure_of(job))
            self._tell(joined(failed, why, suggestion(self._studio, job)))
        elif job.state in _TOLD:
            words = say(_TOLD[job.state], n=job.id, **_facts(job))
            lines = [words]
            if job.state is State.DONE:
                problem = problem_of(job)
                lines += [explain(problem) if problem is not None else "", surplus(job)]
                lines += [media.path or media.url for media in job.medias]
                lines.append(suggestion(self._studio, job))
            self._tell("\n".join(filter(None, lines)))

    def last_result(self) -> LastResult | None:
        """What a prompt means by "it"."""
        return last_result(tuple(self._recent.values()))

    async def greet(self) -> None:
        """What is still open from before, and what waits for a word."""
        report = self._studio.engine.repair_report
        for words in repair_report.describe(report) if report else ():
            self._tell(words)
        jobs = await self._studio.jobs.recent(0)
        self._states = {job.id: job.state for job in jobs}
        self._recent = {job.id: job for job in jobs[:MOST]}
        still = [job for job in jobs if job.state in OPEN]
        held = [job for job in still if is_held(job)]
        if still:
            self._tell(say("plain.still_open", n=len(still)))
        self._held = {job.id for job in held}
        for job in held:
            self._tell(say("plain.held", n=job.id, points=job.order.total))

    # ---------------------------------------------------------------------------- looked at

    async def list(self, among: str = "") -> None:
        """The newest; `*`: with a star, `#tag`: with it, a day: of that day, anything else: of
        that project, else with those words in the prompt."""
        if not among:
            jobs = (await self._studio.jobs.recent(MOST))[:MOST]
        else:
            listed, wanted = self._studio.history.listed, _filter(among, self._studio.clock.time())
            jobs = await listed(wanted, 0, MOST)
            if not jobs and wanted.project is not None:
                jobs = await listed(JobFilter(search=among), 0, MOST)
        if not jobs:
            self._tell(say("jobs.none_match" if among else "plain.no_jobs"))
        for job in jobs:
            self._tell(_line(job))
        totals = await self._studio.jobs.totals()
        self._tell(say("plain.spent", today=totals.today, out=totals.out))

    async def show(self, written: str) -> None:
        """Show a job."""
        job = await self.job(written)
        self._tell(_line(job))
        for sentence in _labels(job):
            self._tell(sentence)
        for event in await self._studio.jobs.timeline(job.id):
            self._tell(say(event.key, **event.values))
        if job.state in (State.FAILED, State.DONE) and job.failure is not None:
            self._tell(explain(failure_of(job)))
        for media in job.medias:
            self._tell(media.path or media.url)

    async def job(self, written: str) -> Job:
        """By its number; without one, the newest."""
        if not written:
            newest = await self._studio.jobs.recent(1)
            if not newest:
                raise UsageError("plain.no_jobs")
            return newest[0]
        number = whole(written, 1 << 60)
        if number is None:
            raise UsageError("plain.job_how")
        return await self._studio.jobs.require(number)

    # ------------------------------------------------------------------------ after a question

    async def again(self, written: str) -> Asked:
        """Ask whether a job is made again."""
        job = await self.job(written)
        if job.state not in ENDED and job.state is not State.TIMED_OUT:
            raise UsageError("plain.not_ended", n=job.id)
        key = "plain.ask_again_unknown" if job.state is State.NEEDS_REVIEW else "plain.ask_again"
        points = self._studio.jobs.order_again(job).total
        return say(key, n=job.id, points=points), partial(self._do, self._studio.jobs.again, job.id)

    async def similar(self, written: str) -> Asked:
        """Ask whether more like a result is made."""
        job = await self.job(written)
        if job.order.prompt_is_lost:
            raise UsageError("error.prompt_lost", id=job.id)
        order = self._studio.jobs.order_like(job)

        async def send(_: int) -> None:
            await self._studio.jobs.submit(order)

        question = say("plain.ask_similar", n=job.id, points=order.total)
        return question, partial(self._do, send, job.id)

    async def star(self, written: str) -> None:
        """`41` or `41#2`: a star for the results; where all have one, it is taken away."""
        job, indices = await self._results(written)
        every = indices or tuple(range(1, max(job.order.n, len(job.medias)) + 1))
        on = not all(job.marks.get(index, UNMARKED).star for index in every)
        await self._studio.jobs.mark(job.id, MarkChange(star=on), indices)
        self._tell(say("plain.starred" if on else "plain.unstarred", n=job.id))

    async def tag(self, written: str, *, remove: bool = False) -> None:
        """`41 hero, final`."""
        number, _, rest = written.partition(" ")
        tags = labels.tags(rest)
        if not tags:
            raise UsageError("plain.tag_how")
        job, indices = await self._results(number)
        change = MarkChange(remove=tags) if remove else MarkChange(add=tags)
        for sentence in _labels(await self._studio.jobs.mark(job.id, change, indices)):
            self._tell(sentence)

    async def _results(self, written: str) -> tuple[Job, tuple[int, ...]]:
        number, mark, index = written.partition("#")
        job = await self.job(number.strip())
        if not mark:
            return job, ()
        found = whole(index, max(job.order.n, len(job.medias)))
        if not found:
            raise UsageError("error.no_such_result", id=job.id, index=one_line(index, 20))
        return job, (found,)

    async def ask(self, written: str, what: str) -> Asked:
        """Ask whether to stop following a job, follow or send it, or remove it from the list."""
        job, jobs = await self.job(written), self._studio.jobs
        if what == "stop" and job.state not in OPEN:
            raise UsageError("plain.has_ended", n=job.id)
        verbs = {"stop": jobs.stop, "follow": jobs.follow, "forget": jobs.forget}
        held = what == "follow" and job.needs_approval
        key = "plain.ask_send_held" if held else f"plain.ask_{what}"
        question = say(key, n=job.id, points=job.order.total)
        return question, partial(self._do, verbs[what], job.id)

    async def _do(self, verb: Callable[[int], Awaitable[object]], job_id: int) -> None:
        await verb(job_id)
        self._tell(say("plain.did"))

    # ------------------------------------------------------------------------ what costs points

    async def instead(self, rest: str) -> Asked | None:
        """Retry a job with another model: list them, or ask about the one that is named."""
        number, _, wanted = rest.partition(" ")
        job = await self.job(number)
        offered = self._studio.catalogue.replacements(job.order)
        if not offered:
            raise UsageError("queue.no_other", model=job.order.model_name)
        before = self._studio.catalogue.model_of(job.order)
        found = _named(offered, wanted.strip())
        if found is None:
            if wanted:
                self._tell(say("plain.not_instead", model=one_line(wanted, 40), n=job.id))
            for place, one in enumerate(offered, 1):
                points = confirmation.price_instead(one.model, job.order, before) or one.points
                self._tell(say("plain.other_model", n=place, model=one.model.name, points=points))
            self._tell(say("plain.instead_how", n=job.id))
            return None
        order, unmet = confirmation.instead(found.model, job.order, before)
        unknown = job.state is State.NEEDS_REVIEW
        key = "plain.ask_instead_unknown" if unknown else "plain.ask_instead"
        words = say(key, n=job.id, model=found.model.name, points=order.total)

        async def then() -> None:
            sent = await self._studio.jobs.submit(order, repeats=job.id)
            self._tell(say("plain.sent", n=sent.id, points=order.total))

        return joined(*confirmation.sentences(unmet), words), then

    # --------------------------------------------------------------------------- the order of jobs

    async def reorder(self, rest: str, where: str) -> None:
        """Send an unsent job sooner, later or next."""
        job = await self.job(rest)
        recent = await self._studio.jobs.recent(0)
        line = [one for one in recent if one.state is State.QUEUED and not one.needs_approval]
        ids = [one.id for one in sorted(line, key=lambda one: one.queue_key)]
        if job.id not in ids:
            raise UsageError("plain.not_waiting", n=job.id)
        at = ids.index(job.id)
        by = {"first": -len(ids), "sooner": -1, "later": 1}[where]
        to = max(0, min(len(ids) - 1, at + by))
        ids.insert(to, ids.pop(at))
        await self._studio.jobs.arrange(ids)
        self._tell(say("plain.position", n=job.id, place=to + 1, of=len(ids)))

    async def fetch(self, rest: str) -> None:
        """Download the results of a job again."""
        job = await self.job(rest)
        await self._studio.jobs.fetch(job.id)
        self._tell(say("plain.did"))

    # ------------------------------------------------------------------------ back to the draft

    async def load(self, rest: str, *, in_its_place: bool = False) -> Next:
        """Compose with what a job was made of; `in_its_place`: sending replaces that unsent job."""
        job = await self.job(rest)
        if in_its_place and job.state not in UNSENT:
            raise UsageError("error.no_longer_unsent", id=job.id)
        self._composer.recall(job.order, job.id if in_its_place else None)
        return Next.OFFER

    async def use(self, rest: str) -> Next:
        """Add a result to the inputs."""
        job, media = await self._result(rest)
        source = media.path or media.url or f"job:{job.id}#1"
        self._composer.add_input(source)
        return Next.SHAPED

    # --------------------------------------------------------------------------------- results

    async def _result(self, written: str, *, with_file: bool = False) -> tuple[Job, Media]:
        """A result by its job, and its number in it."""
        number, _, place = written.partition("#")
        job = await self.job(number.strip())
        if not job.medias:
            key = "error.nothing_came" if job.state in ENDED else "plain.not_ended"
            raise UsageError(key, n=job.id, id=job.id)
        at = whole(place.strip()) if place.strip() else 1
        if at is None or not 0 < at <= len(job.medias):
            raise UsageError("plain.no_such_result", n=job.id, count=len(job.medias))
        if with_file and not job.medias[at - 1].path:
            raise UsageError("plain.no_file")
        return job, job.medias[at - 1]

    async def open(self, rest: str) -> None:
        """Open a file with the program that the system has for it."""
        _, media = await self._result(rest, with_file=True)
        if not open_file(media.path):
            self._tell(say("queue.file_is", path=media.path))

    async def save(self, rest: str) -> None:
        """Copy the file of a result to a path."""
        which, _, where = rest.partition(" ")
        _, media = await self._result(which)
        if not where.strip():
            raise UsageError("plain.save_how")
        path = await self._studio.gallery.copy(media, str(atomic_file.expand(where.strip())))
        self._tell(say("plain.saved", path=one_line(str(path), 300)))

    async def delete(self, rest: str) -> Asked:
        """Delete the file of a result; its link stays."""
        job, media = await self._result(rest, with_file=True)
        place = job.medias.index(media) + 1

        async def then() -> None:
            await self._studio.gallery.discard(job.id, place)
            self._tell(say("plain.did"))

        return say("plain.ask_delete", path=one_line(media.path, 300)), then


def _filter(among: str, now: float) -> JobFilter:
    if among in ("*", "★"):
        return JobFilter(starred=True)
    if among.startswith("#"):
        return JobFilter(tag=among[1:])
    day = log_filter.day(among, now)
    return JobFilter(project=among) if day is None else JobFilter(since=day[0], until=day[1])


def _line(job: Job) -> str:
    order = job.order
    facts = {"model": order.model_name, "prompt": one_line(order.prompt, 60)}
    return say("plain.job", n=job.id, state=state_of(job), points=order.total, **facts)


def _labels(job: Job) -> Iterator[str]:
    """Project, agent, starred results and tags, a sentence each."""
    if job.order.project:
        yield say("plain.in_project", name=job.order.project)
    if job.order.client:
        yield say("plain.by_client", name=job.order.client)
    for index, mark in sorted(job.marks.items()):
        words = [say("plain.star_word")] if mark.star else []
        yield say("plain.marks", index=index, marks=listed([*words, *mark.tags]))


def _facts(job: Job) -> dict[str, str | int | float]:
    """Its model and price, and how long it took, or usually takes."""
    estimate = job.order.estimate
    usual = spoken(usual_time(estimate.low, estimate.high)) if estimate else "—"
    took = duration(job.elapsed(job.updated_at)) if job.sent_at else "—"
    order = job.order
    return {"model": order.model_name, "points": order.total, "time": took, "usual": usual}


def _named(offered: Sequence[Alternative], wanted: str) -> Alternative | None:
    """The one with that number, name or alias, else the first whose name has the word in it."""
    if whole(wanted) is not None:
        return numbered(offered, wanted)
    try:
        model = choice.pick([one.model for one in offered], wanted)
    except UsageError:
        near = (one for one in offered if wanted and folded(wanted) in folded(one.model.name))
        return next(near, None)
    return next(one for one in offered if one.model.model_id == model.model_id)
