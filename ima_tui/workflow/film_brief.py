"""A prompt as the brief of a film: its pictures as files, its model by the live names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ima_tui.film.brief import read as read_brief
from ima_tui.film.brief_facts import Brief
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import by_rules

LONGEST_MODEL = 30
"""Characters of a clause that only names a model."""


def read(prompt: str, images: tuple[str, ...]) -> Brief | None:
    """Read a prompt as the brief of a film, its pictures as files. Touches the disk."""

    def names_a_model(clause: str) -> bool:
        return len(clause) <= LONGEST_MODEL and bool(named_model(clause).model_id)

    brief = read_brief(prompt, names_a_model)
    if brief is None:
        return None
    files = {name: _file(name) for name in brief.images}
    shots = tuple(
        replace(shot, first=files.get(shot.first, ""), last=files.get(shot.last, ""))
        for shot in brief.shots
    )
    given = tuple(name for name in images if name not in files.values())
    return replace(brief, shots=shots, images=(*given, *files.values()))


def named_model(clause: str) -> Intent:
    """Return the intent of a clause that names a model. Loads the vocabulary on first use."""
    return by_rules(f"{clause} video")


def _file(name: str) -> str:
    """Return a picture's path; behind Chinese text the shortest ending that is a file."""
    endings = [name[place:] for place in range(len(name) - 4, -1, -1)]
    behind = re.sub(r"^.*[\u4e00-\u9fff](?=[\w.-]+$)", "", name, flags=re.ASCII) or name
    found = next((end for end in endings if Path(end).is_file()), behind)
    return str(Path(found).absolute())
