"""Which model a text means: the name it gives, else the one its tier stands for.

A name leads to an id by task type ("Wan" is another model with an image than without), a version
word to a leaf or a field. Never a default: what is not named is left to the preferences.
"""

from __future__ import annotations

from dataclasses import dataclass

from ima_tui.catalogue.choice import TIERS, Tier
from ima_tui.domain import Medium, TaskType
from ima_tui.intent.media import Asked
from ima_tui.intent.names import Named
from ima_tui.intent.reading import Alternative
from ima_tui.intent.scan import Scan
from ima_tui.intent.wishes import TierWish


@dataclass(frozen=True, slots=True)
class Model:
    """`leaf_version` is the version word where it picks a leaf of the family; `named` is False
    where only a tier or a kind stands for the model; `picked` says that it was named outright."""

    model_id: str
    start: int = 0
    end: int = 0
    leaf_version: str = ""
    named: bool = True
    picked: bool = False
    field: tuple[str, str] | None = None
    alternatives: tuple[Alternative, ...] = ()


def named_model(scan: Scan, asked: Asked, medium: Medium | None) -> Named | None:
    """The name that counts for `medium`: one that is asked for outright before one that is only
    mentioned; of several the first."""
    fitting = [
        name
        for name in scan.names
        if not name.rejected
        and name.family is not None
        and name.start < asked.spoken_from
        and (medium is None or name.medium is medium)
    ]
    return next((name for name in fitting if name.cued), fitting[0] if fitting else None)


def model_of(named: Named, task_type: TaskType | None) -> Model:
    """The model id, leaf and field that a name leads to for a task type."""
    family = named.family
    if named.exact or family is None:
        return Model(named.exact, named.start, named.end, picked=named.cued)
    version = named.version if named.version in family.versions else ""
    model_id = family.model_id(version, task_type)
    value = family.field_values.get(named.version)
    others = () if named.version else family.model_ids()
    return Model(
        model_id,
        named.start,
        named.end,
        leaf_version=named.version if family.leaves else "",
        picked=named.cued,
        field=(family.field_name, value) if value else None,
        alternatives=tuple(Alternative("model", other) for other in others if other != model_id),
    )


def background_music(scan: Scan, asked: Asked) -> Model | None:
    """Background music has a model of its own, by the words alone."""
    for clause in scan.clauses:
        for item in clause.items:
            if item.start < asked.spoken_from and item.has("background"):
                return Model("GenBGM", item.start, item.end, named=False)
    return None


def tier_model(wish: TierWish, task_type: TaskType, is_song: bool) -> Model | None:
    """The model a tier stands for, for this task type, where there is one."""
    model_id = TIERS[task_type].get(wish.tier)
    if task_type is TaskType.TEXT_TO_MUSIC and wish.tier is Tier.BUDGET and is_song:
        model_id = "GenSong"
    return Model(model_id, wish.start, wish.end, named=False) if model_id else None


def absent_names(scan: Scan, asked: Asked) -> tuple[str, ...]:
    """Names of models that nobody here offers, as they were written."""
    found = [n for n in scan.names if not n.rejected and _is_absent(n)]
    spans = [scan.plain.span(n.start, n.end) for n in found if n.start < asked.spoken_from]
    return tuple(dict.fromkeys(scan.plain.original[start:end] for start, end in spans))


def _is_absent(named: Named) -> bool:
    """A brand from elsewhere, or a version of ours that there is not."""
    return named.family is None or bool(named.told_version and not named.version)
