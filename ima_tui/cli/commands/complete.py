"""`ima-tui __complete SHELL …`: what the completion scripts ask at each tab.

The first line says what to offer (`words.Kind`), the others are candidates as that shell wants
them. bash gives the line and the word as it sees it, the others give the words.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ima_tui.cli.completion.words import Candidate, complete
from ima_tui.core.errors import EXIT_DONE, EXIT_USAGE


def run(argv: Sequence[str]) -> int:
    """Print the candidates for a command line that is being typed."""
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
