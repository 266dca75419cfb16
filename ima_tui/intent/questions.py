"""Questions about what can be made and what it costs: they are answered, and nothing is made.

"Can you make videos?" asks; "can you make a video of a fox?" is a polite request.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ima_tui.core.domain import Medium
from ima_tui.intent.scan import NAME, Item, Scan
from ima_tui.intent.wants import medium_of

_LONGEST = 60
"""Words (Chinese: characters) of the longest text that is still read as a question."""
_OPENING = r"^(?:(?:hi|hello|hey|and|so|ok|please|just wondering|tell me)\b[ ,.!]*)*"
_PRICE = re.compile(
    _OPENING
    + r"(?:(?:how (?:much|many (?:points|credits))|what(?:'s| is| are| does| do| would| will)"
    r"|is|are)\b.*\b(?:cost|costs|price|prices|pricing|points|credits|charged?|free|expensive|fee)\b"
    r"|how (?:much|many (?:points|credits))\b|(?:price|cost|pricing) of\b)"
    r"|(?:多少钱|多少(?:个)?积分|几个积分|几积分|怎么收费|如何收费|怎么计费|收费吗|要钱吗|免费吗|贵吗|贵不贵"
    r"|什么价|价格(?:是)?多少|价格怎么|花多少|费用(?:是)?多少|多贵)"
)
_OFFER = re.compile(
    _OPENING + r"(?:(?:what|which)\b.*\b(?:models?|can (?:you|i|this)"
    r"|do you (?:make|offer|support|have))\b"
    r"|(?:do you (?:have|support|offer|make|do)|are you able to|how do i|how can i|how long can"
    r"|is there a way to)\b)"
    r"|(?:有(?:哪些|什么|几个)|支持(?:哪些|什么)|哪些|什么样的)(?:模型|功能)"
    r"|(?:你)?(?:能|会|可以)(?:做|生成|画|制作)(?:些)?什么"
    r"|最(?:长|大|多)(?:能|可以|支持)|(?:怎么|如何)(?:使用|用)[吗呢]?[?!。]?$"
)
_CAN = re.compile(
    _OPENING + r"(?:can|could|do|does|are|is it possible)\b"
    r"|(?:能不能|能否|可不可以|可以|会不会|会|能|支持不支持|支持).*(?:吗|么|嘛|不)?[?]?$"
    r"|(?:吗|么|嘛)[?]?$"
)
_SHOWN = re.compile(r"写着|写上|标着|印着|显示|\bsay(?:s|ing)\b|\bread(?:s|ing)\b|标题|文案")
_SMALL = frozenset(
    [
        "you",
        "i",
        "we",
        "this",
        "it",
        "also",
        "any",
        "good",
        "long",
        "short",
        "even",
        "really",
        "app",
        "the",
        "a",
        "an",
        "to",
        "be",
        "made",
        "possible",
        "too",
        "here",
        "with",
        "s",
        "of",
        "in",
        "own",
        "?",
        "你",
        "们",
        "这",
        "里",
        "还",
        "也",
        "能",
        "不",
        "会",
        "可",
        "以",
        "的",
        "吗",
        "么",
        "嘛",
        "呢",
        "否",
        "支",
        "持",
        "个",
        "一",
        "段",
        "首",
        "张",
        "幅",
        "请",
        "问",
        "现",
        "在",
        "直",
        "接",
        "帮",
        "我",
    ]
)


def is_question(scan: Scan) -> bool:
    """Whether the text asks about the service, and not for something."""
    text = scan.text.strip()
    if not text or len(scan.tokens.words) > _LONGEST or _SHOWN.search(text) or scan.content.sources:
        return False
    if _PRICE.search(text) or _OFFER.search(text):
        return True
    return bool(_CAN.search(text)) and _names_only(scan)


def _names_only(scan: Scan) -> bool:
    """Nothing is described: verbs of making and the name of a medium, in the plural or bare."""
    items = [item for clause in scan.clauses for item in clause.items]
    nouns = [item for item in items if medium_of(item) is not None]
    if not nouns or any(item.has("quote", "this") and item.phrase not in _SMALL for item in items):
        return False
    articled = any(
        before.phrase in ("a", "an") for before, noun in pairwise(items) if noun in nouns
    )
    ends = scan.plain.text.rstrip().endswith(("?", "吗", "么", "嘛"))
    return all(_is_small(item) for item in items) and (ends or not articled)


def _is_small(item: Item) -> bool:
    if (
        item.phrase in _SMALL
        or item.has("polite", "use", "model_word", NAME)
        or item.under("number")
    ):
        return True
    return bool(
        item.under("number") or item.under("noun") or item.under("verb") or item.under("classifier")
    )


def asked_about(scan: Scan) -> Medium | None:
    """The medium that the question is about, where it names one."""
    named = [medium_of(item) for clause in scan.clauses for item in clause.items]
    return next((medium for medium in named if medium is not None), None)
