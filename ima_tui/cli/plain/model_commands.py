"""Commands of plain mode about models: list, choose and compare them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ima_tui.catalogue import choice, form
from ima_tui.cli.plain.composer import PlainComposer, model_line, spoken, usual
from ima_tui.cli.plain.line_io import Next
from ima_tui.compose import parameter_names
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, points_range, whole
from ima_tui.i18n import say
from ima_tui.studio.studio import Studio

MOST = 6
"""Models that are compared at once."""


class PlainModelCommands:
    """Models by their numbers in the list that was shown last. Raises `UsageError`."""

    def __init__(
        self, studio: Studio, composer: PlainComposer, tell: Callable[[str], None]
    ) -> None:
        self._studio = studio
        self._composer = composer
        self._tell = tell
        self._listed: list[ModelVersion] = []

    async def models(self, rest: str) -> None:
        """List the models."""
        words, kind = folded(rest).split(), self._composer.desk.kind
        offer = self._studio.catalogue
        here = [model for model in offer.models(kind) if _matches(model, words)]
        if not here:
            here = [
                model for one in TaskType for model in offer.models(one) if _matches(model, words)
            ]
        self._listed = here
        if not here:
            self._tell(say("models.none_match"))
            return
        for number, model in enumerate(here, 1):
            mine = self._studio.preferences.model_id(model.task_type) == model.model_id
            line = model_line(number, model, mine)
            self._tell(line if model.task_type is kind else f"{line} ({_kind(model)})")
        self._tell(say("plain.model_how"))

    async def model(self, rest: str) -> Next | None:
        """Choose a model."""
        if not rest:
            await self.models("")
            return None
        self._composer.take(self._named(rest))
        return Next.SHAPED

    async def compare(self, rest: str) -> None:
        """Compare models by their numbers in the list, or their names."""
        parts = [part.strip() for part in re.split(r"[,，、]", rest) if part.strip()]
        if len(parts) == 1 and all(whole(word) for word in parts[0].split()):
            parts = parts[0].split()
        if not 1 < len(parts) <= MOST:
            raise UsageError("plain.compare_how")
        for sentence in sentences([self._named(part) for part in parts]):
            self._tell(sentence)

    def _named(self, written: str) -> ModelVersion:
        """A model by its number in the list, or its name. Raises `UsageError`."""
        number = whole(written)
        if number is not None and 0 < number <= len(self._listed):
            return self._listed[number - 1]
        return choice.pick(self._studio.catalogue.models(self._composer.desk.kind), written)


def _kind(model: ModelVersion) -> str:
    return say(f"task.{model.task_type}")


def _matches(model: ModelVersion, words: list[str]) -> bool:
    return all(word in choice.search_terms(model) for word in words)


def sentences(models: Sequence[ModelVersion]) -> Iterator[str]:
    """Compare models, a property a line.

    Price and usual time come first, then each parameter with options that one of them has.
    """
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
