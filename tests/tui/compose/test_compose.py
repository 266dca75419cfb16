"""Compose, from a sentence to a priced order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from fake import (
    BANANA_2,
    BANANA_PRO,
    KLING,
    LEAVES,
    MIDJOURNEY,
    NOW,
    SEEDREAM,
    WAN,
    FakePreference,
    FakeStudio,
    choice,
    order,
)
from patience import until
from PIL import Image
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import MODEL
from ima_tui.core.domain import (
    Accepts,
    Field,
    FieldKind,
    ModelVersion,
    Option,
    Order,
    TaskType,
)
from ima_tui.core.errors import KeyMissing, Unreachable
from ima_tui.core.events import ListChanged, ProductList
from ima_tui.tui.app import ImaApp
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.confirm_bar import ConfirmBar
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.widgets.field_rows import ChoiceLine
from ima_tui.tui.widgets.form import DraftForm
from ima_tui.tui.widgets.input_line import InputLine, complete
from ima_tui.tui.widgets.inputs import InputList
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar
from ima_tui.tui.widgets.prompt import Prompt
from ima_tui.tui.widgets.table import Table
from ima_tui.tui.widgets.text_line import TextLine

T2I = TaskType.TEXT_TO_IMAGE


@asynccontextmanager
async def open_compose(
    studio: FakeStudio, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    app = ImaApp(studio)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen) and app.focused)
        await until(pilot, lambda: cast(ComposeScreen, app.screen).reader.can_read)
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        yield pilot


def place(pilot: Pilot[None]) -> ComposeScreen:
    return cast(ComposeScreen, pilot.app.screen)


def price(pilot: Pilot[None], cells: int = 80) -> str:
    left, right = place(pilot).query_one(PriceBar).parts(cells)
    return " | ".join("".join(text for text, _ in side).strip() for side in (left, right))


def said(pilot: Pilot[None]) -> str:
    return str(place(pilot).query_one(DraftMessage).content)


def asked(pilot: Pilot[None]) -> str:
    question = place(pilot).query_one(ConfirmBar)
    return question._words if question.asking else ""


def sent(studio: FakeStudio) -> list[Order]:
    return [cast(Order, args[0]) for verb, *args in studio.asked if verb == "submit"]


def line(pilot: Pilot[None], parameter: str) -> ChoiceLine:
    return next(x for x in place(pilot).query(ChoiceLine) if x.parameter == parameter)


def drawn(widget: ChoiceLine) -> str:
    left, _ = widget.parts(widget.size.width)
    return "".join(text for text, _ in left)


async def write(pilot: Pilot[None], words: str) -> None:
    place(pilot).query_one(Prompt).text = words
    await pilot.pause()


def studio_with(*models: object, **settings: object) -> FakeStudio:
    return FakeStudio(models=tuple(models), **{"after_send": "stay", **settings})  # type: ignore[arg-type]


# ------------------------------------------------------------------------------- from the start


async def test_it_opens_ready_to_type_with_a_price_in_sight() -> None:
    async with open_compose(studio_with(SEEDREAM)) as pilot:
        assert isinstance(pilot.app.focused, Prompt)
        assert price(pilot) == "5 pts   usually 20–40 s | "
        await pilot.press("a", "space", "f", "o", "x", "enter", "3")
        assert place(pilot).query_one(Prompt).text == "a fox\n3"


def styled(pilot: Pilot[None]) -> dict[str, tuple[object, ...]]:
    """What the styles of panes and their frames are, by widget."""
    nodes = place(pilot).query("#composer, Pane, .pane-body, #prices, JobDetail")
    return {
        str(node): (
            node.display,
            node.styles.height,
            node.styles.border_left[0],
            node.styles.grid_columns,
        )
        for node in nodes
    }


async def test_a_screen_that_becomes_wide_looks_as_one_that_was_opened_wide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where it does so before the panes beside the prompt are there."""
    async with open_compose(studio_with(SEEDREAM), (120, 40)) as pilot:
        wanted = styled(pilot)
    async with open_compose(studio_with(SEEDREAM)) as pilot:
        narrow = styled(pilot)
        await pilot.resize_terminal(120, 40)
        assert styled(pilot) == wanted != narrow
        await pilot.resize_terminal(80, 24)
        assert styled(pilot) == narrow
    monkeypatch.setattr("ima_tui.tui.compose.screen.AFTER_FIRST_PAINT", 3600)
    app = ImaApp(studio_with(SEEDREAM))  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen) and app.focused)
        await pilot.resize_terminal(120, 40)
        assert not place(pilot).query("#price-pane")
        place(pilot)._begin_to_read()
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        assert styled(pilot) == wanted


async def test_ctrl_j_sends_what_is_written_and_the_next_prompt_can_be_typed_at_once() -> None:
    studio = studio_with(SEEDREAM)
    async with open_compose(studio) as pilot:
        await write(pilot, "画旺财在雪地里奔跑")
        await pilot.press("ctrl+j")
        (one,) = sent(studio)
        assert (one.prompt, one.model_id, one.total) == ("画旺财在雪地里奔跑", SEEDREAM.model_id, 5)
        assert said(pilot) == "#1 is in the queue: 5 pts. esc 3 shows it."
        assert place(pilot).query_one(Prompt).text == ""
        await pilot.press(*"next")
        assert place(pilot).query_one(Prompt).text == "next"


async def test_the_prompt_is_kept_for_whoever_likes_to_go_on_from_it() -> None:
    studio = studio_with(SEEDREAM, after_send="keep")
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        await pilot.press("ctrl+j")
        assert len(sent(studio)) == 1
        assert place(pilot).query_one(Prompt).text == "picture of a fox"


async def test_after_sending_the_queue_stands_on_the_job() -> None:
    studio = studio_with(SEEDREAM, after_send="queue")
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        await pilot.press("ctrl+j")
        await until(pilot, lambda: pilot.app.current_mode == "queue")
        await until(pilot, lambda: pilot.app.screen.query_one(Table).cursor == 1)


async def test_an_empty_prompt_is_told_and_takes_the_keys() -> None:
    studio = studio_with(SEEDREAM)
    async with open_compose(studio) as pilot:
        await pilot.press("escape", "ctrl+j")
        assert sent(studio) == []
        assert said(pilot) == "The prompt is empty. Describe what you want first."
        assert isinstance(pilot.app.focused, Prompt)
        await pilot.press("f")
        assert said(pilot) == ""


@pytest.mark.parametrize("way", ["key", "type", "model", "screen"])
async def test_that_the_prompt_is_empty_is_said_until_the_user_goes_on(way: str) -> None:
    async with open_compose(studio_with(SEEDREAM, BANANA_2)) as pilot:
        screen = place(pilot)
        await pilot.press("ctrl+j")
        assert screen.note[0] == "The prompt is empty. Describe what you want first."
        match way:
            case "key":
                await pilot.press("right")
            case "type":
                await pilot.press("alt+t", "enter")
                await until(pilot, lambda: pilot.app.screen is screen)
            case "model":
                screen.load_model(BANANA_2)
            case "screen":
                await pilot.press("alt+3", "2")
                await until(pilot, lambda: pilot.app.screen is screen)
        await until(pilot, lambda: screen.note[0] == "")
        assert "empty" not in said(pilot)


async def test_escape_gives_the_keys_to_the_place() -> None:
    async with open_compose(studio_with(SEEDREAM)) as pilot:
        await pilot.press("escape", "3")
        await until(pilot, lambda: pilot.app.current_mode == "queue")


async def test_a_key_in_the_prompt_touches_neither_form_nor_price() -> None:
    async with open_compose(studio_with(BANANA_PRO)) as pilot:
        await write(pilot, "picture of a fox")
        prompt = place(pilot).query_one(Prompt)
        prompt.move_cursor(prompt.document.end)
        lines = tuple(place(pilot).query(ChoiceLine))
        renders: list[object] = []
        bar = place(pilot).query_one(PriceBar)
        bar.refresh = lambda *a, **k: renders.append(a) or bar  # type: ignore[method-assign, func-returns-value]
        await pilot.press(*" in the snow".replace(" ", "_"))
        assert tuple(place(pilot).query(ChoiceLine)) == lines
        assert renders == []


# ------------------------------------------------------------------------------------- the form


async def test_left_and_right_choose_and_the_price_follows() -> None:
    async with open_compose(studio_with(BANANA_2)) as pilot:
        assert (
            price(pilot, 90)
            == "6 pts   usually 20–35 s | esc - Size 512 saves 2 pts · esc + 2K: +4 pts"
        )
        size = line(pilot, "size")
        size.focus()
        await pilot.press("right")
        assert drawn(size).endswith(" 512  1K [2K] 4K")
        assert price(pilot).startswith("10 pts")
        await pilot.press("right", "right", "right")
        assert price(pilot).startswith("13 pts")
        await pilot.press("delete")
        assert price(pilot).startswith("6 pts")


async def test_several_outputs_multiply_the_price_and_its_neighbours() -> None:
    async with open_compose(studio_with(BANANA_2)) as pilot:
        line(pilot, "n").focus()
        await pilot.press("right", "right")
        assert price(pilot, 100) == (
            "18 pts   3 × 6   usually 20–35 s | - Size 512 saves 6 pts · + 2K: +12 pts"
        )
        assert price(pilot, 66) == "18 pts   3 × 6   usually 20–35 s | - Size 512 saves 6 pts"


EXCLUDING = replace(
    WAN,
    fields=(
        choice("resolution", "720p", "1080p"),
        Field(
            "duration",
            "Duration",
            FieldKind.CHOICE,
            default=5,
            options=(Option("5", 5), Option("10", 10, (("resolution", ("1080p",)),))),
        ),
        Field("sound", "Sound", FieldKind.TOGGLE, default=True, advanced=True),
        Field("avoid", "Avoid", FieldKind.TEXT, maximum=8, advanced=True),
    ),
)


async def test_what_is_shut_out_is_crossed_skipped_and_explained() -> None:
    async with open_compose(studio_with(EXCLUDING)) as pilot:
        await show_video(pilot)
        line(pilot, "duration").focus()
        await pilot.press("right")
        resolution = line(pilot, "resolution")
        resolution.focus()
        await pilot.press("right", "space")
        assert drawn(resolution).endswith("[720p]×1080p")
        assert said(pilot).startswith("1080p can't be combined with Duration 10.")
        await pilot.click(resolution, offset=(resolution.size.width - 1, 0))
        assert resolution.row.value == "720p"


async def test_the_title_of_a_song_is_a_line_of_its_own_beside_the_lyrics() -> None:
    song = replace(
        SEEDREAM,
        task_type=TaskType.TEXT_TO_MUSIC,
        fields=(
            choice("model", "v4", "v5"),
            Field("tags", "Style Tags", FieldKind.TEXT, maximum=1000, advanced=True),
            Field("title", "Title", FieldKind.TEXT, maximum=120, advanced=True),
        ),
    )
    studio = studio_with(song)
    async with open_compose(studio) as pilot:
        await write(pilot, 'a rock song about rain, lyrics: "drip, drop"')
        await until(pilot, lambda: place(pilot).form.lyrics.display)
        shown = [each for each in place(pilot).form.children if each.display]
        at = shown.index(place(pilot).form.lyrics)
        title = cast(TextLine, shown[at + 1])
        assert title.parameter == "title"
        title.input.focus()
        await pilot.press(*"Wet", "ctrl+j")
        await until(pilot, lambda: sent(studio))
        assert dict(sent(studio)[0].parameters)["title"] == "Wet"


async def test_advanced_fields_unfold_and_a_wrong_text_stops_the_sending() -> None:
    studio = studio_with(EXCLUDING)
    async with open_compose(studio) as pilot:
        await show_video(pilot)
        await write(pilot, "fog")
        text = place(pilot).query_one(TextLine)
        assert not text.display
        place(pilot).query_one("#fold").focus()
        await pilot.press("enter")
        assert text.display
        text.input.focus()
        await pilot.press(*"blurryness")
        assert said(pilot) == "Avoid is 10 characters long; the limit is 8."
        assert price(pilot) == "no price yet | "
        place(pilot).query_one(Prompt).focus()
        await pilot.press("ctrl+j")
        assert sent(studio) == []
        assert text.input.has_focus
        await pilot.press("backspace", "backspace", "ctrl+j")
        await until(pilot, lambda: sent(studio))
        assert dict(sent(studio)[0].parameters)["avoid"] == "blurryne"


async def show_video(pilot: Pilot[None]) -> None:
    await choose_kind(pilot, TaskType.TEXT_TO_VIDEO)


async def choose_kind(pilot: Pilot[None], kind: TaskType) -> None:
    await pilot.press("alt+t", *kind.value.replace("_", ""), "enter")
    await until(pilot, lambda: is_shown(pilot) and place(pilot).composer.task_type is kind)


def is_shown(pilot: Pilot[None]) -> bool:
    """Whether the screen shows what lies on the desk; the price bar is told last."""
    screen = pilot.app.screen
    if not isinstance(screen, ComposeScreen):
        return False
    return (
        screen.composer.model is not None
        and screen.query_one(PriceBar)._shown[0] is screen.composer.model
    )


# --------------------------------------------------------------------------- kinds and models


async def test_the_model_chooser_narrows_by_what_people_call_it() -> None:
    studio = studio_with(*LEAVES)
    studio.preferences.preferences.rows = {"user_default": {T2I: FakePreference(BANANA_2.model_id)}}
    async with open_compose(studio) as pilot:
        await pilot.press("alt+m")
        chooser = cast(Picker, pilot.app.screen)
        starred = [c.cells[1].text for c in chooser.choices if c.cells[0].text]
        assert starred == ["Nano Banana 2"]
        await pilot.press(*"即梦")
        table = chooser.query_one(Table)
        assert [chooser.choices[int(i)].cells[1].text for i in table.order] == ["SeeDream 4.5"]
        await pilot.press("enter")
        await until(pilot, lambda: is_shown(pilot) and place(pilot).composer.model == SEEDREAM)
        assert isinstance(pilot.app.focused, Prompt)


async def test_moving_and_leaving_the_chooser_changes_nothing() -> None:
    async with open_compose(studio_with(*LEAVES)) as pilot:
        await pilot.press("alt+m", "down", "down", "up", "escape")
        assert place(pilot).composer.model == MIDJOURNEY
        await pilot.press("alt+m", "x", "x", "enter")
        assert isinstance(pilot.app.screen, Picker)


async def test_another_model_keeps_what_fits_and_says_what_does_not() -> None:
    async with open_compose(studio_with(BANANA_PRO, BANANA_2)) as pilot:
        line(pilot, "aspect_ratio").focus()
        await pilot.press("right", "down", "right", "right")
        await pilot.press("alt+m", *"banana2", "enter")
        await until(pilot, lambda: is_shown(pilot) and place(pilot).composer.model == BANANA_2)
        assert said(pilot) == "Left out (not available for Nano Banana 2): Aspect ratio."
        assert line(pilot, "size").row.value == "4K"


# ------------------------------------------------------------------------------------- asking


DEAR = replace(BANANA_PRO, rules=tuple(replace(r, points=r.points * 20) for r in BANANA_PRO.rules))


async def test_above_the_limit_it_asks_and_escape_keeps_the_points() -> None:
    studio = studio_with(DEAR)
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        line(pilot, "size").focus()
        await pilot.press("right", "right", "ctrl+j")
        assert asked(pilot) == "Send with Nano Banana Pro for 360 pts?  1K saves 160 pts"
        await pilot.press("escape")
        assert sent(studio) == []
        await pilot.press("ctrl+j", "y")
        await until(pilot, lambda: [one.total for one in sent(studio)] == [360])


async def test_a_question_does_not_outlive_the_price_it_was_asked_for() -> None:
    studio = studio_with(DEAR)
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        await pilot.press("ctrl+j")
        assert asked(pilot)
        dearer = replace(DEAR, rules=tuple(replace(r, points=r.points + 1) for r in DEAR.rules))
        studio.tell(ListChanged(ProductList(T2I, (dearer,), NOW, live=True)))
        await until(pilot, lambda: not asked(pilot))
        await pilot.press("y")
        assert sent(studio) == []


async def test_the_same_order_again_is_asked_about() -> None:
    studio = studio_with(SEEDREAM)
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        await pilot.press("ctrl+j", "ctrl+j")
        assert len(sent(studio)) == 1
        await write(pilot, "picture of a fox")
        await pilot.press("ctrl+j")
        assert "Same as the last job" in asked(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: len(sent(studio)) == 2)


async def test_what_the_price_would_change_is_asked_first() -> None:
    odd = replace(
        WAN,
        task_type=T2I,
        fields=(choice("resolution", "720p", "4K"), choice("duration", 5, 10)),
        rules=tuple(replace(r, attributes=(*r.attributes, ("duration", 5))) for r in WAN.rules),
    )
    studio = studio_with(odd)
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        line(pilot, "duration").focus()
        await pilot.press("right")
        assert "Duration: 5 instead of 10" in price(pilot, 100)
        await pilot.press("ctrl+j")
        assert asked(pilot).startswith("Send 1 image with Wan 2.6 for 25 pts? Changed: 10 s → 5 s.")
        assert sent(studio) == []


async def test_without_a_key_sending_leads_to_where_one_is_entered() -> None:
    from ima_tui.tui.shell.welcome import WelcomeScreen

    studio = studio_with(SEEDREAM)
    async with open_compose(studio) as pilot:
        studio.connection.has_key = False
        await write(pilot, "picture of a fox")
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        assert sent(studio) == []


# -------------------------------------------------------------------------- lists come and go


async def test_without_a_key_there_is_no_list_and_sending_still_leads_there() -> None:
    from ima_tui.tui.shell.welcome import WelcomeScreen

    studio = studio_with()
    studio.catalogue.lists[T2I] = ProductList(T2I, problem=KeyMissing())
    studio.connection.has_key = False
    async with open_compose(studio) as pilot:
        assert said(pilot) == "ctrl+p: enter API key"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))


async def test_while_the_list_is_fetched_that_is_said_and_the_prompt_can_be_typed() -> None:
    studio = studio_with()
    studio.catalogue.lists[T2I] = ProductList(T2I)
    async with open_compose(studio) as pilot:
        model = place(pilot).query_one(DraftForm).model
        assert "Loading models…" in "".join(text for text, _ in model.parts(80)[0])
        await write(pilot, "draw f")
        await pilot.press("ctrl+j")
        assert sent(studio) == []
        assert said(pilot).startswith("Loading models…")
        studio.tell(ListChanged(ProductList(T2I, (SEEDREAM,), NOW, live=True)))
        await until(pilot, lambda: price(pilot).startswith("5 pts"))
        await until(pilot, lambda: said(pilot) == "Models loaded. Press ctrl+j to send.")
        assert sent(studio) == []
        await pilot.press("ctrl+j")
        assert [one.prompt for one in sent(studio)] == ["draw f"]


async def test_a_list_that_did_not_come_says_why_and_can_be_asked_again() -> None:
    studio = studio_with()
    studio.catalogue.lists[T2I] = ProductList(T2I, problem=Unreachable())
    async with open_compose(studio) as pilot:
        model = place(pilot).query_one(DraftForm).model
        assert "Can't reach IMA" in "".join(text for text, _ in model.parts(80)[0])
        assert said(pilot) == "f5 refreshes"
        await pilot.press("f5")
        await until(pilot, lambda: ("refresh", T2I) in studio.asked)


async def test_a_model_that_is_gone_can_not_be_sent() -> None:
    studio = studio_with(SEEDREAM)
    async with open_compose(studio) as pilot:
        await write(pilot, "picture of a fox")
        place(pilot).composer.pins.hold(MODEL)
        studio.tell(ListChanged(ProductList(T2I, (BANANA_2,), NOW, live=True)))
        gone = "SeeDream 4.5 is no longer available. Press esc m to choose another."
        await until(pilot, lambda: said(pilot) == gone)
        await pilot.press("ctrl+j")
        assert sent(studio) == []


async def test_an_old_list_shows_its_age() -> None:
    studio = studio_with(SEEDREAM)
    studio.catalogue.lists[T2I] = replace(
        studio.catalogue.lists[T2I], live=False, problem=Unreachable()
    )
    async with open_compose(studio) as pilot:
        _, right = place(pilot).query_one(DraftForm).kind.parts(80)
        assert "offline" in right[0][0]


# -------------------------------------------------------------------------------------- inputs


async def show_film_of_a_picture(pilot: Pilot[None]) -> None:
    await choose_kind(pilot, TaskType.IMAGE_TO_VIDEO)


async def test_an_input_is_looked_at_and_goes_out_as_a_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    studio = studio_with(*LEAVES)
    async with open_compose(studio) as pilot:
        await write(pilot, "make it run")
        await show_film_of_a_picture(pilot)
        await pilot.press("ctrl+o", *"cat")
        one = place(pilot).query_one(InputLine)
        await until(pilot, lambda: one.field._suggestion == "cat.png")
        await pilot.press("tab")
        assert one.value == "cat.png"
        await until(pilot, lambda: "64x48" in one._facts.words)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: sent(studio))
        assert sent(studio)[0].inputs == (str(tmp_path / "cat.png"),)


async def test_a_bad_input_is_told_at_its_line_and_never_sent(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    studio = studio_with(*LEAVES)
    async with open_compose(studio) as pilot:
        await write(pilot, "make it run")
        await show_film_of_a_picture(pilot)
        await pilot.press("ctrl+j")
        assert isinstance(pilot.app.focused, Input)
        one = place(pilot).query_one(InputLine)
        one.field.value = str(tmp_path / "notes.png")
        await until(pilot, lambda: one._problem.display)
        assert "Kling 2.6" in str(one._problem.content)
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert sent(studio) == []
        assert one.field.has_focus


async def test_a_dragged_file_comes_without_its_quotes() -> None:
    from ima_tui.tui.widgets.input_line import PathInput

    field = PathInput()
    assert field.tidy("'/a/my cat.png' ") == "/a/my cat.png"
    assert field.tidy(r"/a/my\ cat.png") == "/a/my cat.png"
    assert field.tidy("https://ima.example/a.png") == "https://ima.example/a.png"


def test_a_path_is_completed_with_folders_and_media_only(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cat.txt").touch()
    (tmp_path / "car.png").touch()
    (tmp_path / ".hidden.png").touch()
    assert complete(f"{tmp_path}/c") == f"{tmp_path}/car.png"
    assert complete(f"{tmp_path}/cat") == f"{tmp_path}/cats/"
    assert complete(f"{tmp_path}/x") is None
    assert complete(f"{tmp_path}/nowhere/x") is None
    assert complete("https://ima.example/c") is None


async def test_inputs_outlive_a_visit_to_another_kind() -> None:
    async with open_compose(studio_with(*LEAVES)) as pilot:
        await show_film_of_a_picture(pilot)
        place(pilot).query_one(InputLine).field.value = "https://ima.example/a.png"
        await pilot.pause()
        await choose_kind(pilot, T2I)
        assert not place(pilot).query(InputLine)
        await show_film_of_a_picture(pilot)
        assert place(pilot).query_one(InputList).values == ("https://ima.example/a.png",)


# ------------------------------------------------------------------------- from other places


async def test_an_order_of_the_queue_fills_the_screen() -> None:
    studio = studio_with(*LEAVES)
    async with open_compose(studio) as pilot:
        place(pilot).load_order(replace(order(BANANA_PRO, "a lighthouse", n=2), inputs=()))
        await until(pilot, lambda: is_shown(pilot) and place(pilot).composer.model == BANANA_PRO)
        assert place(pilot).query_one(Prompt).text == "a lighthouse"
        assert place(pilot).composer.model == BANANA_PRO
        assert price(pilot).startswith("20 pts   2 × 10")


async def test_a_model_of_the_list_is_composed_with() -> None:
    async with open_compose(studio_with(*LEAVES)) as pilot:
        place(pilot).load_model(WAN)
        await until(pilot, lambda: is_shown(pilot))
        assert place(pilot).composer.task_type is TaskType.TEXT_TO_VIDEO
        assert price(pilot).startswith("25 pts")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 50)])
async def test_price_prompt_and_every_field_can_be_reached(size: tuple[int, int]) -> None:
    async with open_compose(studio_with(*LEAVES), size) as pilot:
        place(pilot).load_model(KLING)
        await until(pilot, lambda: is_shown(pilot))
        bar = place(pilot).query_one(PriceBar)
        assert bar.region.bottom == size[1] - 1
        seen = []
        for _ in range(7):
            focused = pilot.app.focused
            assert focused is not None
            assert place(pilot).query_one("#composer").region.contains_region(focused.region)
            seen.append(focused)
            await pilot.press("tab")
        assert len(dict.fromkeys(seen)) == 6  # prompt, input, kind, model, duration, how many


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_many_inputs_scroll_and_leave_room_for_the_form(size: tuple[int, int]) -> None:
    many = replace(KLING, accepts=(Accepts(("image/png",), 1, 12),))
    async with open_compose(studio_with(many), size) as pilot:
        links = tuple(f"https://ima.example/{number}.png" for number in range(12))
        place(pilot).load_order(replace(order(many), inputs=links))
        await until(pilot, lambda: place(pilot).query_one(InputList).values == links)
        await pilot.pause()
        assert line(pilot, "duration").region.height == 1
        assert place(pilot).query_one("#composer").region.contains_region(line(pilot, "n").region)
        last = place(pilot).query(InputLine).last()
        last.field.focus()
        await pilot.pause()
        assert place(pilot).query_one(InputList).region.contains_region(last.field.region)


async def test_what_is_pasted_is_cleaned_and_comes_once() -> None:
    async with open_compose(studio_with(SEEDREAM)) as pilot:
        prompt = place(pilot).query_one(Prompt)
        pilot.app.post_message(events.Paste("a \x1b]52;c;eA==\x07fox\r\n\u202ein snow"))
        await pilot.pause()
        assert prompt.text == "a fox\nin snow"


async def test_data_is_never_markup() -> None:
    evil = replace(SEEDREAM, name="[/nope] [@click=app.bell]x[/]", description="[red")
    async with open_compose(studio_with(evil)) as pilot:
        model = place(pilot).query_one(DraftForm).model
        assert "[/nope] [@click=app.bell]x[/]" in "".join(t for t, _ in model.parts(80)[0])
        await write(pilot, "[/nope]")
        await pilot.press("alt+m")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Picker)


async def test_a_new_wish_begins_on_an_empty_page_and_undo_brings_the_old_one_back() -> None:
    async with open_compose(FakeStudio()) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ComposeScreen)
        words = "a long wish that goes over more than one line of the page, " * 3
        screen.prompt.text = words
        screen.load_inputs(["/tmp/cat.png"])
        await until(
            pilot, lambda: screen.composer.draft is not None and screen.composer.draft.inputs
        )
        await pilot.press("ctrl+n")
        await until(pilot, lambda: not screen.prompt.text)
        assert screen.composer.draft is not None
        assert screen.composer.draft.inputs == ()
        assert screen.composer.pins == set()
        await pilot.press("ctrl+underscore")
        assert screen.prompt.text == words


async def test_two_looks_at_once_leave_the_form_of_the_last_one() -> None:
    """Lists and prompts arrive together where a start is slow; a form is rebuilt in steps."""
    async with open_compose(studio_with(SEEDREAM, KLING, WAN)) as pilot:
        page = place(pilot).query_one(DraftForm)

        async def show(model: ModelVersion) -> None:
            begun = drafting.begin(model)
            rows = drafting.rows(model, begun)
            await page.show(rows, model, begun, frozenset(), lambda _: ([], False))

        await asyncio.gather(show(KLING), show(WAN), show(SEEDREAM), show(WAN))
        assert [x.parameter for x in page.query(ChoiceLine)] == ["resolution", "duration", "n"]


async def test_two_looks_at_once_leave_the_inputs_of_the_last_one() -> None:
    async with open_compose(studio_with(SEEDREAM, KLING)) as pilot:
        inputs = place(pilot).query_one(InputList)
        roles = partial(drafting.roles_on, KLING)
        links = [f"https://example.org/{n}.png" for n in range(3)]
        await asyncio.gather(*(inputs.show(roles, (link,), KLING) for link in links))
        assert [x.value for x in inputs.query(InputLine)] == [links[-1]]
