"""What one clause asks for: the result that the grammars of both languages give."""

from __future__ import annotations

from dataclasses import dataclass, field

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import Clause, Item

SOUND = "sound"
BOTH = "both"
EXISTING_BEFORE = 5
"""Items before a noun in which "this", "my", 这张 still belong to it."""


@dataclass(frozen=True, slots=True)
class Want:
    """One thing asked for. `medium` is None for a sound that may be music or speech.

    `works_on`  it is made of something: an input, or what an earlier step made
    `edit`      the input stays and is altered
    `asked`     a verb or marker asks for it (else it stands there as a bare noun)
    `heads`     it is the noun phrase that the text opens with
    `extra`     it goes along with another want ("with background music")
    `phrase`    characters of the noun phrase it heads, for counting words in it
    """

    medium: Medium | None
    start: int
    end: int
    works_on: bool = False
    edit: bool = False
    asked: bool = False
    extra: bool = False
    heads: bool = False
    phrase: tuple[int, int] = (0, 0)
    clause: int = 0


@dataclass(slots=True)
class ClauseReading:
    """`existing` is an image that the clause points at; `weak` are nouns that are only mentioned;
    `content` says that the clause describes, and asks for nothing."""

    clause: Clause
    wants: list[Want] = field(default_factory=list)
    weak: list[Want] = field(default_factory=list)
    refused: list[Item] = field(default_factory=list)
    existing: Item | None = None
    motion: Item | None = None
    edit: Item | None = None
    given: bool = False
    content: bool = False
    speech_from: int | None = None
    """Where the text to be spoken begins, once speech is asked for."""


def medium_of(item: Item) -> Medium | None:
    """The medium that a noun names, or None for a sound and everything else."""
    kind = item.under("noun")
    if kind == BOTH:
        return Medium.VIDEO
    return Medium(kind) if kind in Medium.__members__.values() else None


def is_noun(item: Item) -> bool:
    return bool(item.under("noun"))


def names_models(items: tuple[Item, ...], place: int) -> bool:
    """视频模型, "video model": the noun says which models, not what is wanted."""
    following = items[place + 1] if place + 1 < len(items) else None
    return following is not None and following.phrase in ("模型", "大模型", "model", "models")
