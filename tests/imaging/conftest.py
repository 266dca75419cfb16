"""The child that decodes, closed after each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ima_tui.imaging.decoder import Decoder


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    opened = Decoder()
    yield opened
    await opened.aclose()
