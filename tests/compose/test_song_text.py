"""The lyrics of a song are edited in its prompt."""

from __future__ import annotations

import pytest

from ima_tui import i18n
from ima_tui.compose.prompt_text import lyrics_of, with_lyrics

RAIN = "Rain on the window\nI wait for you"


@pytest.mark.parametrize(
    ("language", "prompt"),
    [("en", "a pop ballad"), ("zh", "写一首民谣")],
)
def test_lyrics_that_are_put_in_are_found_again(language: i18n.Language, prompt: str) -> None:
    i18n.use(language)
    text = with_lyrics(prompt, RAIN)
    assert text.startswith(prompt)
    assert lyrics_of(text) == RAIN
    assert lyrics_of(with_lyrics(text, "Sun")) == "Sun"
    assert with_lyrics(text, "") == prompt
    i18n.use("en")


def test_lyrics_in_quotes_are_replaced_where_they_stand() -> None:
    text = f'a song with these lyrics: "{RAIN}", upbeat folk'
    assert lyrics_of(text) == RAIN
    assert with_lyrics(text, "Hello") == 'a song with these lyrics: "Hello", upbeat folk'


def test_a_prompt_without_lyrics_has_none_to_take_out() -> None:
    assert lyrics_of("a fox in the snow") == ""
    assert with_lyrics("a fox in the snow", "") == "a fox in the snow"


def test_what_a_heading_asks_for_stays_without_its_lyrics() -> None:
    text = f"Here are the lyrics, make it a rock song:\n\n{RAIN}"
    assert lyrics_of(text) == RAIN
    assert with_lyrics(text, "") == "make it a rock song"
