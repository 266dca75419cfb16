"""What a text says about models in general: a tier, and what is to be remembered.

Rules of the founding document: "always use X", 默认用X, 换成X, 我喜欢X save; "the best", 推荐一个,
换个试试 without a name clear; "just this once" saves nothing. A bare "use X" with nothing to make
saves too, since it can mean nothing else; beside a request for something it only picks the model.

Requests about the preferred model have a small grammar: a clause belongs to one where nothing is
left in it but models, media and the words of `_ENGLISH` and `_CHINESE`. So "draw a fox who always
smiles" asks for a fox, and "always use Kling for clips" asks for nothing but a default.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

from ima_tui.catalogue.choice import ModelTier
from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent.kinds import PreferenceAction
from ima_tui.intent.media import MediaRequest
from ima_tui.intent.names import Named
from ima_tui.intent.scan import (
    NAME,
    Clause,
    Item,
    Scan,
)
from ima_tui.intent.tokens import is_chinese
from ima_tui.intent.vocabulary import vocabulary
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


def _marks(scan: Scan, asked: MediaRequest, action: str) -> list[tuple[Clause, int, Item]]:
    tag = f"preference.{action}"
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
    for action in ("save", "switch"):
        for clause, place, item in _marks(scan, asked, action):
            name = _name_after(scan, clause, place, names)
            if name is None and action == "save":
                name = _name_meant(clause, place, names)
            if name is not None and scan.text[name.end : name.end + 11].lstrip().startswith(_STYLE):
                continue  # "I like the Midjourney style" is about pictures
            if name is not None:
                is_lasting = action == "save"
                return PreferenceRequest(
                    PreferenceAction.SAVE, name, item.start, item.end, is_lasting
                )
    for clause, _, item in _marks(scan, asked, "save_after"):
        before = [n for n in names if clause.start <= n.start < item.start]
        before = before or [n for n in names if n.start < item.start and item is clause.items[0]]
        if before:
            return PreferenceRequest(PreferenceAction.SAVE, before[-1], item.start, item.end, True)
    return None


_STYLE = ("style", "look", "vibe", "aesthetic", "feel", "风格", "画风", "那种", "味")


def _name_after(scan: Scan, clause: Clause, place: int, names: list[Named]) -> Named | None:
    """The name that a request leads to, with nothing between that would be the thing liked."""
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


_LONGEST = 24
"""Clauses of the longest text that is read for it."""

_SPARE = 3
"""Words more that may be left where it is known what the text is about."""

_STANDING = re.compile(
    r"\b(?:always|defaults?|from (?:now|here|today|this point)(?: on)?|going forward|future"
    r"|hence\s?forth|hereafter|onwards?|(?:every|each|any) ?time|when ?ever|(?:if|when) i (?:ask"
    r"|want|need)"
    r"|prefer(?:red|s|ence|ences)?|favou?rite|go ?-?to|standard|usual|remember(?:ed)?|(?:keep"
    r"|bear) in mind"
    r"|(?:make a |take )?note (?:that|down|it)|stick (?:with|to)|unless i|until further"
    r"|(?:switch|change) (?:my|the) (?:\w+ )?model|permanently|for good|as my|my (?:main|primary"
    r"|regular|usual)|save|exclusively"
    r"|for (?:all|every|any)|all (?:my|of my|future)|set (?:\w+ ){0,5}(?:to|as))\b"
    r"|以后|今后|往后|之后|make it stick|从今|从现在|从此|默认|预设|缺省|首选|偏好|偏爱|记住"
    r"|记一下|记得|记着|一律|每次|每回|习惯"
    r"|固定|统一|都用|常用|总是|一直|长期|永远|最喜欢|最爱|喜欢用|设为|设成|设置|设定|指定|锁定"
    r"|都找|都交给|专用|存为|保存"
)
_OFF = (
    r"(?:forget|reset|clear|remove|delete|unset|drop|cancel|undo|erase|wipe|lose|discard|revoke"
    r"|get rid of|take (?:away|off|back)|stop|quit|disable|turn off)"
)
_KEPT = (
    r"(?:default|prefer|favou?rite|saved|remember|standard|model|choice|setting|as my|always|using"
    r"|for everything)"
)
_CLEAR = re.compile(
    rf"\b{_OFF}\b.*{_KEPT}|\bno longer\b"
    r"|\bno (?:more )?(?:saved |stored )?(?:default|fixed|preferred)"
    r"|\b(?:don't|do not) want (?:a|any|the)\b.*\b(?:default|fixed|preferred)|\b(?:don't|do not"
    r"|not|never|shouldn't|needn't)\b.*\b(?:always"
    r"|defaults?|any ?more|any longer|every time|automatically|remember|as my|prefer|keep|stick"
    r"|for everything)\b"
    r"|(?:清除|清空|清掉|取消|忘掉|忘记|忘了|删掉|删除|去掉|撤销|撤掉|移除|重置|还原|解除"
    r"|恢复).*(?:默认|预设|偏好|首选|设置|记住|习惯|推荐|模型)"
    r"|(?:默认|预设|偏好|首选|记住|设置).*(?:清除|清空|清掉|取消|忘掉|忘了|删|去掉|撤销|移除|重置"
    r"|还原|关掉|不要了)"
    r"|(?:默认|预设|偏好|首选|以后|之前|说过|总是).*(?:唔要|删咗|作废|不作数|不算数|收回)"
    r"|(?:别|不要|不用|不再|不想|不必|无需|停止|停用).*(?:默认|预设|记住|记着|记得|一直|总|都用"
    r"|每次|首选|固定|以后|再)"
    r"|(?:以后|今后|从现在).*(?:别|不要|不用|不再|不想)"
)
_AUTOMATIC = re.compile(
    r"\bauto(?:matic(?:ally)?)?\b|\blet (?:the )?(?:app|it|you|ima|system|program|studio)\b.*"
    r"\b(?:pick|choose|decide|select)|\byou (?:decide|choose|pick|select)\b"
    r"|\b(?:pick|choose|decide|select)\b.*\b(?:for me|yourself|whatever|whichever)\b"
    r"|\b(?:back|return|revert|reset)\b.*\b(?:default|recommended|standard|normal|factory)s?\b"
    r"|自动|你来选|你来定|你选|你定|你决定|系统选|系统决定|帮我选|随你|恢复默认"
)
_ABOUT = re.compile(r"model|default|prefer|standard|模型|默认|预设|偏好|首选|偏爱")
_CLOSED = ("polite", "use", "model_word", "neg", "seq", "and", "but", "with", "this", "pronoun",
           "object", "purpose", "given", "stop", "reference")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PreferenceRequest:
    """`name` is the model that is to be kept; None for clear."""

    action: PreferenceAction
    name: Named | None
    start: int
    end: int
    is_lasting: bool = False
    """Said for all times ("always use"), not by a change of model (换成)."""
    pure: bool = False
    """The text is about nothing else."""
    medium: Medium | None = None
    """Of a model that is not to be kept any longer."""


@dataclass(frozen=True, slots=True)
class _Said:
    clause: Clause
    left: int
    """Words that have nothing to do with preferences."""
    names: tuple[Named, ...]
    sets: bool
    clears: bool

    def counts(self, spare: int) -> bool:
        told = self.sets or self.clears
        return (told and self.left <= 1 + spare) or (bool(self.names) and self.left <= spare)


def read_request(
    scan: Scan, asked: MediaRequest, inputs: int, known: bool = False
) -> PreferenceRequest | None:
    """What the text says about the model that is to be kept, in clauses of its own. `known`: that
    it does so is known already."""
    if len(scan.clauses) > _LONGEST:
        return None
    said = [_said(scan, clause) for clause in scan.clauses if clause.start < asked.spoken_from]
    kept_that = any(s.sets and not s.left and not s.names for s in said)
    spare = _SPARE if known else int(kept_that)
    told = [each for each in said if each.counts(spare)]
    kept = [n for each in told if not each.clears for n in each.names if not n.rejected]
    start, end = (told[0].clause.start, told[-1].clause.end) if told else (0, 0)
    mine = {each.clause.index for each in told}
    rest = [each for each in said if each not in told]
    asks = any(want.asked and want.clause not in mine for want in asked.wants)
    pure = not inputs and (known or (not asks and not any(each.left for each in rest)))
    if kept and (known or any(each.sets and not each.clears for each in told)):
        return PreferenceRequest(PreferenceAction.SAVE, kept[-1], start, end, True, pure)
    if kept or not any(each.clears for each in told):
        return None
    dropped = next((n.medium for each in told for n in each.names), None)
    about = dropped is not None or _ABOUT.search(scan.text, start, end) is not None
    if not about:
        return None
    return PreferenceRequest(PreferenceAction.CLEAR, None, start, end, True, pure, dropped)


MOST_LEFT = 50
"""Words of a clause that are counted: more tell no more of it."""


def _said(scan: Scan, clause: Clause) -> _Said:
    names = tuple(n for n in scan.names if clause.start <= n.start < clause.end)
    before = scan.clauses[clause.index - 1] if clause.after.isalnum() and clause.index else clause
    start = before.start if before.items[-1].has("neg") else clause.start
    text = scan.text[start : clause.end]  # 不要 | 再默认用X
    unknown = (item for item in clause.items if not _is_known(item))
    left = sum(1 for _ in islice(unknown, MOST_LEFT))
    clears = _CLEAR.search(text) is not None
    automatic = _AUTOMATIC.search(text) is not None and not names
    return _Said(clause, left, names, _STANDING.search(text) is not None, clears or automatic)


def _is_known(item: Item) -> bool:
    """A model, a medium, or a word that such requests are made of."""
    if item.has(NAME, *_CLOSED) or item.under("noun") or item.under("preference"):
        return True
    if item.under("verb") or not item.phrase[0].isalnum():
        return item.phrase[0] >= " "
    known = _words()
    if is_chinese(item.phrase):
        return known.issuperset(item.phrase)
    return all(word in known for word in item.phrase.split())


@cache
def _words() -> frozenset[str]:
    """The words, and single Chinese characters, that say nothing of their own in a request."""
    return frozenset(vocabulary().around["of_preferences"])
