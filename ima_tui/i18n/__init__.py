"""Every sentence that a person reads, one module per language: `en` and `zh`.

The core states facts (a key and values); whoever talks to a person says them here. Both
languages hold the same keys with the same placeholders; a test holds them to it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
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
    return _language


def detect(wish: str | None, environ: Mapping[str, str] | None = None) -> Language:
    """The language of `wish` ("zh", "zh-CN", "English" …), else of the locale, else English."""
    env = os.environ if environ is None else environ
    spoken = wish or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    folded = spoken.strip().lower()
    return "zh" if folded.startswith(("zh", "chinese", "中")) else "en"


def say(key: str, **values: str | int | float) -> str:
    """The sentence `key` in the language in use, with `values` filled in.

    `unsent` among them: what was refused before anything was charged has a sentence of its own.
    """
    if not _texts:
        use(_language)
    unsent = _texts.get(f"{key}.unsent") if values.get("unsent") else None
    return (unsent or _texts[key]).format(**values)


def hint(key: str, **values: str | int | float) -> str:
    """What to do next about `key`, or "" where the sentence itself says it."""
    if not _texts:
        use(_language)
    text = _texts.get(f"{key}.hint", "")
    return text.format(**values)


def sentence(error: ImaError) -> str:
    """What happened, and its cause where one is known (`cause`: a key of its own)."""
    told = say(error.key, **error.values)
    cause = _texts.get(str(error.values.get("cause", "")), "")
    return f"{told} {cause}".strip() if "{" not in cause else told


def explain(error: ImaError) -> str:
    """An error as a person reads it: what happened, then what to do next."""
    return f"{sentence(error)} {hint(error.key, **error.values)}".strip()


def reason(error: OSError) -> str:
    """Why a file could not be used, as a part of a sentence."""
    key = getattr(error, "key", "")
    return say(key) if key else error.strerror or "—"
