"""The README as a package index shows it, where no file of this repository lies beside it.

With a `Repository` in `project.urls` relative links and pictures lead there, at this version's tag.
Without one, pictures are left out and links become their text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|mailto:|#)([^)\s]+)\)")


class ReadmeHook(MetadataHookInterface):  # type: ignore[misc]
    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text("utf-8")
        home = str(metadata.get("urls", {}).get("Repository", "")).rstrip("/")
        text = for_index(text, home, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def for_index(text: str, repository: str, tag: str) -> str:
    def absolute(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        if not repository:
            return "" if picture else words
        return f"{picture}[{words}]({repository}/{'raw' if picture else 'blob'}/{tag}/{target})"

    text = LINK.sub(absolute, text)
    return re.sub(r"\n{3,}", "\n\n", text)
