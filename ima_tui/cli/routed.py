"""`generate` without --task-type: the text is routed, and its reading filled in below the flags."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ima_tui import terms
from ima_tui.cli import wish
from ima_tui.cli.output import talk
from ima_tui.cli.route import impossible
from ima_tui.domain import Leaf, TaskType, Value
from ima_tui.errors import UsageError
from ima_tui.intent import binding
from ima_tui.intent.reading import Action, Decision, Kind, Question, Roles
from ima_tui.intent.route import route
from ima_tui.messages import say
from ima_tui.studio import Studio

_UNSURE = {
    Question.MEDIA_TYPE: "error.route_media_type",
    Question.IMAGE_ROLES: "error.route_image_roles",
    Question.MISSING_INPUT: "error.route_missing_input",
}


def read(arguments: argparse.Namespace) -> Decision | None:
    """The reading of the text where no task type was given; the flags are filled in from it.

    Raises `UsageError` where the text asks for anything but one thing that can be had.
    """
    if arguments.task_type is not None or arguments.list_models:
        return None
    wish.check_prompt(arguments)
    text = wish.prompt_of(arguments)
    decision = route(text, arguments.input_images)
    if decision.kind is Kind.CLARIFY and decision.question is not None:
        raise UsageError(_UNSURE[decision.question])
    if decision.kind is Kind.WORKFLOW:
        steps = ", ".join(step.task_type.value for step in decision.steps)
        raise UsageError("error.route_workflow", steps=steps)
    if decision.kind is Kind.PREFERENCE:
        return decision
    if decision.task_type is None:
        raise UsageError("error.route_preference")
    _refuse_impossible(arguments, decision)
    arguments.task_type = decision.task_type.value
    arguments.input_images = list(_inputs(decision))
    if decision.spoken is not None:
        arguments.prompt = text[slice(*decision.spoken)]
    count = decision.param("n")
    if arguments.n is None and isinstance(count, int):
        arguments.n = count
    return decision


def _refuse_impossible(arguments: argparse.Namespace, decision: Decision) -> None:
    """What can't be had is said before anything is spent; --yes goes on without it."""
    told = [line.strip() for line in impossible(decision)]
    if told and not arguments.yes:
        raise UsageError("error.route_impossible", what=" ".join(told))
    for line in told:
        talk(line)


def _inputs(decision: Decision) -> tuple[str, ...]:
    """The pictures in the order of their roles: first and last frame, source, references."""
    places = _places(decision.roles) if decision.roles else range(len(decision.inputs))
    return tuple(decision.inputs[place] for place in places if place < len(decision.inputs))


def _places(roles: Roles) -> tuple[int, ...]:
    frames = (roles.first_frame, roles.last_frame)
    known = tuple(place for place in frames if place is not None)
    return (*known, *roles.source, *roles.reference)


async def choose(
    studio: Studio, arguments: argparse.Namespace, decision: Decision, task_type: TaskType
) -> None:
    """The model that the text names, unless a flag does; forgotten wishes don't choose."""
    if arguments.model_id is not None:
        return
    leaves = await studio.offer.fresh(task_type)
    forgets = decision.preference is not None and decision.preference.action is Action.CLEAR
    if decision.model_id:
        leaf, _ = binding.leaf_for(leaves, task_type, decision.model_id, decision.version)
        arguments.model_id = decision.model_id
    elif forgets:
        leaf = studio.offer.impersonal(task_type)
        arguments.model_id = leaf.model_id if leaf else None
    else:
        return
    if leaf is not None and not arguments.version_id:
        arguments.version_id = leaf.version


def values(leaf: Leaf, decision: Decision) -> Mapping[str, Value]:
    """The parameters of the text in the leaf's own terms; what it can't do is told."""
    bound, refused = binding.bind(leaf, decision.params)
    for refusal in refused:
        key, words = terms.lacks(leaf.name, refusal)
        talk(say(key, **words))
    return dict(bound)
