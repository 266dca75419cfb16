"""A second opinion on what a prompt asks for: a linear classifier beside the rules.

Weights come from `classifier.bin`, made by `tools/train_intent.py`: a header, then one table of
signed bytes for each label. One scale serves all of them and covers the largest weight, because
clipping the largest ones loses the most telling words. Plain Python, no dependency.
"""

from __future__ import annotations

import struct
from array import array
from functools import lru_cache
from importlib import resources
from math import sqrt

from ima_tui.core.records import dataclass
from ima_tui.intent.features import SIZE, features

LABELS = ("image", "video", "music", "speech", "several", "question", "ask", "preference")
"""What a prompt asks for: one medium, several (a workflow), an answer, nothing that can be made
without asking first, or another default model."""
MAGIC = b"IMAC0002"
HEADER = struct.Struct(f"<8sIf{len(LABELS)}f")
"""Magic, entries of a table, scale, then the bias of each label."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The label with the highest score, how far it is ahead, and who comes second."""

    label: str
    margin: float
    runner_up: str
    scores: tuple[float, ...]
    """In the order of `LABELS`."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The packed model: one signed byte for each place and label, a scale and biases."""

    scale: float
    bias: tuple[float, ...]
    tables: tuple[array[int], ...]


def read_weights(data: bytes) -> Weights:
    """The weights of a file; ValueError if it is not one of ours."""
    if len(data) != HEADER.size + len(LABELS) * SIZE:
        raise ValueError("classifier.bin has the wrong length")
    magic, size, scale, *bias = HEADER.unpack_from(data)
    if magic != MAGIC or size != SIZE:
        raise ValueError("classifier.bin is of another version")
    starts = range(HEADER.size, len(data), SIZE)
    return Weights(scale, tuple(bias), tuple(array("b", data[at : at + SIZE]) for at in starts))


@lru_cache(maxsize=1)
def load() -> Weights:
    """The shipped weights, read once."""
    return read_weights(resources.files(__package__).joinpath("classifier.bin").read_bytes())


def classify(text: str, images: int = 0) -> Opinion:
    """What `text` asks for, with `images` pictures given beside it."""
    weights = load()
    totals = list(weights.bias)
    for places in features(text, images):
        if not places:
            continue
        factor = weights.scale / sqrt(len(places))
        for label, table in enumerate(weights.tables):
            totals[label] += factor * sum(map(table.__getitem__, places))
    order = sorted(range(len(LABELS)), key=lambda label: (-totals[label], label))
    best, second = order[0], order[1]
    return Opinion(LABELS[best], totals[best] - totals[second], LABELS[second], tuple(totals))
