"""From canonical parameters to the chosen model's own fields and values, through its form.

The form knows what a model has; here stands only what people's words are called in it: sound is
`generate_audio`, `audio` or `sound` (on/off), a resolution may be a quality or a size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ima_tui.catalogue import choice, form
from ima_tui.core.domain import (
    Field,
    ModelVersion,
    TaskType,
    Value,
)
from ima_tui.core.errors import UsageError
from ima_tui.intent.intent import Parameter, Refusal

STAYS_IN_PROMPT = frozenset({"bpm"})
"""No field of any model: the words in the prompt do it."""
_OR_IN_PROMPT = frozenset({"lyrics", "title"})
"""The words in the prompt do it where the model has no field."""

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "audio": ("generate_audio", "audio", "sound"),
    "resolution": ("resolution", "quality", "size"),
    "size": ("size", "resolution", "quality"),
    "pixels": ("size", "resolution"),
    "voice": ("voice_id", "voice_type", "speaker", "voice"),
    "speed": ("speed", "speech_rate", "speed_ratio"),
    "pitch": ("pitch", "pitch_rate", "pitch_ratio"),
    "volume": ("volume", "volume_ratio", "loudness"),
}
_WORDS: Mapping[tuple[str, Value], tuple[Value, ...]] = {
    ("speed", "slow"): (0.8,),
    ("speed", "fast"): (1.2,),
    ("audio", True): ("on",),
    ("audio", False): ("off",),
    ("vocal_gender", "f"): ("female",),
    ("vocal_gender", "m"): ("male",),
}


_BY_NATURE = frozenset({("GenBGM", "make_instrumental", True)})
"""What a model does anyway, and has no field for."""


def names_of(parameter: str) -> tuple[str, ...]:
    """What a canonical parameter is called in forms, the likeliest name first."""
    return _FIELDS.get(parameter, (parameter,))


def canonical(field: str) -> str:
    """The canonical parameter that a form's field holds; the field's own name for any other."""
    return next((name for name, fields in _FIELDS.items() if field in fields[:1]), field)


def bind(
    model: ModelVersion, params: Iterable[Parameter]
) -> tuple[tuple[tuple[str, Value], ...], tuple[Refusal, ...]]:
    """(the model's own names and values, what it doesn't have)."""
    bound: dict[str, Value] = {}
    refused: list[Refusal] = []
    for param in params:
        if param.name in STAYS_IN_PROMPT or (model.model_id, param.name, param.value) in _BY_NATURE:
            continue
        if param.name == "n":
            counts = form.counts(model)
            if param.value not in counts:
                refused.append(Refusal("n", param.value, tuple(counts)))
            continue
        found = _accept(model, param)
        if isinstance(found, Refusal) and not found.possible and param.value is False:
            continue  # what it hasn't got is off
        if isinstance(found, Refusal) and param.name in _OR_IN_PROMPT:
            continue
        if isinstance(found, Refusal):
            refused.append(found)
            continue
        name, value = _on_its_parameter(model, *found)
        if bound.setdefault(name, value) != value:  # one parameter for both: it can't be each
            refused.append(Refusal(param.name, param.value, (bound[name],), both=True))
    return tuple(bound.items()), tuple(refused)


def _accept(model: ModelVersion, param: Parameter) -> tuple[str, Value] | Refusal:
    possible: tuple[Value, ...] = ()
    for name in names_of(param.name):
        field = form.user_field(model, name)
        if field is None and name not in form.names(model):
            continue
        if param.name == "voice" and not (field and field.options):
            continue  # a free text wants a voice's own name; "female" is none
        for value in (param.value, *_WORDS.get((param.name, param.value), ())):
            try:
                return form.accept(model, name, value)
            except UsageError:
                continue
        if (close := _by_label(field, param.value)) is not None:
            return name, close
        possible = possible or tuple(option.value for option in (field.options if field else ()))
    return Refusal(param.name, param.value, possible)


def _on_its_parameter(model: ModelVersion, name: str, value: Value) -> tuple[str, Value]:
    """What goes out, as the parameter that people see for it, where one alone leads there."""
    for field in model.fields:
        if field.virtual and field.virtual.target == name and form.user_field(model, name) is None:
            rules = (rule for rule in field.virtual.rules if form.same(rule.target, value))
            rule = next(rules, None)
            if rule is not None and len(rule.source) == 1:
                return rule.source[0]
    return name, value


def _by_label(field: Field | None, value: Value) -> Value | None:
    """ "female" finds the first voice whose label or value says so."""
    if field is None or not isinstance(value, str):
        return None
    words = {"female": ("female", "女"), "male": ("male", "男")}.get(value, ())
    for option in field.options:
        told = f"{option.label} {option.value}".casefold()
        if any(word in told for word in words) and not (value == "male" and "female" in told):
            return option.value
    return None


def version_for(
    models: Sequence[ModelVersion], task_type: TaskType, model_id: str, version: str = ""
) -> tuple[ModelVersion | None, tuple[str, ...]]:
    """(the model of a named model, kin of one that the list lacks)."""
    found = [model for model in models if model.model_id == model_id]
    if not found:
        return None, tuple(choice.near_ids(models, model_id))
    for model in found:
        if version and model.name.casefold().endswith(f"v{version}"):
            return model, ()
    return choice.newest(found), ()
