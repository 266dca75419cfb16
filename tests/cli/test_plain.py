"""Plain mode: the main job by lines alone, over the real studio and service."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from beliefs import torn
from PIL import Image

from ima_tui.cli.plain.line_io import LineIO, names
from ima_tui.cli.plain.mode import PlainMode
from ima_tui.config.api_key import Key
from ima_tui.config.loader import Settings
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import TaskType
from ima_tui.i18n import en, say, zh
from ima_tui.intent import second_opinion
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio, open_studio

pytestmark = pytest.mark.sandbox(speed=500)

SPEED = 500.0
KEY = Key("ima_canary_0123456789", "flag")


class Script(LineIO):
    """Answers by a list; a callable in it is waited for until it is true of what was said."""

    def __init__(self, *steps: str | Callable[[str], bool]) -> None:
        super().__init__()
        self.steps = list(steps)
        self.said: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    def say(self, *sentences: str) -> None:
        self.said += sentences

    async def ask(self, question: str, *, hidden: bool = False) -> str | None:
        self.said.append(question)
        while self.steps and callable(self.steps[0]):
            wanted = self.steps.pop(0)
            async with asyncio.timeout(30):
                while not wanted(self.text):  # type: ignore[operator]
                    await asyncio.sleep(0.01)
        return str(self.steps.pop(0)) if self.steps else None


@pytest.fixture
async def studio(settings: Settings, unhurried: None) -> AsyncIterator[Studio]:
    async with open_studio(settings, clock=ScaledClock(SPEED), key=KEY, for_screen=True) as studio:
        yield studio


async def talk(studio: Studio, *steps: str | Callable[[str], bool]) -> Script:
    script = Script(*steps)
    async with asyncio.timeout(60):
        await PlainMode(studio, script).run()
    return script


def has(words: str) -> Callable[[str], bool]:
    return lambda text: words in text


async def test_from_a_wish_to_a_result_by_lines(studio: Studio, sandbox: Sandbox) -> None:
    script = await talk(
        studio, "a picture of a fox, 16:9", "yes", has("Job 1 is done"), "/jobs", "/quit"
    )
    text = script.text
    assert text.index("Costs 5 points") < text.index("Job 1 is in the queue, 5 points")
    assert "Aspect ratio: 16:9." in text
    assert "—" not in text
    (told,) = [line for line in script.said if line.startswith("Job 1 is done")]
    assert Path(told.splitlines()[1]).is_file()
    assert "Job 1, done: SeeDream 4.5, 5 points. a picture of a fox" in text
    assert len(sandbox.ledger()["creates"]) == 1


async def test_the_cheaper_model_keeps_the_length_and_is_cheaper(studio: Studio) -> None:
    script = await talk(
        studio,
        "a 10s video of a puppy dancing with Kling O1",
        "/cheaper-model",
        "/cheaper-model",
        "no",
        "/quit",
    )
    assert script.text.index("Costs 96 points") < script.text.index("Costs 30 points")
    assert script.text.count("Duration: 10 s.") == 2
    assert "There is no cheaper or better option for this draft." in script.text


async def test_nothing_is_sent_without_a_yes(studio: Studio, sandbox: Sandbox) -> None:
    await talk(
        studio, "a picture of a fox", "", "a picture of a dog", "no", "/send", "hm, a cat", "/quit"
    )
    assert sandbox.ledger()["creates"] == []


async def test_an_earlier_prompt_is_shown_whole_after_a_question_that_nobody_answered(
    studio: Studio,
) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"), "a lake", "/history",
        "/history 1", "no", "/quit",
    )  # fmt: skip
    assert "What should I make" in script.text
    assert script.text.count("Understood as text to image, with SeeDream 4.5.") == 2


async def test_what_was_sent_is_not_offered_for_points_again(
    studio: Studio, sandbox: Sandbox
) -> None:
    """Before, any command about the draft asked to pay for the last prompt once more."""
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"),
        "yes", "/prefer midjourney", "yes", "/count 1", "yes", "/quit",
    )  # fmt: skip
    assert len(sandbox.ledger()["creates"]) == 1
    assert script.text.count("Send with") == 1


async def test_a_model_chosen_after_sending_is_for_the_next_prompt(
    studio: Studio, sandbox: Sandbox
) -> None:
    await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"),
        "/model midjourney", "a picture of a dog", "yes", has("Job 2 is done"), "/quit",
    )  # fmt: skip
    models = [create["model_id"] for create in sandbox.ledger()["creates"]]
    assert models[1] == "midjourney"


async def test_jobs_are_found_by_day_and_by_words(studio: Studio) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"),
        "/jobs yesterday", "/jobs today", "/jobs fox", "/jobs badger", "/quit",
    )  # fmt: skip
    assert script.text.count("No jobs match.") == 2
    assert script.text.count("Job 1, done: SeeDream 4.5, 5 points. a picture of a fox") == 2


async def test_a_value_has_its_unit_and_chinese_its_own_signs(studio: Studio) -> None:
    script = await talk(
        studio, "a 10s video of a fox with Wan 2.6", "no",
        "/语言", "10秒的狐狸视频，用Wan 2.6", "否", "/退出",
    )  # fmt: skip
    assert "Duration: 10 s." in script.text
    assert "时长：10 秒。" in script.text


async def test_a_job_is_retried_with_any_model_that_can_do_it(
    studio: Studio, sandbox: Sandbox
) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"),
        "/retry-with 1 nonsense", "/retry-with 1 mj", "yes", has("Job 2 is done"), "/quit",
    )  # fmt: skip
    assert "nonsense can't be used for job 1. These models can:" in script.text
    assert "Retry job 1 with Midjourney for 8 points?" in script.text
    assert sandbox.ledger()["creates"][1]["model_id"] == "midjourney"


async def test_an_unsure_reading_names_both_and_a_yes_takes_the_guess(
    studio: Studio, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "believe", torn)
    script = await talk(studio, "draw a fox", "/quit")
    assert "This could be text to image or text to video." in script.text
    assert sandbox.ledger()["creates"] == []


@pytest.mark.parametrize("answer", ["image", "图片", " Picture "])
async def test_a_word_answers_what_to_make_and_is_no_prompt(
    studio: Studio, sandbox: Sandbox, answer: str
) -> None:
    """Before, the word itself was offered as the prompt, and the real one was lost."""
    await talk(studio, "可爱的小猫，竖屏", answer, "yes", has("Job 1 is done"), "/quit")
    (create,) = sandbox.ledger()["creates"]
    assert (create["task_type"], create["prompt"]) == ("text_to_image", "可爱的小猫")


async def test_what_differs_is_named_in_the_question(studio: Studio, sandbox: Sandbox) -> None:
    script = await talk(
        studio, "a 30s video of a whale in 8K, 7:3, with kling o1", "no",
        "use Midjourney to make a 5s video of a fox", "no", "/quit",
    )  # fmt: skip
    asked = [question for question in script.said if "yes or no" in question]
    assert "8K isn't available for Kling O1: sent as 1080p." in asked[0]
    assert "30s isn't available for Kling O1: sent as 10 s." in asked[0]
    assert "7:3 isn't available for Kling O1: sent as 16:9." in asked[0]
    assert "Midjourney makes images, not video: Wan 2.6 is used instead." in asked[1]
    assert "text to image with Midjourney, 8 pts" in asked[1]
    assert sandbox.ledger()["creates"] == []


async def test_the_question_is_printed_whole_and_no_prompt_is_cut(
    studio: Studio,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    typed = tmp_path / "typed"
    long = f"draw a picture of a fox{' in the snow' * 1000}, seen from above"
    lines = ["use Midjourney to make a 30s video of a fox in 8K", "no"]
    lines += [long, "yes", "yes"]  # the medium, then the price
    lines += [f"a picture of{' snow' * 5000}", "yes", "a picture of a dog"]
    no_text = b"a picture of a caf\xe9\nyes\n"
    typed.write_bytes("\n".join(lines).encode() + b"\n" + no_text + b"/quit\n")
    with typed.open(encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        async with asyncio.timeout(60):
            await PlainMode(studio, LineIO()).run()
    said = capsys.readouterr().out
    (asked,) = [line for line in said.splitlines() if line.startswith("Midjourney makes images")]
    assert asked.rstrip().endswith("Send with Wan 2.6 for 120 points? yes or no:")
    assert "the limit is 20000" in said
    assert say("error.not_text", encoding="utf-8") in said
    (job,) = await studio.jobs.recent(0)
    assert job.order.prompt == long


async def test_an_unclear_medium_is_asked_and_nothing_can_be_sent(
    studio: Studio, sandbox: Sandbox
) -> None:
    script = await talk(studio, "可爱的小猫，竖屏", "yes", "/type text to image", "no", "/quit")
    assert "What should I make" in script.text
    asked = [question for question in script.said if "yes or no" in question]
    assert len(asked) == 1  # after the medium was told
    assert "9:16" in script.text
    assert sandbox.ledger()["creates"] == []


async def test_a_new_wish_takes_no_kind_from_the_last_one(studio: Studio) -> None:
    script = await talk(studio, 'say "good morning"', "no", "a picture of a fox", "no", "/quit")
    assert "Understood as text to image" in script.text


async def test_a_model_is_found_taken_and_preferred(studio: Studio) -> None:
    script = await talk(
        studio, "/models banana", "/model 1", "/prefer", "/prefs", "/unprefer", "/quit"
    )
    assert "1. Nano Banana 2: 4 to 13 points" in script.text
    assert "text to image: Nano Banana 2" in script.text
    assert "text to video: no preference" in script.text
    assert studio.preferences.model_id(TaskType.TEXT_TO_IMAGE) == ""


async def test_results_log_and_settings_are_told_and_a_setting_is_changed(studio: Studio) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", lambda text: "is done" in text, "/results", "/log",
        "/settings", "/settings look.hints off", "/settings look.hints maybe", "help", "quit",
    )  # fmt: skip
    assert "Job 1, a picture of a fox: " in script.text
    assert "Hints, look.hints: on" in script.text
    assert "Hints: off. Takes effect at the next start." in script.text
    assert "hints = false" in studio.settings.config_file.read_text()
    assert "maybe" in script.text
    assert "/help: show all commands" in script.text


BEGIN = "plain.command_"
COMMANDS = [name.removeprefix(BEGIN) for name in en.TEXTS if name.startswith(BEGIN)]


async def test_each_command_does_something(studio: Studio) -> None:
    assert set(PlainMode(studio, LineIO()).commands) == set(COMMANDS)


def test_no_two_commands_have_one_name() -> None:
    every = [name for command in COMMANDS for name in names(command)]
    assert len(every) == len(set(every))


async def test_settings_counts_and_kinds_by_words(studio: Studio) -> None:
    script = await talk(
        studio, "a picture of a fox", "/parameters", "/set aspect ratio 9:16", "/count 2",
        "/type music", "/set nonsense", "/count x", "/nonsense", "/quit",
    )  # fmt: skip
    assert "Costs 10 points" in script.text
    assert "Aspect ratio: 9:16." in script.text
    assert "text to music, with Suno" in script.text
    assert "/set: set a parameter" in script.text
    assert "No command matches /nonsense." in script.text


async def test_inputs_are_looked_at_before_they_cost(studio: Studio, tmp_path: Path) -> None:
    script = await talk(studio, "/type image to video", "/inputs nowhere.png", "slow zoom", "/quit")
    assert "nowhere.png" in script.text
    assert "Send with" not in script.text


async def test_that_only_a_part_of_an_input_is_used_is_said(studio: Studio, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (320, 320), colour) for colour in ("teal", "red")]
    frames[0].save(tmp_path / "scan.tiff", save_all=True, append_images=frames[1:])
    script = await talk(
        studio, "/type image to video", f"/inputs {tmp_path}/scan.tiff", "slow zoom", "/quit"
    )
    assert script.text.index("only the first page is used") < script.text.index("Costs")


async def test_a_failure_says_why_and_runs_again_only_after_a_yes(
    studio: Studio, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "fail_task"\ntimes = 1\n')
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 failed"), "/retry 1", "", "/retry 1", "yes",
        has("Job 2 is done"), "/job 1", "/quit",
    )  # fmt: skip
    assert script.text.count("Retry job 1 with SeeDream 4.5 for 5 points?") == 2


async def test_without_a_key_the_first_lines_explain_and_lead_to_the_demo(
    settings: Settings,
) -> None:
    async with open_studio(settings, clock=ScaledClock(SPEED), for_screen=True) as studio:
        script = Script("demo")
        assert await PlainMode(studio, script).run() == "demo"
        assert "api.imastudio.com" in script.text
        assert "imapi.liveme.com" in script.text
    async with open_studio(settings, clock=ScaledClock(SPEED), for_screen=True) as studio:
        script = Script("sk-other", "1", "ima_mine_123456", "1", "/quit")
        assert await PlainMode(studio, script).run() == "quit"
        assert studio.connection.has_key
        assert "ima_mine" not in script.text


async def test_both_languages_and_commands_of_both(studio: Studio) -> None:
    script = await talk(studio, "/language", "/帮助", "/prefs", "/语言", "/help", "/退出")
    assert "文生图" in script.text or "偏好" in script.text
    for name in COMMANDS:
        assert en.TEXTS[BEGIN + name] in script.text


def run_demo(*flags: str, typed: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ima_tui", *flags],
        input=typed, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **env},
    )  # fmt: skip


def test_it_needs_no_terminal_and_sends_no_escape(tmp_path: Path) -> None:
    done = run_demo(
        "demo", "--plain", typed="/models\n/quit\n", env={"HOME": str(tmp_path), "TERM": "dumb"}
    )
    assert done.returncode == 0
    assert "SeeDream 4.5" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_the_language_before_the_verb_counts(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}
    done = run_demo("--language", "zh", "demo", "--plain", typed="/quit\n", env=env)
    assert "文字模式" in done.stdout


def test_the_config_can_ask_for_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[look]\nplain = true\n")
    done = run_demo("demo", typed="", env={"HOME": str(tmp_path), "IMA_TUI_CONFIG": str(path)})
    assert done.returncode == 0
    assert "plain mode" in done.stdout


def test_without_a_terminal_the_other_ways_are_named(tmp_path: Path) -> None:
    done = run_demo("demo", typed="", env={"HOME": str(tmp_path)})
    assert done.returncode == 2
    assert "generate" in done.stderr


async def test_projects_stars_and_tags_by_lines(studio: Studio) -> None:
    script = await talk(
        studio, "/project Film", "a picture of a fox", "yes", has("Job 1 is done"),
        "/star 1", "/tag 1#1 hero, final", "/untag 1 final", "/jobs film", "/jobs #hero",
        "/jobs *", "/jobs nobody", "/tag 1", "/tag 1#7 x", "/project -", "/project", "/quit",
    )  # fmt: skip
    job = await studio.jobs.get(1)
    assert job is not None
    assert (job.order.project, job.is_starred, job.tags) == ("Film", True, ("hero",))
    assert script.text.count("Job 1, done: SeeDream 4.5, 5 points. a picture of a fox") == 3
    assert "Result 1: star, hero." in script.text
    assert "for example /tag 3 hero, final" in script.text
    assert "Job 1 has no result 7." in script.text
    assert script.text.index("No project.") < script.text.index("Projects: Film.")


async def test_an_earlier_job_is_used_again_by_lines(studio: Studio, sandbox: Sandbox) -> None:
    script = await talk(
        studio, "a picture of a fox, 16:9", "yes", has("Job 1 is done"),
        "/duplicate 1", "no", "/similar 1", "yes", has("Job 2 is done"), "/quit",
    )  # fmt: skip
    assert script.text.count("Aspect ratio: 16:9.") == 2
    assert "Make more like job 1, with a new seed, for 5 points?" in script.text
    first, second = sandbox.ledger()["creates"]
    assert first["prompt"] == second["prompt"] if "prompt" in first else True


async def test_it_is_the_last_result_and_is_named_before_paying(
    studio: Studio,
) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"),
        "a 10s video of it", "yes", has("Job 2 is in the queue"), "/quit",
    )  # fmt: skip
    text = script.text
    assert "Understood as image to video" in text
    assert text.index("Uses #1 as input: a picture of a fox.") < text.index("Job 2 is in the queue")
    video, fox = await studio.jobs.recent(2)
    assert video.order.inputs == (fox.medias[0].path,)


async def test_an_image_that_is_missing_is_chosen_by_a_number(studio: Studio) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"), "animate my photo", "1", "/quit"
    )
    assert "1. use #1: a picture of a fox" in script.text
    assert "Input 1: /" in script.text.partition("1. use #1")[2]


async def test_more_results_than_one_job_makes_are_several_jobs(
    studio: Studio, sandbox: Sandbox
) -> None:
    script = await talk(
        studio, "20 pictures of a fox", "all", has("Job 5 is in the queue"), "yes", "/quit"
    )
    assert "To get all 20 from 5 jobs for 100 points, answer all." in script.text
    assert [job.order.n for job in await studio.jobs.recent()] == [4] * 5


async def test_models_are_compared_by_number_or_name(studio: Studio) -> None:
    script = await talk(
        studio, "/type text to video", "/compare Wan 2.6, Kling O1", "/models", "/compare 1 2",
        "/compare 1", "/quit",
    )  # fmt: skip
    assert "Points: Wan 2.6 25 to 120; Kling O1 48 to 120." in script.text
    assert "Duration: Wan 2.6 5, 10, 15; Kling O1 5, 10." in script.text
    assert script.text.count("\nUsual time: ") == 2
    assert script.text.count(say("plain.command_compare")) == 1


async def test_a_number_does_not_replace_the_prompt_that_is_to_be_paid(studio: Studio) -> None:
    script = await talk(studio, "a picture of a fox", "1", "yes", has("Job 1 is in"), "/quit")
    assert script.text.count(say("plain.yes_or_no")) == 1
    (job,) = await studio.jobs.recent()
    assert job.order.prompt == "a picture of a fox"


async def test_a_command_is_found_by_words_about_it(studio: Studio) -> None:
    script = await talk(studio, "/settings limit", "/tags", "/help star", "/help qqq", "/quit")
    text = script.text
    assert "spending.per_day" in text
    assert "look.theme" not in text
    assert "/tag: add tags" in text.partition("matches /tags")[2]
    assert "/star: add or remove a star" in text
    assert "No command matches qqq." in text


async def test_a_job_above_a_limit_is_told_with_its_reason(studio: Studio) -> None:
    script = await talk(
        studio, "/settings spending.per_day 3", "a picture of a fox", "yes",
        has("needs your approval"), "/quit",
    )  # fmt: skip
    assert "your daily limit of 3" in script.text
    assert "Job 1, 5 points, needs your approval: /follow 1 sends it" in script.text


async def test_a_preference_alone_is_set_after_a_yes_and_nothing_is_paid(
    studio: Studio, sandbox: Sandbox
) -> None:
    script = await talk(
        studio, "always use Midjourney for images", "yes", "/prefs",
        "a picture of a boat", "no", "forget my preferred image model", "yes", "/quit",
    )  # fmt: skip
    text = script.text
    assert "This sets Midjourney as preferred for text to image" in text
    assert "text to image: Midjourney" in text
    assert "with Midjourney for 8 points" in text
    assert studio.preferences.preferred() == {}
    assert sandbox.ledger()["creates"] == []


async def test_what_sending_sets_as_preferred_is_told_and_can_be_left(studio: Studio) -> None:
    script = await talk(
        studio, "use Midjourney: a picture of a boat", "/once", "yes",
        "use Midjourney: a picture of a bridge", "yes", "/quit",
    )  # fmt: skip
    text = script.text
    assert text.count("Midjourney also becomes the preferred model for text to image") == 2
    assert text.count("Midjourney is now preferred for text to image.") == 1


async def test_an_input_that_was_added_is_for_the_next_prompt(studio: Studio) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"),
        "a picture of a dog", "no", "/use 1", "no", "in winter, with snow", "/quit",
    )  # fmt: skip
    assert script.text.count("Input 1: /") == 2


async def test_a_subject_is_an_input_and_one_that_is_unknown_is_refused(
    studio: Studio, tmp_path: Path
) -> None:
    picture = tmp_path / "mia.png"
    Image.new("RGB", (320, 320), "teal").save(picture)
    await studio.subjects.add("Mia", [picture])
    script = await talk(
        studio, "a picture of @Mia at the sea", "no", "a picture of @Max at the sea", "yes", "/quit"
    )
    text = script.text
    assert "Understood as image to image" in text
    assert "Input 1: /" in text
    assert "Max" in text.partition("Canceled.")[2]
    assert await studio.jobs.recent() == ()


async def test_what_differs_is_named_for_each_line(studio: Studio, sandbox: Sandbox) -> None:
    script = await talk(
        studio, "/project Film", "/lines", "a picture of a fox", "a picture of a dog in 16K", "",
        "yes", has("Job 2 is done"), "/quit",
    )  # fmt: skip
    text = script.text
    assert "Line 1, SeeDream 4.5, 5 points: a picture of a fox" in text
    assert text.index("16K isn't available") < text.index("Send 2 jobs for 10 points in total?")
    assert {job.order.project for job in await studio.jobs.recent()} == {"Film"}


async def test_a_list_says_how_one_of_it_is_chosen(studio: Studio) -> None:
    script = await talk(
        studio, "/models banana", "a picture of a fox", "yes", has("Job 1 is done"),
        "/retry-with 1", "/语言", "/模型列表 banana", "/退出",
    )  # fmt: skip
    text = script.text
    assert "To choose one, type its number, for example /model 1" in text
    assert "Midjourney: 8 points, usually " in text
    assert "To choose one, type its number, for example /retry-with 1 1" in text
    assert "要选择，请输入序号，例如 /模型 1" in text


@pytest.mark.parametrize("command", ["tag 3", "untag 3", "save", "compare 1", "set x", "count x"])
async def test_a_command_that_is_used_wrongly_says_its_help(studio: Studio, command: str) -> None:
    script = await talk(
        studio, "a picture of a fox", "yes", has("Job 1 is done"), f"/{command}", "/quit"
    )
    assert say(f"plain.command_{command.split()[0]}") in script.said


@pytest.mark.parametrize(
    "written",
    ["Aspect ratio 9:16", "aspect ratio=9:16", "画面比例 9:16", "aspect_ratio 9:16"],
)
async def test_a_parameter_is_set_by_what_people_call_it(studio: Studio, written: str) -> None:
    line = f"/set {written}"
    language = ["/语言"] if "画面" in written else []
    script = await talk(studio, "a 5s video of a fox with wan 2.6", *language, line, "no", "/quit")
    assert "Aspect ratio: 9:16." in script.text or "画面比例：9:16。" in script.text


async def test_a_change_of_a_preferred_model_is_undone(studio: Studio) -> None:
    kind, wanted = TaskType.TEXT_TO_IMAGE, "midjourney"
    await talk(studio, "/prefer midjourney", "/unprefer", "/undo", "/quit")
    assert studio.preferences.model_id(kind) == wanted
    script = await talk(studio, "/unprefer", "/undo", "/undo", "/quit")
    assert studio.preferences.model_id(kind) == wanted
    assert "There is nothing to undo." in script.text


async def test_a_step_is_changed_in_both_languages(studio: Studio) -> None:
    script = await talk(
        studio, "/workflow a picture of a cat and a song about a boat", "/step 1 prompt a red cat",
        "/step 1 model midjourney", "/step 2 up", "/语言",
        "/步骤 2 删除", "/步骤 1 上移动", "/退出",
    )  # fmt: skip
    ((plan, _),) = await studio.workflows.kept()
    assert [step.prompt for step in plan.steps] == ["a red cat"]
    assert "Midjourney, 8 points, not run yet" in script.text
    assert zh.TEXTS["plain.command_step"] in script.said


async def test_whoever_has_no_key_is_asked_for_it_at_any_command_that_sends(
    settings: Settings,
) -> None:
    async with open_studio(settings, clock=ScaledClock(SPEED), key=KEY, for_screen=True) as studio:
        await talk(studio, "a picture of a fox", "yes", has("Job 1 is done"), "/quit")
    async with open_studio(settings, clock=ScaledClock(SPEED), for_screen=True) as studio:
        script = await talk(studio, "", "/retry 1", "yes", "ima_mine_123456", "1", "/quit")
        assert script.text.count(say("plain.key_how")) == 2
        assert studio.connection.has_key


async def test_why_a_job_waits_is_part_of_it(studio: Studio) -> None:
    script = await talk(
        studio, "/settings spending.per_day 3", "a picture of a fox", "yes",
        has("needs your approval"), "/job 1", "/fetch 1", "/quit",
    )  # fmt: skip
    assert script.text.count("your daily limit of 3") == 2
    assert "Job 1 has no results to download (waiting)." in script.text


async def test_waiting_jobs_are_moved_in_the_queue(settings: Settings, sandbox: Sandbox) -> None:
    sandbox.scenario('[[fault]]\nkind = "stuck"\ntimes = 1\n')
    one_at_once = replace(settings, running=1)
    async with open_studio(
        one_at_once, clock=ScaledClock(SPEED), key=KEY, for_screen=True
    ) as studio:
        script = await talk(
            studio, "a picture of a fox", "yes", has("Job 1 is running"), "/lines",
            "a picture of a cat", "a picture of a dog", "a picture of a cow", "", "yes",
            has("Job 4 is in the queue"), "/first 4", "/later 4", "/sooner 3", "/sooner 1", "/quit",
        )  # fmt: skip
    text = script.text
    assert "Job 4 is at position 1 of 3 in the queue." in text
    assert "Job 4 is at position 2 of 3 in the queue." in text
    assert "Job 3 is at position 2 of 3 in the queue." in text
    assert "Job 1 is not waiting to be sent." in text
