"""Both languages say the same, and everything that the code says can be said."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from ima_tui import i18n
from ima_tui.core.domain import State, TaskType
from ima_tui.core.errors import (
    ImaError,
    KeyInvalid,
    KeyMissing,
    Limited,
    Lost,
    Malformed,
    Refused,
    Unauthorised,
    Unreachable,
)
from ima_tui.i18n import en, zh

PACKAGE = Path(__file__).parents[2] / "ima_tui"
CHINESE = re.compile("[\u3400-\u9fff]")
KEY = re.compile(r"[a-z][a-z_]*(?:\.[a-z0-9_]+)+")
ROOTS = {key.partition(".")[0] for key in en.TEXTS}
NAMES = {
    "welcome.placeholder",
    "welcome.demo_key",
    "welcome.later_key",
    "cli.head.id",
    "models.col_id",
}
"""Names of keys and of a prefix: the same in every language."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_hold_the_same_keys() -> None:
    assert set(en.TEXTS) == set(zh.TEXTS)


def test_both_languages_hold_the_same_placeholders() -> None:
    assert {key: placeholders(text) for key, text in en.TEXTS.items()} == {
        key: placeholders(text) for key, text in zh.TEXTS.items()
    }


def test_every_chinese_text_with_words_is_chinese() -> None:
    def words(text: str) -> str:
        return "".join(literal for literal, _, _, _ in Formatter().parse(text))

    latin = {
        key
        for key, text in zh.TEXTS.items()
        if re.search("[A-Za-z]", words(text)) and not CHINESE.search(text)
    }
    assert latin <= NAMES


WITH_CHINESE = {"bind.language"}
"""They show that Chinese names are found, and how to get to Chinese."""


def test_no_english_text_is_chinese() -> None:
    assert {key for key, text in en.TEXTS.items() if CHINESE.search(text)} <= WITH_CHINESE


def test_no_text_is_empty_or_has_blanks_around_it() -> None:
    assert [k for t in (en.TEXTS, zh.TEXTS) for k, text in t.items() if not text.strip()] == []


@cache
def strings() -> tuple[set[str], tuple[re.Pattern[str], ...]]:
    """Every whole string in the code, and a pattern for each f-string with a dot in it."""
    whole: set[str] = set()
    patterns: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "messages" in path.parts or "sandbox" in path.relative_to(PACKAGE).parts[:1]:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[a-z0-9_.]+"
                    for v in node.values
                ]
                if any(r"\." in p or "_" in p for p in parts):
                    patterns.add("".join(parts))
    return whole, tuple(re.compile(p) for p in patterns)


def is_used(key: str) -> bool:
    whole, patterns = strings()
    plain = key.removesuffix(".hint")
    return plain in whole or key in whole or any(p.fullmatch(plain) for p in patterns)


def test_no_text_is_there_for_nobody() -> None:
    assert [key for key in en.TEXTS if not is_used(key)] == []


def called_with() -> set[str]:
    """The literal first arguments of say(), hint() and of every error, and keys by their shape."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "messages" in path.parts or "sandbox" in path.relative_to(PACKAGE).parts[:1]:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                first = node.args[0]
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                is_said = name == "say" or name.endswith("Error") or name in ("Failure", "Remark")
                if is_said and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                value = node.value
                if value.startswith(("error.", "event.", "warning.")) and KEY.fullmatch(value):
                    begins = any(key.startswith(f"{value}_") for key in en.TEXTS)
                    found |= set() if begins else {value}
    return {key for key in found if KEY.fullmatch(key) and key.partition(".")[0] in ROOTS}


def test_whatever_is_said_has_its_words() -> None:
    assert {key for key in called_with() if key not in en.TEXTS} == set()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "error",
    [KeyMissing(), KeyInvalid(), Unauthorised(), Limited(3.0), Unreachable(), Lost(), Malformed(),
     *map(Refused, [*Refused.KEYS, 99999])],
    ids=lambda e: e.key,
)  # fmt: skip
def test_every_error_of_the_service_explains_itself(
    language: i18n.Language, error: ImaError
) -> None:
    before = i18n.language()
    try:
        i18n.use(language)
        said = i18n.explain(error)
    finally:
        i18n.use(before)
    assert said
    assert "{" not in said
    assert not re.search(r"\b(4008|4014|6006|6009|6010|400017|99999)\b", said)


@pytest.mark.parametrize("key", [f"state.{s.value}" for s in State]
                         + [f"task.{t.value}" for t in TaskType])  # fmt: skip
def test_states_and_kinds_have_names(key: str) -> None:
    assert key in en.TEXTS


@pytest.mark.parametrize(
    ("wish", "environ", "language"),
    [
        ("zh-CN", {}, "zh"),
        ("Chinese", {}, "zh"),
        ("中文", {}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {}, "en"),
        ("xx", {}, "en"),
    ],
)
def test_the_language_is_the_wished_one_else_the_locales(
    wish: str | None, environ: dict[str, str], language: str
) -> None:
    assert i18n.detect(wish, environ) == language


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_sentence_stands_in_two_modules(language: str) -> None:
    """The later one would silently win."""
    modules = sorted((PACKAGE / "i18n" / language).glob("[!_]*.py"))
    keys = [
        key.value
        for module in modules
        for table in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(table, ast.Dict)
        for key in table.keys
        if isinstance(key, ast.Constant)
    ]
    assert len(keys) == len(set(keys)) == len({"en": en, "zh": zh}[language].TEXTS)


def in_language(language: i18n.Language, say: Callable[[], str]) -> str:
    before = i18n.language()
    try:
        i18n.use(language)
        return say()
    finally:
        i18n.use(before)


@pytest.mark.parametrize(
    ("low", "high", "english", "chinese"),
    [
        (20, 40, "20–40 s", "20–40 秒"),
        (30, 30, "30 s", "30 秒"),
        (180, 360, "3–6 min", "3–6 分钟"),
        (100, 110, "2 min", "2 分钟"),
        (10, 100, "1–2 min", "1–2 分钟"),
    ],
)
def test_ranges_of_time(low: float, high: float, english: str, chinese: str) -> None:
    assert in_language("en", lambda: i18n.usual_time(low, high)) == english
    assert in_language("zh", lambda: i18n.usual_time(low, high)) == chinese


def test_a_count_has_its_singular_and_its_plural() -> None:
    said = {n: in_language("en", lambda n=n: i18n.say("gallery.count", n=n)) for n in (0, 1, 2)}
    assert said == {0: "0 results", 1: "1 result", 2: "2 results"}
    assert in_language("zh", lambda: i18n.say("gallery.count", n=1)) == "1 个作品"


def test_sentences_are_joined_as_the_language_does() -> None:
    assert i18n.joined("No key yet.", "", "Enter one.") == "No key yet. Enter one."
    assert i18n.joined("还没有密钥。", "请填写。") == "还没有密钥。请填写。"


NOUNS = (
    "jobs|rows|results|steps|models|inputs|files|entries|lines|days|hours|minutes|users"
    "|points(?! to)"
)
COUNTED = re.compile(rf"\{{\w+\}} (?:{NOUNS})\b")
NEVER_ONE = {
    "answer.more", "compose.choice_several", "compose.too_many", "error.batch_too_many",
    "error.batch_variants", "error.inputs_range", "error.plan_too_many", "notify.several",
}  # fmt: skip
"""What is said of several only, as is every key that ends in `_many`."""


def test_no_english_count_is_fixed_in_the_plural() -> None:
    fixed = {key for key, text in en.TEXTS.items() if COUNTED.search(text)}
    assert {key for key in fixed if not key.endswith("_many")} <= NEVER_ONE


HALF_WIDTH = re.compile("[\u3400-\u9fff][,;!?]|[\u3400-\u9fff]:(?!//)|[\u3400-\u9fff] ?\\(")
TOUCHING = re.compile("[\u3400-\u9fff][A-Za-z0-9#]|[A-Za-z0-9%][\u3400-\u9fff]")


def test_chinese_has_chinese_punctuation_and_blanks_beside_latin() -> None:
    half = {key for key, text in zh.TEXTS.items() if HALF_WIDTH.search(text)}
    assert half <= ADDRESSES
    touching = {
        key
        for key, text in zh.TEXTS.items()
        if any(TOUCHING.search(part) for part, _, _, _ in Formatter().parse(text))
    }
    assert touching <= TOGETHER


ADDRESSES = {"error.proxy_address.hint", "error.proxy_password.hint"}
TOGETHER = {"compose.input_or_step", "example.2"}
