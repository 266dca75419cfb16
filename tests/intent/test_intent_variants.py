"""The same wish said otherwise: politely, with thanks, with other punctuation, in traditional
characters. What is decided stays what it was."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import Case, cases, decide, misses

from ima_tui.intent import normalise

HERE = Path(__file__).parent
SETS = ("cases", "holdout", "unseen_1", "unseen_2", "unseen_3")


@functools.cache
def right(chinese: bool) -> list[Case]:
    """The cases in that language whose decision has no fault before they are said otherwise."""
    mine = [
        case
        for name in SETS
        for case in cases(HERE / f"{name}.jsonl")
        if is_chinese(case) is chinese
    ]
    return [case for case in mine if not list(misses(case, decide(case)))]


def is_chinese(case: Case) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in case["text"])


def traditional(text: str) -> str:
    pairs = normalise._TRADITIONAL
    back = {pairs[place + 1]: pairs[place] for place in range(len(pairs) - 2, -1, -2)}
    return "".join(back.get(character, character) for character in text)


def before(words: str) -> Callable[[str], str]:
    return lambda text: words + text


def behind(words: str) -> Callable[[str], str]:
    return lambda text: text.rstrip("。！.!") + words


CHINESE = {
    "hello": before("你好，"),
    "trouble": before("嗨，麻烦你，"),
    "thanks": behind("，谢谢"),
    "stop": behind("。"),
    "hurry": behind("，快点！"),
    "half width": lambda text: text.replace("，", ",").replace("。", ".").replace("：", ":"),
    "traditional": traditional,
}
ENGLISH = {
    "please": before("Please "),
    "hi": before("Hi, "),
    "so": before("ok so "),
    "thanks": behind(" thanks"),
    "thank you": behind(", thank you!"),
    "asap": behind(" asap"),
    "wide": lambda text: text.replace(" ", "  "),
}


@pytest.mark.parametrize(
    ("chinese", "change"),
    [(True, change) for change in CHINESE.values()]
    + [(False, change) for change in ENGLISH.values()],
    ids=[f"zh-{name}" for name in CHINESE] + [f"en-{name}" for name in ENGLISH],
)
def test_another_way_of_saying_it_changes_hardly_anything(
    chinese: bool, change: Callable[[str], str]
) -> None:
    mine = right(chinese)
    assert len(mine) > 200
    wrong = {}
    for case in mine:
        said = {**case, "text": change(case["text"])}
        missed = [miss for miss in misses(case, decide(said)) if "negative_prompt" not in miss]
        if missed:
            wrong[said["text"]] = missed
    assert len(wrong) <= len(mine) * 0.01, wrong
