"""The rules' intent weighed against a classifier: who is followed, and when to ask.

Both are evidence: what the rules read and how they came to it, and the classifier's scores. A small
model, fitted to prompts that neither had seen (`tools/intent_training/combine.py`), turns them into
a probability for each label. The most probable one is followed; it is `sure` from `SURE` on.
Without the classifier's weights the rules decide, and only what they guessed is unsure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import exp

from ima_tui.catalogue import order
from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import classifier, tasks
from ima_tui.intent.classifier import LABELS
from ima_tui.intent.intent import Intent, RunnerUp
from ima_tui.intent.kinds import Confidence, IntentQuestion, RequestKind

SURE = 0.83
"""The least probability of what is made without asking: of prompts by strangers one in a hundred
is then taken for something else."""
SURE_OF_BRIEF = 0.9
"""The same of a long description, of which fewer were there to learn from."""
SURE_ALONE = 0.95
"""The same of a text that is too long to be read twice."""
NO_WISH = 0.5
"""From which a text is a question, or asks for nothing, and no guess is preselected."""
NAMED = 0.6
"""From which a medium is taken that the text does not name; below, it is asked for."""
OUTRIGHT = 0.65
"""From which something else is followed than the one medium that the text names."""
MAY_MISS = 0.4
"""From which a picture may be missing, whatever is asked for."""
NOT_MISSING = 0.15
"""Below which a picture that the rules miss is not asked for."""
SEVERAL, QUESTION, PREFERENCE, ASK = "several", "question", "preference", "ask"
MISSING, FRAMES, REFERENCE, ROLES = "missing", "frames", "reference", "roles"
_MEDIA = frozenset(medium.value for medium in Medium)
_SEEN = (Medium.IMAGE.value, Medium.VIDEO.value)
_BOUGHT = _MEDIA | {SEVERAL, FRAMES, REFERENCE}
BY_ROLE = {FRAMES: TaskType.FIRST_LAST_FRAME, REFERENCE: TaskType.REFERENCE_TO_VIDEO}
"""Labels that say what the pictures are for."""
_LABEL_OF_ROLE = {task_type: label for label, task_type in BY_ROLE.items()}
_FLAGS = ("guessed", "explicit", "asked", "brief", "wonders", "bare", "vague")
_READ = (*LABELS, ROLES)
"""Labels of what the rules read."""
_LENGTHS = (20, 60, 250, 1000)
_DENSE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_DENSER = 3
"""A Chinese character counts for so many Latin ones."""
_PER_SCORE = 0.25
"""Brings scores to the size of the other inputs."""

Beliefs = Mapping[str, float]
"""The probability of each of `LABELS`; of those left out it is 0."""


def believe(text: str, intent: Intent) -> Beliefs | None:
    """How probable each label is for `text`, which the rules read as `intent`; None where the
    classifier's weights are not installed."""
    if not _has_weights():
        return None
    scores = classifier.scores(text.strip(), len(intent.inputs))
    inputs = (*evidence(text, intent, scores), 1.0)
    rows = classifier.load().combination
    totals = [sum(w * x for w, x in zip(row, inputs, strict=True)) for row in rows]
    most = max(totals)
    powers = [exp(total - most) for total in totals]
    return {label: power / sum(powers) for label, power in zip(LABELS, powers, strict=True)}


@cache
def _has_weights() -> bool:
    try:
        classifier.load()
    except FileNotFoundError:
        return False
    return True


def evidence(text: str, intent: Intent, scores: Sequence[float]) -> Iterator[float]:
    """The inputs of the combination: the classifier's scores, what the rules read and how, how
    long the text is, and what is attached to it."""
    scaled = [score * _PER_SCORE for score in scores]
    yield from scaled
    second, first = sorted(scaled)[-2:]
    yield first - second
    read = label_of(intent)
    flags = [float(getattr(intent, flag)) for flag in _FLAGS]
    flags.append(float(any(each.part == "media" for each in intent.alternatives)))
    for label in _READ:
        yield float(label == read)
        yield from (flag if label == read else 0.0 for flag in flags)
    best = LABELS[scaled.index(first)]
    for label in LABELS:
        agree = float(label == read == best)
        yield agree
        yield agree * float(intent.explicit and intent.asked)
    dense = _DENSE.search(text) is not None
    length = len("".join(text.split())) * (_DENSER if dense else 1)
    yield from (float(length > least) for least in _LENGTHS)
    yield float(dense)
    images = len(intent.inputs)
    yield from (float(images == 1), float(images == 2), float(images > 2))
    for case in (images == 1, images > 1):
        yield from (score if case else 0.0 for score in scaled)


def label_of(intent: Intent) -> str:
    """The label of what the rules read; `roles` where they ask what the pictures are for."""
    if intent.kind is RequestKind.WORKFLOW:
        return SEVERAL
    if intent.kind in (RequestKind.QUESTION, RequestKind.PREFERENCE):
        return intent.kind.value
    asked = {IntentQuestion.MEDIA_TYPE: ASK, IntentQuestion.MISSING_INPUT: MISSING}
    if intent.question is not None:
        return asked.get(intent.question, ROLES)
    by_role = _LABEL_OF_ROLE.get(intent.task_type) if intent.task_type and intent.inputs else None
    return by_role or (intent.medium.value if intent.medium else ASK)


ReadAs = Callable[[str], Intent]
"""The rules' reading of the same text, for a label that is known."""


def weigh(intent: Intent, beliefs: Beliefs | None, read_as: ReadAs) -> Intent:
    """`intent` with its confidence, or the intent for the label that is more probable."""
    if beliefs is None:
        open_ = intent.question is not None
        return _unsure(intent, None) if open_ or intent.guessed or intent.brief else intent
    beliefs = _with_preference(intent, beliefs)
    if _is_settled(intent, beliefs):
        return _unsure(intent, None) if intent.question is not None else intent
    ranked = _ranked(beliefs)
    if ranked[0] in (SEVERAL, label_of(intent)) and _works_on_it(intent):
        return intent
    if _only_a_subject(intent) and ranked[0] in _SEEN:
        return _unsure(intent, _answer(ranked[0], intent))
    own = label_of(intent)
    firm = [ranked[0], own]
    for label in firm if own in _BOUGHT else ranked:
        found = _read(label, beliefs.get(label, 0.0), intent, read_as)
        if found is None:
            continue
        free = found.kind in (RequestKind.QUESTION, RequestKind.PREFERENCE)
        least = SURE_OF_BRIEF if intent.brief or label != own in _BOUGHT else SURE
        sure = found.question is None and (free or _chance(label, intent, beliefs) >= least)
        return found if sure else _unsure(found, _other(ranked, found))
    return _unsure(intent, _other(ranked, intent))


def _with_preference(intent: Intent, beliefs: Beliefs) -> Beliefs:
    """ "always use X; draw a fox" is both: no doubt about the fox."""
    own, kept = beliefs.get(label_of(intent), 0.0), beliefs.get(PREFERENCE, 0.0)
    if intent.preference is None or label_of(intent) not in _BOUGHT:
        return beliefs
    of_another = any(each.model_id == intent.preference.model_id for each in intent.misplaced)
    if own < kept and not of_another:
        return beliefs
    return {**beliefs, label_of(intent): own + kept, PREFERENCE: 0.0}


def _ranked(beliefs: Beliefs) -> list[str]:
    return sorted(beliefs, key=lambda label: -beliefs[label])


def _is_settled(intent: Intent, beliefs: Beliefs) -> bool:
    """The classifier has nothing to say: it does not know a film or a sound among the inputs, and
    what the rules miss is asked for unless that is improbable."""
    misses = label_of(intent) == MISSING and beliefs.get(MISSING, 0.0) >= NOT_MISSING
    return misses or any(map(order.is_media, intent.inputs))


def compare(intent: Intent, beliefs: Beliefs | None) -> Intent:
    """`intent` of a very long text, which is not read twice: sure only if it is very probable, and
    never if it is about several things."""
    own = label_of(intent)
    if beliefs is None or intent.question is not None:
        return _unsure(intent, None)
    sure = own != SEVERAL and _chance(own, intent, beliefs) >= SURE_ALONE
    if own not in _BOUGHT or sure:
        return intent
    return _unsure(intent, _other(_ranked(beliefs), intent))


def _works_on_it(intent: Intent) -> bool:
    """ "animate it": it is the attached picture, and not what another step makes."""
    return bool(intent.inputs) and intent.bare and intent.asked and intent.explicit


def _chance(label: str, intent: Intent, beliefs: Beliefs) -> float:
    """The probability of `label`; where a verb asks for it by name, leaving out that nothing is
    asked for."""
    named = label == label_of(intent) and intent.explicit and intent.asked
    if not named or beliefs.get(MISSING, 0.0) >= MAY_MISS:
        return beliefs.get(label, 0.0)
    bought = sum(value for each, value in beliefs.items() if each in _BOUGHT)
    return beliefs.get(label, 0.0) / (bought or 1.0)


def _only_a_subject(intent: Intent) -> bool:
    """ "a fox, 16:9": nobody can tell what is to be made of it."""
    asked = intent.question is IntentQuestion.MEDIA_TYPE
    return asked and (intent.vague or (intent.bare and not intent.inputs))


def _read(label: str, probability: float, intent: Intent, read_as: ReadAs) -> Intent | None:
    """The text read as `label`; None where it can't be, or where that is not probable enough to
    outweigh what the text says outright."""
    own = label_of(intent)
    if label == own or (label == ASK and own == ROLES):
        return intent
    if probability < _least(label, intent):
        return None
    if label in (ASK, MISSING, QUESTION):
        return _not_bought(label, intent)
    found = read_as(label)
    return found if label_of(found) == label or found.question is not None else None


def _least(label: str, intent: Intent) -> float:
    """How probable `label` has to be to be followed instead of what the rules read."""
    own = label_of(intent)
    if own == ROLES:
        return SURE_ALONE
    if own == ASK and label not in (MISSING, QUESTION):
        return NAMED
    alone = own in _MEDIA or own in BY_ROLE
    plain = alone and intent.explicit and (intent.asked or label == SEVERAL)
    if plain and label == ASK and intent.inputs:
        return 1.0  # it is about what is attached
    if plain:
        return SURE_OF_BRIEF if label == SEVERAL else SURE
    if label not in _BOUGHT:
        return NO_WISH
    return OUTRIGHT if own in _MEDIA and intent.explicit else 0.0


def _not_bought(label: str, intent: Intent) -> Intent | None:
    if label == ASK:
        return _asking(intent, IntentQuestion.MEDIA_TYPE)
    if intent.inputs:
        return None
    if label == MISSING:
        return _asking(intent, IntentQuestion.MISSING_INPUT)
    return replace(intent, kind=RequestKind.QUESTION, question=None, task_type=None, steps=())


def _asking(intent: Intent, question: IntentQuestion) -> Intent:
    return replace(intent, kind=RequestKind.CLARIFY, question=question, task_type=None, steps=())


def _unsure(intent: Intent, other: RunnerUp | None) -> Intent:
    return replace(intent, confidence=Confidence.UNSURE, runner_up=other)


def _other(ranked: Sequence[str], intent: Intent) -> RunnerUp | None:
    """The most probable thing to buy that is not what `intent` is about."""
    own, images = label_of(intent), bool(intent.inputs)
    others = (each for each in ranked if each in _BOUGHT and each != own)
    fit = (each for each in others if images or each not in BY_ROLE)
    label = next(fit, None)
    return None if label is None else _answer(label, intent)


def _answer(label: str, intent: Intent) -> RunnerUp:
    images = len(intent.inputs)
    if label == SEVERAL:
        return RunnerUp(RequestKind.WORKFLOW)
    if label in BY_ROLE:
        return RunnerUp(RequestKind.SINGLE, BY_ROLE[label])
    return RunnerUp(RequestKind.SINGLE, task_type_for(Medium(label), images))


def task_type_for(medium: Medium, images: int) -> TaskType:
    """The plainest task type that makes `medium` from so many pictures."""
    if not images or medium not in (Medium.IMAGE, Medium.VIDEO):
        return tasks.from_text(medium)
    of_medium = [each for each in TaskType if each.medium is medium and each.takes_inputs]
    pairs = [each for each in of_medium if each.inputs == (images, images)]
    return (pairs or of_medium)[0]
