"""Order builder: validates and prices a draft. No file or network access.

An order may carry a seed: the number that makes a model repeat itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import SystemRandom

from ima_tui.catalogue import form, price
from ima_tui.core.domain import Draft, ModelVersion, Order, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.text import clean, encodable, one_line

LONGEST_PROMPT = 20_000
COUNT = "n"
"""The number of outputs; not a parameter of a form, though it may be written like one."""

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
"""MIME types as `Accepts` spells them, by file name ending."""


def place(model: ModelVersion, draft: Draft) -> tuple[Order, price.Quote]:
    """Return the order for `draft` on `model`, and its quote.

    Raises `UsageError` for an empty prompt, an unavailable value, exclusions, or a wrong number of
    outputs or inputs.
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
        estimate=price.estimate(model),
        confirmed=quote.total,
        project=draft.project,
    )
    return order, quote


def accepted(model: ModelVersion, chosen: tuple[tuple[str, Value], ...]) -> dict[str, Value]:
    """Return the choices in the model's own names, values and JSON types."""
    return dict(form.accept(model, name, value) for name, value in chosen)


def _check_prompt(draft: Draft) -> None:
    if not clean(draft.prompt).strip():
        raise UsageError("error.empty_prompt")
    if len(draft.prompt) > LONGEST_PROMPT:
        raise UsageError(
            "error.too_long", name="prompt", length=len(draft.prompt), limit=LONGEST_PROMPT
        )


def input_counts(model: ModelVersion) -> tuple[int, int | None]:
    """Return the minimum and maximum of inputs: the model's limits, else the task type's."""
    low, high = model.task_type.inputs
    if not model.task_type.takes_inputs or high is not None:
        return low, high
    low = max([low, *(one.at_least or 0 for one in model.accepts)])
    most = [one.at_most for one in model.accepts if one.at_most is not None]
    if not most or len(most) < len(model.accepts):
        return low, None
    return low, max(low, sum(most))


def check_inputs(model: ModelVersion, inputs: Sequence[str]) -> None:
    """Check the number of inputs and their types by name.

    Raises `UsageError`. Contents are checked by `runner.input_checks`.
    """
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
    """Return the error for more inputs than the model takes, or None."""
    high = input_counts(model)[1]
    return _wrong_number(model, given) if high is not None and given > high else None


def check_link(model: ModelVersion, source: str) -> None:
    """Raise `UsageError` for a link whose name ends in a type that the model does not take."""
    mime = type_by_name(source) if source.strip().lower().startswith("https:") else ""
    if mime and model.task_type.takes_inputs and model.accepting(mime) is None:
        kinds = _kinds(model.input_types)
        raise UsageError(
            "error.input_kind", input=one_line(source, 120), model=model.name, kinds=kinds
        )


def type_by_name(source: str) -> str:
    """Return the MIME type for the ending of a link or path, "" if unknown."""
    name = re.split(r"[?#]", source.strip().lower(), maxsplit=1)[0]
    ending = re.search(r"\.([a-z0-9]{2,5})$", name)
    return BY_ENDING.get(ending[1], "") if ending else ""


def is_media(source: str) -> bool:
    """Tell whether the name of a link or path is that of a video or a sound."""
    return type_by_name(source).startswith(("video/", "audio/"))


def taking(models: Sequence[ModelVersion], inputs: Sequence[str]) -> Sequence[ModelVersion]:
    """Return the models that take the videos and sounds among `inputs`; all where none does."""
    types = {type_by_name(source) for source in inputs if is_media(source)}
    found = [model for model in models if all(map(model.accepting, types))]
    return found or models


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
    """Tell whether a setting of this name is the number of outputs."""
    return form.plain_name(name) == COUNT


def count_of(written: object) -> int:
    """Parse a number of outputs: `2`, `"2"`, `2.0`.

    Raises `UsageError`; `check_count` checks what the model allows.
    """
    found = re.fullmatch(r"([0-9]{1,9})(?:\.0{1,9})?", str(written).strip())
    if isinstance(written, bool) or found is None:
        raise UsageError("error.batch_count", value=one_line(written, 60))
    return int(found[1])


def one_count(flag: int | None, written: Sequence[object] = ()) -> int | None:
    """Return the number of outputs from `flag` or from a parameter in `written`; None: neither.

    Raises `UsageError` where it was given more than once.
    """
    told = [*([] if flag is None else [flag]), *written]
    if len(told) > 1:
        values = ", ".join(one_line(each, 20) for each in told[:4])
        raise UsageError("error.count_twice", values=values)
    return flag if flag is not None or not told else count_of(told[0])


def check_count(model: ModelVersion, n: int) -> None:
    """Raise `UsageError` if the model can't make `n` outputs in one job."""
    counts = form.counts(model)
    if n not in counts:
        known = ", ".join(map(str, counts))
        raise UsageError("error.bad_count", n=n, model=model.name, counts=known)


LARGEST = 2**31 - 1
"""What the services behind IMA take at most."""
_NAMES = frozenset({"seed", "randomseed", "noiseseed"})


def is_seed(name: str) -> bool:
    """Tell whether a parameter of this name is the seed."""
    return form.plain_name(name).replace("_", "").replace(" ", "") in _NAMES


def reseeded(order: Order, model: ModelVersion | None) -> Order:
    """Return the order with another seed within its model's bounds; unchanged without one."""
    parameters = tuple(
        (name, _another(name, value, model) if is_seed(name) else value)
        for name, value in order.parameters
    )
    return replace(order, parameters=parameters, confirmed=order.total)


def _another(name: str, before: Value, model: ModelVersion | None) -> Value:
    field = form.user_field(model, name) if model is not None else None
    low, high = 1, LARGEST
    if field is not None:
        low = int(field.minimum) if field.minimum is not None else low
        high = min(high, int(field.maximum)) if field.maximum is not None else high
    low = max(low, 1)  # 0 and -1 often stand for none
    if high <= low:
        return before
    seed = SystemRandom().randint(low, high)
    while str(seed) == str(before):
        seed = SystemRandom().randint(low, high)
    return str(seed) if isinstance(before, str) else seed
