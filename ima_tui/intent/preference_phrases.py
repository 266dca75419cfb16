"""What a text says about models in general: a tier, and what is to be remembered.

Rules of the founding document: "always use X", 默认用X, 换成X, 我喜欢X save; "the best", 推荐一个,
换个试试 without a name clear; "just this once" saves nothing. A bare "use X" with nothing to make
saves too, since it can mean nothing else; beside a wish for something it only picks the model.
"""

from __future__ import annotations

from ima_tui.catalogue.choice import ModelTier
from ima_tui.core.records import dataclass
from ima_tui.intent.kinds import PreferenceAction
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.names import Named
from ima_tui.intent.preference_grammar import PreferenceRequest, read_request
from ima_tui.intent.scan import (
    NAME,
    Clause,
    Item,
    Scan,
)
from ima_tui.intent.wants import medium_of

_REACH = 8
"""Items between "always use" and the name that still belong together."""


@dataclass(frozen=True, slots=True)
class TierPhrase:
    """A tier (budget, premium, artistic) and where the folded text names it."""

    tier: ModelTier
    start: int
    end: int


def read_tier(scan: Scan, asked: MediaRequest) -> TierPhrase | None:
    """Budget, premium or artistic, where the words are about the model or the result."""
    for clause in scan.clauses if "tier" in scan.sections else ():
        if clause.start >= asked.spoken_from:
            break
        for place, item in enumerate(clause.items):
            name = item.under("tier")
            if name and _about_model(clause, place):
                return TierPhrase(ModelTier(name), item.start, item.end)
    return None


def _about_model(clause: Clause, place: int) -> bool:
    item = clause.items[place]
    if not item.has("tier_needs.model"):
        return True
    rest = clause.items[place + 1 :]
    if not rest:
        return place == 0 or not _is_predicate(clause.items[:place])
    for following in rest[:5]:
        if following.has("model_word") or medium_of(following) is not None:
            return True
        if following.under("verb") and not following.under("noun"):
            return True
        if following.phrase in ("的", "一", "点", "些", "style", ",") or following.has(
            "polite", "tier_skip"
        ):
            continue
        opens = all(item.has("polite") for item in clause.items[:place])
        return opens and rest[0].has("and") and len(rest) == 2  # "cheap and quick:"
    return True


def _is_predicate(before: tuple[Item, ...]) -> bool:
    """ "the watch is cheap": about something else."""
    told = [item for item in before if not item.has("polite")]
    return bool(told) and not told[-1].tags and len(told) > 2


def read_preference(
    scan: Scan, asked: MediaRequest, inputs: int, known: bool = False
) -> PreferenceRequest | None:
    """What is to be remembered or forgotten. `known`: the text is about that."""
    names = [
        name
        for name in scan.names
        if not name.rejected
        and name.start < asked.spoken_from
        and not (name.everyday and asked.wants and name.medium not in asked.media)
    ]
    once = _once(scan, asked, names)
    kept = once or read_request(scan, asked, inputs, known) or _save(scan, asked, names)
    if kept is not None:
        return kept
    if cleared := _clear(scan, asked):
        return cleared
    if not asked.wants and names and names[-1].cued:
        name = names[-1]
        return PreferenceRequest(PreferenceAction.SAVE, name, name.start, name.end)
    return None


def _marks(scan: Scan, asked: MediaRequest, wish: str) -> list[tuple[Clause, int, Item]]:
    tag = f"wish.{wish}"
    if tag not in scan.tags:
        return []
    return [
        (clause, place, item)
        for clause in scan.clauses
        if clause.start < asked.spoken_from
        for place, item in enumerate(clause.items)
        if tag in item.tags
    ]


def _once(scan: Scan, asked: MediaRequest, names: list[Named]) -> PreferenceRequest | None:
    for _, _, item in _marks(scan, asked, "once"):
        if names:
            name = min(names, key=lambda n: abs(n.start - item.start))
            return PreferenceRequest(PreferenceAction.ONCE, name, item.start, item.end)
    return None


def _save(scan: Scan, asked: MediaRequest, names: list[Named]) -> PreferenceRequest | None:
    for wish in ("save", "switch"):
        for clause, place, item in _marks(scan, asked, wish):
            name = _name_after(scan, clause, place, names)
            if name is None and wish == "save":
                name = _name_meant(clause, place, names)
            if name is not None and scan.text[name.end : name.end + 11].lstrip().startswith(_STYLE):
                continue  # "I like the Midjourney style" is about pictures
            if name is not None:
                standing = wish == "save"
                return PreferenceRequest(
                    PreferenceAction.SAVE, name, item.start, item.end, standing
                )
    for clause, _, item in _marks(scan, asked, "save_after"):
        before = [n for n in names if clause.start <= n.start < item.start]
        before = before or [n for n in names if n.start < item.start and item is clause.items[0]]
        if before:
            return PreferenceRequest(PreferenceAction.SAVE, before[-1], item.start, item.end, True)
    return None


_STYLE = ("style", "look", "vibe", "aesthetic", "feel", "风格", "画风", "那种", "味")


def _name_after(scan: Scan, clause: Clause, place: int, names: list[Named]) -> Named | None:
    """The name that a wish leads to, with nothing between that would be the thing liked."""
    rest = clause.items[place + 1 : place + 1 + _REACH]
    if not rest and clause.index + 1 < len(scan.clauses):
        rest = scan.clauses[clause.index + 1].items[:_REACH]  # "from now on, use Sora"
    for item in rest:
        if item.has(NAME):
            return next((name for name in names if name.start == item.start), None)
        if not item.tags and item.phrase not in ("the", "都", "model", "of"):
            return None
        if item.phrase in ("a", "an"):
            return None
    return None


def _name_meant(clause: Clause, place: int, names: list[Named]) -> Named | None:
    """ "… with Kling O1, always use it": the model that was named last, where nothing follows."""
    rest = clause.items[place + 1 :]
    if len(rest) != 1 or not rest[0].has("pronoun"):
        return None
    return next((name for name in reversed(names) if name.end <= clause.items[place].start), None)


def _clear(scan: Scan, asked: MediaRequest) -> PreferenceRequest | None:
    for clause, place, item in _marks(scan, asked, "clear"):
        if any(each.has(NAME) for each in clause.items[place:]):
            continue
        if _is_content(clause, place) or _is_worked_on(clause, place):
            continue
        return PreferenceRequest(PreferenceAction.CLEAR, None, item.start, item.end, True)
    return None


def _is_worked_on(clause: Clause, place: int) -> bool:
    """ "animate the best one": one of the results, not a model."""
    before = clause.items[place - 1] if place else None
    return before is not None and bool(before.under("verb")) and not before.has("use")


def _is_content(clause: Clause, place: int) -> bool:
    """用最好的食材…, "another model railway": the words go on to something else."""
    rest = clause.items[place + 1 :]
    if not rest:
        return False
    following = rest[0]
    if following.phrase in (
        "的",
        "吧",
        "就",
        "来",
        "for",
        "to",
        "which",
        "what",
        "and",
        "you",
        "available",
        "in",
        "then",
        "是",
        "here",
        "of",
        "that",
        "呢",
        "了",
        "去",
    ):
        return False
    known = following.has("polite", "seq", "model_word", "use") or following.under("verb")
    is_known = bool(known) or following.phrase in (
        "一",
        "个",
        "款",
        "几",
        "下",
        "another",
        "a",
        "the",
    )
    return not (is_known or medium_of(following) is not None or following.under("number"))
