"""A text without a task type: what is to be made of it, on which model, with which settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ima_tui.catalogue import choice
from ima_tui.compose import apply_intent
from ima_tui.compose.question_answer import Lists, answer
from ima_tui.core.domain import ModelVersion, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.intent import binding
from ima_tui.intent.intent import Confidence, Intent, IntentQuestion, PreferenceAction, RequestKind
from ima_tui.intent.route import route
from ima_tui.studio.studio import Studio

UNSURE = {
    IntentQuestion.MEDIA_TYPE: "error.route_media_type",
    IntentQuestion.IMAGE_ROLES: "error.route_image_roles",
    IntentQuestion.MISSING_INPUT: "error.route_missing_input",
}
"""What to say about a question that only the person can answer."""


WORKFLOW = RequestKind.WORKFLOW.value


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing to make of `text`; `inputs` are in the order of their roles."""

    text: str
    decision: Intent
    task_type: TaskType
    inputs: tuple[str, ...]


def read(
    text: str,
    images: Sequence[str],
    lists: Lists | None = None,
    settled: TaskType | None = None,
) -> Intent:
    """The reading of `text`. Raises `UsageError` where a question is open, where it asks for
    more than one thing, and with the answer (by `lists`) where it asks a question."""
    decision = route(text, images, settled=settled)
    if decision.kind is RequestKind.CLARIFY and decision.question is not None:
        raise UsageError(UNSURE[decision.question])
    if decision.kind is RequestKind.QUESTION:
        raise UsageError("error.route_question", answer=answer(decision, lists or {}))
    if decision.kind is RequestKind.WORKFLOW:
        steps = ", ".join(step.task_type.value for step in decision.steps)
        raise UsageError("error.route_workflow", steps=steps)
    return decision


def doubt(decision: Intent | None) -> UsageError | None:
    """What to say where the text may mean something else; None where it is clear."""
    if decision is None or decision.confidence is Confidence.SURE or decision.task_type is None:
        return None
    other = decision.runner_up
    second = other.task_type if other is not None and other.task_type is not None else WORKFLOW
    return UsageError("error.route_unsure", first=decision.task_type.value, second=str(second))


def meant(text: str, decision: Intent) -> Meant:
    """What `decision` wants made. Raises `UsageError` where that is nothing."""
    if decision.task_type is None or decision.kind is RequestKind.PREFERENCE:
        raise UsageError("error.route_preference")
    order = apply_intent.in_order(decision.roles, len(decision.inputs))
    inputs = tuple(decision.inputs[place] for place in order)
    return Meant(text, decision, decision.task_type, inputs)


async def model_of(studio: Studio, one: Meant) -> ModelVersion:
    """The model that the words name where the list has it, else the preferred, else the default
    one; what is to be forgotten does not choose. `confirmation` tells where it is another."""
    models, decision = await studio.catalogue.fresh(one.task_type), one.decision
    if decision.model_id:
        version = decision.version
        model, _ = binding.leaf_for(models, one.task_type, decision.model_id, version)
        if model is not None:
            return model
    called = [model for model in models if any(choice.is_called(model, n) for n in decision.absent)]
    if called:
        return choice.newest(called)
    if studio.preferences.preferences.trouble is not None:
        raise studio.preferences.preferences.trouble  # unreadable preferences are not guessed
    forgets = (
        decision.preference is not None and decision.preference.action is PreferenceAction.CLEAR
    )
    offer = studio.catalogue
    serve = offer.impersonal if forgets else offer.suggested
    served = serve(one.task_type, one.inputs)
    if served is None:
        raise UsageError("error.no_models")
    return served


def values(model: ModelVersion, decision: Intent) -> Mapping[str, Value]:
    """The settings that the prompt asks for, each at the nearest value of `model`; also `n`."""
    return {name: one.value for name, one in apply_intent.settings(decision, model).items()}
