"""Which leaf is meant: by id, by name, by version; and which one serves when none is named.

The table of defaults and tiers holds facts of the founding document; it is only a wish list: a
model that the live list lacks is never chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from ima_tui.catalogue import names
from ima_tui.core.domain import Leaf, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.text import folded, nearest, one_line


class Tier(StrEnum):
    DEFAULT = "default"
    BUDGET = "budget"
    PREMIUM = "premium"
    ARTISTIC = "artistic"


class Reason(StrEnum):
    """Why a leaf serves, in the order of choice; a tier is asked for, and names no model."""

    REQUEST = "request"
    TIER = "tier"
    PREFERENCE = "preference"
    RECOMMENDATION = "recommendation"
    DEFAULT = "default"
    FIRST = "first"


_IMAGE_TIERS = {
    Tier.DEFAULT: "doubao-seedream-4.5",
    Tier.BUDGET: "gemini-3.1-flash-image",
    Tier.PREMIUM: "gemini-3-pro-image",
    Tier.ARTISTIC: "midjourney",
}
TIERS: Mapping[TaskType, Mapping[Tier, str]] = {
    TaskType.TEXT_TO_IMAGE: _IMAGE_TIERS,
    TaskType.IMAGE_TO_IMAGE: _IMAGE_TIERS,
    TaskType.TEXT_TO_VIDEO: {
        Tier.DEFAULT: "wan2.6-t2v",
        Tier.BUDGET: "viduq2",
        Tier.PREMIUM: "MiniMax-Hailuo-2.3",
    },
    TaskType.IMAGE_TO_VIDEO: {Tier.DEFAULT: "wan2.6-i2v", Tier.PREMIUM: "kling-v2-6"},
    TaskType.FIRST_LAST_FRAME: {Tier.DEFAULT: "kling-video-o1"},
    TaskType.REFERENCE_TO_VIDEO: {Tier.DEFAULT: "kling-video-o1"},
    TaskType.TEXT_TO_MUSIC: {Tier.DEFAULT: "sonic", Tier.BUDGET: "GenBGM"},
    TaskType.TEXT_TO_SPEECH: {Tier.DEFAULT: "seed-tts-2.0"},
}


def search_terms(leaf: Leaf) -> str:
    """Everything people may type to find this leaf, folded."""
    aliases = names.aliases().get(leaf.model_id, ())
    return folded(" ".join((leaf.name, leaf.model_id, leaf.version, leaf.group, *aliases)))


def pick(leaves: Sequence[Leaf], model: str, version: str = "") -> Leaf:
    """The leaf named by model id, display name or alias; of several the newest version.

    Raises `UsageError` that names the nearest models.
    """
    wanted = folded(model)
    found = [leaf for leaf in leaves if folded(leaf.model_id) == wanted]
    found = found or [
        leaf for leaf in leaves if wanted in (folded(leaf.name), folded(leaf.version))
    ]
    found = found or [
        leaf for leaf in leaves if wanted in map(folded, names.aliases().get(leaf.model_id, ()))
    ]
    if not found:
        known = list(dict.fromkeys(x for leaf in leaves for x in (leaf.model_id, leaf.name)))
        near = nearest(model, known) or known[:6]
        raise UsageError("error.unknown_model", model=one_line(model, 60), known=", ".join(near))
    if not version:
        return newest(found)
    wished = folded(version)
    pinned = [
        leaf for leaf in found if folded(leaf.version) == wished or folded(leaf.name) == wished
    ]
    if not pinned:
        known = [leaf.version for leaf in found]
        raise UsageError(
            "error.unknown_version", version=one_line(version, 60), known=", ".join(known)
        )
    return pinned[0]


def is_called(leaf: Leaf, name: str) -> bool:
    """Whether `name` is the leaf's own, as the list has it: a model that came after our names."""
    return folded(name) in (folded(leaf.name), folded(leaf.model_id))


def newest(leaves: Iterable[Leaf]) -> Leaf:
    """The highest version number in the name, else the first listed."""
    found = list(leaves)
    return max(found, key=_version_number) if len(found) > 1 else found[0]


def _version_number(leaf: Leaf) -> tuple[int, ...]:
    numbers = re.findall(r"\d+(?:\.\d+)*", leaf.name)
    return tuple(int(part) for part in numbers[-1].split(".")) if numbers else ()


def tier_leaf(leaves: Sequence[Leaf], task_type: TaskType, tier: Tier) -> Leaf | None:
    """The table's model; where it is gone its nearest live kin that has no tier of its own."""
    table = TIERS[task_type]
    model_id = table.get(tier)
    if model_id is None:
        return None
    found = [leaf for leaf in leaves if leaf.model_id == model_id]
    if not found:
        others = [leaf.model_id for leaf in leaves if leaf.model_id not in table.values()]
        found = [leaf for leaf in leaves if leaf.model_id in nearest(model_id, others, 1)]
    return newest(found) if found else None


def tiers_of(leaf: Leaf) -> tuple[Tier, ...]:
    return tuple(
        tier for tier, model_id in TIERS[leaf.task_type].items() if model_id == leaf.model_id
    )


def serving(
    leaves: Sequence[Leaf], task_type: TaskType, preferred: str = "", recommended: str = ""
) -> tuple[Leaf, Reason] | None:
    """Who serves where nothing is asked for, and why: the preferred model, else the recommended
    one, else the table's default or its kin, else the first live one."""
    for model_id, reason in (
        (preferred, Reason.PREFERENCE),
        (recommended, Reason.RECOMMENDATION),
    ):
        if model_id and (mine := [leaf for leaf in leaves if leaf.model_id == model_id]):
            return newest(mine), reason
    if (usual := tier_leaf(leaves, task_type, Tier.DEFAULT)) is not None:
        return usual, Reason.DEFAULT
    return (leaves[0], Reason.FIRST) if leaves else None


def default_leaf(
    leaves: Sequence[Leaf], task_type: TaskType, preferred: str = "", recommended: str = ""
) -> Leaf | None:
    """The leaf of `serving`."""
    found = serving(leaves, task_type, preferred, recommended)
    return found[0] if found is not None else None


def near_ids(leaves: Sequence[Leaf], model_id: str, count: int = 3) -> list[str]:
    """The live models most like one that is not offered (any more), else the first listed."""
    known = list(dict.fromkeys(leaf.model_id for leaf in leaves))
    return nearest(model_id, known, count) or known[:count]
