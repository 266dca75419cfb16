"""What the verbs do with requirements that an order would not meet: refuse them by name, or say
them where `--yes` agrees."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ima_tui.catalogue.alternatives import Alternative
from ima_tui.compose import confirmation, film_offer
from ima_tui.compose.confirmation import Unmet
from ima_tui.core.domain import Medium, Order, TaskType
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.i18n import joined, say
from ima_tui.intent.intent import Intent
from ima_tui.intent.limits import music_pieces
from ima_tui.studio.studio import Studio


class Unconfirmed(UsageError):
    """The order differs from what was asked for, and nobody agreed to that. `alternatives` are
    models that could be asked instead."""

    def __init__(self, warnings: Sequence[str], alternatives: Sequence[Alternative] = ()) -> None:
        super().__init__("error.would_change", changes=joined(*warnings))
        self.alternatives = tuple(alternatives)


def exactly(text: str, decision: Intent | None, order: Order) -> str:
    """Say which verb makes what no model does: a film, a crop, music of a length; else ""."""
    if film_offer.shots(text, decision):
        return say("finish.exactly_film")
    for limit in decision.limits if decision is not None else ():
        medium = order.task_type.medium
        if limit.code == "aspect_ratio_custom" and medium in (Medium.IMAGE, Medium.VIDEO):
            return say("finish.exactly_crop", ratio=limit.asked, points=order.total)
        if limit.code == "music_duration" and limit.param is not None:
            count = music_pieces(float(str(limit.param.value)), order.model_id)
            if count:
                points = count * order.total
                return say("finish.exactly_join", length=limit.asked, n=count, points=points)
    return ""


async def warnings_of(
    studio: Studio, unmet: Sequence[Unmet], task_type: TaskType
) -> tuple[list[str], tuple[Alternative, ...]]:
    """(a sentence for each, and for a model that can't have it what is available instead; those
    models). Fetches the lists of the media that the named models make."""
    for kind in TaskType:
        if any(each.medium is kind.medium for each in unmet):
            with suppress(ImaError):  # one offer less, and nothing that the order needs
                await studio.catalogue.fresh(kind)
    said = confirmation.sentences(unmet)
    lists = studio.catalogue.all_leaves()
    instead = [confirmation.offers(each, task_type, lists) for each in unmet]
    first = next((offers for offers in instead if offers), ())
    if words := confirmation.offered(first):
        said.append(words)
    return said, first
