"""Second opinions for tests."""

from __future__ import annotations

from ima_tui.intent import second_opinion
from ima_tui.intent.intent import Intent


def torn(text: str, intent: Intent) -> second_opinion.Beliefs:
    """What the rules read, or just as well a video."""
    return {second_opinion.label_of(intent): 0.5, "video": 0.4}
