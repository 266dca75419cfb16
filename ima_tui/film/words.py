"""Sentences about films that verbs, plain mode and screens share."""

from __future__ import annotations

from collections.abc import Mapping

from ima_tui.core.text import duration
from ima_tui.film.assembler import FilmProgress
from ima_tui.i18n import joined, say


def progress_words(told: FilmProgress) -> str:
    """Say how far the assembling is, with the time left."""
    stage = say(f"film.stage_{told.stage}", shot=told.shot)
    left = duration(told.left + 0.99)
    return say("film.progress", share=int(told.share * 100), left=left, stage=stage)


def shortcomings(facts: Mapping[str, object]) -> str:
    """Say what a film lacks that was asked for, by the facts of the assembler; "" for nothing."""
    cut = float(str(facts.get("voice_cut", 0.0)))
    return joined(
        say("film.voice_cut", seconds=f"{cut:g}") if cut else "",
        say("film.no_font") if facts.get("no_font") else "",
    )
