"""Plain mode: from a brief to the film by lines alone; nothing is planned or paid twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_plain import has, talk
from test_plain import studio as studio

from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio

pytestmark = pytest.mark.sandbox(speed=500)
BRIEF = "A film in two shots: a kite; a boat. 6 seconds, with calm piano music"
HIDDEN = "Two shots: a kite; a boat. 6 seconds, calm piano music"
WITH_MASTER = "A product video of a red shoe from two shots, 10 seconds, calm piano music"


def has_twice(words: str) -> Callable[[str], bool]:
    return lambda text: text.count(words) > 1


def charged(sandbox: Sandbox) -> int:
    return sum(bool(create["charged"]) for create in sandbox.ledger()["creates"])


async def test_a_brief_is_planned_and_its_film_made_by_lines(
    studio: Studio, sandbox: Sandbox
) -> None:
    pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")
    script = await talk(
        studio,
        BRIEF,
        "yes",
        has("Saved: "),
        "/workflow",
        "/assemble",
        has_twice("Saved: "),
        "/quit",
    )
    text = script.text
    assert "Understood as" not in text, "no single job is offered"
    assert text.index("At the end: one film from 2 shots") < text.index(
        "Run 5 steps for 85 points?"
    )
    assert "Step 1, text to image, SeeDream 4.5, 5 points, done: a kite" in text
    first, again = [line for line in script.said if line.startswith("Saved: ")]
    assert first == again, "the same film is not made twice"
    assert Path(first.removeprefix("Saved: ")).is_file()
    assert charged(sandbox) == 5, "asking for the workflow again plans nothing anew"


async def test_the_master_image_is_looked_at_before_the_rest_is_paid(
    studio: Studio, sandbox: Sandbox
) -> None:
    script = await talk(studio, WITH_MASTER, "yes", has("The master image is ready"), "/quit")
    assert "Run 1 step for 5 points?" in script.text
    assert "The rest costs 85 points and has not been sent. To continue: /run" in script.text
    assert charged(sandbox) == 1


async def test_no_is_no_and_the_plan_stays(studio: Studio, sandbox: Sandbox) -> None:
    script = await talk(studio, BRIEF, "no", "/workflow", "no", "/quit")
    assert script.text.count("Run 5 steps for 85 points?") == 2
    assert charged(sandbox) == 0
    assert len(await studio.workflows.kept()) == 1


@pytest.mark.parametrize(
    ("prompt", "ending"),
    [
        ("a picture of a harbour, 7:3", "-7x3.jpg"),
        ("a 7:3 video of waves", "-7x3.mp4"),
        ("一段7:3的海浪视频", "-7x3.mp4"),
    ],
)
async def test_an_offered_crop_is_taken_by_its_number(
    studio: Studio, sandbox: Sandbox, prompt: str, ending: str
) -> None:
    if ending.endswith("mp4"):
        pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")
    script = await talk(studio, prompt, "/answer 1", "yes", has("Saved: "), "/quit")
    (saved,) = [line for line in script.said if line.startswith("Saved: ")]
    assert saved.endswith(ending)
    assert charged(sandbox) == 1


async def test_a_film_that_reads_as_one_job_is_named_before_that_is_paid(
    studio: Studio, sandbox: Sandbox
) -> None:
    script = await talk(studio, HIDDEN, "no", "/workflow", "no", "/quit")
    assert "a film with 2 shots" in script.text
    assert script.text.index("To make the film: /workflow") < script.text.index("Run 5 steps")
    assert charged(sandbox) == 0
