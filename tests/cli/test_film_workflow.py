"""From a brief to a finished film: what is bought, and what the file shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from agent_client import agent, ask
from batch_person import PATIENT, Person

from ima_tui.sandbox import media, uploads

sys.path.append(str(Path(__file__).parents[1] / "film"))
pytest.importorskip("av", reason="PyAV, the `video` extra, is not installed")

from clips import Read, near, read

MARKED = (
    PATIENT.replace("[server]", "[server]\nmarks = true")
    if "[server]" in PATIENT
    else ("[server]\nmarks = true\n" + PATIENT)
)
SNEAKER = (
    "A 12 second product video of a sneaker from two shots, upbeat music, "
    "a voice-over saying 'Run free'"
)


@pytest.fixture
def marked(person: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    person.sandbox.scenario(MARKED)
    monkeypatch.setattr(uploads, "CLOCK_SLACK", 1e9)  # two fast clocks drift apart
    return person


def planned(person: Person, brief: str, *more: str) -> tuple[str, dict[str, Any]]:
    file = str(person.folder / "film.json")
    said = person.verb("workflow", "plan", brief, "-o", file, *more)
    assert said.code == 0, said.err
    return file, json.loads(Path(file).read_text("utf-8"))


def made(person: Person, brief: str) -> tuple[Read, dict[str, Any], dict[str, Any]]:
    """The film of a brief, the plan, and what `run` said."""
    file, workflow = planned(person, brief)
    said = person.verb(
        "workflow", "run", file, "--confirm", workflow["hash"], "--no-pause", "--json"
    )
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["status"] == "done"
    return read(told["film"]), workflow, told


def colours(workflow: dict[str, Any]) -> list[tuple[int, int, int]]:
    """What the middle of each shot has to show."""
    prompts = {step["id"]: step["prompt"] for step in workflow["steps"]}
    ids = [int(shot["source"].partition(":")[2].partition("#")[0]) for shot in workflow["shots"]]
    return [media.colour_of(prompts[each]) for each in ids]


def test_a_brief_becomes_one_film_in_one_command(marked: Person) -> None:
    film, workflow, told = made(marked, SNEAKER)
    assert [step["status"] for step in told["steps"]] == ["done"] * len(workflow["steps"])
    assert "film" in Path(told["film"]).name
    assert film.seconds == pytest.approx(12.0, abs=0.1)
    lengths = [shot["trim"][1] for shot in workflow["shots"]]
    middles = [lengths[0] / 2, lengths[0] + lengths[1] / 2]
    for at, colour in zip(middles, colours(workflow), strict=True):
        assert near(film.colour(at), colour)
    assert film.loudness == pytest.approx(-14.0, abs=0.5)
    spoken = media.tone_of("Run free", media.SPEECH_HZ)
    song = next(step for step in workflow["steps"] if step["task_type"] == "text_to_music")
    music = media.tone_of(song["prompt"], media.MUSIC_HZ)
    assert film.level(spoken, 1.1, 0.3) - film.level(spoken, 0.5, 0.3) > 20
    assert film.level(music, 0.6, 0.3) - film.level(music, 1.25, 0.2) >= 8
    assert film.level(music, 6.0) - film.level(music, 11.8, 0.2) >= 15
    assert len(marked.accepted()) == len(workflow["steps"])


def test_the_master_image_is_looked_at_before_the_rest_is_bought(marked: Person) -> None:
    file, workflow = planned(marked, SNEAKER)
    said = marked.verb("workflow", "run", file, "--confirm", workflow["hash"], "--json")
    assert said.code == 4, said.err
    told = json.loads(said.out)
    assert told["status"] == "needs_approval"
    assert told["to_pay"] == workflow["total_credit"] - workflow["steps"][0]["credit"]
    assert len(marked.accepted()) == 1
    again = marked.verb("workflow", "resume", file, "--json")
    assert again.code == 0, again.err
    assert read(json.loads(again.out)["film"]).seconds == pytest.approx(12.0, abs=0.1)
    assert len(marked.accepted()) == len(workflow["steps"])


def test_assembling_again_is_free_and_keeps_the_hash(marked: Person) -> None:
    film, workflow, told = made(marked, "Two shots: a kite; a boat. 10 seconds")
    paid = len(marked.accepted())
    file = Path(marked.folder / "film.json")
    same = marked.verb("workflow", "assemble", str(file), "--json")
    assert json.loads(same.out)["made"] is False
    assert json.loads(same.out)["film"] == told["film"]
    workflow["shots"].reverse()
    file.write_text(json.dumps(workflow), "utf-8")
    shown = json.loads(marked.verb("workflow", "show", str(file), "--json").out)
    assert shown["hash"] == workflow["hash"]
    turned = marked.verb(
        "workflow", "assemble", str(file), "--transition", "fade", "--json", "-o",
        str(marked.folder / "turned.mp4"),
    )  # fmt: skip
    assert turned.code == 0, turned.err
    other = read(json.loads(turned.out)["film"])
    assert other.seconds == film.seconds == 10.0, "the last frame is held for the crossfade"
    first, second = colours(workflow)
    assert near(other.colour(2.5), first)
    assert near(other.colour(7.5), second)
    assert near(film.colour(2.5), second)
    assert len(marked.accepted()) == paid


def test_a_failed_shot_stops_only_what_needs_it(marked: Person) -> None:
    fails = '[[fault]]\nkind = "fail_task"\ntask_type = "image_to_video"\ntimes = 1\n'
    marked.sandbox.scenario(MARKED + fails)
    file, workflow = planned(marked, "Two shots: a kite; a boat. 10 seconds, calm piano")
    said = marked.verb(
        "workflow", "run", file, "--confirm", workflow["hash"], "--no-pause", "--json"
    )
    assert said.code == 1
    told = json.loads(said.out)
    states = [step["status"] for step in told["steps"]]
    assert (states.count("failed"), states.count("done")) == (1, len(states) - 1)
    assert told["film"] is None
    marked.sandbox.scenario(MARKED)
    status = json.loads(marked.verb("workflow", "resume", file, "--json").out)
    again = marked.verb("workflow", "resume", file, "--confirm", status["confirm"], "--json")
    assert again.code == 0, again.err
    assert read(json.loads(again.out)["film"]).seconds == pytest.approx(10.0, abs=0.1)
    assert len(marked.accepted()) == len(workflow["steps"]) + 1


def test_a_missing_file_is_named_with_the_way_to_get_it(marked: Person) -> None:
    _, _, told = made(marked, "Two shots: a kite; a boat. 10 seconds")
    clip = next(s for s in told["steps"] if s["task_type"] == "image_to_video")["job"]
    Path(clip["medias"][0]["path"]).unlink()
    said = marked.verb("workflow", "assemble", str(marked.folder / "film.json"))
    assert said.code == 2
    assert f"ima-tui jobs fetch {clip['job_id']}" in said.err


@pytest.mark.parametrize(
    ("brief", "kind"),
    [
        ("A film about a red moka pot: three clips of it, subtitles", "film_no_subtitles"),
        ("A product video of a shoe from two shots with a voice-over", "film_no_words"),
    ],
)
def test_what_a_brief_lacks_is_asked_for(marked: Person, brief: str, kind: str) -> None:
    said = marked.verb("workflow", "plan", brief, "--json")
    assert (said.code, json.loads(said.out)["error"]["kind"]) == (2, kind)


def test_without_pyav_nothing_of_a_film_is_bought(
    marked: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, workflow = planned(marked, SNEAKER)
    monkeypatch.setattr("ima_tui.film.assembler.can_assemble", lambda: False)
    said = marked.verb("workflow", "run", file, "--confirm", workflow["hash"], "--json")
    assert (said.code, json.loads(said.out)["error"]["kind"]) == (2, "film_no_av")
    assert marked.accepted() == []


async def test_an_agent_gets_the_film_too(marked: Person) -> None:
    """Its last call assembles it; asked again, it is the same file."""
    (marked.folder / "config.toml").write_text(
        f'[agents]\napprove_above = 10000\n[results]\nfolder = "{marked.folder / "out"}"\n'
    )
    order = {"prompt": SNEAKER, "idempotency_key": "sneaker"}
    async with agent(marked.folder, marked.environment) as client:
        workflow = await ask(client, "run_workflow", **order)
        done = await ask(client, "run_workflow", **order, confirm=workflow["confirm"], seconds=300)
        while done["status"] != "done" or not done["film"]:
            assert done["error"] is None, done["error"]
            done = await ask(client, "run_workflow", **order, seconds=60)
        assert read(done["film"]).seconds == pytest.approx(12, abs=1)
        assert (await ask(client, "run_workflow", **order))["film"] == done["film"]
    assert len(marked.accepted()) == len(workflow["steps"])
