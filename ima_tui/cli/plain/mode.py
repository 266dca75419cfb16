"""Plain mode: line by line, for screen readers and terminals that can't draw.

Nothing is redrawn or shown by position or colour; states are words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Literal

from ima_tui import i18n
from ima_tui.api.connection import key_file
from ima_tui.cli.confirm import YES
from ima_tui.cli.plain.composer import PlainCommands, PlainComposer, asks_for_input, usual
from ima_tui.cli.plain.draft_commands import PlainDraftCommands
from ima_tui.cli.plain.jobs import PlainJobs, PlainNews
from ima_tui.cli.plain.line_io import Asked, Command, LineIO, Next, name_of, names
from ima_tui.cli.plain.model_commands import PlainModelCommands
from ima_tui.cli.plain.screens import PlainScreens
from ima_tui.cli.plain.workflow_commands import PlainWorkflows
from ima_tui.config.api_key import Keep
from ima_tui.core.domain import Medium, Order
from ima_tui.core.errors import ImaError, KeyMissing
from ima_tui.core.text import folded, nearest, one_line, whole
from ima_tui.i18n import explain, joined, say
from ima_tui.studio.intent_reader import IntentReader
from ima_tui.studio.studio import Studio

NO = frozenset({"", "n", "no", "不", "不要", "否"})
ALL = frozenset({"all", "全部", "都要"})
WAYS: tuple[Keep, ...] = ("session", "keyring", "file")
End = Literal["", "quit", "demo"]


async def talk_with(studio: Studio) -> End:
    """The whole session. `demo`: the person would rather try it without a key."""
    return await PlainMode(studio, LineIO()).run()


class PlainMode(PlainCommands):
    """Runs one line at a time. While a question is open, a yes answers it."""

    def __init__(self, studio: Studio, lines: LineIO) -> None:
        composer = PlainComposer(studio, IntentReader(studio))
        super().__init__(studio, composer, lines)
        self._news = PlainNews(studio, composer, lines)
        composer.last_result = self._news.last_result
        self._workflows = PlainWorkflows(studio, composer, lines)
        self._drafts = PlainDraftCommands(studio, composer, lines)
        self._models = PlainModelCommands(studio, composer, lines)
        self.commands = self._commands(
            PlainJobs(studio, composer, lines), PlainScreens(studio, composer, lines)
        )
        self._open: Asked | None = None
        self._open_all: Callable[[], Awaitable[None]] | None = None
        """What the answer "all" to the open question does."""
        self._doubted = False
        """Whether the last thing said asks what is meant."""
        self._end: End = ""

    def _commands(self, jobs: PlainJobs, screens: PlainScreens) -> dict[str, Command]:
        """What each does, in the order of /help.

        The text `plain.command_…` begins with its name in that language.
        """
        composer, drafts, models = self._composer, self._drafts, self._models
        workflows = self._workflows
        return {
            "help": self._help, "kind": drafts.kind, "models": models.models,
            "model": models.model, "compare": models.compare, "fields": drafts.fields,
            "set": _shaped(composer.set), "inputs": _shaped(composer.feed),
            "count": _shaped(composer.count), "voices": drafts.voices,
            "lyrics": drafts.lyrics, "answer": drafts.answer,
            "cheaper": partial(drafts.neighbour, which="cheaper"),
            "better": partial(drafts.neighbour, which="better"),
            "elsewhere": partial(drafts.neighbour, which="elsewhere"),
            "send": self._send, "lines": drafts.lines, "new": drafts.new,
            "history": drafts.history, "templates": drafts.templates,
            "template": drafts.save_template, "untemplate": drafts.delete_template,
            "guides": drafts.guides,
            "workflow": workflows.open, "workflows": workflows.list, "step": workflows.step,
            "run": workflows.run, "assemble": workflows.assemble, "drop": workflows.drop,
            "project": drafts.project, "jobs": jobs.list, "job": jobs.show, "star": jobs.star,
            "tag": jobs.tag, "untag": partial(jobs.tag, remove=True), "again": jobs.again,
            "similar": jobs.similar, "instead": jobs.instead,
            "stop": partial(jobs.ask, what="stop"), "follow": partial(jobs.ask, what="follow"),
            "approve": partial(jobs.ask, what="follow"),
            "forget": partial(jobs.ask, what="forget"),
            "edit": partial(jobs.load, in_its_place=True), "duplicate": jobs.load,
            "fetch": jobs.fetch, "sooner": partial(jobs.reorder, where="sooner"),
            "later": partial(jobs.reorder, where="later"),
            "first": partial(jobs.reorder, where="first"),
            "results": jobs.results, "use": jobs.use, "open": jobs.open, "save": jobs.save,
            "discard": jobs.delete, "spending": screens.spending, "log": screens.log,
            "prefs": models.prefs, "prefer": models.prefer, "unprefer": models.unprefer,
            "once": models.once, "restore": partial(models.dropped, restore=True),
            "let_go": partial(models.dropped, restore=False),
            "undo": models.undo, "settings": screens.settings, "refresh": self._refresh,
            "key": self._key, "language": self._language, "quit": self._quit,
        }  # fmt: skip

    async def run(self) -> End:
        """Read and answer lines until the end of input or /quit."""
        self._tell(say("plain.welcome"))
        if not self._studio.connection.has_key and not self._studio.settings.profile:
            await self._key("")
        if self._end:
            return self._end
        with ExitStack() as at_end:
            at_end.callback(self._workflows.close)
            for part in (self._news, self._workflows):
                at_end.callback(self._studio.subscribe(part.hear))
            await self._studio.begin()
            await self._composer.reader.learn()
            self._tell(say("plain.fetching"))
            await self._studio.catalogue.refresh()
            await self._news.greet()
            self._tell(say("plain.how"))
            while not self._end:
                await self._turn()
        self._tell(say("plain.bye"))
        return self._end

    async def _turn(self) -> None:
        try:
            line = await self._lines.ask(self._open[0] if self._open else say("plain.prompt"))
            if line is None:
                self._end = "quit"
                return
            await self._hear(line)
        except KeyMissing:
            self._open = None
            await self._key("")
        except ImaError as error:
            self._open = None
            self._tell(explain(error))

    async def _hear(self, line: str) -> None:
        asked, self._open = self._open, None
        every, self._open_all = self._open_all, None
        doubted, self._doubted = self._doubted, False
        if line.startswith("/") or folded(line) in names("help") | names("quit"):
            await self._command(line.removeprefix("/"))
        elif asked is not None and folded(line) in YES:
            await asked[1]()
        elif every is not None and folded(line) in ALL:
            await every()
        elif folded(line) in YES and self._composer.text:
            await self._offer()  # no question was open: a yes is no prompt of its own
        elif folded(line) in YES:
            self._tell(say("plain.how"))
        elif folded(line) in NO:
            if asked is not None:
                self._tell(say("plain.left"))
        elif doubted and (taken := self._drafts.take_named(line)) is not None:
            await self._go_on(taken)
        elif asked is not None and whole(line) is not None:  # a number is no prompt
            self._tell(say("plain.yes_or_no"))
            self._open, self._open_all = asked, every
        else:
            self._composer.hear(one_line(line, len(line)))  # `order.place` refuses what is too long
            await self._offer()

    async def _command(self, line: str) -> None:
        written, _, rest = line.strip().partition(" ")
        name = next((one for one in self.commands if folded(written) in names(one)), None)
        if name is None:
            self._tell(say("plain.no_help", word=f"/{one_line(written, 40)}"))
            called = {name_of(one)[1:]: one for one in self.commands}
            near = nearest(written, list(called), 3, 0.4) if written else []
            self._tell(*(say(f"plain.command_{called[each]}") for each in near))
            return
        await self._go_on(await self.commands[name](rest.strip()))

    async def _go_on(self, then: Asked | Next | None) -> None:
        """Do what follows a command."""
        if then is Next.OFFER or (then is Next.SHAPED and self._composer.text):
            await self._offer()
        elif then is Next.SHAPED:
            self._tell(*self._composer.sentences())
        else:
            self._open = await self._workflows.open() if then is Next.PLAN else then

    # ------------------------------------------------------------------------------ composing

    async def _offer(self) -> None:
        """Show the settings and the price, and ask whether to send."""
        if self._composer.in_steps:
            await self._go_on(Next.PLAN)
            return
        if asked := self._models.only():
            self._open = asked
            return
        self._tell(*self._composer.sentences())
        doubt = self._composer.doubt()
        self._doubted = bool(doubt)
        if doubt:
            self._tell(joined(doubt, *self._composer.film()))
            if asks_for_input(self._composer.composer):
                self._lines.say_numbered(self._drafts.answers())
            if self._composer.is_unsure:
                self._open = (say("plain.ask_guess"), self._take_guess)
            return
        order = await self._composer.order()
        self._tell(*self._composer.input_notes)
        if (model := self._composer.composer.model) is not None:
            self._tell(say("plain.price", points=order.total, time=usual(model)))
        question = say("plain.ask_send", points=order.total, model=order.model_name)
        differing = [*filter(None, [self._models.beside()]), *self._composer.differing()]
        if several := await self._composer.several(order):
            total, n = sum(each.total for each in several), sum(each.n for each in several)
            differing.append(say("plain.several", n=n, jobs=len(several), points=total))
            self._open_all = partial(self._submit_all, several)
        self._open = (joined(*differing, question), partial(self._submit, order))

    async def _take_guess(self) -> None:
        """The task type that was guessed is right."""
        self._composer.turn_to(self._composer.composer.task_type)
        await self._offer()

    async def _submit(self, agreed: Order) -> None:
        """Send what was agreed to; where the price changed meanwhile, ask again."""
        self._composer.catch_up()
        order = await self._composer.order()
        if _agreed_to(order) != _agreed_to(agreed):
            self._tell(say("plain.price_changed"))
            await self._offer()
            return
        jobs, old = self._studio.jobs, self._composer.composer.replaces
        job = await (jobs.submit(order) if old is None else jobs.edit(old, order))
        self._composer.composer.replaces = None
        await self._begin_next()
        self.sent(job)
        if order.task_type.medium is Medium.VIDEO:
            self._tell(say("cli.video_takes_longer"))

    async def _submit_all(self, orders: Sequence[Order]) -> None:
        """Send several jobs for one prompt."""
        jobs = await self._studio.jobs.submit_all([("", order) for order in orders])
        await self._begin_next()
        self.sent(*jobs)

    async def _begin_next(self) -> None:
        await self._models.after_sending()
        if self._studio.settings.after_send != "keep":
            self._composer.sent()

    async def _send(self, _: str) -> Next:
        """Send the draft."""
        return Next.OFFER

    # ------------------------------------------------------------------------------- the rest

    async def _refresh(self, _: str) -> None:
        """Load the model lists again."""
        self._tell(say("plain.fetching"))
        await self._studio.catalogue.refresh()
        problems = [one.problem for one in self._studio.catalogue.lists.values() if one.problem]
        self._tell(explain(problems[0]) if problems else say("plain.fetched"))
        self._composer.catch_up()

    async def _key(self, _: str) -> None:
        """What a key is for, where it goes; then it, or the demo, or nothing yet."""
        file = str(key_file(self._studio.settings))
        self._tell(say("welcome.what", file=file), say("plain.key_where"), say("plain.key_how"))
        while True:
            written = await self._lines.ask(say("key.type"), hidden=True)
            if not written:
                self._end = "quit" if written is None else self._end
                return
            if folded(written) in ("demo", "d", say("plain.demo_word")):
                self._end = "demo"
                return
            way = await self._way_to_keep()
            try:
                await self._studio.connection.set_key(written, keep=way)
            except ImaError as error:
                self._tell(explain(error))
                continue
            self._tell(say(f"welcome.about_{way}"))
            return

    async def _way_to_keep(self) -> Keep:
        self._lines.say_numbered(say(f"welcome.keep_{way}") for way in WAYS)
        answer = await self._lines.ask(say("plain.keep_prompt"))
        return {"2": WAYS[1], "3": WAYS[2]}.get(answer or "", WAYS[0])

    async def _language(self, _: str) -> None:
        """Switch the language."""
        i18n.use("en" if i18n.language() == "zh" else "zh")
        self._tell(say("look.language_now"))
        self._tell(say("plain.how"))

    async def _help(self, rest: str) -> None:
        """List the commands, or those that have a word in their names or in what they do."""
        wanted = folded(rest.removeprefix("/"))
        named = [name for name in self.commands if wanted in names(name)]
        found = named or [name for name in self.commands if _mentions(name, wanted)]
        self._tell(*(say(f"plain.command_{name}") for name in found))
        if not found:
            self._tell(say("plain.no_help", word=one_line(rest, 40)))

    async def _quit(self, _: str) -> None:
        """End."""
        self._end = "quit"


def _shaped(change: Callable[[str], None]) -> Command:
    """Return the command that changes the draft, and then shows it."""

    async def command(rest: str) -> Next:
        change(rest)
        return Next.SHAPED

    return command


def _mentions(command: str, word: str) -> bool:
    return any(word in each for each in (*names(command), folded(say(f"plain.command_{command}"))))


def _agreed_to(order: Order) -> object:
    """What a yes was said to."""
    return order.total, order.model_id, order.version, order.parameters, order.n, order.prompt
