"""What became of a damaged, empty or outdated ledger, in words, for both front ends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ima_tui.messages import say

if TYPE_CHECKING:
    from ima_tui.ledger import Mended


def mended(done: Mended) -> list[str]:
    """One sentence or a few, to be told once."""
    values: dict[str, str | int] = {"why": say(f"ledger.{done.why}"), "jobs": done.jobs}
    if done.looked:
        return [say("ledger.looked", **values)]
    if done.copied_at is None:
        words = [say("ledger.mended_bare", **values)]
    else:
        when = datetime.fromtimestamp(done.copied_at).astimezone().strftime("%Y-%m-%d %H:%M")
        words = [say("ledger.mended", when=when, **values)]
    if done.aside is not None:
        words.append(say("ledger.aside", aside=str(done.aside)))
    if done.listing is not None and done.jobs:
        words.append(say("ledger.listing", path=str(done.listing)))
    return words
