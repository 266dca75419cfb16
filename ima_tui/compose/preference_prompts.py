"""Save or forget preferred models when a prompt asks for it or is sent.

The switch that saves the model of a draft as preferred, and whether it is on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ima_tui.catalogue.choice import Reason
from ima_tui.compose.composer import MODEL, Composer
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.records import dataclass
from ima_tui.i18n import listed, say
from ima_tui.preferences import policy
from ima_tui.preferences.policy import PreferenceChange

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent
    from ima_tui.preferences.policy import PreferenceService


Lists = Mapping[TaskType, Sequence[ModelVersion]]


class PreferencePrompts:
    """Saves and forgets preferred models for a prompt, and says so."""

    def __init__(self, preferences: PreferenceService, lists: Callable[[], Lists]) -> None:
        self._preferences = preferences
        self._lists = lists

    async def after_sending(self, composer: Composer, turn: PreferenceSwitch | None) -> list[str]:
        """Save or forget what the switch and the prompt say; return what was done, in words."""
        told: list[str] = []
        if turn is not None and turn.on:
            if turn.proposal.change is PreferenceChange.FORGET:
                told.append(await self._forget([composer.task_type]))
            elif turn.proposal.model is not None:
                told.append(await self._save([turn.proposal.model]))
        if (intent := composer.intent) is not None:
            beside = policy.preferred_models(intent, self._lists())
            told += [await self._save(beside)] if beside else []
        composer.remember = None
        return told

    async def alone(self, intent: Intent) -> str:
        """Nothing is to be made: only what is remembered changes, and now. Return what changed; ""
        where nothing did."""
        models = policy.preferred_models(intent, self._lists())
        task_types = policy.forgettable(intent, self._preferences.preferred())
        if models:
            return await self._save(models)
        return await self._forget(task_types) if task_types else ""

    def meant(self, intent: Intent, texts: str = "compose") -> str:
        """What `alone` would do, before it is done, in the words of `texts`."""
        models = policy.preferred_models(intent, self._lists())
        if models:
            kinds = _kinds([model.task_type for model in models])
            return say(f"{texts}.only_remember", model=models[0].name, kinds=kinds)
        found = policy.forgettable(intent, self._preferences.preferred())
        if found:
            return say(f"{texts}.only_forget", kinds=_kinds(found))
        return say("compose.nothing_to_remember")

    async def _save(self, models: Sequence[ModelVersion]) -> str:
        stored = [await self._preferences.prefer(model.task_type, model) for model in models]
        kinds = _kinds([model.task_type for model in models])
        key = "compose.remembered" if all(stored) else "compose.not_remembered"
        return say(key, model=models[0].name, kinds=kinds)

    async def _forget(self, task_types: Sequence[TaskType]) -> str:
        stored = [await self._preferences.unprefer(task_type) for task_type in task_types]
        key = "compose.forgotten" if all(stored) else "compose.not_forgotten"
        return say(key, kinds=_kinds(task_types))


def _kinds(task_types: Sequence[TaskType]) -> str:
    return listed(say(f"task.{task_type.value}") for task_type in task_types)


@dataclass(frozen=True, slots=True)
class PreferenceSwitch:
    """What sending changes in the preferences, and whether it will."""

    proposal: policy.Proposal
    on: bool


def switch(composer: Composer, before: str) -> PreferenceSwitch | None:
    """`before`: the model id that is remembered for the composer's task type, or ""."""
    if composer.model is None:
        return None
    intent = composer.intent
    meant = intent if intent is not None and intent.task_type is composer.task_type else None
    reason = meant.reason if meant is not None and meant.reason is not None else Reason.DEFAULT
    if MODEL in composer.pins:
        reason = Reason.REQUEST
    proposal = policy.propose(meant, composer.model, reason, before)
    if proposal is None:
        return None
    return PreferenceSwitch(
        proposal, proposal.on if composer.remember is None else composer.remember
    )
