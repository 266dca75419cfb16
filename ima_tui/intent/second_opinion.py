"""The rules' intent weighed against a second opinion: who is followed, and when to ask.

| the rules                | the other opinion | result                               |
| ------------------------ | ----------------- | ------------------------------------ |
| any                      | the same          | sure; of a brief only if it is clear |
| ask for the medium       | names one         | that one; sure if it is clear        |
| a verb or noun asks      | another           | the rules, unsure if it is clear     |
| a noun stands there      | another           | the clearer of the two               |
| brief (long description) | another           | the other, sure if it is very clear  |
| preference, roles, question, missing picture | not consulted | the rules            |

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

FAINT, AGREE, LEAST, HINT, DOUBT, VETO, ANSWER = 0.2, 0.35, 0.4, 0.5, 0.7, 1.0, 3.0
RESCUE, LEAD = 2.0, 2.5
NAMED, CLEAR, BRIEF, CERTAIN, EXPLICIT = 2.5, 3.0, 4.0, 4.0, 5.0
"""Margins of another opinion, from which it agrees with what is asked for, and with what only
stands there; is worth an answer; is worth a look for more things; doubts what only stands there;
answers what the rules would ask of a short text; doubts several things; agrees about a brief that
names its medium; settles a brief; overrules what only stands there; doubts what is asked for."""
SEVERAL = "several"
QUESTION, PREFERENCE, ASK = "question", "preference", "ask"
_OPEN = IntentQuestion.MEDIA_TYPE
_BY_ROLES = (TaskType.FIRST_LAST_FRAME, TaskType.REFERENCE_TO_VIDEO)
"""Told by what the pictures are for, of which the other opinion knows nothing."""
_MEDIA = frozenset(medium.value for medium in Medium)


class Opinion(Protocol):
    """What a prompt asks for (a medium, `several`, or another label), and how clearly."""

    @property
    def label(self) -> str:
        """A medium, `several`, or another label."""

    @property
    def margin(self) -> float:
        """How far its score is above that of the runner-up."""

    @property
    def runner_up(self) -> str:
        """The label with the second-best score."""


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


ReadAs = Callable[[str], Intent]
"""The rules' reading of the same text, for a label that is known."""


def weigh(intent: Intent, opinion: Opinion | None, images: int, read_as: ReadAs) -> Intent:
    """`intent` with its confidence, or the intent for the medium that `opinion` names."""
    if intent.kind in (RequestKind.PREFERENCE, RequestKind.QUESTION):
        return intent
    if opinion is None:
        open_ = intent.question is not None
        return _unsure(intent, None) if open_ or intent.guessed or intent.brief else intent
    if opinion.label == QUESTION and opinion.margin >= (DOUBT if intent.wonders else CERTAIN):
        return replace(intent, kind=RequestKind.QUESTION, question=None, task_type=None)
    if opinion.label == PREFERENCE and opinion.margin >= RESCUE and not images:
        found = read_as(PREFERENCE)
        if found.kind is RequestKind.PREFERENCE:
            return found
    if opinion.label == SEVERAL and images and intent.bare and intent.asked and intent.explicit:
        return intent  # "animate it": it is the attached picture, not the step before
    if opinion.label == SEVERAL and (steps := _in_steps(intent, opinion, images, read_as)):
        return steps
    if intent.question is _OPEN:
        return _answered(intent, opinion, images, read_as)
    if intent.question is not None:
        return replace(intent, confidence=Confidence.UNSURE)
    if opinion.label == _label(intent):
        alone = intent.kind is RequestKind.SINGLE
        of_text = FAINT if intent.explicit else AGREE
        least = _of_brief(intent) if intent.brief else of_text if alone else 0.0
        return intent if opinion.margin >= least else _doubted(intent, opinion, images)
    if opinion.label not in _MEDIA:
        least = LEAD if opinion.label == ASK and not intent.guessed else VETO
        unclear = opinion.margin >= least or intent.brief or intent.guessed
        return _doubted(intent, opinion, images) if unclear else intent
    return _contested(intent, opinion, images, read_as)


def compare(intent: Intent, opinion: Opinion | None, images: int) -> Intent:
    """`intent` of a very long text, which is not read twice: sure only if both agree clearly."""
    fixed = intent.kind in (RequestKind.PREFERENCE, RequestKind.QUESTION)
    if fixed or opinion is None or intent.question is not None:
        return intent if fixed else _unsure(intent, None)
    agrees = opinion.label == _label(intent) and opinion.margin >= CLEAR
    return intent if agrees else _doubted(intent, opinion, images)


def _in_steps(intent: Intent, opinion: Opinion, images: int, read_as: ReadAs) -> Intent | None:
    """Several things where the rules found one, if they find more when they look for it."""
    mentions = any(each.part == "media" for each in intent.alternatives)
    least = RESCUE if intent.explicit else HINT if mentions else VETO
    if intent.question is not None or intent.kind is RequestKind.WORKFLOW or opinion.margin < least:
        return None
    found = read_as(SEVERAL)
    if found.kind is not RequestKind.WORKFLOW:
        return None
    clear = opinion.margin >= EXPLICIT + intent.brief
    return found if clear else _unsure(found, _answer(_label(intent) or SEVERAL, images))


def _contested(intent: Intent, opinion: Opinion, images: int, read_as: ReadAs) -> Intent:
    """The rules read one medium (or several), and `opinion` is another."""
    several = intent.kind is RequestKind.WORKFLOW
    margin = opinion.margin
    if intent.brief:
        least = (LEAD if intent.asked else RESCUE) if intent.explicit and not several else DOUBT
        follow, certain = margin >= least, margin >= EXPLICIT and not (several or intent.explicit)
    elif intent.explicit or several or intent.task_type in _BY_ROLES:
        follow = certain = False
        if several and margin < EXPLICIT:
            return intent
    else:
        follow, certain = margin >= RESCUE, margin >= CERTAIN and not several
        if margin < VETO and not intent.guessed:
            return intent
    if not follow:
        return _doubted(intent, opinion, images)
    found = read_as(opinion.label)
    certain = certain and found.question is None
    return found if certain else _unsure(found, _answer(_label(intent), images))


def _answered(intent: Intent, opinion: Opinion, images: int, read_as: ReadAs) -> Intent:
    """The medium that the rules would ask for, where the opinion names one."""
    if opinion.label not in _MEDIA:
        several = opinion.label == SEVERAL
        return _unsure(intent, _answer(SEVERAL, images) if several else None)
    bare = intent.bare and not images
    if intent.vague or bare or opinion.margin < LEAST:
        return _unsure(intent, _answer(opinion.label, images))
    found = read_as(opinion.label)
    certain = opinion.margin >= (BRIEF if intent.brief else ANSWER) and found.question is None
    return found if certain else _doubted(found, opinion, images)


def _doubted(intent: Intent, opinion: Opinion, images: int) -> Intent:
    return _unsure(intent, _other(intent, opinion, images))


def _unsure(intent: Intent, other: RunnerUp | None) -> Intent:
    return replace(intent, confidence=Confidence.UNSURE, runner_up=other)


def _of_brief(intent: Intent) -> float:
    """The least margin of an agreeing opinion. A film is described in pictures, and a script in
    anything; music and a picture that is named are seldom taken for something else."""
    named = intent.medium is Medium.IMAGE and intent.explicit
    alone = intent.kind is RequestKind.SINGLE
    return NAMED if alone and (named or intent.medium is Medium.MUSIC) else BRIEF


def _label(intent: Intent) -> str:
    if intent.kind is RequestKind.WORKFLOW:
        return SEVERAL
    return intent.medium.value if intent.medium else ""


def _other(intent: Intent, opinion: Opinion, images: int) -> RunnerUp:
    """The best answer of `opinion` that is not the one of `intent`, else what the text mentions,
    else what is confused most often."""
    own = _label(intent)
    labels = [opinion.label, opinion.runner_up]
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
