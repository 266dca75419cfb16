"""A stylesheet that parses each source once per set of theme variables.

Textual parses all sources again whenever a mode is opened or the theme is set, and a cache of 64
entries is cleared each time; at the start that happens five times. Parsed rules are not changed
afterwards, so all stylesheets of the process share them.
"""

from __future__ import annotations

from typing import Any

from textual.css.stylesheet import Stylesheet

_parsed: dict[frozenset[tuple[str, str]], dict[Any, Any]] = {}
_MOST_THEMES = 8
"""Sets of variables whose rules are kept: a user tries themes one after another."""


class SharedStylesheet(Stylesheet):
    """Textual's stylesheet with parsed rules kept across `reparse`."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._share()

    def set_variables(self, variables: dict[str, str]) -> None:
        """Use other values of the theme's variables; parsed rules of earlier values are kept."""
        if variables == self._variables:
            return
        self._parse_cache = {}  # type: ignore[assignment]  # cleared by Textual
        super().set_variables(variables)
        self._share()

    def reparse(self) -> None:
        """Apply the variables to all sources. Raises as `parse` does; the rules stay then."""
        self.parse()

    def _share(self) -> None:
        if len(_parsed) > _MOST_THEMES:
            _parsed.clear()
        self._parse_cache = _parsed.setdefault(frozenset(self._variables.items()), {})  # type: ignore[assignment]
