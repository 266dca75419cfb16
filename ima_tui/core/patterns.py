"""`pattern`: a regular expression that is compiled when it is first used.

The first screen imports dozens of them and uses a few; compiling one takes 0.05 to 0.3 ms. For
modules that the first screen imports; elsewhere `re.compile` is as good.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Stands for a compiled pattern: the first use of a method compiles, and keeps the method."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Return what acts as `re.compile(source, flags)` does. A mistake in it shows at first use."""
    return cast("re.Pattern[str]", _Later(source, flags))
