"""Preferred models: set, asked about, cleared."""

TEXTS: dict[str, str] = {
    "remember.ask": "你的偏好模型是 {before}，这次用的是 {model}。",
    "remember.ask_how": "以后都用 {model_id}：ima-tui prefs set {task} {model_id}",
    "remember.nothing": "没有设置过偏好模型，无需清除。",
    "route.ask": "  你的偏好模型是 {before}；这次改用 {model}。",
    "route.kept": "  会将 {model} 设为{task}的偏好模型。",
    "error.remember_absent": "{model} 目前不可用，不能设为偏好模型。",
    "error.remember_absent.hint": "可用的模型：ima-tui models",
    "error.remember_which": "可能是以下任意一种：{kinds}。",
    "error.remember_which.hint": "请说明是图片、视频还是音乐，或使用：ima-tui prefs clear",
}
