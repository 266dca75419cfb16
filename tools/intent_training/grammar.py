"""Expand the templates of a grammar file.

`{a|b|}` chooses a part, `{name}` an entry of that list (`name.MEDIUM` before `name`), `{{` and `}}`
are braces. Anything else is text. A frame that begins with `3* ` counts three times.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import Protocol

HERE = Path(__file__).parent
Node = str | tuple[str, tuple["Template", ...]]
Template = tuple[Node, ...]
_WEIGHT = re.compile(r"(\d+)\* ?")
_REQUESTS = re.compile(r"<([^<>{}]*\|[^<>]*)>")


class Scope(Protocol):
    """Resolves names that are no list of the grammar, such as {N}."""

    medium: str

    def word(self, name: str, rng: Random) -> str | None: ...


@cache
def read(language: str) -> dict[str, tuple[str, ...]]:
    """Every list of a language, words and frames alike; a list in two files is one."""
    lists: dict[str, tuple[str, ...]] = {}
    for path in sorted(HERE.glob(f"*_{language}.toml"), reverse=True):
        tables = tomllib.loads(path.read_text("utf-8"))
        for name, text in tables["words"].items():
            lists[name] = lists.get(name, ()) + _split(text, ",")
        for name, text in tables["frames"].items():
            frames = (each for line in text.split("\n") if line for each in _weighed(line))
            lists[name] = lists.get(name, ()) + tuple(frames)
    return lists


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(mark) if (word := part.strip()))


def _weighed(line: str) -> list[str]:
    weight = _WEIGHT.match(line)
    times = int(weight.group(1)) if weight else 1
    frame = line[weight.end() :] if weight else line
    return [_REQUESTS.sub(r"{\1}", frame).replace("\\n", "\n")] * times


def expand(template: str, lists: Mapping[str, tuple[str, ...]], scope: Scope, rng: Random) -> str:
    """One text of `template`."""
    return "".join(_filled(node, lists, scope, rng, 0) for node in _parsed(template))


def pick(options: Sequence[str], rng: Random) -> str:
    return options[int(rng.random() * len(options))]


def _filled(
    node: Node, lists: Mapping[str, tuple[str, ...]], scope: Scope, rng: Random, depth: int
) -> str:
    if isinstance(node, str):
        return node
    name, parts = node
    if parts:
        chosen = parts[int(rng.random() * len(parts))]
        return "".join(_filled(inner, lists, scope, rng, depth) for inner in chosen)
    special = scope.word(name, rng)
    if special is not None:
        template = special
    else:
        options = lists.get(f"{name}.{scope.medium}") or lists[name]
        template = pick(options, rng)
    if depth > 8:
        raise RecursionError(f"{{{name}}} contains itself")
    return "".join(_filled(inner, lists, scope, rng, depth + 1) for inner in _parsed(template))


@lru_cache(maxsize=100_000)
def _parsed(template: str) -> Template:
    nodes, at = _parse(template, 0, stop="")
    if at != len(template):
        raise ValueError(f"unbalanced braces: {template}")
    return nodes


def _parse(text: str, at: int, stop: str) -> tuple[Template, int]:
    nodes: list[Node] = []
    while at < len(text) and text[at] not in stop:
        if text.startswith(("{{", "}}"), at) and not stop:
            nodes.append(text[at])
            at += 2
        elif text[at] == "{":
            node, at = _parse_group(text, at + 1)
            nodes.append(node)
        else:
            nodes.append(text[at])
            at += 1
    return _joined(nodes), at


def _parse_group(text: str, at: int) -> tuple[Node, int]:
    parts: list[Template] = []
    while True:
        part, at = _parse(text, at, stop="|}")
        parts.append(part)
        if at >= len(text):
            raise ValueError(f"a brace stays open: {text}")
        at += 1
        if text[at - 1] == "}":
            break
    if len(parts) > 1:
        return ("", tuple(parts)), at
    (name,) = parts[0]
    if not isinstance(name, str):
        raise TypeError(f"braces in braces without a choice: {text}")
    return (name, ()), at


def _joined(nodes: list[Node]) -> Template:
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, str) and made and isinstance(made[-1], str):
            made[-1] += node
        else:
            made.append(node)
    return tuple(made)
