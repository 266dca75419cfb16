"""What Compose has remembered or forgotten of models, when something is sent or where the wish is
about that alone. The rules are `remembering`'s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ima_tui.core.domain import Leaf, TaskType
from ima_tui.i18n import say
from ima_tui.preferences import policy
from ima_tui.preferences.policy import Change

if TYPE_CHECKING:
    from ima_tui.intent.intent import Decision
    from ima_tui.tui.compose.screen import ComposeScreen


class Memory:
    def __init__(self, place: ComposeScreen) -> None:
        self._place = place

    async def after_sending(self) -> list[str]:
        """Do what the switch says, and what the words say of other media; in words."""
        place, turn = self._place, self._place.showing.switch
        told: list[str] = []
        if turn is not None and turn.on:
            if turn.proposal.change is Change.FORGET:
                told.append(await self._forget([place.desk.kind]))
            elif turn.proposal.leaf is not None:
                told.append(await self._save([turn.proposal.leaf]))
        if (decision := place.desk.decision) is not None:
            beside = policy.standing(decision, self._lists())
            told += [await self._save(beside)] if beside else []
        place.desk.remember = None
        return told

    async def alone(self, decision: Decision) -> None:
        """Nothing is to be made: only what is remembered changes, and now."""
        place = self._place
        leaves = policy.standing(decision, self._lists())
        kinds = policy.forgettable(decision, place.studio.wishes.preferred())
        if leaves:
            words = await self._save(leaves)
        elif kinds:
            words = await self._forget(kinds)
        else:
            words = say("compose.nothing_to_remember")
        place.showing.remark(words, "ok" if leaves or kinds else "muted")

    def meant(self, decision: Decision) -> str:
        """What `alone` would do, before it is done."""
        leaves = policy.standing(decision, self._lists())
        if leaves:
            kinds = _kinds([leaf.task_type for leaf in leaves])
            return say("compose.only_remember", model=leaves[0].name, kinds=kinds)
        found = policy.forgettable(decision, self._place.studio.wishes.preferred())
        if found:
            return say("compose.only_forget", kinds=_kinds(found))
        return say("compose.nothing_to_remember")

    def _lists(self) -> dict[TaskType, tuple[Leaf, ...]]:
        return {kind: self._place.studio.offer.leaves(kind) for kind in TaskType}

    async def _save(self, leaves: Sequence[Leaf]) -> str:
        wishes = self._place.studio.wishes
        stored = [await wishes.prefer(leaf.task_type, leaf) for leaf in leaves]
        kinds = _kinds([leaf.task_type for leaf in leaves])
        key = "compose.remembered" if all(stored) else "compose.not_remembered"
        return say(key, model=leaves[0].name, kinds=kinds)

    async def _forget(self, kinds: Sequence[TaskType]) -> str:
        wishes = self._place.studio.wishes
        stored = [await wishes.unprefer(kind) for kind in kinds]
        key = "compose.forgotten" if all(stored) else "compose.not_forgotten"
        return say(key, kinds=_kinds(kinds))


def _kinds(kinds: Sequence[TaskType]) -> str:
    return say("compose.list_comma").join(say(f"task.{kind.value}") for kind in kinds)
