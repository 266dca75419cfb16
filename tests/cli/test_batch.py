"""`ima-tui batch` from end to end, against the sandbox."""

from __future__ import annotations

import fcntl
import io
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from batch_person import PATIENT, SPEED, Person, wishes
from beliefs import torn
from PIL import Image

from ima_tui.batch.manifest import Manifest
from ima_tui.cli.commands import batch_run
from ima_tui.cli.commands.batch_rows import PricedRow
from ima_tui.config import schema
from ima_tui.core.domain import State
from ima_tui.intent import second_opinion
from ima_tui.ledger import opening
from ima_tui.runner import scheduler
from ima_tui.sandbox.server import running_sandbox

THREE = ("a lighthouse", "a red boat", "a grey gull")


def test_a_dry_run_prices_every_row_and_sends_nothing(person: Person) -> None:
    film = '{"prompt": "waves", "task_type": "text_to_video"}\n'
    file = person.write(wishes("a {red|blue} cat", n=2) + film)
    said = person.verb("batch", file, "--dry-run", "--json")
    document = json.loads(said.out)
    assert said.code == 0
    assert [(row["line"], row["prompt"]) for row in document["rows"]] == [
        (1, "a red cat"),
        (1, "a blue cat"),
        (2, "waves"),
    ]
    assert document["total_credit"] == sum(row["total_credit"] for row in document["rows"])
    sent = document["rows"][0]["payload"]["parameters"][0]
    assert sent["credit"] * 2 == document["rows"][0]["total_credit"]
    table = person.verb("batch", file, "--dry-run")
    assert f"3 rows · {document['total_credit']} pts" in table.out
    assert person.sandbox.ledger()["creates"] == []
    assert not Path(f"{file}.manifest.jsonl").exists()


def test_unsure_rows_and_questions_are_refused_with_a_sentence(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "believe", torn)
    file = person.write('{"prompt": "draw a fox"}\n{"prompt": "how much does a video cost?"}\n')
    said = person.verb("batch", file, "--json")
    assert said.code == 2
    messages = [line["error"]["message"] for line in said.lines]
    assert "text_to_image or text_to_video" in messages[0]
    assert "video" in messages[1]
    assert person.sandbox.ledger()["creates"] == []


def test_rows_beyond_a_models_limits_are_bad_rows(person: Person) -> None:
    links = [f"https://x.example/{number}.png" for number in range(15)]
    row = {"prompt": "x", "task_type": "image_to_image", "model_id": "gemini-3.1-flash-image"}
    rows = [{**row, "input_images": links}, {**row, "input_images": ["https://x.example/a.webp"]}]
    file = person.write("".join(json.dumps(one) + "\n" for one in rows))
    said = person.verb("batch", file, "--yes", "--json")
    assert said.code == 2
    assert [line["error"]["kind"] for line in said.lines] == ["inputs_range", "input_kind"]
    assert person.sandbox.ledger()["creates"] == []


@pytest.mark.parametrize("as_json", [True, False])
def test_bad_rows_are_named_and_nothing_is_sent(person: Person, as_json: bool) -> None:
    bad = '{"prompt": "x"}\n{"prompt": "y", "task_type": "text_to_image", "model_id": "nobody"}\n'
    file = person.write(wishes("a cat") + bad + "{\n")
    said = person.verb("batch", file, "--yes", *(["--json"] if as_json else []))
    assert said.code == 2
    assert all(f"Line {line}:" in said.err for line in (2, 3, 4))
    assert "task-type" in said.err
    assert person.sandbox.ledger()["creates"] == []
    if as_json:
        kinds = [(line["line"], line["error"]["kind"]) for line in said.lines]
        assert kinds == [(2, "route_media_type"), (3, "unknown_model"), (4, "bad_json")]
    rest = person.verb("batch", file, "--yes", "--skip-bad", "--json")
    assert (rest.code, person.accepted()) == (0, ["a cat"])


def test_every_file_is_decoded_before_the_first_row_is_sent(person: Person) -> None:
    good, cut = person.folder / "good.jpg", person.folder / "cut.jpg"
    Image.new("RGB", (64, 48), "teal").save(good)
    cut.write_bytes(good.read_bytes()[:-200])
    rows = [
        {"prompt": "x", "task_type": "image_to_image", "input_images": [str(each)]}
        for each in (good, good, cut)
    ]
    file = person.write("".join(json.dumps(row) + "\n" for row in rows))
    said = person.verb("batch", file, "--yes", "--json")
    assert said.code == 2
    kinds = [(line["line"], line["error"]["kind"]) for line in said.lines]
    assert kinds == [(3, "input_broken")]
    assert person.sandbox.ledger()["creates"] == []


def test_the_total_is_agreed_to_before_anything_is_sent(person: Person) -> None:
    file = person.write(wishes(*THREE))
    total = json.loads(person.verb("batch", file, "--dry-run", "--json").out)["total_credit"]
    alone = person.verb("batch", file)
    assert (alone.code, f"{total} pts" in alone.err) == (2, True)
    dear = person.verb("batch", file, "--max-credits", str(total - 1), "--yes")
    assert (dear.code, f"{total} pts" in dear.err) == (4, True)
    assert person.sandbox.ledger()["creates"] == []
    assert person.verb("batch", file, "--max-credits", str(total)).code == 0
    assert len(person.accepted()) == 3


def test_a_row_put_in_before_others_is_told_before_they_are_paid_again(person: Person) -> None:
    file = person.write(wishes(*THREE))
    assert person.verb("batch", file, "--yes").code == 0
    assert "from another line" not in person.verb("batch", file, "--dry-run").err
    person.write(wishes("something new", *THREE))
    assert "3 of these rows" in person.verb("batch", file, "--dry-run").err
    declined = person.verb("batch", file, "--max-credits", "1")
    assert (declined.code, "3 of these rows" in declined.err) == (4, True)
    assert len(person.accepted()) == 3
    person.write(wishes(*THREE, THREE[0]))
    assert "from another line" not in person.verb("batch", file, "--dry-run").err


def test_done_rows_are_reported_and_never_paid_again(person: Person) -> None:
    file = person.write(wishes(*THREE))
    first = person.verb("batch", file, "--yes", "--json")
    assert first.code == 0
    assert sorted(line["line"] for line in first.lines) == [1, 2, 3]
    assert all(line["status"] == "done" and line["url"] for line in first.lines)
    noted = person.manifest(file)
    assert sorted(line["job_id"] for line in noted) == [1, 2, 3]
    assert set(first.lines[0]) == set(noted[0]) | {"schema"}
    assert set(noted[0]) >= {"line", "intent", "job_id", "medias", "error"}
    again = person.verb("batch", file, "--json")  # nothing to pay: nobody has to agree
    assert again.code == 0
    assert {line["intent"] for line in again.lines} == {line["intent"] for line in first.lines}
    assert person.manifest(file) == noted
    assert len(person.accepted()) == 3
    assert person.verb("batch", file, "--yes", "--label", "once more").code == 0
    assert len(person.accepted()) == 6
    assert person.sandbox.ledger()["violations"] == []


def test_new_rows_at_the_end_are_the_only_new_ones(person: Person) -> None:
    file = person.write(wishes(*THREE))
    assert person.verb("batch", file, "--yes").code == 0
    person.write(wishes(*THREE, "a pier"))
    said = person.verb("batch", file, "--yes")
    assert (said.code, "3 already done" in said.err) == (0, True)
    assert sorted(person.accepted()) == sorted([*THREE, "a pier"])


def test_stdin(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin(io.StringIO):
        buffer = io.BytesIO("一只猫\n\na {small|large} dog\n".encode())

    monkeypatch.setattr("sys.stdin", Stdin())
    said = person.verb("batch", "-", "--task-type", "text_to_image", "--yes", "--json")
    assert said.code == 0
    assert sorted(person.accepted()) == ["a large dog", "a small dog", "一只猫"]
    assert sorted(line["line"] for line in said.lines) == [1, 3, 3]
    assert list(person.folder.glob("*.manifest.jsonl")) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "Can't read"), (b"\xff\xfe\x00", "UTF-8"), (b"", "no rows")],
)
def test_a_file_that_is_none(person: Person, content: bytes | None, words: str) -> None:
    file = person.folder / "wishes.txt"
    if content is not None:
        file.write_bytes(content)
    said = person.verb("batch", str(file), "--yes")
    assert (said.code, words in said.err) == (2, True)


# --------------------------------------------------------------------------- what goes wrong


def test_failed_rows_are_sent_again_only_when_asked(person: Person) -> None:
    person.sandbox.scenario('[[fault]]\nkind = "fail_task"\nprompt_contains = "boat"\ntimes = 2')
    file = person.write(wishes(*THREE))
    said = person.verb("batch", file, "--yes", "--json")
    assert said.code == 1
    failed = next(line for line in said.lines if line["line"] == 2)
    assert (failed["status"], failed["error"]["kind"]) == ("failed", "generation_failed")
    assert person.verb("batch", file, "--yes").code == 1
    assert len(person.accepted()) == 3
    assert person.verb("batch", file, "--retry-failed").code == 2  # it costs: somebody must agree
    assert person.verb("batch", file, "--yes", "--retry-failed").code == 1  # fails once more
    assert person.verb("batch", file, "--yes", "--retry-failed").code == 0
    assert person.verb("batch", file, "--yes", "--retry-failed").code == 0
    assert sorted(person.accepted()) == sorted([*THREE, "a red boat", "a red boat"])
    ends = [(line["line"], line["status"]) for line in person.manifest(file) if line["line"] == 2]
    assert ends == [(2, "failed"), (2, "failed"), (2, "done")]


def test_an_unknown_row_is_named_and_left(person: Person) -> None:
    person.sandbox.scenario(
        '[[fault]]\nkind = "lose_answer"\nendpoint = "create"\nprompt_contains = "boat"'
    )
    file = person.write(wishes(*THREE))
    said = person.verb("batch", file, "--yes", "--json")
    assert said.code == 7
    lost = next(line for line in said.lines if line["line"] == 2)
    assert (lost["status"], lost["error"]["kind"]) == ("unknown", "lost")
    again = person.verb("batch", file, "--yes", "--retry-failed")
    assert (again.code, "Line 2:" in again.err, "5 pts" in again.err) == (7, True, True)
    assert len(person.accepted()) == 3
    assert person.sandbox.ledger()["violations"] == []


def test_without_points_the_rest_is_not_tried(person: Person) -> None:
    file = person.write(wishes(*(f"wish {index}" for index in range(60))))
    said = person.verb("batch", file, "--yes", "--api-key", "ima_poor_person")
    assert said.code == 4
    assert "not sent because" in said.err
    assert len(person.sandbox.ledger()["creates"]) <= batch_run.MOST_LIVE + 8


def test_a_dearer_price_is_agreed_to_anew(person: Person) -> None:
    person.sandbox.scenario('[[fault]]\nkind = "price_change"\nadd = 7\ntimes = 1')
    file = person.write(wishes("a lighthouse"))
    said = person.verb("batch", file, "--yes", "--json")
    assert (said.code, person.accepted()) == (4, [])
    assert said.lines[0]["error"]["kind"] == "price_rose"
    again = ("batch", file, "--retry-failed")
    assert person.verb(*again).code == 2
    assert person.verb(*again, "--max-credits", "11").code == 4
    assert person.verb(*again, "--max-credits", "12").code == 0
    assert len(person.accepted()) == 1


LIMITS = pytest.mark.skipif(
    all(setting.name != "spending.per_day" for setting in schema.SETTINGS),
    reason="no limits can be set yet",
)


@pytest.fixture
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day without an end: 1,000 times as fast, a test in the evening would see midnight, and
    with it a new day's points."""
    monkeypatch.setattr(scheduler, "midnight", lambda _: 0.0)


@LIMITS
@pytest.mark.usefixtures("one_day")
def test_no_flag_goes_over_a_limit_of_the_day(person: Person) -> None:
    (person.folder / "config.toml").write_text("[spending]\nper_day = 12\n")
    file = person.write(wishes(*THREE))
    said = person.verb("batch", file, "--yes", "--json")
    assert (said.code, len(person.accepted())) == (4, 2)
    over = next(line for line in said.lines if line["error"])
    assert over["error"]["kind"] == "over_day"
    assert person.verb("batch", file, "--yes", "--retry-failed").code == 4
    assert len(person.accepted()) == 2
    (person.folder / "config.toml").write_text("[spending]\nper_day = 15\n")
    assert person.verb("batch", file, "--yes", "--retry-failed").code == 0
    assert sorted(person.accepted()) == sorted(THREE)


@LIMITS
@pytest.mark.usefixtures("one_day")
def test_over_a_limit_the_rest_is_not_tried(person: Person) -> None:
    (person.folder / "config.toml").write_text("[spending]\nper_day = 12\n")
    file = person.write(wishes(*(f"wish {index}" for index in range(100))))
    said = person.verb("batch", file, "--yes")
    assert (said.code, "not sent because" in said.err) == (4, True)
    assert len(person.accepted()) == 2
    assert len(person.verb("jobs", "list", "--json").jobs) < 60


def test_without_a_service_nothing_happens(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMA_BASE_URL", "http://127.0.0.1:9")
    said = person.verb("batch", person.write(wishes(*THREE)), "--yes")
    assert said.code == 6
    monkeypatch.setenv("IMA_BASE_URL", person.sandbox.base_url)
    assert person.verb("batch", person.write(wishes(*THREE)), "--yes").code == 0


def test_the_network_is_waited_for(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    (person.folder / "config.toml").write_text("[catalogue]\nmax_age = 1000000\n")
    with running_sandbox(speed=SPEED) as first:
        url, port = first.base_url, int(first.base_url.rpartition(":")[2])
        monkeypatch.setenv("IMA_BASE_URL", url)
        file = person.write(wishes(*THREE))
        assert person.verb("batch", file, "--dry-run").code == 0  # the lists are in the cache

    def told(words: str) -> None:
        talk(words)
        if "Waiting for the network" in words:
            missed.set()

    def come_back() -> None:
        missed.wait(60)
        with running_sandbox(port=port, speed=SPEED, scenario=PATIENT):
            over.wait(60)

    talk = batch_run.talk
    monkeypatch.setattr(batch_run, "talk", told)
    missed, over = threading.Event(), threading.Event()
    network = threading.Thread(target=come_back)
    network.start()
    said = person.verb("batch", file, "--yes")
    over.set()
    network.join()
    assert said.code == 0
    assert said.err.count("Waiting for the network") == said.err.count("Connected to IMA") >= 1


def test_without_a_key(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    file = person.write(wishes(*THREE))
    assert person.verb("models").code == 0  # the lists are in the cache now
    monkeypatch.delenv("IMA_API_KEY")
    monkeypatch.setattr("ima_tui.config.api_key.find", lambda *_: None)
    assert person.verb("batch", file, "--dry-run").code == 0
    assert person.verb("batch", file, "--yes").code == 3


def test_files_come_later_and_cost_nothing(person: Person) -> None:
    file = person.write(wishes(*THREE))
    assert person.verb("batch", file, "--yes").code == 0
    said = person.verb("batch", file, "--download", str(person.folder / "out"), "--json")
    assert said.code == 0
    paths = [Path(line["medias"][0]["path"]) for line in said.lines]
    assert all(path.exists() and path.parent == person.folder / "out" for path in paths)
    assert len(person.accepted()) == 3
    assert len(person.manifest(file)) == 6  # the files are news


@pytest.mark.parametrize("count", [120, pytest.param(500, marks=pytest.mark.slow)])
def test_hundreds_of_rows(count: int, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    fast_disk(monkeypatch)
    most = 0
    hand_over = batch_run.BatchFeeder._begin

    async def counted(self: batch_run.BatchFeeder, errand: PricedRow) -> object:
        nonlocal most
        most = max(most, self.live)
        return await hand_over(self, errand)

    monkeypatch.setattr(batch_run.BatchFeeder, "_begin", counted)
    prompts = [f"number {index}" for index in range(count)]
    file = person.write(wishes(*prompts))
    said = person.verb("batch", file, "--yes", "--json")
    assert said.code == 0
    assert sorted(person.accepted()) == sorted(prompts)
    assert len({line["intent"] for line in said.lines}) == len(person.manifest(file)) == count
    assert most < batch_run.MOST_LIVE
    again = person.verb("batch", file, "--yes", "--json")
    assert (again.code, len(again.lines), len(person.accepted())) == (0, count, count)


def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No crash is played here, so nothing has to be waited for."""
    connect = opening.connect

    def unsynced(path: Path, *keep: Callable[[int], None]) -> object:
        connection = connect(path, *keep)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    monkeypatch.setattr(opening, "connect", unsynced)
    monkeypatch.setattr("ima_tui.batch.manifest.os.fsync", lambda _: None)


# -------------------------------------------------------------------------------- the manifest


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


LINE: dict[str, object] = {"line": 1, "intent": "a", "job_id": 1, "status": "done", "medias": []}


def test_the_manifest_says_everything_once(manifest: Path) -> None:
    Manifest(manifest).append([LINE])
    later = Manifest(manifest)
    later.append([LINE, {**LINE, "line": 2, "intent": "b"}])
    later.append([{**LINE, "status": "failed"}])
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert [(line["intent"], line["status"]) for line in lines] == [
        ("a", "done"),
        ("b", "done"),
        ("a", "failed"),
    ]


def test_wherever_a_crash_tore_it_the_manifest_is_mended(manifest: Path) -> None:
    Manifest(manifest).append([LINE])
    whole = manifest.read_bytes()
    second = {**LINE, "line": 2, "intent": "b"}
    torn = json.dumps(second).encode()
    for cut in range(len(torn) + 1):
        manifest.write_bytes(whole + torn[:cut])
        Manifest(manifest).append([LINE, second])
        assert [json.loads(line) for line in manifest.read_text().splitlines()] == [LINE, second]


def test_what_is_not_ours_stays_in_the_manifest(manifest: Path) -> None:
    manifest.write_text("notes\n[1]\n{} of somebody")
    Manifest(manifest).append([LINE])
    assert manifest.read_text().splitlines()[:3] == ["notes", "[1]", "{} of somebody"]


def test_two_runs_write_one_manifest(manifest: Path) -> None:
    one, two = Manifest(manifest), Manifest(manifest)
    for number in range(10):
        (one if number % 2 else two).append([{**LINE, "line": number, "intent": str(number)}])
        (two if number % 2 else one).append([{**LINE, "line": number, "intent": str(number)}])
    assert len(manifest.read_text().splitlines()) == 10


def test_a_run_waits_for_the_line_that_another_is_writing(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with manifest.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def write_meanwhile(_: float) -> None:
            other.write(json.dumps(LINE).encode() + b"\n")
            other.flush()
            fcntl.flock(other, fcntl.LOCK_UN)

        monkeypatch.setattr("ima_tui.batch.manifest.time.sleep", write_meanwhile)
        Manifest(manifest).append([LINE])
    assert [json.loads(line) for line in manifest.read_text().splitlines()] == [LINE]


def test_a_manifest_that_can_not_be_written_is_told_first(person: Person) -> None:
    file = person.write(wishes(*THREE))
    said = person.verb("batch", file, "--yes", "--manifest", str(person.folder / "no" / "where"))
    assert (said.code, person.accepted()) == (2, [])


def test_a_manifest_never_goes_into_the_file_of_the_rows(person: Person) -> None:
    file = person.write(wishes(*THREE))
    before = (person.folder / file).read_text()
    said = person.verb("batch", file, "--yes", "--manifest", str(person.folder / file))
    assert (said.code, person.accepted()) == (2, [])
    assert (person.folder / file).read_text() == before


def test_no_manifest_is_wanted(person: Person) -> None:
    file = person.write(wishes("a cat"))
    assert person.verb("batch", file, "--yes", "--manifest", "/dev/null").code == 0


def test_what_settles_a_row() -> None:
    from fakes import any_order

    from ima_tui.core.domain import Job

    job = Job(1, replace(any_order(), confirmed=5), State.QUEUED, 0.0, 0.0, needs_approval=True)
    assert not batch_run.settled(job)  # its run died: this one was agreed to
    assert batch_run.settled(replace(job, order=replace(job.order, confirmed=4)))


def test_rows_without_a_task_type_are_read_and_what_differs_needs_a_yes(person: Person) -> None:
    rows = '{"prompt": "a 30s video of a whale with kling o1"}\n{"prompt": "a picture of a fox"}\n'
    file = person.write(rows)
    refused = person.verb("batch", file, "--max-credits", "500")
    assert refused.code == 2
    assert "30s isn't available for Kling O1: sent as 10 s." in refused.err
    assert person.sandbox.ledger()["creates"] == []
    dry = json.loads(person.verb("batch", file, "--dry-run", "--yes", "--json").out)
    assert dry["rows"][0]["warnings"] == ["30s isn't available for Kling O1: sent as 10 s."]
    assert [row["model_id"] for row in dry["rows"]] == [
        "kling-video-o1",
        "doubao-seedream-4.5",
    ]
    assert person.verb("batch", file, "--yes").code == 0
    assert len(person.accepted()) == 2
