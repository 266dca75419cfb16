"""`dataclass`: the standard decorator, with classes created five to ten times faster.

The standard library writes and compiles up to six methods for each class, 0.4 to 0.9 ms before
Python 3.13, and the first screen needs more than a hundred classes. Here each of `__init__`,
`__eq__` and `__hash__` is compiled when it is first called, and the others are shared by all
classes. The rest is the standard library's: fields, slots, `replace`, `asdict`. Type checkers see
its decorator. Of its options these are known: `frozen`, `slots` and `eq`.

`load` reads back what `asdict` and JSON made of a record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, FrozenInstanceError
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True):
        """Make a dataclass; see `dataclasses.dataclass`."""
        make = partial(_made, frozen=frozen, slots=slots, eq=eq)
        return make if cls is None else make(cls)


def _made(cls: type, *, frozen: bool, slots: bool, eq: bool) -> Any:
    own = set(vars(cls))
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    made.__init__ = _compiled_later(made, "__init__", _init)
    if "__repr__" not in own:
        made.__repr__ = _repr
    if eq and "__eq__" not in own:
        made.__eq__ = _compiled_later(made, "__eq__", _eq)
    if eq and "__hash__" not in own:
        made.__hash__ = _compiled_later(made, "__hash__", _hash) if frozen else None
    if frozen:
        made.__setattr__ = made.__delattr__ = _refuse
        made.__getstate__, made.__setstate__ = _state, _set_state
    return made


def _compiled_later(
    cls: type, name: str, write: Callable[[type, dict[str, Any]], str]
) -> Callable[..., Any]:
    def method(*arguments: object, **named: object) -> Any:
        names: dict[str, Any] = {}
        exec(write(cls, names), names)  # noqa: S102 - as the standard library does
        compiled = names[name]
        compiled.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, compiled)
        return compiled(*arguments, **named)

    return method


def _init(cls: type, names: dict[str, Any]) -> str:
    names |= {"_missing": MISSING, "_set": object.__setattr__}
    arguments, lines = ["self"], []
    for place, field in enumerate(dataclasses.fields(cls)):
        if not field.init:
            continue  # set by `__post_init__`
        argument = value = field.name
        if field.default is not MISSING:
            names[f"_default{place}"] = field.default
            argument += f"=_default{place}"
        elif field.default_factory is not MISSING:
            names[f"_make{place}"] = field.default_factory
            argument += "=_missing"
            value = f"_make{place}() if {value} is _missing else {value}"
        arguments.append(argument)
        lines.append(f" _set(self, {field.name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    return "\n".join([f"def __init__({', '.join(arguments)}):", *(lines or [" pass"])])


def _eq(cls: type, names: dict[str, Any]) -> str:
    return (
        "def __eq__(self, other):\n"
        " same = other.__class__ is self.__class__\n"
        f" return {_values(cls, 'self')} == {_values(cls, 'other')} if same else NotImplemented"
    )


def _hash(cls: type, names: dict[str, Any]) -> str:
    return f"def __hash__(self): return hash({_values(cls, 'self')})"


def _values(cls: type, record: str) -> str:
    return "(" + "".join(f"{record}.{field.name}, " for field in dataclasses.fields(cls)) + ")"


def _repr(self: Any) -> str:
    told = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self))
    return f"{type(self).__qualname__}({', '.join(told)})"


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: Sequence[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def load(kind: type[T], raw: Any) -> T:
    """Return a record of this class, with tuples, enums and whatever else is made of one value.

    Raises `KeyError`, `TypeError` or `ValueError` where `raw` is something else.
    """
    made: T = _loaded(kind, raw)
    return made


def _loaded(kind: Any, raw: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        kinds = get_type_hints(kind)
        return kind(**{name: _loaded(kinds[name], value) for name, value in raw.items()})  # type: ignore[operator]
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        return tuple(map(_loaded, repeat(inner[0]) if inner[-1] is Ellipsis else inner, raw))
    is_plain = not isinstance(kind, type) or isinstance(raw, kind) or kind is float
    return raw if is_plain else kind(raw)
