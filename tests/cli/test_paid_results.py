"""What is paid for is kept: partial results, downloads that fail, approving and fetching jobs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_person import PATIENT, Person

from ima_tui.ledger.store import Ledger

PICTURE = ("generate", "a red boat", "--task-type", "text_to_image")


def fault(kind: str, **more: object) -> str:
    rows = "".join(f"{name} = {json.dumps(value)}\n" for name, value in more.items())
    return f'[[fault]]\nkind = "{kind}"\n{rows}'


@pytest.fixture(autouse=True)
def _home(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(person.folder))
    monkeypatch.chdir(person.folder)


def only(said: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.out)
    return found


# ------------------------------------------------------------------------- partial success (A12)


@pytest.mark.parametrize("broken", [[0], [1], [0, 2]])
def test_what_came_out_is_kept_though_the_rest_failed(person: Person, broken: list[int]) -> None:
    faults = "".join(fault("fail_task", media=at, times=1, message="no luck") for at in broken)
    person.sandbox.scenario(PATIENT + faults)
    said = person.verb(*PICTURE, "--n", "3", "--download", "out", "--json")
    job, ready = only(said), 3 - len(broken)
    assert (said.code, job["status"], job["error"]["kind"]) == (1, "done", "partial")
    assert f"{ready} of 3 results finished" in job["error"]["message"]
    assert len(job["medias"]) == ready
    assert job["url"] == job["medias"][0]["url"]
    assert all(Path(media["path"]).stat().st_size for media in job["medias"])
    again = person.verb("jobs", "retry", "1", "--yes", "--json")
    assert f"Only the {len(broken)} missing" in again.err
    assert [create["n"] for create in person.sandbox.ledger()["creates"]] == [3, len(broken)]
    assert again.code == 0


def test_nothing_came_out_is_a_failure_and_fetch_says_so(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("fail_task"))
    assert person.verb(*PICTURE, "--n", "2", "--download", "out").code == 1
    said = person.verb("jobs", "fetch", "1")
    assert (said.code, "has no results" in said.err) == (1, True)
    assert len(person.accepted()) == 1


def test_a_partial_row_of_a_batch_is_told_and_not_paid_again(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("fail_task", media=0))
    row = {"prompt": "a red boat", "task_type": "text_to_image", "n": 2}
    file = person.write(json.dumps(row) + "\n")
    said = person.verb("batch", file, "--yes", "--download", "out", "--json")
    assert (said.code, said.lines[0]["error"]["kind"]) == (1, "partial")
    again = person.verb("batch", file, "--yes", "--retry-failed")
    assert (again.code, len(person.accepted())) == (1, 1)


def test_a_job_that_an_older_version_called_failed_is_fetched(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("fail_task", media=0))
    person.verb(*PICTURE, "--n", "3", "--no-wait")
    person.verb("jobs", "wait")
    import sqlite3

    with sqlite3.connect(person.folder / "data" / "ledger.sqlite3") as ledger:
        ledger.execute("UPDATE jobs SET state = 'failed', medias_json = '[]'")
    said = person.verb("jobs", "fetch", "1", "--download", "out", "--json")
    (job,) = said.jobs
    assert (said.code, len(job["medias"])) == (1, 2)
    assert all(Path(media["path"]).is_file() for media in job["medias"])
    assert len(person.accepted()) == 1


# ------------------------------------------------------------- downloads that fail (A17, B7, D9)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_refused_download_is_tried_again_and_said_as_what_it_is(
    person: Person, status: int
) -> None:
    person.sandbox.scenario(PATIENT + fault("expire_media", status=status, times=2))
    said = person.verb(*PICTURE, "--download", "out", "--json")
    assert (said.code, only(said)["error"]) == (0, None)
    assert f"({status})" in said.err
    assert "ima-tui jobs fetch 1" in said.err
    assert "expired" not in said.err
    assert Path(only(said)["medias"][0]["path"]).is_file()


def test_made_but_not_fetched_has_an_exit_code_and_a_verb_of_its_own(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("expire_media"))
    said = person.verb(*PICTURE, "--download", "out", "--json")
    job = only(said)
    assert (said.code, job["status"], job["medias"][0]["path"]) == (8, "done", None)
    assert job["error"]["kind"] == "link_denied"
    assert any("ima-tui jobs fetch 1" in each for each in job["error"]["suggestions"])
    assert "ima-tui jobs fetch 1" in said.err
    told = json.dumps(job) + said.err + person.verb("jobs", "show", "1").err
    assert "expired" not in told
    assert "unning it again" not in told
    assert not [each for each in Path("out").iterdir() if each.name != ".gitkeep"]
    person.sandbox.scenario(PATIENT)
    fetched = person.verb("jobs", "fetch", "1", "1", "--download", "later")
    assert (fetched.code, len(person.accepted())) == (0, 1)
    (path,) = fetched.out.splitlines()
    assert Path(path).parent == person.folder / "later"
    assert person.verb("jobs", "fetch", "1").out == fetched.out  # it is here: nothing to do
    assert person.sandbox.ledger()["counts"]["create"] == 1


@pytest.mark.parametrize("file", ["page", "message", "nothing", "sound"])
def test_what_is_not_the_ordered_medium_is_never_stored(person: Person, file: str) -> None:
    person.sandbox.scenario(PATIENT + fault("wrong_file", file=file))
    said = person.verb(*PICTURE, "--download", "out", "--json")
    job = only(said)
    assert (said.code, job["error"]["kind"]) == (8, "not_the_medium")
    assert job["medias"][0]["path"] is None
    assert list(Path("out").iterdir()) == []
    person.sandbox.scenario(PATIENT + fault("wrong_file", file=file, times=1))
    assert person.verb("jobs", "fetch", "1", "--download", "out").code == 0


def test_an_image_is_no_video(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("wrong_file", file="image", times=1))
    said = person.verb("generate", "a boat", "--task-type", "text_to_video", "--download", "out",
                       "--json")  # fmt: skip
    assert said.code == 0
    assert Path(only(said)["medias"][0]["path"]).suffix in (".mp4", ".webp")
    assert person.sandbox.ledger()["counts"]["media"] == 2


def test_a_batch_whose_files_are_not_here_says_so(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("expire_media", prompt_contains="boat"))
    file = person.write(
        "".join(
            json.dumps({"prompt": each, "task_type": "text_to_image"}) + "\n"
            for each in ("a boat", "a hill")
        )
    )
    said = person.verb("batch", file, "--yes", "--download", "out")
    assert (said.code, "To download later (free): ima-tui jobs fetch" in said.err) == (8, True)
    person.sandbox.scenario(PATIENT)
    assert person.verb("batch", file, "--yes", "--download", "out").code == 0
    assert len(person.accepted()) == 2


def test_more_than_was_ordered_is_said_and_capped(person: Person) -> None:
    person.sandbox.scenario(PATIENT + fault("flood", medias=3000))
    said = person.verb(*PICTURE, "--download", "out", "--json")
    job = only(said)
    assert (said.code, 1 <= len(job["medias"]) <= 8) == (0, True)
    assert any("3000 results received for 1 ordered" in each["message"] for each in job["attempts"])
    assert len(list(Path("out").glob("*.json"))) == len(job["medias"])


@pytest.mark.parametrize("verb", ["generate", "batch"])
def test_more_than_was_ordered_is_said_on_stderr_too(person: Person, verb: str) -> None:
    person.sandbox.scenario(PATIENT + fault("flood", medias=3000))
    file = person.write('{"prompt": "a hill", "task_type": "text_to_image"}\n')
    said = person.verb(*(PICTURE if verb == "generate" else ("batch", file, "--yes")))
    kept = len(said.out.splitlines())
    assert f"More results arrived than were ordered: 1 ordered, {kept} kept." in said.err
    assert verb == "batch" or f"Done: {kept} images" in said.err


# ----------------------------------------------------------------------------- the folder (A18)


def _unusable(folder: Path, kind: str) -> str:
    if kind == "file":
        (folder / "taken").write_text("x")
        return "taken"
    if kind == "under a file":
        (folder / "taken").write_text("x")
        return "taken/out"
    if kind == "loop":
        (folder / "loop").symlink_to("loop")
        return "loop/out"
    return {"nobody": "~nosuchuser/out", "system": "/proc/nothing", "long": "x" * 300}[kind]


@pytest.mark.parametrize("kind", ["file", "under a file", "loop", "nobody", "system", "long"])
@pytest.mark.parametrize("by", ["flag", "batch", "fetch", "setting"])
def test_a_folder_that_takes_no_results_is_said_before_anything_is_paid(
    person: Person, kind: str, by: str
) -> None:
    where = _unusable(person.folder, kind)
    if by == "flag":
        said = person.verb(*PICTURE, "--download", where)
    elif by == "batch":
        file = person.write('{"prompt": "a hill", "task_type": "text_to_image"}\n')
        said = person.verb("batch", file, "--yes", "--download", where)
    elif by == "fetch":
        said = person.verb("jobs", "fetch", "1", "--download", where)
    else:
        person.write(f"[results]\nfolder = {json.dumps(where)}\n", "config.toml")
        said = person.verb(*PICTURE, "--download")
    assert (said.code, person.accepted()) == (2, [])
    assert "Traceback" not in said.err
    assert ("there is no such user" if kind == "nobody" else "Nothing was sent") in said.err


@pytest.mark.parametrize("where", ["out", "./a/../b", "空 文件", "~/pictures", "link/here"])
def test_a_result_is_found_from_everywhere(
    person: Person, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (person.folder / "a").mkdir()
    (person.folder / "real").mkdir()
    (person.folder / "link").symlink_to("real")
    said = person.verb(*PICTURE, "--download", where, "--json")
    path = Path(only(said)["medias"][0]["path"])
    assert (said.code, path.is_absolute(), path.is_file()) == (0, True, True)
    monkeypatch.chdir("/")
    assert str(path) in person.verb("jobs", "show", "1").out


def test_a_relative_path_of_an_older_version_is_still_found(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = person.verb(*PICTURE, "--download", "out", "--json")
    path = Path(only(said)["medias"][0]["path"])
    import sqlite3

    with sqlite3.connect(person.folder / "data" / "ledger.sqlite3") as ledger:
        ledger.execute("UPDATE jobs SET medias_json = replace(medias_json, ?, 'out')",
                       (str(path.parent),))  # fmt: skip
    monkeypatch.chdir("/")
    assert str(path) in person.verb("jobs", "show", "1").out  # HOME knows it
    path.unlink()
    assert person.verb("jobs", "fetch", "1", "--download", str(person.folder / "x")).code == 0


# -------------------------------------------------------------- jobs send, fetch, stop and open


def held(person: Person) -> int:
    """The number of a job that a run left unsent, so that it needs approval."""

    async def leave() -> int:
        ledger = await Ledger.open(person.folder / "data" / "ledger.sqlite3", "another run")
        (before,) = await ledger.recent(1)
        job = await ledger.add(replace(before.order, prompt="a hill"), before.created_at)
        await ledger.release(hold=True)
        await ledger.aclose()
        return job.id

    person.verb(*PICTURE)
    return asyncio.run(leave())


def test_send_approves_a_held_job_at_the_price_it_shows(person: Person) -> None:
    number = str(held(person))
    asked = person.verb("jobs", "send", number)
    assert (asked.code, "5 pts" in asked.err, len(person.accepted())) == (2, True, 1)
    assert person.verb("jobs", "send", number, "99", "--yes").code == 2
    assert len(person.accepted()) == 1
    said = person.verb("jobs", "send", number, number, "--yes", "--json", "--download", "out")
    (job,) = said.jobs
    assert (said.code, job["status"]) == (0, "done")
    assert "5 pts" in said.err
    assert Path(job["medias"][0]["path"]).parent == person.folder / "out"
    assert person.accepted() == ["a red boat", "a hill"]
    over = person.verb("jobs", "send", number, "--yes")
    assert (over.code, "already been sent" in over.err) == (2, True)


def test_stop_removes_what_was_not_sent_and_leaves_what_was(person: Person) -> None:
    number = str(held(person))
    assert person.verb("jobs", "stop", number, "1").code == 2  # job 1 has ended
    said = person.verb("jobs", "stop", number, "--json")
    assert (said.code, said.jobs[0]["status"]) == (0, "stopped")
    assert "Nothing was charged" in said.err
    assert person.verb("jobs", "stop", number).code == 0
    person.sandbox.scenario(PATIENT + fault("stuck", times=1))
    person.verb(*PICTURE, "--no-wait")
    stopped = person.verb("jobs", "stop", "3")
    assert (stopped.code, "points are not refunded" in stopped.err) == (0, True)
    assert len(person.accepted()) == 2


def test_fetch_waits_for_what_is_still_being_made(person: Person) -> None:
    person.verb(*PICTURE, "--no-wait")
    said = person.verb("jobs", "fetch", "1", "--download", "out", "--json")
    (job,) = said.jobs
    assert (said.code, Path(job["medias"][0]["path"]).is_file()) == (0, True)


def test_fetch_brings_back_what_was_deleted_or_emptied(person: Person) -> None:
    first = Path(only(person.verb(*PICTURE, "--download", "out", "--json"))["medias"][0]["path"])
    for spoil in (first.unlink, lambda: first.write_bytes(b"")):
        spoil()
        said = person.verb("jobs", "fetch", "1", "--download", "out")
        assert (said.code, said.out.strip()) == (0, str(first))
        assert first.stat().st_size > 0
    assert len(person.accepted()) == 1


def test_open_names_the_file_where_there_is_no_desktop(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    path = only(person.verb(*PICTURE, "--download", "out", "--json"))["medias"][0]["path"]
    said = person.verb("jobs", "open", "1")
    assert (said.code, said.out.strip()) == (1, path)
    Path(path).unlink()
    gone = person.verb("jobs", "open", "1")
    assert (gone.code, "jobs fetch 1" in gone.err) == (2, True)


# ------------------------------------------------------------------ jobs that nobody follows (A15)


def test_a_run_follows_what_nobody_follows_and_says_what_it_waits_for(person: Person) -> None:
    person.verb("config", "set", "queue.running", "1")
    person.verb("config", "set", "results.folder", str(person.folder / "pictures"))
    person.verb(*PICTURE, "--no-wait")
    said = person.verb("generate", "a hill", "--task-type", "text_to_image")
    assert said.code == 0
    assert "queue.running" in said.err
    assert person.accepted() == ["a red boat", "a hill"]
    assert json.loads(person.verb("jobs", "show", "1", "--json").out)["status"] != "running"
