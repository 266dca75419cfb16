"""The seed of an order: the number that makes a model repeat itself."""

from __future__ import annotations

import secrets
from dataclasses import replace

from ima_tui.catalogue import form
from ima_tui.core.domain import ModelVersion, Order, Value

LARGEST = 2**31 - 1
"""What the services behind IMA take at most."""
_NAMES = frozenset({"seed", "randomseed", "noiseseed"})


def is_seed(name: str) -> bool:
    """Tell whether a parameter of this name is the seed."""
    return form.plain_name(name).replace("_", "").replace(" ", "") in _NAMES


def reseeded(order: Order, model: ModelVersion | None) -> Order:
    """Return the order with another seed within its model's bounds; unchanged without one."""
    parameters = tuple(
        (name, _another(name, value, model) if is_seed(name) else value)
        for name, value in order.parameters
    )
    return replace(order, parameters=parameters, confirmed=order.total)


def _another(name: str, before: Value, model: ModelVersion | None) -> Value:
    field = form.user_field(model, name) if model is not None else None
    low, high = 1, LARGEST
    if field is not None:
        low = int(field.minimum) if field.minimum is not None else low
        high = min(high, int(field.maximum)) if field.maximum is not None else high
    low = max(low, 1)  # 0 and -1 often stand for none
    if high <= low:
        return before
    seed = low + secrets.randbelow(high - low + 1)
    while str(seed) == str(before):
        seed = low + secrets.randbelow(high - low + 1)
    return str(seed) if isinstance(before, str) else seed
