"""Logs: what the tools of IMA wrote down, and looking through it."""

TEXTS: dict[str, str] = {
    # ---- errors
    "error.pattern": "“{pattern}” is no valid pattern: {reason}.",
    "error.pattern_long": "“{pattern}” is too long a pattern, or repeats too much. Make it shorter.",
    "error.pattern_slow": "“{pattern}” takes too long on these lines. Make it simpler: fewer * and + inside one another.",
}
