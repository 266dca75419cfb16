"""Verbs for scripts and operators."""

TEXTS: dict[str, str] = {
    "error.usage": "{program}: {text}",
    "argparse.near": "Did you mean {near}?",
    "error.interrupted_early": "Interrupted. Nothing was sent.",
    "error.interrupted_jobs": "Interrupted. Jobs of this run are kept: {ids}.",
    "error.interrupted_jobs.hint": "Follow them with: ima-tui jobs wait",
}
