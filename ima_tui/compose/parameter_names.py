"""What parameters and their values are called, and what of them a model lacks, as people say it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ima_tui.catalogue.names import voice_of
from ima_tui.core.domain import Field, FieldKind, Option, Value
from ima_tui.core.text import one_line, pattern
from ima_tui.i18n import has, say

if TYPE_CHECKING:
    from ima_tui.intent.intent import Refusal

NAMED = frozenset({
    "aspect_ratio", "audio", "bpm", "duration", "fps", "lyrics", "make_instrumental", "n",
    "negative_prompt", "negative_tags", "pitch", "pixels", "quality", "resolution", "shot_type",
    "size", "speed", "tags", "title", "vocal_gender", "voice", "volume",
})  # fmt: skip
"""The canonical parameters that have a word of their own (`canonical.…`) in every language."""
VOICES = frozenset({"voice_id", "voice_type", "speaker", "voice"})
"""Fields that choose who speaks."""
_LONGEST = 80
_DESCRIBED = ("custom_mode", False)
"""How a song is told by a description: that nobody asked for."""
LIKE_THE_PROMPT = frozenset({"gpt_description_prompt", "lyrics"})
"""Fields that only repeat the prompt."""


def name(parameter: str) -> str:
    """`sound`, `length`: what people call a canonical parameter."""
    return say(f"canonical.{parameter}") if parameter in NAMED else one_line(parameter, _LONGEST)


def value(parameter: str, asked: Value) -> str:
    """`10 s`, `on`, `4K`: its value, as people say it."""
    if isinstance(asked, bool):
        return say("compose.on" if asked else "compose.off")
    words = one_line(str(asked), _LONGEST)
    if parameter.casefold() in VOICES:
        sex = f"voice.sex_{words}"
        return say(sex) if has(sex) else voice_of(Option(words, words)).name
    if parameter == "vocal_gender" and has(f"value.{words}"):
        return say(f"value.{words}")
    is_span = parameter == "duration" and words.replace(".", "", 1).isdecimal()
    return say("compose.seconds", span=words) if is_span else words


def settings(chosen: Iterable[tuple[str, Value]], longest: int = 40) -> list[str]:
    """The values as they are, without what says nothing alone: switches and empty texts; and
    without what only repeats the prompt."""
    return [
        one_line(value(name, each), longest)
        for name, each in chosen
        if not isinstance(each, bool) and str(each).strip() and name not in LIKE_THE_PROMPT
    ]


def is_told(name: str, value: Value | None) -> bool:
    """Whether a value that the prompt set says more than the prompt."""
    return name not in LIKE_THE_PROMPT and (name, value) != _DESCRIBED


def answer(parameter: str, label: str) -> str:
    """`3 results`, `10 s`: a value that is offered."""
    is_count = parameter == "n" and label.isdecimal()
    return say("canonical.results", n=int(label)) if is_count else value(parameter, label)


def lacks(
    model: str, refusal: Refusal, *, takes_voice: bool = False
) -> tuple[str, dict[str, str | int]]:
    """A row of `messages`, and the values for its words. `takes_voice`: the model takes a voice by
    its ID, and lists none."""
    told = [value(refusal.name, each) for each in refusal.possible]
    words: dict[str, str | int] = {
        "model": model,
        "name": name(refusal.name),
        "value": value(refusal.name, refusal.asked),
        "possible": ", ".join(told),
    }
    if refusal.both:
        return "lacking.both", words
    if refusal.name == "voice" and takes_voice:
        return "lacking.voice", words
    if refusal.name == "n" and told:
        return "lacking.count", {**words, "most": max(int(str(each)) for each in refusal.possible)}
    if told:
        return "lacking.value", words
    return ("lacking.sound" if refusal.name == "audio" else "lacking.setting"), words


# ----------------------------------------------------------------------- fields of a model's form

_RATIO = pattern(r"\d+\s*[:：]\s*\d+")
_LIKE_RATIO = frozenset({"auto", "adaptive"})
_LEAST_COMMON = 5
_STYLES = frozenset({"tags", "negative_tags", "title"})
_LONG_TEXT = 300
"""Characters from which on a text is written in a window."""


def label(field: Field) -> str:
    """Return what people call a field; one that we have no word for by the list's own label."""
    key = f"parameter.{field.name.casefold()}"
    if has(key):
        return say(key)
    if field.label and field.label != field.name:
        return field.label
    return one_line(field.name, _LONGEST).replace("_", " ").capitalize()


def about(field: Field) -> str:
    """Return one line of help; of an unknown field what the list says of it."""
    key = f"parameter.{field.name.casefold()}.help"
    return say(key) if has(key) else one_line(field.description, 200)


def option(field: Field, one: Option) -> str:
    """Return a value in words: `male` for `m`, `expressive` for `seed-tts-2.0-expressive`."""
    text = one.label
    if is_voice(field):
        return voice_of(one).name
    if text.casefold() == str(one.value).casefold():
        text = text[_common(field.options) :]
        key = f"value.{text.casefold()}"
        if has(key):
            return say(key)
    return text


def chosen(field: Field, given: Value) -> str:
    """Return a field's value in words: those of the option that it is, else the value's own."""
    own = next((one for one in field.options if one.value == given), None)
    if own is None or isinstance(given, bool) or field.name == "duration":
        return value(field.name, given)
    return one_line(option(field, own), _LONGEST)


def _common(options: Sequence[Option]) -> int:
    """Return how many characters all values begin with, up to a dash; 0 where that is little."""
    words = [str(one.value) for one in options]
    if len(words) < 2:
        return 0
    first, last = min(words), max(words)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    cut = first.rfind("-", 0, same) + 1
    return cut if cut >= _LEAST_COMMON else 0


def is_ratio(one: Option) -> bool:
    """Return whether an option is a shape, such as 16:9."""
    return bool(_RATIO.fullmatch(one.label)) or one.label.casefold() in _LIKE_RATIO


def apart(field: Field) -> tuple[Field, ...]:
    """Return the fields to show for one that mixes sizes and shapes: one for each of them. Both
    keep its name, for either sets it."""
    if field.kind is not FieldKind.CHOICE:
        return (field,)
    shapes = tuple(one for one in field.options if is_ratio(one))
    sizes = tuple(one for one in field.options if one not in shapes)
    if not shapes or not sizes or all(one.label.casefold() in _LIKE_RATIO for one in shapes):
        return (field,)
    return (
        replace(field, label=say("parameter.size"), options=sizes),
        replace(field, label=say("parameter.aspect_ratio"), options=shapes),
    )


def is_voice(field: Field) -> bool:
    """Return whether a field chooses who speaks."""
    return field.name.casefold() in VOICES


def is_long_text(field: Field) -> bool:
    """Return whether a field takes more text than is written on a line."""
    if field.kind is not FieldKind.TEXT or field.name in _STYLES or is_voice(field):
        return False
    return field.maximum is None or field.maximum >= _LONG_TEXT
