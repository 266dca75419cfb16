"""Which leaf is meant: by id, name, version or alias; and which serves when none is named."""

from __future__ import annotations

import pytest
from trees import model_json, read

from ima_tui.catalogue import choice
from ima_tui.catalogue.choice import ModelTier
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError


def model(model_id: str, name: str = "", version: str = "") -> ModelVersion:
    return read(model_json(model_id=model_id, name=name or model_id, id=version or model_id))


PIXVERSE = [
    model("pixverse", f"Pixverse {number}", f"Pixverse {number}")
    for number in ("V5", "V5.5", "V4.5", "V4", "V3.5")
]
SEVERAL = [
    *PIXVERSE,
    model("kling-v2-6", "Kling 2.6"),
    model("doubao-seedream-4.5", "SeeDream 4.5", "doubao-seedream-4-5-251128"),
]


def test_of_several_versions_the_newest_is_taken() -> None:
    assert choice.pick(SEVERAL, "pixverse").name == "Pixverse V5.5"
    assert choice.newest(reversed(PIXVERSE)).name == "Pixverse V5.5"


def test_ten_is_newer_than_nine() -> None:
    assert choice.newest([model("m", "M 9.9"), model("m", "M 10")]).name == "M 10"


def test_without_a_number_the_first_listed_is_taken() -> None:
    assert choice.newest([model("m", "One", "a"), model("m", "Two", "b")]).version == "a"


@pytest.mark.parametrize("named", ["pixverse v5", "PIXVERSE V5", "Ｐixverse V5"])
def test_a_version_in_the_name_picks_exactly_one(named: str) -> None:
    assert choice.pick(SEVERAL, named).name == "Pixverse V5"


@pytest.mark.parametrize("version", ["Pixverse V4", "pixverse v4 "])
def test_a_pinned_version_is_kept(version: str) -> None:
    assert choice.pick(SEVERAL, "pixverse", version).version == "Pixverse V4"


def test_an_unknown_version_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        choice.pick(SEVERAL, "pixverse", "V9")
    assert caught.value.key == "error.unknown_version"
    assert "Pixverse V5.5" in str(caught.value.values["known"])


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("doubao-seedream-4.5", "SeeDream 4.5"),
        ("seedream 4.5", "SeeDream 4.5"),
        ("doubao-seedream-4-5-251128", "SeeDream 4.5"),
        ("see dream", "SeeDream 4.5"),
        ("即梦", "SeeDream 4.5"),
        ("可灵", "Kling 2.6"),
    ],
)
def test_people_name_models_by_id_name_version_or_nickname(named: str, found: str) -> None:
    assert choice.pick(SEVERAL, named).name == found


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        choice.pick(SEVERAL, "kling-v2-5")
    assert caught.value.key == "error.unknown_model"
    assert str(caught.value.values["known"]).startswith("kling-v2-6")


def test_a_model_that_resembles_nothing_is_answered_with_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        choice.pick(SEVERAL, "\x1b[31m????")
    assert "pixverse" in str(caught.value.values["known"])
    assert "\x1b" not in str(caught.value.values["model"])


def test_the_preferred_model_comes_before_the_default() -> None:
    found = choice.default_model(SEVERAL, TaskType.TEXT_TO_IMAGE, "pixverse")
    assert found is not None
    assert found.name == "Pixverse V5.5"


def test_a_preferred_model_that_is_gone_gives_way_to_the_default() -> None:
    found = choice.default_model(SEVERAL, TaskType.TEXT_TO_IMAGE, "gone")
    assert found is not None
    assert found.model_id == "doubao-seedream-4.5"


def test_a_default_that_is_gone_gives_way_to_its_kin_then_to_the_first() -> None:
    kin = [model("other"), model("doubao-seedream-5.0")]
    found = choice.default_model(kin, TaskType.TEXT_TO_IMAGE)
    assert found is not None
    assert found.model_id == "doubao-seedream-5.0"
    first = choice.default_model([model("zzz"), model("yyy")], TaskType.TEXT_TO_IMAGE)
    assert first is not None
    assert first.model_id == "zzz"
    assert choice.default_model([], TaskType.TEXT_TO_IMAGE) is None


@pytest.mark.parametrize("task_type", list(TaskType))
def test_every_task_type_has_a_default(task_type: TaskType) -> None:
    assert choice.TIERS[task_type][ModelTier.DEFAULT]


def test_a_model_knows_its_tiers() -> None:
    assert choice.tiers_of(model("midjourney")) == (ModelTier.ARTISTIC,)


def test_search_finds_what_people_type() -> None:
    assert "mj" in choice.search_terms(model("midjourney", "Midjourney"))
