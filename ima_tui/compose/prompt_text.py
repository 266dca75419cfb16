"""The text of a prompt: several prompts or jobs in one, lyrics, and the words that are marked.

Several prompts are a line each, or variants in braces. Each is read for itself, so that `a fox,
{16:9|9:16}` is two shapes; what was chosen by the user holds for all. Rows, variants and the names
of their intents are `batch`'s. `shares`: several jobs, where a prompt asks for more results than
one job of the model makes.

A model that sings lyrics word for word takes them from the prompt, so the editor of lyrics changes
the prompt, and the words that describe the song stay.

A highlight outlives a key: until the prompt is read again, what stands behind the edit moves along
with it, and what was edited itself is let go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import KIND, MODEL, ORDER, Composer
from ima_tui.core.domain import ModelVersion, Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.intent.kinds import Confidence, IntentQuestion, RequestKind
from ima_tui.subjects import mentions

if TYPE_CHECKING:
    from ima_tui.batch.rows import Row
    from ima_tui.compose.confirmation import Unmet
    from ima_tui.intent.intent import Intent
    from ima_tui.intent.lyrics import Lyrics


MOST = 500
"""Prompts at once: more are better told to `ima-tui batch`, which can be run again."""
Decide = Callable[[str, Composer], "Intent | None"]
Suggest = Callable[[TaskType], ModelVersion | None]


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """One of them: its row, and its order or why there is none."""

    row: Row
    order: Order | None = None
    model: ModelVersion | None = None
    problem: UsageError | None = None
    unmet: tuple[Unmet, ...] = ()
    """What would be sent otherwise than it was asked for."""
    task_type: TaskType | None = None
    """What it is read as."""


@dataclass(frozen=True, slots=True)
class MultiPrompt:
    """All of them, in their order. `problem`: the text as a whole can't be taken apart."""

    entries: tuple[PromptDraft, ...] = ()
    problem: UsageError | None = None

    @property
    def total(self) -> int:
        """The price of all of them, in points."""
        return sum(entry.order.total for entry in self.entries if entry.order is not None)

    @property
    def bad(self) -> tuple[PromptDraft, ...]:
        """Those that can't be sent."""
        return tuple(entry for entry in self.entries if entry.problem is not None)


def rows(text: str, *, by_lines: bool) -> tuple[Row, ...]:
    """The prompts of `text`; of a single one an empty tuple, for nothing is to be taken apart.

    Raises `UsageError` where they are too many.
    """
    if not text.strip():
        return ()
    from ima_tui.batch import rows as batch
    from ima_tui.batch.rows import BadRow, Row, RowKind

    if by_lines:
        found = batch.parse(text, RowKind.TEXT)
        for row in found:
            if isinstance(row, BadRow):
                raise row.error
        made = tuple(row for row in found if isinstance(row, Row))
    else:
        prompts = batch.variants(text)
        made = tuple(Row(1, 1, prompt, variant) for variant, prompt in enumerate(prompts))
    if len(made) > MOST:
        raise UsageError("compose.too_many", count=len(made), limit=MOST)
    return made if len(made) > 1 else ()


def first_line(text: str, *, by_lines: bool) -> str:
    """What the screen reads as a whole: where each line is a prompt, up to the end of the first."""
    if not by_lines:
        return text
    begin = len(text) - len(text.lstrip())
    end = text.find("\n", begin)
    return text if end < 0 else text[:end]


def plan(
    composer: Composer, parts: Sequence[Row], decide: Decide, suggested: Suggest
) -> MultiPrompt:
    """Every row read and priced on a copy of `composer`. Some 0.5 ms each."""
    return MultiPrompt(tuple(_drafted(composer.copy(), row, decide, suggested) for row in parts))


def _drafted(composer: Composer, row: Row, decide: Decide, suggested: Suggest) -> PromptDraft:
    from ima_tui.compose import confirmation

    composer.last = None  # of many prompts nobody would see which one is made of it
    intent = decide(row.prompt, composer)
    problem = _unclear(intent, settled=KIND in composer.pins)
    if problem is not None:
        return PromptDraft(row, problem=problem)
    composer.hear(intent, suggested(composer.meant(intent)))
    if composer.model is None or composer.draft is None:
        return PromptDraft(row, problem=UsageError("error.no_models"), task_type=composer.task_type)
    draft = replace(composer.draft, prompt=words_of(row.prompt, composer))
    try:
        order, _ = drafting.finish(composer.model, draft)
    except UsageError as error:
        return PromptDraft(row, model=composer.model, problem=error, task_type=composer.task_type)
    order = replace(
        order, inputs=drafting.ordered(order.inputs, composer.order), project=composer.project
    )
    unmet = confirmation.check(row.prompt, intent, composer.model, draft, composer.pins).unmet
    return PromptDraft(row, order, composer.model, unmet=unmet, task_type=composer.task_type)


def _unclear(intent: Intent | None, *, settled: bool) -> UsageError | None:
    """The question that has to be answered before this one can be sent."""
    if intent is None:
        return UsageError("compose.one_needs_medium")
    if intent.question is IntentQuestion.MEDIA_TYPE:
        return UsageError("compose.one_needs_medium")
    if intent.kind is RequestKind.WORKFLOW:
        return UsageError("compose.one_is_a_workflow")
    if intent.kind is RequestKind.PREFERENCE:
        return UsageError("compose.one_is_a_preference")
    if intent.question is IntentQuestion.IMAGE_ROLES:
        return UsageError("compose.one_needs_roles")
    if intent.question is IntentQuestion.MISSING_INPUT:
        return UsageError("compose.one_needs_input")
    if intent.kind is RequestKind.QUESTION and not settled:
        return UsageError("compose.one_is_a_question")
    if intent.confidence is Confidence.UNSURE and not settled:
        return UsageError("compose.one_needs_medium")
    return None


def words_of(text: str, composer: Composer) -> str:
    """What goes out as the prompt; the names of subjects stay, without their `@`."""
    from ima_tui.compose import apply_intent

    words = apply_intent.prompt(text, composer.intent, composer.task_type, composer.model)
    return mentions.without_signs(words, mentions.find(words, composer.subjects))


def lyrics_of(text: str) -> str:
    """Return the lyrics in a prompt, without their quotation marks; "" for none."""
    found = _find(text)
    return text[slice(*found.words)] if found is not None else ""


def with_lyrics(text: str, lyrics: str) -> str:
    """Return the prompt with these lyrics instead of those that it has; "" takes them out."""
    found, lyrics = _find(text), lyrics.strip()
    if not lyrics:
        if found is None:
            return text
        start, end = found.whole
        return (text[:start].rstrip(" ,，:：\n") + found.heading + text[end:]).strip(" ,，\n")
    if found is not None and '"' not in lyrics and "”" not in lyrics:
        start, end = found.words
        return text[:start] + lyrics + text[end:]
    before = with_lyrics(text, "").rstrip() if found is not None else text.rstrip()
    return f"{before}\n\n{say('editor.prompt_lyrics')}\n{lyrics}".lstrip()


def _find(text: str) -> Lyrics | None:
    from ima_tui.intent.lyrics import find_lyrics

    return find_lyrics(text)


MOST_RESULTS = 60
"""Results of one prompt that are offered as several jobs; more are a batch."""


def shares(composer: Composer, order: Order) -> tuple[int, ...]:
    """How many results each of several jobs makes, where the prompt asks for more than one job
    of the model makes; () where one job is enough."""
    intent, model = composer.intent, composer.model
    if intent is None or model is None or COUNT in composer.pins:
        return ()
    asked = (one.value for one in intent.requirements if one.name == "n")
    left, counts = next(asked, 0), form.counts(model)
    if not isinstance(left, int) or not order.n < left <= MOST_RESULTS:
        return ()
    found: list[int] = []
    while left and (fitting := [each for each in counts if each <= left]):
        found.append(max(fitting))
        left -= found[-1]
    return tuple(found) if not left else ()


REMEMBER, LIMIT = "remember", "limit"
"""Parts that are no parameter: what is to be remembered, and what isn't available."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """Characters `start` to `end` gave `part`."""

    start: int
    end: int
    part: str


class SetBy(StrEnum):
    """Who set a part of the draft."""

    HAND = "hand"
    WORDS = "words"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a part of the draft, and the words of the prompt that did (`spans`)."""

    by: SetBy
    spans: tuple[tuple[int, int], ...] = ()


def origin(composer: Composer, part: str) -> Origin:
    """Return where `part` (as in `Pins`) comes from."""
    if part in composer.pins:
        return Origin(SetBy.HAND)
    intent = composer.intent
    if intent is None or intent.task_type is not composer.task_type:
        return Origin(SetBy.ITSELF)
    told = {KIND: ("media", "task_type"), MODEL: ("model", "tier"), ORDER: ("images_role",)}
    if part in composer.read:
        told[part] = (composer.read[part].part,)
    spans = tuple(span for name in told.get(part, ()) for span in intent.spans(name))
    return Origin(SetBy.WORDS, spans) if spans else Origin(SetBy.ITSELF)


def unmet(composer: Composer) -> frozenset[str]:
    """Parameters that have another value than the words ask for: the model doesn't offer that."""
    return frozenset(name for name, one in composer.read.items() if not one.exact)


def marks(composer: Composer) -> tuple[Highlight, ...]:
    """The words that count, in their order; what was chosen by the user has none."""
    spans = [
        (span, part)
        for part in (KIND, MODEL, ORDER, *sorted(composer.read))
        for span in origin(composer, part).spans
    ]
    if composer.intent is not None:
        spans += [(span, REMEMBER) for span in composer.intent.spans("preference")]
        parameters = {span for span, part in spans if part in composer.read}  # see `unmet`
        limits = (span for span in composer.intent.spans("unsupported") if span not in parameters)
        spans += [(span, LIMIT) for span in limits]
    return tuple(Highlight(start, end, part) for (start, end), part in sorted(spans))


def moved(known: Sequence[Highlight], before: str, after: str) -> tuple[Highlight, ...]:
    """`known` marks of `before` in `after`, which is the same text with one stretch replaced."""
    if before == after:
        return tuple(known)
    head = _shared(before, after)
    room = min(len(before), len(after)) - head
    tail = min(room, _shared(before[::-1], after[::-1]))
    edited_to, by = len(before) - tail, len(after) - len(before)
    kept: list[Highlight] = []
    for mark in known:
        if mark.end <= head:
            kept.append(mark)
        elif mark.start >= edited_to:
            kept.append(replace(mark, start=mark.start + by, end=mark.end + by))
    return tuple(kept)


def _shared(one: str, other: str) -> int:
    """Characters that both begin with."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(i for i in range(length) if one[i] != other[i])


def by_line(
    known: Sequence[Highlight], lines: Sequence[str], ending: int = 1
) -> Mapping[int, tuple[Highlight, ...]]:
    """Marks by the line they stand on, in columns; `ending`: characters between two lines."""
    found: dict[int, tuple[Highlight, ...]] = {}
    begin = 0
    for number, line in enumerate(lines):
        end = begin + len(line)
        here = tuple(
            replace(mark, start=max(mark.start, begin) - begin, end=min(mark.end, end) - begin)
            for mark in known
            if max(mark.start, begin) < min(mark.end, end)
        )
        if here:
            found[number] = here
        begin = end + ending
    return found
