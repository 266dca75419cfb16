"""Plain mode: line by line, for screen readers and terminals that can't draw.

Nothing is redrawn or shown by position or colour; states are words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, partial
from importlib import import_module
from typing import Literal

from ima_tui import i18n
from ima_tui.api.connection import key_file
from ima_tui.catalogue import choice
from ima_tui.cli.plain.composer import model_line, usual
from ima_tui.cli.plain.handed_commands import HandedCommands
from ima_tui.cli.plain.line_io import LineIO
from ima_tui.cli.plain.screens import PlainScreens
from ima_tui.config.api_key import Keep
from ima_tui.core import labels
from ima_tui.core.domain import Medium, ModelVersion, Order, TaskType
from ima_tui.core.errors import ImaError, KeyMissing, UsageError
from ima_tui.core.text import folded, one_line, whole
from ima_tui.i18n import explain, joined, say
from ima_tui.studio.studio import Studio

YES = frozenset({"y", "yes", "是", "好", "嗯", "可以"})
NO = frozenset({"", "n", "no", "不", "不要", "否"})
WAYS: tuple[Keep, ...] = ("session", "keyring", "file")
COMMANDS = (
    "help", "kind", "models", "model", "fields", "set", "inputs", "count", "voices", "lyrics",
    "answer", "cheaper", "better", "elsewhere", "send", "lines", "new",
    "history", "templates", "template", "untemplate", "guides",
    "workflow", "workflows", "step", "run", "assemble", "drop",
    "project", "jobs", "job", "star", "tag", "untag", "again", "similar", "instead",
    "stop", "follow", "approve", "forget", "edit", "duplicate", "fetch", "sooner", "later", "first",
    "results", "use", "open", "save", "discard", "spending", "log",
    "prefs", "prefer", "unprefer", "restore", "let_go", "undo", "settings",
    "refresh", "key", "language", "quit",
)  # fmt: skip
"""Each is `/name` in English, and by the word of `plain.name_…` in the language in use."""

End = Literal["", "quit", "demo"]


async def talk_with(studio: Studio) -> End:
    """The whole session. `demo`: the person would rather try it without a key."""
    return await PlainMode(studio, LineIO()).run()


class PlainMode(HandedCommands):
    """Runs one line at a time. While a question is open, a yes answers it."""

    def __init__(self, studio: Studio, lines: LineIO) -> None:
        super().__init__(studio, lines)
        self._places = PlainScreens(studio, lines.say)
        self._listed: list[ModelVersion] = []
        self._open: Callable[[], Awaitable[None]] | None = None
        self._question = ""
        self._doubted = False
        """Whether the last thing said asks what is meant."""
        self._end: End = ""

    async def run(self) -> End:
        """Read and answer lines until the end of input or /quit."""
        say_line = self._lines.say
        say_line(say("plain.welcome"))
        if not self._studio.connection.has_key and not self._studio.settings.profile:
            await self.do_key("")
        if self._end:
            return self._end
        with self._jobs.told(), self._workflows.told():
            await self._studio.begin()
            say_line(say("plain.fetching"))
            await self._studio.catalogue.refresh()
            await self._jobs.greet()
            say_line(say("plain.how"))
            while not self._end:
                await self._turn()
        say_line(say("plain.bye"))
        return self._end

    async def _turn(self) -> None:
        try:
            line = await self._lines.ask(self._question or say("plain.prompt"))
            if line is None:
                self._end = "quit"
                return
            await self._hear(line)
        except ImaError as error:
            self._open, self._question = None, ""
            self._lines.say(explain(error))

    async def _hear(self, line: str) -> None:
        then, self._open, self._question = self._open, None, ""
        doubted, self._doubted = self._doubted, False
        if line.startswith("/") or folded(line) in _names("help") | _names("quit"):
            await self._command(line.removeprefix("/"))
        elif then is not None and folded(line) in YES:
            await then()
        elif folded(line) in YES and self._wish.text:
            await self._offer()  # no question was open: a yes is no prompt of its own
        elif folded(line) in YES:
            self._lines.say(say("plain.how"))
        elif folded(line) in NO:
            if then is not None:
                self._lines.say(say("plain.left"))
        elif doubted and (changed := await self._draft_commands.take_named(line)) is not None:
            if changed:
                await self._offer()
        else:
            self._wish.hear(one_line(line, len(line)))  # `order.place` refuses what is too long
            await self._offer()

    def _ask(self, question: str, then: Callable[[], Awaitable[None]]) -> None:
        self._question, self._open = question, then

    async def _command(self, line: str) -> None:
        written, _, rest = line.strip().partition(" ")
        name = next((one for one in COMMANDS if folded(written) in _names(one)), None)
        if name is None:
            self._lines.say(say("plain.unknown", name=one_line(written, 40)))
            return
        method: Callable[[str], Awaitable[None]] = getattr(self, f"do_{name}")
        await method(rest.strip())

    # ------------------------------------------------------------------------------ composing

    async def _offer(self) -> None:
        """Show the settings and the price, and ask whether to send."""
        if self._wish.in_steps:
            await self.do_workflow("")
            return
        for sentence in self._wish.sentences():
            self._lines.say(sentence)
        doubt = self._wish.doubt()
        self._doubted = bool(doubt)
        if doubt:
            self._lines.say(joined(doubt, *self._wish.film()))
            if self._wish.is_unsure:
                self._ask(say("plain.ask_guess"), self._take_guess)
            return
        order = await self._wish.order()
        for note in self._wish.input_notes:
            self._lines.say(note)
        model = self._wish.desk.model
        if model is not None:
            self._lines.say(say("plain.price", points=order.total, time=usual(model)))
        question = say("plain.ask_send", points=order.total, model=order.model_name)
        differing = self._wish.differing()
        self._ask(joined(*differing, question), partial(self._submit, order))

    async def _take_guess(self) -> None:
        """The kind that was guessed is right."""
        self._wish.turn_to(self._wish.desk.kind)
        await self._offer()

    async def _submit(self, agreed: Order) -> None:
        """Send what was agreed to; where the price changed meanwhile, ask again."""
        self._wish.catch_up()
        order = await self._wish.order()
        if _agreed_to(order) != _agreed_to(agreed):
            self._lines.say(say("plain.price_changed"))
            await self._offer()
            return
        old = self._wish.desk.replaces
        try:
            job = await (
                self._studio.jobs.submit(order)
                if old is None
                else self._studio.jobs.edit(old, order)
            )
        except KeyMissing:
            await self.do_key("")
            return
        self._wish.desk.replaces = None
        if self._studio.settings.after_send != "keep":
            self._wish.sent()
        self._lines.say(say("plain.sent", n=job.id, points=order.total))
        if order.task_type.medium is Medium.VIDEO:
            self._lines.say(say("cli.video_takes_longer"))

    async def do_send(self, _: str) -> None:
        """Send the draft."""
        await self._offer()

    async def do_kind(self, rest: str) -> None:
        """Choose a task type."""
        kinds = list(TaskType)
        names = [say(f"task.{kind}") for kind in kinds]
        wanted = folded(rest)
        found = [
            kind
            for number, (kind, name) in enumerate(zip(kinds, names, strict=True), 1)
            if wanted and (wanted == str(number) or wanted in folded(name) or wanted == kind.value)
        ]
        if not found:
            for number, name in enumerate(names, 1):
                self._lines.say(f"{number}. {name}")
            self._lines.say(say("plain.kind_how"))
            return
        self._wish.turn_to(found[0])
        await self._shaped()

    async def do_models(self, rest: str) -> None:
        """List the models."""
        words, kind = folded(rest).split(), self._wish.desk.kind
        offer = self._studio.catalogue
        here = [model for model in offer.models(kind) if _matches(model, words)]
        if not here:
            here = [
                model for one in TaskType for model in offer.models(one) if _matches(model, words)
            ]
        self._listed = here
        if not here:
            self._lines.say(say("models.none_match"))
            return
        for number, model in enumerate(here, 1):
            mine = self._studio.preferences.model_id(model.task_type) == model.model_id
            line = model_line(number, model, mine)
            self._lines.say(line if model.task_type is kind else f"{line} ({_kind(model)})")
        self._lines.say(say("plain.model_how"))

    async def do_model(self, rest: str) -> None:
        """Choose a model."""
        if not rest:
            await self.do_models("")
            return
        number = whole(rest)
        if number is not None and 0 < number <= len(self._listed):
            model = self._listed[number - 1]
        else:
            model = choice.pick(self._studio.catalogue.models(self._wish.desk.kind), rest)
        self._wish.take(model)
        await self._shaped()

    async def do_fields(self, _: str) -> None:
        """List the parameters."""
        for sentence in self._wish.fields():
            self._lines.say(sentence)
        self._lines.say(say("plain.set_how"))

    async def do_set(self, rest: str) -> None:
        """Set a parameter."""
        self._wish.set(rest)
        await self._shaped()

    async def do_inputs(self, rest: str) -> None:
        """Set the inputs."""
        self._wish.feed(_sources(rest))
        await self._shaped()

    async def do_count(self, rest: str) -> None:
        """Set how many results."""
        number = whole(rest)
        if number is None:
            raise UsageError("plain.count_how")
        self._wish.count(number)
        await self._shaped()

    async def _shaped(self) -> None:
        if self._wish.text:
            await self._offer()
        else:
            for sentence in self._wish.sentences():
                self._lines.say(sentence)

    # ----------------------------------------------------------------------------------- jobs

    async def do_project(self, rest: str) -> None:
        """With a name: choose it; with `-`: none."""
        if rest:
            self._wish.desk.project = "" if rest == "-" else labels.project(rest)
        now = self._wish.desk.project
        key = "plain.in_project" if now else "plain.in_no_project"
        self._lines.say(say(key, name=now))
        known = await self._studio.history.projects()
        if not rest and known:
            self._lines.say(say("plain.projects", names=", ".join(known[:20])))

    async def do_jobs(self, rest: str) -> None:
        """List jobs."""
        await self._jobs.list(rest)

    async def do_job(self, rest: str) -> None:
        """Show a job."""
        await self._jobs.show(rest)

    async def do_again(self, rest: str) -> None:
        """Make a job again."""
        question, then = await self._jobs.again(rest)
        self._ask(question, then)

    async def do_similar(self, rest: str) -> None:
        """Make more like a result."""
        question, then = await self._jobs.similar(rest)
        self._ask(question, then)

    async def do_star(self, rest: str) -> None:
        """Star a result."""
        await self._jobs.star(rest)

    async def do_tag(self, rest: str) -> None:
        """Tag a result."""
        await self._jobs.tag(rest)

    async def do_untag(self, rest: str) -> None:
        """Remove a tag."""
        await self._jobs.tag(rest, remove=True)

    async def do_stop(self, rest: str) -> None:
        """Stop following a job, or remove it from the queue."""
        question, then = await self._jobs.stop(rest)
        self._ask(question, then)

    async def do_follow(self, rest: str) -> None:
        """Follow a job."""
        question, then = await self._jobs.follow(rest)
        self._ask(question, then)

    async def do_forget(self, rest: str) -> None:
        """Remove a job from the list."""
        question, then = await self._jobs.forget(rest)
        self._ask(question, then)

    # -------------------------------------------------------------------- prompts and the rest

    async def do_results(self, _: str) -> None:
        """List results."""
        await self._places.results()

    async def do_log(self, rest: str) -> None:
        """Show the log."""
        await self._places.log(rest)

    async def do_settings(self, rest: str) -> None:
        """Show or change settings."""
        await self._places.settings(rest)

    async def do_prefs(self, rest: str) -> None:
        """List preferred models."""
        preferences, user = self._studio.preferences, rest or None
        if preferences.preferences.trouble is not None:
            self._lines.say(explain(preferences.preferences.trouble))
        for kind in TaskType:
            wanted = preferences.model_id(kind, user)
            models = self._studio.catalogue.models(kind)
            model = next((one for one in models if one.model_id == wanted), None)
            gone = f"{wanted}, {say('prefs.gone')}" if models else wanted
            name = (model.name if model else gone) if wanted else say("plain.none")
            self._lines.say(f"{say(f'task.{kind}')}: {name}")
        self._lines.say(say("plain.prefer_how"))

    async def do_prefer(self, rest: str) -> None:
        """Set this model as preferred."""
        if rest:
            await self.do_model(rest)
        model = self._wish.desk.model
        if model is None:
            raise UsageError("error.no_models")
        self._remember(model.task_type)
        if not await self._studio.preferences.prefer(model.task_type, model):
            raise UsageError("models.not_stored")
        self._lines.say(say("prefs.kept", kind=_kind(model), model=model.name))

    async def do_unprefer(self, _: str) -> None:
        """Clear the preferred model."""
        kind = self._wish.desk.kind
        self._remember(kind)
        if not await self._studio.preferences.unprefer(kind):
            raise UsageError("models.not_stored")
        self._lines.say(say("prefs.cleared_for_good", kind=say(f"task.{kind}")))

    async def do_refresh(self, _: str) -> None:
        """Load the model lists again."""
        self._lines.say(say("plain.fetching"))
        await self._studio.catalogue.refresh()
        problems = [one.problem for one in self._studio.catalogue.lists.values() if one.problem]
        self._lines.say(explain(problems[0]) if problems else say("plain.fetched"))
        self._wish.catch_up()

    async def do_key(self, _: str) -> None:
        """What a key is for, where it goes; then it, or the demo, or nothing yet."""
        for key in ("welcome.what", "plain.key_where", "plain.key_how"):
            self._lines.say(say(key, file=str(key_file(self._studio.settings))))
        while True:
            written = await self._lines.ask(say("plain.key_prompt"), hidden=True)
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
                self._lines.say(explain(error))
                continue
            self._lines.say(say(f"welcome.about_{way}"))
            return

    async def _way_to_keep(self) -> Keep:
        for number, way in enumerate(WAYS, 1):
            self._lines.say(f"{number}. {say(f'welcome.keep_{way}')}")
        answer = await self._lines.ask(say("plain.keep_prompt"))
        return {"2": WAYS[1], "3": WAYS[2]}.get(answer or "", WAYS[0])

    async def do_language(self, _: str) -> None:
        """Switch the language."""
        i18n.use("en" if i18n.language() == "zh" else "zh")
        self._lines.say(say("look.language_now"))
        self._lines.say(say("plain.how"))

    async def do_help(self, _: str) -> None:
        """List the commands."""
        for name in COMMANDS:
            self._lines.say(f"/{say(f'plain.name_{name}')}: {say(f'plain.about_{name}')}")

    async def do_quit(self, _: str) -> None:
        """End."""
        self._end = "quit"


@cache
def _names(command: str) -> frozenset[str]:
    """In every language, whichever is in use, and as earlier versions called it."""
    texts = (import_module(f"ima_tui.i18n.{language}.plain").TEXTS for language in ("en", "zh"))
    said = (folded(one[f"plain.name_{command}"]) for one in texts)
    return frozenset((command, *said))


def _agreed_to(order: Order) -> object:
    """What a yes was said to."""
    return order.total, order.model_id, order.version, order.parameters, order.n, order.prompt


def _kind(model: ModelVersion) -> str:
    return say(f"task.{model.task_type}")


def _matches(model: ModelVersion, words: list[str]) -> bool:
    return all(word in choice.search_terms(model) for word in words)


def _sources(written: str) -> tuple[str, ...]:
    """Paths and links, quoted where they hold blanks."""
    import shlex

    try:
        return tuple(shlex.split(written))
    except ValueError:
        return tuple(written.split())
