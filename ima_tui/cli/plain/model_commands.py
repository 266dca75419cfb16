"""Commands of plain mode about models: list, choose and compare them, and preferred ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ima_tui.catalogue import choice, form
from ima_tui.cli.commands.models import matching
from ima_tui.cli.plain.composer import PlainCommands, PlainComposer, model_line, spoken, usual
from ima_tui.cli.plain.line_io import Asked, LineIO, Next, name_of, numbered
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


class PlainModelCommands(PlainCommands):
    """Models by their numbers in the list shown last, and preferred ones."""

    def __init__(self, studio: Studio, composer: PlainComposer, lines: LineIO) -> None:
        super().__init__(studio, composer, lines)
        self._listed: list[ModelVersion] = []
        self._undo: list[tuple[TaskType, str]] = []
        """Preferred models as they were before each change that was made here."""
        self._prompts = PreferencePrompts(studio.preferences, studio.catalogue.all_models)

    async def models(self, rest: str) -> None:
        """List the models."""
        task_type = self._composer.composer.task_type
        here = matching(self._studio, [task_type], rest) or matching(
            self._studio, [*TaskType], rest
        )
        self._listed = here
        self._lines.choose(name_of("model"), map(self._line, here), "models.none_match")

    def _line(self, model: ModelVersion) -> str:
        mine = self._studio.preferences.model_id(model.task_type) == model.model_id
        is_other = model.task_type is not self._composer.composer.task_type
        other = f" ({say(f'task.{model.task_type}')})" if is_other else ""
        return model_line(model, mine) + other

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
            raise UsageError("plain.command_compare")
        self._tell(*sentences([self._named(part) for part in parts]))

    def _named(self, written: str) -> ModelVersion:
        """A model by its number in the list, or its name. Raises `UsageError`."""
        listed = numbered(self._listed, written)
        if listed is not None:
            return listed
        return choice.pick(
            self._studio.catalogue.models(self._composer.composer.task_type), written
        )

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
        return preference_prompts.switch(
            composer, self._studio.preferences.model_id(composer.task_type)
        )

    def beside(self) -> str:
        """What sending the draft changes, "" for nothing."""
        turn, composer = self._switch(), self._composer.composer
        if turn is None or not turn.on or composer.model is None:
            return ""
        forgets = turn.proposal.change is PreferenceChange.FORGET
        key = "plain.also_forget" if forgets else "plain.also_remember"
        return say(key, model=composer.model.name, kind=say(f"task.{composer.task_type}"))

    async def after_sending(self) -> None:
        """Change what was told before sending."""
        self._tell(*await self._prompts.after_sending(self._composer.composer, self._switch()))

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
        for task_type in TaskType:
            wanted = preferences.model_id(task_type, user)
            models = self._studio.catalogue.models(task_type)
            model = next((one for one in models if one.model_id == wanted), None)
            gone = f"{wanted}, {say('prefs.gone')}" if models else wanted
            name = (model.name if model else gone) if wanted else say("plain.none")
            self._tell(f"{say(f'task.{task_type}')}: {name}")
        self._tell(say("plain.command_prefer"), say("plain.command_unprefer"))

    async def prefer(self, rest: str) -> Next | None:
        """Set this model, or the one that is named, as preferred."""
        shaped = await self.model(rest) if rest else None
        model = self._composer.composer.model
        if model is None:
            raise UsageError("error.no_models")
        await self._put(model.task_type, model)
        self._tell(say("prefs.kept", kind=say(f"task.{model.task_type}"), model=model.name))
        return shaped

    async def unprefer(self, _: str) -> None:
        """Clear the preferred model."""
        task_type = self._composer.composer.task_type
        await self._put(task_type, None)
        self._tell(say("prefs.cleared_for_good", kind=say(f"task.{task_type}")))

    async def _put(self, task_type: TaskType, model: ModelVersion | None) -> None:
        preferences, before = self._studio.preferences, self._studio.preferences.model_id(task_type)
        if not await (
            preferences.prefer(task_type, model) if model else preferences.unprefer(task_type)
        ):
            raise UsageError("models.not_stored")
        self._undo.append((task_type, before))

    async def undo(self, _: str) -> None:
        """Undo the last change of a preferred model."""
        if not self._undo:
            raise UsageError("plain.nothing_to_undo")
        task_type, before = self._undo[-1]
        models = self._studio.catalogue.models(task_type)
        await self._put(task_type, next((one for one in models if one.model_id == before), None))
        del self._undo[-2:]
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
    """Compare models, a property a line: `Duration: Kling O1 5, 10; Wan 2.6 5, 10, 15.`

    Price and usual time come first, then each parameter with options that one of them has. Where
    all are alike, the value is said once.
    """
    points, took = say("plain.compare_points"), say("plain.compare_time")
    own = [
        {points: spoken(points_range(*one.points)), took: usual(one), **_options(one)}
        for one in models
    ]
    for name in dict.fromkeys(name for each in own for name in each):
        values = [each.get(name) or say("plain.compare_none") for each in own]
        told = (
            say("plain.compare_one", model=model.name, value=value)
            for model, value in zip(models, values, strict=True)
        )
        if len(set(values)) == 1:
            yield say("plain.compare_same", name=name, value=values[0])
        else:
            yield say("plain.field", name=name, value=say("confirm.comma").join(told))


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
