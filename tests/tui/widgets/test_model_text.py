"""What stands in place of the model while there is none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ima_tui.api.connection import Connection, Endpoint
from ima_tui.config import api_key, loader
from ima_tui.core.clock import SystemClock
from ima_tui.core.domain import TaskType
from ima_tui.core.events import ListChanged, Notice
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets.model_text import model_line

KIND = TaskType.TEXT_TO_IMAGE
PROXY = "http://somebody:secret@10.255.255.1:8080"


async def service(told: list[Notice]) -> CatalogueService:
    settings = loader.load({}, {"IMA_TUI_CONFIG": "/nowhere/config.toml"})

    async def official() -> Endpoint:
        return Endpoint("https://api.imastudio.com", "https://imapi.liveme.com")

    key = api_key.Key("ima_model_line_0001", "flag")
    connection = Connection(settings, SystemClock(), key, official)
    made = CatalogueService(
        settings, SystemClock(), connection, None, None, None, told.append  # type: ignore[arg-type]
    )  # fmt: skip
    await made.check_connection()
    await connection.aclose()
    return made


def shown(catalogue: CatalogueService) -> str:
    studio = SimpleNamespace(catalogue=catalogue)
    left, _ = model_line(studio, KIND, None, glyphs(True))  # type: ignore[arg-type]
    return left[0][0]


async def test_a_proxy_that_does_not_answer_is_named_while_it_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "")
    told: list[Notice] = []
    catalogue = await service(told)
    assert shown(catalogue) == "Loading models through the proxy 10.255.255.1:8080 (https_proxy)…"
    assert {type(each) for each in told} == {ListChanged}


async def test_an_unusable_setting_is_said_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "foo://10.255.255.1")
    monkeypatch.setenv("no_proxy", "")
    assert "https_proxy" in shown(await service([]))
