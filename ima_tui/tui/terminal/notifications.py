"""Notifications when a job ends: window title, bell, OSC 9.

The rule: it sounds when the job took more than ten seconds, or when the terminal says that the
person looks elsewhere; several ends at once sound once. The title tells of the last end, whoever
looks. `look.notify` chooses the bell, OSC 9, both, or nothing at all.

Only our own words and the model's cleaned name are ever written: a prompt or an error could carry
what a terminal obeys, and other programs read titles.
"""

from __future__ import annotations

from collections.abc import Iterable

from ima_tui.core.domain import Job, State
from ima_tui.core.text import one_line
from ima_tui.i18n import joined, say

LONG = 10.0
"""Seconds from which on a job is worth a sound though the user looks on."""
TOLD = frozenset({State.DONE, State.FAILED, State.NEEDS_REVIEW, State.TIMED_OUT})
LONGEST_NAME = 40

KEEP_TITLE = "\x1b[22;2t"
"""Terminals with a stack of titles put theirs on it, and take it off at the end."""
GIVE_TITLE_BACK = "\x1b[23;2t"


class JobNotifications:
    """Which ends were told already; what ended before `since` is old news."""

    def __init__(self, since: float) -> None:
        self.since = since
        self._told: set[tuple[int, State]] = set()
        self._asked: set[int] = set()

    def fresh(self, jobs: Iterable[Job]) -> list[Job]:
        """Those of `jobs` whose end nobody heard of yet."""
        found = [
            job
            for job in jobs
            if job.state in TOLD
            and (job.ended_at or job.updated_at) >= self.since
            and (job.id, job.state) not in self._told
        ]
        self._told.update((job.id, job.state) for job in found)
        return found

    def asking(self, jobs: Iterable[Job]) -> list[Job]:
        """Those of `jobs` that an agent ordered, that need approval, and that nobody heard of."""
        found: list[Job] = []
        for job in jobs:
            if not (job.order.client and job.needs_approval and job.state is State.QUEUED):
                self._asked.discard(job.id)  # should it be held again, that is news
            elif job.id not in self._asked:
                self._asked.add(job.id)
                found.append(job)
        return found


def left_behind(jobs: Iterable[Job], since: float) -> str:
    """What a run that ended badly has left to the user, found at the start of this one."""
    every = list(jobs)
    unknown = sum(job.state is State.NEEDS_REVIEW and job.updated_at >= since for job in every)
    unsent = sum(job.needs_approval and job.waiting == "waiting.word" for job in every)
    found = [say("notify.left_unknown", n=unknown)] if unknown else []
    found += [say("notify.left_unsent", n=unsent)] if unsent else []
    return joined(*found, say("notify.left_where")) if found else ""


def sounds(jobs: Iterable[Job], now: float, *, focused: bool) -> bool:
    """Whether these ends are worth a sound."""
    return any(not focused or job.elapsed(now) > LONG for job in jobs)


def question(jobs: list[Job]) -> str:
    """What agents ordered that needs approval."""
    if len(jobs) > 1:
        return say("notify.agents_ask_many", n=len(jobs))
    order = jobs[0].order
    client = one_line(order.client, LONGEST_NAME)
    return say("notify.agent_asks", client=client, id=jobs[0].id, points=order.total)


def summons(jobs: list[Job]) -> str:
    """The same for the terminal's title: without the client's name, which is not ours."""
    return say("notify.approve", n=len(jobs))


def words(jobs: list[Job]) -> str:
    """`done: SeeDream 4.5`, or how many ended."""
    if len(jobs) > 1:
        return say("notify.several", n=len(jobs))
    name = one_line(jobs[0].order.model_name, LONGEST_NAME)
    return say("notify.one", state=say(f"state.{jobs[0].state}"), id=jobs[0].id, model=name)


def sequences(text: str, way: str, *, sound: bool, in_tmux: bool) -> str:
    """What to write to the terminal. `way` is the setting."""
    if way == "off":
        return ""
    found = f"\x1b]2;ima-tui · {text}\x07"
    if sound and way in ("bell", "both"):
        found += "\x07"
    if sound and way in ("osc9", "both"):
        osc = f"\x1b]9;ima-tui: {text}\x07"
        escaped = osc.replace("\x1b", "\x1b\x1b")
        found += f"\x1bPtmux;{escaped}\x1b\\" if in_tmux else osc
    return found
