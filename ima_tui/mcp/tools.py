"""The tools: names, descriptions and argument schemas as agents read them, and what runs them.

Descriptions are English only: models read them. What users read is in `i18n`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ima_tui.cli.arguments import JOB_STATES
from ima_tui.core import labels
from ima_tui.core.domain import TaskType
from ima_tui.core.records import dataclass
from ima_tui.mcp import jobs, ordering, preferences
from ima_tui.mcp.call import Call, Document

Schema = dict[str, Any]

INSTRUCTIONS = (
    "Generates images, videos, music and speech with IMA Studio. Each job costs the user's points."
    " Call quote before generate. A job above the user's limits needs the user's approval: tell the"
    " user, then call wait_job until it has ended; never order it again. Repeat a call that was"
    " interrupted with the same idempotency_key: it never pays twice."
)
LONGEST_PROMPT = 100_000
"""Characters; no model takes as many."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `schema` is the JSON Schema of its arguments; `reads_only`: it changes nothing."""

    name: str
    about: str
    schema: Schema
    run: Callable[[Call], Awaitable[Document]]
    reads_only: bool = False


def _object(required: tuple[str, ...], /, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _text(about: str, longest: int = 200, shortest: int = 0) -> Schema:
    return {
        "type": "string",
        "description": about,
        "maxLength": longest,
        **({"minLength": shortest} if shortest else {}),
    }


def _number(about: str, least: int, most: int) -> Schema:
    return {"type": "integer", "description": about, "minimum": least, "maximum": most}


_TASK_TYPE: Schema = {
    "enum": [task_type.value for task_type in TaskType],
    "description": "Without it, ima-tui reads task type, model and settings from the prompt.",
}
_INPUTS: Schema = {
    "type": "array",
    "description": (
        "Input images or clips, in order: paths of local files, https URLs, or results of earlier"
        " jobs such as job:41#1."
    ),
    "items": {"type": "string", "minLength": 1, "maxLength": 4096},
    "maxItems": 40,
}
_SETTINGS: Schema = {
    "type": "object",
    "description": "The model's own settings by name, as list_models tells them in fields.",
    "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": LONGEST_PROMPT},
    "maxProperties": 60,
}
_ORDER: dict[str, Schema] = {
    "prompt": _text("What to make.", LONGEST_PROMPT, 1),
    "task_type": _TASK_TYPE,
    "model_id": _text("A model of list_models; without it, the user's preferred model."),
    "version_id": _text("A version of that model; without it, the newest."),
    "n": _number("How many outputs.", 1, 100),
    "input_images": _INPUTS,
    "parameters": _SETTINGS,
    "accept_changes": {
        "type": "boolean",
        "description": "Order although it differs from the prompt, as the error would_change said.",
    },
    "max_credits": _number("Refuse a higher price.", 0, 10**9),
    "project": _text("A label to file the job under.", labels.LONGEST),
}
_OF_A_CALL = ("accept_changes", "max_credits")
_KEY = _text(
    "An id of this order, such as a UUID. A call with the same key and arguments returns the same"
    " job and pays nothing; with other arguments it is refused.",
    200,
    1,
)
_JOB = _number("The number of the job.", 1, 2**53)

TOOLS: tuple[Tool, ...] = (
    Tool(
        "list_models",
        "List models with their settings (fields) and prices in points per output.",
        _object(
            (),
            task_type={"enum": [task_type.value for task_type in TaskType]},
            search=_text("Words of the name, id or features."),
            limit=_number("Models to return; 20 unless given.", 1, 50),
            offset=_number("Models to skip.", 0, 10_000),
        ),
        preferences.list_models,
        reads_only=True,
    ),
    Tool(
        "understand",
        "Tell what a prompt would do: task type, model, settings, doubts. Free.",
        _object(("text",), text=_text("The prompt.", LONGEST_PROMPT, 1), input_images=_INPUTS),
        ordering.understand,
        reads_only=True,
    ),
    Tool(
        "quote",
        "Price a job and tell how it differs from the prompt. Orders nothing; free.",
        _object(
            ("prompt",), **{k: v for k, v in _ORDER.items() if k not in ("max_credits", "project")}
        ),
        ordering.quote,
        reads_only=True,
    ),
    Tool(
        "generate",
        "Order one job for the user's points. Returns when it needs the user's approval or the"
        " service has it; then call wait_job.",
        _object(("prompt", "idempotency_key"), idempotency_key=_KEY, **_ORDER),
        ordering.order,
    ),
    Tool(
        "run_batch",
        "Order several independent jobs at once: all rows, or none where one is wrong. First call"
        " it with dry_run to price them. Call it again with the same arguments to see how they"
        " stand; nothing is paid twice.",
        _object(
            ("rows", "idempotency_key"),
            rows={
                "type": "array",
                "items": _object(
                    ("prompt",), **{k: v for k, v in _ORDER.items() if k not in _OF_A_CALL}
                ),
                "minItems": 1,
                "maxItems": ordering.MOST_ROWS,
            },
            idempotency_key=_KEY,
            dry_run={"type": "boolean", "description": "Only price them; orders nothing."},
            seconds=_number("Wait so long for the ends of all; 0 unless given.", 0, 300),
            **{k: _ORDER[k] for k in _OF_A_CALL},
        ),
        ordering.run_batch,
    ),
    Tool(
        "run_workflow",
        "Make several things of one prompt that feed each other, such as an image and a video of"
        " it, or a film from shots, music and voice-over. The first call returns the workflow, its"
        " price and its hash, and orders nothing. Tell the user; then call it again with the hash"
        " as confirm to order it. Later calls tell how it stands; nothing is paid twice.",
        _object(
            ("prompt", "idempotency_key"),
            idempotency_key=_KEY,
            confirm=_text("The hash that an earlier call returned as confirm.", 64),
            seconds=_number("Wait so long for the ends of all; 0 unless given.", 0, 300),
            **{k: _ORDER[k] for k in ("prompt", "input_images", "project", *_OF_A_CALL)},
        ),
        ordering.run_workflow,
    ),
    Tool(
        "list_jobs",
        "List jobs of the user's ledger, newest first.",
        _object(
            (),
            status={"enum": JOB_STATES, "description": "held: those that need approval."},
            search=_text("Part of the prompt."),
            mine={"type": "boolean", "description": "Only your own jobs; true unless given."},
            limit=_number("Jobs to return; 20 unless given.", 1, 100),
            before=_number("Only jobs with lower numbers.", 1, 2**53),
        ),
        jobs.listed,
        reads_only=True,
    ),
    Tool(
        "get_job",
        "Show one job: state, price, results, timeline, and what to do next.",
        _object(("job_id",), job_id=_JOB),
        jobs.get,
        reads_only=True,
    ),
    Tool(
        "wait_job",
        "Wait for the end of a job, with progress. Returns earlier with the job as it is after the"
        " given seconds; call again while next says so. A job that needs approval waits for the"
        " user.",
        _object(("job_id",), job_id=_JOB, seconds=_number("60 unless given.", 0, 300)),
        jobs.wait,
    ),
    Tool(
        "fetch_results",
        "Download the results of a job into the user's folder; medias then have a path. Free.",
        _object(("job_id",), job_id=_JOB),
        jobs.fetch,
    ),
    Tool(
        "get_preferences",
        "List the user's preferred models by task type.",
        _object(()),
        preferences.listed,
        reads_only=True,
    ),
    Tool(
        "set_preference",
        "Set the user's preferred model of a task type, or clear it without model_id. Only when the"
        " user has asked for it: never from your own choice of a model. The user may be asked to"
        " confirm.",
        _object(
            ("task_type", "words"),
            task_type={"enum": [task_type.value for task_type in TaskType]},
            model_id=_text(
                "A model of list_models; without it, the preference is cleared.", 200, 1
            ),
            words=_text("The user's own words that ask for it, verbatim.", 2_000, 1),
        ),
        preferences.change,
    ),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
