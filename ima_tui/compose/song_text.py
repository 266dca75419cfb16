"""Lyrics in the prompt of a song: read them, and put others in their place.

A model that sings lyrics word for word takes them from the prompt, so the editor of lyrics changes
the prompt, and the words that describe the song stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ima_tui.i18n import say

if TYPE_CHECKING:
    from ima_tui.intent.lyrics import Lyrics


def lyrics_of(text: str) -> str:
    """Return the lyrics in a prompt, without their quotation marks; "" for none."""
    found = _find(text)
    return text[slice(*found.words)] if found is not None else ""


def with_lyrics(text: str, lyrics: str) -> str:
    """Return the prompt with these lyrics instead of those that it has; "" takes them out."""
    found, lyrics = _find(text), lyrics.strip()
    if not lyrics:
        if found is None:
            return text
        start, end = found.whole
        return (text[:start].rstrip(" ,，:：\n") + found.heading + text[end:]).strip(" ,，\n")
    if found is not None and '"' not in lyrics and "”" not in lyrics:
        start, end = found.words
        return text[:start] + lyrics + text[end:]
    before = with_lyrics(text, "").rstrip() if found is not None else text.rstrip()
    return f"{before}\n\n{say('editor.wish_lyrics')}\n{lyrics}".lstrip()


def _find(text: str) -> Lyrics | None:
    from ima_tui.intent.lyrics import find_lyrics

    return find_lyrics(text)
