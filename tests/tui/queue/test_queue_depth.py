"""Queue: order, groups, marks, other models, edits in place, waiting reasons."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fake import KLING, NOW, WAN, FakeStudio, done, failed, job
from patience import until
from textual.pilot import Pilot
from textual.widgets import Static

from ima_tui import i18n
from ima_tui.core.domain import Job, Order, State
from ima_tui.core.events import JobChanged
from ima_tui.ledger.records import UNSENT
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.keys import actions
from ima_tui.tui.queue.job_table import QueueArrangement, QueueSummary, moved, next_in
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.cells import width
from ima_tui.tui.widgets.prompt import Prompt


def open_app(*found: Job) -> ImaApp:
    return ImaApp(FakeStudio(found), start="queue")  # type: ignore[arg-type]


def queue(pilot: Pilot[None]) -> QueueScreen:
    screen = pilot.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


def studio(pilot: Pilot[None]) -> FakeStudio:
    found = pilot.app.studio  # type: ignore[attr-defined]
    assert isinstance(found, FakeStudio)
    return found


def asked(pilot: Pilot[None]) -> list[tuple[object, ...]]:
    return [one for one in studio(pilot).asked if one[0] != "refresh"]


def question(pilot: Pilot[None]) -> str:
    asking = pilot.app.screen.query_one(ConfirmBar)
    lines = [asking.render_line(y).text.strip() for y in range(asking.size.height)]
    return " ".join(lines) if asking.display else ""


def shown(pilot: Pilot[None], line: int) -> str:
    return queue(pilot).table.render_line(line).text


async def stands(pilot: Pilot[None], order: list[int]) -> None:
    await until(pilot, lambda: list(queue(pilot).table.order) == order)


async def can_read(pilot: Pilot[None]) -> None:
    compose = pilot.app.screen
    assert isinstance(compose, ComposeScreen)
    await until(pilot, lambda: compose.reader.can_read)


def summary(pilot: Pilot[None]) -> str:
    return queue(pilot).query_one(QueueSummary).head.render_line(0).text


def facts(pilot: Pilot[None]) -> str:
    return str(queue(pilot).query_one("#detail-facts", Static).content)


# ---------------------------------------------------------------------- order, groups, filter


FOUR = (
    job(1, State.RUNNING, WAN),
    done(2),
    job(3, State.NEEDS_REVIEW),
    failed(4),
)


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("state", [3, 1, 4, 2]),
        ("newest", [4, 3, 2, 1]),
        ("points", [1, 4, 3, 2]),
        ("time", [1, 4, 3, 2]),
    ],
)
def test_orders(sort: str, ids: list[int]) -> None:
    (group,) = QueueArrangement(sort=sort).of(FOUR)
    assert [one.id for one in group.jobs] == ids


def test_groups_keep_the_order_within_and_add_up_points() -> None:
    found = QueueArrangement(sort="newest", group="state").of((*FOUR, done(9)))
    assert [(g.name, [one.id for one in g.jobs], g.points) for g in found] == [
        ("needs review", [3], 5),
        ("running", [1], 25),
        ("done", [9, 2], 10),
        ("failed", [4], 10),
    ]
    kinds = QueueArrangement(group="kind").of(FOUR)
    assert [g.name for g in kinds] == ["text to image", "text to video"]


async def test_a_key_sorts_and_the_summary_says_how() -> None:
    async with open_app(*FOUR).run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        assert list(queue(pilot).table.order) == [3, 1, 4, 2]
        await pilot.press("s")
        assert list(queue(pilot).table.order) == [4, 3, 2, 1]
        assert "newest first" in summary(pilot)
        await pilot.press("s", "s", "s")
        assert list(queue(pilot).table.order) == [3, 1, 4, 2]
        assert "first" not in summary(pilot)


WAITING = tuple(job(n, State.QUEUED) for n in (1, 2, 3, 4))


def test_a_line_moves_by_one_place_and_back() -> None:
    for chosen, sooner in (({3}, (1, 3, 2, 4)), ({3, 4}, (1, 3, 4, 2)), ({2, 4}, (2, 1, 4, 3))):
        assert moved(WAITING, chosen, -1) == sooner
        line = [WAITING[each - 1] for each in sooner]
        assert moved(line, chosen, 1) == (1, 2, 3, 4)
    assert moved(WAITING, {1, 2}, -1) == (1, 2, 3, 4)
    assert moved(WAITING, {4}, 1) == (1, 2, 3, 4)
    assert next_in(WAITING, {2, 4}) == (2, 4, 1, 3)


async def test_keys_move_unsent_jobs_in_their_line() -> None:
    app = open_app(*WAITING, job(9))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        assert list(queue(pilot).table.order) == [9, 1, 2, 3, 4]
        assert not queue(pilot).check_action("line", ("earlier",)), "a running job"
        await pilot.press("end")
        assert "Position 4 of 4" in facts(pilot)
        await pilot.press("less_than_sign")
        await stands(pilot, [9, 1, 2, 4, 3])
        assert queue(pilot).table.cursor == 4
        await until(pilot, lambda: "Position 3 of 4" in facts(pilot))
        await pilot.press("F")
        await stands(pilot, [9, 4, 1, 2, 3])
        await pilot.press("greater_than_sign")
        await stands(pilot, [9, 1, 4, 2, 3])
        await pilot.press("s")
        assert not queue(pilot).check_action("line", ("earlier",)), "nobody would see it"
        assert queue(pilot).check_action("line", ("next",))


async def test_a_job_moves_past_what_is_shown_and_leaves_hidden_ones_where_they_are() -> None:
    shown = [replace(one, order=replace(one.order, prompt="fox")) for one in WAITING]
    hidden = replace(WAITING[1], order=replace(WAITING[1].order, prompt="owl"))
    app = open_app(shown[0], hidden, *shown[2:])
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("slash", *"fox", "enter", "down", "less_than_sign")
        await stands(pilot, [3, 1, 4])
        assert {one.id: one.queue_key for one in queue(pilot).jobs.values()} == {
            3: 1,
            2: 2,
            1: 3,
            4: 4,
        }


async def test_headings_are_no_rows() -> None:
    async with open_app(*FOUR).run_test(size=(120, 30)) as pilot:
        await pilot.app.run_action("arrange('group')", pilot.app.screen)
        assert shown(pilot, 1).strip() == "needs review  1 · 5 pts"
        assert queue(pilot).table.cursor == 3
        await pilot.press("down")
        assert queue(pilot).table.cursor == 1
        await pilot.press("home")
        assert queue(pilot).table.cursor == 3
        await pilot.press("ctrl+a")
        assert queue(pilot).table.marked == {1, 2, 3, 4}
        await pilot.app.run_action("arrange('group')", pilot.app.screen)
        assert shown(pilot, 1).strip().startswith("text to image  3")
        await pilot.app.run_action("arrange('group')", pilot.app.screen)
        assert shown(pilot, 1).strip().startswith("No project  4")
        await pilot.app.run_action("arrange('group')", pilot.app.screen)
        assert list(queue(pilot).table.order) == [3, 1, 4, 2]


async def test_a_filter_finds_kinds_and_what_waits_for_a_word() -> None:
    held = replace(job(7, State.QUEUED), needs_approval=True)
    async with open_app(*FOUR, held).run_test(size=(100, 30)) as pilot:
        await pilot.press("slash", *"approval")
        assert list(queue(pilot).table.order) == [7]
        queue(pilot).query_one("#filter").value = "to video"  # type: ignore[attr-defined]
        await until(pilot, lambda: list(queue(pilot).table.order) == [1])


async def test_marks_say_what_they_cost_and_go_with_their_rows() -> None:
    async with open_app(failed(3), job(2, State.FAILED, KLING)).run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+a")
        assert "2 marked, 58 pts" in summary(pilot)
        await pilot.press("slash", *"kling", "enter")
        assert "1 marked, 48 pts" in summary(pilot)
        await pilot.press("escape")
        assert "marked" not in summary(pilot)


async def test_a_question_names_what_it_is_about_but_not_hundreds() -> None:
    async with open_app(*(failed(n) for n in range(1, 10))).run_test() as pilot:
        await pilot.press("ctrl+a", "r")
        assert "Retry these 9 jobs (#9 #8 #7 #6 #5 #4 and 3 more) for 90 pts?" in question(pilot)


async def test_stopping_sent_and_unsent_ones_tells_what_stays_spent() -> None:
    async with open_app(job(2), job(1, State.QUEUED)).run_test() as pilot:
        await pilot.press("ctrl+a", "x")
        assert "Points already spent (5 pts)" in question(pilot)
        await pilot.press("y")
        await until(pilot, lambda: len(asked(pilot)) == 2)
        assert asked(pilot) == [("stop", 2), ("take_out", 1)]


# ------------------------------------------------------------------------ with another model


async def test_another_model_is_chosen_priced_and_named_after_the_old_job() -> None:
    async with open_app(failed(3)).run_test(size=(100, 30)) as pilot:
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, QueueScreen))
        assert question(pilot) == "? Retry #3 with SeeDream 4.5 for 5 pts?"
        assert asked(pilot) == []
        await pilot.press("enter")
        await until(pilot, lambda: asked(pilot))
        verb, order, repeats = asked(pilot)[0]
        assert (verb, repeats) == ("submit", 3)
        assert isinstance(order, Order)
        assert (order.model_id, order.prompt) == ("doubao-seedream-4.5", "a red fox in snow")


async def test_a_failure_names_what_could_do_it_and_for_how_much() -> None:
    async with open_app(failed(3)).run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        told = facts(pilot).replace("\n", " ")
        assert "R retries with another model: SeeDream 4.5 (5 pts) or Nano Banana 2 (" in told


async def test_where_no_other_model_is_offered_it_says_so() -> None:
    async with open_app(job(3, State.FAILED, WAN)).run_test(size=(100, 30)) as pilot:
        await pilot.press("R")
        await pilot.pause()
        assert question(pilot) == ""
        told = [note.message for note in pilot.app._notifications]
        assert told == ["No other model can replace Wan 2.6 right now."]


async def test_another_model_is_for_one_job_at_a_time_and_says_so() -> None:
    async with open_app(failed(3), failed(2)).run_test() as pilot:
        await pilot.press("ctrl+a", "R")
        await pilot.pause()
        assert question(pilot) == ""
        told = [note.message for note in pilot.app._notifications]
        assert told == ["This works on one job at a time. Unmark the others: esc."]


async def test_a_heading_is_clicked_to_sort_and_esc_goes_one_step_back() -> None:
    async with open_app(*FOUR).run_test(size=(120, 30)) as pilot:
        table = queue(pilot).table
        x = next(slot.x for slot in table._painted()._slots if slot.index == 6)
        await pilot.click(table, offset=(x, 0))
        assert queue(pilot).how.sort == "points"
        await pilot.press("slash", "f", "o", "x", "enter", "space", "escape")
        assert (queue(pilot).how.filter, table.marked) == ("fox", set())
        await pilot.press("escape")
        assert queue(pilot).how.filter == ""


# -------------------------------------------------------------------------- edited in its place


async def test_an_unsent_job_is_edited_and_taken_out_when_the_new_one_goes() -> None:
    held = replace(job(7, State.QUEUED), needs_approval=True)
    async with open_app(held).run_test(size=(100, 30)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.current_mode == "compose")
        await until(pilot, lambda: pilot.app.screen.query_one(Prompt).text == "a red fox in snow")
        said = pilot.app.screen.query_one("#said", Static)
        await until(pilot, lambda: "Replaces #7" in str(said.content))
        assert asked(pilot) == []
        await can_read(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: len(asked(pilot)) == 2)
        assert asked(pilot)[0][:2] == ("edit", 7)


async def test_a_job_edited_before_prompts_can_be_read_goes_with_a_second_press() -> None:
    async with open_app(job(7, State.QUEUED)).run_test(size=(100, 30)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.current_mode == "compose")
        compose = pilot.app.screen
        assert isinstance(compose, ComposeScreen)
        await can_read(pilot)
        compose.reader._route = None  # as in the first moments, however fast the machine is
        await pilot.press("ctrl+j")
        said = compose.query_one("#said", Static)
        await until(pilot, lambda: "Loading models" in str(said.content))
        assert asked(pilot) == []
        compose._begin_to_read()
        await until(pilot, lambda: "Models loaded" in str(said.content))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: len(asked(pilot)) == 2)


async def test_what_was_sent_meanwhile_is_not_sent_twice() -> None:
    async with open_app(job(7, State.QUEUED)).run_test(size=(100, 30)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.current_mode == "compose")
        said = pilot.app.screen.query_one("#said", Static)
        await until(pilot, lambda: "Replaces #7" in str(said.content))
        studio(pilot).tell(JobChanged(job(7)))
        await can_read(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "was sent in the meantime" in str(said.content))
        assert asked(pilot) == []


def test_only_what_was_not_sent_can_be_edited() -> None:
    from ima_tui.tui.shell.job_actions import FITS

    can = {state for state in State if FITS["edit"](job(1, state))}
    assert can <= UNSENT
    assert State.QUEUED in can


# -------------------------------------------------------------------------- why it waits


def test_a_reason_stands_in_the_time_column_and_as_a_sentence() -> None:
    waiting = replace(job(4, State.QUEUED), waiting="waiting.after", waiting_values={"id": 41})
    assert words.row(waiting, NOW, glyphs(False))[5].text == "after #41"
    assert words.status_sentence(waiting, NOW) == ("waiting for #41", "muted")
    odd = replace(waiting, waiting="waiting.from_the_future")
    assert words.status_sentence(odd, NOW) == ("", "muted")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_short_reason_fits_its_column(language: i18n.Language) -> None:
    i18n.use(language)
    texts = [key for key in i18n._texts if re.fullmatch(r"waiting\..*\.short", key)]
    assert texts
    for key in texts:
        assert width(i18n.say(key, id=999, limit=8)) <= 11


def test_held_for_another_reason_says_that_one() -> None:
    values = {"before": 5, "points": 7}
    held = replace(
        job(4, State.QUEUED), needs_approval=True, waiting="waiting.price", waiting_values=values
    )
    sentence, role = words.status_sentence(held, NOW)
    assert "price rose from 5 to 7" in sentence
    assert "a sends it" in sentence
    assert role == "warn"


async def test_an_unknown_outcome_stands_out_and_says_what_it_may_have_cost() -> None:
    async with open_app(job(3, State.NEEDS_REVIEW)).run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        assert shown(pilot, 1).rstrip().endswith("5?")
        assert "5 pts may have been charged" in facts(pilot).replace("\n", " ")
        await pilot.press("r")
        assert question(pilot).endswith("for another 5 pts? To confirm, press y.")
        shown_keys = [act.key_words() for act in actions.footer(actions.acts(pilot.app.screen))]
        assert shown_keys == ["y", "esc  n"]
