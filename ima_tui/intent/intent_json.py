"""An intent as JSON: what `ima-tui route --json` prints."""

from __future__ import annotations

from ima_tui.core.domain import Medium
from ima_tui.core.text import clean
from ima_tui.intent.commands import without
from ima_tui.intent.intent import Intent, Limit, Roles, RunnerUp
from ima_tui.intent.kinds import PreferenceAction, RequestKind


def intent_json(text: str, intent: Intent) -> dict[str, object]:
    """The intent of `text`, every key always there."""
    sent = prompt_sent(text, intent)
    return {
        "kind": intent.kind.value,
        "media": intent.medium.value if intent.medium else None,
        "task_type": intent.task_type.value if intent.task_type else None,
        "confidence": intent.confidence.value,
        "runner_up": _runner_up(intent.runner_up),
        "clarify": intent.question.value if intent.question else None,
        "steps": [step.task_type.value for step in intent.steps],
        "model_id": intent.model_id or None,
        "version": intent.version or None,
        "tier": intent.tier.value if intent.tier else None,
        "params": {param.name: param.value for param in intent.params},
        "not_applicable": {param.name: param.value for param in intent.inapplicable},
        "preference": _preference(intent),
        "unsupported": [limit.code for limit in intent.limits],
        "images_role": _roles(intent.roles),
        "spoken": clean(text[slice(*intent.spoken)]) if intent.spoken else None,
        "prompt_sent": None if sent is None else clean(sent),
        "inputs": [clean(source) for source in intent.inputs],
        "limits": [_limit(limit) for limit in intent.limits],
        "absent": [clean(name) for name in intent.absent],
        "misplaced": [
            {
                "model_id": each.model_id,
                "media": each.medium.value,
                "text": clean(text[slice(*each.span)]),
            }
            for each in intent.misplaced
        ],
        "leaf": _live_model(intent),
        "evidence": [
            {"part": each.part, "span": list(each.span), "text": clean(text[slice(*each.span)])}
            for each in intent.evidence
        ],
        "alternatives": [{"part": each.part, "value": each.value} for each in intent.alternatives],
    }


def prompt_sent(text: str, intent: Intent) -> str | None:
    """What of `text` would go out as the prompt; None where nothing is made. Of music that has a
    field for its lyrics, `lyrics` and `tags` go out instead."""
    if intent.kind is not RequestKind.SINGLE:
        return None
    if intent.spoken is not None:
        return text[slice(*intent.spoken)]
    if intent.medium is Medium.SPEECH:
        return text
    return without(text, intent.commands)


def _runner_up(other: RunnerUp | None) -> dict[str, object] | None:
    if other is None:
        return None
    task_type = other.task_type.value if other.task_type else None
    return {"task_type": task_type, "kind": other.kind.value}


def _preference(intent: Intent) -> dict[str, object] | None:
    preference = intent.preference
    if preference is None:
        return None
    if preference.action is PreferenceAction.CLEAR:
        return {"action": preference.action.value}
    return {"action": preference.action.value, "model_id": preference.model_id}


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


def _live_model(intent: Intent) -> dict[str, object] | None:
    """The live model that it leads to, with the parameters in its own names."""
    if intent.model is None:
        return None
    return {
        "model_id": intent.model.model_id,
        "version": intent.model.version,
        "name": intent.model.name,
        "reason": intent.reason.value if intent.reason else None,
        "params": dict(intent.bound),
        "refused": [
            {"name": each.name, "asked": each.asked, "possible": list(each.possible)}
            for each in intent.refused
        ],
    }
