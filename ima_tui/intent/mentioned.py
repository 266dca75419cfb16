"""A medium that nothing asks for: the text only mentions it, or names a model that makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ima_tui.core.domain import Medium
from ima_tui.intent import implied
from ima_tui.intent.names import Named
from ima_tui.intent.scan import Scan
from ima_tui.intent.wants import ClauseReading, Want

Wants = dict[Medium, Want]


def mentioned(
    scan: Scan, readings: Sequence[ClauseReading], until: int, sound: Want | None
) -> Wants:
    """What the text before `until` mentions, else what the named model makes. `sound`: some sound
    is asked for, and only a model's name can tell which."""
    if sound is not None:
        return _heard_from_names(scan, until)
    if names := _labelled(scan, until):
        return names
    for reading in readings:
        for want in reading.weak:
            if want.medium is not None:
                return {want.medium: want}
    if names := _from_names(scan, readings, until):
        return names
    term = implied.from_terms(scan)
    return {term.medium: term} if term is not None and term.medium is not None else {}


def _labelled(scan: Scan, until: int) -> Wants:
    """ "suno: a sea shanty": the text opens with nothing but the model's name."""
    for name in scan.names[:1]:
        opening = scan.clauses[0]
        named = all(item.has("name", "polite", "use", "model_word") for item in opening.items)
        if named and opening.before in (":", "-") and opening.start <= name.start < opening.end:
            wants = {} if name.rejected or name.start >= until else _made_by(name)
            return {medium: replace(want, heads=True) for medium, want in wants.items()}
    return {}


def _heard_from_names(scan: Scan, until: int) -> Wants:
    """用豆包BGM做一段声音: the model tells which kind of sound."""
    for name in scan.names:
        audible = name.medium in (Medium.MUSIC, Medium.SPEECH)
        if audible and not name.rejected and name.start < until:
            return _made_by(name)
    return {}


def _from_names(scan: Scan, readings: Sequence[ClauseReading], until: int) -> Wants:
    has_more = bool(scan.names) and _has_more(readings)
    for name in scan.names:
        telling = name.family is not None and name.family.name.endswith(("BGM", "Song"))
        if name.rejected or name.start >= until:
            continue
        if telling or has_more:
            found = _made_by(name)
            heads = not name.everyday
            return {each: replace(want, heads=heads) for each, want in found.items()}
    return {}


def _has_more(readings: Sequence[ClauseReading]) -> bool:
    """Something beside the name and the words that ask to keep it."""
    extra = [
        item
        for reading in readings
        for item in reading.clause.items
        if not item.has("name", "polite", "use", "neg", "model_word", "this")
        and not item.under("wish")
        and not item.under("verb")
    ]
    return sum(max(1, item.end - item.start) for item in extra) >= 2


def _made_by(name: Named) -> Wants:
    span = (name.start, name.end)
    return {name.medium: Want(name.medium, *span, phrase=span)}
