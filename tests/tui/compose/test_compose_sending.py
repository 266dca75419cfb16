"""What is sent is what was meant: read again when anything changes, asked where it is not met."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from beliefs import torn
from fake import NOW, SEEDREAM, FakePreference, FakeStudio, job, order
from patience import until
from PIL import Image
from test_compose import asked, said, sent, write
from textual import events
from textual.pilot import Pilot

from ima_tui import i18n
from ima_tui.catalogue import tree
from ima_tui.compose.composer import KIND, MODEL
from ima_tui.core.domain import Media, ModelVersion, State, TaskType
from ima_tui.core.events import (
    GuidesChanged,
    JobChanged,
    ListChanged,
    PreferencesChanged,
    ProductList,
)
from ima_tui.intent import second_opinion
from ima_tui.sandbox.products import SandboxCatalogue
from ima_tui.studio.guides import Recommendation
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.queue.screen import QueueScreen
from ima_tui.tui.shell import confirm_bar
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.widgets.text_line import TextLine

T2I, T2V = TaskType.TEXT_TO_IMAGE, TaskType.TEXT_TO_VIDEO
WHALE = "a 30s video of a whale in 8K, 7:3, with kling o1"


@cache
def lists() -> Mapping[TaskType, tuple[ModelVersion, ...]]:
    offered = SandboxCatalogue()
    return {kind: tree.models(offered.tree(kind.value, "en"), kind) for kind in TaskType}


@asynccontextmanager
async def composing(
    text: str = "", *, cold: bool = False, **settings: object
) -> AsyncIterator[tuple[Pilot[None], ComposeScreen, FakeStudio]]:
    """Compose against the sandbox's lists; `cold`: none of them has arrived yet."""
    i18n.use("en")
    models = tuple(model for found in lists().values() for model in found)
    settings = {"after_send": "stay", "ask_above": 500, **settings}
    studio = FakeStudio(models=() if cold else models, **settings)  # type: ignore[arg-type]
    if cold:
        studio.catalogue.lists = {kind: ProductList(kind) for kind in TaskType}
    else:
        usual = {kind: found[0] for kind, found in lists().items()}
        usual[T2I] = next(x for x in lists()[T2I] if x.model_id == "doubao-seedream-4.5")
        studio.catalogue.suggested = usual.get  # type: ignore[method-assign, assignment]
    app = ImaApp(studio)  # type: ignore[arg-type]
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen) and app.focused)
        screen = cast(ComposeScreen, app.screen)
        await until(pilot, lambda: screen.reader.can_read)
        if text:
            await write(pilot, text)
        yield pilot, screen, studio


def bar(screen: ComposeScreen) -> str:
    return " ".join(screen.query_one(ConfirmBar).words.split())


def told(screen: ComposeScreen) -> str:
    return screen.query_one(IntentSummary).words


# ---------------------------------------------------------- read again whenever anything changes


async def test_the_prompt_is_read_again_when_the_lists_arrive() -> None:
    async with composing("a 10s video of a whale with kling o1", cold=True) as (pilot, _, studio):
        await pilot.press("ctrl+j")
        assert sent(studio) == []
        assert said(pilot).startswith("Loading models…")
        for kind, models in lists().items():
            studio.tell(ListChanged(ProductList(kind, models, NOW, live=True)))
        await until(pilot, lambda: "Models loaded" in said(pilot))
        assert sent(studio) == []  # nobody has seen a price yet
        await pilot.press("ctrl+j")
        (one,) = sent(studio)
        assert (one.model_id, dict(one.parameters)["duration"]) == ("kling-video-o1", "10")


async def test_nothing_is_sent_before_the_prompt_can_be_read() -> None:
    async with composing() as (pilot, screen, studio):
        learned, screen.reader._route = screen.reader._route, None  # as in the first moments
        await write(pilot, "a picture of a fox")
        await pilot.press("ctrl+j")
        assert sent(studio) == []
        assert said(pilot).startswith("Loading models…")
        screen.reader._route = learned
        await pilot.press("ctrl+j")
        (one,) = sent(studio)
        assert (one.task_type, one.prompt) == (T2I, "a picture of a fox")


async def test_the_prompt_is_read_again_when_preferences_or_guides_change() -> None:
    async with composing("a video of a whale") as (pilot, screen, studio):
        studio.preferences.preferences.rows = {"user_default": {T2V: FakePreference("kling-v2-6")}}
        studio.tell(PreferencesChanged())
        await until(
            pilot, lambda: screen.composer.model and screen.composer.model.model_id == "kling-v2-6"
        )
        studio.preferences.preferences.rows = {}
        studio.guides._recommended = {T2V: Recommendation("viduq2", 1, "")}
        studio.tell(GuidesChanged())
        await until(
            pilot, lambda: screen.composer.model and screen.composer.model.model_id == "viduq2"
        )


async def test_what_is_sent_in_one_burst_of_keys_is_what_was_typed() -> None:
    """The key that sends is handled before Textual's news of the letters in front of it."""
    async with composing("a picture of a fox") as (pilot, screen, studio):
        screen.prompt.focus()
        for letter in ", Midjourney":
            pilot.app.post_message(events.Key(letter, letter))
        pilot.app.post_message(events.Key("ctrl+j", None))
        await until(pilot, lambda: sent(studio))
        (one,) = sent(studio)
        assert one.model_id == "midjourney"
        await until(pilot, lambda: screen.prompt.text == "")
        await pilot.pause()
        assert "is in the queue" in said(pilot)


async def test_a_text_field_that_the_prompt_filled_is_not_pinned() -> None:
    """Nor does it take the note about the key to press away."""
    async with composing("calm piano music") as (pilot, screen, _):
        await until(pilot, lambda: screen.query(TextLine))
        before = set(screen.composer.pins.kept)
        row = next(iter(screen.query(TextLine))).row
        filled = TextLine(replace(row, value="12", is_set=True))
        await screen.form.mount(filled)
        await pilot.pause()
        await pilot.pause()
        assert set(screen.composer.pins.kept) == before


# --------------------------------------------------------- unmet requirements are named and asked


async def test_what_is_not_met_is_confirmed_by_name_and_the_nearest_is_chosen() -> None:
    async with composing(WHALE) as (pilot, screen, studio):
        assert screen.composer.draft is not None
        chosen = dict(screen.composer.draft.chosen)
        assert (chosen["duration"], chosen["aspect_ratio"]) == ("10", "16:9")
        await pilot.press("ctrl+j")
        words = bar(screen)
        assert words.startswith("Send 1 video with Kling O1 for 120 pts? Changed: ")
        for change in ("8K → 1080p", "7:3 → 16:9", "30s → 10 s"):
            assert change in words
        assert "[Send, 120 pts]" in words
        await pilot.press("ctrl+j", "ctrl+j", "f9")
        assert (sent(studio), bar(screen)) == ([], words)
        await pilot.press("escape")
        assert sent(studio) == []
        await pilot.press("ctrl+j", "enter")
        (one,) = sent(studio)
        assert (one.model_id, one.total) == ("kling-video-o1", 120)


async def test_what_is_sent_anyway_is_no_other_choice() -> None:
    text = "a 10s video of a puppy on a meadow with kling o1, 21:9"
    async with composing(text) as (pilot, screen, _studio):
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "21:9 → 16:9" in bar(screen))
        choices = bar(screen).partition("[Send, ")[2]
        assert "9:16, " in choices
        assert " 16:9, " not in choices


async def test_another_choice_is_sent_for_its_price_only_if_nothing_else_is_unmet() -> None:
    async with composing("a 15s video of a whale with kling o1") as (pilot, screen, studio):
        await pilot.press("ctrl+j", "right", "right")
        chosen = bar(screen).partition("[")[2].partition("]")[0]
        assert "use " in chosen  # another model, and its price
        await pilot.press("enter")
        await until(pilot, lambda: sent(studio))
        (one,) = sent(studio)
        assert chosen == f"use {one.model_name}, {one.total} pts"
        assert str(dict(one.parameters)["duration"]) == "15"


async def test_a_key_that_is_held_down_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 100.0
    monkeypatch.setattr(confirm_bar, "now", lambda: seconds)
    async with composing(WHALE) as (pilot, screen, studio):
        monkeypatch.setattr(confirm_bar, "HELD", 0.3)
        await pilot.press("ctrl+j")
        for _ in range(40):  # a second of repeats
            seconds += 0.03
            await pilot.press("enter")
        assert sent(studio) == []
        assert bar(screen)
        seconds += 0.4
        await pilot.press("enter")
        assert len(sent(studio)) == 1


async def test_a_question_goes_when_the_prompt_is_edited() -> None:
    async with composing(WHALE) as (pilot, screen, studio):
        await pilot.press("ctrl+j")
        assert asked(pilot)
        screen.prompt.text = "a video of a whale"
        await until(pilot, lambda: not asked(pilot))
        await pilot.press("y")
        assert sent(studio) == []


# -------------------------------------------------------------------------------- questions


@pytest.mark.parametrize("text", ["可爱的小猫，竖屏", "a cute cat, 9:16"])
async def test_a_question_about_the_medium_blocks_and_what_is_understood_is_kept(text: str) -> None:
    async with composing(text) as (pilot, screen, studio):
        await pilot.press("ctrl+j")
        assert sent(studio) == []
        assert "Nothing was sent" in said(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: screen.composer.task_type is T2V and not screen.view.blocked)
        assert screen.composer.draft is not None
        assert dict(screen.composer.draft.chosen)["aspect_ratio"] == "9:16"
        assert screen.focused is screen.prompt
        await pilot.press("ctrl+j")
        assert [one.task_type for one in sent(studio)] == [T2V]


async def test_an_unsure_prompt_is_settled_by_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "believe", torn)
    async with composing("draw a fox") as (pilot, screen, studio):
        await until(pilot, lambda: screen.view.askings)
        assert [each.task_type for each in screen.view.askings[0].answers] == [T2I, T2V]
        await pilot.press("ctrl+j")
        assert sent(studio) == []
        await pilot.press("enter")  # the guess is chosen
        await until(pilot, lambda: not screen.view.blocked)
        await pilot.press("ctrl+j")
        assert [one.task_type for one in sent(studio)] == [T2I]


async def test_a_picture_that_is_missing_blocks() -> None:
    async with composing("animate this picture") as (pilot, screen, studio):
        await until(pilot, lambda: screen.view.askings)
        await pilot.press("ctrl+j")
        assert sent(studio) == []


# ------------------------------------------------------------------------------ starting fresh


@pytest.mark.parametrize("keys", [(), ("ctrl+n",)])
async def test_a_new_prompt_takes_nothing_from_the_last_ones_words(keys: tuple[str, ...]) -> None:
    async with composing("read aloud: Good evening") as (pilot, screen, studio):
        await until(pilot, lambda: screen.composer.task_type is TaskType.TEXT_TO_SPEECH)
        await pilot.press("ctrl+j", *keys)
        assert screen.composer.task_type is T2I
        await write(pilot, "four pictures of a fox, 9:16")
        await pilot.press("ctrl+j")
        await write(pilot, "picture of a bear")
        await pilot.press("ctrl+j")
        speech, foxes, bear = sent(studio)
        assert [one.task_type for one in (speech, foxes, bear)] == [
            TaskType.TEXT_TO_SPEECH,
            T2I,
            T2I,
        ]
        assert (foxes.n, bear.n) == (4, 1)
        assert foxes.parameters != bear.parameters


async def test_what_was_picked_by_hand_stays_and_is_said_until_ctrl_n_releases_it() -> None:
    async with composing("picture of a fox") as (pilot, screen, studio):
        midjourney = next(model for model in lists()[T2I] if model.model_id == "midjourney")
        screen.load_model(midjourney)
        await until(
            pilot, lambda: screen.composer.model == midjourney and MODEL in screen.composer.pins
        )
        await pilot.press("ctrl+j")
        await until(pilot, lambda: sent(studio))
        screen.forget_remark()
        assert "Midjourney" in said(pilot)
        assert "ctrl+n" in said(pilot)
        await write(pilot, "a red door")
        await pilot.press("ctrl+j")
        assert [one.model_id for one in sent(studio)] == ["midjourney", "midjourney"]
        await pilot.press("ctrl+n")
        assert screen.composer.pins == set()


async def test_an_answer_holds_for_its_prompt_only() -> None:
    async with composing("a fox") as (pilot, screen, studio):
        await pilot.press("alt+a", "right", "enter")
        assert KIND in screen.composer.pins
        await pilot.press("ctrl+j")
        assert len(sent(studio)) == 1
        await write(pilot, "a fox")
        assert screen.view.blocked


async def test_a_recalled_prompt_can_be_edited_and_leaves_nothing_behind() -> None:
    text = "a 10s video of a whale with kling o1"
    async with composing(text) as (pilot, screen, studio):
        await pilot.press("ctrl+j")
        (first,) = sent(studio)
        screen.load_order(first)
        await until(
            pilot, lambda: screen.composer.model and screen.composer.model.name == "Kling O1"
        )
        assert screen.composer.pins == set()  # the words say all of it
        await write(pilot, text.replace("10s", "5s"))
        await pilot.press("ctrl+j")
        assert dict(sent(studio)[1].parameters)["duration"] == "5"
        screen.load_order(replace(first, parameters=(("duration", "5"),)))
        await until(pilot, lambda: screen.composer.pins == {"duration"})
        await pilot.press("ctrl+n")
        assert screen.composer.pins == set()


async def test_a_duplicate_on_a_model_that_is_gone_names_what_replaces_it() -> None:
    async with composing() as (pilot, screen, studio):
        gone = replace(order(SEEDREAM, "picture of a fox"), model_id="old", model_name="Old 1")
        screen.load_order(gone)
        await until(
            pilot, lambda: screen.prompt.text == "picture of a fox" and screen.composer.model
        )
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "Old 1" in bar(screen))
        assert sent(studio) == []


# ------------------------------------------------------------------------------- several at once


async def test_of_several_prompts_each_change_is_named_with_its_jobs() -> None:
    async with composing("a {30s|10s} video of a {whale|fox} with kling o1") as (
        pilot,
        screen,
        studio,
    ):
        await until(pilot, lambda: screen.lines.several)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "Changed: 30s → 10 s (jobs 1 2)" in bar(screen))
        assert sent(studio) == []
        await pilot.press("y")
        await until(pilot, lambda: len(sent(studio)) == 4)
        assert screen.prompt.text == ""


async def test_of_several_prompts_one_without_a_medium_stops_all() -> None:
    async with composing("a {cute|wild} cat") as (pilot, screen, studio):
        await until(pilot, lambda: screen.lines.several)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: said(pilot).startswith("Job 1: image, video, music or"))
        assert sent(studio) == []


async def test_more_results_than_a_job_makes_are_offered_as_several_jobs() -> None:
    async with composing("18 pictures of a blue cup") as (pilot, screen, studio):
        await pilot.press("ctrl+j")
        await until(pilot, lambda: screen.query_one(ConfirmBar).asking)
        assert "[Send, 20 pts]" in bar(screen)
        assert "18 results from 5 jobs, 90 pts" in bar(screen)
        await pilot.press("right", "enter")
        await until(pilot, lambda: len(sent(studio)) == 5)
        assert [each.n for each in sent(studio)] == [4, 4, 4, 4, 2]
        assert sum(each.total for each in sent(studio)) == 90
        assert said(pilot) == "5 jobs are in the queue: 90 pts. esc 3 shows them."


async def test_as_many_results_as_a_job_makes_are_one_job() -> None:
    async with composing("4 pictures of a blue cup, 8K") as (pilot, screen, _):
        await pilot.press("ctrl+j")
        await until(pilot, lambda: screen.query_one(ConfirmBar).asking)
        assert "jobs" not in bar(screen)


async def test_it_is_the_last_result_and_is_named_before_paying(tmp_path: Path) -> None:
    path = tmp_path / "fox.png"
    Image.new("RGB", (640, 640)).save(path)
    async with composing() as (pilot, screen, studio):
        studio.tell(JobChanged(job(1, State.RUNNING)))
        await write(pilot, "a video of it")
        await until(pilot, lambda: screen.composer.intent is not None)
        studio.tell(JobChanged(job(1, State.DONE, medias=(Media("", path=str(path)),))))
        await until(pilot, lambda: "image to video · from #1" in told(screen))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "Uses #1 as input: a red fox in snow." in bar(screen))
        assert sent(studio) == []
        await pilot.press("y")
        await until(pilot, lambda: sent(studio))
        assert sent(studio)[0].inputs == (str(path),)


async def test_the_end_of_what_was_sent_is_told_and_the_queue_opens_on_it() -> None:
    async with composing("a picture of a fox") as (pilot, _, studio):
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "#1 is in the queue" in said(pilot))
        for number in (2, 3):
            studio.tell(JobChanged(job(number, State.DONE)))
        studio.tell(JobChanged(job(1, State.DONE)))
        await until(pilot, lambda: "#1 is done: 5 pts, took 0:38. esc 3" in said(pilot))
        await pilot.press("alt+3")
        queue = await the_queue(pilot)
        await until(pilot, lambda: queue.table.cursor == 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": State.FAILED}, "#1 failed (esc 3 shows it): "),
        (
            {
                "state": State.QUEUED,
                "needs_approval": True,
                "waiting": "waiting.over_day",
                "waiting_values": {"points": 5, "spent": 0, "limit": 3},
            },
            "#1 was not sent: ",
        ),
    ],
)
async def test_what_went_wrong_with_it_is_told(changes: dict[str, object], words: str) -> None:
    async with composing("a picture of a fox") as (pilot, _, studio):
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "#1 is in the queue" in said(pilot))
        state = cast(State, changes.pop("state"))
        studio.tell(JobChanged(job(1, state, **changes)))
        await until(pilot, lambda: said(pilot).startswith(words) and "esc 3" in said(pilot))


async def test_a_workflow_that_was_sent_leaves_an_empty_prompt() -> None:
    async with composing("a picture of a fox, then a video of it") as (pilot, screen, _):
        screen.ima.sent_prompt = screen.prompt.text
        await pilot.press("alt+3")
        await the_queue(pilot)
        await pilot.press("2")
        await until(pilot, lambda: screen.prompt.text == "")
        assert "Workflow started" in said(pilot)


async def the_queue(pilot: Pilot[None]) -> QueueScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, QueueScreen))
    return cast(QueueScreen, pilot.app.screen)


@pytest.mark.parametrize(
    ("language", "numbers", "told"),
    [
        ("en", ("2",), "30s → 10 s (job 2)"),
        ("en", ("1", "2"), "30s → 10 s (jobs 1 2)"),
        ("zh", ("1", "2"), "30s → 10 s（2 个任务：1 2）"),
    ],
)
def test_jobs_that_are_sent_otherwise_are_named_in_the_right_number(
    language: str, numbers: tuple[str, ...], told: str
) -> None:
    i18n.use(language)
    words = i18n.say(
        "compose.several_of", change="30s → 10 s", n=len(numbers), numbers=" ".join(numbers)
    )
    assert words == told


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_job_that_takes_too_long_is_told_alike_in_its_row_and_its_timeline(language: str) -> None:
    i18n.use(language)
    assert i18n.say("queue.standing_parked").lower().startswith(i18n.say("event.parked"))
