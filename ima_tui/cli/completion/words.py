"""Completes a command line: words from the parser itself, in each shell's own form.

Values come from `values`.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Sequence
from typing import Literal

from ima_tui.cli import parser as parsers
from ima_tui.cli.completion import Candidate
from ima_tui.core.errors import EXIT_DONE, EXIT_USAGE
from ima_tui.core.records import dataclass

Kind = Literal["values", "parts", "files", "folders", "nothing"]


PLACES: dict[str, Kind] = {
    **dict.fromkeys(("input_images", "batch", "file", "files", "music", "voice"), "files"),
    **dict.fromkeys(("output", "manifest", "export", "scenario", "made_from"), "files"),
    "prompt_file": "files",
    "download": "folders",
}
"""Arguments that are paths, by argparse's `dest`."""


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
        elif self.open_option() is not None:
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

    def open_option(self) -> argparse.Action | None:
        """The option whose value the next word may be."""
        has_room = self.taken < 1 or (self.taking and self.taking.nargs in ("*", "+"))
        return self.taking if has_room else None

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
        if not equals:
            return _options(line.parser, current)
        found = _of(named if named and takes(named) else None, before, value)
        behind = (Candidate(f"{name}={each.word}", each.about) for each in found.candidates)
        return Completion(found.kind, tuple(behind))
    if option is not None:
        found = _of(option, before, current)
        if found.kind != "nothing" or line.must_take():
            return found
    found = _of(line.next_positional(), before, current)
    if found.kind == "nothing" and not current:
        return _options(line.parser, current)
    return found


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


def _of(action: argparse.Action | None, before: Sequence[str], current: str) -> Completion:
    if action is None:
        return Completion("nothing")
    if isinstance(action, argparse._SubParsersAction):
        about = {each.dest: each.help or "" for each in action._choices_actions}
        return _begun([Candidate(name, about.get(name, "")) for name in action.choices], current)
    if action.choices is not None:
        return _begun([Candidate(str(choice)) for choice in action.choices], current)
    if action.dest in PLACES:
        return Completion(PLACES[action.dest])
    from ima_tui.cli.completion import values  # most tabs ask for none

    return _begun(values.of(action.dest, before, current), current)


def _begun(candidates: Sequence[Candidate], current: str) -> Completion:
    exact = [each for each in candidates if each.word.startswith(current)]
    folded = current.lower()
    return _completion(exact or [e for e in candidates if e.word.lower().startswith(folded)])


# ---------------------------------------------------------------------- in each shell's own words


def run(argv: Sequence[str]) -> int:
    """Print the candidates for a command line that is being typed.

    The first line says what to offer (`Kind`), the others are candidates as that shell wants them.
    bash gives the line and the word as it sees it, the others give the words.
    """
    shell, *words = argv or [""]
    if shell == "bash" and len(words) == 2:
        lines = _bash(*words)
    elif shell in ("zsh", "fish"):
        found = complete(words)
        write = _zsh if shell == "zsh" else _fish
        lines = [found.kind, *map(write, found.candidates)]
    else:
        return EXIT_USAGE
    print("\n".join(lines))
    return EXIT_DONE


def _bash(line: str, current: str) -> list[str]:
    """bash splits words at = and :, and replaces what stands behind the last of them."""
    words = _split(line)
    found = complete(words[1:] or [""])
    whole = words[-1]
    quoted = current[:1] in ("'", '"')
    own = current.lstrip("'\"") if quoted else (_split(current) or [""])[-1]
    kept = len(whole) - len(own) if whole.endswith(own) else 0
    shown = (each.word[kept:] for each in found.candidates)
    return [found.kind, *(shown if quoted else map(_escaped, shown))]


def _split(line: str) -> list[str]:
    """The words of a line that may end inside quotes; the last one is being typed."""
    for closing in ("", "'", '"', "\\"):
        try:
            words = shlex.split(line + closing)
        except ValueError:
            continue
        typed = not closing and (line[-1:].isspace() and line[-2:-1] != "\\")
        return [*words, ""] if typed or not words else words
    return [*line.split(), ""] if line[-1:].isspace() else line.split() or [""]


def _escaped(word: str) -> str:
    return "".join(f"\\{each}" if each in " \t\"'\\$`&|;<>()*?[]#!~" else each for each in word)


def _zsh(each: Candidate) -> str:
    word = each.word.replace("\\", "\\\\").replace(":", "\\:")
    return f"{word}:{each.about}" if each.about else word


def _fish(each: Candidate) -> str:
    return f"{each.word}\t{each.about}" if each.about else each.word
