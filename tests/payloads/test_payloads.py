"""Every leaf, every price, every option, every virtual value: payloads the checker accepts."""

from __future__ import annotations

from typing import Any

import pytest
from offered import (
    Offer,
    Wish,
    default_wish,
    excluded,
    option_wishes,
    payload_of,
    recorded_offers,
    rule_wishes,
    sandbox_offers,
    taken_back,
    unreachable_rules,
    virtual_wishes,
)
from payload_checker import faults

from ima_tui.catalogue import form
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError

OFFERS = [*sandbox_offers(), *recorded_offers()]
every_offer = pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.id)


def test_the_recorded_lists_are_read_whole() -> None:
    found = recorded_offers()
    if not found:
        pytest.skip(reason="the recorded lists in ../shared/catalog are not here")
    assert len(found) >= 25


def test_the_sandbox_sells_all_eight_kinds() -> None:
    assert len(sandbox_offers()) == 68
    assert {offer.model.task_type for offer in sandbox_offers()} == set(TaskType)


def judged(offer: Offer, wish: Wish) -> dict[str, Any]:
    """The payload's parameters, after the checker found nothing and the wish went out."""
    payload = payload_of(offer.model, wish.said)
    assert faults(offer.raw, payload) == [], wish.said
    entry: dict[str, Any] = payload["parameters"][0]
    sent: dict[str, Any] = entry["parameters"]
    for name, value in wish.sent.items():
        assert (type(sent[name]), sent[name]) == (type(value), value), wish.said
    if wish.rule is not None:
        assert entry["attribute_id"] == wish.rule
    return sent


@every_offer
def test_the_default_request(offer: Offer) -> None:
    sent = judged(offer, default_wish())
    defaults = {
        field["field"]: field["value"]
        for field in offer.raw.get("form_config") or []
        if not field.get("is_ui_virtual") and field["field"] != "n" and field["value"] is not None
    }
    for name, value in defaults.items():
        if not any(field.virtual and field.virtual.target == name for field in offer.model.fields):
            assert str(sent[name]).casefold() == str(value).casefold()


@every_offer
def test_every_price_that_can_be_reached(offer: Offer) -> None:
    wishes = list(rule_wishes(offer.raw, offer.model.task_type.value))
    assert wishes
    for wish in wishes:
        judged(offer, wish)


@every_offer
def test_every_option(offer: Offer) -> None:
    for wish in option_wishes(offer.raw, offer.model.task_type.value):
        # the rule's own spelling may replace the form's: compared without case
        payload = payload_of(offer.model, wish.said)
        assert faults(offer.raw, payload) == [], wish.said
        sent = payload["parameters"][0]["parameters"]
        for name, value in wish.sent.items():
            assert str(sent[name]).casefold() == str(value).casefold()


@every_offer
def test_every_virtual_value(offer: Offer) -> None:
    for wish in virtual_wishes(offer.raw):
        judged(offer, wish)


@every_offer
def test_every_count(offer: Offer) -> None:
    for n in form.counts(offer.model):
        payload = payload_of(offer.model, {}, n)
        assert faults(offer.raw, payload) == []
        assert payload["parameters"][0]["parameters"]["n"] == n


@every_offer
def test_what_was_taken_back_can_not_be_had(offer: Offer) -> None:
    for said in taken_back(offer.raw, offer.model.task_type.value):
        with pytest.raises(UsageError):
            payload_of(offer.model, said)


@every_offer
def test_what_excludes_each_other_can_not_be_had(offer: Offer) -> None:
    for said in excluded(offer.raw):
        with pytest.raises(UsageError):
            payload_of(offer.model, said)


@every_offer
def test_a_price_for_what_is_not_offered_is_no_permission(offer: Offer) -> None:
    for said in unreachable_rules(offer.raw, offer.model.task_type.value):
        with pytest.raises(UsageError):
            payload_of(offer.model, said)


def test_the_lists_hold_every_hard_case() -> None:
    """Else the tests above could pass with nothing in them."""
    kinds = {
        "virtual": [w for o in OFFERS for w in virtual_wishes(o.raw)],
        "taken back": [w for o in OFFERS for w in taken_back(o.raw, o.model.task_type.value)],
        "excluded": [w for o in OFFERS for w in excluded(o.raw)],
        "priced in vain": [
            w for o in OFFERS for w in unreachable_rules(o.raw, o.model.task_type.value)
        ],
        "options": [w for o in OFFERS for w in option_wishes(o.raw, o.model.task_type.value)],
    }
    assert {name: len(found) >= 4 for name, found in kinds.items()} == dict.fromkeys(kinds, True)
