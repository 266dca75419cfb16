"""Product lists of the sandbox: products.toml, expanded into the service's product trees.

A `SandboxModel` is one model version of one task type, with everything needed to judge a create;
`SandboxCatalogue.tree` is the `data` of GET /open/v1/product/list.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

TASK_TYPES: dict[str, tuple[str, int, int | None]] = {
    "text_to_image": ("文生图", 0, 0),
    "image_to_image": ("图生图", 1, None),
    "text_to_video": ("文生视频", 0, 0),
    "image_to_video": ("图生视频", 1, None),
    "first_last_frame_to_video": ("首尾帧生视频", 2, 2),
    "reference_image_to_video": ("参考图生视频", 1, None),
    "text_to_music": ("文生音乐", 0, 0),
    "text_to_speech": ("TTS", 0, 0),
}
"""The category of each, and the minimum and maximum inputs (None: the model's limit)."""


@dataclass(frozen=True)
class SandboxRule:
    """One price of a model. `points` are per output; `attributes` may be the one-price marker."""

    attribute_id: int
    points: int
    attributes: dict[str, Any]


@dataclass(frozen=True)
class SandboxModel:
    """One model version in one list. `estimate` is the true time of one output in seconds."""

    id: str
    name: str
    model_id: str
    task_type: str
    group: str
    estimate: tuple[float, float]
    fields: tuple[dict[str, Any], ...]
    form_sent: Any  # "fields", "missing" or []: leaves without a form come in two shapes
    rules: tuple[SandboxRule, ...]
    files: dict[str, Any] | None
    about: str | None = None
    eet: tuple[int, int] | None = None
    features: tuple[str, ...] = ()
    popularity: tuple[str, ...] = ()
    result: str = "mp4"
    needs_model: str | None = None
    subscription: bool = False

    def field(self, name: str) -> dict[str, Any] | None:
        """Return the form's field of that name, or None."""
        return next((field for field in self.fields if field["field"] == name), None)


@dataclass(frozen=True)
class ProductGroup:
    """A group of the product tree."""

    name: str
    children: tuple[ProductGroup | str, ...]  # a str is the id of a leaf


class SandboxCatalogue:
    """The eight lists. `change` alters models between two calls, as the live service does."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._zh: dict[str, str] = _products()["zh"]
        self._trees, models = _built()
        self.models = {task_type: dict(some) for task_type, some in models.items()}

    def find(self, task_type: str, version: str) -> SandboxModel | None:
        """Return a model by its version id, or None."""
        return self.models.get(task_type, {}).get(version)

    def all(self) -> Iterator[SandboxModel]:
        """Yield every model."""
        for models in self.models.values():
            yield from models.values()

    def change(
        self,
        *,
        task_type: str | None = None,
        model_id: str | None = None,
        add: int = 0,
        factor: float = 1.0,
        renumber: bool = False,
        remove: bool = False,
    ) -> int:
        """Change every matching model: points, attribute ids, or remove it.

        Returns how many changed.
        """
        changed = 0
        for listed, models in self.models.items():
            for model in list(models.values()):
                if task_type not in (None, listed) or model_id not in (None, model.model_id):
                    continue
                changed += 1
                if remove:
                    del models[model.id]
                    continue
                rules = tuple(
                    replace(
                        rule,
                        points=max(1, round(rule.points * factor) + add),
                        attribute_id=rule.attribute_id + (20_000 if renumber else 0),
                    )
                    for rule in model.rules
                )
                models[model.id] = replace(model, rules=rules)
        return changed

    def tree(self, task_type: str, language: str) -> list[dict[str, Any]]:
        """Return the `data` of the product list; groups without models stay, empty."""
        nodes = (self._node(task_type, entry, "", language) for entry in self._trees[task_type])
        return [node for node in nodes if node is not None]

    def _node(
        self, task_type: str, entry: ProductGroup | str, parent: str, language: str
    ) -> dict[str, Any] | None:
        if isinstance(entry, str):
            model = self.find(task_type, entry)
            return None if model is None else self._model_node(model, parent, language)
        children = (self._node(task_type, child, entry.name, language) for child in entry.children)
        return {
            "id": entry.name,
            "parent_id": parent,
            "type": "2",
            "name": entry.name,
            "icon": "",
            "model_id": "",
            "tags": None,
            "children": [child for child in children if child is not None],
        }

    def _model_node(self, model: SandboxModel, parent: str, language: str) -> dict[str, Any]:
        points = [rule.points for rule in model.rules]
        low, high = min(points), max(points)
        tags = [{"tag_type": "feature", "tag_value": text} for text in model.features]
        tags += [{"tag_type": "popularity", "tag_value": text} for text in model.popularity]
        if model.eet is not None:
            tags.append({"tag_type": "EET", "tag_value": scaled_eet(model.eet, self.speed)})
        tags.append(
            {"tag_type": "point", "tag_value": f"{low}" if low == high else f"{low}~{high}"}
        )
        node: dict[str, Any] = {
            "id": model.id,
            "parent_id": parent or model.group,
            "type": "3",
            "name": model.name,
            "icon": "",
            "model_id": model.model_id,
            "tags": tags,
            "model_types": [
                task_type for task_type, models in self.models.items() if model.id in models
            ],
            "category_code": model.task_type,
            "category_name": TASK_TYPES[model.task_type][0],
            "credit_rules": [
                {
                    "origin_point": rule.points,
                    "points": rule.points,
                    "attribute_id": rule.attribute_id,
                    "attributes": rule.attributes,
                }
                for rule in model.rules
            ],
            "group_name": model.group,
        }
        if model.about is not None:
            node["description"] = model.about
        if model.files is not None:
            node["files"] = model.files
        if model.form_sent == "fields":
            node["form_config"] = [self._translated(field, language) for field in model.fields]
        elif model.form_sent != "missing":
            node["form_config"] = model.form_sent
        return node

    def _translated(self, field: dict[str, Any], language: str) -> dict[str, Any]:
        if language != "zh":
            return field
        shown = {**field, "label": self._zh.get(field["label"], field["label"])}
        if "ui_params" in field:
            shown["ui_params"] = [
                {**param, "label": self._zh.get(param["label"], param["label"])}
                for param in field["ui_params"]
            ]
        return shown


@functools.cache
def _products() -> dict[str, Any]:
    """Return products.toml, parsed once; nothing here changes it."""
    text = resources.files("ima_tui.sandbox").joinpath("products.toml").read_text("utf-8")
    return tomllib.loads(text)


@functools.cache
def _built() -> tuple[
    dict[str, tuple[ProductGroup | str, ...]], dict[str, dict[str, SandboxModel]]
]:
    """Return the trees and models of all task types, built once; nobody changes them."""
    data = _products()
    models: dict[str, dict[str, SandboxModel]] = {task_type: {} for task_type in TASK_TYPES}

    def group(task_type: str, entry: Any) -> ProductGroup | str:
        if isinstance(entry, dict):
            children = tuple(group(task_type, child) for child in entry["children"])
            return ProductGroup(entry["group"], children)
        key, first_id = entry.split("@")
        model = _model(data, key, task_type, int(first_id))
        models[task_type][model.id] = model
        return model.id

    trees = {
        task_type: tuple(group(task_type, entry) for entry in data["tree"][task_type])
        for task_type in TASK_TYPES
    }
    return trees, models


def scaled_eet(seconds: tuple[int, int], speed: float) -> str:
    """Return the announced time at this speed: (20, 35) at 10 is "2~4s"; at least one second."""
    low = max(1, math.floor(seconds[0] / speed))
    high = max(low, 1, math.ceil(seconds[1] / speed))
    return f"{low}~{high}s"


_PLAIN = (
    "id", "name", "model_id", "group", "about", "features", "popularity", "result", "needs_model",
    "subscription", "estimate",
)  # fmt: skip


def _model(data: dict[str, Any], key: str, task_type: str, first_id: int) -> SandboxModel:
    entry: dict[str, Any] = dict(data["leaf"][key])
    entry.update(entry.pop("in", {}).get(task_type, {}))
    facts = {name: entry[name] for name in _PLAIN if name in entry}
    if "eet" in entry:
        low, high = map(int, entry["eet"].removesuffix("s").split("~"))
        facts |= {"eet": (low, high), "estimate": (low, high)}
    form = entry.get("form", "missing")
    fields = tuple(_field(data["field"], item) for item in form) if isinstance(form, list) else ()
    files = entry.get("files") if not task_type.startswith("text_") else None
    return SandboxModel(
        task_type=task_type,
        fields=fields,
        form_sent="fields" if fields else form,
        rules=_rules(entry, first_id),
        files={**data["files"][files], "category": task_type} if files else None,
        **facts,
    )


def _rules(entry: dict[str, Any], first_id: int) -> tuple[SandboxRule, ...]:
    if "price" in entry:
        return (SandboxRule(first_id, entry["price"], {"default": "enabled"}),)
    by = entry["prices"]["by"]
    return tuple(
        SandboxRule(first_id + place, row[-1], dict(zip(by, row[:-1], strict=True)))
        for place, row in enumerate(entry["prices"]["rows"])
    )


def _field(library: dict[str, Any], item: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(item, str):
        return _expanded(library[item])
    return _expanded({**library[item["use"]], **{k: v for k, v in item.items() if k != "use"}})


def _expanded(source: dict[str, Any]) -> dict[str, Any]:
    """Return a field as the service sends it (TOML has no null, so "null" stands for it)."""
    field = dict(source)
    if field.get("value") == "null":
        field["value"] = None
    if "options" in field:
        field["options"] = [_option(option) for option in field["options"]]
    if "disabled_conditions" in field:
        field["disabled_conditions"] = [
            {"enum_value": condition["enum_value"], "disabled_key": "", "disabled_value": None,
             "category": condition["category"]}
            for condition in field["disabled_conditions"]
        ]  # fmt: skip
    if "mapping" in field:
        mapping = field.pop("mapping")
        field["is_ui_virtual"] = True
        field["ui_params"] = [_expanded(param) for param in field["ui_params"]]
        field["value_mapping"] = {
            "type": "simple",
            "source_params": mapping["from"],
            "target_param": field["field"],
            "mapping_rules": [
                {
                    "source_values": dict(zip(mapping["from"], row[:-1], strict=True)),
                    "target_value": row[-1],
                }
                for row in mapping["rows"]
            ],
        }
    return field


def _option(option: Any) -> dict[str, Any]:
    if not isinstance(option, dict):
        return {"label": str(option), "value": option}
    return {"label": str(option["value"]), **option}
