"""Chunks side by side, and which of them go where there are more lines than room."""

from __future__ import annotations

from ima_tui.tui.widgets.lines import Chunk, FlowBlock, Part, filled, flow, measure, within


def words(lines: list[list[Part]]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_chunk_that_is_wider_than_a_line_goes_on_below() -> None:
    chunk: Chunk = [("alt+m", "title"), (" remember Nano Banana Pro for text to image", "text")]
    lines = flow([chunk, [("[on] off", "title")]], 30, 2)
    assert words(lines) == ["alt+m remember Nano Banana", "  Pro for text to image", "  [on] off"]
    assert lines[0][0][1] == "title"
    assert words(flow([[("记住」这个模型的名字", "text")]], 12, 2)) == [
        "记住」这个",
        "  模型的名字",
    ]


def test_the_sign_of_what_is_left_out_finds_its_room() -> None:
    lines: list[list[Part]] = [[("reads as image", "text")], [("16:9", "text")]]
    assert words(within([FlowBlock(lines, 1, 1)], 1, 20)) == ["reads as image …"]
    full = within([FlowBlock(lines, 1, 1)], 1, 14)
    assert words(full)[0].endswith("…")
    assert measure(full[0]) <= 14


def test_guides_go_first_then_details_then_the_last_question_and_the_switch_stays() -> None:
    def block(name: str, rows: int, least: int, yields: int) -> FlowBlock:
        return FlowBlock([[(f"{name}{row}", "text")] for row in range(rows)], least, yields)

    blocks = [block("read", 2, 1, 3), block("one", 2, 1, 1), block("two", 2, 1, 2)]
    blocks += [block("switch", 2, 9, 0), block("guide", 1, 0, 4)]
    assert words(within(blocks, 9, 40))[-1] == "guide0"
    assert words(within(blocks, 8, 40))[-1] == "switch1"
    assert words(within(blocks, 7, 40))[0] == "read0 …"
    switch = ["switch0", "switch1"]
    assert words(within(blocks, 6, 40)) == ["read0 …", "one0", "one1", "two0 …", *switch]
    assert words(within(blocks, 4, 40)) == ["one0 …", "two0 …", *switch]


def test_a_line_of_both_sides_keeps_the_right_and_cuts_the_left() -> None:
    left: Chunk = [("workflow ", "strong"), ("3 steps", "muted")]
    right: Chunk = [("40 pts", "ok")]
    assert words([filled(left, right, 30)]) == ["workflow 3 steps        40 pts"]
    assert words([filled(left, right, 18)]) == ["workflow 3… 40 pts"]
    assert words([filled(left, right, 4)]) == ["40 pts"]
