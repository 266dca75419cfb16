"""Workflow types, the hash that the user approves, and the intents of steps in the ledger.

The hash includes the contents of input files: `look_at_files` reads them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from ima_tui.compose.confirmation import Unmet
from ima_tui.core.domain import (
    Draft,
    Estimate,
    Medium,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import LARGEST, local_path
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line
from ima_tui.core.text import size as size_in_words
from ima_tui.workflow import film_plan, finishing
from ima_tui.workflow.film_plan import FilmPlan
from ima_tui.workflow.finishing import Finish
from ima_tui.workflow.sources import result_of as result_of
from ima_tui.workflow.sources import source_of as source_of
from ima_tui.workflow.sources import source_said as source_said

MOST_STEPS = 40
HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class WorkflowStep:
    """A job to be. `chosen` are user fields of its model, `inputs` paths, links or `step:1#1`.

    `after`: a step that must be done first although its results are not used, or 0. `points` are
    per output, at the last known price. `take`: how often it was ordered anew although it had a
    result; each take is a job of its own.
    """

    id: int
    title: str
    task_type: TaskType
    model_id: str
    version: str
    model_name: str
    prompt: str
    chosen: tuple[tuple[str, Value], ...] = ()
    n: int = 1
    inputs: tuple[str, ...] = ()
    after: int = 0
    points: int = 0
    estimate: Estimate | None = None
    take: int = 1

    @property
    def total(self) -> int:
        """Points for all outputs."""
        return self.points * self.n

    def draft(self, unwritten: str = "") -> Draft:
        """Return what is to be ordered; `unwritten` stands for an empty prompt."""
        prompt = self.prompt or unwritten
        task_type, model_id, version = self.task_type, self.model_id, self.version
        return Draft(task_type, model_id, version, prompt, self.chosen, self.inputs, self.n)

    @property
    def sources(self) -> tuple[int, ...]:
        """The steps whose results it uses."""
        return tuple(dict.fromkeys(found[0] for found in map(result_of, self.inputs) if found))

    @property
    def needs(self) -> tuple[int, ...]:
        """The steps that must be done first."""
        return tuple(dict.fromkeys((*self.sources, *((self.after,) if self.after else ()))))


@dataclass(frozen=True, slots=True)
class Workflow:
    """Several steps with one price; run again under its `id`, it pays for nothing twice.

    `prompt` is the text it was created from; `confirmed` the hash that the user approved last, or
    "". `files` maps each input path to the SHA-256 of its content at the last `look_at_files`, or
    to a word where it is unreadable.
    """

    id: str
    prompt: str
    steps: tuple[WorkflowStep, ...]
    confirmed: str = ""
    files: tuple[tuple[str, str], ...] = ()
    unmet: tuple[tuple[int, Unmet], ...] = ()
    """What steps do differently from the request, by step; approved before they run."""
    film: FilmPlan | None = None
    """What is assembled of the results at the end, free; not part of the hash."""
    finish: tuple[Finish, ...] = ()
    """What else is made of results at the end, free: crops, joined music; not part of the hash."""
    project: str = ""
    """What its jobs are filed under; not part of the hash."""

    @property
    def total(self) -> int:
        """Points for all steps."""
        return sum(step.total for step in self.steps)

    @property
    def ends(self) -> bool:
        """Whether something is made of the results, here and free."""
        return self.film is not None or bool(self.finish)

    def step(self, step_id: int) -> WorkflowStep:
        """Return one step."""
        return next(step for step in self.steps if step.id == step_id)

    def pictures_before(self, step_id: int) -> Iterator[tuple[WorkflowStep, int]]:
        """Yield results (from 1) of earlier steps that this one could use."""
        for step in self.steps:
            if step.id == step_id:
                return
            if step.task_type.medium is Medium.IMAGE:
                yield from ((step, index) for index in range(1, step.n + 1))

    def users_of(self, step_id: int) -> tuple[WorkflowStep, ...]:
        """Return the steps that use this one's results."""
        return tuple(step for step in self.steps if step_id in step.sources)


def takes(workflow: Workflow) -> Estimate | None:
    """Return the usual total time in seconds, independent steps in parallel."""
    if any(step.estimate is None for step in workflow.steps):
        return None
    low: dict[int, float] = {}
    high: dict[int, float] = {}
    for step in workflow.steps:
        if step.estimate is not None:
            low[step.id] = step.estimate.low + max((low[n] for n in step.needs), default=0.0)
            high[step.id] = step.estimate.high + max((high[n] for n in step.needs), default=0.0)
    return Estimate(max(low.values(), default=0.0), max(high.values(), default=0.0))


# ----------------------------------------------------------------------------------- approval


def digest(workflow: Workflow, again: Sequence[int] = ()) -> str:
    """Return the hash over all that matters: what is made, from what, in which order, for how much.

    `again`: failed jobs that would be paid for once more, which needs an approval of its own. Files
    count by content, as in `workflow.files`.
    """
    content: list[object] = [1, workflow.id, [[*_content(s), s.points] for s in workflow.steps]]
    if again:
        content.append(sorted(again))
    taken = {source for step in workflow.steps for source in step.inputs}
    if held := [[source, what] for source, what in workflow.files if source in taken]:
        content.append(held)
    return _hash(content)[:HASH_DIGITS]


def intents(workflow: Workflow) -> Mapping[int, str]:
    """Return each step's intent in the ledger.

    It depends on the steps it uses: a step whose source changed gets a new intent, an unchanged one
    keeps what was paid for.
    """
    named: dict[int, str] = {}
    for step in workflow.steps:
        above = [named[needed] for needed in step.sources]
        named[step.id] = "plan:" + _hash([workflow.id, _content(step), above])
    return named


def _content(step: WorkflowStep) -> list[object]:
    return [
        step.id,
        step.task_type.value,
        step.model_id,
        step.version,
        step.prompt,
        [[name, value] for name, value in sorted(step.chosen)],
        step.n,
        list(step.inputs),
        step.after,
        *([step.take] if step.take > 1 else []),  # the first one hashes as it always did
    ]


def _hash(content: object) -> str:
    written = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return sha256(written.encode("ascii")).hexdigest()


# ------------------------------------------------------------------------------- validation


def check(workflow: Workflow) -> None:
    """Raise `UsageError` for the first step in an impossible position."""
    if not workflow.steps:
        raise UsageError("error.plan_empty")
    if len(workflow.steps) > MOST_STEPS:
        raise UsageError("error.plan_too_many", count=len(workflow.steps), limit=MOST_STEPS)
    before: dict[int, WorkflowStep] = {}
    for step in workflow.steps:
        if step.id in before:
            raise UsageError("error.plan_twice", id=step.id)
        for needed in step.needs:
            if needed not in before:
                raise UsageError("error.plan_before", id=step.id, needed=needed)
        for source, index in filter(None, map(result_of, step.inputs)):
            first = before[source]
            if first.task_type.medium is not Medium.IMAGE:
                raise UsageError("error.plan_no_picture", id=step.id, needed=source)
            if not 1 <= index <= first.n:
                raise UsageError("error.plan_no_result", id=step.id, needed=source, index=index)
        before[step.id] = step
    media = {step.id: (step.task_type.medium, step.n) for step in workflow.steps}
    if workflow.film is not None:
        film_plan.check(workflow.film, media)
    finishing.check(workflow.finish, {step.id: step.task_type.medium for step in workflow.steps})


# ------------------------------------------------------------------------------------ edits


def put(workflow: Workflow, step: WorkflowStep) -> Workflow:
    """Replace the step with this id. Raises `UsageError`."""
    before = workflow.step(step.id)
    changed = replace(workflow, steps=tuple(step if s.id == step.id else s for s in workflow.steps))
    if _set(before) != _set(step):  # the user chose for it, seeing what is set
        changed = _without_unmet(changed, step.id)
    check(changed)
    return changed


def _set(step: WorkflowStep) -> object:
    return step.model_id, step.version, step.chosen, step.n


def _without_unmet(workflow: Workflow, step_id: int) -> Workflow:
    return replace(workflow, unmet=tuple(each for each in workflow.unmet if each[0] != step_id))


def remove(workflow: Workflow, step_id: int) -> Workflow:
    """Remove a step; steps that only waited for it wait for what it waited for.

    Raises `UsageError` where others use it, or nothing would be left.
    """
    users = workflow.users_of(step_id)
    if users:
        raise UsageError("error.plan_used", id=step_id, user=users[0].id)
    gone = workflow.step(step_id)
    instead = gone.after or next(iter(gone.sources), 0)
    rest = tuple(
        replace(step, after=instead if step.after == step_id else step.after)
        for step in workflow.steps
        if step.id != step_id
    )
    film = film_plan.without(workflow.film, step_id) if workflow.film is not None else None
    finish = finishing.without(workflow.finish, step_id)
    changed = _without_unmet(replace(workflow, steps=rest, film=film, finish=finish), step_id)
    check(changed)
    return changed


def move(workflow: Workflow, step_id: int, by: int) -> Workflow:
    """Move the step `by` places down.

    Raises `UsageError` where it would precede a step that it needs.
    """
    order = list(workflow.steps)
    at = order.index(workflow.step(step_id))
    to = max(0, min(len(order) - 1, at + by))
    order.insert(to, order.pop(at))
    changed = replace(workflow, steps=tuple(order))
    check(changed)
    return changed


_PIECE = 1 << 20
_TROUBLE = {
    "missing": "error.input_missing",
    "unreadable": "error.input_unreadable",
    "loop": "error.input_loop",
    "no file": "error.input_no_file",
    "folder": "error.input_folder",
    "large": "error.input_large",
}


def look_at_files(workflow: Workflow) -> Workflow:
    """Return the workflow with the current hashes of its files.

    An unreadable file is recorded with its problem, because a workflow of paid steps can be shown
    without it. Reads at most `LARGEST` bytes of each file: call it off the event loop.
    """
    sources = {source for step in workflow.steps for source in step.inputs if _is_local(source)}
    return replace(workflow, files=tuple((each, _content_hash(each)) for each in sorted(sources)))


def trouble(workflow: Workflow, step: WorkflowStep) -> UsageError | None:
    """Return why files of the step can't be sent, as of the last `look`, or None.

    All with the same trouble are named.
    """
    seen = dict(workflow.files)
    found = [(_TROUBLE.get(seen.get(source, "")), source) for source in step.inputs]
    key = next((key for key, _ in found if key is not None), None)
    if key is None:
        return None
    names = ", ".join(one_line(local_path(source), 200) for its, source in found if its == key)
    return UsageError(key, input=names, limit=size_in_words(LARGEST))


def _is_local(source: str) -> bool:
    written = source.strip().lower()
    is_link = "://" in written and not written.startswith("file:")
    return result_of(source) is None and not is_link and not written.startswith("data:")


def _content_hash(source: str) -> str:
    """Return the SHA-256 of a file, or one of `_TROUBLE`'s words."""
    try:
        path = local_path(source)
        if Path(path).is_dir():
            return "folder"
        # must not block: the name may be a pipe's
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as reader:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                return "no file"
            if facts.st_size > LARGEST:
                return "large"
            found = hashlib.sha256()
            left = LARGEST  # it may be growing
            while left > 0 and (piece := reader.read(min(_PIECE, left))):
                found.update(piece)
                left -= len(piece)
            return found.hexdigest()
    except FileNotFoundError:
        return "missing"
    except (OSError, ValueError) as error:
        loop = isinstance(error, OSError) and error.errno == errno.ELOOP
        return "loop" if loop else "unreadable"
