"""The product lists that the engine is held to, and every wish that can be read off them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from payload_checker import Json, models, offered_rule, rules

from ima_tui.api import wire
from ima_tui.catalogue import order, tree
from ima_tui.core.domain import Draft, ModelVersion, Order, TaskType, Value
from ima_tui.sandbox.products import SandboxCatalogue
from ima_tui.studio.studio import Studio

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "catalog"
URLS = tuple(f"https://example.com/{index}.png" for index in range(1, 10))


@dataclass(frozen=True)
class Offer:
    """One leaf twice: as it came, and as the program reads it."""

    source: str
    raw: Json
    model: ModelVersion

    @property
    def id(self) -> str:
        return f"{self.source}-{self.model.task_type.value}-{self.model.version}".replace(" ", "_")


def sandbox_offers() -> list[Offer]:
    shop = SandboxCatalogue()
    return [
        offer
        for task_type in TaskType
        for offer in _offers("sandbox", shop.tree(task_type.value, "en"), task_type)
    ]


@cache
def recorded_offers() -> tuple[Offer, ...]:
    found: list[Offer] = []
    for task_type in TaskType:
        path = RECORDED / f"products_{task_type.value}.json"
        if path.is_file():
            answer = json.loads(path.read_text("utf-8"))
            data = answer.get("data") if isinstance(answer, dict) else answer
            found += _offers("recorded", data, task_type)
    return tuple(found)


def _offers(source: str, data: Any, task_type: TaskType) -> list[Offer]:
    read = {(model.model_id, model.version): model for model in tree.models(data, task_type)}
    return [Offer(source, raw, read[raw["model_id"], raw["id"]]) for raw in models(data)]


def inputs_for(model: ModelVersion) -> tuple[str, ...]:
    return URLS[: order.input_counts(model)[0]]


def payload_of(model: ModelVersion, chosen: Json, n: int = 1, prompt: str = "a lighthouse") -> Json:
    """What would go over the wire, as JSON makes of it."""
    draft = Draft(
        task_type=model.task_type,
        model_id=model.model_id,
        version=model.version,
        prompt=prompt,
        chosen=tuple(chosen.items()),
        inputs=inputs_for(model),
        n=n,
    )
    placed, _ = order.place(model, draft)
    found: Json = json.loads(json.dumps(wire.create_payload(placed, placed.inputs)))
    return found


@dataclass(frozen=True)
class Wish:
    """`sent`: what must go out for it; `rule`: the attribute id that must be paid."""

    said: Json
    sent: Json
    rule: int | None = None


def default_wish() -> Wish:
    return Wish({}, {})


def rule_wishes(raw: Json, task_type: str) -> Iterator[Wish]:
    """Every price that can be reached; a price for what is not offered is no permission."""
    for number, _, attributes in rules(raw):
        if offered_rule(raw, attributes, task_type):
            yield Wish(attributes, attributes, number)


def unreachable_rules(raw: Json, task_type: str) -> Iterator[Json]:
    for _, _, attributes in rules(raw):
        if not offered_rule(raw, attributes, task_type):
            yield attributes


def option_wishes(raw: Json, task_type: str) -> Iterator[Wish]:
    """Every option of every plain field, both ways of every toggle, the ends of every slider."""
    virtual = {field["field"] for field in _form(raw) if field.get("is_ui_virtual")}
    for field in _form(raw):
        name = field["field"]
        if field.get("is_ui_virtual") or name in virtual or name == "n":
            continue
        back = {str(c["enum_value"]) for c in _taken_back(field, task_type)}
        if "*" in back:
            continue
        if options := field.get("options"):
            values = [o["value"] for o in options if str(o["value"]) not in back]
        elif field["type"] == "toggle":
            values = [True, False]
        elif field["type"] == "slider":
            values = [field["config"]["minimum"], field["config"]["maximum"]]
        else:
            values = ["a few words"]
        yield from (Wish({name: value}, {name: value}) for value in values)


def virtual_wishes(raw: Json) -> Iterator[Wish]:
    """Every row of every mapping; and every target set outright."""
    for field in _form(raw):
        if field.get("is_ui_virtual"):
            mapping = field["value_mapping"]
            sources = {param["field"] for param in field["ui_params"]}
            for row in mapping["mapping_rules"]:
                sent = {mapping["target_param"]: row["target_value"]}
                yield Wish(row["source_values"], sent)
                if mapping["target_param"] not in sources:
                    yield Wish(sent, sent)


def taken_back(raw: Json, task_type: str) -> Iterator[Json]:
    """Choices that the service does not offer here, though the form names them."""
    priced = {name for _, _, attributes in rules(raw) for name in attributes}
    for field in _form(raw):
        for condition in _taken_back(field, task_type):
            every = [option["value"] for option in field["options"]]
            value = condition["enum_value"]
            if value == "*" and field["field"] in priced:
                continue  # for a field that is not there, prices are options
            if value == "*" or value in every:
                yield {field["field"]: every[-1] if value == "*" else value}


def excluded(raw: Json) -> Iterator[Json]:
    """Pairs that the form says can't be combined."""
    for field in _form(raw):
        for option in field.get("options") or []:
            for other, values in (option.get("disabled") or {}).items():
                for value in values:
                    yield {field["field"]: option["value"], other: value}


def _form(raw: Json) -> list[Json]:
    return raw.get("form_config") or []


def _taken_back(field: Json, task_type: str) -> list[Json]:
    conditions = field.get("disabled_conditions") or []
    return [c for c in conditions if not c["disabled_key"] and c["category"] == task_type]


# ------------------------------------------------------------------ models that stand for others


@dataclass(frozen=True)
class Model:
    task_type: TaskType
    version: str
    chosen: tuple[tuple[str, Value], ...] = ()


MODELS = {
    "twelve prices": Model(TaskType.TEXT_TO_VIDEO, "doubao-seedance-1-5-pro-251215"),
    "a virtual size": Model(TaskType.TEXT_TO_IMAGE, "doubao-seedream-4-5-251128"),
    "one price and a form": Model(TaskType.TEXT_TO_MUSIC, "sonic"),
    "no form": Model(TaskType.TEXT_TO_MUSIC, "GenBGM"),
    "an input": Model(TaskType.IMAGE_TO_VIDEO, "wan2.6-i2v"),
    "an input to be checked": Model(TaskType.IMAGE_TO_VIDEO, "ima-pro-fast"),
    "a model to be told": Model(TaskType.TEXT_TO_VIDEO, "Pixverse V5.5"),
}


async def place(studio: Studio, model: Model, prompt: str, n: int = 1) -> Order:
    models = await studio.catalogue.fresh(model.task_type)
    model_version = next(
        model_version for model_version in models if model_version.version == model.version
    )
    draft = Draft(
        task_type=model.task_type,
        model_id=model_version.model_id,
        version=model_version.version,
        prompt=prompt,
        chosen=model.chosen,
        inputs=inputs_for(model_version),
        n=n,
    )
    placed, _ = order.place(model_version, draft)
    return placed


def fault(kind: str, **keys: Any) -> str:
    rows = [f'kind = "{kind}"', *(f"{key} = {_toml(value)}" for key, value in keys.items())]
    return "[[fault]]\n" + "\n".join(rows) + "\n"


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
