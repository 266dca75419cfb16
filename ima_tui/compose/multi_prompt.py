"""Several wishes in one text: a line each, or variants in braces. Each is read for itself, so that
`a fox, {16:9|9:16}` is two shapes; what was chosen by hand holds for all.

Rows, variants and the names of their intents are `batch`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ima_tui.batch import rows as batch
from ima_tui.batch.rows import BadRow, Kind, Row
from ima_tui.compose import apply_intent, confirmation
from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import Desk
from ima_tui.core.domain import Leaf, Order, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.intent.intent import Kind as Reading
from ima_tui.intent.intent import Question

if TYPE_CHECKING:
    from ima_tui.compose.confirmation import Unmet
    from ima_tui.intent.intent import Decision

MOST = 500
"""Wishes at once: more are better told to `ima-tui batch`, which can be run again."""
Decide = Callable[[str, Desk], "Decision | None"]
Suggest = Callable[[TaskType], Leaf | None]


@dataclass(frozen=True, slots=True)
class Wish:
    """One of them: its row, and its order or why there is none."""

    row: Row
    order: Order | None = None
    leaf: Leaf | None = None
    problem: UsageError | None = None
    unmet: tuple[Unmet, ...] = ()
    """What would be sent otherwise than it was asked for."""
    kind: TaskType | None = None
    """What it is read as."""


@dataclass(frozen=True, slots=True)
class Several:
    """All of them, in their order. `problem`: the text as a whole can't be taken apart."""

    wishes: tuple[Wish, ...] = ()
    problem: UsageError | None = None

    @property
    def total(self) -> int:
        return sum(wish.order.total for wish in self.wishes if wish.order is not None)

    @property
    def bad(self) -> tuple[Wish, ...]:
        return tuple(wish for wish in self.wishes if wish.problem is not None)


def rows(text: str, *, by_lines: bool) -> tuple[Row, ...]:
    """The wishes of `text`; of a single one an empty tuple, for nothing is to be taken apart.

    Raises `UsageError` where they are too many.
    """
    if not text.strip():
        return ()
    if by_lines:
        found = batch.parse(text, Kind.TEXT)
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
    """What the screen reads as a whole: where each line is a wish, up to the end of the first."""
    if not by_lines:
        return text
    begin = len(text) - len(text.lstrip())
    end = text.find("\n", begin)
    return text if end < 0 else text[:end]


def plan(desk: Desk, parts: Sequence[Row], decide: Decide, suggested: Suggest) -> Several:
    """Every row read and priced on a copy of `desk`. Some 0.5 ms each."""
    return Several(tuple(_wish(desk.copy(), row, decide, suggested) for row in parts))


def _wish(desk: Desk, row: Row, decide: Decide, suggested: Suggest) -> Wish:
    decision = decide(row.prompt, desk)
    problem = _unclear(decision)
    if problem is not None:
        return Wish(row, problem=problem)
    desk.hear(decision, suggested(desk.meant(decision)))
    if desk.leaf is None or desk.draft is None:
        return Wish(row, problem=UsageError("error.no_models"), kind=desk.kind)
    draft = replace(desk.draft, prompt=words_of(row.prompt, desk))
    try:
        order, _ = drafting.finish(desk.leaf, draft)
    except UsageError as error:
        return Wish(row, leaf=desk.leaf, problem=error, kind=desk.kind)
    order = replace(order, inputs=desk.ordered(order.inputs))
    unmet = confirmation.check(row.prompt, decision, desk.leaf, draft, desk.pinned).unmet
    return Wish(row, order, desk.leaf, unmet=unmet, kind=desk.kind)


def _unclear(decision: Decision | None) -> UsageError | None:
    """The question that has to be answered before this one can be sent."""
    if decision is None:
        return UsageError("compose.one_needs_medium")
    if decision.question is Question.MEDIA_TYPE:
        return UsageError("compose.one_needs_medium")
    if decision.kind is Reading.WORKFLOW:
        return UsageError("compose.one_is_a_workflow")
    if decision.kind is Reading.PREFERENCE:
        return UsageError("compose.one_is_a_preference")
    if decision.question is Question.IMAGE_ROLES:
        return UsageError("compose.one_needs_roles")
    if decision.question is Question.MISSING_INPUT:
        return UsageError("compose.one_needs_input")
    return None


def words_of(text: str, desk: Desk) -> str:
    """What goes out as the prompt."""
    return apply_intent.prompt(text, desk.decision, desk.kind, desk.leaf)
