"""Another seed for an order like an earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import any_order

from ima_tui.catalogue.order import LARGEST, is_seed, reseeded
from ima_tui.core.domain import Field, FieldKind, ModelVersion, TaskType, Value


def model(low: float | None, high: float | None) -> ModelVersion:
    field = Field("seed", "Seed", FieldKind.NUMBER, minimum=low, maximum=high)
    return ModelVersion(TaskType.TEXT_TO_IMAGE, "m", "1", "M", (), (field,))


def seeds(value: Value, model: ModelVersion | None) -> set[Value]:
    order = replace(any_order(), parameters=(("size", "4k"), ("seed", value)))
    made = [dict(reseeded(order, model).parameters) for _ in range(30)]
    assert {each["size"] for each in made} == {"4k"}
    return {each["seed"] for each in made}


def test_a_seed_is_another_one_within_the_bounds() -> None:
    assert seeds(2, model(0, 3)) == {1, 3}
    assert all(isinstance(seed, str) for seed in seeds("7", model(None, None)))
    assert all(0 < int(seed) <= LARGEST for seed in seeds(7, None))
    assert seeds(5, model(5, 5)) == {5}


def test_an_order_without_a_seed_stays_as_it_is() -> None:
    order = any_order()
    assert reseeded(order, None).parameters == order.parameters


@pytest.mark.parametrize(
    ("name", "expected"), [("seed", True), ("Random Seed", True), ("seedream", False)]
)
def test_which_parameter_is_the_seed(name: str, expected: bool) -> None:
    assert is_seed(name) is expected
