"""Commands of plain mode about the draft: suggestions, neighbours of its price, lyrics, voices,
earlier prompts, templates and guides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ima_tui.catalogue import form
from ima_tui.catalogue.voices import voice_of, voices
from ima_tui.cli.plain.composer import PlainComposer
from ima_tui.cli.plain.jobs import Say
from ima_tui.compose import draft, parameter_names, suggestions
from ima_tui.compose.draft_store import LONGEST_NAME, SavedDraft, Templates, usual_name
from ima_tui.compose.song_text import with_lyrics
from ima_tui.compose.suggestions import Suggestion
from ima_tui.core.domain import Medium, Option, Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, one_line, whole
from ima_tui.i18n import say
from ima_tui.studio.studio import Studio

MOST = 20
NEIGHBOURS = ("cheaper", "better", "elsewhere")


_MEDIA = {
    **dict.fromkeys(
        ("image", "an image", "picture", "a picture", "图", "图片", "图像"), Medium.IMAGE
    ),
    **dict.fromkeys(("video", "a video", "视频", "影片", "視頻"), Medium.VIDEO),
    **dict.fromkeys(("music", "song", "a song", "音乐", "歌", "歌曲", "音樂"), Medium.MUSIC),
    **dict.fromkeys(("speech", "voice", "语音", "配音", "朗读", "語音"), Medium.SPEECH),
}
"""Answers to "what should I make?" in a word, in both languages."""


class PlainDraftCommands:
    """Each changes the composer, or says something about it. Raises `UsageError`."""

    def __init__(
        self,
        studio: Studio,
        composer: PlainComposer,
        tell: Say,
        plan: Callable[[], Awaitable[None]],
    ) -> None:
        self._studio = studio
        self._plan = plan
        self._composer = composer
        self._tell = tell
        self._earlier: list[Order] = []
        self._templates = Templates(studio.settings.data / "templates", studio.settings.for_writing)

    # ------------------------------------------------------------------------------ suggestions

    def _suggested(self) -> list[Suggestion]:
        lists = {kind: self._studio.catalogue.models(kind) for kind in TaskType}
        asked = suggestions.askings(self._composer.desk, lists, self._composer.text)
        return [one for asking in asked for one in asking.answers]

    async def answer(self, rest: str) -> bool:
        """Take the suggestion with that number; without one, list them. Return whether the draft
        changed."""
        found, number = self._suggested(), whole(rest)
        if number is not None and 0 < number <= len(found):
            return await self._take(found[number - 1])
        for place, one in enumerate(found, 1):
            points = say("compose.answer_points", points=one.points) if one.points else ""
            self._tell(f"{place}. {say(one.key, **one.values)}{points}")
        self._tell(say("plain.answer_how" if found else "plain.no_answers"))
        return False

    async def take_named(self, line: str) -> bool | None:
        """Take the suggestion that a whole line names, by number, words or medium.

        Return whether the draft changed, None where the line names none.
        """
        found, wanted = self._suggested(), folded(line)
        medium, number = _MEDIA.get(wanted), whole(line)
        if self._composer.assumed and medium is not None:
            attached = len(self._composer.desk.attached)
            self._composer.turn_to(suggestions.kind_for(medium, attached))
            return True
        for place, one in enumerate(found, 1):
            named = wanted == folded(say(one.key, **one.values)) or number == place
            if named or (one.kind is not None and one.kind.medium is medium):
                return await self._take(one)
        return None

    async def _take(self, one: Suggestion) -> bool:
        """Do what a suggestion says; return whether the draft changed."""
        if one.plans:
            await self._plan()
            return False
        suggestions.take(self._composer.desk, one, self._studio.catalogue.suggested)
        self._composer.read_again()
        return True

    async def neighbour(self, which: str) -> None:
        """Take the cheaper or better setting, or the cheaper model."""
        desk = self._composer.desk
        offer = desk.offer(self._studio.catalogue.models(desk.kind))
        if which == "elsewhere":
            if offer.elsewhere is None:
                raise UsageError("plain.no_neighbour")
            self._composer.take(offer.elsewhere.model)
            return
        near = offer.cheaper if which == "cheaper" else offer.better
        if near is None:
            raise UsageError("plain.no_neighbour")
        desk.set(near.name, near.value)
        desk.pin(near.name)

    # ------------------------------------------------------------------------- voices and lyrics

    async def voices(self, rest: str) -> bool:
        """List the voices of the model, or take one by its number, name or id. Return whether the
        draft changed."""
        model = self._composer.desk.model
        fields = form.user_fields(model) if model is not None else ()
        field = next((one for one in fields if parameter_names.is_voice(one)), None)
        if field is None:
            raise UsageError("plain.no_voices")
        known = list(voices(field))
        if not known:
            jobs = await self._studio.jobs.recent()
            used = (dict(job.order.parameters).get(field.name) for job in jobs)
            known = [
                voice_of(Option(one, one)) for one in dict.fromkeys(map(str, filter(None, used)))
            ]
        if rest:
            at = whole(rest)
            named = (one for one in known if folded(one.name) == folded(rest))
            voice = known[at - 1] if at and at <= len(known) else next(named, None)
            value = rest if voice is None else str(voice.value)
            self._composer.set(f"{field.name}={value}")
            return True
        for place, one in enumerate(known, 1):
            told = [say(f"voice.language_{one.language}")] if one.language else []
            told += [say(f"voice.sex_{one.sex}")] if one.sex else []
            told += [one.sample] if one.sample else []
            self._tell(f"{place}. {one.name}" + (f": {', '.join(told)}" if told else ""))
        self._tell(say("plain.voices_how" if known else "plain.voices_none"))
        return False

    def lyrics(self, text: str) -> None:
        """Put lyrics, a line each, behind what the prompt says of the song."""
        self._composer.hear(with_lyrics(self._composer.text, text))

    # -------------------------------------------------------------------------- earlier prompts

    async def history(self, rest: str) -> bool:
        """List earlier prompts, or use the one with that number. Return whether one was taken."""
        number = whole(rest)
        if number is not None and 0 < number <= len(self._earlier):
            self._composer.recall(self._earlier[number - 1])
            return True
        orders: dict[str, Order] = {}
        for job in await self._studio.jobs.recent():
            orders.setdefault(job.order.prompt, job.order)
        self._earlier = list(orders.values())[:MOST]
        if not self._earlier:
            raise UsageError("compose.no_history")
        for place, order in enumerate(self._earlier, 1):
            self._tell(f"{place}. {one_line(order.prompt, 120)}")
        self._tell(say("plain.history_how"))
        return False

    async def templates(self, rest: str) -> bool:
        """List the templates, or use one by number or name. Return whether one was taken."""
        known = await asyncio.to_thread(self._templates.all)
        number = whole(rest)
        found = known[number - 1] if number and number <= len(known) else None
        found = found or next((one for one in known if folded(one.name) == folded(rest)), None)
        if rest and found is None:
            raise UsageError("plain.no_template", name=one_line(rest, 60))
        if found is not None:
            self._composer.hear(found.text)
            if found.kind is not None:
                self._composer.turn_to(found.kind)
            return True
        for place, one in enumerate(known, 1):
            self._tell(f"{place}. {one.name}: {one_line(one.text, 100)}")
        self._tell(say("plain.templates_how" if known else "plain.no_templates"))
        return False

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
        knowledge, decision = self._studio.guides, self._composer.desk.decision
        await asyncio.to_thread(knowledge.load)
        near = knowledge.documents(self._composer.text, decision) if decision is not None else ()
        every = (*near, *(one for one in knowledge.all if one not in near))
        if not every:
            raise UsageError("plain.no_guides")
        number = whole(rest)
        if number is not None and 0 < number <= len(every):
            self._tell(every[number - 1].text)
            return
        for place, one in enumerate(every, 1):
            self._tell(f"{place}. {one.title}")
        self._tell(say("plain.guides_how"))

    # ----------------------------------------------------------------------------- one per line

    async def each(self, lines: list[str]) -> list[Order]:
        """Return an order for each of several prompts. Raises `UsageError` for the first that can't
        be sent as it is."""
        orders: list[Order] = []
        for number, line in enumerate(lines, 1):
            one = PlainComposer(self._studio)
            one.hear(line)
            if doubt := one.doubt():
                raise UsageError("plain.line_unclear", n=number, why=doubt)
            try:
                orders.append(await one.order())
            except UsageError as error:
                why = say(error.key, **draft.spoken(one.desk.model, error))
                raise UsageError("plain.line_unclear", n=number, why=why) from error
        return orders
