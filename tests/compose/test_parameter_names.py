"""What parameters and their values are called."""

import pytest

from ima_tui import i18n
from ima_tui.compose import parameter_names
from ima_tui.core.domain import Value
from ima_tui.intent.intent import Refusal


@pytest.mark.parametrize(
    ("parameter", "asked", "words"),
    [
        ("duration", 10, "10 s"),
        ("duration", "7.5", "7.5 s"),
        ("duration", "auto", "auto"),
        ("audio", True, "on"),
        ("resolution", "4K", "4K"),
        ("n", 3, "3"),
        ("voice", "a\x1b[2Jb", "ab"),
    ],
)
def test_a_value_in_words(parameter: str, asked: Value, words: str) -> None:
    assert parameter_names.value(parameter, asked) == words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_parameter_has_a_word_of_its_own(language: i18n.Language) -> None:
    before = i18n.language()
    i18n.use(language)
    try:
        assert all("_" not in parameter_names.name(each) for each in parameter_names.NAMED)
    finally:
        i18n.use(before)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            Refusal("duration", 7, (5, 10)),
            "7 s isn't available for Kling (duration). Available: 5 s, 10 s.",
        ),
        (Refusal("audio", True), "Kling has no sound."),
        (Refusal("speed", "slow"), "Kling has no parameter speed (slow)."),
        (
            Refusal("resolution", "1080P", ("720p",), both=True),
            "1080P and 720p can't be combined on Kling; 720p is used.",
        ),
    ],
)
def test_what_a_model_lacks_is_said_without_names_of_fields(refusal: Refusal, words: str) -> None:
    key, values = parameter_names.lacks("Kling", refusal)
    assert i18n.say(key, **values) == words
