"""Orders from plain values, for scripts in Python: a prompt, a model, parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ima_tui.catalogue import choice, form, order
from ima_tui.core.domain import Draft, ModelVersion, Order, TaskType, Value, result_of
from ima_tui.core.errors import UsageError

if TYPE_CHECKING:
    from ima_tui.core.input_files import InputFacts
    from ima_tui.studio.catalogue_service import CatalogueService

Inspect = Callable[[ModelVersion, Sequence[str]], Awaitable[tuple["InputFacts", ...]]]


async def quote(
    catalogue: CatalogueService,
    inspect: Inspect,
    task_type: TaskType,
    prompt: str,
    *,
    model: str,
    version: str,
    inputs: Sequence[str],
    n: int,
    parameters: Mapping[str, Value],
) -> Order:
    """Price an order; see `Studio.quote`."""
    if not prompt.strip():
        raise UsageError("error.empty_prompt")
    models = await catalogue.fresh(task_type)
    suggested = None if model else catalogue.suggested(task_type, inputs)
    if not model and suggested is None:
        raise UsageError("error.no_models")
    chosen = choice.pick(models, model or (suggested.model_id if suggested else ""), version)
    settings = dict(form.accept(chosen, name, value) for name, value in parameters.items())
    draft = Draft(
        task_type=task_type,
        model_id=chosen.model_id,
        version=chosen.version,
        prompt=prompt,
        chosen=tuple(settings.items()),
        inputs=tuple(inputs),
        n=n,
    )
    placed, _ = order.place(chosen, draft)
    return replace(
        placed, inputs=tuple([await _checked(inspect, chosen, source) for source in inputs])
    )


async def _checked(inspect: Inspect, model: ModelVersion, source: str) -> str:
    """Return the input as it is recorded; an earlier result is looked up when it is sent."""
    if result_of(source) is not None:
        return source
    return (await inspect(model, (source,)))[0].source
