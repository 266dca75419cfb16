"""Text about the price of a draft and its unmet requirements, for bars and notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ima_tui import i18n
from ima_tui.catalogue import price
from ima_tui.catalogue.choice import Alternative
from ima_tui.compose import parameter_names
from ima_tui.compose.draft import DraftPrice, neighbour_label
from ima_tui.core.domain import (
    Change,
    Estimate,
    ModelVersion,
    Order,
    Value,
)
from ima_tui.i18n import listed, say
from ima_tui.tui.theme.glyphs import Glyphs

if TYPE_CHECKING:
    from ima_tui.compose.confirmation import Unmet


def usual_time(estimate: Estimate) -> str:
    """`20–40 s`, `3–6 min`, in the language in use."""
    return i18n.usual_time(estimate.low, estimate.high)


def times_n(quote: price.Quote) -> str:
    """`4 × 24`, or nothing for a single output."""
    return f"{quote.n} × {quote.rule.points}" if quote.n > 1 else ""


def usually(model: ModelVersion) -> str:
    """Return how long the model usually takes."""
    return say("compose.usually", time=usual_time(price.estimate(model)))


def neighbour(model: ModelVersion, near: price.Neighbour, n: int) -> str:
    """`480p saves 76`, `Duration 10 costs 24 more`."""
    label, option = neighbour_label(model, near)
    if isinstance(option, bool):
        option = say("compose.on") if option else say("compose.off")
    what = f"{label} {option}" if label else str(option)
    if near.difference < 0:
        return say("compose.saves", what=what, points=-near.difference * n)
    return say("compose.costs_more", what=what, points=near.difference * n)


def neighbours(model: ModelVersion, draft_price: DraftPrice, n: int) -> list[tuple[str, str]]:
    """What is worth knowing before it is sent, the most useful first: the verb that takes it
    (`cheaper`, `elsewhere`, `better`), and its words."""
    found: list[tuple[str, str]] = []
    if draft_price.cheaper is not None:
        found.append(("cheaper", neighbour(model, draft_price.cheaper, n)))
    if (other := draft_price.elsewhere) is not None:
        words = say("compose.elsewhere", model=other.model.name, points=other.quote.total)
        found.append(("elsewhere", words))
    if draft_price.better is not None:
        found.append(("better", neighbour(model, draft_price.better, n)))
    return found


def others(done: Order, before: ModelVersion | None, offered: Sequence[Alternative]) -> str:
    """What could do `done` too, made with `before`: `Wan 2.6 (50 pts) or Vidu Q2 (15 pts)`, or
    ""."""
    from ima_tui.compose.confirmation import prices_instead

    found = prices_instead(offered, done, before)
    told = (say("queue.alternative", model=name, points=points) for name, points in found)
    return say("queue.or").join(told)


def changes(model: ModelVersion, changed: tuple[Change, ...]) -> str:
    """What the price makes of the prompt: `Duration becomes 5 instead of 7`."""
    labels = {field.name: parameter_names.label(field) for field in model.fields}
    return listed(
        say("compose.becomes", name=labels.get(c.name, c.name), value=_plain(c.name, c.becomes))
        if c.asked is None
        else say(
            "compose.becomes_instead",
            name=labels.get(c.name, c.name),
            value=_plain(c.name, c.becomes),
            asked=_plain(c.name, c.asked),
        )
        for c in changed
    )


def _plain(name: str, value: Value) -> str:
    """As the list has it; a voice by its name."""
    is_voice = name.casefold() in parameter_names.VOICES
    return parameter_names.value(name, value) if is_voice else str(value)


def question(
    model: ModelVersion,
    order: Order,
    draft_price: DraftPrice,
    ask_above: int,
    sent_before: Order | None,
) -> str:
    """What to ask before `order` goes out; "" where nothing has to be asked.

    A price above the user's own limit, and the same order a second time: each of them could be a
    slip, and points don't come back. What is sent otherwise than asked: see `confirming`.
    """
    facts: dict[str, str | int] = {"points": order.total, "model": order.model_name}
    if order == sent_before:
        return say("compose.ask_again", **facts)
    if order.total <= ask_above:
        return ""
    words = say("compose.ask_dear", **facts)
    if draft_price.cheaper is not None:
        words += "  " + neighbour(model, draft_price.cheaper, order.n)
    return words


def told(found: Iterable[Unmet], signs: Glyphs) -> list[str]:
    """Each requirement that is not met, and what is sent instead, in as few words as it takes."""
    from ima_tui.compose import confirmation
    from ima_tui.compose.confirmation import Why

    in_a_sentence = (Why.ABSENT, Why.MEDIUM, Why.SHOTS)
    pairs = [each for each in found if each.why not in in_a_sentence and each.asked]
    words = [confirmation.sentence(each) for each in found if each not in pairs]
    if pairs:
        changes = listed(change(each, signs) for each in pairs)
        words.append(say("compose.changed", changes=changes))
    return words


def change(each: Unmet, signs: Glyphs) -> str:
    """`8K → 1080p`."""
    sent = each.sent or say("compose.left_out")
    return f"{each.asked or parameter_names.name(each.name)} {signs.right} {sent}"
