"""Fit the linear model and pack it for the package: numpy and scikit-learn live here alone."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import SGDClassifier

from ima_tui.intent.classifier import HEADER, LABELS, MAGIC, SIZE, features
from intent_training.prompts import Prompt

ALPHA = 5e-6
PASSES = 8
SEED = 14
Rows = tuple[csr_matrix, np.ndarray]
"""Features and labels, a row for each prompt."""


@dataclass(frozen=True)
class Judged:
    """Features and labels of judged prompts, and how often each is learned from."""

    rows: csr_matrix
    labels: np.ndarray
    repeats: np.ndarray

    def repeated(self, among: np.ndarray | None = None) -> list[Rows]:
        """Every prompt `among` a mask as often as it counts."""
        among = np.ones(len(self.labels), bool) if among is None else among
        rounds = (among & (self.repeats > done) for done in range(self.repeats.max()))
        return [(self.rows[each], self.labels[each]) for each in rounds]


def matrix(prompts: Iterable[Prompt]) -> Rows:
    """One row of features for each prompt, and its label's number."""
    places: list[int] = []
    values: list[float] = []
    ends = [0]
    labels: list[int] = []
    for prompt in prompts:
        for group in features(prompt.text, prompt.images):
            counts = sorted(Counter(group).items())  # the order of features must not matter
            places += [place for place, _ in counts]
            values += [count / sqrt(len(group)) for _, count in counts]
        ends.append(len(places))
        labels.append(LABELS.index(prompt.label))
    rows = csr_matrix(
        (np.array(values, np.float64), np.array(places, np.int32), np.array(ends, np.int64)),
        shape=(len(labels), SIZE),
    )
    rows.sum_duplicates()
    return rows, np.array(labels)


def together(parts: Sequence[Rows]) -> Rows:
    return vstack([rows for rows, _ in parts], "csr"), np.concatenate([each for _, each in parts])


def fit(rows: csr_matrix, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (label × place) and biases: one against the rest, averaged stochastic descent."""
    weights = np.zeros((len(LABELS), SIZE))
    bias = np.zeros(len(LABELS))
    for number in range(len(LABELS)):
        model = SGDClassifier(
            loss="log_loss", alpha=ALPHA, max_iter=PASSES, tol=None, average=True, random_state=SEED
        )
        model.fit(rows, (labels == number).astype(np.int64))
        weights[number], bias[number] = model.coef_[0], model.intercept_[0]
    return weights, bias


def pack(weights: np.ndarray, bias: np.ndarray, combination: np.ndarray) -> bytes:
    """The file that `ima_tui.intent.classifier` reads. The scale covers the largest weight."""
    scale = float(np.float32(np.abs(weights).max() / 127))
    small = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    header = HEADER.pack(MAGIC, SIZE, combination.shape[1] - 1, scale, *bias)
    small_numbers = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_FILTERED)
    body = small_numbers.compress(small.tobytes() + combination.tobytes())
    return header + body + small_numbers.flush()


def scores(rows: csr_matrix, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return np.asarray(rows @ weights.T + bias)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
