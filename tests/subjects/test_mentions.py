"""Which subjects a prompt names: `@name` uses one, the bare name offers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.core.domain import TaskType
from ima_tui.intent.route import route
from ima_tui.subjects.mentions import blanked, completed, find, task_for, without_signs
from ima_tui.subjects.store import Subject, SubjectFile


def subject(name: str) -> Subject:
    return Subject(name, name, (SubjectFile(f"/data/{name}.png", "0"),))


PETS = tuple(map(subject, ("旺财", "旺财弟弟", "Mia", "Mia2", "猫", "阳光")))


@pytest.mark.parametrize(
    ("text", "used", "offered"),
    [
        ("@旺财在海边跑", ["旺财"], []),
        ("@旺财弟弟在海边", ["旺财弟弟"], []),
        ("画一张 @旺财 和 @Mia 的合照", ["旺财", "Mia"], []),
        ("a portrait of @mia, smiling", ["Mia"], []),
        ("a portrait of @Mia2", ["Mia2"], []),
        ("旺财在游泳", [], ["旺财"]),
        ("Mia on a roof", [], ["Mia"]),
        ("Miami at night", [], []),
        ("Maria and mia", [], ["Mia"]),
        ("a poster saying “Mia”", [], []),
        ("make mia.png brighter", [], []),
        ("一只猫", [], []),
        ("@猫 睡觉", ["猫"], []),
        ("阳光下的海", [], []),
        ("@旺财 在跑，旺财很开心", ["旺财"], []),
        ("write to mia@mia.example", [], []),
    ],
)
def test_a_sign_uses_a_subject_and_a_name_offers_it(
    text: str, used: list[str], offered: list[str]
) -> None:
    found = find(text, PETS)
    assert [one.name for one in found.used] == used
    assert [one.name for one in found.offered] == offered


def test_a_name_that_nobody_has_is_told() -> None:
    assert find("@旺才在跑", PETS).unknown == ("旺才在跑",)
    assert find("mail to someone@mia.example", PETS).unknown == ()
    assert find("@someone", ()).unknown == ()


def test_the_sign_does_not_go_out() -> None:
    text = "@旺财 和 @Mia 在海边"
    found = find(text, PETS)
    assert without_signs(text, found) == "旺财 和 Mia 在海边"
    assert blanked(text, found) == " 旺财 和  Mia 在海边"
    assert found.files == ("/data/旺财.png", "/data/Mia.png")


@given(st.text(alphabet='@旺财Mia2 弟猫,."“”/', max_size=40))
def test_places_are_where_the_names_stand(text: str) -> None:
    found = find(text, PETS)
    for one in found.found:
        shown = text[one.start + one.is_used : one.end]
        assert shown.lower() == one.subject.name.lower()
    assert len(blanked(text, found)) == len(text)
    assert "@" in text or not found.used


@pytest.mark.parametrize(
    ("text", "task_type"),
    [
        ("旺财在海边跑的视频", TaskType.REFERENCE_TO_VIDEO),
        ("a video of Mia on a roof", TaskType.REFERENCE_TO_VIDEO),
        ("animate Mia", TaskType.IMAGE_TO_VIDEO),
        ("让旺财动起来，做成视频", TaskType.IMAGE_TO_VIDEO),
        ("画一张旺财在海边的图", TaskType.IMAGE_TO_IMAGE),
        ("a picture of Mia on a roof", TaskType.IMAGE_TO_IMAGE),
    ],
)
def test_what_is_to_be_made_decides_how_a_subject_stays_the_same(
    text: str, task_type: TaskType
) -> None:
    intent = route(text, ["/data/Mia.png"])
    assert (task_for(text, intent) or intent.task_type) is task_type


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("@旺", "财"),
        ("a photo of @M", "ia"),
        ("@Mia", ""),
        ("@x", ""),
        ("no sign M", ""),
        ("a@M", ""),
    ],
)
def test_a_name_is_completed_while_it_is_typed(text: str, rest: str) -> None:
    assert completed(text, len(text), PETS) == rest
