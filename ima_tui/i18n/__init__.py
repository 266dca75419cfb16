"""Every sentence that a person reads, one module per language: `en` and `zh`.

The core states facts (a key and values); whoever talks to a person says them here. Both
languages hold the same keys with the same placeholders; a test holds them to it. Which module of a
language has a key does not matter: search for the key.

`say` gives a sentence by its key, `explain` an error's with its advice (`<key>.hint`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from string import Formatter
from typing import Literal, cast

from ima_tui.core.errors import ImaError

Language = Literal["en", "zh"]

_language: Language = "en"
_texts: Mapping[str, str] = {}
_chinese = True


def write_in(*encodings: str) -> None:
    """Where one of `encodings` has no Chinese, everything is said in English."""
    global _chinese
    _chinese = all(can_write(each, "发设积视") for each in encodings)


def can_write(encoding: str, text: str) -> bool:
    """Whether an encoding has every character of the text."""
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def use(language: Language) -> None:
    """Speak `language` from now on, in the whole process."""
    global _language, _texts
    if language == "zh" and not _chinese:
        language = "en"
    _language = language
    _texts = cast(Mapping[str, str], import_module(f"ima_tui.i18n.{language}").TEXTS)


def language() -> Language:
    """The language in use."""
    return _language


def detect(wanted: str | None, environ: Mapping[str, str] | None = None) -> Language:
    """The language of `wanted` ("zh", "zh-CN", "English" …), else of the locale, else English."""
    env = os.environ if environ is None else environ
    spoken = wanted or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    folded = spoken.strip().lower()
    return "zh" if folded.startswith(("zh", "chinese", "中")) else "en"


@cache
def _parsed(text: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple((word, name, spec or "") for word, name, spec, _ in Formatter().parse(text))


def _filled(text: str, values: Mapping[str, str | int | float]) -> str:
    """`text` with `values` in it. `{n} {n:job|jobs}`: the word before the bar for 1, else the one
    behind it. In Chinese a blank stands between Chinese and Latin, and only there."""
    if _language != "zh" and "|" not in text:
        return text.format(**values)
    said = ""
    for words, name, spec in _parsed(text):
        said = _meet(said, words)
        if name is not None:
            one, bar, many = spec.partition("|")
            value = values[name]
            shown = (one if str(value) == "1" else many) if bar else format(value, spec)
            said = _meet(said, shown)
    return said


def _meet(left: str, right: str) -> str:
    """Both in a row; English is left as it is."""
    if _language != "zh" or not left or not right:
        return left + right
    if left[-1] == " " and _is_chinese(left[-2:-1]) and _is_chinese(right[0]):
        return left[:-1] + right
    if right[0] == " " and _is_chinese(left[-1]) and _is_chinese(right[1:2]):
        return left + right[1:]
    if _is_chinese(left[-1]) == _is_chinese(right[0]):
        return left + right
    latin = right[0] if _is_chinese(left[-1]) else left[-1]
    return f"{left} {right}" if latin.isascii() and latin.isalnum() else left + right


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def say(key: str, **values: str | int | float) -> str:
    """The sentence `key` in the language in use, with `values` filled in.

    `unsent` among them: what was refused before anything was charged has a sentence of its own.
    """
    if not _texts:
        use(_language)
    unsent = _texts.get(f"{key}.unsent") if values.get("unsent") else None
    return _filled(unsent or _texts[key], values)


def has(key: str) -> bool:
    """Return whether there is a sentence of that key."""
    if not _texts:
        use(_language)
    return key in _texts


def hint(key: str, **values: str | int | float) -> str:
    """What to do next about `key`, or "" where the sentence itself says it."""
    if not _texts:
        use(_language)
    return _filled(_texts.get(f"{key}.hint", ""), values)


FAILURES = frozenset(
    f"error.{name}"
    for name in (
        "generation_failed", "moderated", "lyrics", "timed_out", "model_away", "faces",
        "speech_length", "music_length", "prompt_length",
    )
)  # fmt: skip
"""Reasons of a failure that leave open whether points were charged."""


def sentence(error: ImaError) -> str:
    """What happened, whether points were charged, and its cause where one is known (`cause`: a key
    of its own)."""
    told = say(error.key, **error.values)
    if error.key in FAILURES:
        charged = "charge.none" if error.values.get("unsent") else "charge.maybe"
        return joined(told, say(charged))
    cause = _texts.get(str(error.values.get("cause", "")), "")
    return joined(told, cause) if "{" not in cause else told


def explain(error: ImaError) -> str:
    """An error as a person reads it: what happened, then what to do next."""
    return joined(sentence(error), hint(error.key, **error.values))


def joined(*sentences: str) -> str:
    """Sentences in a row: with blanks between, but none behind Chinese punctuation."""
    text = ""
    for each in filter(None, sentences):
        text += f" {each}" if text and text[-1] not in "。！？；：" else each
    return text


def listed(items: Iterable[object]) -> str:
    """Items in a row with the commas of the language, in Chinese a 、."""
    return say("compose.list_comma").join(map(str, items))


def usual_time(low: float, high: float) -> str:
    """`20–40 s`, `3–6 min`: coarsely, because it is an estimate."""
    if high < 100:
        return say("compose.seconds", span=_span(low, high))
    return say("compose.minutes", span=_span(max(1, low / 60), max(1, high / 60)))


def _span(low: float, high: float) -> str:
    return f"{high:.0f}" if round(low) == round(high) else f"{low:.0f}–{high:.0f}"


def reason(error: OSError) -> str:
    """Why a file could not be used, as a part of a sentence."""
    key = getattr(error, "key", "")
    return say(key) if key else error.strerror or "—"
