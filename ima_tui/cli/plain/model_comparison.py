"""Compare models in sentences: a property a line, with what each of them has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ima_tui.catalogue import form
from ima_tui.cli.plain.composer import spoken, usual
from ima_tui.compose import parameter_names
from ima_tui.core.domain import ModelVersion
from ima_tui.core.text import points_range
from ima_tui.i18n import say

MOST = 6
"""Models that are compared at once."""


def sentences(models: Sequence[ModelVersion]) -> Iterator[str]:
    """Yield price and usual time, then each parameter with options that one of the models has."""
    yield _line(say("plain.compare_points"), models, [_points(model) for model in models])
    yield _line(say("plain.compare_time"), models, [usual(model) for model in models])
    options = [_options(model) for model in models]
    names = dict.fromkeys(name for one in options for name in one)
    for name in names:
        yield _line(name, models, [one.get(name, "") for one in options])


def _line(title: str, models: Sequence[ModelVersion], values: Sequence[str]) -> str:
    """`Duration. Kling O1: 5, 10. Wan 2.6: 5, 10, 15.`; where all are alike, the value once."""
    if len(set(values)) == 1:
        return say("plain.compare_same", name=title, value=values[0])
    told = (
        say("plain.compare_one", model=model.name, value=value or say("plain.compare_none"))
        for model, value in zip(models, values, strict=True)
    )
    return say("plain.compare_line", name=title, values=say("plain.compare_between").join(told))


def _points(model: ModelVersion) -> str:
    return spoken(points_range(*model.points))


def _options(model: ModelVersion) -> dict[str, str]:
    """The values of each parameter that has some, by what people call it."""
    parts = (part for field in form.user_fields(model) for part in parameter_names.apart(field))
    return {
        parameter_names.label(field) if field.label == field.name else field.label: say(
            "compose.list_comma"
        ).join(parameter_names.option(field, option) for option in field.options)
        for field in parts
        if field.options
    }
