"""Plans as files: what is written is read back, and nothing that somebody wrote breaks us."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_leaves import PLAN_ID, bare_step, plan_of
from rich.cells import cell_len

from ima_tui.cli.output import print_table
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.i18n import explain
from ima_tui.workflow import file, file_reader
from ima_tui.workflow.steps import Workflow, digest


def written(workflow: Workflow | None = None) -> dict[str, Any]:
    made = workflow or plan_of("Draw a dragon, then animate it, and add a soundtrack")
    return json.loads(json.dumps(file.to_json(made)))


def read_back(document: object) -> Workflow:
    return file.parse(json.dumps(document), "plan.json")


def refused(document: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_back(document)
    assert explain(caught.value)  # it can be said
    return caught.value


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    workflow = replace(plan_of("先画一张海报，再做成视频，配上音乐"), confirmed="abc")
    path = tmp_path / "deep" / "plan.json"
    file.write(path, workflow)
    assert file.read(path) == workflow
    assert digest(file.read(path)) == digest(workflow)
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == ["plan.json"]
    document = json.loads(path.read_text("utf-8"))
    assert (document["total_credit"], document["hash"]) == (workflow.total, digest(workflow))


@pytest.mark.parametrize("n", [2, "2", 2.0])
def test_the_number_of_outputs_may_stand_among_the_parameters(n: object) -> None:
    document = written(plan_of("draw a fox"))
    document["steps"][0] |= {"n": None, "parameters": {"n": n}}
    (step,) = read_back(document).steps
    assert (step.n, step.chosen) == (2, ())


@pytest.mark.parametrize(
    ("step", "key"),
    [
        ({"n": 2, "parameters": {"n": 2}}, "error.plan_count_twice"),
        ({"n": True}, "error.plan_number"),
        ({"n": 1.5}, "error.plan_number"),
        ({"n": 101}, "error.plan_number"),
        ({"n": 0}, "error.plan_number"),
        ({"n": 10**15}, "error.plan_number"),
        ({"n": None, "parameters": {"n": "two"}}, "error.plan_number"),
    ],
    ids=str,
)
def test_a_number_of_outputs_that_is_none_or_two_is_refused(step: Any, key: str) -> None:
    document = written(plan_of("draw a fox"))
    document["steps"][0] |= step
    assert refused(document).key == key


def test_a_file_that_can_not_be_replaced_stays(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="plan_unwritable"):
        file.write(tmp_path, plan_of("draw a fox"))
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(UsageError, match="plan_unwritable"):
        file.write(blocked / "plan.json", plan_of("draw a fox"))


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("{}")
    link.symlink_to(real)
    file.write(link, plan_of("draw a fox"))
    assert link.is_symlink()
    assert file.read(real).steps


def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError):
            file.read(path)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (file.LARGEST + 1))
    with pytest.raises(UsageError, match="plan_large"):
        file.read(large)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ima_tui_plan": 3}, "error.plan_newer"),
        ({"ima_tui_plan": "1"}, "error.plan_none"),
        ({"ima_tui_plan": True}, "error.plan_none"),
        ({"id": "../../etc"}, "error.plan_shape_id"),
        ({"id": None}, "error.plan_missing"),
        ({"steps": {}}, "error.plan_shape_list"),
        ({"steps": []}, "error.plan_empty"),
        ({"steps": [7]}, "error.plan_shape_object"),
        ({"step": []}, "error.plan_unknown"),
        ({"wish": 7}, "error.plan_shape_text"),
    ],
)
def test_a_plan_that_is_none_says_why(change: dict[str, object], key: str) -> None:
    assert refused({**written(), **change}).key == key


@pytest.mark.parametrize(
    ("change", "key", "where"),
    [
        ({"n": 0}, "error.plan_number", "steps[0].n"),
        ({"n": True}, "error.plan_number", "steps[0].n"),
        ({"n": "2"}, "error.plan_number", "steps[0].n"),
        ({"n": 2.0}, "error.plan_number", "steps[0].n"),
        ({"credit": -5}, "error.plan_number", "steps[0].credit"),
        ({"prompt": None}, "error.plan_missing", "steps[0].prompt"),
        ({"prompt": "x" * 20_001}, "error.plan_shape_short", "steps[0].prompt"),
        ({"task_type": "text_to_soup"}, "error.plan_task_type", "steps[0]"),
        ({"parameter": {}}, "error.plan_unknown", "steps[0].parameter"),
        ({"parameters": []}, "error.plan_shape_object", "steps[0].parameters"),
        ({"parameters": {"a": None}}, "error.plan_shape_value", "steps[0].parameters.a"),
        ({"parameters": {"a": [1]}}, "error.plan_shape_value", "steps[0].parameters.a"),
        ({"parameters": {"a": 10**400}}, "error.plan_shape_value", "steps[0].parameters.a"),
        ({"inputs": "a.png"}, "error.plan_shape_list", "steps[0].inputs"),
        ({"inputs": [""]}, "error.plan_shape_text", "steps[0].inputs[0]"),
        ({"estimated_s": [1]}, "error.plan_shape_pair", "steps[0].estimated_s"),
    ],
)
def test_a_step_that_is_none_says_where_and_why(
    change: dict[str, object], key: str, where: str
) -> None:
    document = written()
    document["steps"][0] |= change
    error = refused(document)
    assert (error.key, error.values["where"]) == (key, where)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"ima_tui_plan": NaN}',
        '{"ima_tui_plan": 1, "ima_tui_plan": 1}',
        "[" * 100_000,
        '{"a":' * 50_000,
        "1" * 10_000,
        "\ud800",
    ],
)
def test_what_is_no_json_of_ours_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        file.parse(text, "plan.json")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UsageError, match="plan_json"):
        file.parse(b"\xff\xfe\x00{", "plan.json")


def test_what_a_terminal_would_obey_does_not_come_in() -> None:
    evil = "a\x1b]0;owned\x07b\u202e\x9bc"
    document = written()
    document["wish"] = evil
    document["steps"][0] |= {"title": evil, "prompt": evil, "model_name": evil}
    workflow = read_back(document)
    for text in (
        workflow.prompt,
        workflow.steps[0].title,
        workflow.steps[0].prompt,
        workflow.steps[0].model_name,
    ):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_total_and_the_hash_in_a_file_are_never_believed() -> None:
    document = written() | {"total_credit": 0, "hash": "0" * 16}
    workflow = read_back(document)
    assert workflow.total > 0
    assert digest(workflow) != "0" * 16


def attempt(content: str | bytes) -> tuple[str, Workflow]:
    """(why it was refused, or "", the plan)."""
    try:
        return "", file.parse(content, "plan.json")
    except UsageError as error:
        return explain(error), Workflow("", "", ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = sorted(file_reader.STEP_KEYS | file_reader.KEYS)


@given(JSON, st.sampled_from(KEYS), st.booleans())
def test_any_value_anywhere_is_read_or_refused_in_words(
    value: object, key: str, in_step: bool
) -> None:
    document = written(Workflow(PLAN_ID, "w", (bare_step(1), bare_step(2, "step:1#1"))))
    (document["steps"][1] if in_step else document)[key] = value
    said, workflow = attempt(json.dumps(document))
    assert said or digest(read_back(file.to_json(workflow))) == digest(workflow)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    said, workflow = attempt(content)
    assert said or workflow.steps


@given(
    st.lists(
        st.builds(
            bare_step,
            st.integers(1, 6),
            st.sampled_from(["step:1#1", "step:2#1", "a.png"]),
            after=st.integers(0, 3),
            prompt=st.text(max_size=60).map(lambda text: " ".join(text.split())),
            task_type=st.sampled_from(list(TaskType)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_plan_that_can_stand_comes_back_the_same(steps: list[Any]) -> None:
    workflow = Workflow(PLAN_ID, "w", tuple(steps))
    try:
        again = read_back(file.to_json(workflow))
    except UsageError:
        return  # two of one name, or in the wrong order
    twice = read_back(file.to_json(again))
    assert (twice, digest(twice)) == (again, digest(again))


@pytest.mark.parametrize(("on_a_terminal", "widest"), [(True, 80), (False, 105)])
def test_a_table_keeps_to_the_terminal_and_is_whole_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    on_a_terminal: bool,
    widest: int,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: on_a_terminal)
    rows = [["o 1", "一首轻快的钢琴曲" * 4, "5"], ["o 2", "animate it " * 8 + "end", "96"]]
    heads = {"step": "STEP", "what": "WHAT", "points": "POINTS"}
    print_table(heads, rows, right=("points",), gives="what")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, lines)) == widest
    assert [line.split()[-1] for line in lines] == ["POINTS", "5", "96"]
    assert ("…" in lines[2]) is on_a_terminal
