"""What Compose has remembered or forgotten of models, when something is sent or where the wish is
about that alone. The rules are `remembering`'s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.i18n import say
from ima_tui.preferences import policy
from ima_tui.preferences.policy import PreferenceChange

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent
    from ima_tui.tui.compose.screen import ComposeScreen


class PreferencePrompts:
    def __init__(self, place: ComposeScreen) -> None:
        self._place = place

    async def after_sending(self) -> list[str]:
        """Do what the switch says, and what the words say of other media; in words."""
        place, turn = self._place, self._place.showing.switch
        told: list[str] = []
        if turn is not None and turn.on:
            if turn.proposal.change is PreferenceChange.FORGET:
                told.append(await self._forget([place.desk.kind]))
            elif turn.proposal.model is not None:
                told.append(await self._save([turn.proposal.model]))
        if (decision := place.desk.decision) is not None:
            beside = policy.standing(decision, self._lists())
            told += [await self._save(beside)] if beside else []
        place.desk.remember = None
        return told

    async def alone(self, decision: Intent) -> None:
        """Nothing is to be made: only what is remembered changes, and now."""
        place = self._place
        models = policy.standing(decision, self._lists())
        kinds = policy.forgettable(decision, place.studio.preferences.preferred())
        if models:
            words = await self._save(models)
        elif kinds:
            words = await self._forget(kinds)
        else:
            words = say("compose.nothing_to_remember")
        place.showing.remark(words, "ok" if models or kinds else "muted")

    def meant(self, decision: Intent) -> str:
        """What `alone` would do, before it is done."""
        models = policy.standing(decision, self._lists())
        if models:
            kinds = _kinds([model.task_type for model in models])
            return say("compose.only_remember", model=models[0].name, kinds=kinds)
        found = policy.forgettable(decision, self._place.studio.preferences.preferred())
        if found:
            return say("compose.only_forget", kinds=_kinds(found))
        return say("compose.nothing_to_remember")

    def _lists(self) -> dict[TaskType, tuple[ModelVersion, ...]]:
        return {kind: self._place.studio.catalogue.models(kind) for kind in TaskType}

    async def _save(self, models: Sequence[ModelVersion]) -> str:
        wishes = self._place.studio.preferences
        stored = [await wishes.prefer(model.task_type, model) for model in models]
        kinds = _kinds([model.task_type for model in models])
        key = "compose.remembered" if all(stored) else "compose.not_remembered"
        return say(key, model=models[0].name, kinds=kinds)

    async def _forget(self, kinds: Sequence[TaskType]) -> str:
        wishes = self._place.studio.preferences
        stored = [await wishes.unprefer(kind) for kind in kinds]
        key = "compose.forgotten" if all(stored) else "compose.not_forgotten"
        return say(key, kinds=_kinds(kinds))


def _kinds(kinds: Sequence[TaskType]) -> str:
    return say("compose.list_comma").join(say(f"task.{kind.value}") for kind in kinds)
