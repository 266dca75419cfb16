"""A bad scenario is a sentence that names the file, the key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ima_tui.sandbox.scenario import (
    ENDPOINTS,
    KINDS,
    ScenarioError,
    parse,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[fault]", ["a.toml", "not valid TOML"]),
        ("[sever]\n", ["[sever]", "[server]"]),
        ("[server]\nspeeed = 3\n", ["speeed", "poll_scale"]),
        ("[server]\nspeed = 0\n", ["speed", "above 0"]),
        ("[server]\nbalance = 'much'\n", ["balance", "whole number"]),
        ("[server]\nbalances = { ima_x = 'y' }\n", ["balances.ima_x"]),
        ("[server]\nkeys = [1]\n", ["keys", "list of texts"]),
        ("server = 1\n", ["[server]", "table"]),
        ("[fault]\nkind = 'hang'\n", ["[[fault]]"]),
        ("fault = [1]\n", ["fault 1", "table"]),
        ("[[fault]]\nkind = []\n", ["kind is []"]),
        ("[[fault]]\nkind = 'hang'\nendpoint = []\n", ["endpoint is empty"]),
        ("[[fault]]\nkind = 'hang'\nendpoint = 5\n", ["endpoint", "list of texts"]),
        ("[[fault]]\nkind = 'explode'\n", ["fault 1", "'explode'", "lose_answer"]),
        ("[[fault]]\nkind = 'hang'\n", ["endpoint is missing", "upload_token"]),
        ("[[fault]]\nkind = 'stuck'\nendpoint = 'media'\n", ["stuck", "media", "create, detail"]),
        ("[[fault]]\nkind = 'stuck'\ncode = 3\n", ["no key code", "timeout_s"]),
        ("[[fault]]\nkind = 'delay'\nendpoint = '*'\nnth = 0\n", ["nth", "from 1"]),
        ("[[fault]]\nkind = 'delay'\nendpoint = '*'\nprobability = 2\n", ["between 0 and 1"]),
        ("[[fault]]\nkind = 'hang'\nendpoint = 'put'\nwhen = 'now'\n", ["'now'", "before, after"]),
        (
            "[[fault]]\nkind = 'refuse'\nendpoint = 'create'\ntask_type = 'text_to_smell'\n",
            ["text_to_smell", "text_to_music"],
        ),
        (
            "[[fault]]\nkind = 'reset_before_body'\nendpoint = 'create'\nprompt_contains = 'x'\n",
            ["prompt_contains", "nth"],
        ),
        ("[[fault]]\nkind = 'hang'\nendpoint = 'put'\nseconds = true\n", ["seconds", "a number"]),
    ],
)
def test_sentences(text: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "a.toml")
    for word in ["a.toml", *words]:
        assert word in str(caught.value)


def test_endpoints_have_a_usual_place_a_list_or_a_star() -> None:
    text = """
    [[fault]]
    kind = "fail_task"
    [[fault]]
    kind = "delay"
    endpoint = ["create", "detail"]
    [[fault]]
    kind = "delay"
    endpoint = "*"
    """
    scenario = parse(text)
    assert scenario.server is None
    assert [fault.endpoints for fault in scenario.faults] == [
        ("create",),
        ("create", "detail"),
        ENDPOINTS,
    ]


def test_every_kind_and_key_is_documented() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs" / "sandbox.md").read_text("utf-8")
    for kind, (_, keys) in KINDS.items():
        assert f"`{kind}`" in text
        for key in keys:
            assert f"`{key}`" in text, (kind, key)


def test_the_examples_can_be_read() -> None:
    root = Path(__file__).parents[2] / "docs" / "scenarios"
    examples = sorted(root.glob("*.toml"))
    assert examples
    for example in examples:
        assert parse(example.read_text("utf-8"), example.name).faults
