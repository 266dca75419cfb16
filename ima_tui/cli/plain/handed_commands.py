"""Commands of plain mode that hand over to the part that knows them: drafts, workflows, jobs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from ima_tui.cli.plain.composer import PlainComposer
from ima_tui.cli.plain.draft_commands import PlainDraftCommands
from ima_tui.cli.plain.job_commands import PlainJobCommands
from ima_tui.cli.plain.jobs import PlainJobs
from ima_tui.cli.plain.line_io import LineIO
from ima_tui.cli.plain.workflow_commands import PlainWorkflows
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.studio.studio import Studio


class HandedCommands(ABC):
    """Each `do_` method is a command; plain mode itself asks, offers and ends."""

    def __init__(self, studio: Studio, lines: LineIO) -> None:
        self._studio = studio
        self._lines = lines
        self._wish = PlainComposer(studio)
        self._jobs = PlainJobs(studio, lines.say)
        self._job_commands = PlainJobCommands(studio, self._jobs, self._wish, lines.say)
        self._draft_commands = PlainDraftCommands(
            studio, self._wish, lines.say, lambda: self.do_workflow("")
        )
        self._workflows = PlainWorkflows(studio, lines.say)
        self._undo: list[tuple[TaskType, str]] = []
        """Preferred models as they were before each change that was made here."""

    @abstractmethod
    def _ask(self, question: str, then: Callable[[], Awaitable[None]]) -> None:
        """Ask a question; `then` runs on a yes."""

    @abstractmethod
    async def _offer(self) -> None:
        """Show the settings and the price, and ask whether to send."""

    @abstractmethod
    async def _shaped(self) -> None:
        """The draft was changed by hand: offer it where there is a prompt."""

    @abstractmethod
    async def do_follow(self, rest: str) -> None:
        """Follow a job again, or send one that needs approval."""

    # --------------------------------------------------------------------------------- drafts

    async def do_voices(self, rest: str) -> None:
        """List the voices."""
        if await self._draft_commands.voices(rest):
            await self._shaped()

    async def do_lyrics(self, rest: str) -> None:
        """Show or set the lyrics."""
        text = rest or "\n".join(await self._read_lines(say("plain.ask_lyrics")))
        if text.strip():
            self._draft_commands.lyrics(text)
            await self._offer()

    async def do_answer(self, rest: str) -> None:
        """Answer an open question."""
        if await self._draft_commands.answer(rest):
            await self._shaped()

    async def do_cheaper(self, _: str) -> None:
        """Take the cheaper choice."""
        await self._draft_commands.neighbour("cheaper")
        await self._shaped()

    async def do_better(self, _: str) -> None:
        """Take the better choice."""
        await self._draft_commands.neighbour("better")
        await self._shaped()

    async def do_elsewhere(self, _: str) -> None:
        """Take the model that offers what this one lacks."""
        await self._draft_commands.neighbour("elsewhere")
        await self._shaped()

    async def do_new(self, _: str) -> None:
        """Begin a new prompt."""
        self._wish.begin_anew()
        self._lines.say(say("plain.how"))

    async def do_lines(self, _: str) -> None:
        """Several prompts, one per line, priced together and sent after one question."""
        lines = await self._read_lines(say("plain.ask_lines"))
        if not lines:
            return
        orders = await self._draft_commands.each(lines)
        points = sum(order.total for order in orders)
        for order in orders:
            words = say("queue.offer", model=order.model_name, points=order.total)
            self._lines.say(f"{order.prompt}: {words}")

        async def then() -> None:
            for order in orders:
                job = await self._studio.jobs.submit(order)
                self._lines.say(say("plain.sent", n=job.id, points=order.total))

        self._ask(say("plain.ask_lines_send", n=len(orders), points=points), then)

    async def _read_lines(self, question: str) -> list[str]:
        """Lines up to an empty one."""
        self._lines.say(question)
        lines: list[str] = []
        while line := await self._lines.ask(say("plain.next_line")):
            lines.append(one_line(line, len(line)))
        return lines

    async def do_history(self, rest: str) -> None:
        """List or take earlier prompts."""
        if await self._draft_commands.history(rest):
            await self._offer()

    async def do_templates(self, rest: str) -> None:
        """List the templates."""
        if await self._draft_commands.templates(rest):
            await self._offer()

    async def do_template(self, rest: str) -> None:
        """Save or take a template."""
        await self._draft_commands.save_template(rest)

    async def do_untemplate(self, rest: str) -> None:
        """Delete a template."""
        await self._draft_commands.delete_template(rest)

    async def do_guides(self, rest: str) -> None:
        """Show the guides."""
        await self._draft_commands.guides(rest)

    # ------------------------------------------------------------------------------ workflows

    async def do_workflow(self, rest: str) -> None:
        """Plan or open a workflow."""
        prompt = rest or self._wish.text
        if prompt and not self._workflows.is_of(prompt):  # another plan would be paid once more
            await self._workflows.plan(prompt, self._wish.desk.attached)
        else:
            await self._workflows.show()
        if await self._workflows.can_run():
            await self.do_run("")

    async def do_workflows(self, rest: str) -> None:
        """List the workflows."""
        await self._workflows.list(rest)

    async def do_step(self, rest: str) -> None:
        """Show or change a step."""
        await self._workflows.step(rest)

    async def do_run(self, _: str) -> None:
        """Run the workflow."""
        question, then = await self._workflows.run()

        async def run() -> None:
            await then()
            if self._workflows.is_of(self._wish.text):
                self._wish.sent()

        self._ask(question, run)

    async def do_assemble(self, _: str) -> None:
        """Assemble the film."""
        await self._workflows.assemble()

    async def do_drop(self, _: str) -> None:
        """Ask whether the workflow is discarded."""
        question, then = await self._workflows.drop()
        self._ask(question, then)

    # ----------------------------------------------------------------------------------- jobs

    async def do_approve(self, rest: str) -> None:
        """Approve jobs."""
        await self.do_follow(rest)

    async def do_instead(self, rest: str) -> None:
        """Make a job with another model."""
        asked = await self._job_commands.instead(rest)
        if asked is not None:
            self._ask(*asked)

    async def do_edit(self, rest: str) -> None:
        """Edit an unsent job."""
        await self._job_commands.load(rest, in_its_place=True)
        await self._offer()

    async def do_duplicate(self, rest: str) -> None:
        """Take what a job was made of."""
        await self._job_commands.load(rest, in_its_place=False)
        await self._offer()

    async def do_fetch(self, rest: str) -> None:
        """Download results."""
        await self._job_commands.fetch(rest)

    async def do_sooner(self, rest: str) -> None:
        """Move an unsent job up."""
        await self._job_commands.reorder(rest, "sooner")

    async def do_later(self, rest: str) -> None:
        """Move an unsent job down."""
        await self._job_commands.reorder(rest, "later")

    async def do_first(self, rest: str) -> None:
        """Send an unsent job next."""
        await self._job_commands.reorder(rest, "first")

    async def do_use(self, rest: str) -> None:
        """Use a result as input."""
        await self._job_commands.use(rest)
        await self._shaped()

    async def do_open(self, rest: str) -> None:
        """Open a result."""
        await self._job_commands.open(rest)

    async def do_save(self, rest: str) -> None:
        """Save a copy of a result."""
        await self._job_commands.save(rest)

    async def do_discard(self, rest: str) -> None:
        """Delete a file."""
        question, then = await self._job_commands.delete(rest)
        self._ask(question, then)

    async def do_spending(self, rest: str) -> None:
        """Show spending."""
        await self._job_commands.spending(rest)

    # ---------------------------------------------------------------------------- preferences

    def _remember(self, kind: TaskType) -> None:
        self._undo.append((kind, self._studio.preferences.model_id(kind)))

    async def do_undo(self, _: str) -> None:
        """Undo the last change of a preferred model."""
        if not self._undo:
            raise UsageError("plain.nothing_to_undo")
        kind, before = self._undo.pop()
        preferences = self._studio.preferences
        models = self._studio.catalogue.models(kind)
        model = next((one for one in models if one.model_id == before), None)
        done = await (preferences.prefer(kind, model) if model else preferences.unprefer(kind))
        if not done:
            raise UsageError("models.not_stored")
        self._lines.say(say("plain.did"))

    async def do_restore(self, _: str) -> None:
        """Restore the preferences file."""
        dropped = self._studio.preferences.dropped()
        if not dropped:
            raise UsageError("plain.nothing_dropped")
        await self._studio.preferences.bring_back(dropped)
        self._lines.say(say("plain.did"))

    async def do_let_go(self, _: str) -> None:
        """Discard preferences that another program removed."""
        dropped = self._studio.preferences.dropped()
        if not dropped:
            raise UsageError("plain.nothing_dropped")
        await self._studio.preferences.let_go(dropped)
        self._lines.say(say("plain.did"))
