"""`ima-tui workflow`: planned, shown, confirmed, run once, gone on with."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_person import PATIENT, Person, Said
from PIL import Image

from ima_tui.sandbox import uploads
from ima_tui.sandbox.server import Sandbox
from ima_tui.workflow import file

WISH = "Draw a dragon, then animate it, and add a soundtrack"
FAILS = PATIENT + '[[fault]]\nkind = "fail_task"\nprompt_contains = "animate"\ntimes = 1\n'


def made(person: Person, wish: str = WISH) -> tuple[str, dict[str, Any]]:
    """A plan's file, and what stands in it."""
    file = str(person.folder / "plan.json")
    said = person.verb("workflow", "plan", wish, "-o", file)
    assert said.code == 0, said.err
    return file, json.loads(Path(file).read_text("utf-8"))


def document(said: Said) -> dict[str, Any]:
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


def prompts(person: Person) -> list[str]:
    return [prompt.partition(":")[0] for prompt in person.accepted()]


def inputs_of(person: Person, job_id: int) -> list[str]:
    with sqlite3.connect(person.folder / "data" / "ledger.sqlite3") as raw:
        row = raw.execute("SELECT order_json FROM jobs WHERE id = ?", (job_id,)).fetchone()
    raw.close()
    found: list[str] = json.loads(row[0])["inputs"]
    return found


def test_a_plan_sends_nothing_and_says_how_to_run_it(person: Person) -> None:
    said = person.verb("workflow", "plan", WISH)
    assert (said.code, person.accepted()) == (0, [])
    assert "3 steps" in said.out
    file, workflow = made(person)
    assert workflow["total_credit"] == sum(step["credit"] for step in workflow["steps"])
    shown = person.verb("workflow", "show", file)
    assert workflow["hash"] in shown.out
    assert shown.code == 0


def test_json_is_one_document_and_can_be_a_plan_itself(person: Person) -> None:
    said = person.verb("workflow", "plan", WISH, "--json")
    workflow = document(said)
    assert workflow["problems"] == workflow["notes"] == []
    file = person.write(said.out, "printed.json")
    assert document(person.verb("workflow", "show", file, "--json"))["hash"] == workflow["hash"]


def test_nothing_runs_without_the_hash(person: Person) -> None:
    file, workflow = made(person)
    said = person.verb("workflow", "run", file)
    assert said.code == 2
    assert workflow["hash"] in said.out
    assert f"{workflow['total_credit']} pts" in said.out
    wrong = person.verb("workflow", "run", file, "--confirm", "0" * 16, "--json")
    assert wrong.code == 2
    told = document(wrong)
    assert (told["status"], told["confirm"]) == ("unconfirmed", workflow["hash"])
    assert told["error"]["kind"] == "plan_changed"
    assert person.accepted() == []


def test_run_makes_each_step_once_however_often_it_is_run(person: Person) -> None:
    file, workflow = made(person)
    first = person.verb("workflow", "run", file, "--confirm", workflow["hash"], "--json")
    assert first.code == 0, first.err
    told = document(first)
    assert [step["status"] for step in told["steps"]] == ["done"] * 3
    assert prompts(person) == ["Draw a dragon", "animate it", "a soundtrack"]
    assert inputs_of(person, 2) == ["job:1#1"]
    for verb in (("run", file, "--confirm", workflow["hash"]), ("run", file), ("resume", file)):
        again = person.verb("workflow", *verb)
        assert again.code == 0, again.err
    assert len(person.accepted()) == 3
    shown = document(person.verb("workflow", "show", file, "--json"))
    assert [step["job"]["url"] for step in shown["steps"]] == [
        step["job"]["url"] for step in told["steps"]
    ]


def test_a_changed_plan_needs_a_new_hash(person: Person) -> None:
    file, workflow = made(person)
    workflow["steps"][0]["prompt"] = "Draw a hare"
    Path(file).write_text(json.dumps(workflow), "utf-8")
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 2
    assert person.accepted() == []
    now = document(person.verb("workflow", "show", file, "--json"))["hash"]
    assert person.verb("workflow", "run", file, "--confirm", now).code == 0


def test_a_changed_picture_needs_a_new_hash_and_a_missing_one_is_said(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CLOCK_SLACK", 1e9)  # two fast clocks drift apart
    picture, file = person.folder / "fox.png", str(person.folder / "plan.json")
    wish = (
        "workflow",
        "plan",
        "Animate it, and add a soundtrack",
        "--input-images",
        str(picture),
        "-o",
        file,
    )
    missing = person.verb(*wish)
    assert missing.code == 2
    assert "fox.png" in missing.err
    Image.new("RGB", (512, 512), "red").save(picture)
    assert person.verb(*wish).code == 0
    agreed = json.loads(Path(file).read_text("utf-8"))["hash"]
    Image.new("RGB", (512, 512), "blue").save(picture)
    said = person.verb("workflow", "run", file, "--confirm", agreed)
    assert (said.code, person.accepted()) == (2, [])
    assert "an input file" in said.err
    now = document(person.verb("workflow", "show", file, "--json"))["hash"]
    assert now != agreed
    assert person.verb("workflow", "run", file, "--confirm", now).code == 0
    assert len(person.accepted()) == 2
    picture.unlink()
    assert person.verb("workflow", "run", file, "--confirm", now).code == 0  # all is paid for


def test_a_damaged_picture_stops_the_plan_before_anything_is_sent(person: Person) -> None:
    path = person.folder / "cat.jpg"
    Image.new("RGB", (64, 48), "teal").save(path)
    file = str(person.folder / "plan.json")
    wish = "Animate it, and add a soundtrack"
    planning = ("workflow", "plan", wish, "--input-images", str(path), "-o", file)
    assert person.verb(*planning).code == 0
    path.write_bytes(path.read_bytes()[:-200])
    agreed = document(person.verb("workflow", "show", file, "--json"))["hash"]
    for verb in (("workflow", "run", file, "--confirm", agreed), planning):
        said = person.verb(*verb)
        assert said.code == 2
        assert "incomplete" in said.err
    assert person.accepted() == []


def test_that_only_a_part_of_a_file_is_used_is_said_before_it_is_paid(person: Person) -> None:
    frames = [Image.new("RGB", (320, 320), colour) for colour in ("teal", "red")]
    workflow = str(person.folder / "plan.json")
    for name, part in (("moving.gif", "first frame"), ("scan.tiff", "first page")):
        path = person.folder / name
        frames[0].save(path, save_all=True, append_images=frames[1:])
        wish = "Animate it, and add a soundtrack"
        for verb in (
            ("plan", wish, "--input-images", str(path), "-o", workflow),
            ("run", workflow),
        ):
            said = person.verb("workflow", *verb)
            assert f"{name}: only the {part} is used." in said.err
    assert person.accepted() == []


def test_a_risen_price_needs_a_new_hash(person: Person) -> None:
    file, workflow = made(person)
    cheaper = json.loads(json.dumps(workflow))
    cheaper["steps"][1]["credit"] -= 1  # as if it had been planned before the price rose
    Path(file).write_text(json.dumps(cheaper), "utf-8")
    old = document(person.verb("workflow", "show", file, "--json"))["hash"]
    said = person.verb("workflow", "run", file, "--confirm", old)
    assert (said.code, person.accepted()) == (2, [])
    assert workflow["hash"] in said.out
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 0
    assert len(person.accepted()) == 3


def test_a_price_that_fell_does_not(person: Person) -> None:
    file, workflow = made(person)
    workflow["steps"][1]["credit"] += 9
    Path(file).write_text(json.dumps(workflow), "utf-8")
    dearer = document(person.verb("workflow", "show", file, "--json"))["hash"]
    assert person.verb("workflow", "run", file, "--confirm", dearer).code == 0


def test_a_limit_is_kept(person: Person) -> None:
    file, workflow = made(person)
    limit = str(workflow["total_credit"] - 1)
    said = person.verb(
        "workflow", "run", file, "--confirm", workflow["hash"], "--max-credits", limit
    )
    assert (said.code, person.accepted()) == (4, [])


def test_a_failed_step_is_paid_again_only_when_that_is_agreed_to(
    person: Person, sandbox: Sandbox
) -> None:
    sandbox.scenario(FAILS)
    file, workflow = made(person)
    first = person.verb("workflow", "run", file, "--confirm", workflow["hash"])
    assert first.code == 1
    assert "Step 2" in first.err
    assert prompts(person) == ["Draw a dragon", "animate it"]
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 1
    unasked = person.verb("workflow", "resume", file, "--confirm", workflow["hash"], "--json")
    told = document(unasked)
    assert (unasked.code, len(person.accepted())) == (2, 2)
    costs = sum(step["credit"] for step in workflow["steps"][1:])
    assert told["to_pay"] == costs
    assert told["confirm"] != workflow["hash"]
    second = person.verb("workflow", "resume", file, "--confirm", told["confirm"], "--json")
    assert second.code == 0, second.err
    assert prompts(person) == ["Draw a dragon", "animate it", "animate it", "a soundtrack"]
    assert person.verb("workflow", "resume", file).code == 0
    assert len(person.accepted()) == 4


def test_the_first_step_fails_and_is_said_otherwise(person: Person, sandbox: Sandbox) -> None:
    sandbox.scenario(FAILS.replace("animate", "Draw a dragon"))
    file, workflow = made(person)
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 1
    workflow["steps"][0]["prompt"] = "a hare"
    Path(file).write_text(json.dumps(workflow), "utf-8")
    agreed = document(person.verb("workflow", "show", file, "--json"))["hash"]
    said = person.verb("workflow", "run", file, "--confirm", agreed)
    assert said.code == 0, said.err
    assert prompts(person) == ["Draw a dragon", "a hare", "animate it", "a soundtrack"]
    assert person.verb("workflow", "run", file, "--confirm", agreed).code == 0
    assert len(prompts(person)) == 4


def test_a_result_that_was_taken_off_the_list_still_serves(
    person: Person, sandbox: Sandbox
) -> None:
    sandbox.scenario(FAILS)
    file, workflow = made(person)
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 1
    assert person.verb("jobs", "forget", "1", "2").code == 0
    told = document(person.verb("workflow", "resume", file, "--json"))
    said = person.verb("workflow", "resume", file, "--confirm", told["confirm"])
    assert said.code == 0, said.err
    assert prompts(person) == ["Draw a dragon", "animate it", "animate it", "a soundtrack"]
    assert inputs_of(person, 4)[0].startswith("http")


def test_a_step_that_was_run_again_elsewhere_is_found(person: Person, sandbox: Sandbox) -> None:
    sandbox.scenario(FAILS)
    file, workflow = made(person)
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 1
    assert person.verb("jobs", "retry", "2", "--yes").code == 0
    said = person.verb("workflow", "resume", file)
    assert said.code == 0, said.err
    assert prompts(person) == ["Draw a dragon", "animate it", "animate it", "a soundtrack"]


def test_an_unknown_end_is_never_paid_again_by_itself(person: Person, sandbox: Sandbox) -> None:
    lost = '[[fault]]\nkind = "lose_answer"\nendpoint = "create"\ntimes = 1\n'
    sandbox.scenario(f'{PATIENT}{lost}prompt_contains = "animate"\n')
    file, workflow = made(person)
    assert person.verb("workflow", "run", file, "--confirm", workflow["hash"]).code == 7
    said = person.verb("workflow", "resume", file)
    assert said.code == 2
    assert "--yes-unknown" in said.err
    assert prompts(person) == ["Draw a dragon", "animate it"]


def test_a_file_from_elsewhere_can_not_agree_to_itself(person: Person) -> None:
    file, workflow = made(person)
    workflow["confirmed"] = workflow["hash"]
    Path(file).write_text(json.dumps(workflow), "utf-8")
    for verb in ("run", "resume"):
        assert person.verb("workflow", verb, file).code == 2
    assert person.accepted() == []


def test_a_step_that_lacks_its_words_is_named(person: Person) -> None:
    said = person.verb("workflow", "plan", "a promo of a kettle with a voiceover", "--json")
    assert said.code == 2
    assert [each["step"] for each in document(said)["problems"]] == [2]
    file = person.write(said.out, "plan.json")
    agreed = document(said)["hash"]
    run = person.verb("workflow", "run", file, "--confirm", agreed)
    assert (run.code, person.accepted()) == (2, [])
    assert "Step 2" in run.err


@pytest.mark.parametrize("text", ["a fox in the snow", "always use Kling O1", ""])
def test_what_is_no_plan_says_what_to_do(person: Person, text: str) -> None:
    said = person.verb("workflow", "plan", text)
    assert (said.code, said.out) == (2, "")
    assert said.err


def test_a_broken_file_is_refused_in_words(person: Person) -> None:
    file = person.write("{not json", "plan.json")
    for verb in ("show", "run", "resume"):
        said = person.verb("workflow", verb, file)
        assert (said.code, said.out) == (2, "")
        assert "plan.json" in said.err


def test_generate_points_here(person: Person) -> None:
    said = person.verb("generate", WISH)
    assert said.code == 2
    assert "workflow plan" in said.err


# ---------------------------------------------------------------------------- in one command


def test_from_the_prompt_to_the_results_in_one_command_that_can_be_run_again(
    person: Person,
) -> None:
    file = str(person.folder / "plan.json")
    words = ("workflow", "make", WISH, "-o", file, "--max-credits", "500", "--json")
    first = person.verb(*words)
    assert (first.code, document(first)["status"]) == (0, "done"), first.err
    assert prompts(person).count("Draw a dragon") == 1
    count = len(person.accepted())
    again = person.verb(*words)
    assert (again.code, document(again)["status"], len(person.accepted())) == (0, "done", count)


def test_one_command_pays_no_more_than_its_limit_and_runs_no_other_prompts_plan(
    person: Person,
) -> None:
    file = str(person.folder / "plan.json")
    words = ("workflow", "make", WISH, "-o", file)
    assert person.verb(*words, "--max-credits", "3").code == 4
    assert not Path(file).exists()
    with pytest.raises(SystemExit):  # there is no agreement without a limit
        person.verb(*words)
    made(person)
    other = person.verb("workflow", "make", "a poster, then a song", "-o", file,
                        "--max-credits", "500")  # fmt: skip
    assert (other.code, "the workflow of another prompt" in other.err) == (2, True)
    assert person.accepted() == []


def test_the_limit_of_one_command_counts_what_was_paid_before(person: Person) -> None:
    file, workflow = made(person)
    person.sandbox.scenario(FAILS)
    person.verb("workflow", "run", file, "--confirm", workflow["hash"])
    sent = len(person.accepted())
    over = person.verb("workflow", "make", WISH, "-o", file, "--max-credits", "1")
    assert (over.code, "your limit is 1" in over.err) == (4, True)
    assert len(person.accepted()) == sent


def test_of_two_commands_at_once_one_plan_is_run_by_both(person: Person) -> None:
    path, workflow = person.folder / "plan.json", file.read(Path(made(person)[0]))
    assert not file.write_first(path, replace(workflow, id="other"))
    assert file.read(path).id == workflow.id
    path.unlink()
    assert file.write_first(path, workflow)
    assert [each.name for each in person.folder.iterdir() if "plan.json" in each.name] == [
        path.name
    ]
