"""Commands of plain mode about models: list, choose and compare them, and preferred ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ima_tui.catalogue import choice, form
from ima_tui.cli.commands.models import matching
from ima_tui.cli.plain.composer import PlainComposer, model_line, spoken, usual
from ima_tui.cli.plain.line_io import Asked, Next, Say, numbered
from ima_tui.compose import parameter_names, preference_prompts
from ima_tui.compose.preference_prompts import PreferencePrompts, PreferenceSwitch
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import points_range, whole
from ima_tui.i18n import explain, say
from ima_tui.intent.kinds import RequestKind
from ima_tui.preferences.policy import PreferenceChange
from ima_tui.studio.studio import Studio

MOST = 6
"""Models that are compared at once."""


class PlainModelCommands:
    """Models by their numbers in the list shown last, and preferred ones. Raises `UsageError`."""

    def __init__(self, studio: Studio, composer: PlainComposer, tell: Say) -> None:
        self._studio = studio
        self._composer = composer
        self._tell = tell
        self._listed: list[ModelVersion] = []
        self._undo: list[tuple[TaskType, str]] = []
        """Preferred models as they were before each change that was made here."""
        self._prompts = PreferencePrompts(studio.preferences, studio.catalogue.all_models)

    async def models(self, rest: str) -> None:
        """List the models."""
        kind = self._composer.composer.kind
        here = matching(self._studio, [kind], rest) or matching(self._studio, [*TaskType], rest)
        self._listed = here
        if not here:
            self._tell(say("models.none_match"))
            return
        for number, model in enumerate(here, 1):
            mine = self._studio.preferences.model_id(model.task_type) == model.model_id
            line = model_line(number, model, mine)
            other = "" if model.task_type is kind else f" ({say(f'task.{model.task_type}')})"
            self._tell(line + other)
        self._tell(say("plain.model_how"))

    async def model(self, rest: str) -> Next | None:
        """Choose a model."""
        if not rest:
            await self.models("")
            return None
        self._composer.take(self._named(rest))
        return Next.SHAPED

    async def compare(self, rest: str) -> None:
        """Compare models by their numbers in the list, or their names."""
        parts = [part.strip() for part in re.split(r"[,，、]", rest) if part.strip()]
        if len(parts) == 1 and all(whole(word) for word in parts[0].split()):
            parts = parts[0].split()
        if not 1 < len(parts) <= MOST:
            raise UsageError("plain.compare_how")
        for sentence in sentences([self._named(part) for part in parts]):
            self._tell(sentence)

    def _named(self, written: str) -> ModelVersion:
        """A model by its number in the list, or its name. Raises `UsageError`."""
        listed = numbered(self._listed, written)
        if listed is not None:
            return listed
        return choice.pick(self._studio.catalogue.models(self._composer.composer.kind), written)

    # ------------------------------------------------------------------------ what a prompt says

    def only(self) -> Asked | None:
        """The question where a prompt is about preferences and nothing is to be made. Raises
        `UsageError` where nothing would change."""
        intent = self._composer.composer.intent
        if intent is None or intent.kind is not RequestKind.PREFERENCE:
            return None

        words = self._prompts.meant(intent, "plain")
        if words == say("compose.nothing_to_remember"):
            raise UsageError("compose.nothing_to_remember")

        async def then() -> None:
            self._tell(await self._prompts.alone(intent))
            self._composer.sent()

        return words, then

    def _switch(self) -> PreferenceSwitch | None:
        composer = self._composer.composer
        return preference_prompts.switch(composer, self._studio.preferences.model_id(composer.kind))

    def beside(self) -> str:
        """What sending the draft changes, "" for nothing."""
        turn, composer = self._switch(), self._composer.composer
        if turn is None or not turn.on or composer.model is None:
            return ""
        forgets = turn.proposal.change is PreferenceChange.FORGET
        key = "plain.also_forget" if forgets else "plain.also_remember"
        return say(key, model=composer.model.name, kind=say(f"task.{composer.kind}"))

    async def after_sending(self) -> None:
        """Change what was told before sending."""
        for words in await self._prompts.after_sending(self._composer.composer, self._switch()):
            self._tell(words)

    async def once(self, _: str) -> Next:
        """Use the model this time only."""
        self._composer.composer.remember = False
        return Next.SHAPED

    # -------------------------------------------------------------------------------- commands

    async def prefs(self, rest: str) -> None:
        """List preferred models."""
        preferences, user = self._studio.preferences, rest or None
        if preferences.preferences.trouble is not None:
            self._tell(explain(preferences.preferences.trouble))
        for kind in TaskType:
            wanted = preferences.model_id(kind, user)
            models = self._studio.catalogue.models(kind)
            model = next((one for one in models if one.model_id == wanted), None)
            gone = f"{wanted}, {say('prefs.gone')}" if models else wanted
            name = (model.name if model else gone) if wanted else say("plain.none")
            self._tell(f"{say(f'task.{kind}')}: {name}")
        self._tell(say("plain.prefer_how"))

    async def prefer(self, rest: str) -> Next | None:
        """Set this model, or the one that is named, as preferred."""
        shaped = await self.model(rest) if rest else None
        model = self._composer.composer.model
        if model is None:
            raise UsageError("error.no_models")
        self._remember(model.task_type)
        if not await self._studio.preferences.prefer(model.task_type, model):
            raise UsageError("models.not_stored")
        kind = say(f"task.{model.task_type}")
        self._tell(say("prefs.kept", kind=kind, model=model.name))
        return shaped

    async def unprefer(self, _: str) -> None:
        """Clear the preferred model."""
        kind = self._composer.composer.kind
        self._remember(kind)
        if not await self._studio.preferences.unprefer(kind):
            raise UsageError("models.not_stored")
        self._tell(say("prefs.cleared_for_good", kind=say(f"task.{kind}")))

    def _remember(self, kind: TaskType) -> None:
        self._undo.append((kind, self._studio.preferences.model_id(kind)))

    async def undo(self, _: str) -> None:
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
        self._tell(say("plain.did"))

    async def dropped(self, _: str, *, restore: bool) -> None:
        """Restore preferences that another program removed, or discard them."""
        preferences = self._studio.preferences
        dropped = preferences.dropped()
        if not dropped:
            raise UsageError("plain.nothing_dropped")
        await (preferences.bring_back if restore else preferences.let_go)(dropped)
        self._tell(say("plain.did"))


def sentences(models: Sequence[ModelVersion]) -> Iterator[str]:
    """Compare models, a property a line.

    Price and usual time come first, then each parameter with options that one of them has.
    """
    yield _line(
        say("plain.compare_points"),
        models,
        [spoken(points_range(*model.points)) for model in models],
    )
    yield _line(say("plain.compare_time"), models, [usual(model) for model in models])
    options = [_options(model) for model in models]
    names = dict.fromkeys(name for one in options for name in one)
    for name in names:
        yield _line(name, models, [one.get(name, "") for one in options])


def _line(title: str, models: Sequence[ModelVersion], values: Sequence[str]) -> str:
    """`Duration. Kling O1: 5, 10. Wan 2.6: 5, 10, 15.`; where all are alike, the value once."""
    if len(set(values)) == 1:
        return say("plain.compare_same", name=title, value=values[0])
    told = (
        say("plain.compare_one", model=model.name, value=value or say("plain.compare_none"))
        for model, value in zip(models, values, strict=True)
    )
    return say("plain.compare_line", name=title, values=say("plain.compare_between").join(told))


def _options(model: ModelVersion) -> dict[str, str]:
    """The values of each parameter that has some, by what people call it."""
    parts = (part for field in form.user_fields(model) for part in parameter_names.apart(field))
    return {
        parameter_names.label(field) if field.label == field.name else field.label: say(
            "compose.list_comma"
        ).join(parameter_names.option(field, option) for option in field.options)
        for field in parts
        if field.options
    }
