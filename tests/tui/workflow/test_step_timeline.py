"""When each step of a workflow runs: where it ran, else where its inputs are usually ready."""

from __future__ import annotations

from dataclasses import replace

from fake import NOW, SEEDREAM, WAN, done, job

from ima_tui.core.domain import Estimate, Job, State, TaskType
from ima_tui.tui.theme.glyphs import glyphs
from ima_tui.tui.widgets.cells import width
from ima_tui.tui.workflow.timelines import spans, step_lines
from ima_tui.workflow.status import PricedStep, StepStatus, WorkflowStatus
from ima_tui.workflow.steps import Workflow, WorkflowStep, source_of

STEPS = (
    WorkflowStep(
        1,
        "",
        TaskType.TEXT_TO_IMAGE,
        SEEDREAM.model_id,
        "",
        "SeeDream 4.5",
        "a fox",
        estimate=Estimate(5, 10),
    ),
    WorkflowStep(
        2,
        "",
        TaskType.IMAGE_TO_VIDEO,
        WAN.model_id,
        "",
        "Wan 2.6",
        "it runs",
        inputs=(source_of(1, 1),),
        estimate=Estimate(20, 40),
    ),
)


def status_of(*jobs: Job) -> WorkflowStatus:
    found = (*jobs, None, None)
    steps = tuple(
        StepStatus(PricedStep(step), "", job=one) for step, one in zip(STEPS, found, strict=False)
    )
    workflow = Workflow("p", "a fox, then it runs", STEPS)
    return WorkflowStatus(workflow, workflow, steps)


def test_before_it_begins_each_step_stands_where_its_inputs_are_ready() -> None:
    found = spans(status_of(), NOW)
    assert (found[1].begin, found[1].end) == (0, 10)
    assert (found[2].begin, found[2].end) == (10, 50)
    assert found[1].ran == found[1].begin


def test_what_ran_stands_where_it_ran() -> None:
    first = replace(done(1), sent_at=NOW - 30, ended_at=NOW - 10)
    second = replace(job(2, State.RUNNING), sent_at=NOW - 5, ended_at=None)
    found = spans(status_of(first, second), NOW)
    assert (found[1].begin, found[1].ran, found[1].end) == (0, 20, 20)
    assert (found[2].begin, found[2].ran, found[2].end) == (25, 30, 65)


def test_each_line_is_as_wide_as_the_pane() -> None:
    first = replace(done(1), sent_at=NOW - 30, ended_at=NOW - 10)
    for cells in (60, 118):
        axis, *bars = step_lines(status_of(first), NOW, cells, glyphs(False))
        assert axis[0][0].split()[0] == "0:00"
        assert all(len(time) <= len("10:00") for time in axis[0][0].split())  # none touches another
        assert len(bars) == 2
        assert all(width("".join(text for text, _ in bar)) <= cells for bar in bars)
        assert "━" in "".join(text for text, _ in bars[0])
