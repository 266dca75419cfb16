"""Short text about unmet requirements, for confirm bars and notices."""

from __future__ import annotations

from collections.abc import Iterable

from ima_tui.compose import confirmation, parameter_names
from ima_tui.compose.confirmation import Unmet, Why
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs

_IN_A_SENTENCE = (Why.ABSENT, Why.MEDIUM, Why.SHOTS)


def told(found: Iterable[Unmet], signs: Glyphs) -> list[str]:
    """Each requirement that is not met, and what is sent instead, in as few words as it takes."""
    pairs = [each for each in found if each.why not in _IN_A_SENTENCE and each.asked]
    words = [confirmation.sentence(each) for each in found if each not in pairs]
    if pairs:
        listed = say("compose.list_comma").join(change(each, signs) for each in pairs)
        words.append(say("compose.changed", changes=listed))
    return words


def change(each: Unmet, signs: Glyphs) -> str:
    """`8K → 1080p`."""
    sent = each.sent or say("compose.left_out")
    return f"{each.asked or parameter_names.name(each.name)} {signs.right} {sent}"
