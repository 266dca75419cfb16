"""Commands of plain mode about the draft: parameters, suggestions, templates, guides."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter

from ima_tui.catalogue import form
from ima_tui.catalogue.names import Voice, voices, voices_used
from ima_tui.cli.plain.composer import PlainCommands, PlainComposer, fields
from ima_tui.cli.plain.line_io import Asked, LineIO, Next, name_of, numbered
from ima_tui.compose import apply_intent, draft, parameter_names, suggestions
from ima_tui.compose.draft_store import LONGEST_NAME, SavedDraft, Templates, usual_name
from ima_tui.compose.prices import price_of
from ima_tui.compose.prompt_text import with_lyrics
from ima_tui.compose.suggestions import Suggestion
from ima_tui.core import labels
from ima_tui.core.domain import Medium, Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line
from ima_tui.i18n import listed, say
from ima_tui.studio.studio import Studio

MOST = 20


_MEDIA = {
    **dict.fromkeys(
        ("image", "an image", "picture", "a picture", "图", "图片", "图像"), Medium.IMAGE
    ),
    **dict.fromkeys(("video", "a video", "视频", "影片", "視頻"), Medium.VIDEO),
    **dict.fromkeys(("music", "song", "a song", "音乐", "歌", "歌曲", "音樂"), Medium.MUSIC),
    **dict.fromkeys(("speech", "voice", "语音", "配音", "朗读", "語音"), Medium.SPEECH),
}
"""Answers to "what should I make?" in a word, in both languages."""


class PlainDraftCommands(PlainCommands):
    """Each changes the composer, or says something about it."""

    def __init__(self, studio: Studio, composer: PlainComposer, lines: LineIO) -> None:
        super().__init__(studio, composer, lines)
        self._earlier: list[Order] = []
        self._templates = Templates(studio.settings.data / "templates", studio.settings.for_writing)

    # ------------------------------------------------------------------------ what is composed

    async def kind(self, rest: str) -> Next | None:
        """Choose a task type."""
        kinds = {task_type: say(f"task.{task_type}") for task_type in TaskType}
        written = (
            (task_type, f"{task_type} {folded(name)}") for task_type, name in kinds.items() if rest
        )
        named = (task_type for task_type, words in written if folded(rest) in words)
        found = numbered(list(kinds), rest) or next(named, None)
        if found is None:
            self._lines.choose(name_of("kind"), kinds.values())
            return None
        self._composer.turn_to(found)
        return Next.SHAPED

    async def fields(self, _: str) -> None:
        """List the parameters."""
        self._tell(*fields(self._composer.composer), say("plain.command_set"))

    async def new(self, _: str) -> None:
        """Begin a new prompt."""
        self._composer.begin_anew()
        self._tell(say("plain.how"))

    async def project(self, rest: str) -> None:
        """With a name: choose it; with `-`: none."""
        if rest:
            self._composer.composer.project = "" if rest == "-" else labels.project(rest)
        now = self._composer.composer.project
        key = "plain.in_project" if now else "plain.in_no_project"
        self._tell(say(key, name=now))
        known = await self._studio.history.projects()
        if not rest and known:
            self._tell(say("plain.projects", names=listed(known[:20])))

    # ------------------------------------------------------------------------------ suggestions

    def _suggested(self) -> list[Suggestion]:
        lists = self._studio.catalogue.all_models()
        asked = suggestions.askings(self._composer.composer, lists, self._composer.text)
        return [one for asking in asked for one in asking.answers if not one.wants_input]

    async def answer(self, rest: str) -> Next | None:
        """Take the suggestion with that number; without one, list them."""
        found = self._suggested()
        if (one := numbered(found, rest)) is not None:
            return self._take(one)
        self._lines.choose(name_of("answer"), self.answers(), "plain.no_answers")
        return None

    def answers(self) -> Iterator[str]:
        """The suggestions, each with its price."""
        for one in self._suggested():
            points = say("compose.answer_points", points=one.points) if one.points else ""
            yield say(one.key, **one.values) + points

    def take_named(self, line: str) -> Next | None:
        """Take the suggestion that a whole line names, by number, words or medium.

        Return what follows, or None where the line names none.
        """
        found, wanted = self._suggested(), folded(line)
        medium, chosen = _MEDIA.get(wanted), numbered(found, line)
        if self._composer.assumed and medium is not None:
            attached = len(self._composer.composer.attached)
            self._composer.turn_to(apply_intent.plainest(medium, attached))
            return Next.OFFER
        for one in found:
            named = wanted == folded(say(one.key, **one.values)) or one is chosen
            if named or (one.task_type is not None and one.task_type.medium is medium):
                return self._take(one)
        return None

    def _take(self, one: Suggestion) -> Next:
        if one.plans:
            return Next.PLAN
        suggestions.take(self._composer.composer, one, self._studio.catalogue.suggested)
        self._composer.read_again()
        return Next.SHAPED

    async def neighbour(self, _: str, which: str) -> Next:
        """Take the cheaper or better setting, or the cheaper model."""
        composer = self._composer.composer
        draft_price = price_of(composer, self._studio.catalogue.models(composer.task_type))
        if which == "elsewhere" and draft_price.elsewhere is not None:
            self._composer.take(draft_price.elsewhere.model)
            return Next.SHAPED
        near = {"cheaper": draft_price.cheaper, "better": draft_price.better}.get(which)
        if near is None:
            raise UsageError("plain.no_neighbour")
        composer.set(near.name, near.value)
        composer.pins.hold(near.name)
        return Next.SHAPED

    # ------------------------------------------------------------------------- voices and lyrics

    async def voices(self, rest: str) -> Next | None:
        """List the voices of the model, or take one by its number, name or id."""
        model = self._composer.composer.model
        fields = form.user_fields(model) if model is not None else ()
        field = next((one for one in fields if parameter_names.is_voice(one)), None)
        if field is None:
            raise UsageError("plain.no_voices")
        known = list(voices(field))
        if not known:  # a list that takes any id names none
            known = voices_used(await self._studio.jobs.recent(), field.name)
        if rest:
            voice = numbered(known, rest, attrgetter("name"))
            value = rest if voice is None else str(voice.value)
            self._composer.set(f"{field.name}={value}")
            return Next.SHAPED
        self._lines.choose(name_of("voices"), map(_voice, known), "plain.voices_none")
        return None

    async def lyrics(self, rest: str) -> Next | None:
        """Put lyrics, a line each, behind what the prompt says of the song."""
        text = rest or "\n".join(await self._lines.ask_lines(say("plain.ask_lyrics")))
        if not text.strip():
            return None
        self._composer.hear(with_lyrics(self._composer.text, text))
        return Next.OFFER

    # -------------------------------------------------------------------------- earlier prompts

    async def history(self, rest: str) -> Next | None:
        """List earlier prompts, or use the one with that number."""
        if (order := numbered(self._earlier, rest)) is not None:
            self._composer.recall(order)
            return Next.OFFER
        orders: dict[str, Order] = {}
        for job in await self._studio.jobs.recent():
            orders.setdefault(job.order.prompt, job.order)
        self._earlier = list(orders.values())[:MOST]
        if not self._earlier:
            raise UsageError("compose.no_history")
        prompts = (one_line(order.prompt, 120) for order in self._earlier)
        self._lines.choose(name_of("history"), prompts)
        return None

    async def templates(self, rest: str) -> Next | None:
        """List the templates, or use one by number or name."""
        known = await asyncio.to_thread(self._templates.all)
        found = numbered(known, rest, attrgetter("name"))
        if rest and found is None:
            raise UsageError("plain.no_template", name=one_line(rest, 60))
        if found is not None:
            self._composer.hear(found.text)
            if found.task_type is not None:
                self._composer.turn_to(found.task_type)
            return Next.OFFER
        told = (f"{one.name}: {one_line(one.text, 100)}" for one in known)
        self._lines.choose(name_of("templates"), told, "plain.no_templates")
        return None

    async def save_template(self, rest: str) -> None:
        """Keep the prompt as a template of that name, or of its first words."""
        text = self._composer.text or self._composer.last
        name = one_line(rest, LONGEST_NAME) or usual_name(text)
        if not text or not name:
            raise UsageError("compose.template_empty")
        kept = SavedDraft(text, at=self._studio.clock.time(), name=name)
        await asyncio.to_thread(self._templates.save, replace(kept, label=""))
        self._tell(say("plain.template_saved", name=name))

    async def delete_template(self, rest: str) -> None:
        """Delete a template by its name."""
        known = await asyncio.to_thread(self._templates.all)
        found = next((one for one in known if folded(one.name) == folded(rest)), None)
        if found is None:
            raise UsageError("plain.no_template", name=one_line(rest, 60))
        await asyncio.to_thread(self._templates.delete, found.name)
        self._tell(say("plain.did"))

    # ------------------------------------------------------------------------------------ guides

    async def guides(self, rest: str) -> None:
        """List the guides, those for the prompt first, or read one by its number."""
        knowledge, intent = self._studio.guides, self._composer.composer.intent
        await asyncio.to_thread(knowledge.load)
        near = knowledge.documents(self._composer.text, intent) if intent is not None else ()
        every = (*near, *(one for one in knowledge.all if one not in near))
        if (guide := numbered(every, rest)) is not None:
            self._tell(guide.text)
            return
        self._lines.choose(name_of("guides"), (one.title for one in every), "plain.no_guides")

    # ----------------------------------------------------------------------------- one per line

    async def lines(self, _: str) -> Asked | None:
        """Several prompts, one per line, priced together and sent after one question."""
        lines = await self._lines.ask_lines(say("plain.ask_lines"))
        if not lines:
            return None
        orders = await self._each(lines)
        points = sum(order.total for order in orders)

        async def then() -> None:
            self.sent(*await self._studio.jobs.submit_all([("", order) for order in orders]))

        return say("plain.ask_lines_send", n=len(orders), points=points), then

    async def _each(self, lines: list[str]) -> list[Order]:
        """Return an order for each of several prompts. Raises `UsageError` for the first that can't
        be sent as it is."""
        orders: list[Order] = []
        for number, line in enumerate(lines, 1):
            one = PlainComposer(self._studio, self._composer.reader)
            one.composer.project = self._composer.composer.project
            one.hear(line)
            if doubt := one.doubt():
                raise UsageError("plain.line_unclear", n=number, why=doubt)
            try:
                orders.append(order := await one.order())
            except UsageError as error:
                why = say(error.key, **draft.spoken(one.composer.model, error))
                raise UsageError("plain.line_unclear", n=number, why=why) from error
            facts = {"model": order.model_name, "prompt": order.prompt}
            told = say("plain.line", n=number, points=order.total, **facts)
            self._tell(told, *one.differing())
        return orders


def _voice(one: Voice) -> str:
    told = [say(f"voice.language_{one.language}")] if one.language else []
    told += [say(f"voice.sex_{one.sex}")] if one.sex else []
    told += [one.sample] if one.sample else []
    return one.name + (f": {', '.join(told)}" if told else "")
