"""The words that gave something are marked in the prompt, and told on the line that they set."""

from __future__ import annotations

from dataclasses import replace

from fake import SEEDREAM, choice
from patience import until
from rich.segment import Segment
from test_compose import write
from test_compose_reads import composing
from test_compose_sending import composing as with_every_model
from textual.pilot import Pilot

from ima_tui.compose import draft as drafting
from ima_tui.core.domain import Draft
from ima_tui.tui.compose.intent_summary import IntentSummary
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.field_rows import ChoiceLine

SNOW = (
    "清晨的雪原上一只狐狸慢慢走过结冰的河面回头看了看远处冒着炊烟的小"
    "木屋又低下头继续往前走细细的雪花落在它的背上风把脚印一点点抹平"
)
"""Of 60 wide characters and more."""
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
WISH = "a video of a puppy, 1080p"


def marked(screen: ComposeScreen, *, stressed: bool = False) -> list[str]:
    """What is underlined (or stressed) in the prompt, as it is drawn, line by line."""
    found: list[str] = []
    for y in range(screen.prompt.size.height):
        found += [
            segment.text for segment in screen.prompt.render_line(y) if _is(segment, stressed)
        ]
    return found


def _is(segment: Segment, stressed: bool) -> bool:
    style = segment.style
    return style is not None and bool(style.reverse if stressed else style.underline)


def line(screen: ComposeScreen, parameter: str) -> ChoiceLine:
    return next(one for one in screen.query(ChoiceLine) if one.parameter == parameter)


def told(one: ChoiceLine) -> str:
    return "".join(text for text, _ in one.parts(80)[1]).strip()


async def ready(pilot: Pilot[None], screen: ComposeScreen) -> None:
    """The form follows the words a moment after they are marked."""
    await until(pilot, lambda: marked(screen))
    await until(pilot, lambda: any(x.parameter == "resolution" for x in screen.query(ChoiceLine)))


async def test_words_are_underlined_and_told_on_their_lines() -> None:
    async with composing(WISH) as (pilot, screen):
        await ready(pilot, screen)
        assert marked(screen) == ["video", "1080p"]
        await until(pilot, lambda: told(line(screen, "resolution")) == "1080p")
        assert told(line(screen, "duration")) == ""


async def test_of_sizes_and_shapes_the_line_with_the_value_tells_the_words() -> None:
    model = replace(SEEDREAM, fields=(choice("size", "2k", "4k", *RATIOS),))
    chosen = (("size", "16:9"),)
    draft = Draft(model.task_type, model.model_id, model.version, chosen=chosen)
    async with composing("") as (_, screen):
        rows = drafting.rows(model, draft)
        origin = [("16:9", "ok:words")]
        await screen.form.show(rows, model, draft, frozenset(), lambda _: (origin, False))
        sizes, shapes = (one for one in screen.query(ChoiceLine) if one.parameter == "size")
        assert (told(sizes), told(shapes)) == ("", "16:9")
        drawn, behind = shapes.parts(60)
        assert "[16:9]" in "".join(words for words, _ in drawn)
        assert "16:9" in "".join(words for words, _ in behind)


async def test_moving_through_the_form_stresses_the_words() -> None:
    async with composing(WISH) as (pilot, screen):
        await ready(pilot, screen)
        line(screen, "resolution").focus()
        await until(pilot, lambda: marked(screen, stressed=True) == ["1080p"])
        screen.form.kind.focus()
        await until(pilot, lambda: marked(screen, stressed=True) == ["video"])
        screen.prompt.focus()
        await until(pilot, lambda: marked(screen) == ["video", "1080p"])


async def test_chosen_by_hand_it_is_not_marked_and_backspace_lets_the_words_decide() -> None:
    async with composing(WISH) as (pilot, screen):
        await ready(pilot, screen)
        line(screen, "resolution").focus()
        await pilot.press("left")
        assert marked(screen) == ["video"]
        assert told(line(screen, "resolution")) == "your choice"
        assert line(screen, "resolution").row.value == "720p"
        await pilot.press("backspace")
        assert marked(screen, stressed=True) == ["1080p"]
        assert line(screen, "resolution").row.value == "1080p"


async def test_marks_follow_keys_wide_characters_and_wrapped_lines() -> None:
    async with composing("") as (pilot, screen):
        screen.prompt.text = SNOW[:60] + "，做成1080p的视频"
        await until(pilot, lambda: marked(screen) == ["1080p", "视频"])
        screen.prompt.move_cursor((0, 0))
        await pilot.press("大", "家")
        assert marked(screen) == ["1080p", "视频"]
        screen.prompt.text = SNOW[:44] + "，做成1080p的视频"
        await pilot.pause()
        assert "".join(marked(screen)) == "1080p视频"


PUPPY = "a 10s video of a puppy on a meadow with kling o1, 21:9"


def colours(screen: ComposeScreen) -> dict[str, str]:
    """The words that are marked in the prompt, with the role that they are drawn in."""
    theme = screen.app.theme
    roles = {style(theme, role, "surface").color: role for role in ("ok", "warn", "accent")}
    return {
        segment.text: roles.get(segment.style.color, "")
        for y in range(screen.prompt.size.height)
        for segment in screen.prompt.render_line(y)
        if segment.style is not None and segment.style.underline
    }


def behind(screen: ComposeScreen, parameter: str) -> list[tuple[str, str]]:
    return [part for part in line(screen, parameter).parts(80)[1] if part[0].strip()]


async def test_a_value_that_the_model_lacks_warns_in_the_prompt_and_on_its_line() -> None:
    async with with_every_model(PUPPY) as (pilot, screen, _):
        await until(pilot, lambda: "21:9" in colours(screen))
        assert (colours(screen)["10s"], colours(screen)["21:9"]) == ("ok", "warn")
        assert behind(screen, "duration") == [("10s", "ok:words")]
        assert behind(screen, "aspect_ratio") == [("! ", "warn"), ("21:9", "warn:words")]
        line(screen, "aspect_ratio").focus()
        await until(pilot, lambda: marked(screen, stressed=True) == ["21:9"])


async def test_the_nearest_value_is_told_as_not_the_one_that_was_asked_for() -> None:
    async with with_every_model("a 13s video of a whale with kling o1") as (pilot, screen, _):
        await until(pilot, lambda: colours(screen).get("13s") == "warn")
        assert behind(screen, "duration") == [("! ", "warn"), ("13s", "warn:words")]
        rows = screen.query_one(IntentSummary)._drawn
        assert any(("10 s", "warn") in row for row in rows)


async def test_once_the_value_is_one_of_the_models_it_warns_no_more() -> None:
    async with with_every_model(PUPPY) as (pilot, screen, _):
        await until(pilot, lambda: colours(screen).get("21:9") == "warn")
        await write(pilot, PUPPY.replace("21:9", "16:9"))
        await until(pilot, lambda: colours(screen).get("16:9") == "ok")
        assert behind(screen, "aspect_ratio") == [("16:9", "ok:words")]
