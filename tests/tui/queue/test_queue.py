"""Queue: what stands where, what it costs, and that nothing is spent without a yes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from fake import (
    BANANA_2,
    KLING,
    MIDJOURNEY,
    NOW,
    WAN,
    FakeStudio,
    done,
    failed,
    job,
)
from patience import until
from PIL import Image
from textual.pilot import Pilot
from textual.widgets import Input, Static

from ima_tui import i18n
from ima_tui.catalogue.choice import Alternative
from ima_tui.core.domain import (
    Event,
    Failure,
    Job,
    Media,
    Order,
    State,
)
from ima_tui.core.events import JobChanged
from ima_tui.studio import gallery
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.images.preview import Preview
from ima_tui.tui.queue.job_table import QueueSummary
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.job_detail import JobDetail
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.cells import width
from ima_tui.tui.widgets.lines import Pane


def open_app(*found: Job) -> ImaApp:
    return ImaApp(FakeStudio(found), start="queue")  # type: ignore[arg-type]


def queue(pilot: Pilot[None]) -> QueueScreen:
    screen = pilot.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


def studio(pilot: Pilot[None]) -> FakeStudio:
    found = queue(pilot).studio
    assert isinstance(found, FakeStudio)
    return found


def asked(pilot: Pilot[None]) -> list[tuple[object, ...]]:
    """What the screen asked of the studio, beside the lists."""
    return [one for one in studio(pilot).asked if one[0] != "refresh"]


def question(pilot: Pilot[None]) -> str:
    asking = pilot.app.screen.query_one(ConfirmBar)
    lines = [asking.render_line(y).text.strip() for y in range(asking.size.height)]
    return " ".join(lines) if asking.display else ""


def facts(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#detail-facts", Static).content)


def cells(one: Job, now: float = NOW) -> list[str]:
    return [cell.text for cell in words.row(one, now, glyphs(False))]


# -------------------------------------------------------------------------------- the words


def test_a_running_job_in_cells() -> None:
    assert cells(job(1)) == [
        "◐ running",
        "img",
        "SeeDream 4.5",
        "a red fox in snow",
        "━━━─────",
        "0:14/0:40",
        "5",
    ]


def test_progress_is_never_full_before_the_service_says_so() -> None:
    bar, time = cells(replace(job(1), sent_at=NOW - 4000))[4:6]
    assert bar == "━━━━━━━─"
    assert time == "1:06:30"
    assert words.row(replace(job(1), sent_at=NOW - 60), NOW, glyphs(False))[5].role == "warn"


@pytest.mark.parametrize(
    ("elapsed", "shown"), [(7.9, 7), (19.9, 19), (23, 20), (599, 595), (640, 630)]
)
def test_time_moves_in_coarse_steps(elapsed: float, shown: float) -> None:
    assert words.stepped(elapsed) == shown


def test_what_needs_a_person_comes_first() -> None:
    found = [
        done(9),
        job(8, State.QUEUED),
        job(7),
        job(6),
        job(2, State.NEEDS_REVIEW),
        replace(job(1, State.QUEUED), needs_approval=True),
    ]
    assert [one.id for one in sorted(found, key=words.sort_key)] == [2, 1, 7, 6, 8, 9]


def test_every_state_has_a_sign_and_a_word_in_both_languages() -> None:
    seen = set(State) - {State.FORGOTTEN}
    for language in ("en", "zh"):
        i18n.use(language)  # type: ignore[arg-type]
        for ascii_only in (False, True):
            signs = glyphs(ascii_only)
            shown = {f"{signs.state(state)} {words.state_words(state)}" for state in seen}
            assert all(text[0].strip() for text in shown)
            assert not ascii_only or all(text[0].isascii() for text in shown)
            assert max(width(text) for text in shown) <= words.COLUMNS[0].width


def test_a_failure_of_another_version_still_has_a_sentence() -> None:
    odd = failed(1, "error.from_the_future")
    assert words.status_sentence(odd, NOW) == (i18n.say("queue.failed"), "bad")
    event = Event(NOW, State.DONE, "event.from_the_future")
    assert words.event_words(event, NOW).endswith("  done")


def test_an_event_of_another_day_has_its_date() -> None:
    event = Event(NOW, State.DONE, "event.done")
    assert words.event_words(event, NOW).count("-") == 0
    assert words.event_words(event, NOW + 86_400).count("-") == 1


@pytest.mark.parametrize("wanted", ["yesterday", "昨天", "fox yesterday"])
async def test_jobs_of_yesterday_are_found(wanted: str) -> None:
    old = replace(job(1), created_at=NOW - 86_400)
    async with open_app(old, job(2)).run_test() as pilot:
        await pilot.press("slash")
        queue(pilot).query_one("#filter", Input).value = wanted
        await until(pilot, lambda: list(queue(pilot).table.order) == [1])


def partial_job(number: int) -> Job:
    """Two of three came out."""
    three = replace(done(number).order, n=3)
    medias = (Media("https://ima.example/a.png"), Media("https://ima.example/b.png"))
    values = {"ready": 2, "n": 3, "points": three.total, "cause": ""}
    failure = Failure("error.partial", "", values)
    return replace(done(number), order=three, medias=medias, failure=failure)


def test_what_came_out_in_part_is_told_in_its_row_and_beside_it() -> None:
    state = words.row(partial_job(1), NOW, glyphs(False))[0]
    assert (state.text.split(" ", 1)[1], state.role) == ("2 of 3", "warn")
    sentence, role = words.status_sentence(partial_job(1), NOW)
    assert ("2 of 3 results finished" in sentence, "r makes only" in sentence, role) == (
        True,
        True,
        "warn",
    )


def test_more_than_was_ordered_is_said_beside_it() -> None:
    medias = tuple(Media(f"https://ima.example/{number}.png") for number in range(8))
    sentence, _ = words.status_sentence(replace(done(1), medias=medias), NOW)
    assert sentence == "More results arrived than were ordered: 1 ordered, 8 kept."


def test_a_download_that_is_refused_says_when_it_is_tried_again() -> None:
    values = {"status": 403, "time": "14:05", "id": 7}
    waiting = replace(job(7, State.FETCHING), waiting="waiting.link_denied", waiting_values=values)
    sentence, _ = words.status_sentence(waiting, NOW)
    assert sentence.startswith(
        "The download server refused access (403). Trying again at 14:05 (free)."
    )
    assert sentence.endswith("To try now: ima-tui jobs fetch 7")


# ------------------------------------------------------------------------------- the screen


async def test_only_the_missing_is_offered_again() -> None:
    app = open_app(partial_job(1))
    async with app.run_test() as pilot:
        await pilot.press("r")
        assert question(pilot).startswith("? Make only the 1 missing result of #1 for 5 pts?")
        await pilot.press("y")
        assert ("again", 1) in asked(pilot)


async def test_an_empty_queue_says_what_brings_something() -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = queue(pilot).table
        assert "Press 2" in table.render_line(2).text
        assert queue(pilot).table.current is None


async def test_the_summary_counts() -> None:
    found = (job(1), job(2), job(3, State.QUEUED), done(4), failed(5), job(6, State.NEEDS_REVIEW))
    async with open_app(*found).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = queue(pilot).query_one(QueueSummary).head.render_line(0).text
        assert "1 needs you · 2 running · 1 waiting · 1 failed · 1 done" in text
        assert "today 325 pts · session 61 pts" in text


async def test_news_changes_the_row_in_place() -> None:
    async with open_app(job(1), job(2)).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        studio(pilot).tell(JobChanged(done(1)))
        screen = queue(pilot)
        await until(pilot, lambda: "✓ done" in screen.table.render_line(2).text)
        assert list(screen.table.order) == [2, 1]
        assert screen.table.cursor == 2


async def test_the_detail_tells_what_happened_and_what_to_do() -> None:
    found = job(7, State.FAILED, WAN, failure=Failure("error.too_heavy"))
    app = open_app(found)
    app.studio.jobs.events[7] = (Event(NOW, State.QUEUED, "event.queued", {"points": 25}),)  # type: ignore[attr-defined]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        title = queue(pilot).query_one("#detail-pane", Pane).head.render_line(0).text
        assert "#7  Wan 2.6 · text to video · 720p" in title
        text = facts(pilot)
        assert "25 pts · usually 60–90 s" in text
        assert i18n.say("error.too_heavy") in text
        assert i18n.say("event.queued", points=25) in text


async def test_a_success_with_the_preferred_model_names_the_usual_one_quietly() -> None:
    app = open_app(job(1, State.DONE))
    app.studio.catalogue.usual = Alternative(BANANA_2, 5)  # type: ignore[attr-defined]
    async with app.run_test() as pilot:
        await until(pilot, lambda: f"{BANANA_2.name} also suits this, 6 pts." in facts(pilot))


async def test_a_prompt_with_brackets_is_text() -> None:
    async with open_app(job(1, prompt="[/nope] [@click=app.quit]x[/]")).run_test() as pilot:
        await pilot.pause()
        assert "[/nope] [@click=app.quit]x[/]" in facts(pilot)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 50)])
async def test_whole_at_every_size(size: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (64, 36), "#306090").save(path)
    found = (done(1, str(path)), *(job(number) for number in range(2, 30)))
    async with open_app(*found).run_test(size=size) as pilot:
        await pilot.press("end")
        table = queue(pilot).table
        titles = table.render_line(0).text
        assert {"PROMPT", "TIME", "POINTS"} <= set(titles.split())
        assert ("STATE" in titles) == (size[0] >= 80)  # narrow, its sign stands for it
        head = queue(pilot).query_one("#detail-pane", Pane).head.render_line(0).text
        assert "✓ done" in head
        assert ("MODEL" in titles) == (size[0] >= 100)  # narrow, the prompt needs its cells
        picture = queue(pilot).query_one(Preview)
        assert bool(picture.region.width) == (size[0] >= 80)


async def test_the_picture_of_the_job_under_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (64, 36), "#306090").save(path)
    async with open_app(done(1, str(path))).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        preview = queue(pilot).query_one(Preview)
        await until(pilot, lambda: preview.shown)
        shown = preview.shown
        assert shown is not None
        assert (shown.facts.width, shown.facts.height) == (64, 36)


# ---------------------------------------------------------------------------------- the clock


async def test_only_running_rows_that_are_seen_grow_older() -> None:
    async with open_app(job(1), done(2)).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = queue(pilot)
        assert "0:14/0:40" in screen.table.render_line(1).text
        studio(pilot).clock.now = NOW + 2
        screen.table.tick()
        assert "0:16/0:40" in screen.table.render_line(1).text


async def test_the_clock_stands_still_where_nothing_runs_or_nobody_looks() -> None:
    async with open_app(job(1)).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = queue(pilot).table
        assert table.ticking
        await pilot.press("1")
        await until(pilot, lambda: not table.ticking)
        await pilot.press("3")
        await until(pilot, lambda: table.ticking)
        studio(pilot).tell(JobChanged(done(1)))
        await until(pilot, lambda: not table.ticking)


# ---------------------------------------------------------------------------------- the verbs


async def test_running_again_says_the_price_and_waits_for_a_yes() -> None:
    async with open_app(failed(3)).run_test() as pilot:
        await pilot.press("r")
        assert question(pilot) == "? Retry #3 for 10 pts?"
        await pilot.press("escape")
        assert asked(pilot) == []
        await pilot.press("r", "enter")
        assert asked(pilot)[0] == ("again", 3)


async def test_an_unknown_outcome_is_asked_about_with_more_care() -> None:
    async with open_app(job(3, State.NEEDS_REVIEW)).run_test() as pilot:
        await pilot.press("r")
        assert "may already have been charged 5 pts" in question(pilot)
        await pilot.press("enter")
        assert asked(pilot) == []
        assert question(pilot)
        await pilot.press("y")
        assert asked(pilot)[0] == ("again", 3)


@pytest.mark.parametrize("size", [(40, 20), (60, 20), (120, 40)])
async def test_the_price_of_a_question_is_never_cut_off(size: tuple[int, int]) -> None:
    async with open_app(job(3, State.NEEDS_REVIEW)).run_test(size=size) as pilot:
        await pilot.press("r")
        await pilot.pause()
        assert question(pilot).endswith("again for another 5 pts? To confirm, press y.")


async def test_stopping_says_that_the_points_stay_spent() -> None:
    async with open_app(job(3)).run_test() as pilot:
        await pilot.press("x")
        assert "5 pts are not refunded" in question(pilot)
        await pilot.press("y")
        assert asked(pilot) == [("stop", 3)]


async def test_an_unsent_job_is_taken_out_without_a_question() -> None:
    async with open_app(job(3, State.QUEUED)).run_test() as pilot:
        await pilot.press("x")
        assert asked(pilot) == [("take_out", 3)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_short_list_leaves_its_room_to_the_job(size: tuple[int, int]) -> None:
    async with open_app(failed(3), job(2)).run_test(size=size) as pilot:
        table, detail = queue(pilot).table, pilot.app.screen.query_one(JobDetail)
        await until(pilot, lambda: 2 < table.size.height < 7)
        assert detail.size.height > size[1] // 2
        jobs = {number: job(number) for number in range(1, 30)}
        for one in jobs.values():
            studio(pilot).jobs.rows[one.id] = one
        await queue(pilot).reload()
        await until(pilot, lambda: table.size.height > 8)


async def test_without_a_job_there_is_no_empty_pane() -> None:
    async with open_app().run_test(size=(120, 40)) as pilot:
        detail = pilot.app.screen.query_one(JobDetail)
        await until(pilot, lambda: not detail.display)
        studio(pilot).jobs.rows[1] = job(1)
        await queue(pilot).reload()
        await until(pilot, lambda: detail.display)


def test_a_file_in_the_results_folder_is_named_without_it() -> None:
    media = Media("https://x.y/a", path="/results/2027/fox.png", format="png")
    assert words.result_words(media) == "/results/2027/fox.png  png"
    assert words.result_words(media, Path("/results")) == "2027/fox.png  png"
    assert words.result_words(media, Path("/elsewhere")) == "/results/2027/fox.png  png"


async def test_the_key_that_stops_says_what_it_does_to_unsent_jobs() -> None:
    found = (job(3, State.QUEUED), job(2), job(1, State.QUEUED))
    async with open_app(*found).run_test(size=(120, 40)) as pilot:
        bottom = pilot.app.screen.query_one(BottomLine)

        def keys() -> str:
            return bottom.render_line(0).text

        queue(pilot).table.move_to(3)
        await until(pilot, lambda: "x remove from queue" in keys())
        queue(pilot).table.move_to(2)
        await until(pilot, lambda: "x stop following" in keys())
        queue(pilot).table.mark((1, 3))
        await until(pilot, lambda: "x remove from queue" in keys())
        queue(pilot).table.mark((2,))
        await until(pilot, lambda: "x stop following" in keys())


async def test_marked_jobs_are_asked_about_once_with_what_they_cost_together() -> None:
    found = (failed(3), failed(2), job(1, State.FAILED, MIDJOURNEY))
    async with open_app(*found).run_test() as pilot:
        await pilot.press("space", "space", "space", "r")
        assert question(pilot) == "? Retry these 3 jobs (#3 #2 #1) for 28 pts?"
        await pilot.press("enter")
        again = [one for one in asked(pilot) if one[0] == "again"]
        assert again == [("again", 3), ("again", 2), ("again", 1)]


async def test_hidden_rows_are_never_marked() -> None:
    async with open_app(failed(3), job(2, State.FAILED, KLING)).run_test() as pilot:
        await pilot.press("space", "space", "slash", *"kling", "enter", "r")
        assert "Retry #2" in question(pilot)


async def test_what_is_forgotten_goes_at_once_and_comes_back_by_a_key() -> None:
    async with open_app(done(2), done(1)).run_test() as pilot:
        await pilot.press("D")
        await until(pilot, lambda: list(queue(pilot).table.order) == [1])
        assert asked(pilot) == []
        summary = queue(pilot).query_one(QueueSummary)
        assert "1 removed, u: undo" in summary.head.render_line(0).text
        await pilot.press("u")
        await until(pilot, lambda: list(queue(pilot).table.order) == [2, 1])
        assert not queue(pilot).check_action("undo", ())
        await queue(pilot).verbs.forgetting.end((2,))
        assert asked(pilot) == []


async def test_forgetting_is_done_when_its_moment_has_passed_or_the_place_is_closed() -> None:
    app = open_app(done(3), done(2), done(1))
    async with app.run_test() as pilot:
        await pilot.press("D")
        await until(pilot, lambda: list(queue(pilot).table.order) == [2, 1])
        await queue(pilot).verbs.forgetting.end((3,))
        assert asked(pilot) == [("forget", 3)]
        await pilot.press("D")
        await until(pilot, lambda: list(queue(pilot).table.order) == [1])
    assert ("forget", 2) in app.studio.asked  # type: ignore[attr-defined]


async def test_forgetting_many_is_asked_about_and_undone_as_one() -> None:
    async with open_app(done(3), done(2), done(1)).run_test() as pilot:
        await pilot.press("ctrl+a", "D")
        assert "Remove these 3 jobs (#3 #2 #1, 15 pts) from the list?" in question(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: not queue(pilot).table.order)
        await pilot.press("u")
        await until(pilot, lambda: len(queue(pilot).table.order) == 3)


async def test_forgetting_what_is_not_over_needs_a_yes_and_is_done_at_once() -> None:
    async with open_app(job(2, State.NEEDS_REVIEW)).run_test() as pilot:
        await pilot.press("D")
        assert "Remove #2 from the list? It hasn't finished" in question(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: asked(pilot) == [("forget", 2)])


@pytest.mark.parametrize(
    ("found", "verb"),
    [
        (job(1, State.TIMED_OUT), "follow"),
        (job(1, State.STOPPED), "follow"),
        (done(1), "fetch"),
    ],
)
async def test_f_follows_or_fetches_again_for_free(found: Job, verb: str) -> None:
    async with open_app(found).run_test() as pilot:
        await pilot.press("f")
        assert question(pilot) == ""
        assert asked(pilot) == [(verb, 1)]


async def test_a_held_job_is_sent_only_after_a_yes() -> None:
    async with open_app(replace(job(1, State.QUEUED), needs_approval=True)).run_test() as pilot:
        await pilot.press("a")
        assert question(pilot) == "? Send #1 for 5 pts?"
        assert asked(pilot) == []


async def test_duplicate_hands_the_order_to_compose() -> None:
    app = open_app(done(1))
    async with app.run_test() as pilot:
        loaded: list[tuple[Order, int | None]] = []
        await pilot.press("2")
        app.screen.load_order = lambda *given: loaded.append(given)  # type: ignore[attr-defined]
        await pilot.press("alt+3", "d")
        await pilot.pause()
        assert app.current_mode == "compose"
        assert [(one.prompt, old) for one, old in loaded] == [("a red fox in snow", None)]


async def test_the_link_goes_to_the_clipboard() -> None:
    app = open_app(done(1))
    async with app.run_test() as pilot:
        await pilot.press("c")
        assert app.clipboard == "https://ima.example/a.png"


def test_no_program_is_started_without_a_desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.touch()
    started: list[object] = []
    monkeypatch.setattr(gallery.subprocess, "Popen", lambda *a, **k: started.append(a))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    assert not gallery.open_file(str(path))
    monkeypatch.delenv("SSH_CONNECTION")
    monkeypatch.delenv("SSH_TTY", raising=False)
    assert gallery.open_file(str(path))
    assert len(started) == 1


async def test_the_filter_hides_and_says_how_many() -> None:
    async with open_app(job(1), job(2, State.RUNNING, WAN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"wan")
        screen = queue(pilot)
        assert list(screen.table.order) == [2]
        assert "1 hidden" in screen.query_one(QueueSummary).head.render_line(0).text
        await pilot.press("D")
        assert list(screen.table.order) == []
        await pilot.press("escape", "escape")
        assert len(screen.table.order) == 2


async def test_show_job_finds_a_job_behind_a_filter() -> None:
    app = open_app(job(1), job(2, State.RUNNING, WAN))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"wan", "enter", "1")
        await app.show_job(1)
        assert app.current_mode == "queue"
        assert queue(pilot).table.cursor == 1


async def test_the_keys_of_another_place_are_none_here() -> None:
    async with open_app(job(1)).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert queue(pilot).check_action("do", ("editor",)) is False


@pytest.mark.parametrize("keys", [("i",), ("enter", "i")])
async def test_a_result_becomes_an_input(keys: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "fox.png"
    Image.new("RGB", (64, 64)).save(path)
    fox = job(1, State.DONE, medias=(Media("", path=str(path), format="png"),))
    app = open_app(fox)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: queue(pilot).table.current is not None)
        for key in keys:
            await pilot.press(key)
        await until(pilot, lambda: app.current_mode == "compose")
        compose = cast(ComposeScreen, app.screen)
        await until(pilot, lambda: compose.composer.inputs == (str(path),))
