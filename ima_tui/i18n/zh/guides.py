"""Guides of the knowledge folder."""

TEXTS: dict[str, str] = {
    "bind.compose_guides": "这个想法的指南",
    "bind.guides_next": "下一篇",
    "bind.guides_back": "上一篇",
    "guides.recommended": "指南推荐",
    "guides.offered": "指南",
    "guides.cut": "文件里还有更多。",
    "guides.workflow": "流程设计",
    "guides.consistency": "画面一致",
    "guides.video_modes": "视频模式",
    "guides.selection": "选模型",
}
