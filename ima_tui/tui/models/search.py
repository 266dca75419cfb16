"""Search and sort model versions, thousands of them at each key. No widget here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from ima_tui.catalogue import choice, price
from ima_tui.catalogue.list_cache import name_of
from ima_tui.core.domain import ModelVersion
from ima_tui.core.events import ModelKey, ProductList
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.i18n import listed, say
from ima_tui.tui.widgets.lines import Part, measure
from ima_tui.tui.widgets.model_detail import moment

SORTS: Mapping[str, Callable[[ModelVersion], object]] = {
    "price": lambda model: model.points,
    "time": lambda model: price.estimate(model).high,
    "name": lambda model: folded(model.name),
    "newest": lambda model: -_dated(model),
}
"""How rows can be sorted, beside the order of the list itself (`listed`)."""
SORT_NAMES = ("listed", *SORTS)


def version_key(model: ModelVersion) -> str:
    """Return the row id of a model version."""
    return f"{model.task_type}/{model.model_id}/{model.version}"


def _dated(model: ModelVersion) -> int:
    """When it came, as far as it tells: the service calls it new, or its version holds a date."""
    if any(folded(feature) == "new" for feature in model.features):
        return 99_999_999
    found = re.findall(r"(?<!\d)(?:20)?(2\d)(\d{2})(\d{2})(?!\d)", model.version)
    return max((int("".join(parts)) for parts in found), default=0)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A model version, and its words as they are compared: folded once, not at each key."""

    model: ModelVersion
    name: str
    terms: str
    dense: str
    """Without blanks and dashes."""


class ModelSearch:
    """For one set of model versions."""

    def __init__(self, models: Sequence[ModelVersion]) -> None:
        self.models = tuple(models)
        self._entries = [_entry(model) for model in models]

    def arrange(
        self, wanted: str, sort: str, fresh: Collection[ModelKey] = ()
    ) -> list[ModelVersion]:
        """The models that match, sorted; while filtering in list order the best match comes first.
        `fresh`: names that are newest of all."""
        if wanted:
            scored = [(_score(entry, wanted), entry.model) for entry in self._entries]
            found = [(points, model) for points, model in scored if points]
        else:
            found = [(1, model) for model in self.models]
        if sort in SORTS:
            models = sorted((model for _, model in found), key=SORTS[sort])  # type: ignore[arg-type]
            if sort == "newest" and fresh:
                models.sort(key=lambda model: name_of(model) not in fresh)
            return models
        found.sort(key=lambda pair: -pair[0])
        return [model for _, model in found]


def _entry(model: ModelVersion) -> _Entry:
    terms = choice.search_terms(model)
    return _Entry(model, folded(model.name), terms, terms.replace(" ", "").replace("-", ""))


def score(model: ModelVersion, wanted: str) -> int:
    """How well `wanted` (folded) names this model: 0 is not at all."""
    return _score(_entry(model), wanted)


def _score(entry: _Entry, wanted: str) -> int:
    if not wanted:
        return 1
    if wanted in entry.name:
        return 6 if entry.name.startswith(wanted) else 5
    if wanted in entry.terms:
        return 4
    words = wanted.split()
    if len(words) > 1 and all(word in entry.terms for word in words):
        return 3
    squeezed = wanted.replace(" ", "")
    if squeezed in entry.dense:
        return 2
    return 1 if scattered(entry.name, squeezed) else 0


def places(text: str, wanted: str) -> tuple[int, ...]:
    """Which characters of `text` to point out as `wanted`."""
    start = text.lower().find(wanted) if wanted else -1
    return tuple(range(start, start + len(wanted))) if start >= 0 else ()


def scattered(text: str, wanted: str) -> tuple[int, ...]:
    """Where the characters of `wanted` stand in `text` one after the other; none for so short a
    text that it would be found everywhere."""
    if len(wanted) < 3:
        return ()
    found: list[int] = []
    at = 0
    for character in wanted:
        at = text.lower().find(character, at)
        if at < 0:
            return ()
        found.append(at)
        at += 1
    return tuple(found)


# ---------------------------------------------------------------------------- the list in words


def status_line(
    lists: Sequence[ProductList], shown: str, hidden: int, sort: str, dot: str, room: int
) -> list[Part]:
    """What is shown (`shown`), how much is hidden or changed, how old it is: the most needed first,
    and no more than `room` cells of it."""
    words: list[Part] = [(shown, "strong")]
    if hidden:
        words.append((say("models.hidden", n=hidden), "warn"))
    words.append(_link(lists))
    if news := _news(lists):
        words.append((news, "warn"))
    words.append((say(f"models.sort_{sort}"), "muted"))
    seen = [one.as_of for one in lists if one.as_of is not None]
    if seen:
        words.append((say("models.as_of", time=moment(min(seen))), "muted"))
    parts: list[Part] = []
    for word in words:
        new = [(f" {dot} ", "muted"), word] if parts else [word]
        if parts and measure([*parts, *new]) > room:
            break
        parts += new
    return parts


def _link(lists: Sequence[ProductList]) -> Part:
    if any(one.problem for one in lists):
        return say("models.offline"), "warn"
    if all(one.live for one in lists):
        return say("models.live"), "ok"
    return say("models.cached"), "muted"


def _news(lists: Sequence[ProductList]) -> str:
    """`1 new, 2 repriced, 1 gone`, or ""."""
    counts = {
        "new": sum(len(one.changes.new) for one in lists),
        "prices": sum(len(one.changes.was) for one in lists),
        "gone": sum(len(one.changes.gone) for one in lists),
    }
    return listed(say(f"models.count_{name}", n=n) for name, n in counts.items() if n)
