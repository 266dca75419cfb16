"""Which state may follow which, said a second time and independently."""

from __future__ import annotations

import itertools

import pytest

from ima_tui.core.domain import State
from ima_tui.ledger import records
from ima_tui.ledger.records import ImpossibleTransition

ALLOWED = {
    "draft": "queued forgotten",
    "queued": "uploading verifying sending failed unknown stopped forgotten",
    "uploading": "verifying sending queued failed unknown stopped",
    "verifying": "sending queued failed unknown stopped",
    "sending": "running queued failed unknown",
    "running": "fetching done failed parked stopped",
    "parked": "running fetching done failed stopped forgotten",
    "fetching": "done stopped",
    "done": "fetching forgotten",
    "failed": "fetching forgotten",
    "unknown": "running forgotten",
    "stopped": "running forgotten",
    "forgotten": "",
}


@pytest.mark.parametrize(("before", "after"), itertools.product(State, State))
def test_every_pair_of_states(before: State, after: State) -> None:
    if after.value in ALLOWED[before.value].split():
        records.check(before, after)
    else:
        with pytest.raises(ImpossibleTransition):
            records.check(before, after)


def test_whatever_may_have_been_charged_never_goes_back_to_be_sent() -> None:
    """Only *sending* may, and only with an answer that proves that nothing was accepted."""
    reach = {State.RUNNING, State.NEEDS_REVIEW, State.TIMED_OUT}
    while True:
        further = reach.union(*(records.TRANSITIONS[state] for state in reach))
        if further == reach:
            break
        reach = further
    assert not reach & {State.QUEUED, State.UPLOADING, State.VERIFYING, State.SENDING}


def test_open_and_ended_are_everything() -> None:
    assert set(State) == records.OPEN | records.ENDED
    assert not records.OPEN & records.ENDED
    assert not records.UNSENT & records.SPENT
