"""Our `dataclass` behaves as the standard library's for the classes that it makes faster."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from ima_tui.core.records import dataclass

Decorator = Callable[..., Any]
DECORATORS = [dataclass, dataclasses.dataclass]


def make(decorator: Decorator) -> Any:
    @decorator(frozen=True, slots=True)
    class Point:
        """A point with a name."""

        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)

        @property
        def total(self) -> int:
            return self.x + self.y

    @decorator(frozen=True, slots=True)
    class Named(Point):
        y: int = 5
        name: str = "n"

    return Point, Named


@dataclass(frozen=True, slots=True)
class Kept:
    """In the module, where pickle finds it."""

    value: tuple[int, ...]
    word: str = "w"


@pytest.mark.parametrize("decorator", DECORATORS)
class TestAsTheStandardLibrary:
    def test_values_and_defaults(self, decorator: Decorator) -> None:
        point, named = make(decorator)
        assert (point(1).x, point(1).y, point(1).tags, point(1, y=3).total) == (1, 2, [], 4)
        assert point(1).tags is not point(1).tags
        assert (named(1).y, named(1, 2, [], "m").name) == (5, "m")

    def test_wrong_arguments_are_refused(self, decorator: Decorator) -> None:
        point, _ = make(decorator)
        for arguments, values in (((), {}), ((1, 2, [], 4), {}), ((1,), {"z": 1})):
            with pytest.raises(TypeError):
                point(*arguments, **values)

    def test_equal_only_within_one_class(self, decorator: Decorator) -> None:
        point, named = make(decorator)
        assert point(1) == point(1, 2)
        assert point(1) != point(2)
        assert named(1, 2) != point(1, 2)
        assert point(1) != (1, 2, [])

    def test_hash_of_the_values(self, decorator: Decorator) -> None:
        point, _ = make(decorator)
        first, second = point(1, 2, ()), point(1, 2, ())
        assert {first: "found"}[second] == "found"
        with pytest.raises(TypeError):
            hash(point(1))  # its list can't be hashed

    def test_nothing_can_be_assigned(self, decorator: Decorator) -> None:
        point, _ = make(decorator)
        one = point(1)
        with pytest.raises(FrozenInstanceError):
            one.x = 2
        with pytest.raises(FrozenInstanceError):
            del one.x
        with pytest.raises((AttributeError, TypeError)):
            one.other = 2
        assert not hasattr(one, "__dict__")
        assert one.x == 1

    def test_fields_repr_and_conversions(self, decorator: Decorator) -> None:
        point, named = make(decorator)
        assert [each.name for each in dataclasses.fields(named)] == ["x", "y", "tags", "name"]
        assert repr(point(1)).endswith("Point(x=1, y=2, tags=[])")
        assert dataclasses.asdict(point(1)) == {"x": 1, "y": 2, "tags": []}
        assert dataclasses.replace(named(1), y=7) == named(1, 7)
        with pytest.raises(TypeError):
            dataclasses.replace(named(1), z=7)
        match point(1, 3):
            case point(x, y):
                assert (x, y) == (1, 3)

    def test_copies(self, decorator: Decorator) -> None:
        point, _ = make(decorator)
        one = point(1, tags=["a"])
        assert copy.copy(one) == one
        assert copy.deepcopy(one).tags is not one.tags

    def test_methods_of_the_class_stay(self, decorator: Decorator) -> None:
        @decorator(frozen=True, slots=True)
        class Loose:
            word: str
            seen: list[str] = field(default_factory=list)

            def __post_init__(self) -> None:
                self.seen.append(self.word)

            def __eq__(self, other: object) -> bool:
                return isinstance(other, Loose) and self.word.lower() == other.word.lower()

            def __hash__(self) -> int:
                return hash(self.word.lower())

            def __repr__(self) -> str:
                return self.word

        assert Loose("A") == Loose("a")
        assert len({Loose("A"), Loose("a")}) == 1
        assert (repr(Loose("A")), Loose("A").seen) == ("A", ["A"])

    def test_no_fields(self, decorator: Decorator) -> None:
        @decorator(frozen=True, slots=True)
        class Nothing:
            pass

        assert Nothing() == Nothing()
        assert hash(Nothing()) == hash(Nothing())

    def test_other_options(self, decorator: Decorator) -> None:
        @decorator
        class Open:
            x: int = 1
            later: int = field(init=False)

            def __post_init__(self) -> None:
                self.later = self.x + 1

        @decorator(slots=True)
        class Tight:
            x: int
            y: list[int] = field(default_factory=list)

        @decorator(frozen=True, slots=True, eq=False)
        class Same:
            x: int = 1

        one = Open()
        assert (one.later, Open.x) == (2, 1)
        one.x, one.later = 2, 3
        assert one == Open(2)
        assert Tight(1) == Tight(1, [])
        for unhashable in (one, Tight(1)):
            with pytest.raises(TypeError):
                hash(unhashable)
        assert Same() != Same()


def test_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept((1, 2)))) == Kept((1, 2))
