"""A second opinion on what a prompt asks for: a linear classifier beside the rules.

Weights come from `classifier.bin`, made by `tools/train_intent.py`: a header, then, compressed, one
table of signed bytes for each label, and the weights by which `second_opinion` combines its scores
with the rules. One scale serves all tables and covers the largest weight, because clipping the
largest ones loses the most telling words. Plain Python, no dependency.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from functools import lru_cache
from importlib import resources
from math import sqrt
from operator import itemgetter

from ima_tui.core.records import dataclass
from ima_tui.intent.features import SIZE, features

LABELS = (
    *("image", "video", "music", "speech", "several", "question", "ask", "preference"),
    *("missing", "frames", "reference"),
)
"""What a prompt asks for: one medium, several (a workflow), an answer, nothing that can be made
without asking first, another default model; something to be made of a picture that is not there; a
video from a first to a last frame, or of what the attached pictures show."""
MAGIC = b"IMAC0003"
HEADER = struct.Struct(f"<8sIIf{len(LABELS)}f")
"""Magic, entries of a table, inputs of the combination, scale, then the bias of each label."""
MOST_INPUTS = 4096
"""Of the combination with the rules, in a file that is worth reading."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The packed model: one signed byte for each place and label, a scale and biases; and for each
    label the weights of the combination with the rules, the bias last."""

    scale: float
    bias: tuple[float, ...]
    tables: tuple[array[int], ...]
    combination: tuple[array[float], ...]


def read_weights(data: bytes) -> Weights:
    """The weights of a file; ValueError if it is not one of ours."""
    if len(data) < HEADER.size:
        raise ValueError("classifier.bin has the wrong length")
    magic, size, inputs, scale, *bias = HEADER.unpack_from(data)
    if magic != MAGIC or size != SIZE or inputs > MOST_INPUTS:
        raise ValueError("classifier.bin is of another version")
    tables, rows = len(LABELS) * SIZE, 4 * (inputs + 1)
    unpack = zlib.decompressobj()
    try:
        body = unpack.decompress(data[HEADER.size :], tables + len(LABELS) * rows + 1)
    except zlib.error as error:
        raise ValueError("classifier.bin is damaged") from error
    if len(body) != tables + len(LABELS) * rows or not unpack.eof:
        raise ValueError("classifier.bin has the wrong length")
    ends = range(tables, len(body), rows)
    return Weights(
        scale,
        tuple(bias),
        tuple(array("b", body[at : at + SIZE]) for at in range(0, tables, SIZE)),
        tuple(array("f", body[at : at + rows]) for at in ends),
    )


@lru_cache(maxsize=1)
def load() -> Weights:
    """The shipped weights, read once."""
    return read_weights(resources.files(__package__).joinpath("classifier.bin").read_bytes())


def scores(text: str, images: int = 0) -> tuple[float, ...]:
    """How much `text`, with `images` pictures given beside it, looks like each of `LABELS`."""
    weights = load()
    totals = list(weights.bias)
    for places in features(text, images):
        if not places:
            continue
        factor = weights.scale / sqrt(len(places))
        pick = itemgetter(*places)  # half the time of a map
        for label, table in enumerate(weights.tables):
            picked = pick(table)
            totals[label] += factor * (sum(picked) if len(places) > 1 else picked)
    return tuple(totals)
