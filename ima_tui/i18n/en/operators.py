"""Texts for scripts and operators: notifications, names of results, uploads, checks."""

TEXTS: dict[str, str] = {
    "setting_group.notify": "Notifications",
    "setting.notify.command": "Program that is run when a job ends: a list of the program and its arguments, without a shell. The job is JSON on its stdin.",
    "setting_name.notify.command": "Command",
    "setting.notify.webhook": "https address that gets the job as JSON by POST when it ends, without your key, prompt and paths. Empty: none.",
    "setting_name.notify.webhook": "Webhook",
    "setting.results.name": "File names of results, from {{date}} {{time}} {{job}} {{task}} {{task_type}} {{model}} {{prompt}} {{index}}. Needs {{index}}, and {{job}} or {{task}}.",
    "setting_name.results.name": "File names",
    "setting.results.embed": "Write prompt, model and parameters into downloaded PNG, JPEG, WebP and MP4 files. Whoever has the file can read them.",
    "setting_name.results.embed": "Save prompt inside result",
    "event.notified": "Notification sent",
    "error.command_start": "The notification command can't be started: {reason}.",
    "error.command_slow": "The notification command was stopped after {seconds} s.",
    "error.command_failed": "The notification command failed with exit code {code}.",
    "error.webhook_address": "The webhook is not an https address on a public host.",
    "error.webhook_unreachable": "The webhook can't be reached.",
    "error.webhook_refused": "The webhook answered with HTTP {status}.",
}
