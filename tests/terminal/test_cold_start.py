"""A cold start with a slow service: what is typed before the model lists arrive is what is bought,
once it can be sent; nothing else is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ima_tui.sandbox.server import Sandbox, running_sandbox

from .cold_prompts import CHINESE, ENGLISH, Meant
from .pty_program import PtyProgram

SLOW_LISTS = '[[fault]]\nendpoint = "product_list"\nkind = "delay"\nseconds = 5\n'
WORDS = {
    "en": (
        r"Loading models",
        r"press ctrl\+j again",
        r"Models loaded",
        r"#{} is in the queue",
    ),
    "zh": (r"正在加载模型", r"请再按", r"模型已加载，按", r"#{} 已加入队列"),
}
PATIENCE = 60.0


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with running_sandbox(speed=60) as sandbox:
        sandbox.scenario(SLOW_LISTS)
        yield sandbox


def environment(box: Sandbox, home: Path) -> dict[str, str]:
    home.mkdir()
    (home / "config.toml").write_text("[spending]\nask_above = 500\n")
    return {
        "HOME": str(home),
        "IMA_TUI_DATA_DIR": str(home / "data"),
        "IMA_TUI_CONFIG": str(home / "config.toml"),
        "IMA_PREFS_PATH": str(home / "prefs.json"),
        "IMA_LOG_DIR": str(home / "logs"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "IMA_API_KEY": "ima_cold_0001",
        "IMA_BASE_URL": box.base_url,
        "IMA_UPLOAD_URL": box.base_url,
    }


def send_while_loading(program: PtyProgram, language: str, text: str) -> None:
    loading, again, _, sent = WORDS[language]
    program.wait(loading, PATIENCE)
    program.type(text)
    program.press("ctrl+j")
    # on a machine that is slow enough the lists are here before the key is
    program.wait(f"{again}|{sent.format(1)}", PATIENCE)


def send_when_it_may_be(program: PtyProgram, language: str) -> None:
    _, _, ready, sent = WORDS[language]
    program.wait(f"{ready}|{sent.format(1)}", PATIENCE)
    program.press("ctrl+j")
    program.wait(sent.format(1), PATIENCE)


def bought(box: Sandbox, count: int) -> list[Any]:
    """The orders of every create, as the service read them."""
    until = time.monotonic() + PATIENCE
    while len(box.ledger()["creates"]) < count and time.monotonic() < until:
        time.sleep(0.05)
    return [task.order for task in box._service.tasks.values()]


def facts(order: Any, meant: Meant) -> tuple[object, ...]:
    chosen = {name: str(order.parameters.get(name)) for name in meant.parameters}
    return (order.model.task_type, order.model.model_id, order.n, order.prompt, chosen)


PROMPTS = [*(("en", meant) for meant in ENGLISH), *(("zh", meant) for meant in CHINESE)]
AT_ONCE = 5
"""Programs that start together: so many that the slow lists are waited for only four times."""


@pytest.mark.parametrize("first", range(0, len(PROMPTS), AT_ONCE))
def test_what_is_typed_before_the_lists_arrive_is_what_is_bought(
    box: Sandbox, tmp_path: Path, first: int
) -> None:
    every = PROMPTS[first : first + AT_ONCE]
    with ExitStack() as stack:
        programs = [
            stack.enter_context(
                PtyProgram(
                    [sys.executable, "-m", "ima_tui", "--language", language],
                    columns=100,
                    env=environment(box, tmp_path / str(number)),
                )
            )
            for number, (language, _) in enumerate(every)
        ]
        for program, (language, meant) in zip(programs, every, strict=True):
            send_while_loading(program, language, meant.text)
        for program, (language, _) in zip(programs, every, strict=True):
            send_when_it_may_be(program, language)
        orders = bought(box, len(every))
        for program in programs:
            program.press("ctrl+q")
        for program in programs:
            assert program.wait_exit(PATIENCE) == 0
    assert len(orders) == len(every)
    by_prompt = {order.prompt: order for order in orders}
    for _, meant in every:
        prompt = meant.prompt or meant.text
        expected = (meant.task_type, meant.model_id, meant.n, prompt, meant.parameters)
        assert facts(by_prompt[prompt], meant) == expected
