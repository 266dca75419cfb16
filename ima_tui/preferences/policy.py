"""Preferred models: what is remembered, by the founding document's rules, and where it is stored.

| what is said | what follows |
| --- | --- |
| 用X, "use X" (with a request)   | saved where nothing was; else the change question |
| 换成X, 改用X, "switch to X"      | saved |
| 以后都用X, 默认用X, "always use X" | saved |
| 我喜欢X, 我更喜欢X, "I prefer X"  | saved |
| 仅本次用X, "just this once"      | nothing, and nothing is asked |
| 用最好的, 推荐一个, 用默认的, 换个试试 | forgotten |
| a tier, a recommendation, a default | nothing: nobody named a model |

The rules are pure: no file, no clock. `choice.Reason` says why a model serves; `propose` what
sending it would change; `preferred_models` and `forgettable` serve a text that asks for nothing to
be made.

`PreferenceService` stores them in the shared file, which is watched for changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from ima_tui.catalogue import choice, names
from ima_tui.catalogue.choice import Reason
from ima_tui.config.loader import Settings
from ima_tui.core.clock import Clock
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.events import Notice, PreferencesChanged
from ima_tui.core.records import dataclass
from ima_tui.intent.kinds import PreferenceAction, RequestKind
from ima_tui.preferences.file import DroppedPreference, Preferences

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent


class PreferenceChange(StrEnum):
    """What happens to a preference."""

    SAVE = "save"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of preferences that sending would make: a switch that the user can turn.

    `before` is the remembered model id, or "". A switch that is `on` applies unless it is turned
    off; one that is off is the change question, and unanswered it means "this time only".
    """

    change: PreferenceChange
    on: bool
    model: ModelVersion | None = None
    before: str = ""

    @property
    def asks(self) -> bool:
        """Whether this is the change question: another model than the usual one."""
        return not self.on


def propose(
    intent: Intent | None, model: ModelVersion, reason: Reason, before: str = ""
) -> Proposal | None:
    """Return what a job on `model` changes, or None.

    `reason` is REQUEST also where the user chose the model by hand; `before` is the model id
    remembered for its task type.
    """
    request = intent.preference if intent is not None else None
    if request is not None and request.action is PreferenceAction.CLEAR:
        return Proposal(PreferenceChange.FORGET, True, before=before) if before else None
    if request is not None and request.action is PreferenceAction.ONCE:
        return None
    if reason is not Reason.REQUEST or before == model.model_id:
        return None
    if request is not None and request.model_id == model.model_id:
        return Proposal(PreferenceChange.SAVE, True, model, before)
    if before:
        return Proposal(PreferenceChange.SAVE, False, model, before)
    names_it = intent is not None and intent.picks and intent.model_id == model.model_id
    return Proposal(PreferenceChange.SAVE, True, model) if names_it else None


def preferred_models(
    intent: Intent, lists: Mapping[TaskType, Sequence[ModelVersion]]
) -> tuple[ModelVersion, ...]:
    """Return the models to remember for a request that is not about a job itself.

    One of the family for every task type of the medium, as far as the list has it.
    """
    request = intent.preference
    if request is None or request.action is not PreferenceAction.SAVE:
        return ()
    if intent.kind is RequestKind.SINGLE and _medium(request.model_id) is intent.medium:
        return ()
    found: list[ModelVersion] = []
    for task_type, models in lists.items():
        meant = names.sibling(request.model_id, task_type)
        mine = [model for model in models if model.model_id == meant]
        if mine:
            found.append(choice.newest(mine))
    return tuple(found)


def task_types(model_id: str) -> tuple[TaskType, ...]:
    """Return the task types that a model of this id, or its sibling, may serve."""
    return tuple(each for each in TaskType if names.sibling(model_id, each))


def forgettable(intent: Intent, preferred: Mapping[TaskType, str]) -> tuple[TaskType, ...]:
    """Return the task types whose preference a request to forget may mean.

    Those of the medium that it names, else all remembered; several then need a question.
    """
    request = intent.preference
    if request is None or request.action is not PreferenceAction.CLEAR:
        return ()
    return tuple(
        task_type
        for task_type in preferred
        if intent.medium is None or task_type.medium is intent.medium
    )


def usual_instead(
    models: Sequence[ModelVersion],
    task_type: TaskType,
    used: str,
    preferred: str,
    recommended: str = "",
) -> ModelVersion | None:
    """Return the recommended (else usual) model after a success with a preferred one."""
    if not preferred or used != preferred:
        return None
    usual = choice.default_model(models, task_type, recommended=recommended)
    return usual if usual is not None and usual.model_id != used else None


def _medium(model_id: str) -> Medium | None:
    family = names.family_of(model_id)
    return family.medium if family is not None else None


WATCH_SECONDS = 2.0
"""Seconds between checks of the file; a stat, no read."""


class PreferenceService:
    """Preferences for the studio.

    `preferences` is the store; changes by us or other tools are published.
    """

    def __init__(self, settings: Settings, clock: Clock, tell: Callable[[Notice], None]) -> None:
        self.preferences = Preferences(
            settings.preferences, settings.preference_notes, read_only=settings.read_only
        )
        self._user = settings.user_id
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._dropped: tuple[DroppedPreference, ...] = ()

    async def load(self) -> None:
        """Read the file and publish it."""
        await asyncio.to_thread(self.preferences.reload)
        self._dropped = await asyncio.to_thread(self.preferences.dropped)
        self._tell(PreferencesChanged())

    def model_id(self, task_type: TaskType, user: str | None = None) -> str:
        """Return the preferred model's id for `task_type`, else ""."""
        preference = self.preferences.of(user or self._user, task_type)
        return preference.model_id if preference else ""

    def preferred(self) -> dict[TaskType, str]:
        """Return the preferred models' ids by task type."""
        return {
            task_type: preference
            for task_type in TaskType
            if (preference := self.model_id(task_type))
        }

    async def prefer(
        self, task_type: TaskType, model: ModelVersion, user: str | None = None
    ) -> bool:
        """Store a preference.

        Returns False where the file is not writable. Raises `UsageError` in a read-only run.
        """
        self._settings.for_writing()
        user_id = user or self._user
        stored = await asyncio.to_thread(self.preferences.save, user_id, task_type, model)
        self._tell(PreferencesChanged())
        return stored

    async def unprefer(self, task_type: TaskType, user: str | None = None) -> bool:
        """Remove a preference.

        Returns False where the file is not writable. Raises `UsageError` in a read-only run.
        """
        self._settings.for_writing()
        user_id = user or self._user
        stored = await asyncio.to_thread(self.preferences.clear, user_id, task_type)
        self._tell(PreferencesChanged())
        return stored

    def dropped(self) -> tuple[DroppedPreference, ...]:
        """Return preferences of ours that another program dropped, as of the last read."""
        return self._dropped

    async def bring_back(self, dropped: Sequence[DroppedPreference]) -> bool:
        """Store dropped preferences again. Returns False where the file is not writable."""
        self._settings.for_writing()
        stored = [await asyncio.to_thread(self.preferences.bring_back, each) for each in dropped]
        await self.load()
        return all(stored)

    async def let_go(self, dropped: Sequence[DroppedPreference]) -> None:
        """Stop offering dropped preferences."""
        self._settings.for_writing()
        for each in dropped:
            await asyncio.to_thread(self.preferences.let_go, each)
        await self.load()

    async def watch(self) -> None:
        """Reload the file whenever another tool changes it."""
        while True:
            await self._clock.sleep(WATCH_SECONDS)
            if self.preferences.changed():
                await self.load()
