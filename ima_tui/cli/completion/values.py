"""The values that arguments may have, from what this machine knows: cached models, jobs, settings.

Nothing asks the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from ima_tui.catalogue import list_cache
from ima_tui.cli.arguments import REPORT_KEYS
from ima_tui.cli.completion import Candidate
from ima_tui.config import loader
from ima_tui.config.schema import BY_NAME, SETTINGS
from ima_tui.core.domain import Field, ModelVersion, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.ledger import queries
from ima_tui.logs.files import tool_of

MOST_JOBS = 200


def of(dest: str, before: Sequence[str], current: str) -> list[Candidate]:
    """The candidates for an argument; none where what they are read from is missing or broken.

    `dest`: argparse's name of the argument; `before`: the words of the line up to it.
    """
    with suppress(ImaError, OSError):
        found = READERS[dest](before, current) if dest in READERS else ()
        unique = {each.word: each for each in found if one_line(each.word, 200) == each.word}
        return [Candidate(word, one_line(each.about, 80)) for word, each in unique.items()]
    return []


def _value_of(before: Sequence[str], option: str) -> str:
    for index, word in enumerate(before):
        if word == option and index + 1 < len(before):
            return before[index + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def _models(before: Sequence[str]) -> Iterator[ModelVersion]:
    """Of the cached lists, those that the words before leave possible."""
    settings = loader.load()
    wanted = _value_of(before, "--task-type") or next(
        (word for word in before if word in TaskType.__members__.values()), ""
    )
    model = _value_of(before, "--model-id").lower()
    for task_type in TaskType:
        if wanted in ("", task_type.value):
            for each in list_cache.kept(settings.cache, settings.base_url, task_type):
                if model in ("", each.model_id.lower(), each.name.lower()):
                    yield each


def _model_ids(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """By id; by name where no id begins so, as names may hold spaces."""
    found = [Candidate(each.model_id, each.name) for each in _models(before)]
    if any(each.word.lower().startswith(current.lower()) for each in found):
        return iter(found)
    return (Candidate(each.about, each.word) for each in found)


def _fields(before: Sequence[str]) -> Iterator[Field]:
    return (field for each in _models(before) for field in each.fields if field.offered)


def _choices(field: Field) -> Iterator[str]:
    if field.kind == "toggle":
        yield from ("true", "false")
    for option in field.options:
        yield str(option.value).lower() if isinstance(option.value, bool) else str(option.value)


def _parameters(before: Sequence[str], current: str) -> Iterator[Candidate]:
    name, equals, _ = current.partition("=")
    for field in _fields(before):
        if not equals:
            yield Candidate(f"{field.name}=", field.label)
        elif field.name == name:
            yield from (Candidate(f"{name}={value}") for value in _choices(field))


def _sizes(before: Sequence[str], current: str) -> Iterator[Candidate]:
    for field in _fields(before):
        if field.name in ("size", "resolution"):
            yield from map(Candidate, _choices(field))


def _jobs(before: Sequence[str], current: str) -> Iterator[Candidate]:
    rows = queries.jobs(loader.load().ledger, MOST_JOBS)
    return (Candidate(str(job), f"{say(f'state.{state}')} · {model}") for job, state, model in rows)


def _report_keys(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """Names after the last comma."""
    first, comma, _ = current.rpartition(",")
    return (Candidate(f"{first}{comma}{key}") for key in REPORT_KEYS if key not in first.split(","))


def _log_sources(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """The tools that have written into the shared log folder."""
    for path in islice(sorted(loader.load().logs.glob("*.log*")), 1000):
        if tool := tool_of(path.name):
            yield Candidate(tool)


def _setting_values(before: Sequence[str], current: str) -> Iterator[Candidate]:
    setting = BY_NAME.get(before[-1]) if before else None
    if setting is not None:
        yield from map(Candidate, setting.choices)
        if isinstance(setting.default, bool):
            yield from map(Candidate, ("true", "false"))


def _tags(before: Sequence[str], current: str) -> Iterator[Candidate]:
    return map(Candidate, queries.read_tags(loader.load().ledger, MOST_JOBS))


READERS: dict[str, Callable[[Sequence[str], str], Iterable[Candidate]]] = {
    "task_type": lambda *_: (Candidate(each, say(f"task.{each}")) for each in TaskType),
    "model_id": _model_ids,
    "model": _model_ids,
    "version_id": lambda before, _: (Candidate(one.version, one.name) for one in _models(before)),
    "param": _parameters,
    "size": _sizes,
    "id": _jobs,
    "job": _jobs,
    "language": lambda *_: (Candidate("en", "English"), Candidate("zh", "中文")),
    "level": lambda *_: map(Candidate, ("debug", "info", "warning", "error", "critical")),
    "source": _log_sources,
    "name": lambda *_: (Candidate(setting.name, setting.about) for setting in SETTINGS),
    "value": _setting_values,
    "project": lambda *_: map(Candidate, queries.read_projects(loader.load().ledger)),
    "tag": _tags,
    "untag": _tags,
    "by": _report_keys,
}
"""Arguments with known values. What is in neither table, nor known to be free, fails a test."""
