"""Parameters and their values are called what people call them, in both languages."""

from __future__ import annotations

import pytest

from ima_tui import i18n
from ima_tui.compose import parameter_names
from ima_tui.compose.draft import FormRow
from ima_tui.core.domain import Field, FieldKind, Option
from ima_tui.intent.intent import Refusal


def choice(name: str, *values: str) -> Field:
    options = tuple(Option(value, value) for value in values)
    return Field(name, name, FieldKind.CHOICE, options=options)


@pytest.mark.parametrize(("language", "label"), [("en", "Speech markup"), ("zh", "语音标记")])
def test_no_field_is_shown_by_its_bare_name(language: i18n.Language, label: str) -> None:
    i18n.use(language)
    field = Field("ssml", "ssml", FieldKind.TEXT)
    assert parameter_names.label(field) == label
    assert parameter_names.about(field)
    i18n.use("en")


def test_an_unknown_field_is_called_as_the_list_has_it() -> None:
    i18n.use("en")
    named = Field("colour_mood", "Colour Mood", FieldKind.TEXT, "A colour to lean towards")
    assert parameter_names.label(named) == "Colour Mood"
    assert parameter_names.about(named) == "A colour to lean towards"
    bare = Field("film_grain", "film_grain", FieldKind.TEXT)
    assert parameter_names.label(bare) == "Film grain"


def test_values_lose_what_they_share_and_are_put_into_words() -> None:
    i18n.use("en")
    model = choice("model", "seed-tts-2.0-expressive", "seed-tts-2.0-standard")
    shown = [parameter_names.option(model, one) for one in model.options]
    assert shown == ["expressive", "standard"]
    sex = choice("vocal_gender", "m", "f")
    assert [parameter_names.option(sex, one) for one in sex.options] == ["male", "female"]
    size = choice("size", "1K", "2K")
    assert [parameter_names.option(size, one) for one in size.options] == ["1K", "2K"]


def test_a_value_that_the_prompt_chose_is_told_as_its_option_is() -> None:
    i18n.use("zh")
    sex = choice("vocal_gender", "m", "f")
    assert parameter_names.chosen(sex, "f") == "女声"
    assert parameter_names.chosen(choice("duration", "5", "10"), "10") == "10 秒"
    i18n.use("en")
    assert parameter_names.chosen(sex, "f") == "female"
    assert parameter_names.chosen(sex, "x") == "x"
    assert parameter_names.value("vocal_gender", "m") == "male"
    assert parameter_names.value("vocal_gender", "mixed") == "mixed"


XIAOHE = "zh_female_xiaohe_uranus_bigtts"


def test_a_voice_that_is_set_by_its_id_is_told_by_its_name() -> None:
    i18n.use("en")
    assert parameter_names.value("speaker", XIAOHE) == "Xiaohe"
    assert parameter_names.value("speaker", "Xiaohe") == "Xiaohe"
    assert parameter_names.value("voice", "female") == "female"
    assert parameter_names.value("voice_id", "S_4f7a") == "S_4f7a"
    assert parameter_names.settings([("speaker", XIAOHE)]) == ["Xiaohe"]
    listed = choice("speaker", XIAOHE, "S_4f7a")
    assert [parameter_names.option(listed, one) for one in listed.options] == ["Xiaohe", "S_4f7a"]
    assert FormRow(Field("speaker", "speaker", FieldKind.TEXT), XIAOHE).shown == "Xiaohe"


def test_sizes_and_shapes_of_one_field_stand_apart() -> None:
    i18n.use("en")
    mixed = choice("aspect_ratio", "2k", "4k", "1:1", "16:9")
    sizes, shapes = parameter_names.apart(mixed)
    assert [one.label for one in sizes.options] == ["2k", "4k"]
    assert [one.label for one in shapes.options] == ["1:1", "16:9"]
    assert (sizes.label, shapes.label) == ("Size", "Aspect ratio")
    plain = choice("aspect_ratio", "1:1", "16:9")
    assert parameter_names.apart(plain) == (plain,)


def test_what_a_model_lacks_is_said_with_what_there_is() -> None:
    i18n.use("en")

    def said(refusal: Refusal, *, takes_voice: bool = False) -> str:
        key, words = parameter_names.lacks("M", refusal, takes_voice=takes_voice)
        return i18n.say(key, **words)

    assert said(Refusal("n", 20, (1, 4, 10))) == "M makes up to 10 results per job."
    voice = Refusal("voice", "female")
    assert said(voice) == "M has no parameter voice (female)."
    assert said(voice, takes_voice=True) == "M accepts only voice IDs, not “female”."
    assert parameter_names.answer("n", "3") == "3 results"
    assert parameter_names.answer("duration", "10") == "10 s"


def test_how_a_song_is_described_is_not_told_as_a_setting() -> None:
    assert not parameter_names.is_told("custom_mode", value=False)
    assert parameter_names.is_told("custom_mode", value=True)
    assert not parameter_names.is_told("gpt_description_prompt", "a folk song")
    assert parameter_names.is_told("audio", value=False)
