"""An agent reads the user's preferred models, and changes one only on the user's word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from agent_client import ask, refused
from mcp import Client
from mcp.types import ElicitResult, Implementation

from ima_tui.core.domain import TaskType
from ima_tui.mcp.server import AgentServer
from ima_tui.studio.studio import Studio

IMAGES = "text_to_image"
SEEDREAM, MIDJOURNEY = "doubao-seedream-4.5", "midjourney"
ALWAYS = {"task_type": IMAGES, "model_id": MIDJOURNEY, "words": "always use Midjourney for images"}


@asynccontextmanager
async def connected(studio: Studio, **more: Any) -> AsyncIterator[Client]:
    info = Implementation(name="claude", version="1")
    async with Client(AgentServer(studio).protocol, client_info=info, **more) as client:
        yield client


@pytest.fixture
async def studio(
    opened: Callable[..., AbstractAsyncContextManager[Studio]],
) -> AsyncIterator[Studio]:
    async with opened(asks=True) as one:
        await one.catalogue.refresh(*TaskType)
        yield one


def preferred(studio: Studio) -> str:
    return studio.preferences.model_id(TaskType.TEXT_TO_IMAGE)


async def test_words_that_ask_for_it_set_and_clear_it(studio: Studio) -> None:
    async with connected(studio) as client:
        told = await ask(client, "set_preference", **ALWAYS)
        assert (told["task_type"], told["model_id"]) == (IMAGES, MIDJOURNEY)
        (mine,) = (await ask(client, "get_preferences"))["users"].values()
        assert mine[IMAGES]["model_id"] == MIDJOURNEY
        words = "forget my preferred model for images"
        assert (await ask(client, "set_preference", task_type=IMAGES, words=words))["model_id"] is (
            None
        )
    assert preferred(studio) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"words": "draw a red fox"},
        {"words": "just this once use Midjourney"},
        {"words": "always use SeeDream 4.5 for images"},
        {"model_id": SEEDREAM},
        {"task_type": "text_to_music", "model_id": "sonic"},
        {"words": "give me the best"},
    ],
)
async def test_words_that_ask_for_something_else_change_nothing(
    studio: Studio, changed: dict[str, str]
) -> None:
    async with connected(studio) as client:
        error = await refused(client, "set_preference", **ALWAYS | changed)
    assert error["kind"] == "agent_words"
    assert "prefs set" in error["suggestions"][0]
    assert not studio.preferences.preferred()


async def test_without_words_or_a_live_model_it_is_refused(studio: Studio) -> None:
    async with connected(studio) as client:
        arguments = {"task_type": IMAGES, "model_id": MIDJOURNEY}
        assert (await refused(client, "set_preference", **arguments))["kind"] == "agent_arguments"
        error = await refused(client, "set_preference", **ALWAYS | {"model_id": "no-such-model"})
        assert error["kind"] not in ("agent_words", "agent_declined")
    assert preferred(studio) == ""


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_where_the_program_can_ask_the_user_decides(studio: Studio, mode: str) -> None:
    asked: list[str] = []
    answers = iter(["decline", "cancel", "accept"])

    async def user(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action=next(answers), content={})

    vague = ALWAYS | {"words": "yes, that one from now on\x1b[31m"}
    async with connected(studio, elicitation_callback=user, mode=mode) as client:
        for _ in range(2):
            assert (await refused(client, "set_preference", **vague))["kind"] == "agent_declined"
            assert preferred(studio) == ""
        await ask(client, "set_preference", **vague)
    assert preferred(studio) == MIDJOURNEY
    assert len(asked) == 3
    assert "claude" in asked[0]
    assert "Midjourney" in asked[0]
    assert "yes, that one from now on" in asked[0]
    assert "\x1b" not in asked[0]


async def test_the_log_names_agent_model_and_words(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="ima_tui"):
        async with connected(studio) as client:
            await ask(client, "set_preference", **ALWAYS)
    (line,) = [each for each in caplog.messages if "prefers" in each]
    assert "claude" in line
    assert MIDJOURNEY in line
    assert ALWAYS["words"] in line


async def test_a_file_that_stores_nothing_is_said(
    opened: Callable[..., AbstractAsyncContextManager[Studio]],
) -> None:
    async with opened(asks=True, preferences=Path("/dev/null")) as studio:
        await studio.catalogue.refresh(TaskType.TEXT_TO_IMAGE)
        async with connected(studio) as client:
            assert (await refused(client, "set_preference", **ALWAYS))["kind"] == "prefs_read_only"
