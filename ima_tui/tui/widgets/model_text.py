"""Task types and models as text: their names, notes, and the two lines of them on Compose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ima_tui.catalogue import choice
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import (
    KeyInvalid,
    KeyMissing,
    Misconfigured,
    Unauthorised,
)
from ima_tui.core.events import ProductList
from ima_tui.i18n import hint, listed, say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.widgets.painter import Cell

if TYPE_CHECKING:
    from ima_tui.preferences.file import DroppedPreference
    from ima_tui.studio.studio import Studio


def medium_cell(task_type: TaskType) -> Cell:
    """`img`, `vid` … in the medium's own colour."""
    return Cell(say(f"task.tag_{task_type.medium}"), task_type.medium.value)


def kind_name(task_type: TaskType) -> str:
    """Return the name of a task type."""
    return say(f"task.{task_type}")


def notes(model: ModelVersion, is_mine: bool) -> list[str]:
    """What is said of a model in a list: that it is preferred, cheapest, best …"""
    found = [say("compose.mine")] if is_mine else []
    return found + [say(f"compose.tier_{tier}") for tier in choice.tiers_of(model)]


def kind_line(studio: Studio, task_type: TaskType, signs: Glyphs) -> tuple[list[Part], list[Part]]:
    """What is made, and how fresh the list of its models is."""
    tag = medium_cell(task_type)
    left = [(f"{tag.text} ", tag.role), (f"{kind_name(task_type)} {_opens(signs)}", "text")]
    seen = studio.catalogue.lists[task_type]
    if seen.as_of is None or (seen.live and seen.problem is None):
        return left, []
    clock = datetime.fromtimestamp(seen.as_of).strftime("%H:%M")  # noqa: DTZ006 - the user's
    key = "compose.as_of_offline" if seen.problem else "compose.as_of"
    return left, [(say(key, clock=clock), "warn" if seen.problem else "muted")]


def way_to_a_list(seen: ProductList) -> str:
    """What the user can do while there is no model to choose."""
    if isinstance(seen.problem, KeyMissing | KeyInvalid | Unauthorised):
        return say("compose.enter_key")
    if isinstance(seen.problem, Misconfigured):  # asking again changes nothing
        return hint(seen.problem.key, **seen.problem.values)
    return say("compose.ask_anew") if seen.problem else ""


def _opens(signs: Glyphs) -> str:
    return "v" if signs.ascii else "▾"


def model_line(
    studio: Studio, task_type: TaskType, model: ModelVersion | None, signs: Glyphs
) -> tuple[list[Part], list[Part]]:
    """The model; or why there is none to choose, and what to do about it."""
    if model is None:
        problem = studio.catalogue.lists[task_type].problem
        if problem is not None:
            return [(say(problem.key, **problem.values), "bad")], []
        if studio.catalogue.lists[task_type].as_of is not None:
            return [(say("compose.none_offered"), "muted")], []
        way = studio.catalogue.way
        words = say("compose.fetching_through", way=way) if way else say("compose.fetching")
        return [(words, "muted")], []
    is_mine = model.model_id == studio.preferences.model_id(task_type)
    left = [
        (f"{model.name} {_opens(signs)}", "strong"),
        (f" {signs.star}" if is_mine else "", "accent"),
    ]
    advised = studio.guides.recommended.get(task_type) == model.model_id
    told = [say("guides.recommended")] if advised and not is_mine else []
    behind = listed([*told, *notes(model, is_mine)])
    return left, [(behind, "muted")] if behind else []


def dropped(found: Sequence[DroppedPreference]) -> str:
    """`Midjourney (text to image), Wan 2.6 (text to video)`, and how many more."""
    shown = [
        f"{one.preference.model_name or one.preference.model_id} ({kind_name(one.task_type)})"
        for one in found[:3]
    ]
    more = len(found) - len(shown)
    return listed(shown) + (f" +{more}" if more else "")
