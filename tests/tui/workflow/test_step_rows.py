"""The rows of a workflow's steps: their lines, and what is said of a step that waits."""

from __future__ import annotations

from fake import NOW, done, job
from hypothesis import given
from hypothesis import strategies as st
from test_step_timeline import status_of

from ima_tui.core.domain import State
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.workflow.graph import LINES, MOST_PROMPT, heights
from ima_tui.tui.workflow.step_rows import rows


@given(st.lists(st.integers(0, MOST_PROMPT), min_size=1, max_size=12), st.integers(2, 60))
def test_each_step_has_the_lines_that_its_prompt_needs(needed: list[int], room: int) -> None:
    most, high = heights(needed, room)
    for lines, need in zip(high, needed, strict=True):
        assert LINES <= lines <= LINES + min(most, need) + 1
    assert sum(high) <= room or high == [LINES] * len(needed)
    if sum(needed) + len(needed) * (LINES + 1) <= room:
        assert high == [LINES + need + 1 for need in needed], "all of it where there is room"


def test_every_step_has_as_many_lines_of_its_prompt_as_all_have_room_for() -> None:
    assert heights([4, 4, 0], 17) == (4, [7, 7, 3])
    assert heights([4, 4, 0], 16) == (3, [6, 6, 3])
    assert heights([4, 4, 0], 8) == (1, [3, 3, 2])
    assert heights([4, 4, 0], 5) == (0, [2, 2, 2])


def test_a_step_says_once_what_it_waits_for() -> None:
    waiting = job(2, State.QUEUED, waiting="waiting.after", waiting_values={"id": 1}, task_id=None)
    _, second = rows(status_of(done(1), waiting), NOW, glyphs(ascii_only=False))
    assert "from step 1" in second.told
    assert second.state == ("waiting", "muted")


def test_any_other_reason_to_wait_stands_beside_the_title() -> None:
    full = job(2, State.QUEUED, waiting="waiting.running", waiting_values={"limit": 3})
    _, second = rows(status_of(done(1), full), NOW, glyphs(ascii_only=False))
    assert second.state[0] == "slots full"
