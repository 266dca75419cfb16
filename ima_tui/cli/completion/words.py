"""Completes a command line: words from the parser itself, values from what this machine knows.

These are cached models, jobs and settings. Nothing asks the network.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from enum import Enum, auto
from itertools import islice
from typing import Literal, NamedTuple

from ima_tui.cli import parser as parsers
from ima_tui.core.domain import Field, ModelVersion, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line

Kind = Literal["values", "parts", "files", "folders", "nothing"]


@dataclass(frozen=True, slots=True)
class Completion:
    """`parts`: a candidate is the beginning of a word, so that no space follows it."""

    kind: Kind
    candidates: tuple[Candidate, ...] = ()


@dataclass(slots=True)
class _Line:
    """What the words before the current one mean."""

    parser: argparse.ArgumentParser
    taking: argparse.Action | None = None
    taken: int = 0
    """Words that `taking`, an option, has already."""
    positionals: int = 0
    only_positionals: bool = False

    def read(self, word: str) -> None:
        if word == "--" and not self.only_positionals:
            self.only_positionals, self.taking = True, None
        elif self.is_option(word):
            name, equals, _ = word.partition("=")
            action = self.parser._option_string_actions.get(name)
            self.taking = None if equals or action is None or not takes(action) else action
            self.taken = 0
        elif self.taking is not None and self._has_room(self.taking, self.taken):
            self.taken += 1
        else:
            self.taking = None
            self._positional(word)

    def _positional(self, word: str) -> None:
        action = self.next_positional()
        if isinstance(action, argparse._SubParsersAction):
            chosen = action.choices.get(word)
            if isinstance(chosen, argparse.ArgumentParser):
                self.parser, self.positionals = chosen, 0
        elif action is not None and action.nargs not in ("*", "+"):
            self.positionals += 1

    def is_option(self, word: str) -> bool:
        return word.startswith("-") and word != "-" and not self.only_positionals

    def next_positional(self) -> argparse.Action | None:
        return next(iter(self.parser._get_positional_actions()[self.positionals :]), None)

    @staticmethod
    def _has_room(action: argparse.Action, taken: int) -> bool:
        return action.nargs in ("*", "+") or taken < 1

    def open_option(self) -> argparse.Action | None:
        """The option whose value the next word may be."""
        if self.taking is not None and self._has_room(self.taking, self.taken):
            return self.taking
        return None

    def must_take(self) -> bool:
        return self.taking is not None and self.taken == 0 and self.taking.nargs != "?"


def takes(action: argparse.Action) -> bool:
    """Whether the option is followed by a value."""
    return action.nargs != 0 and not isinstance(action, argparse._HelpAction)


def complete(words: Sequence[str]) -> Completion:
    """What may stand in the place of the last of `words`; the command itself is not among them."""
    *before, current = words or [""]
    line = _Line(parsers.build(before))
    for word in before:
        line.read(word)
    option = line.open_option()
    if line.is_option(current) and not line.must_take():
        name, equals, value = current.partition("=")
        named = line.parser._option_string_actions.get(name)
        if equals:
            found = _of(named, before, value) if named and takes(named) else Completion("nothing")
            return _behind(f"{name}=", found)
        return _options(line.parser, current)
    if option is not None:
        found = _of(option, before, current)
        if found.kind != "nothing" or line.must_take():
            return found
    positional = line.next_positional()
    found = _of(positional, before, current) if positional else Completion("nothing")
    if found.kind == "nothing" and not current:
        return _options(line.parser, current)
    return found


def _behind(prefix: str, found: Completion) -> Completion:
    candidates = tuple(Candidate(prefix + each.word, each.about) for each in found.candidates)
    return Completion(found.kind, candidates)


def _options(parser: argparse.ArgumentParser, current: str) -> Completion:
    found: dict[str, str] = {}
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            for name in action.option_strings:
                if name.startswith(current) and (name.startswith("--") or current == name):
                    found[name] = action.help or ""
    return _completion(Candidate(name, about) for name, about in found.items())


def _completion(candidates: Iterable[Candidate]) -> Completion:
    found = tuple(candidates)
    if not found:
        return Completion("nothing")
    parts = all(each.word.endswith("=") for each in found)
    return Completion("parts" if parts else "values", found)


def _of(action: argparse.Action, before: Sequence[str], current: str) -> Completion:
    if isinstance(action, argparse._SubParsersAction):
        about = {each.dest: each.help or "" for each in action._choices_actions}
        return _begun([Candidate(name, about.get(name, "")) for name in action.choices], current)
    if action.choices is not None:
        return _begun([Candidate(str(choice)) for choice in action.choices], current)
    source = SOURCES.get(action.dest, Source.NONE)
    if source in (Source.FILES, Source.FOLDERS):
        return Completion("files" if source is Source.FILES else "folders")
    return _begun(of(source, before, current), current)


def _begun(candidates: Sequence[Candidate], current: str) -> Completion:
    exact = [each for each in candidates if each.word.startswith(current)]
    folded = current.lower()
    return _completion(exact or [e for e in candidates if e.word.lower().startswith(folded)])


MOST_JOBS = 200


class Candidate(NamedTuple):
    """A word that completes, with what it means."""

    word: str
    about: str = ""


class Source(Enum):
    """Where the candidates of an argument come from."""

    NONE = auto()
    """Free text, a number or a moment: nothing to offer."""
    FILES = auto()
    FOLDERS = auto()
    TASK_TYPES = auto()
    MODELS = auto()
    VERSIONS = auto()
    PARAMETERS = auto()
    SIZES = auto()
    JOBS = auto()
    LANGUAGES = auto()
    LEVELS = auto()
    LOG_SOURCES = auto()
    SETTINGS = auto()
    SETTING_VALUES = auto()
    PROJECTS = auto()
    TAGS = auto()
    REPORT_KEYS = auto()


SOURCES = {
    "input_images": Source.FILES,
    "batch": Source.FILES,
    "file": Source.FILES,
    "files": Source.FILES,
    "music": Source.FILES,
    "voice": Source.FILES,
    "output": Source.FILES,
    "manifest": Source.FILES,
    "export": Source.FILES,
    "scenario": Source.FILES,
    "made_from": Source.FILES,
    "download": Source.FOLDERS,
    "task_type": Source.TASK_TYPES,
    "model_id": Source.MODELS,
    "model": Source.MODELS,
    "prompt_file": Source.FILES,
    "version_id": Source.VERSIONS,
    "param": Source.PARAMETERS,
    "size": Source.SIZES,
    "id": Source.JOBS,
    "job": Source.JOBS,
    "language": Source.LANGUAGES,
    "level": Source.LEVELS,
    "source": Source.LOG_SOURCES,
    "name": Source.SETTINGS,
    "value": Source.SETTING_VALUES,
    "project": Source.PROJECTS,
    "tag": Source.TAGS,
    "untag": Source.TAGS,
    "by": Source.REPORT_KEYS,
}
"""By argparse's `dest`; whatever is in neither table fails a test."""
FREE = frozenset(
    {
        *("text", "prompt", "extra_params", "n", "max_credits", "api_key", "base_url", "user_id"),
        *(
            "columns",
            "label",
            "confirm",
            "limit",
            "timeout",
            "since",
            "until",
            "grep",
            "last",
            "search",
        ),
        *("parallel", "points"),
        *("speed", "port", "http", "subtitles", "fade", "music_volume", "voice_at", "own_sound"),
        *("columns", "film_size", "fps", "at", "ratio", "client"),
    }
)


def of(source: Source, before: Sequence[str], current: str) -> list[Candidate]:
    """The candidates; none where what they are read from is missing or broken."""
    with suppress(ImaError, OSError):
        found = _READERS.get(source, _none)(before, current)
        unique = {each.word: each for each in found if one_line(each.word, 200) == each.word}
        return [Candidate(word, one_line(each.about, 80)) for word, each in unique.items()]
    return []


def _none(before: Sequence[str], current: str) -> Iterator[Candidate]:
    yield from ()


def _task_types(before: Sequence[str], current: str) -> Iterator[Candidate]:
    from ima_tui.i18n import say

    return (Candidate(each.value, say(f"task.{each.value}")) for each in TaskType)


def _value_of(before: Sequence[str], option: str) -> str:
    for index, word in enumerate(before):
        if word == option and index + 1 < len(before):
            return before[index + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def _models(before: Sequence[str]) -> Iterator[ModelVersion]:
    """Of the cached lists, those that the words before leave possible."""
    from ima_tui.catalogue import list_cache
    from ima_tui.config import loader

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


def _versions(before: Sequence[str], current: str) -> Iterator[Candidate]:
    return (Candidate(each.version, each.name) for each in _models(before))


def _fields(before: Sequence[str]) -> Iterator[Field]:
    return (field for each in _models(before) for field in each.fields if field.offered)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _choices(field: Field) -> Iterator[str]:
    if field.kind == "toggle":
        yield from ("true", "false")
    yield from (_written(option.value) for option in field.options)


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
    from ima_tui.config import loader
    from ima_tui.i18n import say
    from ima_tui.ledger import queries

    rows = queries.jobs(loader.load().ledger, MOST_JOBS)
    return (Candidate(str(job), f"{say(f'state.{state}')} · {model}") for job, state, model in rows)


def _projects(before: Sequence[str], current: str) -> Iterator[Candidate]:
    from ima_tui.config import loader
    from ima_tui.ledger import queries

    return map(Candidate, queries.read_projects(loader.load().ledger))


def _tags(before: Sequence[str], current: str) -> Iterator[Candidate]:
    from ima_tui.config import loader
    from ima_tui.ledger import queries

    return map(Candidate, queries.read_tags(loader.load().ledger, MOST_JOBS))


def _report_keys(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """Names after the last comma."""
    from ima_tui.cli.arguments import REPORT_KEYS

    first, comma, _ = current.rpartition(",")
    return (Candidate(f"{first}{comma}{key}") for key in REPORT_KEYS if key not in first.split(","))


def _languages(before: Sequence[str], current: str) -> Iterator[Candidate]:
    return iter((Candidate("en", "English"), Candidate("zh", "中文")))


def _levels(before: Sequence[str], current: str) -> Iterator[Candidate]:
    return map(Candidate, ("debug", "info", "warning", "error", "critical"))


def _log_sources(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """The tools that have written into the shared log folder."""
    from ima_tui.config import loader
    from ima_tui.logs.files import tool_of

    for path in islice(sorted(loader.load().logs.glob("*.log*")), 1000):
        if tool := tool_of(path.name):
            yield Candidate(tool)


def _settings(before: Sequence[str], current: str) -> Iterator[Candidate]:
    from ima_tui.config.schema import SETTINGS

    return (Candidate(setting.name, setting.about) for setting in SETTINGS)


def _setting_values(before: Sequence[str], current: str) -> Iterator[Candidate]:
    from ima_tui.config.schema import BY_NAME

    setting = BY_NAME.get(before[-1]) if before else None
    if setting is not None:
        yield from map(Candidate, setting.choices)
        if isinstance(setting.default, bool):
            yield from map(Candidate, ("true", "false"))


_READERS = {
    Source.TASK_TYPES: _task_types,
    Source.MODELS: _model_ids,
    Source.VERSIONS: _versions,
    Source.PARAMETERS: _parameters,
    Source.SIZES: _sizes,
    Source.JOBS: _jobs,
    Source.LANGUAGES: _languages,
    Source.LEVELS: _levels,
    Source.LOG_SOURCES: _log_sources,
    Source.SETTINGS: _settings,
    Source.SETTING_VALUES: _setting_values,
    Source.PROJECTS: _projects,
    Source.TAGS: _tags,
    Source.REPORT_KEYS: _report_keys,
}
