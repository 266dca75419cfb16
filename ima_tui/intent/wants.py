"""What one clause asks for: the result that the grammars of both languages give."""

from __future__ import annotations

import re
from dataclasses import field
from functools import cache

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent.scan import LISTED, Clause, Item
from ima_tui.intent.vocabulary import vocabulary

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
    done: bool = False
    """Somebody made it already: "I wrote a song"."""
    content: bool = False
    speech_from: int | None = None
    """Where the text to be spoken begins, once speech is asked for."""


def want_of(
    reading: ClauseReading,
    item: Item,
    medium: Medium | None,
    *,
    works_on: bool = False,
    edit: bool = False,
    asked: bool = False,
    phrase: tuple[int, int] | None = None,
) -> Want:
    """What `item` asks for, in the clause of `reading`."""
    return Want(
        medium,
        item.start,
        item.end,
        works_on=works_on,
        edit=edit,
        asked=asked,
        phrase=phrase or (item.start, item.end),
        clause=reading.clause.index,
    )


def medium_of(item: Item) -> Medium | None:
    """The medium that a noun names, or None for a sound and everything else."""
    kind = item.under("noun")
    if kind == BOTH:
        return Medium.VIDEO
    return Medium(kind) if kind in Medium.__members__.values() else None


def is_noun(item: Item) -> bool:
    """Whether the item names a medium or a sound."""
    return bool(item.under("noun"))


def names_models(items: tuple[Item, ...], place: int) -> bool:
    """视频模型, "video model": the noun says which models, not what is wanted."""
    following = items[place + 1] if place + 1 < len(items) else None
    return following is not None and following.phrase in ("模型", "大模型", "model", "models")


@cache
def speakers() -> re.Pattern[str]:
    """Words for who speaks, or how."""
    return re.compile(vocabulary().any_of("speakers"))


def tells_how(clause: Clause) -> bool:
    """A line of its own about voice or speed, before the words to be spoken or behind them."""
    told = any(
        i.under(kind) for i in clause.items for kind in ("voice", "speed", "pitch", "volume")
    )
    rated = any(item.phrase in ("倍", "x", "语") for item in clause.items)
    return len(clause.items) <= 7 and (told or rated)


def is_inventory(clause: Clause) -> bool:
    """两张图：…, "two photos, …": with pictures at hand, it tells what is there."""
    kinds = [item for item in clause.items if not (item.under("number") or item.phrase.isdigit())]
    bare = [
        i for i in kinds if i.phrase not in "一二两三四五六七八九十几" and not i.under("classifier")
    ]
    alone = len(bare) == 1 or (len(bare) > 1 and bare[1].phrase in ("是", "都是"))
    return len(clause.items) > 1 and alone and bare[0].under("noun") == "image"


def begins_step(clause: Clause) -> bool:
    """Behind "then", 再, or with one of them near its head (修好之后再…)."""
    worded = clause.after.isalpha() and clause.after != LISTED
    if clause.items[0].phrase in ("once", "after", "when") and len(clause.items) > 1:
        second = clause.items[1].phrase  # "once restored, …"
        worded = worded or second.endswith("ed") or second in ("done", "that", "finished")
    worded = worded or any(item.phrase == "完" for item in clause.items[1:3])  # 换完做成视频
    return worded or any(item.has("seq") for item in clause.items[: 5 if clause.chinese else 2])


_FORMS = frozenset(
    {
        *("type", "medium", "media", "format", "kind", "output", "deliverable", "asset", "类型"),
        *("形式", "媒介", "媒体", "格式", "体裁", "作品形式", "作品类型", "交付物", "内容类型"),
        "产出",
    }
)


def is_form(clause: Clause) -> bool:
    """ "Type: image": a field of a form."""
    return len(clause.items) <= 3 and "".join(item.phrase for item in clause.items) in _FORMS


def is_whole(clause: Clause, want: Want) -> bool:
    """The clause says nothing but the thing wanted: adjectives before it, and behind it at most
    what it says or what it is for."""
    before = [item for item in clause.items if item.end <= want.start]
    behind = next((item for item in clause.items if item.start >= want.end), None)
    told = [item for item in before if not item.has("with", "and", "seq", "polite", "background")]
    plain = not any(item.has("stop", "neg", "given", "source.path") for item in told)
    plain = plain and not any(item.under("verb") not in ("", "speech", "want") for item in told)
    if len(told) > ADJECTIVES or not plain:
        return False
    if behind is None or behind.has("stop", "quote", "polite", "pronoun", "this", "and"):
        return True
    return behind.phrase in _SAYING or behind.under("verb") == "speech"


ADJECTIVES = 6
_SAYING = frozenset({"saying", "says", "reading", "reads", "telling", "narrating", "should", "is",
                     "要", "应", "是", "为", "用", "说", "playing", "plays"})  # fmt: skip
