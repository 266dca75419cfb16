"""Calls and replies, independent of HTTP libraries; validation of creates. Pure.

`judge` returns a `SandboxOrder` or raises `SandboxRefusal`, from body and catalogue alone; the
service checks keys, balances and inputs afterwards.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ima_tui.sandbox.products import TASK_TYPES, SandboxCatalogue, SandboxModel, SandboxRule

SOURCES = {"src_image", "src_video", "src_audio"}
"""Where clients of newer models repeat inputs, in the envelope or the parameters."""
ENVELOPE_KEYS = SOURCES | {
    "task_type", "enable_multi_model", "src_img_url", "upload_img_src", "parameters",
}  # fmt: skip
OUTER_KEYS = {
    "attribute_id", "model_id", "model_name", "model_version", "app", "platform", "category",
    "credit", "parameters",
}  # fmt: skip
ALWAYS_KNOWN = SOURCES | {"prompt", "n", "input_images", "cast"}


class SandboxRefusal(Exception):
    """An error response: an envelope with `code`. `violation` names what no client should do."""

    def __init__(self, code: int, message: str, violation: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.violation = violation


def _invalid(what: str, violation: str = "bad_value") -> SandboxRefusal:
    return SandboxRefusal(400017, f"Invalid value for {what}", violation)


@dataclass(frozen=True)
class SandboxOrder:
    """A valid create. It costs `rule.points * n`."""

    model: SandboxModel
    rule: SandboxRule
    prompt: str
    n: int
    inputs: tuple[str, ...]
    parameters: dict[str, Any]  # values sent, over the form's defaults
    marked: bool = False  # results are flat colours and pure tones


def judge(body: Any, catalogue: SandboxCatalogue, *, check_name: bool = True) -> SandboxOrder:
    """Validate a create's body strictly. Raises `SandboxRefusal` 400017, 6006, 6009 or 6010."""
    task_type, outer = _envelope(body)
    model = _named_model(outer, task_type, catalogue, check_name)
    inner = outer.get("parameters")
    if not isinstance(inner, dict):
        raise _invalid("parameters: object expected", "wrong_type")
    inputs = _inputs(body, inner, model)
    merged = _parameters(inner, model)
    prompt = _prompt(inner, merged, inputs)
    n = _count(inner.get("n"), model)
    rule = _priced(outer, inner, merged, model)
    return SandboxOrder(model, rule, prompt, n, inputs, merged)


def _envelope(body: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(body, dict):
        raise SandboxRefusal(400, "Bad request: JSON object expected", "bad_json")
    task_type = body.get("task_type")
    if not isinstance(task_type, str) or task_type not in TASK_TYPES:
        raise _invalid("task_type", "unknown_task_type")
    unknown = sorted(set(body) - ENVELOPE_KEYS)
    if unknown:
        kind = "prompt_misplaced" if "prompt" in unknown else "unknown_key"
        raise SandboxRefusal(400017, f"Unknown field {unknown[0]}", kind)
    if body.get("enable_multi_model") is not False:
        raise SandboxRefusal(400017, "enable_multi_model must be false", "wrong_type")
    entries = body.get("parameters")
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        raise SandboxRefusal(400017, "parameters must hold one object", "wrong_type")
    outer: dict[str, Any] = entries[0]
    unknown = sorted(set(outer) - OUTER_KEYS)
    if unknown:
        kind = "prompt_misplaced" if "prompt" in unknown else "unknown_key"
        raise SandboxRefusal(400017, f"Unknown field parameters[0].{unknown[0]}", kind)
    if outer.get("app") != "ima" or outer.get("platform") != "web":
        raise _invalid("app/platform", "app_platform")
    if outer.get("category") != task_type:
        raise SandboxRefusal(400017, "category differs from task_type", "category_mismatch")
    return task_type, outer


def _named_model(
    outer: dict[str, Any], task_type: str, catalogue: SandboxCatalogue, check_name: bool
) -> SandboxModel:
    version = outer.get("model_version")
    model = catalogue.find(task_type, version) if isinstance(version, str) else None
    if model is None:
        raise _invalid("model_version", "unknown_model")
    if outer.get("model_id") != model.model_id:
        raise _invalid("model_id", "model_mismatch")
    if not isinstance(outer.get("model_name"), str) or (
        check_name and outer["model_name"] != model.name
    ):
        raise _invalid("model_name", "model_mismatch")
    return model


def _inputs(body: dict[str, Any], inner: dict[str, Any], model: SandboxModel) -> tuple[str, ...]:
    """Return the input URLs: equal in both places, in the number that task type and model take.

    Those in `SOURCES` alone count, too.
    """
    urls = inner.get("input_images")
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise _invalid("input_images: list of URLs", "wrong_type")
    if body.get("src_img_url") != urls:
        raise SandboxRefusal(400017, "src_img_url and input_images differ", "unequal_inputs")
    more = (url for url in (*_sources(body), *_sources(inner)) if url not in urls)
    every = (*urls, *dict.fromkeys(more))
    _, fewest, most = TASK_TYPES[model.task_type]
    if model.files is not None and most is None:
        fewest = max(fewest, model.files.get("minLimit", 0))
        most = model.files.get("maxLimit")
    if len(every) < fewest or (most is not None and len(every) > most):
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most or 'any'}"
        raise SandboxRefusal(400017, f"{len(every)} input images, {wanted} expected", "input_count")
    return every


def _sources(fields: dict[str, Any]) -> Iterator[str]:
    """Yield the URLs in `SOURCES`: one or a list, bare or as `{"url": URL}`."""
    for name in sorted(SOURCES & set(fields)):
        value = fields[name]
        if value is None:
            continue
        for entry in value if isinstance(value, list) else [value]:
            url = entry.get("url") if isinstance(entry, dict) else entry
            if not isinstance(url, str):
                raise _invalid(f"{name}: URLs expected", "wrong_type")
            if url:
                yield url


def _parameters(inner: dict[str, Any], model: SandboxModel) -> dict[str, Any]:
    """Check that every parameter is known and its value offered; defaults fill the rest."""
    priced = {name for rule in model.rules for name in rule.attributes if not is_marker(rule)}
    merged = {field["field"]: default_of(field) for field in model.fields}
    for name, value in inner.items():
        if name in ALWAYS_KNOWN:
            continue
        if name == "model" and model.needs_model is not None:
            if value != model.needs_model:
                raise _invalid("model")
            merged[name] = value
            continue
        field = model.field(name)
        if field is None and name not in priced:
            raise SandboxRefusal(400017, f"Unknown parameter {name}", "unknown_parameter")
        if field is not None and not (name in priced and _is_withdrawn(field, model.task_type)):
            _check_value(field, value, model.task_type)
        elif not any(_same_json(value, rule.attributes.get(name)) for rule in model.rules):
            raise _invalid(name)
        merged[name] = value
    if model.needs_model is not None and "model" not in inner:
        raise _invalid("model", "model_missing")
    _check_together(model, merged)
    return merged


def default_of(field: dict[str, Any]) -> Any:
    """Return a field's default as it is sent; a virtual field's is mapped from its ui_params."""
    if not field.get("is_ui_virtual"):
        return field.get("value")
    picked = {param["field"]: param["value"] for param in field["ui_params"]}
    rules = field["value_mapping"]["mapping_rules"]
    mapped = (rule["target_value"] for rule in rules if rule["source_values"] == picked)
    return next(mapped, field.get("value"))


def offered(field: dict[str, Any], task_type: str) -> list[Any]:
    """Return the values that can be sent, with their JSON types; empty: no options."""
    values = [option["value"] for option in field.get("options", ())]
    if field.get("is_ui_virtual"):
        targets = [rule["target_value"] for rule in field["value_mapping"]["mapping_rules"]]
        if field["field"] in field["value_mapping"]["source_params"]:
            values = []  # same name: only mapped values are valid
        values += [target for target in targets if target not in values]
    if _is_withdrawn(field, task_type):
        return [field.get("value")]  # not offered: it keeps its value
    gone = _withdrawn(field, task_type)
    return [value for value in values if value not in gone]


def _withdrawn(field: dict[str, Any], task_type: str) -> list[Any]:
    return [
        condition["enum_value"]
        for condition in field.get("disabled_conditions", ())
        if condition["category"] == task_type and not condition["disabled_key"]
    ]


def _is_withdrawn(field: dict[str, Any], task_type: str) -> bool:
    """Tell whether the whole field is withdrawn; then only values with a price can be sent."""
    return "*" in _withdrawn(field, task_type)


def _check_value(field: dict[str, Any], value: Any, task_type: str) -> None:
    name = field["field"]
    if value is None and field.get("value") is None:
        return  # its own default, sent back
    choices = offered(field, task_type)
    if choices:
        if any(_same_json(value, choice) for choice in choices):
            return
        loosely = any(str(value) == str(choice) for choice in choices)
        raise _invalid(name, "wrong_type" if loosely else "bad_value")
    wanted: type | tuple[type, ...] = str
    if field["type"] == "toggle":
        wanted = bool
    elif field["type"] == "slider":
        wanted = (int, float)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise _invalid(name, "wrong_type")
    size = len(value) if isinstance(value, str) else value
    limits = field.get("config", {})
    too_small = isinstance(size, (int, float)) and size < limits.get("minimum", size)
    if too_small or size > limits.get("maximum", size):
        raise _invalid(f"{name}: out of range", "out_of_range")


def _check_together(model: SandboxModel, merged: dict[str, Any]) -> None:
    for field in model.fields:
        for option in field.get("options", ()):
            if not _same_json(option["value"], merged.get(field["field"])):
                continue
            for other, values in option.get("disabled", {}).items():
                if merged.get(other) in values:
                    message = f"{field['field']} {option['value']} excludes {other} {merged[other]}"
                    raise SandboxRefusal(400017, message, "disabled_combination")


def _prompt(inner: dict[str, Any], merged: dict[str, Any], inputs: tuple[str, ...]) -> str:
    prompt = inner.get("prompt")
    if not isinstance(prompt, str):
        raise _invalid("prompt", "wrong_type")
    instead = any(merged.get(name) for name in ("text", "ssml", "gpt_description_prompt", "tags"))
    if not prompt.strip() and not inputs and not instead:
        raise SandboxRefusal(400017, "prompt must not be empty", "empty_prompt")
    return prompt


def _count(n: Any, model: SandboxModel) -> int:
    """Return the number of outputs: 1 to 4, or an option of the model's `n` field."""
    field = model.field("n")
    allowed = [int(option["value"]) for option in field["options"]] if field else [1, 2, 3, 4]
    if field is not None and isinstance(n, str) and n.isdigit():
        n = int(n)
    if isinstance(n, bool) or not isinstance(n, int):
        raise _invalid("n", "wrong_type")
    if n not in allowed:
        raise _invalid("n")
    return n


def _priced(
    outer: dict[str, Any], inner: dict[str, Any], merged: dict[str, Any], model: SandboxModel
) -> SandboxRule:
    """Return the rule paid for.

    Raises 6009 (no rule), 6010 (another rule) or 6006 (other points).
    """
    fitting = [rule for rule in model.rules if fits(rule, merged)]
    attribute_id = outer.get("attribute_id")
    if not fitting:
        raise SandboxRefusal(6009, "No credit rule matches the parameters")
    if attribute_id not in [rule.attribute_id for rule in model.rules]:
        violation = "attribute_id_missing" if not attribute_id else None
        raise SandboxRefusal(6009, "Invalid product attribute", violation)
    rule = next((rule for rule in fitting if rule.attribute_id == attribute_id), None)
    if rule is None:
        raise SandboxRefusal(6010, "Attribute ID does not match the calculated rule")
    cast = inner.get("cast")
    if not isinstance(cast, dict) or set(cast) != {"points", "attribute_id"}:
        raise SandboxRefusal(6006, "Credit mismatch: cast is incomplete", "cast")
    if cast["attribute_id"] != attribute_id:
        raise SandboxRefusal(6010, "cast.attribute_id does not match attribute_id", "cast")
    if cast["points"] != outer.get("credit"):
        raise SandboxRefusal(6006, "Credit mismatch: cast.points differs from credit", "cast")
    if outer.get("credit") != rule.points or isinstance(outer.get("credit"), bool):
        raise SandboxRefusal(6006, f"Credit mismatch: {rule.points} expected")
    return rule


def is_marker(rule: SandboxRule) -> bool:
    """Tell whether the rule is the "one price" marker."""
    return rule.attributes == {"default": "enabled"}


def fits(rule: SandboxRule, parameters: dict[str, Any]) -> bool:
    """Tell whether every attribute equals its parameter, loosely as the service compares."""
    return is_marker(rule) or all(
        _loose(parameters.get(name)) == _loose(value) for name, value in rule.attributes.items()
    )


def _loose(value: Any) -> str:
    text = str(value).strip().lower()
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:g}"


def _same_json(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def accepted_suffixes(model: SandboxModel) -> Iterator[str]:
    """Yield the file suffixes that a model accepts as inputs ("jpg", "mp4")."""
    for accepted in (model.files or {}).get("acceptType", ()):
        for suffix in accepted.partition("/")[2].split(","):
            yield from ("jpg", "jpeg") if suffix in ("jpg", "jpeg") else (suffix,)


def _no_constant(name: str) -> Any:
    """Reject NaN and Infinity, which Python accepts and JSON has not."""
    raise ValueError(name)


@dataclass
class Call:
    """A request with its body. Header names are lower case."""

    endpoint: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON. Raises `SandboxRefusal` 400 if it is invalid."""
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise SandboxRefusal(400, "Bad request: invalid JSON", "bad_json") from error

    @property
    def key(self) -> str:
        """The API key of the Authorization header; empty without one."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""


@dataclass
class SandboxReply:
    """A response: an envelope (`envelope`, JSON) or bytes (`body`)."""

    envelope: dict[str, Any] | None = None
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, data: Any, code: int = 0) -> SandboxReply:
        """Return a successful envelope. The real service uses both 0 and 200 as codes."""
        return cls({"code": code, "message": "success", "data": data})

    @classmethod
    def refused(cls, code: int, message: str) -> SandboxReply:
        """Return an envelope with an error code."""
        return cls({"code": code, "message": message, "data": None})

    def encoded(self) -> bytes:
        """Return the body's bytes; sets Content-Type and Content-Length."""
        if self.envelope is not None:
            self.body = json.dumps(self.envelope, ensure_ascii=False).encode("utf-8", "replace")
            self.headers.setdefault("content-type", "application/json; charset=utf-8")
        self.headers["content-length"] = str(len(self.body))
        return self.body
