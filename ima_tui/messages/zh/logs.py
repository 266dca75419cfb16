"""Logs: what the tools of IMA wrote down, and looking through it."""

TEXTS: dict[str, str] = {
    # ---- errors
    "error.pattern": "“{pattern}”不是有效的正则表达式：{reason}。",
    "error.pattern_long": "“{pattern}”太长，或者重复太多。请写短一些。",
    "error.pattern_slow": "“{pattern}”在这些日志上匹配得太慢。请写简单些，少套几层 * 和 +。",
    "error.moment": "看不懂时间“{text}”，可以写 90m、2h、7d、14:05、2026-11-24 或 2026-11-24 14:05。",
    "error.log_level": "没有“{text}”这个级别，是指 {allowed} 吗？",
    "error.logs": "日志文件夹 {folder} 读不了：{reason}。",
    "error.export_exists": "{path} 已经存在。不会覆盖文件，请换个名字。",
    "error.export": "{path} 写不了：{reason}。",
    # ---- verb
    "logs.none": "{folder} 里还没有日志。",
    "logs.exported": "已将 {n} 条日志写到 {path}。",
}
