"""Verbs for scripts and operators."""

TEXTS: dict[str, str] = {
    "error.usage": "{program}: {text}",
    "error.usage_unknown": "unknown: {words}.",
    "error.usage_missing": "missing: {words}.",
    "error.usage_value": "{name} needs a value.",
    "error.usage_choice": "{name} can't be {value}.",
    "error.usage_both": "{name} can't be combined with {words}.",
    "error.usage_no_value": "{name} takes no value.",
    "error.usage_word": "{name}: {words}",
    "error.usage_near": "Did you mean {near}?",
    "error.usage_known": "Choose from: {known}.",
    "error.interrupted_early": "Interrupted. Nothing was sent.",
    "error.interrupted_jobs": "Interrupted. Jobs of this run are kept: {ids}.",
    "error.interrupted_jobs.hint": "Follow them with: ima-tui jobs wait",
}
