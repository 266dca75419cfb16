"""Guides of the knowledge folder."""

TEXTS: dict[str, str] = {
    "bind.compose_guides": "guides for this prompt",
    "bind.guides_next": "next guide",
    "bind.guides_back": "previous guide",
    "guides.recommended": "recommended by your guides",
    "guides.offered": "guides",
    "guides.cut": "The file continues.",
    "guides.workflow": "workflow design",
    "guides.consistency": "visual consistency",
    "guides.video_modes": "video modes",
    "guides.selection": "model selection",
}
