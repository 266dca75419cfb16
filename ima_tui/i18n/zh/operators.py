"""Texts for scripts and operators: notifications, names of results, uploads, checks."""

TEXTS: dict[str, str] = {
    "setting_group.notify": "通知",
    "setting.notify.command": "任务结束时运行的程序：程序和参数的列表，不经过 shell。任务以 JSON 写入其标准输入。",
    "setting_name.notify.command": "命令",
    "setting.notify.webhook": "任务结束时以 POST 接收任务 JSON 的 https 地址，不含密钥、提示词和本机路径。留空则不发送。",
    "setting_name.notify.webhook": "Webhook 地址",
    "setting.results.name": "作品的文件名，可用 {{date}} {{time}} {{job}} {{task}} {{task_type}} {{model}} {{prompt}} {{index}}。须含 {{index}}，以及 {{job}} 或 {{task}}。",
    "setting_name.results.name": "文件名",
    "setting.results.embed": "将提示词、模型和参数写入下载的 PNG、JPEG、WebP 和 MP4 文件。得到文件的人都能读到。",
    "setting_name.results.embed": "提示词写入作品",
    "event.notified": "已发送通知",
    "error.command_start": "通知命令无法启动：{reason}。",
    "error.command_slow": "通知命令运行超过 {seconds} 秒，已停止。",
    "error.command_failed": "通知命令失败，退出码 {code}。",
    "error.webhook_address": "Webhook 不是公网主机的 https 地址。",
    "error.webhook_unreachable": "无法连接 Webhook。",
    "error.webhook_refused": "Webhook 返回 HTTP {status}。",
}
