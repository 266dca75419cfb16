"""The optional guides: found, read with care, offered by the document's rules, and listened to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ima_tui.core.domain import TaskType
from ima_tui.intent.route import route
from ima_tui.studio.guides import (
    LARGEST,
    SHOWN,
    Guides,
    Topic,
    recommendations,
    topics,
)

IMAGE, EDIT, VIDEO, ANIMATE = (
    TaskType.TEXT_TO_IMAGE,
    TaskType.IMAGE_TO_IMAGE,
    TaskType.TEXT_TO_VIDEO,
    TaskType.IMAGE_TO_VIDEO,
)
GUIDE = """# Model selection

## Images

| Task | Recommended model | Why |
| --- | --- | --- |
| text_to_image | Nano Banana Pro | sharp |
| image_to_image (budget) | Nano Banana 2 | cheap |

- Not recommended: Midjourney for text

## 视频

推荐：可灵2.6，运动自然。
预算有限：推荐 Vidu Q2。

### image_to_video

Default model: **Wan 2.6**

```
recommended: sora 2 pro
```
"""


def write(folder: Path, topic: Topic, text: str | bytes, below: str = "references") -> Path:
    file = folder / below / f"{topic}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def loaded(folder: Path) -> Guides:
    knowledge = Guides(folder)
    knowledge.load()
    return knowledge


# --------------------------------------------------------------------------- what is recommended


def test_a_recommendation_is_read_from_tables_and_lines() -> None:
    found = recommendations(GUIDE)
    told = {task_type: each.model_id for task_type, each in found.items()}
    assert told[IMAGE] == "gemini-3-pro-image"
    assert EDIT not in told, "a tier is no general recommendation"
    assert told[VIDEO] == "kling-v2-6"
    assert told[ANIMATE] == "wan2.6-i2v", "the task type itself before its medium"
    assert "Nano Banana Pro" in found[IMAGE].words
    assert found[IMAGE].line == 7
    assert "sora-2-pro" not in told.values(), "code is no advice"


@pytest.mark.parametrize(
    "text",
    ["", "# Models\n\nSeeDream 4.5 costs 5 points.", "Recommended: a good night's sleep",
     "不推荐 Midjourney 画图", "Recommended for images: DALL-E", "|||\n|---|\n", "|" * 5_000],
)  # fmt: skip
def test_what_recommends_nothing_recommends_nothing(text: str) -> None:
    assert recommendations(text) == {}


def test_wan_is_bound_by_task_type() -> None:
    found = recommendations("Videos\n\nrecommended for video: Wan 2.6")
    assert found[VIDEO].model_id == "wan2.6-t2v"
    assert found[ANIMATE].model_id == "wan2.6-i2v"


# ------------------------------------------------------------------------------ which ones matter


@pytest.mark.parametrize(
    ("text", "images", "expected"),
    [
        ("画一只猫", 0, ()),
        ("画一张龙，再做成视频，最后配乐", 0, (Topic.WORKFLOW, Topic.VIDEO_MODES)),
        ("帮我做个产品宣传片", 0, (Topic.WORKFLOW, Topic.VIDEO_MODES)),
        ("一段海浪的视频", 0, (Topic.VIDEO_MODES,)),
        ("參考這張圖的角色做一段影片", 1, (Topic.CONSISTENCY, Topic.VIDEO_MODES)),
        ("draw the same fox again", 0, (Topic.CONSISTENCY,)),
        ("生成一个系列的海报，三张", 0, (Topic.CONSISTENCY,)),
        ("cheapest way to make a picture of a cat", 0, (Topic.SELECTION,)),
        ("用最好的模型画一只猫", 0, (Topic.SELECTION,)),
        ("推荐一个", 0, (Topic.SELECTION,)),
        ("a poster that says “the same series”", 0, ()),
    ],
)
def test_the_reading_rules(text: str, images: int, expected: tuple[Topic, ...]) -> None:
    inputs = [f"./{place}.png" for place in range(images)]
    assert topics(text, route(text, inputs)) == expected


def test_only_documents_that_are_there_are_offered(tmp_path: Path) -> None:
    knowledge = Guides(tmp_path)
    text = "画一张龙，再做成视频"
    assert knowledge.documents(text, route(text)) == ()
    write(tmp_path, Topic.VIDEO_MODES, "# Modes\n\nframes")
    write(tmp_path, Topic.WORKFLOW, "no heading", below=".")
    knowledge.load()
    found = knowledge.documents(text, route(text))
    assert [document.title for document in found] == ["workflow-design.md", "Modes"]


# ----------------------------------------------------------------------------------- hostile files


def test_nothing_is_missing_without_the_folder(tmp_path: Path) -> None:
    knowledge = Guides(tmp_path / "nowhere")
    knowledge.load()
    assert knowledge.recommended == {}
    assert knowledge.all == ()


def test_a_changed_document_is_read_again(tmp_path: Path) -> None:
    file = write(tmp_path, Topic.SELECTION, "recommended for images: Midjourney")
    knowledge = Guides(tmp_path)
    knowledge.load()
    assert knowledge.recommended[IMAGE] == "midjourney"
    file.write_text("recommended for images: SeeDream 4.5!")
    knowledge.load()
    assert knowledge.recommended[IMAGE] == "doubao-seedream-4.5"
    file.unlink()
    knowledge.load()
    assert knowledge.recommended == {}


def test_escapes_and_overrides_are_taken_out(tmp_path: Path) -> None:
    write(tmp_path, Topic.WORKFLOW, "# Hi\x1b[31m\u202e there\n\x07[@click=app.bell]x[/]")
    (document,) = loaded(tmp_path).all
    assert document.title == "Hi there"
    assert "\x1b" not in document.text
    assert "\x07" not in document.text


def test_a_huge_document_is_cut_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, Topic.SELECTION, "recommended for images: Midjourney\n" + "x" * (LARGEST * 3))
    knowledge = Guides(tmp_path)
    knowledge.load()
    (document,) = knowledge.all
    assert document.is_cut
    assert len(document.text) <= SHOWN
    assert knowledge.recommended[IMAGE] == "midjourney"


@pytest.mark.parametrize("data", [b"", b" \n ", b"\x7fELF\x00\x01", b"# ok\x00"])
def test_what_is_no_text_is_left_out(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, Topic.SELECTION, data)
    knowledge = Guides(tmp_path)
    knowledge.load()
    assert knowledge.all == ()


def test_bytes_that_are_no_utf8_are_read_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, Topic.SELECTION, b"# Caf\xe9\n\nrecommended for images: Midjourney\xff")
    knowledge = Guides(tmp_path)
    knowledge.load()
    assert knowledge.recommended[IMAGE] == "midjourney"


def test_links_in_a_circle_folders_and_pipes_are_left_alone(tmp_path: Path) -> None:
    below = tmp_path / "references"
    below.mkdir()
    (below / "workflow-design.md").symlink_to(below / "workflow-design.md")
    (below / "video-modes.md").mkdir()
    os.mkfifo(below / "visual-consistency.md")
    outside = tmp_path.parent / f"{tmp_path.name}-secret"
    outside.write_text("recommended for images: Midjourney")
    (below / "model-selection.md").symlink_to(outside)
    knowledge = Guides(tmp_path)
    knowledge.load()
    assert knowledge.all == ()
    assert knowledge.recommended == {}


def test_a_folder_that_is_a_link_itself_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real", Topic.WORKFLOW, "# Steps")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (document,) = loaded(tmp_path / "link").all
    assert document.title == "Steps"


def test_guides_are_read_again_once_they_change(tmp_path: Path) -> None:
    knowledge = Guides(tmp_path)
    knowledge.load()
    assert not knowledge.load_if_changed()
    guide = tmp_path / "model-selection.md"
    guide.write_text("# Models\n\nRecommended for video: Kling O1\n")
    assert knowledge.load_if_changed()
    assert knowledge.recommended[TaskType.TEXT_TO_VIDEO] == "kling-video-o1"
    assert not knowledge.load_if_changed()
    guide.unlink()
    assert knowledge.load_if_changed()
    assert knowledge.recommended == {}
