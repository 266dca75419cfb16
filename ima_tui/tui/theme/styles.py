"""Paths of the style sheets: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]


@cache
def _folder() -> Path:
    installed = _PACKAGE / "styles"
    return installed if installed.is_dir() else _PACKAGE.parent / "styles"


def path(name: str) -> Path:
    """The style sheet of `name`, a screen's module name or `app`."""
    return _folder() / f"{name}.tcss"
