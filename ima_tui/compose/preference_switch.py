"""The switch that saves the model of a draft as preferred, and whether it is on."""

from __future__ import annotations

from ima_tui.catalogue.choice import Reason
from ima_tui.compose.composer import MODEL, Composer
from ima_tui.core.records import dataclass
from ima_tui.preferences import policy


@dataclass(frozen=True, slots=True)
class PreferenceSwitch:
    """What sending changes in the preferences, and whether it will."""

    proposal: policy.Proposal
    on: bool


def switch(desk: Composer, before: str) -> PreferenceSwitch | None:
    """`before`: the model id that is remembered for the composer's kind, or ""."""
    if desk.model is None:
        return None
    decision = desk.decision
    meant = decision if decision is not None and decision.task_type is desk.kind else None
    reason = meant.reason if meant is not None and meant.reason is not None else Reason.DEFAULT
    if MODEL in desk.pins:
        reason = Reason.REQUEST
    proposal = policy.propose(meant, desk.model, reason, before)
    if proposal is None:
        return None
    return PreferenceSwitch(proposal, proposal.on if desk.remember is None else desk.remember)
