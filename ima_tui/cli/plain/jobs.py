"""Jobs in plain mode: changes as lines of their own, lists, and actions by job number.

A result is named as `3` (the first of job 3) or `3#2`. What costs points or deletes is asked first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ima_tui.catalogue import choice
from ima_tui.cli.commands.jobs_change import begin_fetch, check_fetchable
from ima_tui.cli.exit_status import (
    failure_of,
    holds_up,
    problem_of,
    state_of,
    suggestion,
    surplus,
)
from ima_tui.cli.plain.composer import PlainCommands, PlainComposer, spoken, usual
from ima_tui.cli.plain.line_io import Asked, LineIO, Next, name_of, numbered
from ima_tui.compose import confirmation
from ima_tui.compose.back_reference import LastResult, last_result
from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import Job, Media, ModelVersion, Order, State
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
LOOKED_AT = 200
"""Jobs that results are looked for in."""
_TOLD = {
    State.RUNNING: "plain.job_running",
    State.DONE: "plain.job_done",
    State.STOPPED: "plain.job_stopped",
    State.TIMED_OUT: "plain.job_parked",
    State.NEEDS_REVIEW: "plain.job_unknown",
}
"""Changes that are worth a line; what failed says its reason."""


class PlainNews(PlainCommands):
    """Says what becomes of jobs."""

    def __init__(self, studio: Studio, composer: PlainComposer, lines: LineIO) -> None:
        super().__init__(studio, composer, lines)
        self._states: dict[int, State] = {}
        self._recent: dict[int, Job] = {}
        self._held: set[int] = set()
        """Jobs of which it was said that they need approval."""
        self._problem: str = ""
        self._waits: str = ""

    def hear(self, notice: Notice) -> None:
        """Say what changed, a line for each job."""
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
                self._tell(explain(notice.problem) if notice.problem else say("batch.online"))

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
        self._tell(*(repair_report.describe(report) if report else ()))
        jobs = await self._studio.jobs.recent(0)
        self._states = {job.id: job.state for job in jobs}
        self._recent = {job.id: job for job in jobs[:MOST]}
        still = [job for job in jobs if job.state in OPEN]
        held = [job for job in still if is_held(job)]
        if still:
            self._tell(say("plain.still_open", n=len(still)))
        self._held = {job.id for job in held}
        self._tell(*(say("plain.held", n=job.id, points=job.order.total) for job in held))


class PlainJobs(PlainCommands):
    """Lists jobs and their results, and acts on them."""

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
            self._tell(say("jobs.none_match" if among else "queue.no_jobs_of"))
        totals = await self._studio.jobs.totals()
        self._tell(*map(_line, jobs), say("plain.spent", today=totals.today, out=totals.out))

    async def results(self, _: str) -> None:
        """The newest, each with its job's number and where it is."""
        jobs = await self._studio.jobs.recent(LOOKED_AT)
        found = [(job, media) for job in jobs for media in job.medias][:MOST]
        for job, media in found:
            facts = {"prompt": one_line(job.order.prompt, 80), "where": media.path or media.url}
            self._tell(say("plain.result", n=job.id, **facts))
        if not found:
            self._tell(say("gallery.empty"))

    async def show(self, written: str) -> None:
        """Show a job."""
        job = await self.job(written)
        events = await self._studio.jobs.timeline(job.id)
        problem = problem_of(job) if job.state in (State.FAILED, State.DONE) else None
        told = [_line(job), *_labels(job), *_marks(job)]
        told += [say(event.key, **event.values) for event in events]
        why = say(job.waiting, **job.waiting_values) if job.waiting else ""
        told += [why] if why and why not in told else []
        told += [explain(problem)] if problem is not None else []
        told += [media.path or media.url for media in job.medias]
        self._tell(*told)

    async def job(self, written: str) -> Job:
        """By its number; without one, the newest."""
        if not written:
            newest = await self._studio.jobs.newest()
            if newest is None:
                raise UsageError("queue.no_jobs_of")
            return newest
        number = whole(written, 1 << 60)
        if number is None:
            raise UsageError("error.no_job", id=one_line(written, 40))
        return await self._studio.jobs.require(number)

    async def _results(self, written: str) -> tuple[Job, int]:
        """Return the job of `41` or `41#2`, and the number of the result; 0 for all of them."""
        number, mark, index = written.partition("#")
        job = await self.job(number.strip())
        found = whole(index.strip(), max(job.order.n, len(job.medias))) if mark else 0
        if found is None or (mark and not found):
            raise UsageError("error.no_such_result", id=job.id, index=one_line(index, 20))
        return job, found

    async def _result(self, written: str, *, with_file: bool = False) -> tuple[Job, int, Media]:
        """Return the job of `41` or `41#2`, the number of the result, and the result."""
        job, found = await self._results(written)
        found = found or 1
        if not job.medias:
            key = "error.nothing_came" if job.state in ENDED else "plain.not_ended"
            raise UsageError(key, n=job.id, id=job.id)
        if found > len(job.medias):
            raise UsageError("error.no_such_result", id=job.id, index=found)
        if with_file and not job.medias[found - 1].path:
            raise UsageError("plain.no_file")
        return job, found, job.medias[found - 1]

    # ------------------------------------------------------------------------ stars and tags

    async def star(self, written: str) -> None:
        """`41` or `41#2`: a star for the results; where all have one, it is taken away."""
        job, found = await self._results(written)
        every = [found] if found else range(1, max(job.order.n, len(job.medias)) + 1)
        on = not all(job.marks.get(index, UNMARKED).star for index in every)
        await self._mark(job, found, MarkChange(star=on))

    async def tag(self, written: str, *, remove: bool = False) -> None:
        """`41 hero, final`."""
        number, _, rest = written.partition(" ")
        tags = labels.tags(rest)
        if not tags:
            raise UsageError("plain.command_untag" if remove else "plain.command_tag")
        change = MarkChange(remove=tags) if remove else MarkChange(add=tags)
        await self._mark(*await self._results(number), change)

    async def _mark(self, job: Job, index: int, change: MarkChange) -> None:
        job = await self._studio.jobs.mark(job.id, change, (index,) if index else ())
        self._tell("\n".join(_marks(job)) or say("plain.no_marks", n=job.id))

    # ------------------------------------------------------------------------ after a question

    async def ask(self, written: str, what: str) -> Asked:
        """Ask whether to stop following a job, follow or send it, or remove it from the list."""
        job, jobs = await self.job(written), self._studio.jobs
        if what == "stop" and job.state not in OPEN:
            raise UsageError("error.has_ended", id=job.id)
        verb = {"stop": jobs.stop, "follow": jobs.follow, "forget": jobs.forget}[what]
        held = what == "follow" and job.needs_approval
        key = "plain.ask_send_held" if held else f"plain.ask_{what}"
        return say(key, n=job.id, points=job.order.total), self.done(partial(verb, job.id))

    async def again(self, written: str) -> Asked:
        """Ask whether a job is made again."""
        job = await self.job(written)
        if job.state not in ENDED and job.state is not State.TIMED_OUT:
            raise UsageError("plain.not_ended", n=job.id)
        return self._ask_again(job, self._studio.jobs.order_again(job))

    async def instead(self, rest: str) -> Asked | None:
        """Retry a job with another model: list them, or ask about the one that is named."""
        number, _, wanted = rest.partition(" ")
        job = await self.job(number)
        offered = self._studio.catalogue.replacements(job.order)
        if not offered:
            raise UsageError("queue.no_other", model=job.order.model_name)
        before = self._studio.catalogue.model_of(job.order)
        model = _named([one.model for one in offered], wanted.strip())
        if model is not None:
            order, unmet = confirmation.instead(model, job.order, before)
            return self._ask_again(job, order, *confirmation.sentences(unmet))
        if wanted:
            self._tell(say("plain.not_instead", model=one_line(wanted, 40), n=job.id))
        told: list[str] = []
        for one in offered:
            points = confirmation.price_instead(one.model, job.order, before) or one.points
            facts = {"model": one.model.name, "time": usual(one.model)}
            told.append(say("plain.model", points=points, **facts))
        self._lines.choose(f"{name_of('instead')} {job.id}", told)
        return None

    def _ask_again(self, job: Job, order: Order, *unmet: str) -> Asked:
        unknown = job.state is State.NEEDS_REVIEW
        key = "plain.ask_again_unknown" if unknown else "plain.ask_again"
        words = say(key, n=job.id, model=order.model_name, points=order.total)
        return joined(*unmet, words), partial(self._submit, order, job.id)

    async def similar(self, written: str) -> Asked:
        """Ask whether more like a result is made."""
        job = await self.job(written)
        order = self._studio.jobs.order_like(job)
        question = say("plain.ask_similar", n=job.id, points=order.total)
        return question, partial(self._submit, order)

    async def _submit(self, order: Order, repeats: int | None = None) -> None:
        self.sent(await self._studio.jobs.submit(order, repeats=repeats))

    async def delete(self, rest: str) -> Asked:
        """Delete the file of a result; its link stays."""
        job, index, media = await self._result(rest, with_file=True)
        question = say("plain.ask_delete", path=one_line(media.path, 300))
        return question, self.done(partial(self._studio.gallery.discard, job.id, index))

    # ------------------------------------------------------------------------------ what is free

    async def reorder(self, rest: str, where: str) -> None:
        """Send an unsent job sooner, later or next."""
        job = await self.job(rest)
        recent = await self._studio.jobs.recent(0)
        line = [one for one in recent if one.state is State.QUEUED and not one.needs_approval]
        ids = [one.id for one in sorted(line, key=lambda one: one.queue_key)]
        if job.id not in ids:
            raise UsageError("plain.not_waiting", n=job.id)
        at = ids.index(job.id)
        to = {"first": 0, "sooner": max(0, at - 1), "later": min(len(ids) - 1, at + 1)}[where]
        ids.insert(to, ids.pop(at))
        await self._studio.jobs.arrange(ids)
        self._tell(say("plain.position", n=job.id, place=to + 1, of=len(ids)))

    async def fetch(self, rest: str) -> None:
        """Download the results of a job again."""
        job = await self.job(rest)
        check_fetchable(job)
        await begin_fetch(self._studio, job)
        self._tell(say("plain.did"))

    async def load(self, rest: str, *, in_its_place: bool = False) -> Next:
        """Compose with what a job was made of; `in_its_place`: sending replaces that unsent job."""
        job = await self.job(rest)
        if in_its_place and job.state not in UNSENT:
            raise UsageError("error.no_longer_unsent", id=job.id)
        self._composer.recall(job.order, job.id if in_its_place else None)
        return Next.OFFER

    async def use(self, rest: str) -> Next:
        """Add a result to the inputs."""
        job, index, media = await self._result(rest)
        self._composer.add_input(media.path or media.url or f"job:{job.id}#{index}")
        return Next.SHAPED

    async def open(self, rest: str) -> None:
        """Open a file with the program that the system has for it."""
        _, _, media = await self._result(rest, with_file=True)
        if not open_file(media.path):
            self._tell(say("queue.file_is", path=media.path))

    async def save(self, rest: str) -> None:
        """Copy the file of a result to a path."""
        which, _, where = rest.partition(" ")
        _, _, media = await self._result(which)
        if not where.strip():
            raise UsageError("plain.command_save")
        path = await self._studio.gallery.copy(media, str(atomic_file.expand(where.strip())))
        self._tell(say("finish.saved", path=one_line(str(path), 300)))


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
    """Project and agent, a sentence each."""
    if job.order.project:
        yield say("plain.in_project", name=job.order.project)
    if job.order.client:
        yield say("queue.ordered_by", client=job.order.client)


def _marks(job: Job) -> Iterator[str]:
    """Stars and tags, a sentence for each result."""
    for index, mark in sorted(job.marks.items()):
        words = [*([say("plain.star_word")] if mark.star else []), *mark.tags]
        if words:
            yield say("plain.marks", index=index, marks=listed(words))


def _facts(job: Job) -> dict[str, str | int | float]:
    """Its model and price, and how long it took, or usually takes."""
    estimate = job.order.estimate
    usual = spoken(usual_time(estimate.low, estimate.high)) if estimate else "—"
    took = duration(job.elapsed(job.updated_at)) if job.sent_at else "—"
    order = job.order
    return {"model": order.model_name, "points": order.total, "time": took, "usual": usual}


def _named(offered: Sequence[ModelVersion], wanted: str) -> ModelVersion | None:
    """The one with that number, name or alias, else the first whose name has the word in it."""
    if not wanted or whole(wanted) is not None:
        return numbered(offered, wanted)
    try:
        return choice.pick(offered, wanted)
    except UsageError:
        near = (model for model in offered if folded(wanted) in folded(model.name))
        return next(near, None)
