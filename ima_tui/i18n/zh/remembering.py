"""What is remembered of models: saved, asked about, forgotten."""

TEXTS: dict[str, str] = {
    "remember.ask": "你平时用 {before}，这次是 {model}。",
    "remember.ask_how": "想以后一直用它：ima-tui prefs set {task} {model_id}",
    "remember.nothing": "之前没有记住任何模型，不用清除。",
    "route.ask": "  你平时用 {before}；这次用 {model}，不会记住。",
    "route.kept": "  以后 {task} 都会用 {model}。",
    "error.remember_absent": "现在没有 {model}，所以没法记住它。",
    "error.remember_absent.hint": "可用的模型：ima-tui models",
    "error.remember_which": "记住的有好几种：{kinds}。",
    "error.remember_which.hint": "请说明是图片、视频还是音乐，或者用：ima-tui prefs clear",
}
