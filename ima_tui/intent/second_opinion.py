"""The rules' intent weighed against a second opinion: who is followed, and when to ask.

    both agree                                       sure
    the rules would ask, the other names a medium    its medium, if it is clearly ahead
    they differ                                      unsure, with both answers
    preferences, roles, missing pictures, questions  the rules alone

Without a second opinion the rules decide, and only what they guessed is unsure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Protocol

from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import classifier, workflow
from ima_tui.intent.intent import (
    Confidence,
    Intent,
    IntentQuestion,
    RequestKind,
    RunnerUp,
)

VETO = 1.0
"""Margin from which a differing opinion makes an intent unsure."""
RESCUE = 2.0
"""Margin from which an opinion answers what the rules would ask."""
SEVERAL = "several"
QUESTION = "question"
_MEDIA = frozenset(medium.value for medium in Medium)


class Opinion(Protocol):
    """What a prompt asks for (a medium, `several`, or another label), and how clearly."""

    @property
    def label(self) -> str: ...
    @property
    def margin(self) -> float: ...
    @property
    def runner_up(self) -> str: ...


def on(text: str, images: int) -> Opinion | None:
    """The classifier's opinion on `text`, with so many pictures at hand; None where its weights
    are not installed."""
    return classifier.classify(text.strip(), images) if _has_weights() else None


@cache
def _has_weights() -> bool:
    try:
        classifier.load()
    except FileNotFoundError:
        return False
    return True


ReadAs = Callable[[Medium], Intent]
"""The rules' reading of the same text, for a medium that is known."""


def weigh(intent: Intent, opinion: Opinion | None, images: int, read_as: ReadAs) -> Intent:
    """`intent` with its confidence, or the intent for the medium that `opinion` names."""
    if intent.question is IntentQuestion.MEDIA_TYPE:
        return _rescued(intent, opinion, images, read_as)
    if intent.question is not None:
        return replace(intent, confidence=Confidence.UNSURE)
    if intent.kind in (RequestKind.PREFERENCE, RequestKind.QUESTION):
        return intent
    agrees = opinion is not None and opinion.label == _label(intent)
    vetoes = opinion is not None and not agrees and opinion.margin >= VETO
    if vetoes or intent.implied or (intent.guessed and not agrees):
        return _unsure(intent, _other(intent, opinion, images))
    return intent


def _rescued(intent: Intent, opinion: Opinion | None, images: int, read_as: ReadAs) -> Intent:
    """The medium that the rules would ask for, where the opinion is clear about it."""
    if opinion is not None and opinion.label == QUESTION and opinion.margin >= RESCUE:
        return replace(intent, kind=RequestKind.QUESTION, question=None)
    if opinion is None or opinion.label not in {*_MEDIA, SEVERAL}:
        return replace(intent, confidence=Confidence.UNSURE)
    if opinion.label in _MEDIA and opinion.margin >= RESCUE and not intent.bare:
        found = read_as(Medium(opinion.label))
        open_ = found.question is not None
        return replace(found, confidence=Confidence.UNSURE) if open_ else found
    return _unsure(intent, _answer(opinion.label, images))


def _unsure(intent: Intent, other: RunnerUp | None) -> Intent:
    return replace(intent, confidence=Confidence.UNSURE, runner_up=other)


def _label(intent: Intent) -> str:
    if intent.kind is RequestKind.WORKFLOW:
        return SEVERAL
    return intent.medium.value if intent.medium else ""


def _other(intent: Intent, opinion: Opinion | None, images: int) -> RunnerUp:
    """The best answer of `opinion` that is not the one of `intent`, else what the text mentions,
    else what is confused most often."""
    own = _label(intent)
    labels = [opinion.label, opinion.runner_up] if opinion is not None else []
    labels += [each.value for each in intent.alternatives if each.part == "media"]
    labels += [Medium.IMAGE.value, Medium.VIDEO.value]
    known = (each for each in labels if each != own and each in {*_MEDIA, SEVERAL})
    return _answer(next(known), images)


def _answer(label: str, images: int) -> RunnerUp:
    if label == SEVERAL:
        return RunnerUp(RequestKind.WORKFLOW)
    return RunnerUp(RequestKind.SINGLE, task_type_for(Medium(label), images))


def task_type_for(medium: Medium, images: int) -> TaskType:
    """The plainest task type that makes `medium` from so many pictures."""
    if not images or medium not in (Medium.IMAGE, Medium.VIDEO):
        return workflow.from_text(medium)
    of_medium = [each for each in TaskType if each.medium is medium and each.takes_inputs]
    pairs = [each for each in of_medium if each.inputs == (images, images)]
    return (pairs or of_medium)[0]
