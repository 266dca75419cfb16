"""Verbs for scripts and operators."""

TEXTS: dict[str, str] = {
    "error.usage": "{program}：{text}",
    "error.usage_unknown": "无法识别：{words}。",
    "error.usage_missing": "缺少：{words}。",
    "error.usage_value": "{name} 需要一个值。",
    "error.usage_choice": "{name} 不能是 {value}。",
    "error.usage_both": "{name} 不能与 {words} 同时使用。",
    "error.usage_no_value": "{name} 不接受值。",
    "error.usage_word": "{name}：{words}",
    "error.usage_near": "是否想输入 {near}？",
    "error.usage_known": "可选：{known}。",
    "error.interrupted_early": "已中断，没有发送任何任务。",
    "error.interrupted_jobs": "已中断，本次运行的任务已保留：{ids}。",
    "error.interrupted_jobs.hint": "继续跟踪：ima-tui jobs wait",
}
