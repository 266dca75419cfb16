"""Check whether the model lists that a prompt needs are loaded before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ima_tui.core.domain import TaskType
from ima_tui.i18n import say
from ima_tui.intent.intent import RequestKind
from ima_tui.preferences import policy

if TYPE_CHECKING:
    from ima_tui.tui.compose.draft_screen import DraftScreen


class ListGate:
    """Remembers which lists were missing when the key that sends was pressed."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        self._waited_for: Sequence[TaskType] | None = None

    def forget(self) -> None:
        """Forget what was waited for: the prompt is another."""
        self._waited_for = None

    def lists_came(self) -> None:
        """Say that what was tried too early can be sent now."""
        screen, waited = self._screen, self._waited_for
        if waited is None or self._are_loading(waited):
            return
        self._waited_for = None
        if screen.composer.model is None:
            screen.forget_remark()  # why there is no list is said instead
        else:
            screen.remark(say("compose.ready"), "ok")

    def is_too_early(self, task_types: Sequence[TaskType]) -> bool:
        """Return whether the vocabulary or one of these lists is still loading, and say so then:
        nothing is sent before the key is pressed again."""
        screen = self._screen
        if not screen.studio.connection.has_key or not self._are_loading(task_types):
            return False
        self._waited_for = tuple(task_types)
        screen.remark(say("compose.loading"), "info")
        return True

    def _are_loading(self, task_types: Sequence[TaskType]) -> bool:
        screen = self._screen
        loading = map(screen.studio.catalogue.is_loading, task_types)
        return not screen.reader.can_read or any(loading)

    def needed(self) -> Sequence[TaskType]:
        """Return the task types whose lists the prompt, read as one, needs."""
        composer, intent = self._screen.composer, self._screen.composer.decision
        if intent is not None and intent.kind is RequestKind.PREFERENCE:
            preference = intent.preference
            if preference is None or not preference.model_id:
                return ()
            return policy.task_types(preference.model_id)
        if composer.in_steps and intent is not None:
            return tuple(step.task_type for step in intent.steps)
        return (composer.kind,)
