"""Verbs for scripts and operators."""

TEXTS: dict[str, str] = {
    "error.usage": "{program}：{text}",
    "argparse.near": "是否想输入 {near}？",
    "error.interrupted_early": "已中断，没有发送任何任务。",
    "error.interrupted_jobs": "已中断，本次运行的任务已保留：{ids}。",
    "error.interrupted_jobs.hint": "继续跟踪：ima-tui jobs wait",
}
