"""Guides of the knowledge folder."""

TEXTS: dict[str, str] = {
    "bind.compose_guides": "相关指南",
    "bind.guides_next": "下一篇",
    "bind.guides_back": "上一篇",
    "guides.recommended": "指南推荐",
    "guides.offered": "指南",
    "guides.cut": "文件未完。",
    "guides.workflow": "工作流设计",
    "guides.consistency": "画面一致性",
    "guides.video_modes": "视频模式",
    "guides.selection": "模型选择",
}
