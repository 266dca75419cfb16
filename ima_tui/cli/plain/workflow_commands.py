"""Commands of plain mode about workflows: plan one, change its steps, run it, delete it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from ima_tui.catalogue import choice
from ima_tui.cli.exit_status import state_of
from ima_tui.cli.plain.composer import PlainComposer
from ima_tui.cli.plain.line_io import Asked, Say, numbered
from ima_tui.compose import confirmation
from ima_tui.core.domain import State
from ima_tui.core.errors import UsageError
from ima_tui.core.events import EndingChanged, JobChanged, Notice
from ima_tui.core.text import one_line, whole
from ima_tui.film.assembler import shortcomings
from ima_tui.i18n import explain, joined, listed, say
from ima_tui.studio.endings import Ending
from ima_tui.studio.studio import Studio
from ima_tui.workflow.status import WorkflowStatus, price_step
from ima_tui.workflow.status import finish_sentences as sentences
from ima_tui.workflow.steps import Workflow, WorkflowStep, move, put, remove

Change = Callable[[Workflow], Workflow]


class PlainWorkflows:
    """Holds the workflow that is talked about."""

    def __init__(self, studio: Studio, composer: PlainComposer, tell: Say) -> None:
        self._studio = studio
        self._composer = composer
        self._tell = tell
        self._workflow: Workflow | None = None
        self._asked = ""
        """The prompt that it was planned from."""
        self._listed: list[Workflow] = []
        self._looking: set[asyncio.Task[None]] = set()
        self._said: set[tuple[str, str]] = set()

    async def open(self, rest: str = "") -> Asked | None:
        """Plan a prompt, or show what it was planned as; ask where it can run."""
        prompt = rest or self._composer.text
        if prompt and not self._is_of(prompt):  # another plan would be paid once more
            await self._make(prompt, self._composer.composer.attached)
        else:
            await self._show()
        return await self.run("") if await self._can_run() else None

    async def _make(self, prompt: str, inputs: tuple[str, ...]) -> None:
        """Plan `prompt` in steps, keep that, and say what would be made."""
        maker, workflows = self._studio.workflow_maker, self._studio.workflows
        made = await maker.make(prompt, inputs, fetch=False, films=True)
        if not made.workflow.steps:
            raise UsageError("error.plan_nothing")
        await workflows.keep(made.workflow)
        self._workflow, self._asked = made.workflow, prompt
        for sentence in (*made.notes, *confirmation.sentences(u for _, u in made.workflow.unmet)):
            self._tell(sentence)
        await self._show()

    async def list(self, rest: str) -> None:
        """List the workflows that are kept, or take one by its number."""
        if (workflow := numbered(self._listed, rest)) is not None:
            self._workflow = workflow
            await self._show()
            return
        self._listed = [workflow for workflow, _ in await self._studio.workflows.kept()]
        for place, workflow in enumerate(self._listed, 1):
            words = say("plain.workflow_row", n=len(workflow.steps), points=workflow.total)
            self._tell(f"{place}. {one_line(workflow.prompt, 100)}. {words}")
        self._tell(say("plain.workflows_how" if self._listed else "workflow.none_kept"))

    def _is_of(self, prompt: str) -> bool:
        """Tell whether the open workflow was planned from this prompt."""
        return self._workflow is not None and self._asked == prompt

    async def _can_run(self) -> bool:
        """Tell whether something of it can be sent as it is."""
        status = await self._studio.workflows.status(self._open())
        sending = status.to_send(again=not status.failures)
        return bool(sending) and all(each.priced.problem is None for each in sending)

    # ---------------------------------------------------------------------- as its jobs change

    @contextmanager
    def told(self) -> Iterator[None]:
        """While this holds, what became of workflows is said, and what can be done next."""
        leave = self._studio.subscribe(self._hear)
        try:
            yield
        finally:
            leave()
            for task in self._looking:
                task.cancel()

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, EndingChanged):
            self._tell_ending(self._studio.endings.of(notice.workflow_id))
        if isinstance(notice, JobChanged) and notice.job.state is State.DONE and self._workflow:
            task = asyncio.create_task(self._look(self._workflow), name="workflow")
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    def _tell_ending(self, ending: Ending | None) -> None:
        """Say that a film, or another end, begins or where it is; not how far it is."""
        if ending is None or ending.progress is not None:
            return
        if ending.is_open:
            self._tell(say(f"plain.end_{ending.stage}", n=ending.files_missing))
        if ending.error is not None:
            self._tell(explain(ending.error))
        if ending.film is not None:
            saved = say("plain.saved", path=one_line(ending.film.path, 300))
            self._tell(joined(saved, shortcomings(ending.film.facts or {})))
        for each in ending.files:
            self._tell(say("plain.saved", path=one_line(each.path, 300)))
            if each.repeats:
                self._tell(say("finish.repeated", n=each.repeats))

    async def _look(self, workflow: Workflow) -> None:
        """Say what can be done next, once."""
        status = await self._studio.workflows.status(workflow, priced=False)
        film = workflow.film
        said = ""
        if status.is_done:
            said = "plain.workflow_done"
        elif film is not None and film.master and not status.moving:
            said = "plain.master_made" if status.step_status(film.master).is_done else ""
        if said and (workflow.id, said) not in self._said:
            self._said.add((workflow.id, said))
            self._tell(say(said, points=status.to_pay(again=True)))

    def _open(self) -> Workflow:
        if self._workflow is None:
            raise UsageError("plain.no_workflow")
        return self._workflow

    async def _show(self) -> None:
        """Say each step, its model, price and state, and the total."""
        status = await self._studio.workflows.status(self._open())
        for each in status.steps:
            self._tell(self._line(status, each.step))
            if each.priced.problem is not None:
                self._tell(explain(each.priced.problem))
        self._tell(say("plain.workflow_total", n=len(status.steps), points=status.workflow.total))
        priced = [each.priced for each in status.steps]
        for sentence in sentences(status.workflow, priced):
            self._tell(sentence)
        if status.workflow.film is not None:
            self._tell(say("plain.film_at_end", n=len(status.workflow.film.shots)))
        done = status.is_done and status.workflow.ends
        if done or not await self._can_run():
            self._tell(say("plain.assemble_how" if done else "plain.workflow_how"))

    @staticmethod
    def _line(status: WorkflowStatus, step: WorkflowStep) -> str:
        job = status.step_status(step.id).job
        facts = {
            "kind": say(f"task.{step.task_type}"),
            "model": step.model_name,
            "prompt": one_line(step.title or step.prompt, 100),
            "state": say("plain.step_new") if job is None else state_of(job),
        }
        return say("plain.step", n=step.id, points=step.total, **facts)

    # ------------------------------------------------------------------------------- changes

    async def step(self, rest: str) -> None:
        """Change a step: `2 prompt …`, `2 model …`, `2 up`, `2 down`, `2 remove`."""
        number, _, what = rest.partition(" ")
        verb, _, value = what.strip().partition(" ")
        at, workflow = whole(number), self._open()
        step = next((one for one in workflow.steps if one.id == at), None)
        if step is None or at is None:
            raise UsageError("plain.step_how")
        changes: dict[str, Change] = {
            "up": lambda workflow: move(workflow, at, -1),
            "down": lambda workflow: move(workflow, at, 1),
            "remove": lambda workflow: remove(workflow, at),
            "prompt": lambda workflow: put(
                workflow, replace(step, prompt=value.strip() or step.prompt)
            ),
            "model": lambda workflow: put(workflow, self._on(step, value.strip())),
        }
        words = {say(f"plain.step_{name}"): name for name in changes}
        change = changes.get(words.get(verb, verb))
        if change is None or (words.get(verb, verb) in ("prompt", "model") and not value.strip()):
            raise UsageError("plain.step_how")
        changed = await self._studio.workflows.look(change(workflow))
        await self._studio.workflows.keep(changed)
        self._workflow = changed
        await self._show()

    def _on(self, step: WorkflowStep, named: str) -> WorkflowStep:
        """The same step on another model."""
        model = choice.pick(self._studio.catalogue.models(step.task_type), named)
        moved = replace(step, model_id=model.model_id, version=model.version, model_name=model.name)
        return price_step(moved, {step.task_type: (model,)}).step

    # ------------------------------------------------------------------------ what costs points

    async def run(self, _: str) -> Asked:
        """Look the prices up, and ask about what would be sent."""
        workflows = self._studio.workflows
        before = await workflows.agreed_before(self._open())
        status = await workflows.status(before, fetch=True)
        sending = status.to_send(again=True)
        for each in sending:
            if each.priced.problem is not None:
                raise each.priced.problem
        if not sending:
            waits = status.waits_for_approval
            raise UsageError("workflow.agents_wait" if waits else "plain.nothing_to_run")
        notes = await workflows.input_notes([each.priced for each in sending])
        ids = {each.step.id for each in sending}
        unmet = confirmation.sentences(each for at, each in status.workflow.unmet if at in ids)
        points = status.to_pay(again=True)
        first = status.look_first(self._studio.settings.ask_above, again=True)
        if first:
            notes.append(say("workflow.master_first"))
            points = sum(status.step_status(step).price() for step in first)
        n = len([each for each in sending if not first or each.step.id in first])
        words = joined(*notes, *unmet, say("plain.ask_run", n=n, points=points))
        return words, partial(self._go, status, first)

    async def _go(self, status: WorkflowStatus, first: frozenset[int]) -> None:
        workflows = self._studio.workflows
        self._workflow = await workflows.agree(status)
        if self._workflow.ends:
            await self._studio.endings.want(self._workflow.id)
        await workflows.go(status, again=True, only=first)
        sent = [each for each in status.to_send(again=True) if not first or each.step.id in first]
        then = say("board.then" if status.workflow.film else "finish.then")
        is_last = status.workflow.ends and not first
        self._tell(joined(say("workflow.sent", n=len(sent)), then if is_last else ""))
        if self._is_of(self._composer.text):
            self._composer.sent()

    async def assemble(self, _: str) -> None:
        """Make the film of the workflow, or its other end, again, which costs nothing."""
        status = await self._studio.workflows.status(self._open())
        lacking = await self._studio.films.lacking(status)
        if lacking.steps:
            steps = listed(lacking.steps)
            raise UsageError("plain.film_lacks", steps=steps)
        await self._studio.endings.want(self._open().id)

    async def drop(self, _: str) -> Asked:
        """Ask whether to delete the workflow; its jobs stay."""
        workflow = self._open()

        async def then() -> None:
            await self._studio.workflows.drop(workflow.id)
            self._workflow = None
            self._tell(say("plain.did"))

        return say("workflow.ask_drop"), then
