"""Results on disk: names of our own making, whatever the service calls things."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import PNG, any_order
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.core.domain import Job, Media, State
from ima_tui.runner import result_files

JOB = Job(7, any_order(), State.FETCHING, 1_700_000_000.0, 0.0, task_id="task_3f9a")
MEDIA = Media("https://x.example/evil.exe", format="exe", width=64, height=48)


def hostile(name: str, task_id: str) -> Job:
    return replace(JOB, task_id=task_id, order=replace(JOB.order, model_name=name))


@given(st.text(max_size=300), st.text(max_size=300), st.integers(1, 9))
def test_a_name_stays_in_its_folder_whatever_the_service_sends(
    name: str, task_id: str, index: int
) -> None:
    stem = result_files.stem(hostile(name, task_id), index)
    assert Path(stem).name == stem
    assert stem.isascii()
    assert not set(stem) & set('/\\\0:*?"<>| \n')
    assert not stem.startswith((".", "-"))
    assert len(stem) < 120


@pytest.mark.parametrize("task_id", ["../../etc/passwd", "/etc/passwd", "..", "CON", "a\0b", ""])
def test_known_tricks(task_id: str, tmp_path: Path) -> None:
    job = hostile("../..", task_id)
    part = result_files.part_path(tmp_path, job, 1)
    assert part.parent == tmp_path
    part.write_bytes(PNG)
    assert result_files.settle(part, job, 1).parent == tmp_path


@pytest.mark.parametrize(
    ("head", "suffix"),
    [(PNG, ".png"), (b"\xff\xd8\xff....", ".jpg"), (b"\0\0\0\x18ftypmp42", ".mp4"),
     (b"<html>", ".bin"), (b"", ".bin")],
)  # fmt: skip
def test_the_ending_follows_the_bytes(tmp_path: Path, head: bytes, suffix: str) -> None:
    part = result_files.part_path(tmp_path, JOB, 1)
    part.write_bytes(head)
    final = result_files.settle(part, JOB, 1)
    assert final.suffix == suffix
    assert final.read_bytes() == head
    assert not part.exists()


def test_each_result_has_a_name_of_its_own() -> None:
    assert len({result_files.stem(JOB, index) for index in range(1, 10)}) == 9
    assert result_files.stem(JOB, 1) != result_files.stem(replace(JOB, task_id="task_other"), 1)
    assert result_files.stem(replace(JOB, task_id=""), 1).endswith("job-7-1")


TEMPLATE = "{date}-{job}-{model}-{prompt}-{index}"


@given(st.text(max_size=400), st.text(max_size=100), st.integers(1, 9))
def test_a_template_gives_one_file_name_whatever_the_prompt_is(
    prompt: str, model: str, index: int
) -> None:
    job = replace(JOB, order=replace(JOB.order, prompt=prompt, model_name=model))
    stem = result_files.stem(job, index, TEMPLATE)
    assert Path(stem).name == stem
    assert not set(stem) & set('/\\\0:*?"<>| \n')
    assert not stem.startswith((".", "-"))
    assert len(stem.encode()) <= result_files.LONGEST_STEM
    assert stem.endswith(f"-{index}")
    assert "-7-" in stem


def test_a_template_is_filled_in_and_letters_of_every_script_stay() -> None:
    job = replace(
        JOB, order=replace(JOB.order, prompt="一只狐狸, at dawn/../x", model_name="Nano B")
    )
    name = result_files.stem(job, 2, TEMPLATE).partition("-")[2]
    assert name == "7-nano-b-一只狐狸-at-dawn-x-2"
    assert (
        result_files.stem(job, 2, "x_{task_type}_{task}_{index}") == "x_text_to_image_task_3f9a_2"
    )


def test_a_long_prompt_is_cut_before_anything_else() -> None:
    job = replace(JOB, order=replace(JOB.order, prompt="狐" * 400))
    stem = result_files.stem(job, 3, "{prompt}-" + "y" * 100 + "-{job}-{index}")
    assert stem.endswith("y-7-3")
    stem = result_files.stem(job, 3, "{model}" * 14 + "{job}-{index}")
    assert len(stem.encode()) <= result_files.LONGEST_STEM


def test_a_name_without_the_task_never_replaces_another_jobs_file(tmp_path: Path) -> None:
    def settle(job: Job) -> Path:
        part = result_files.part_path(tmp_path, job, 1)
        part.write_bytes(PNG)
        final = result_files.settle(part, job, 1, "{job}-{index}")
        result_files.sidecar(final, job, MEDIA, False)
        return final

    other = replace(JOB, task_id="task_other")
    assert settle(JOB) == settle(JOB) == tmp_path / "7-1.png"
    assert settle(other).name == "7-1-task_other.png"
    (tmp_path / "7-1.png.json").unlink()
    assert settle(JOB).name == "7-1-task_3f9a.png"


@pytest.mark.parametrize("with_prompt", [True, False])
def test_the_small_file_says_whence_and_the_prompt_only_on_a_wish(
    tmp_path: Path, with_prompt: bool
) -> None:
    path = tmp_path / "a.png"
    own = (("negative_prompt", "no rain"), ("size", "1K"), ("title", "For Ann"))
    job = replace(JOB, order=replace(JOB.order, parameters=own))
    result_files.sidecar(path, job, MEDIA, with_prompt)
    facts = json.loads((tmp_path / "a.png.json").read_text("utf-8"))
    assert (facts["task_id"], facts["points"], facts["url"]) == ("task_3f9a", 5, MEDIA.url)
    assert ("prompt" in facts) is with_prompt
    assert facts["parameters"] == (dict(own) if with_prompt else {"size": "1K"})
    assert [p.name for p in tmp_path.iterdir()] == ["a.png.json"]
