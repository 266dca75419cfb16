"""Commands of plain mode about jobs and their results, each by the number of a job.

A result is named as `3` (the first of job 3) or `3#2`. What costs points or deletes is asked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ima_tui.catalogue import choice
from ima_tui.catalogue.alternatives import Alternative
from ima_tui.cli.plain.composer import PlainComposer
from ima_tui.cli.plain.jobs import PlainJobs
from ima_tui.cli.plain.line_io import Asked, Next, Say, numbered
from ima_tui.compose import confirmation
from ima_tui.core import atomic_file
from ima_tui.core.domain import Job, Media, Order, State
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line, whole
from ima_tui.i18n import joined, say
from ima_tui.ledger.job_states import ENDED, UNSENT
from ima_tui.studio.gallery import open_file
from ima_tui.studio.studio import Studio


class PlainJobCommands:
    """`jobs` finds a job by its number; `draft_` is what is being composed."""

    def __init__(self, studio: Studio, jobs: PlainJobs, composer: PlainComposer, tell: Say) -> None:
        self._studio = studio
        self._jobs = jobs
        self._composer = composer
        self._tell = tell

    # ------------------------------------------------------------------------ what costs points

    async def instead(self, rest: str) -> Asked | None:
        """Retry a job with another model: list them, or ask about the one that is named."""
        number, _, wanted = rest.partition(" ")
        job = await self._jobs.job(number)
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
        model = found.model
        order, unmet = confirmation.instead(model, job.order, before)
        unknown = job.state is State.NEEDS_REVIEW
        key = "plain.ask_instead_unknown" if unknown else "plain.ask_instead"
        words = say(key, n=job.id, model=model.name, points=order.total)
        words = joined(*confirmation.sentences(unmet), words)
        return words, partial(self._submit, order, job.id)

    async def _submit(self, order: Order, repeats: int) -> None:
        job = await self._studio.jobs.submit(order, repeats=repeats)
        self._tell(say("plain.sent", n=job.id, points=order.total))

    # --------------------------------------------------------------------------- the order of jobs

    async def reorder(self, rest: str, where: str) -> None:
        """Send an unsent job sooner, later or next."""
        job = await self._jobs.job(rest)
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
        job = await self._jobs.job(rest)
        await self._studio.jobs.fetch(job.id)
        self._tell(say("plain.did"))

    # ------------------------------------------------------------------------ back to the draft

    async def load(self, rest: str, *, in_its_place: bool = False) -> Next:
        """Compose with what a job was made of; `in_its_place`: sending replaces that unsent job."""
        job = await self._jobs.job(rest)
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

    async def _result(self, written: str) -> tuple[Job, Media]:
        """A result by its job, and its number in it."""
        number, _, place = written.partition("#")
        job = await self._jobs.job(number.strip())
        if not job.medias:
            key = "error.nothing_came" if job.state in ENDED else "plain.not_ended"
            raise UsageError(key, n=job.id, id=job.id)
        at = whole(place.strip()) if place.strip() else 1
        if at is None or not 0 < at <= len(job.medias):
            raise UsageError("plain.no_such_result", n=job.id, count=len(job.medias))
        return job, job.medias[at - 1]

    async def open(self, rest: str) -> None:
        """Open a file with the program that the system has for it."""
        _, media = await self._result(rest)
        if not media.path:
            raise UsageError("plain.no_file")
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
        job, media = await self._result(rest)
        if not media.path:
            raise UsageError("plain.no_file")
        place = job.medias.index(media) + 1

        async def then() -> None:
            await self._studio.gallery.discard(job.id, place)
            self._tell(say("plain.did"))

        return say("plain.ask_delete", path=one_line(media.path, 300)), then


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
