"""Projects, stars and tags by command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from verbs import Verb

from ima_tui.cli.completion.values import of

FOX = ("generate", "a fox", "--task-type", "text_to_image")
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/json.schema.json").read_text())


def fits(document: object, name: str) -> None:
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(document)


def keys(ima: Verb, *flags: str) -> list[int]:
    return [job["job_id"] for job in ima("jobs", "list", "--json", *flags).jobs]


def test_a_job_is_filed_under_its_project_with_its_results(ima: Verb, home: Path) -> None:
    said = ima(*FOX, "--project", " Spring/春 ", "--download", "--json")
    assert said.code == 0
    fits(said.json, "generate")
    assert said.json["project"] == "Spring/春"
    file = Path(said.json["medias"][0]["path"])
    assert file.parent == home / "Pictures" / "ima" / "Spring-春"
    ima(*FOX, "--download", "here")
    assert ima(*FOX, "--project", "SPRING/春", "--download", "here", "--json").json["project"] == (
        "Spring/春"
    )
    assert len(list((home / "here").glob("*.json"))) == 2  # a named folder is taken as it is
    assert keys(ima, "--project", "spring/春") == [3, 1]
    assert keys(ima, "--project", "") == [2]
    report = ima("jobs", "report", "--by", "project", "--json").json
    fits(report, "report")
    assert [(row["key"], row["jobs"]) for row in report["rows"]] == [("", 1), ("Spring/春", 2)]
    assert of("project", (), "") == [("Spring/春", "")]
    again = ima("jobs", "retry", "1", "--yes", "--json")
    assert again.jobs[0]["project"] == "Spring/春"


def test_a_name_that_is_too_long_is_refused_before_anything_is_sent(ima: Verb) -> None:
    said = ima(*FOX, "--project", "x" * 99)
    assert (said.code, "at most 60" in said.err) == (2, True)
    assert keys(ima) == []


def test_results_are_starred_and_tagged_and_found_again(ima: Verb) -> None:
    for _ in range(2):
        ima(*FOX, "--n", "2")
    said = ima("jobs", "mark", "1#2", "2", "--star", "--tag", "hero,#final", "--json")
    fits(said.json, "jobs_list")
    first, second = said.jobs
    assert [media["starred"] for media in first["medias"]] == [False, True]
    assert [media["tags"] for media in second["medias"]] == [["hero", "final"]] * 2
    ima("jobs", "mark", "2", "--no-star", "--untag", "FINAL")
    assert (keys(ima, "--starred"), keys(ima, "--tag", "hero")) == ([1], [2, 1])
    assert keys(ima, "--tag", "#final") == [1]
    table = ima("jobs", "list", "--columns", "job_id,starred,tags,project").out
    assert [line.split() for line in table.splitlines()[1:]] == [
        ["2", "hero"],
        ["1", "*", "hero", "final"],
    ]
    (line,) = ima("jobs", "export", "--starred").lines
    fits(line, "jobs_export_line")
    assert (line["job_id"], line["starred_results"], line["tags"]) == (1, [2], ["hero", "final"])
    rows = list(csv.DictReader(io.StringIO(ima("jobs", "export", "--format", "csv").out)))
    assert [row["tags"] for row in rows] == ["hero final", "hero"]
    assert [each.word for each in of("tag", (), "")] == ["hero", "final"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("1",), "Nothing to change"),
        (("1#9", "--star"), "no result 9"),
        (("7", "--star"), "no job 7"),
        (("1#0", "--star"), "is not a result"),
        (("1", "--tag", "x" * 99), "at most 60"),
    ],
)
def test_what_cant_be_marked_is_said_and_nothing_changes(
    ima: Verb, words: tuple[str, ...], told: str
) -> None:
    ima(*FOX)
    said = ima("jobs", "mark", *words)
    assert (said.code, told in said.err) == (2, True)
    assert keys(ima, "--starred") == []


def test_jobs_move_to_another_project(ima: Verb) -> None:
    ima(*FOX)
    ima("jobs", "mark", "1", "--project", "Film")
    assert keys(ima, "--project", "film") == [1]
    ima("jobs", "mark", "1", "--project", "")
    assert keys(ima, "--project", "film") == []


def test_rows_of_a_batch_have_the_commands_project_or_their_own(ima: Verb, home: Path) -> None:
    (home / "rows.csv").write_text("prompt,project\na fox,\na boat,Ads\n")
    batch = ("batch", "rows.csv", "--task-type", "text_to_image", "--yes", "--json")
    lines = ima(*batch, "--project", "Film").lines
    assert {line["line"]: line["project"] for line in lines} == {2: "Film", 3: "Ads"}
    again = ima(*batch, "--project", "Other").lines  # another label is no reason to pay again
    assert {line["job_id"] for line in again} == {line["job_id"] for line in lines}
    manifest = (home / "rows.csv.manifest.jsonl").read_text()
    assert '"project": "Ads"' in manifest


def test_a_workflow_keeps_its_project_until_it_is_resumed(ima: Verb, home: Path) -> None:
    text = "an image of a fox, and a song about it"
    planned = ima("workflow", "plan", text, "-o", "plan.json", "--project", "Film", "--json")
    fits(planned.json, "workflow")
    assert planned.json["project"] == "Film"
    confirm = ima("workflow", "run", "plan.json", "--json").json["confirm"]
    assert ima("workflow", "run", "plan.json", "--confirm", confirm).code == 0
    assert len(keys(ima, "--project", "Film")) == len(planned.json["steps"]) > 1


def test_a_project_has_limits_of_its_own(ima: Verb, home: Path) -> None:
    (home / "config.toml").write_text("[projects.film]\nper_day = 12\n")
    assert ima(*FOX, "--project", "Film").code == 0
    near = ima(*FOX, "--project", "Film")
    assert "Project film has used 83% of its daily limit: 10 of 12 pts." in near.err
    over = ima(*FOX, "--project", "Film", "--json")
    assert (over.code, over.json["error"]["kind"]) == (4, "over_project_day")
    other = ima(*FOX, "--project", "Ads")
    assert (other.code, "limit" in other.err) == (0, False)
    report = ima("jobs", "report", "--json").json
    assert report["limits"] == [{"name": "day", "spent": 10, "limit": 12, "project": "film"}]
    assert "Today, project film: 10 of 12 pts" in ima("jobs", "report").out
    (home / "rows.txt").write_text("a fox\na boat\n")
    batch = ("batch", "rows.txt", "--task-type", "text_to_image", "--yes", "--project", "Film")
    assert ima(*batch).code == 4


def test_limits_of_projects_are_settings(ima: Verb) -> None:
    assert ima("config", "set", "projects.My film.per_month", "90").code == 0
    assert ima("config", "show", "--json").json["projects.My film.per_month"] == {
        "value": 90,
        "source": "file",
    }
    assert ima("config", "set", "projects.My film.per_month", "many").code == 2
    assert ima("config", "unset", "projects.My film.per_month").code == 0
    assert "My film" not in ima("config", "show").out


def test_jobs_are_sent_again_as_new_ones(ima: Verb) -> None:
    ima(*FOX, "--project", "Film", "--param", "size=2k")
    asked = ima("jobs", "again", "1")
    assert (asked.code, "5" in asked.err) == (2, True)  # nobody is here to say yes
    said = ima("jobs", "again", "1", "--new-seed", "--yes", "--json")
    fits(said.json, "jobs_ended")
    assert [job["project"] for job in said.jobs] == ["Film"]
    other = ima("jobs", "again", "1", "--model-id", "Midjourney", "--project", "Ads", "--json")
    assert (other.code, "Midjourney" in other.json["error"]["message"]) == (2, True)
    other = ima(
        "jobs", "again", "1", "--model-id", "Midjourney", "--project", "Ads", "--yes", "--json"
    )
    assert [(job["model_name"], job["project"]) for job in other.jobs] == [("Midjourney", "Ads")]
    prompts = [job["prompt"] for job in ima("jobs", "list", "--json").jobs]
    assert prompts == ["a fox"] * 3
