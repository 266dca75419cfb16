"""Everyday tasks by keys alone, as a person does who reads only the screen: in English, in Chinese
at 80x24, and as lines."""

from __future__ import annotations

import re
import sys

import pytest

from ima_tui.sandbox.server import Sandbox

from .pty_program import PtyProgram
from .test_journeys import at, box, profile  # noqa: F401 - fixtures

STUDIO = [sys.executable, "-m", "ima_tui"]
FAILS_ONCE = '[[fault]]\nkind = "fail_task"\ntimes = 1\n'


@pytest.fixture
def settled(box: Sandbox) -> dict[str, str]:  # noqa: F811
    """What a person has who uses the service, on a machine that opens no files."""
    return {**at(box), "PATH": "/nowhere"}


def test_everyday_tasks_in_english(
    box: Sandbox,  # noqa: F811
    profile: dict[str, str],  # noqa: F811
    settled: dict[str, str],
) -> None:
    with PtyProgram(STUDIO, columns=120, rows=40, env={**profile, **settled}) as program:
        make(program, "a picture of a red fox in the snow", "#1 is done: 5 pts")
        ask(program, "a 10 second video of it", r"Uses #1 as input: a picture of a red fox")
        agree(program, r"#2 is in the queue: 50 pts")
        # a song: title in the prompt, lyrics in their window
        program.type("a cheerful folk song called River Home")
        program.wait("Title +▌?River Home")
        program.press("escape", "down", "down", "enter")
        program.wait("The words to sing")
        program.type("The river runs home")
        program.press("escape")
        program.wait("esc again: discard")
        program.press("ctrl+j")
        program.wait("Lyrics +The river runs home")
        program.press("ctrl+j")
        program.wait("#3 is in the queue: 25 pts")
        ask(program, 'say "Welcome" in a female voice', "female voice → left out")
        agree(program, "#4 is in the queue")
        ask(program, "20 variants of a red fox logo", "20 results from 5 jobs, 100 pts")
        program.press("right")
        agree(program, "5 jobs are in the queue: 100 pts")
        # a job fails, and is made with another model at a price that was told
        program.wait("Latest job .* ✓ done")
        box.scenario(FAILS_ONCE)
        make(program, "a picture of a lighthouse", r"#10 failed .esc 3 shows it.: ")
        program.press("escape", "3")
        program.wait("▌ +✗ failed +img +SeeDream 4.5 +a picture of a lighthouse")
        program.press("R")
        program.wait("Nano Banana 2 +budget +13")
        program.press("enter")
        program.wait("for 13 pts")
        agree(program, "✓ done +img +Nano Banana 2")
        # two results side by side
        program.press("4")
        program.wait("results")
        program.press("=")
        program.wait("Mark one result with space")
        program.press(" ")
        program.wait("1 marked")
        program.press("=")
        program.wait("tab swap sides")
        program.press("escape", "escape")
        # a preference, and a limit for the day
        program.press("2")
        program.wait("Describe an image")
        program.type("always use Midjourney for images")
        program.wait("sets Midjourney as preferred")
        program.press("ctrl+j")
        program.wait("Midjourney is now preferred")
        program.press("escape", "\x10")
        program.wait("Actions")
        program.type("limit")
        program.wait("Open settings")
        program.press("enter")
        program.wait("Limit per month")
        program.press("/")
        program.type("limit")
        program.wait(r"FROM[^\n]*\n[^\n]*Spending .points.")
        program.press("enter", "down", "down", "enter")
        program.type("1")
        program.press("enter")
        program.wait("Limit per day: 1")
        program.press("escape", "escape", "2")
        make(program, "a picture of a boat", r"#12 was not sent: .*above your daily limit")
        # jobs of a day, and what was spent as a file
        program.press("escape", "3")
        program.wait("over limit|needs approval")
        program.press("/")
        program.type("yesterday")
        program.wait("No jobs match|No matches")
        program.press("escape", "escape", "$")
        program.wait("SeeDream 4.5 +━")
        program.press("w")
        program.wait("Saved to")
        program.press("ctrl+q")
        assert program.wait_exit() == 0
    assert box.ledger()["violations"] == []


def test_everyday_tasks_in_chinese_at_80_columns(
    box: Sandbox,  # noqa: F811
    profile: dict[str, str],  # noqa: F811
    settled: dict[str, str],
) -> None:
    command = [*STUDIO, "--language", "zh"]
    with PtyProgram(command, env={**profile, **settled, "SSH_CONNECTION": "a 1 b 2"}) as program:
        make(program, "画一只雪地里的红狐狸", "#1 已完成，5 积分")
        ask(program, "把它做成10秒的视频", "素材是 #1：画一只雪地里")
        agree(program, "#2 已加入队列，50 积分")
        program.type("写一首轻快的民谣，歌名《归河》")
        program.wait("歌名 +▌?归河")
        program.press("ctrl+j")
        program.wait("#3 已加入队列，25 积分")
        ask(program, "用女声朗读：“欢迎光临”", "女声 → 已忽")
        agree(program, "#4 已加入队列")
        ask(program, "20张红狐狸logo", "分 5 个任务生成 20 个，100 积分")
        program.press("right")
        agree(program, "5 个任务已加入队列，共 100 积分")
        program.press("escape", "4")
        program.wait("个作品")
        program.press("=")
        program.wait("▌ 先按空格键标记一个作品")  # no character is lost over an edge
        program.press("ctrl+q")
        assert program.wait_exit() == 0
    assert box.ledger()["violations"] == []


@pytest.mark.parametrize(
    "turns",
    [
        (
            ("a picture of a red fox", "Send with .* for 5 points"),
            ("yes", "Job 1 is done"),
            ("a 10 second video of it", "Uses #1 as input: a picture of a red fox"),
            ("yes", "Job 2 is in the queue"),
            ("20 pictures of a fox", "from 5 jobs for 100 points, answer all"),
            ("all", "Job 7 is in the queue"),
            ("/type text to video", "Understood as text to video"),
            ("/compare Wan 2.6, Kling O1", "Points: Wan 2.6 25 to 120"),
            ("/new", "Describe an image"),
            ("always use Midjourney for images", "Nothing is generated or charged"),
            ("yes", "Midjourney is now preferred"),
            ("/retry-with 1", "Midjourney: 8 points"),
            ("/settings limit", "spending.per_day"),
            ("/jobs today", "Job 1, done"),
            ("/spending model 7 save", "ima-spending-model"),
            ("/quit", ""),
        ),
        (
            ("/语言", "描述想要的图片"),
            ("画一只红狐狸", "将消耗 5 积分"),
            ("是", "任务 1 已完成"),
            ("把它做成10秒的视频", "素材是 #1：画一只红狐狸"),
            ("是", "任务 2 已提交"),
            ("20张红狐狸", "请回答“全部”"),
            ("全部", "任务 7 已提交"),
            ("/对比 SeeDream 4.5，Midjourney", "积分：SeeDream 4.5（5）；Midjourney（8 到 10）"),
            ("以后画图都用Midjourney", "不消耗积分"),
            ("是", "Midjourney 已设为"),
            ("/换模型 1", "Midjourney：8 积分"),
            ("/程序设置 上限", "spending.per_day"),
            ("/任务列表 今天", "任务 1，已完成"),
            ("/花费 模型 7 另存", "ima-spending-model"),
            ("/退出", ""),
        ),
    ],
)
def test_everyday_tasks_as_lines(
    box: Sandbox,  # noqa: F811
    profile: dict[str, str],  # noqa: F811
    settled: dict[str, str],
    turns: tuple[tuple[str, str], ...],
) -> None:
    command = [*STUDIO, "--plain"]
    with PtyProgram(command, columns=160, rows=60, env={**profile, **settled}) as program:
        program.wait("Describe an image")
        for line, answer in turns:
            program.type(f"{line}\r")
            if answer:
                program.wait(answer)
        assert program.wait_exit() == 0
    assert box.ledger()["violations"] == []


def make(program: PtyProgram, prompt: str, told: str) -> None:
    """Type a prompt and send it, which needs no question."""
    program.wait(r"\d (pts|积分)   ")  # the price: the lists are loaded
    program.type(prompt)
    program.wait("▌" + re.escape(prompt[:8]))
    program.press("ctrl+j")
    program.wait(told)


def ask(program: PtyProgram, prompt: str, told: str) -> None:
    """Type a prompt whose question tells something before anything is paid."""
    make(program, prompt, told)


def agree(program: PtyProgram, told: str) -> None:
    program.read(0.4)  # sooner it could be a key that is held down
    program.press("enter")
    program.wait(told)
