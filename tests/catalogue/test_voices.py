"""Voices are read off what their options are called."""

from __future__ import annotations

import pytest

from ima_tui.catalogue.names import Voice, voice_of, voices
from ima_tui.core.domain import Field, FieldKind, Option


@pytest.mark.parametrize(
    ("value", "label", "voice"),
    [
        (
            "zh_female_xiaohe_uranus_bigtts",
            "zh_female_xiaohe_uranus_bigtts",
            Voice("zh_female_xiaohe_uranus_bigtts", "Xiaohe", "zh", "female"),
        ),
        ("en_male_tim_bigtts", "Tim", Voice("en_male_tim_bigtts", "Tim", "en", "male")),
        ("v1", "Lily (female, English)", Voice("v1", "Lily (female, English)", "en", "female")),
        ("alloy", "alloy", Voice("alloy", "alloy")),
    ],
)
def test_name_language_and_sex(value: str, label: str, voice: Voice) -> None:
    assert voice_of(Option(label, value)) == voice


def test_a_field_that_takes_any_id_lists_none() -> None:
    assert voices(Field("speaker", "speaker", FieldKind.TEXT)) == ()
