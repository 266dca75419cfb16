"""Long paths break at their joints, and nothing else is touched."""

from __future__ import annotations

import pytest
from textual.content import Content

from ima_tui.tui.widgets.lines import at_joints, beside_wide, hanging

PATH = "/home/mina/Pictures/ima/20261126-seedream-4.5-task_ef134f2a180ba05de91a-1.jpg"


@pytest.mark.parametrize("cells", range(28, len(PATH)))
def test_a_path_is_whole_again_and_its_extension_never_torn(cells: int) -> None:
    told = Content.assemble("#1  SeeDream\n", (PATH, "$info"), "  jpg 1280x1280\n5 pts")
    first, *path, last = at_joints(told, cells).plain.split("\n")
    assert (first, last) == ("#1  SeeDream", "5 pts")
    assert "".join(path).replace("jpg  jpg", "jpgjpg") == f"{PATH}jpg 1280x1280"
    assert all(len(line) <= cells for line in path)
    assert any("1.jpg" in line for line in path)


def test_a_file_name_is_broken_at_its_joints() -> None:
    name = PATH.rpartition("/")[2]
    assert at_joints(Content(f"{name}  jpg 1280x1280"), 30).plain.split("\n") == [
        "20261126-seedream-4.5-task_",
        "ef134f2a180ba05de91a-1.jpg",
        "jpg 1280x1280",
    ]


def test_where_there_is_room_nothing_is_broken() -> None:
    told = Content(f"{PATH}  jpg")
    assert at_joints(told, len(PATH)) is told


def test_a_sentence_without_a_path_is_left_to_the_ordinary_wrapping() -> None:
    told = Content("灯塔在浓雾中-镜头慢慢推近" * 4)
    assert at_joints(told, 20) is told


def test_chinese_is_broken_where_a_line_may_end() -> None:
    told = Content.assemble(("价格从 5 涨到 6，", "bold"), "等待确认。\nsomething in English")
    for cells in range(8, 30):
        lines = beside_wide(told, cells).plain.split("\n")
        assert not [line for line in lines if line[0] in "，。"]
        assert lines[-1] == "something in English"  # left to the ordinary wrapping


def test_a_long_value_goes_on_below_its_first_cell() -> None:
    value = "lo-fi music, 90 BPM, no vocals"
    told = Content.assemble("a fox\n", ("描述  ", "$muted"), f"\t{value}\n5 pts")
    assert hanging(told, 24).plain.split("\n") == [
        "a fox",
        "描述  lo-fi music, 90",
        "      BPM, no vocals",
        "5 pts",
    ]
    assert hanging(told, 10).plain.split("\n")[1] == f"描述  {value}"
    assert hanging(told, 60).plain.split("\n")[1] == f"描述  {value}"
