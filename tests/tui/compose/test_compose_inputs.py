"""Inputs come from a path that is dragged in, or from what was made before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake import KLING, done, order
from patience import until
from PIL import Image
from test_compose import open_compose, place, said, studio_with
from test_compose_drawer import opened
from textual import events

from ima_tui.core.domain import Accepts, TaskType
from ima_tui.runner import result_files
from ima_tui.tui.compose.screen import ComposeScreen
from ima_tui.tui.shell.picker import Picker
from ima_tui.tui.widgets.prompt import dragged


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("'/a/my cat.png' ", "/a/my cat.png"),
        (r"/a/my\ cat.PNG", "/a/my cat.PNG"),
        ("~/cat.jpg", "~/cat.jpg"),
        ("file:///a/cat.webp", "file:///a/cat.webp"),
        ("a fox like /a/cat.png", ""),
        ("/a/IMG_0001.HEIC", "/a/IMG_0001.HEIC"),
        (r"'/a/It'\''s.avif'", "/a/It's.avif"),
        ("file:/a/cat.m4a", "file:/a/cat.m4a"),
        ("/a/notes.txt", ""),
        ("https://ima.example/a.png", ""),
        ("/a/cat.png\n/b.png", ""),
    ],
)
def test_only_the_path_of_a_medium_is_dragged(pasted: str, path: str) -> None:
    assert dragged(pasted) == path


async def test_a_picture_dragged_into_the_wish_becomes_an_input(tmp_path: Path) -> None:
    Image.new("RGB", (320, 200)).save(tmp_path / "my cat.png")
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = "make it run, a video"
        await pilot.pause()
        pilot.app.post_message(events.Paste(f"'{tmp_path}/my cat.png'"))
        await until(pilot, lambda: screen.inputs.values == (f"{tmp_path}/my cat.png",))
        assert screen.composer.task_type is TaskType.IMAGE_TO_VIDEO
        assert screen.prompt.text == "make it run, a video"
        line = screen.inputs.lines[0]
        await until(pilot, lambda: "PNG 320x200" in line._facts.words)


async def test_a_file_that_is_dragged_in_joins_the_one_that_the_prompt_names(
    tmp_path: Path,
) -> None:
    for name in ("named.png", "dragged.png"):
        Image.new("RGB", (320, 200)).save(tmp_path / name)
    named, dragged_in = f"{tmp_path}/named.png", f"{tmp_path}/dragged.png"
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = f"a video of the fox in {named}"
        await until(pilot, lambda: screen.inputs.values == (named,))
        pilot.app.post_message(events.Paste(dragged_in))
        await until(pilot, lambda: screen.inputs.values == (dragged_in, named))


async def test_a_damaged_photo_is_told_at_the_input_and_an_animation_what_is_used(
    tmp_path: Path,
) -> None:
    Image.new("RGB", (320, 200), "teal").save(tmp_path / "cut.jpg")
    whole = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) * 6 // 10])
    frames = [Image.new("RGB", (32, 20), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    async with opened(tmp_path) as (pilot, screen):
        screen.prompt.text = "make it run, a video"
        await pilot.pause()
        pilot.app.post_message(events.Paste(f"{tmp_path}/cut.jpg"))
        await until(pilot, lambda: any(each._problem.display for each in screen.inputs.lines))
        assert await screen.inputs.settle() is None
        line = screen.inputs.lines[0]
        line.field.value = f"{tmp_path}/moving.gif"
        await until(pilot, lambda: "GIF 32x20" in line._facts.words)
        assert "first frame" in line._problem._now[0]


async def test_a_file_that_says_how_it_was_made_offers_its_prompt_and_settings(
    tmp_path: Path,
) -> None:
    plain, made = tmp_path / "plain.png", tmp_path / "made.png"
    for path in (plain, made):
        Image.new("RGB", (320, 200)).save(path)
    result_files.write(made, replace(order(), prompt="a heron in the reeds"))
    async with opened(tmp_path) as (pilot, screen):
        pilot.app.post_message(events.Paste(str(plain)))
        await until(pilot, lambda: screen.inputs.values == (str(plain),))
        assert not screen.check_action("do", ("made_from",))
        pilot.app.post_message(events.Paste(str(made)))
        await until(pilot, lambda: "use its prompt" in screen.note[0])
        await pilot.press("alt+d")
        await until(pilot, lambda: screen.prompt.text == "a heron in the reeds")
        await until(pilot, lambda: screen.composer.model is not None)
        assert screen.composer.task_type is order().task_type
        assert screen.inputs.values == ()


async def test_a_path_that_is_no_file_is_text(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        pilot.app.post_message(events.Paste("/nowhere/cat.png"))
        await until(pilot, lambda: screen.prompt.text == "/nowhere/cat.png")


async def test_an_earlier_result_is_put_in(tmp_path: Path) -> None:
    path = tmp_path / "fox.png"
    Image.new("RGB", (64, 64)).save(path)
    async with opened(tmp_path, done(7, str(path))) as (pilot, screen):
        await pilot.press("alt+i")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: screen.inputs.values == (str(path),))
        assert screen.composer.task_type.takes_inputs


async def test_without_results_that_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("alt+i")
        await until(pilot, lambda: "No images yet" in said(pilot))


def problems(screen: ComposeScreen) -> list[str]:
    """What is said at each line that holds an input."""
    lines = [line for line in screen.inputs.lines if line.value]
    return [line._problem._now[0] if line._problem.display else "" for line in lines]


async def test_inputs_that_are_too_many_are_told_at_their_lines_at_once() -> None:
    two = replace(KLING, accepts=(Accepts(("image/png",), 1, 2),))
    links = tuple(f"https://ima.example/{number}.png" for number in range(4))
    async with open_compose(studio_with(two)) as pilot:
        screen = place(pilot)
        screen.load_order(replace(order(two), inputs=links))
        await until(
            pilot, lambda: [bool(one) for one in problems(screen)] == [False] * 2 + [True] * 2
        )
        assert two.name in problems(screen)[3]
        assert "1 to 2" in problems(screen)[3]
        screen.inputs.lines[0].field.value = ""
        await until(pilot, lambda: [bool(one) for one in problems(screen)] == [False] * 2 + [True])


async def test_inputs_are_looked_at_anew_when_another_model_is_to_take_them() -> None:
    picky = replace(KLING, accepts=(Accepts(("image/jpeg",), 1, 2),))
    link = "https://ima.example/a.png?width=64"
    async with open_compose(studio_with(KLING)) as pilot:
        screen = place(pilot)
        screen.load_order(replace(order(KLING), inputs=(link,)))
        await until(pilot, lambda: any(line._facts.words for line in screen.inputs.lines))
        screen.composer.take(picky)
        await screen.view.show()
        await until(pilot, lambda: "jpeg" in "".join(problems(screen)))
