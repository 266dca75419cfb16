"""Text about a job and the settings of its order, for queue, detail and viewer. No widget here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from textual.content import Content

from ima_tui.compose import draft, parameter_names
from ima_tui.core.domain import (
    Event,
    Job,
    Media,
    ModelVersion,
    Order,
    State,
    TaskType,
    Value,
)
from ima_tui.core.text import duration, one_line, pattern, redact
from ima_tui.i18n import hint, joined, say, sentence
from ima_tui.ledger.records import ENDED, TRANSITIONS, UNDER_WAY, UNSENT
from ima_tui.runner import outputs
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, STATE_ROLE, Glyphs
from ima_tui.tui.widgets.cells import Align, Column, fit, width
from ima_tui.tui.widgets.painter import Cell, Row
from ima_tui.tui.widgets.price_text import usual_time

_RIGHT: Align = "right"
_TIME = 11

_DROP = {"bar": 2, "model": 1}
COLUMNS = (
    Column("state", 16, "queue.col_state"),
    Column("kind", 4, "queue.col_kind", drop=3),
    Column("model", 15, "queue.col_model", drop=4),
    Column("prompt", 20, "queue.col_prompt", flex=1),
    Column("bar", 8, drop=5),
    Column("time", _TIME, "queue.col_time", align=_RIGHT, drop=1),
    Column("points", 6, "queue.col_points", align=_RIGHT),
)
BRIEF_COLUMNS = (
    Column("state", 1),
    *(replace(one, drop=_DROP.get(one.key, 0)) for one in COLUMNS[1:]),
)
"""For a narrow table: of a state its sign alone."""
DATED_COLUMNS = (*COLUMNS, Column("when", _TIME, "queue.col_when", align=_RIGHT))
"""For a very wide table: also when a job was made."""

MOVING = frozenset({State.RUNNING, State.FETCHING})
"""States whose row changes with the clock."""
_WAITING = frozenset({State.QUEUED})


def stands_in_line(job: Job) -> bool:
    """It will be sent when its turn comes."""
    return job.state is State.QUEUED and not job.needs_approval


def needs_a_person(job: Job) -> bool:
    """Nothing will happen to it until somebody says so."""
    return job.needs_approval or job.state in (State.NEEDS_REVIEW, State.TIMED_OUT)


def summary_name(job: Job) -> str:
    """Under which of the summary's names a job counts."""
    if needs_a_person(job):
        return "needs"
    if job.state in _WAITING:
        return "waiting"
    return job.state.value if job.state in ENDED else "running"


def state_words(state: State) -> str:
    """Return the state of a job in words."""
    return say(f"state.{state}")


def state_name(job: Job) -> str:
    """As `state_words` has it, but what waits for a user's word is no ordinary waiting."""
    return "held" if job.needs_approval else job.state.value


STATE_ORDER = (
    "unknown",
    "held",
    *(state.value for state in State if state is not State.NEEDS_REVIEW),
)
"""In which groups by state stand."""


def group_state(job: Job) -> str:
    """Return the name of the group of its state."""
    return say(f"state.{state_name(job)}")


def group_kind(job: Job) -> str:
    """Return the name of the group of its task type."""
    return kind_words(job.order.task_type)


def clock_words(at: float) -> str:
    """Return a time of day."""
    return time.strftime("%H:%M", time.localtime(at))


def day_and_clock(at: float, now: float) -> str:
    """Return `today 16:44`, or `11-28 20:42`: no time of day can be taken for a duration."""
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return say("queue.today_at", clock=time.strftime("%H:%M", then))
    return time.strftime("%m-%d %H:%M", then)


def sort_key(job: Job) -> tuple[int, int]:
    """What needs a user first, then what runs, what waits, what ended; newest first in each,
    but what waits in the order in which it will be sent."""
    group = (
        0 if needs_a_person(job) else 3 if job.state in ENDED else 2 if job.state in _WAITING else 1
    )
    return group, job.queue_key if stands_in_line(job) else -job.id


def stepped(elapsed: float) -> float:
    """Elapsed time in coarse steps, so that long waits redraw rarely."""
    step = 1 if elapsed < 20 else 5 if elapsed < 600 else 30
    return elapsed // step * step


def state_cell(job: Job, glyphs: Glyphs, *, brief: bool = False) -> Cell:
    """The state of a job with its sign; `brief`: the sign alone."""
    role = "warn" if job.needs_approval else STATE_ROLE[job.state]
    state = say(f"state.{state_name(job)}")
    if outputs.is_partial(job) and job.state is State.DONE:
        role = "warn"
        state = say("queue.state_partial", ready=len(job.medias), n=job.order.n)
    sign = glyphs.state(job.state)
    return Cell(sign if brief else f"{sign} {state}", role)


def dated_row(job: Job, now: float, glyphs: Glyphs) -> Row:
    """Return the queue's row for a job, in the order of `DATED_COLUMNS`."""
    return (*row(job, now, glyphs), Cell(day_and_clock(job.created_at, now), "muted"))


def row(job: Job, now: float, glyphs: Glyphs, *, brief: bool = False) -> Row:
    """The queue's row for `job`, in the order of `COLUMNS`."""
    order = job.order
    medium = order.task_type.medium
    quiet = "muted" if job.state in (State.STOPPED, State.FORGOTTEN) else "text"
    points = Cell(str(order.total), quiet)
    if job.state is State.NEEDS_REVIEW:  # nobody knows whether they were spent
        quiet, points = "strong", Cell(f"{order.total}?", "warn")
    return (
        state_cell(job, glyphs, brief=brief),
        Cell(say(f"task.tag_{medium}"), MEDIUM_ROLE[medium]),
        Cell(order.model_name, quiet),
        Cell(f"{glyphs.star} " * job.is_starred + one_line(order.prompt, 200), quiet),
        Cell(_bar(job, now, glyphs), "accent"),
        _time(job, now),
        points,
    )


def _bar(job: Job, now: float, glyphs: Glyphs) -> str:
    if job.state not in MOVING or job.order.estimate is None:
        return ""
    return glyphs.bar(job.order.estimate.progress(job.elapsed(now)))


def _time(job: Job, now: float) -> Cell:
    estimate = job.order.estimate
    if job.state in MOVING or job.state is State.TIMED_OUT:
        elapsed = job.elapsed(now)
        so_far = duration(stepped(elapsed))
        if estimate is None:
            return Cell(so_far)
        role = "warn" if elapsed > estimate.high else "text"
        both = f"{so_far}/{duration(estimate.high)}"
        return Cell(both if len(both) <= _TIME else so_far, role)
    if job.state is State.DONE or (job.state is State.FAILED and job.sent_at is not None):
        return Cell(duration(job.elapsed(now)), "muted")
    if reason := waiting_words(job, short=True):
        return Cell(reason, "muted")
    return Cell(day_and_clock(job.updated_at, now), "muted")


def kind_words(task_type: TaskType) -> str:
    """Return a task type in words."""
    return say(f"task.{task_type}")


def headline(job: Job) -> str:
    """`#44  SeeDream 4.5 · text to image · 2560x1440`."""
    order = job.order
    values = " ".join(parameter_names.settings(order.parameters)[:6])
    parts = [order.model_name, kind_words(order.task_type)]
    if values:
        parts.append(values)
    if order.n > 1:
        parts.append(say("queue.outputs", n=order.n))
    return f"#{job.id}  " + " · ".join(parts)


def label_terms(project: str, tags: Sequence[str], *, starred: bool) -> str:
    """Return the words that a filter finds them by: `project:film`, `#hero`, `*`."""
    found = [f"#{tag}" for tag in tags]
    found += [f"project:{project} {say('label.project_field')}:{project}"] if project else []
    return " ".join([*found, *(["* ★"] if starred else [])])


def labels_of(job: Job, glyphs: Glyphs) -> str:
    """Return `Project Film · by claude · #hero`; "" where there is none of it."""
    order = job.order
    told = [say("label.in_project", name=order.project)] if order.project else []
    told += [say("label.by_client", name=order.client)] if order.client else []
    told += [" ".join(f"#{tag}" for tag in job.tags)] if job.tags else []
    return " · ".join([*([glyphs.star] if job.is_starred else []), *told])


def cost(job: Job) -> str:
    """`5 pts · usually 20–40 s`, or what it took."""
    words = say("queue.points", points=job.order.total)
    estimate = job.order.estimate
    if estimate is None:
        return words
    usual = usual_time(estimate)
    if job.state is State.DONE and job.sent_at:
        took = duration(job.elapsed(job.updated_at))
        return f"{words} · {say('queue.took', took=took, time=usual)}"
    return f"{words} · {say('queue.usually', time=usual)}"


def status_sentence(job: Job, now: float) -> tuple[str, str]:
    """One sentence on where it stands and what can be done, and its role; ("", "") if plain."""
    if job.state is State.FAILED:
        return failure_words(job), "bad"
    if job.state is State.FETCHING and job.waiting:
        return waiting_words(job), "warn"
    if job.state is State.DONE and job.failure is not None:
        key = "queue.standing_partial" if outputs.is_partial(job) else "queue.standing_unfetched"
        words = say(key, reason=failure_words(job), missing=outputs.missing(job))
        return words, "warn"
    if job.state is State.DONE and outputs.surplus(job):
        return say("jobs.kept_more", n=job.order.n, kept=len(job.medias)), "info"
    estimate = job.order.estimate
    if job.state is State.RUNNING and estimate and job.elapsed(now) > estimate.high:
        return say("queue.longer"), "warn"
    if job.needs_approval:
        reason, points = waiting_words(job), job.order.total
        if reason:
            return say("queue.standing_held_why", reason=reason, points=points), "warn"
        return say("queue.standing_held", points=points), "warn"
    if job.state in UNDER_WAY:
        return say(f"wait.{job.state}"), "muted"
    if job.state in (State.NEEDS_REVIEW, State.TIMED_OUT, State.STOPPED):
        words = say(f"queue.standing_{job.state}", points=job.order.total)
        if job.waiting:
            words = say("queue.standing_restored", why=waiting_words(job), then=words)
        return words, "warn" if job.state is State.NEEDS_REVIEW else STATE_ROLE[job.state]
    return waiting_words(job), "muted"


def waiting_words(job: Job, *, short: bool = False) -> str:
    """Why it is not sent yet; "" where nothing but its turn is missing. `short`: for a column."""
    if not job.waiting:
        return ""
    for key in (f"{job.waiting}.short", job.waiting) if short else (job.waiting,):
        try:
            return say(key, **job.waiting_values)
        except (KeyError, IndexError):
            continue  # no short form; or written by another version
    return ""


def ordered_by(job: Job) -> list[str]:
    """The agent that ordered it; before it is sent, also the files that it would send."""
    lines = [say("queue.ordered_by", client=one_line(job.order.client, 60))]
    if job.state in UNSENT:
        inputs = map(redact, job.order.inputs)
        lines += [say("queue.input", source=one_line(source, 200)) for source in inputs]
    return lines


def failure_words(job: Job) -> str:
    """Why it failed, in our words; a reason of the service that we can't name stays unsaid."""
    problem = outputs.problem_of(job)
    if problem is None:
        return say("queue.failed")
    try:
        todo = hint(problem.key, **problem.values)
        return joined(sentence(problem), todo if "https://" in todo else "")
    except (KeyError, IndexError):
        return say("queue.failed")


def trouble(job: Job) -> str:
    """What is wrong with a job that made something; "" where nothing is."""
    if job.state is State.FETCHING:
        return waiting_words(job)
    return failure_words(job) if job.state is State.DONE and job.failure is not None else ""


def event_words(event: Event, now: float) -> str:
    """Return an event of a timeline in words; on another day than today with its date."""
    try:
        words = say(event.key, **event.values)
    except (KeyError, IndexError):  # written by another version
        words = state_words(event.state)
    then, today = time.localtime(event.at), time.localtime(now)
    form = "%H:%M:%S" if then[:3] == today[:3] else "%m-%d %H:%M:%S"
    return f"{time.strftime(form, then)}  {words}"


_SECONDS = pattern(r"(\d+(?:\.\d+)?) ?s")


def length_words(length: str) -> str:
    """`5 s` for `5s`, as the service has it; `0:12` as it is."""
    found = _SECONDS.fullmatch(length)
    return say("compose.seconds", span=found[1]) if found else length


def result_words(media: Media, folder: Path | None = None) -> str:
    """Where one result is: the file here, else its address. A file in `folder` without that."""
    facts = [media.format]
    if media.width and media.height:
        facts.append(f"{media.width}x{media.height}")
    facts.append(length_words(media.duration))
    where = media.path or media.url
    if folder is not None and media.path and Path(media.path).is_relative_to(folder):
        where = str(Path(media.path).relative_to(folder))
    return "  ".join(filter(None, (where, " ".join(filter(None, facts)))))


def may_become(job: Job, *states: State) -> bool:
    """Return whether the job may change to any of the states."""
    return any(state in TRANSITIONS[job.state] for state in states)


def matches(job: Job, wanted: str, now: float) -> bool:
    """Whether all words of a filter (folded) stand somewhere in the job, or name its day."""
    from ima_tui.logs.filter import day_names

    order = job.order
    medium = say(f"task.tag_{order.task_type.medium}")
    kind = kind_words(order.task_type)
    text = f"#{job.id} {group_state(job)} {order.model_name} {medium} {kind} {order.prompt}"
    text += f" {label_terms(order.project, job.tags, starred=job.is_starred)} {order.client}"
    folded = f"{text} {day_names(job.created_at, now)}".casefold()
    return all(word in folded for word in wanted.split())


MOST_NAME = 16
"""Cells of a setting's name."""
LONGEST_VALUE = 300


def settings(order: Order, model: ModelVersion | None) -> list[tuple[str, str]]:
    """Return names and values as people know them, without settings that are empty or only repeat
    the prompt; then the inputs."""
    rows = [
        (_name(model, name), _value(model, name, value))
        for name, value in order.parameters
        if str(value).strip() not in ("", order.prompt.strip())
    ]
    if order.inputs:
        rows.append((say("gallery.inputs"), one_line(" ".join(order.inputs), LONGEST_VALUE)))
    return rows


def _name(model: ModelVersion | None, name: str) -> str:
    """As people know it; what has no parameter is at least written as those that have one."""
    known = draft.label(model, name)
    return known.replace("_", " ").capitalize() if known == name else known


def _value(model: ModelVersion | None, name: str, value: Value) -> str:
    """As the form says it: with its unit, on and off, not True and False, and a voice's name."""
    if model is not None and name.casefold() in parameter_names.VOICES:
        value = draft.option_label(model, name, value)
    return parameter_names.value(name, one_line(value, 120) if isinstance(value, str) else value)


def rows(found: Sequence[tuple[str, str]]) -> list[Content]:
    """Return a line for each: names below each other, values below each other."""
    wide = min(MOST_NAME, max((width(name) for name, _ in found), default=0))
    return [
        Content.styled(f"{fit(name, wide)}  ", "$muted") + Content(f"\t{value}")
        for name, value in found
    ]
