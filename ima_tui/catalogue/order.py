"""A draft that was checked and priced becomes an order. Nothing here reads a file or the net."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ima_tui.catalogue import form, price, times
from ima_tui.core.domain import (
    Draft,
    ModelVersion,
    Order,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, encodable, one_line

LONGEST_PROMPT = 20_000
COUNT = "n"
"""The number of outputs: no parameter of any form, though it may be written like one."""

BY_ENDING = {
    **dict.fromkeys(("jpg", "jpeg"), "image/jpeg"),
    **{name: f"image/{name}" for name in ("png", "webp", "gif", "bmp", "heic", "heif", "avif")},
    **dict.fromkeys(("tif", "tiff"), "image/tiff"),
    "svg": "image/svg+xml",
    **dict.fromkeys(("mp4", "m4v"), "video/mp4"),
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "avi": "video/x-msvideo",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    **{name: f"audio/{name}" for name in ("wav", "ogg", "flac")},
}
"""The types as `Accepts` spells them, by the endings of names."""


def place(model: ModelVersion, draft: Draft) -> tuple[Order, price.Quote]:
    """The order for `draft` on `leaf`, and the quote behind it (with what it changes).

    Raises `UsageError` for an empty prompt, a value the leaf does not offer, choices that
    exclude each other, a number of outputs or inputs that can't be.
    """
    _check_prompt(draft)
    check_inputs(model, draft.inputs)
    check_count(model, draft.n)
    chosen = accepted(model, draft.chosen)
    quote = price.quote(model, chosen, draft.n)
    order = Order(
        task_type=draft.task_type,
        model_id=model.model_id,
        version=model.version,
        model_name=model.name,
        prompt=encodable(clean(draft.prompt).strip()),
        n=draft.n,
        parameters=tuple(quote.parameters.items()),
        attribute_id=quote.rule.attribute_id,
        points=quote.rule.points,
        inputs=draft.inputs,
        estimate=times.estimate(model),
        confirmed=quote.total,
    )
    return order, quote


def accepted(model: ModelVersion, chosen: tuple[tuple[str, Value], ...]) -> dict[str, Value]:
    """Choices in the leaf's own names, values and JSON types."""
    return dict(form.accept(model, name, value) for name, value in chosen)


def _check_prompt(draft: Draft) -> None:
    if not clean(draft.prompt).strip():
        raise UsageError("error.empty_prompt")
    if len(draft.prompt) > LONGEST_PROMPT:
        raise UsageError(
            "error.too_long", name="prompt", length=len(draft.prompt), limit=LONGEST_PROMPT
        )


def input_counts(model: ModelVersion) -> tuple[int, int | None]:
    """At least, at most: the leaf's own limits where it has some, else the task type's."""
    low, high = model.task_type.inputs
    if not model.task_type.takes_inputs or high is not None:
        return low, high
    low = max([low, *(one.at_least or 0 for one in model.accepts)])
    most = [one.at_most for one in model.accepts if one.at_most is not None]
    if not most or len(most) < len(model.accepts):
        return low, None
    return low, max(low, sum(most))


def check_inputs(model: ModelVersion, inputs: Sequence[str]) -> None:
    """As many as the model takes, and of its types as far as their names tell. Raises
    `UsageError`; what files hold is looked at elsewhere."""
    low, high = input_counts(model)
    if not low <= len(inputs) <= (len(inputs) if high is None else high):
        raise _wrong_number(model, len(inputs))
    for source in inputs:
        check_link(model, source)
    for accepts in model.accepts if len(model.accepts) > 1 else ():
        given = sum(type_by_name(source) in accepts.types for source in inputs)
        if accepts.at_most is not None and given > accepts.at_most:
            raise UsageError(
                "error.inputs_of_kind",
                model=model.name,
                high=accepts.at_most,
                given=given,
                kinds=_kinds(accepts.types),
            )


def too_many(model: ModelVersion, given: int) -> UsageError | None:
    """What is wrong where more inputs are `given` than the model takes."""
    high = input_counts(model)[1]
    return _wrong_number(model, given) if high is not None and given > high else None


def check_link(model: ModelVersion, source: str) -> None:
    """Raises `UsageError` for a link whose name says that the model does not take what it is."""
    mime = type_by_name(source) if source.strip().lower().startswith("https:") else ""
    if mime and model.task_type.takes_inputs and model.accepting(mime) is None:
        kinds = _kinds(model.input_types)
        raise UsageError(
            "error.input_kind", input=one_line(source, 120), model=model.name, kinds=kinds
        )


def type_by_name(source: str) -> str:
    """The MIME type that the ending of a link or path stands for, "" where it tells none."""
    name = re.split(r"[?#]", source.strip().lower(), maxsplit=1)[0]
    ending = re.search(r"\.([a-z0-9]{2,5})$", name)
    return BY_ENDING.get(ending[1], "") if ending else ""


def _kinds(types: Sequence[str]) -> str:
    return ", ".join(sorted({mime.partition("/")[2] for mime in types}))


def _wrong_number(model: ModelVersion, given: int) -> UsageError:
    low, high = input_counts(model)
    if high == 0:
        return UsageError("error.no_inputs_taken", given=given, model=model.name)
    key = "error.inputs_exactly" if low == high else "error.inputs_range"
    most = "∞" if high is None else str(high)
    return UsageError(key, low=low, high=most, given=given, model=model.name)


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


def check_count(model: ModelVersion, n: int) -> None:
    counts = form.counts(model)
    if n not in counts:
        known = ", ".join(map(str, counts))
        raise UsageError("error.bad_count", n=n, model=model.name, counts=known)
