"""The fake studio offers everything that the screens ask a studio for."""

from __future__ import annotations

import re
from pathlib import Path

from fake import FakeStudio

import ima_tui.tui
from ima_tui.studio.studio import Studio

_ASKED = re.compile(r"\bstudio\.([a-z_]+)\b")


def test_the_fake_has_each_part_of_a_studio_that_a_screen_uses() -> None:
    code = Path(ima_tui.tui.__file__).parent
    asked = {name for path in code.rglob("*.py") for name in _ASKED.findall(path.read_text())}
    parts = {name for name in asked if hasattr(Studio, name)}
    fake = FakeStudio()
    assert "workflows" in parts
    assert not {name for name in parts if not hasattr(fake, name)}
