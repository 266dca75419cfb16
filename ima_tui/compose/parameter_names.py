"""What parameters and their values are called, and what of them a model lacks, as people say it."""

from __future__ import annotations

from collections.abc import Iterable

from ima_tui.core.domain import Value
from ima_tui.core.text import one_line
from ima_tui.i18n import say
from ima_tui.intent.intent import Refusal

NAMED = frozenset({
    "aspect_ratio", "audio", "bpm", "duration", "fps", "lyrics", "make_instrumental", "n",
    "negative_prompt", "negative_tags", "pitch", "quality", "resolution", "shot_type", "size",
    "speed", "tags", "title", "vocal_gender", "voice", "volume",
})  # fmt: skip
"""The canonical parameters that have a word of their own (`wish.…`) in every language."""
_LONGEST = 80
_LIKE_THE_PROMPT = frozenset({"gpt_description_prompt", "lyrics"})


def name(parameter: str) -> str:
    """`sound`, `length`: what people call a canonical parameter."""
    return say(f"wish.{parameter}") if parameter in NAMED else one_line(parameter, _LONGEST)


def value(parameter: str, asked: Value) -> str:
    """`10 s`, `on`, `4K`: its value, as people say it."""
    if isinstance(asked, bool):
        return say("compose.on" if asked else "compose.off")
    words = one_line(str(asked), _LONGEST)
    is_span = parameter == "duration" and words.replace(".", "", 1).isdecimal()
    return say("compose.seconds", span=words) if is_span else words


def settings(chosen: Iterable[tuple[str, Value]], longest: int = 40) -> list[str]:
    """The values as they are, without what says nothing alone: switches and empty texts; and
    without what only repeats the prompt."""
    return [
        one_line(value(name, each), longest)
        for name, each in chosen
        if not isinstance(each, bool) and str(each).strip() and name not in _LIKE_THE_PROMPT
    ]


def lacks(model: str, refusal: Refusal) -> tuple[str, dict[str, str | int]]:
    """A row of `messages`, and the values for its words."""
    told = [value(refusal.name, each) for each in refusal.possible]
    words: dict[str, str | int] = {
        "model": model,
        "name": name(refusal.name),
        "value": value(refusal.name, refusal.asked),
        "possible": ", ".join(told),
    }
    if refusal.both:
        return "lacking.both", words
    if told:
        return "lacking.value", words
    return ("lacking.sound" if refusal.name == "audio" else "lacking.setting"), words
