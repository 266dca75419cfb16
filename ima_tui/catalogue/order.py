"""A draft that was checked and priced becomes an order. Nothing here reads a file or the net."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ima_tui.catalogue import form, price, times
from ima_tui.domain import Draft, Leaf, Order, Value
from ima_tui.errors import UsageError
from ima_tui.text import clean, encodable, one_line

LONGEST_PROMPT = 20_000
COUNT = "n"
"""The number of outputs: no parameter of any form, though it may be written like one."""


def place(leaf: Leaf, draft: Draft) -> tuple[Order, price.Quote]:
    """The order for `draft` on `leaf`, and the quote behind it (with what it changes).

    Raises `UsageError` for an empty prompt, a value the leaf does not offer, choices that
    exclude each other, a number of outputs or inputs that can't be.
    """
    _check_prompt(draft)
    check_inputs(leaf, draft.inputs)
    check_count(leaf, draft.n)
    chosen = accepted(leaf, draft.chosen)
    quote = price.quote(leaf, chosen, draft.n)
    order = Order(
        task_type=draft.task_type,
        model_id=leaf.model_id,
        version=leaf.version,
        model_name=leaf.name,
        prompt=encodable(clean(draft.prompt).strip()),
        n=draft.n,
        parameters=tuple(quote.parameters.items()),
        attribute_id=quote.rule.attribute_id,
        points=quote.rule.points,
        inputs=draft.inputs,
        estimate=times.estimate(leaf),
        confirmed=quote.total,
    )
    return order, quote


def accepted(leaf: Leaf, chosen: tuple[tuple[str, Value], ...]) -> dict[str, Value]:
    """Choices in the leaf's own names, values and JSON types."""
    return dict(form.accept(leaf, name, value) for name, value in chosen)


def _check_prompt(draft: Draft) -> None:
    if not clean(draft.prompt).strip():
        raise UsageError("error.empty_prompt")
    if len(draft.prompt) > LONGEST_PROMPT:
        raise UsageError(
            "error.too_long", name="prompt", length=len(draft.prompt), limit=LONGEST_PROMPT
        )


def input_counts(leaf: Leaf) -> tuple[int, int | None]:
    """At least, at most: the leaf's own limits where it has some, else the task type's."""
    low, high = leaf.task_type.inputs
    if not leaf.task_type.takes_inputs or high is not None:
        return low, high
    low = max([low, *(one.at_least or 0 for one in leaf.accepts)])
    most = [one.at_most for one in leaf.accepts if one.at_most is not None]
    if not most or len(most) < len(leaf.accepts):
        return low, None
    return low, max(low, sum(most))


def check_inputs(leaf: Leaf, inputs: tuple[str, ...]) -> None:
    low, high = input_counts(leaf)
    if low <= len(inputs) and (high is None or len(inputs) <= high):
        return
    if high == 0:
        raise UsageError("error.no_inputs_taken", given=len(inputs), model=leaf.name)
    key = "error.inputs_exactly" if low == high else "error.inputs_range"
    most = "∞" if high is None else str(high)
    raise UsageError(key, low=low, high=most, given=len(inputs), model=leaf.name)


def is_count(name: str) -> bool:
    """Whether a setting of this name is the number of outputs: it has a place of its own."""
    return form.plain_name(name) == COUNT


def count_of(written: object) -> int:
    """A number of outputs as people and files write it: `2`, `"2"`, `2.0`.

    Raises `UsageError`; whether a model makes so many is for `check_count`.
    """
    found = re.fullmatch(r"([0-9]{1,9})(?:\.0{1,9})?", str(written).strip())
    if isinstance(written, bool) or found is None:
        raise UsageError("error.batch_count", value=one_line(written, 60))
    return int(found[1])


def one_count(flag: int | None, written: Sequence[object] = ()) -> int | None:
    """The number of outputs from its own place, `flag`, or `written` as a parameter; None: neither.

    Raises `UsageError` where it was given more than once: nobody can tell which one is meant.
    """
    told = [*([] if flag is None else [flag]), *written]
    if len(told) > 1:
        values = ", ".join(one_line(each, 20) for each in told[:4])
        raise UsageError("error.count_twice", values=values)
    return flag if flag is not None or not told else count_of(told[0])


def check_count(leaf: Leaf, n: int) -> None:
    counts = form.counts(leaf)
    if n not in counts:
        known = ", ".join(map(str, counts))
        raise UsageError("error.bad_count", n=n, model=leaf.name, counts=known)
