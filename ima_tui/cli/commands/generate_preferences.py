"""What `generate` remembers of models, by the rules of `remembering`: told, and stored."""

from __future__ import annotations

import argparse

from ima_tui.catalogue.choice import Reason
from ima_tui.cli.output import print_json, talk
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.core.text import one_line
from ima_tui.i18n import explain, say
from ima_tui.intent.intent import Intent, PreferenceAction
from ima_tui.preferences import policy
from ima_tui.preferences.policy import PreferenceChange, Proposal
from ima_tui.studio.studio import Studio


async def change(
    studio: Studio, arguments: argparse.Namespace, decision: Intent | None, model: ModelVersion
) -> None:
    """Store what the flags and the words of a job want stored; ask the change question."""
    if arguments.remember_model:
        await _save(studio, model)
        return
    proposal = proposed(studio, arguments, decision, model)
    if proposal is None:
        pass
    elif proposal.asks:
        usual = _name(studio, model.task_type, proposal.before)
        talk(say("remember.ask", before=usual, model=model.name))
        talk(say("remember.ask_how", task=model.task_type.value, model_id=model.model_id))
    elif proposal.change is PreferenceChange.FORGET:
        await _forget(studio, model.task_type)
    else:
        await _save(studio, model)
    if decision is not None:
        for other in policy.standing(decision, _lists(studio)):
            await _save(studio, other)


def proposed(
    studio: Studio, arguments: argparse.Namespace, decision: Intent | None, model: ModelVersion
) -> Proposal | None:
    """A model that a flag names was chosen by the user; else the words say why it serves."""
    told = decision.reason if decision is not None else None
    reason = Reason.REQUEST if arguments.by_hand else told or Reason.DEFAULT
    before = studio.preferences.preferred().get(model.task_type, "")
    return policy.propose(decision, model, reason, before)


async def alone(studio: Studio, arguments: argparse.Namespace, decision: Intent) -> int:
    """A text that asks for nothing to be made: only what is remembered changes."""
    if studio.preferences.preferences.trouble is not None:
        raise studio.preferences.preferences.trouble
    wish = decision.preference
    done: list[dict[str, object]] = []
    if wish is not None and wish.action is PreferenceAction.SAVE:
        for model in await _meant(studio, decision, wish.model_id):
            done.append({"task_type": model.task_type.value, "model_id": model.model_id})
            if not arguments.dry_run:
                await _save(studio, model)
    elif wish is not None and wish.action is PreferenceAction.CLEAR:
        for task_type in _forgettable(studio, decision):
            done.append({"task_type": task_type.value, "model_id": None})
            if not arguments.dry_run:
                await _forget(studio, task_type)
    else:
        raise UsageError("error.route_preference")
    if arguments.json:
        print_json({"preference": {"action": wish.action.value, "changes": done}})
    elif not done:
        talk(say("remember.nothing"))
    return EXIT_DONE


async def _meant(studio: Studio, decision: Intent, model_id: str) -> tuple[ModelVersion, ...]:
    """The live leaves of the model that is to be remembered."""
    for task_type in policy.task_types(model_id):
        await studio.catalogue.fresh(task_type)
    models = policy.standing(decision, _lists(studio))
    if not models:
        raise UsageError("error.remember_absent", model=one_line(model_id, 80))
    return models


def _forgettable(studio: Studio, decision: Intent) -> tuple[TaskType, ...]:
    found = policy.forgettable(decision, studio.preferences.preferred())
    if len(found) > 1 and decision.medium is None:
        kinds = ", ".join(task_type.value for task_type in found)
        raise UsageError("error.remember_which", kinds=kinds)
    return found


async def _save(studio: Studio, model: ModelVersion) -> None:
    if await studio.preferences.prefer(model.task_type, model):
        talk(say("cli.preferred", model=model.name, task=say(f"task.{model.task_type}")))
    else:
        talk(say("error.prefs_read_only", path=str(studio.settings.preferences)))
    if studio.preferences.preferences.trouble is not None:
        talk(explain(studio.preferences.preferences.trouble))


async def _forget(studio: Studio, task_type: TaskType) -> None:
    if await studio.preferences.unprefer(task_type):
        talk(say("cli.cleared", task=say(f"task.{task_type}")))
    else:
        talk(say("error.prefs_read_only", path=str(studio.settings.preferences)))


def _lists(studio: Studio) -> dict[TaskType, tuple[ModelVersion, ...]]:
    return {task_type: studio.catalogue.models(task_type) for task_type in TaskType}


def _name(studio: Studio, task_type: TaskType, model_id: str) -> str:
    """What people call a model that is remembered, also one that is gone."""
    models = studio.catalogue.models(task_type)
    return next((model.name for model in models if model.model_id == model_id), model_id)
