"""Videos that were cut off on their way: they open, but not all of their frames are there."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from clips import BLUE, clip, cut_off

from ima_tui.runner.input_checks import InputChecks


async def test_missing_frames_are_counted(tmp_path: Path) -> None:
    whole = Path(clip(tmp_path / "whole.mp4", BLUE, 4.0, size=(320, 180), options={"crf": "1"}))
    cut = Path(clip(tmp_path / "cut.mp4", BLUE, 4.0, size=(320, 180), options={"crf": "1"}))
    cut_off(cut, 0.6)
    other = tmp_path / "other.mp4"
    other.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0" + bytes(400))
    async with aclosing(InputChecks()) as checks:
        assert await checks.missing_frames(whole) is None
        assert await checks.missing_frames(other) is None  # nobody can tell
        missing = await checks.missing_frames(cut)
    assert missing is not None
    found, claimed = missing
    assert claimed == 96
    assert 0 < found < 91
