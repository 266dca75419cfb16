"""Logs: what the tools of IMA wrote down, and looking through it."""

TEXTS: dict[str, str] = {
    # ---- errors
    "error.pattern": "“{pattern}” is no valid pattern: {reason}.",
    "error.pattern_long": "“{pattern}” is too long a pattern, or repeats too much. Make it shorter.",
    "error.pattern_slow": "“{pattern}” takes too long on these lines. Make it simpler: fewer * and + inside one another.",
    "error.moment": "“{text}” is no time that is understood here: 90m, 2h, 7d, 14:05, 2026-11-24 or 2026-11-24 14:05.",
    "error.log_level": "There is no level “{text}”: did you mean {allowed}?",
    "error.logs": "The log folder {folder} can't be read: {reason}.",
    "error.export_exists": "{path} exists already. Name a file that does not, nothing is overwritten.",
    "error.export": "{path} can't be written: {reason}.",
    # ---- verb
    "logs.none": "Nothing has been logged in {folder} yet.",
    "logs.exported": "{n} entries written to {path}.",
}
