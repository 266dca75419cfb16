"""A job's end is told to the terminal: when, how, and never in words from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake import NOW, FakeStudio, done, failed, job
from patience import until
from textual.widgets import Static

from ima_tui.core.domain import Job, State
from ima_tui.core.events import JobChanged, TaskUnsaved
from ima_tui.tui.app import ImaApp
from ima_tui.tui.terminal import notifications


def quick(number: int) -> Job:
    return replace(done(number), sent_at=NOW, ended_at=NOW + 4)


def test_an_end_is_told_once_and_old_ones_never() -> None:
    heard = notifications.JobNotifications(NOW)
    old = replace(done(1), ended_at=NOW - 60)
    assert heard.fresh([old, done(2), job(3)]) == [done(2)]
    assert heard.fresh([old, done(2)]) == []


def test_it_sounds_after_ten_seconds_or_when_nobody_looks() -> None:
    assert notifications.sounds([done(1)], NOW, focused=True)
    assert not notifications.sounds([quick(1)], NOW, focused=True)
    assert notifications.sounds([quick(1)], NOW, focused=False)


@pytest.mark.parametrize(
    ("way", "bell", "note", "title"),
    [
        ("off", False, False, False),
        ("bell", True, False, True),
        ("osc9", False, True, True),
        ("both", True, True, True),
    ],
)
def test_the_setting_chooses(way: str, bell: bool, note: bool, title: bool) -> None:
    found = notifications.sequences("done: #1 Suno", way, sound=True, in_tmux=False)
    assert ("\x07\x07" in found) == bell
    assert ("\x1b]9;ima-tui: done: #1 Suno\x07" in found) == note
    assert found.startswith("\x1b]2;ima-tui · done: #1 Suno\x07") == title


def test_silent_ends_change_the_title_alone_and_tmux_passes_the_note_on() -> None:
    assert (
        notifications.sequences("x", "both", sound=False, in_tmux=False) == "\x1b]2;ima-tui · x\x07"
    )
    wrapped = notifications.sequences("x", "osc9", sound=True, in_tmux=True)
    assert wrapped.endswith("\x1bPtmux;\x1b\x1b]9;ima-tui: x\x07\x1b\\")


def test_a_hostile_name_or_prompt_reaches_no_terminal() -> None:
    bad = "\x1b]0;owned\x07\x9d52;c;AAAA\x9c\u202eevil\nname"
    hostile = done(1)
    hostile = replace(hostile, order=replace(hostile.order, model_name=bad, prompt=bad))
    text = notifications.words([hostile])
    assert "owned" not in text
    assert text.isprintable()
    assert notifications.words([hostile, failed(2)]) == "2 jobs finished"


async def test_the_app_writes_it_when_a_job_ends() -> None:
    app = ImaApp(FakeStudio((job(1),), notify="bell"), start="queue")  # type: ignore[arg-type]
    written: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.write = written.append  # type: ignore[method-assign]
        app.studio.tell(JobChanged(done(1)))  # type: ignore[attr-defined]
        await until(pilot, lambda: written)
        assert written == ["\x1b]2;ima-tui · done: #1 SeeDream 4.5\x07\x07"]
        app.studio.tell(JobChanged(replace(done(1), state=State.FETCHING)))  # type: ignore[attr-defined]
        app.studio.tell(JobChanged(done(1)))  # type: ignore[attr-defined]
        await until(pilot, lambda: not app._gatherer._waiting)
        assert len(written) == 1


async def test_what_a_bad_end_has_left_is_told_at_the_next_start() -> None:
    unsent = replace(job(3, State.QUEUED), needs_approval=True, waiting="waiting.word")
    lost = replace(job(2, State.NEEDS_REVIEW), updated_at=NOW)
    old = replace(lost, id=1, updated_at=NOW - 60)
    said = "1 job may have been charged when the last run ended unexpectedly."
    assert notifications.left_behind([old, job(4)], NOW) == ""
    assert notifications.left_behind([old, lost], NOW) == f"{said} See Queue."
    app = ImaApp(FakeStudio((unsent, lost)), start="compose")  # type: ignore[arg-type]
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: len(app._notifications) == 1)
        told = next(iter(app._notifications)).message
        assert told == f"{said} 1 unsent job needs your approval. See Queue."


async def test_a_task_id_that_can_not_be_saved_stays_on_the_screen() -> None:
    app = ImaApp(FakeStudio(), start="queue")  # type: ignore[arg-type]
    async with app.run_test(notifications=True, size=(120, 40)) as pilot:
        told = TaskUnsaved(job(7), "task-of-seven", "/somewhere/kept.jsonl")
        app.studio.tell(told)  # type: ignore[attr-defined]
        await until(pilot, lambda: len(app._notifications) == 1)
        note = next(iter(app._notifications))
        for words in ("task-of-seven", f"{job(7).order.total} pts", job(7).order.model_name):
            assert words in note.message
        assert note.timeout > 86_400
        assert app.unsaved == {7}
        app.studio.tell(replace(told, written=True))  # type: ignore[attr-defined]
        await until(pilot, lambda: not app.unsaved)


def of_agent(number: int) -> Job:
    held = job(number, State.QUEUED)
    placed = replace(held.order, client="claude", inputs=("/photos/fox.png",))
    return replace(held, order=placed, needs_approval=True, waiting="waiting.over_agent_ask")


def test_a_job_of_an_agent_is_announced_once_each_time_it_is_held() -> None:
    heard = notifications.JobNotifications(NOW)
    first, mine = of_agent(1), replace(job(2, State.QUEUED), needs_approval=True)
    assert heard.asking([first, mine]) == [first]
    assert heard.asking([first]) == []
    assert heard.asking([replace(first, needs_approval=False)]) == []
    assert heard.asking([first]) == [first]
    assert notifications.question([first]) == "claude ordered #1 for 5 pts. Approve it in Queue."
    assert "2 jobs" in notifications.question([first, of_agent(2)])


async def test_an_agents_job_rings_and_shows_who_ordered_it_and_what_it_sends() -> None:
    app = ImaApp(FakeStudio((job(2),), notify="bell"), start="queue")  # type: ignore[arg-type]
    written: list[str] = []
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause()
        app.write = written.append  # type: ignore[method-assign]
        app.studio.tell(JobChanged(of_agent(3)))  # type: ignore[attr-defined]
        await until(pilot, lambda: written)
        assert written == ["\x1b]2;ima-tui · 1 to approve\x07\x07"]
        (told,) = app._notifications
        assert told.message == "claude ordered #3 for 5 pts. Approve it in Queue."
        await pilot.press("home")
        await until(pilot, lambda: "Ordered by claude" in facts(app))
        assert "Input: /photos/fox.png" in facts(app)
        assert "an agent ordered this; needs your approval" in facts(app)


def facts(app: ImaApp) -> str:
    return str(app.screen.query_one("#detail-facts", Static).content)
