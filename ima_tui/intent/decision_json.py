"""A decision as JSON: what `ima-tui route --json` prints."""

from __future__ import annotations

from ima_tui.core.domain import Medium
from ima_tui.core.text import clean
from ima_tui.intent.commands import without
from ima_tui.intent.intent import Intent, Limit, Roles, RunnerUp
from ima_tui.intent.kinds import PreferenceAction, RequestKind


def decision_json(text: str, decision: Intent) -> dict[str, object]:
    """The decision about `text`, every key always there."""
    sent = prompt_sent(text, decision)
    return {
        "kind": decision.kind.value,
        "media": decision.medium.value if decision.medium else None,
        "task_type": decision.task_type.value if decision.task_type else None,
        "confidence": decision.confidence.value,
        "runner_up": _runner_up(decision.runner_up),
        "clarify": decision.question.value if decision.question else None,
        "steps": [step.task_type.value for step in decision.steps],
        "model_id": decision.model_id or None,
        "version": decision.version or None,
        "tier": decision.tier.value if decision.tier else None,
        "params": {param.name: param.value for param in decision.params},
        "not_applicable": {param.name: param.value for param in decision.inapplicable},
        "preference": _preference(decision),
        "unsupported": [limit.code for limit in decision.limits],
        "images_role": _roles(decision.roles),
        "spoken": clean(text[slice(*decision.spoken)]) if decision.spoken else None,
        "prompt_sent": None if sent is None else clean(sent),
        "inputs": [clean(source) for source in decision.inputs],
        "limits": [_limit(limit) for limit in decision.limits],
        "absent": [clean(name) for name in decision.absent],
        "misplaced": [
            {
                "model_id": each.model_id,
                "media": each.medium.value,
                "text": clean(text[slice(*each.span)]),
            }
            for each in decision.misplaced
        ],
        "leaf": _leaf(decision),
        "evidence": [
            {"part": each.part, "span": list(each.span), "text": clean(text[slice(*each.span)])}
            for each in decision.evidence
        ],
        "alternatives": [
            {"part": each.part, "value": each.value} for each in decision.alternatives
        ],
    }


def prompt_sent(text: str, decision: Intent) -> str | None:
    """What of `text` would go out as the prompt; None where nothing is made. Of music that has a
    field for its lyrics, `lyrics` and `tags` go out instead."""
    if decision.kind is not RequestKind.SINGLE:
        return None
    if decision.spoken is not None:
        return text[slice(*decision.spoken)]
    if decision.medium is Medium.SPEECH:
        return text
    return without(text, decision.commands)


def _runner_up(other: RunnerUp | None) -> dict[str, object] | None:
    if other is None:
        return None
    task_type = other.task_type.value if other.task_type else None
    return {"task_type": task_type, "kind": other.kind.value}


def _preference(decision: Intent) -> dict[str, object] | None:
    wish = decision.preference
    if wish is None:
        return None
    if wish.action is PreferenceAction.CLEAR:
        return {"action": wish.action.value}
    return {"action": wish.action.value, "model_id": wish.model_id}


def _roles(roles: Roles) -> dict[str, object]:
    """One source is a number, several are a list; references always are."""
    found: dict[str, object] = {}
    if roles.source:
        found["source"] = roles.source[0] if len(roles.source) == 1 else list(roles.source)
    if roles.first_frame is not None:
        found["first_frame"] = roles.first_frame
    if roles.last_frame is not None:
        found["last_frame"] = roles.last_frame
    if roles.reference:
        found["reference"] = list(roles.reference)
    return found


def _limit(limit: Limit) -> dict[str, object]:
    return {
        "code": limit.code,
        "asked": limit.asked,
        "possible": list(limit.possible),
        "models": list(limit.models),
    }


def _leaf(decision: Intent) -> dict[str, object] | None:
    """The live model that it leads to, with the parameters in its own names."""
    if decision.model is None:
        return None
    return {
        "model_id": decision.model.model_id,
        "version": decision.model.version,
        "name": decision.model.name,
        "reason": decision.reason.value if decision.reason else None,
        "params": dict(decision.bound),
        "refused": [
            {"name": each.name, "asked": each.asked, "possible": list(each.possible)}
            for each in decision.refused
        ],
    }
