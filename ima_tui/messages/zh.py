"""Chinese (simplified)."""

TEXTS: dict[str, str] = {
    # ---- app
    "app.offline": "连不上 IMA",
    "app.custom": "自定义服务",
    "app.points_out": "在途 {points} 点",
    "app.points_out_short": "{points} 点",
    "app.palette": "想做什么？",
    "app.theme": "配色：{theme}",
    "app.copied": "已送往终端的剪贴板。",
    # ---- place
    "place.models": "模型",
    "place.compose": "创作",
    "place.queue": "队列",
    "place.preferences": "偏好",
    # ---- bind
    "bind.go_models": "去「模型」",
    "bind.go_compose": "去「创作」",
    "bind.go_queue": "去「队列」",
    "bind.go_preferences": "去「偏好」",
    "bind.help": "帮助",
    "bind.palette": "全部操作",
    "bind.quit": "退出",
    "bind.leave": "离开输入框",
    "bind.close": "关闭",
    "bind.yes": "好",
    "bind.no": "不要",
    # ---- help
    "help.focus": "在这个列表或输入框里",
    "help.here": "在「{place}」里",
    "help.everywhere": "任何地方",
    "help.typing": "正在输入时，按 esc 把按键交还给页面；\nf1 f2 f3 f5 随时可以换页。",
}
