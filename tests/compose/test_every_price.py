"""What a list has prices and limits for, against what the screen's form lets people set and send.

The sandbox's own lists always; the recorded ones of the live service where they are present.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ima_tui.catalogue import (
    form,
    order,
    price,
    tree,
)
from ima_tui.compose import draft as drafting
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.sandbox.products import SandboxCatalogue

Json = dict[str, Any]
FOLDER = Path(__file__).parents[3] / "shared" / "catalog"
ABSENT = "the recorded lists are data and not part of the project"


@dataclass(frozen=True)
class Listed:
    raw: Json
    model: ModelVersion

    @property
    def id(self) -> str:
        return f"{self.model.task_type.value}-{self.model.version}"


def nodes(tree_: Any) -> Iterator[Json]:
    for node in tree_:
        yield from [node] if node["type"] == "3" else nodes(node.get("children") or [])


@cache
def listed(source: str) -> tuple[Listed, ...]:
    found: list[Listed] = []
    for task_type in TaskType:
        path = FOLDER / f"products_{task_type.value}.json"
        if source == "sandbox":
            data: Any = SandboxCatalogue().tree(task_type.value, "en")
        elif path.is_file():
            data = json.loads(path.read_text("utf-8"))
        else:
            continue
        models = tree.models(data, task_type)
        found += [Listed(*pair) for pair in zip(nodes(data), models, strict=True)]
    if not found:
        pytest.skip(ABSENT)
    return tuple(found)


sources = pytest.mark.parametrize("source", ["sandbox", "recorded"])


# ------------------------------------------------------------------------------------- prices


def bought(model: ModelVersion) -> set[int]:
    """The rules that people reach by setting what the form shows and does not block."""
    start = drafting.begin(model)
    rows = drafting.rows(model, start)
    priced = {name for row in price.table(model) for name, _ in row.values}
    parameters = {r.field.name: form.choices(r.field) for r in rows if r.field.name in priced}
    found: set[int] = set()
    for options in product(*parameters.values()):
        draft = start
        try:
            for name, option in zip(parameters, options, strict=True):
                draft = drafting.put(model, draft, name, option.value)
        except UsageError:
            continue
        if any(row.why_blocked(dict(draft.chosen)[row.field.name])
               for row in drafting.rows(model, draft) if row.field.name in parameters):  # fmt: skip
            continue
        quote = drafting.priced(model, draft).quote
        if quote is not None and not quote.changes:
            found.add(quote.rule.attribute_id)
    return found


def why_not(raw: Json, attributes: Json, task_type: str) -> str:
    """The service's own condition that forbids a priced combination, read by hand; "": none."""
    fields = {field["field"]: field for field in raw.get("form_config") or []}
    for name, value in attributes.items():
        field = fields.get(name)
        if field is None or value == "enabled":
            continue
        gone = [
            condition["enum_value"]
            for condition in field.get("disabled_conditions", ())
            if condition["category"] == task_type and not condition["disabled_key"]
        ]
        if "*" in gone:
            continue  # the form has no such field here: the rules' values are its options
        options = {str(option["value"]): option for option in field.get("options", ())}
        if value in gone or (options and str(value) not in options):
            return f"{name} {value} is not offered"
        for other, values in options.get(str(value), {}).get("disabled", {}).items():
            if attributes.get(other) in values:
                return f"{name} {value} excludes {other} {attributes[other]}"
    return ""


HAILUO = "duration 10 excludes resolution 1080P"
NO_512P = ["resolution 512P is not offered"] * 2
VEO_1080P = [f"duration {seconds} excludes resolution 1080p" for seconds in (4, 4, 6, 6)]
PIXVERSE = "duration 8 excludes resolution 1080p"
FORBIDDEN = {
    "MiniMax-Hailuo-2.3": [HAILUO],
    "MiniMax-Hailuo-02": [HAILUO, *NO_512P],
    "veo-3.1-generate-preview": VEO_1080P,
    **{f"Pixverse V{version}": [PIXVERSE] for version in ("5.5", "5", "4.5", "4", "3.5")},
}
"""Prices that the service's own conditions let nobody have, by version."""
FORBIDDEN_IN = {
    ("image_to_video", "MiniMax-Hailuo-02"): [HAILUO],
    ("first_last_frame_to_video", "kling-v2-6"): ["sound on is not offered"] * 2,
    ("reference_image_to_video", "veo-3.1-generate-preview"): [
        *["duration 4 is not offered"] * 4,
        *["duration 6 is not offered"] * 4,
        *["resolution 720p is not offered"] * 2,
    ],
}
"""The same where one task type's form differs."""


@sources
def test_every_price_can_be_bought_but_for_what_the_service_itself_forbids(source: str) -> None:
    for one in listed(source):
        task_type = one.model.task_type.value
        reasons = {
            rule["attribute_id"]: why_not(one.raw, rule["attributes"], task_type)
            for rule in one.raw["credit_rules"]
        }
        assert bought(one.model) == {number for number, why in reasons.items() if not why}, one.id
        wanted = FORBIDDEN_IN.get(
            (task_type, one.model.version), FORBIDDEN.get(one.model.version, [])
        )
        assert sorted(filter(None, reasons.values())) == sorted(wanted), one.id


@sources
def test_midjourneys_resolutions_can_be_chosen_with_their_prices(source: str) -> None:
    model = next(
        one.model
        for one in listed(source)
        if (one.model.version, one.model.task_type) == ("midjourney", TaskType.TEXT_TO_IMAGE)
    )
    assert {row.values: row.points for row in price.table(model)} == {
        (("resolution", "480p"),): 8,
        (("resolution", "720p"),): 10,
    }
    assert form.defaults(model)["resolution"] == "480p"
    assert "resolution" in [row.field.name for row in drafting.rows(model, drafting.begin(model))]
    quote = price.quote(model, {"resolution": "720p"})
    assert (quote.total, quote.parameters["resolution"], quote.changes) == (10, "720p", ())


@sources
def test_the_untouched_form_has_its_price_without_a_change(source: str) -> None:
    for one in listed(source):
        assert price.quote(one.model, {}).changes == (), one.id


# ------------------------------------------------------------------------------------- inputs


def place(model: ModelVersion, inputs: list[str]) -> str:
    """The key of what is wrong with these inputs, or ""."""
    draft = replace(drafting.begin(model, "x"), inputs=tuple(inputs))
    try:
        order.place(model, draft)
    except UsageError as error:
        return error.key
    return ""


@sources
def test_every_limit_of_files_is_enforced(source: str) -> None:
    limited = [one for one in listed(source) if "files" in one.raw]
    assert limited
    for one in limited:
        files, (low, high) = one.raw["files"], one.model.task_type.inputs
        least = low if high is not None else max(low, files.get("minLimit", 1))
        most = high if high is not None else files.get("maxLimit")
        listed_ = {kind.partition("/")[0]: kind.partition("/")[2] for kind in files["acceptType"]}
        (ending, *_) = listed_["image"].split(",")
        links = [f"https://x.example/{number}.{ending}" for number in range((most or 30) + 1)]
        assert place(one.model, links[:least]) == "", one.id
        assert place(one.model, links[: most or 30]) == "", one.id
        assert place(one.model, links[: least - 1]).startswith("error.inputs_"), one.id
        if most is not None:
            assert place(one.model, links[: most + 1]).startswith("error.inputs_"), one.id
        for family, wrong in (("image", "gif"), ("video", "mkv"), ("audio", "flac")):
            bad = [f"https://x.example/a.{wrong}", *links[: least - 1]]
            assert place(one.model, bad) == "error.input_kind", (one.id, family)
        for family, endings in listed_.items():
            for ending in endings.split(","):
                good = [f"https://x.example/a.{ending}", *links[: least - 1]]
                assert place(one.model, good) == "", (one.id, family, ending)


@sources
def test_without_files_the_task_types_own_counts_hold(source: str) -> None:
    for one in listed(source):
        if "files" not in one.raw:
            assert order.input_counts(one.model) == one.model.task_type.inputs, one.id


# -------------------------------------------------------------------------------------- shape

MAPS = {"attributes", "disabled", "source_values"}
"""Objects whose keys are data."""


def shapes(models: list[Json]) -> tuple[dict[str, set[str]], dict[str, list[set[str]]]]:
    """By path: the JSON types there are, and the keys of every object."""
    types: dict[str, set[str]] = {}
    keys: dict[str, list[set[str]]] = {}

    def look(value: Any, path: str) -> None:
        types.setdefault(path, set()).add(type(value).__name__)
        if isinstance(value, list):
            for item in value:
                look(item, f"{path}[]")
        elif isinstance(value, dict):
            is_map = path.rpartition(".")[2] in MAPS
            if not is_map:
                keys.setdefault(path, []).append(set(value))
            for key, item in value.items():
                look(item, f"{path}.*" if is_map else f"{path}.{key}")

    for model in models:
        look(model, "leaf")
    return types, keys


OPTIONAL = {"leaf.files": {"minLimit", "maxLimit"}}
"""Keys that the lists of other task types are known to lack (in the recorded one all have them)."""


def test_the_sandbox_serves_leaves_in_the_form_of_the_live_service() -> None:
    live_types, live_keys = shapes([one.raw for one in listed("recorded")])
    types, keys = shapes([one.raw for one in listed("sandbox")])
    assert types == live_types
    for path, found in live_keys.items():
        always = set.intersection(*found) - OPTIONAL.get(path, set())
        assert set.intersection(*keys[path]) == always, path
        assert set.union(*keys[path]) == set.union(*found), path
