"""Numbers as people write them: 3, 1.5, three, 三, 十五, 两, 半."""

from __future__ import annotations

import re

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7,
           "八": 8, "九": 9, "俩": 2, "仨": 3}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "single": 1,
}  # fmt: skip

CHINESE = "[零〇一二两三四五六七八九十百千俩仨]"
NUMBER = rf"(?:\d+(?:\.\d+)?|{CHINESE}{{1,7}}(?:点{CHINESE}{{1,3}})?)"
"""A number in digits or Chinese characters, as part of a pattern."""
ENGLISH = rf"(?:{'|'.join(sorted(_ENGLISH, key=len, reverse=True))})"
ANY = rf"(?:{NUMBER}|{ENGLISH}(?:[ -]five)?)"
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){1,3}")
_CHINESE_ONLY = re.compile(rf"{CHINESE}+")


def number(text: str) -> float | None:
    """The number that `text` says, or None."""
    text = text.strip()
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if re.fullmatch(r"\d{1,12}(?:\.\d{1,6})?", text):
        return float(text)
    if text in _ENGLISH:
        return float(_ENGLISH[text])
    tens, gap, ones = text.replace("-", " ").partition(" ")
    if gap and tens in _ENGLISH and ones in _ENGLISH:
        return float(_ENGLISH[tens] + _ENGLISH[ones])
    whole, point, rest = text.partition("点")
    if not _CHINESE_ONLY.fullmatch(whole):
        return None
    if point and all(character in _DIGITS for character in rest):
        return float(f"{_chinese(whole)}.{''.join(str(_DIGITS[c]) for c in rest)}")
    return None if point else float(_chinese(whole))


def _chinese(text: str) -> int:
    if all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total, digit = 0, 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        else:
            total += (digit or 1) * _UNITS[character]
            digit = 0
    return total + digit


def plain(value: float) -> int | float:
    """10.0 -> 10: a whole number is written as one."""
    return int(value) if value == int(value) else value
