"""Logs: what the tools of IMA wrote down, and looking through it."""

TEXTS: dict[str, str] = {
    # ---- errors
    "error.pattern": "“{pattern}”不是有效的正则表达式：{reason}。",
    "error.pattern_long": "“{pattern}”太长，或者重复太多。请写短一些。",
    "error.pattern_slow": "“{pattern}”在这些日志上匹配得太慢。请写简单些，少套几层 * 和 +。",
}
