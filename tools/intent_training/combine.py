"""Fit the combination of the rules and the classifier.

The classifier scores each fifth of the judged prompts after learning from the rest. Most are by
strangers, and the rules were not mended by them; the others, by which they were, keep the
combination from doubting plain requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from sklearn.linear_model import LogisticRegression

from ima_tui.intent import second_opinion
from ima_tui.intent.classifier import LABELS
from ima_tui.intent.route import route
from intent_training import fit
from intent_training.fit import Judged, Rows
from intent_training.prompts import Prompt

FOLDS = 5
STRICTNESS = 0.3
"""The less, the nearer to no weights at all."""


def folds(prompts: Sequence[Prompt]) -> np.ndarray:
    """Which fifth a prompt is in: told by its text."""
    return np.array([crc32(each.text.encode()) % FOLDS for each in prompts])


def scored(prompts: Sequence[Prompt], made: Rows, own: Judged) -> np.ndarray:
    """The classifier's scores for each prompt, by a model that has not seen its fifth."""
    fold = folds(prompts)
    found = np.zeros((len(prompts), len(LABELS)))
    for number in range(FOLDS):
        seen = fold != number
        weights = fit.fit(*fit.together([made, *own.repeated(seen)]))
        found[~seen] = fit.scores(own.rows[~seen], *weights)
    return found


def inputs(prompts: Sequence[Prompt], scores: np.ndarray) -> np.ndarray:
    """What the combination is fitted to: the same numbers as in the program."""
    rows = []
    for prompt, each in zip(prompts, scores, strict=True):
        images = [f"{number}.png" for number in range(prompt.images)]
        intent = route(prompt.text, images, weighed=False)
        rows.append(list(second_opinion.evidence(prompt.text, intent, each.tolist())))
    return np.array(rows)


def fitted(
    rows: np.ndarray, prompts: Sequence[Prompt], shares: np.ndarray | None = None
) -> LogisticRegression:
    """The combination; `shares`: what each prompt counts."""
    labels = np.array([LABELS.index(each.label) for each in prompts])
    model = LogisticRegression(C=STRICTNESS, max_iter=3000)
    return model.fit(rows, labels, sample_weight=shares)


def weights(model: LogisticRegression) -> np.ndarray:
    """Label × (inputs, bias), as float32."""
    if list(model.classes_) != list(range(len(LABELS))):
        raise ValueError("a label without prompts")
    return np.hstack([model.coef_, model.intercept_[:, None]]).astype("<f4")


def report(rows: np.ndarray, prompts: Sequence[Prompt], names: Sequence[str]) -> None:
    """Right, silently wrong and asked at several bounds, each fifth by a model fitted to the
    others; and the share that is right of each set."""
    labels = np.array([LABELS.index(each.label) for each in prompts])
    fold, found = folds(prompts), np.zeros((len(prompts), len(LABELS)))
    for number in range(FOLDS):
        seen = fold != number
        model = fitted(rows[seen], [each for each, is_ in zip(prompts, seen, strict=True) if is_])
        found[np.ix_(~seen, model.classes_)] = model.predict_proba(rows[~seen])
    right, most = found.argmax(1) == labels, found.max(1)
    for name in dict.fromkeys(names):
        own = np.array([each == name for each in names])
        print(f"{name:>8}: {right[own].mean():6.1%} of {own.sum()}")
    print("sure from | right and sure | silently wrong | asked")
    for bound in (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
        sure = most >= bound
        print(
            f"{bound:>9} | {(sure & right).mean():14.1%} | {(sure & ~right).mean():14.1%} |"
            f" {(~sure).mean():5.1%}"
        )
