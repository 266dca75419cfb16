"""Which model a text means: the name it gives, else the one its tier stands for.

A name leads to an id by task type ("Wan" is another model with an image than without), a version
word to a model version or a field. Never a default: what is not named is left to the preferences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ima_tui.catalogue.choice import TIERS, ModelTier
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.records import dataclass
from ima_tui.intent.intent import IntentAlternative, Misplaced
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.names import Named
from ima_tui.intent.preference_phrases import TierPhrase
from ima_tui.intent.scan import Scan
from ima_tui.intent.second_opinion import BY_ROLE

Catalogue = Mapping[TaskType, Sequence[ModelVersion]]
Preferred = Mapping[TaskType, str]
"""The preferred (or the recommended) model id for each task type."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the text."""

    catalogue: Catalogue
    preferred: Preferred
    recommended: Preferred
    settled: TaskType | None = None
    label: str = ""
    """What the second opinion says that it is."""

    @property
    def assumed(self) -> Medium | None:
        """The medium that the second opinion names; None for any other label."""
        if self.label in BY_ROLE:
            return Medium.VIDEO
        return Medium(self.label) if self.label in Medium.__members__.values() else None

    def task_type(self, inputs: int) -> TaskType | None:
        """The task type that is settled, or that the second opinion names for so many inputs."""
        named = BY_ROLE.get(self.label)
        fits = named is not None and inputs >= named.inputs[0]
        return self.settled or (named if fits else None)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """`version` is the version word where it picks a version of the family; `named` is False
    where only a tier or a kind stands for the model; `picked` says that it was named outright."""

    model_id: str
    start: int = 0
    end: int = 0
    version: str = ""
    named: bool = True
    picked: bool = False
    field: tuple[str, str] | None = None
    alternatives: tuple[IntentAlternative, ...] = ()


def named_model(scan: Scan, asked: MediaRequest, medium: Medium | None) -> Named | None:
    """The name that counts for `medium`: one that is asked for outright before one that is only
    mentioned; of several the first."""
    fitting = [
        name
        for name in scan.names
        if not name.rejected
        and name.family is not None
        and name.start < asked.spoken_from
        and (medium is None or name.medium is medium)
        and not _is_elsewhere(scan, asked, name)
    ]
    return next((name for name in fitting if name.cued), fitting[0] if fitting else None)


def model_of(named: Named, task_type: TaskType | None) -> ModelChoice:
    """The model id, version and field that a name leads to for a task type."""
    family = named.family
    if named.exact or family is None:
        return ModelChoice(named.exact, named.start, named.end, picked=named.cued)
    version = named.version if named.version in family.versions else ""
    model_id = family.model_id(version, task_type)
    value = family.field_values.get(named.version)
    others = () if named.version else family.model_ids()
    return ModelChoice(
        model_id,
        named.start,
        named.end,
        version=named.version if family.models else "",
        picked=named.cued,
        field=(family.field_name, value) if value else None,
        alternatives=tuple(
            IntentAlternative("model", other) for other in others if other != model_id
        ),
    )


def background_music(scan: Scan, asked: MediaRequest) -> ModelChoice | None:
    """Background music has a model of its own, by the words alone."""
    for clause in scan.clauses:
        for item in clause.items:
            if item.start < asked.spoken_from and item.has("background"):
                return ModelChoice("GenBGM", item.start, item.end, named=False)
    return None


def tier_model(phrase: TierPhrase, task_type: TaskType, is_song: bool) -> ModelChoice | None:
    """The model a tier stands for, for this task type, where there is one."""
    model_id = TIERS[task_type].get(phrase.tier)
    if task_type is TaskType.TEXT_TO_MUSIC and phrase.tier is ModelTier.BUDGET and is_song:
        model_id = "GenSong"
    return ModelChoice(model_id, phrase.start, phrase.end, named=False) if model_id else None


def absent_names(scan: Scan, asked: MediaRequest) -> tuple[str, ...]:
    """Names of models that nobody here offers, as they were written."""
    found = [n for n in scan.names if not n.rejected and _is_absent(n)]
    spans = [scan.plain.span(n.start, n.end) for n in found if n.start < asked.spoken_from]
    spans += _unknown(scan, asked)
    return tuple(dict.fromkeys(scan.plain.original[start:end].strip() for start, end in spans))


_NAME = (
    r"(?P<name>[a-z][\w+-]*(?:\.\d+)?(?:[ -]v?\d[\w.]*)?"
    r"(?: (?:pro|max|turbo|fast|ultra|mini|lite))?)"
)
_MAKE = r"(?:来|帮我|给我)?(?:生成|做|画|制作|拍|创作)"
_CALLED_MODEL = (
    re.compile(rf"\b(?:use|using|via|run|try)\s+(?:the\s+)?{_NAME}\s+(?:ai\s+)?model\b"),
    re.compile(rf"用(?P<name>[^\s,。:;、用的了]{{2,8}}?)(?:这个|的)?模型{_MAKE}"),
    re.compile(rf"用\s*{_NAME}\s*模型\s*{_MAKE}"),
)
_PERHAPS = (
    re.compile(
        rf"\b(?:use|using|via)\s+{_NAME}\s*(?:,|:|to (?:make|generate|create|draw|animate))"
    ),
    re.compile(rf"\bmodel\s*[:=]\s*{_NAME}|模型\s*[:=]\s*{_NAME.replace('name', 'named')}"),
    re.compile(rf"用\s*{_NAME}\s*{_MAKE}"),
)
_NO_NAME = frozenset(
    [
        "ai",
        "3d",
        "2d",
        "cg",
        "c4d",
        "vr",
        "ps",
        "a",
        "an",
        "the",
        "this",
        "that",
        "same",
        "any",
        "other",
        "another",
        "best",
        "cheapest",
        "default",
        "new",
        "latest",
        "fastest",
        "preferred",
        "recommended",
        "premium",
        "budget",
        "right",
        "good",
        "better",
        "different",
        "video",
        "image",
        "music",
        "speech",
        "text",
        "it",
        "them",
        "both",
        "these",
        "those",
        "one",
        "photo",
        "picture",
        "my",
        "your",
        "our",
        "all",
    ]
)
_NO_NAME_ZH = re.compile(
    "[最好快贵新]|便宜|默认|推荐|这|那|什么|其他|别的|高级|合适|视频|图|音乐|语音|人物"
)


def _unknown(scan: Scan, asked: MediaRequest) -> list[tuple[int, int]]:
    """What stands where a model is named ("use Foo 3 to make", 用飞影模型做), and is unknown."""
    spans: list[tuple[int, int]] = []
    text = scan.text[: asked.spoken_from]
    for pattern in (*_CALLED_MODEL, *_PERHAPS):
        for found in pattern.finditer(text):
            group = "name" if found["name"] else "named"
            start, end = found.span(group)
            known = any(name.start < end and start < name.end for name in scan.names)
            span = scan.plain.span(start, end)
            written = scan.plain.original[slice(*span)]
            if not known and _is_name(found[group], written, outright=pattern in _CALLED_MODEL):
                spans.append(span)
    return spans


def _is_name(folded: str, written: str, *, outright: bool) -> bool:
    """Not "use watercolor to draw": a name is called a model, has a capital or a number."""
    if folded.split()[0] in _NO_NAME or _NO_NAME_ZH.search(folded):
        return False
    return outright or written[:1].isupper() or any(c.isdigit() for c in folded)


def misplaced(scan: Scan, asked: MediaRequest) -> tuple[Misplaced, ...]:
    """Models that the text asks for, and that make none of the media it asks for."""
    media = set(asked.media)
    if not media:
        return ()
    return tuple(
        Misplaced(model_of(name, None).model_id, name.medium, scan.plain.span(name.start, name.end))
        for name in scan.names
        if name.family is not None
        and not name.rejected
        and (name.medium not in media or _is_elsewhere(scan, asked, name))
        and name.start < asked.spoken_from
        and _is_meant(scan, name)
    )


def _is_elsewhere(scan: Scan, asked: MediaRequest, name: Named) -> bool:
    """ "a poster with Wan, animate it with Midjourney": each is named for what the other makes."""
    if len(asked.wants) < 2:
        return False
    clause = next((c for c in scan.clauses if c.start <= name.start < c.end), None)
    made = {want.medium for want in asked.wants if clause and want.clause == clause.index}
    return bool(made) and name.medium not in made


def _is_meant(scan: Scan, name: Named) -> bool:
    """Not a style ("the Midjourney look") nor what is shown ("a poster of Sora's logo")."""
    if _STYLE_BEHIND.match(scan.text, name.end) or _SHOWN_BEFORE.search(
        scan.text[max(0, name.start - _NEAR) : name.start]
    ):
        return False
    return name.cued or not name.everyday


_STYLE_BEHIND = re.compile(
    r"(?:'s)?\s*(?:-|的)?\s*(?:style|like\b|look\b|vibe|aesthetic|feel\b|logo|mascot|inspired"
    r"|风格|画风|那种|味|质感|标志|图标)"
)
_NEAR = 40
_SHOWN_BEFORE = re.compile(
    r"(?:\b(?:like|of|about|for|from|from my|by the|style of|inspired by|made (?:in|with|by))"
    r"|关于|像|介绍|类似)\s*(?:a |an |the )?$"
)


def _is_absent(named: Named) -> bool:
    """A brand from elsewhere, or a version of ours that there is not."""
    return named.family is None or bool(named.told_version and not named.version)
