"""The hash, the names in the ledger, and edits."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from planned_leaves import PLAN_ID, bare_step

from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import LARGEST
from ima_tui.workflow.lanes import lanes
from ima_tui.workflow.sources import result_of, source_said
from ima_tui.workflow.steps import (
    Workflow,
    WorkflowStep,
    check,
    digest,
    intents,
    look_at_files,
    move,
    put,
    remove,
    trouble,
)

FILM = TaskType.IMAGE_TO_VIDEO


def chain(*more: WorkflowStep) -> Workflow:
    """A picture, a film of it, and something after the film."""
    first, second = bare_step(1), bare_step(2, "step:1#1", task_type=FILM)
    return Workflow(PLAN_ID, "a fox", (first, second, bare_step(3, after=2), *more))


def test_how_a_result_of_a_step_is_written() -> None:
    assert result_of("step:3#2") == (3, 2)
    assert [result_of(x) for x in ("step:3", "step:a#1", "xstep:1#1", "job:1#1")] == [None] * 4


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "another"},
        {"points": 6},
        {"n": 2},
        {"chosen": (("size", "2k"),)},
        {"model_id": "midjourney"},
        {"version": "other"},
        {"inputs": ("https://x.example/a.png",)},
        {"task_type": TaskType.IMAGE_TO_IMAGE},
    ],
)
def test_all_that_matters_is_in_the_hash(change: dict[str, object]) -> None:
    workflow = chain()
    other = put(workflow, replace(workflow.steps[0], **change))  # type: ignore[arg-type]
    assert digest(other) != digest(workflow)


def test_what_a_file_holds_is_in_the_hash_and_a_missing_one_is_said(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    workflow = Workflow(
        PLAN_ID, "", (bare_step(1, str(picture)), bare_step(2, "https://x.example/a.png"))
    )
    hashes = set()
    for content in (None, b"a", b"b"):
        if content is not None:
            picture.write_bytes(content)
        seen = look_at_files(workflow)
        hashes.add(digest(seen))
        problem = trouble(seen, seen.steps[0])
        assert (problem and problem.key) == (None if content else "error.input_missing")
        assert [source for source, _ in seen.files] == [str(picture)]
        assert intents(seen) == intents(workflow)  # what is paid for stays paid for
    assert len(hashes) == 3
    with picture.open("wb") as large:
        large.truncate(LARGEST + 1)
    seen = look_at_files(workflow)
    found = trouble(seen, seen.steps[0])
    assert found is not None
    assert found.key == "error.input_large"


def test_what_is_no_file_is_named_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name, key in (("folder", "folder"), ("loop", "loop"), ("pipe", "no_file")):
        workflow = Workflow(PLAN_ID, "", (bare_step(1, str(tmp_path / f"{name}.png")),))
        seen = look_at_files(workflow)
        found = trouble(seen, seen.steps[0])
        assert found is not None
        assert found.key == f"error.input_{key}"


def test_what_is_only_said_is_not_in_the_hash() -> None:
    workflow = chain()
    named = replace(workflow.steps[0], title="else", model_name="Else", estimate=None)
    assert digest(put(workflow, named)) == digest(workflow)
    assert digest(replace(workflow, prompt="else", confirmed="x")) == digest(workflow)


def test_values_of_another_type_are_another_plan() -> None:
    workflow = chain()
    hashes = {
        digest(put(workflow, replace(workflow.steps[0], chosen=(("duration", value),))))
        for value in (5, "5", 5.5, True, "true")
    }
    assert len(hashes) == 5


def test_the_order_of_settings_does_not_matter() -> None:
    workflow = chain()
    one = put(workflow, replace(workflow.steps[0], chosen=(("a", 1), ("b", 2))))
    two = put(workflow, replace(workflow.steps[0], chosen=(("b", 2), ("a", 1))))
    assert digest(one) == digest(two)
    assert intents(one) == intents(two)


def test_paying_again_is_agreed_to_by_itself() -> None:
    workflow = chain()
    assert (
        len(
            {
                digest(workflow),
                digest(workflow, [7]),
                digest(workflow, [8]),
                digest(workflow, [7, 8]),
            }
        )
        == 4
    )


def test_a_changed_step_renews_what_is_made_of_it_and_nothing_else() -> None:
    workflow = chain(bare_step(4))
    before = intents(workflow)
    after = intents(put(workflow, replace(workflow.steps[0], prompt="a hare")))
    assert [before[i] == after[i] for i in (1, 2, 3, 4)] == [False, False, True, True]


def test_a_price_changes_no_name() -> None:
    workflow = chain()
    dearer = put(workflow, replace(workflow.steps[0], points=99))
    assert intents(dearer) == intents(workflow)


def test_another_plan_of_the_same_steps_is_another_wish() -> None:
    workflow = chain()
    other = replace(workflow, id="fedcba9876543210")
    assert set(intents(workflow).values()).isdisjoint(intents(other).values())


@pytest.mark.parametrize(
    ("steps", "key"),
    [
        ((), "error.plan_empty"),
        ((bare_step(1), bare_step(1)), "error.plan_twice"),
        ((bare_step(1, "step:2#1"), bare_step(2)), "error.plan_before"),
        ((bare_step(1, after=1),), "error.plan_before"),
        ((bare_step(1), bare_step(2, "step:1#2")), "error.plan_no_result"),
        ((bare_step(1), bare_step(2, "step:1#0")), "error.plan_no_result"),
        ((bare_step(1, task_type=FILM), bare_step(2, "step:1#1")), "error.plan_no_picture"),
        (tuple(bare_step(i + 1) for i in range(41)), "error.plan_too_many"),
    ],
)
def test_what_can_not_stand_says_why(steps: tuple[WorkflowStep, ...], key: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(Workflow(PLAN_ID, "", steps))
    assert caught.value.key == key


def test_a_step_that_others_are_made_of_stays() -> None:
    with pytest.raises(UsageError, match="plan_used"):
        remove(chain(), 1)
    with pytest.raises(UsageError, match="plan_empty"):
        remove(Workflow(PLAN_ID, "", (bare_step(1),)), 1)


def test_who_waited_for_a_step_that_goes_waits_for_what_it_was_made_of() -> None:
    shorter = remove(chain(), 2)
    assert [(step.id, step.after) for step in shorter.steps] == [(1, 0), (3, 1)]


def test_steps_change_places_where_nothing_needs_the_other() -> None:
    workflow = chain(bare_step(4))
    assert [step.id for step in move(workflow, 4, -9).steps] == [4, 1, 2, 3]
    assert move(workflow, 4, 1) == workflow
    with pytest.raises(UsageError, match="plan_before"):
        move(workflow, 2, -1)


def drawn(workflow: Workflow, *, ascii_only: bool = False) -> str:
    rows = lanes(workflow.steps, ascii_only=ascii_only)
    return "\n".join(f"{row.before}o{row.after}\n{row.below}" for row in rows).rstrip()


def test_a_chain_goes_straight_down() -> None:
    assert drawn(chain()) == "o\n│\no\n│\no"


def test_what_is_made_of_one_branches_off_it() -> None:
    several = Workflow(
        PLAN_ID,
        "",
        (bare_step(1), *(bare_step(i, "step:1#1", task_type=FILM) for i in (2, 3)), bare_step(4)),
    )
    assert [line.rstrip() for line in drawn(several).split("\n")] == [
        "o",
        "│",
        "├─o",
        "│",
        "o",
        "",
        "o",
    ]
    assert "├" not in drawn(several, ascii_only=True)
    assert drawn(several, ascii_only=True).isascii()


def test_two_that_meet_in_one() -> None:
    both = Workflow(PLAN_ID, "", (bare_step(1), bare_step(2), bare_step(3, "step:1#1", "step:2#1")))
    assert [line.rstrip() for line in drawn(both).split("\n")] == ["o", "│", "│ o", "│ │", "o─╯"]


def test_every_row_is_equally_wide_however_many_there_are() -> None:
    steps = [bare_step(1)]
    for number in range(2, 41):
        inputs = [f"step:{x}#1" for x in range(1, number) if (number * x) % 3]
        steps.append(bare_step(number, *inputs))
    rows = lanes(steps)
    widths = {len(row.before) + 1 + len(row.after) for row in rows} | {len(r.below) for r in rows}
    assert len(widths) == 1


@pytest.mark.parametrize("written", ["step 1", "step:1", "第1步", "第 1 步", "步骤 1", "步骤1#1"])
def test_a_step_is_named_as_screens_name_it(written: str) -> None:
    assert source_said(written) == "step:1#1"


def test_a_path_is_no_name_of_a_step() -> None:
    assert source_said("步骤 1.png") == "步骤 1.png"
