"""What a text can ask for, how sure that is, and what may have to be asked first."""

from __future__ import annotations

from enum import StrEnum


class RequestKind(StrEnum):
    """What a text asks for: one job, several, an answer, a preference, or a question back."""

    SINGLE = "single"
    WORKFLOW = "workflow"
    CLARIFY = "clarify"
    PREFERENCE = "preference"
    """Nothing is to be made: only what is remembered changes."""
    QUESTION = "question"
    """Nothing is to be made: somebody asks what can be made, or what it costs."""


class Confidence(StrEnum):
    """Whether an intent can be acted on without asking. An open question is always `unsure`."""

    SURE = "sure"
    UNSURE = "unsure"


class IntentQuestion(StrEnum):
    """What has to be asked before anything can be made."""

    MEDIA_TYPE = "media_type"
    IMAGE_ROLES = "image_roles"
    MISSING_INPUT = "missing_input"


class PreferenceAction(StrEnum):
    """What a text says about the preferred model."""

    SAVE = "save"
    CLEAR = "clear"
    ONCE = "once"
