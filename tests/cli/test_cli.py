"""The verbs, against the sandbox: one document on stdout, a sentence on stderr, the exit code.

Whatever is refused, the sandbox's own ledger must say that nothing was created.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from verbs import KEY, Verb

from ima_tui import cli
from ima_tui.cli import session
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import State, TaskType
from ima_tui.ledger.store import Ledger
from ima_tui.sandbox import uploads
from ima_tui.sandbox.server import Sandbox

pytestmark = [pytest.mark.sandbox(strict=True), pytest.mark.usefixtures("home")]

ROOT = Path(__file__).parents[2]
JOB_KEYS = [
    "schema",
    "job_id", "task_id", "task_type", "model_id", "model_name", "model_version", "credit", "n",
    "total_credit", "status", "elapsed_s", "estimated_s", "project", "client", "starred",
    "tags", "medias", "url",
    "attempts", "error",
]  # fmt: skip
MEDIA_KEYS = [
    "url", "cover", "format", "width", "height", "duration", "path", "starred", "tags",
]  # fmt: skip
ERROR_KEYS = ["kind", "message", "suggestions", "alternatives"]


def picture(folder: Path, name: str = "in.png") -> str:
    path = folder / name
    Image.new("RGB", (64, 48), "teal").save(path)
    return str(path)


def creates(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.ledger()["creates"])


# ------------------------------------------------------------------------- all eight kinds


@pytest.mark.parametrize("task_type", list(TaskType), ids=lambda kind: kind.value)
def test_each_kind_of_thing_is_made(
    ima: Verb, home: Path, sandbox: Sandbox, task_type: TaskType
) -> None:
    inputs = [picture(home, f"{i}.png") for i in range(task_type.inputs[0])]
    given = ["--input-images", *inputs] if inputs else []
    said = ima(
        "generate", "a lighthouse", "--task-type", task_type.value, *given, "--json", "--download",
        str(home / "out"),
    )  # fmt: skip
    assert said.code == 0, said.err
    job = said.json
    assert list(job) == JOB_KEYS
    assert job["status"] == "done"
    assert job["error"] is None
    assert job["task_type"] == task_type.value
    (media,) = job["medias"]
    assert list(media) == MEDIA_KEYS
    assert job["url"] == media["url"]
    assert Path(media["path"]).stat().st_size > 0
    (create,) = creates(sandbox)
    assert create["charged"] == job["total_credit"] == job["credit"]
    assert create["task_id"] == job["task_id"]
    assert sandbox.ledger()["counts"].get("put", 0) == len(inputs)
    assert job["attempts"][0]["status"] == "queued"
    assert not list((home / "out").glob(".*"))


def test_two_outputs_are_two_files_and_twice_the_price(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    said = ima(
        "generate", "two", "--task-type", "text_to_image", "--n", "2", "--json", "--download",
        str(home / "out"),
    )  # fmt: skip
    job = said.json
    assert (said.code, job["n"], job["total_credit"]) == (0, 2, 2 * job["credit"])
    assert len({media["path"] for media in job["medias"]}) == 2
    assert sandbox.ledger()["charges"] == job["total_credit"]


def test_without_json_the_paths_go_to_stdout_and_the_talk_to_stderr(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    said = ima("generate", "x", "--task-type", "text_to_image", "--download", str(home / "out"))
    assert said.code == 0
    assert [Path(line).exists() for line in said.out.splitlines()] == [True]
    assert "pts" in said.err


def test_the_scripts_flags_are_taken(ima: Verb, home: Path, sandbox: Sandbox) -> None:
    said = ima(
        "generate", "--api-key", KEY, "--task-type", "text_to_video", "--model-id", "pixverse",
        "--version-id", "Pixverse V4", "--prompt", "x", "--extra-params",
        '{"duration": 5, "resolution": "720P", "negative_prompt": null}', "--language", "en",
        "--base-url", sandbox.base_url, "--user-id", "u", "--output-json",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert (said.json["model_version"], said.json["credit"]) == ("Pixverse V4", 15)


def test_an_extra_parameter_that_is_no_value_is_answered(ima: Verb, sandbox: Sandbox) -> None:
    said = ima(
        "generate", "x", "--task-type", "text_to_video", "--model-id", "pixverse",
        "--extra-params", '{"negative_prompt": ["a"]}',
    )  # fmt: skip
    assert (said.code, creates(sandbox)) == (2, [])
    assert "negative_prompt" in said.err


def test_a_dry_run_prints_the_exact_payload_and_sends_nothing(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    words = ["generate", "x", "--task-type", "text_to_image", "--size", "2k", "--json"]
    dry = ima(*words, "--dry-run")
    assert (dry.code, creates(sandbox)) == (0, [])
    assert list(dry.json) == ["schema", "payload", "total_credit", "warnings", "error"]
    wet = ima(*words)
    (create,) = creates(sandbox)
    entry = dry.json["payload"]["parameters"][0]
    assert create["credit"] == entry["credit"] == dry.json["total_credit"] == wet.json["credit"]
    assert create["attribute_id"] == entry["attribute_id"]


def test_no_wait_returns_as_soon_as_the_service_has_it(ima: Verb, sandbox: Sandbox) -> None:
    said = ima("generate", "x", "--task-type", "text_to_music", "--no-wait", "--json")
    assert (said.code, said.json["error"]) == (0, None)
    assert said.json["task_id"]
    waited = ima("jobs", "wait", str(said.json["job_id"]), "--json")
    assert (waited.code, waited.jobs[0]["status"]) == (0, "done")
    assert len(creates(sandbox)) == 1


# ---------------------------------------------------------------------------- every bad input

T2I = ("generate", "x", "--task-type", "text_to_image")
I2I = ("generate", "x", "--task-type", "image_to_image", "--input-images")
BAD = {
    "unknown model": ((*T2I, "--model-id", "midjourny"), "unknown_model", "Midjourney"),
    "unknown version": ((*T2I, "--model-id", "midjourney", "--version-id", "v9"),
                        "unknown_version", "midjourney"),
    "bad option": ((*T2I, "--model-id", "gemini-3-pro-image", "--size", "8K"), "bad_option",
                   "1K, 2K, 4K"),
    "bad name": ((*T2I, "--param", "aspect_ration=1:1"), "unknown_parameter", "aspect_ratio"),
    "bad param": ((*T2I, "--param", "oops"), "bad_parameter", "oops"),
    "bad json": ((*T2I, "--extra-params", "{"), "bad_json", "{"),
    "json list": ((*T2I, "--extra-params", "[]"), "bad_json", "[]"),
    "empty prompt": (("generate", " ", "--task-type", "text_to_image"), "empty_prompt", "prompt"),
    "no prompt": (("generate", "--task-type", "text_to_image"), "empty_prompt", "prompt"),
    "impossible n": ((*T2I, "--n", "99"), "bad_count", "99"),
    "zero n": ((*T2I, "--n", "0"), "bad_count", "0"),
    "n twice": ((*T2I, "--n", "1", "--param", "n=2"), "count_twice", "1, 2"),
    "n in both": ((*T2I, "--param", "n=2", "--extra-params", '{"N": 2}'), "count_twice", "2, 2"),
    "n that is none": ((*T2I, "--param", "n=two"), "batch_count", "two"),
    "n that is a truth": ((*T2I, "--extra-params", '{"n": true}'), "batch_count", "True"),
    "half an n": ((*T2I, "--extra-params", '{"n": 1.5}'), "batch_count", "1.5"),
    "huge n": ((*T2I, "--param", "n=" + "9" * 5000), "batch_count", "999"),
    "impossible n as a parameter": ((*T2I, "--param", "n=99"), "bad_count", "99"),
    "too many inputs": ((*I2I, *(f"https://x.example/{n}.png" for n in range(15))),
                        "inputs_range", "14"),
    "a link to a film": ((*I2I, "https://x.example/a.mp4?size=1"), "input_kind", "jpeg, png"),
    "unknown task type": (("generate", "x", "--task-type", "text_to_smell"), "unknown_task_type",
                          "text_to_image"),
    "missing input": ((*I2I, "nowhere.png"), "input_missing", "nowhere.png"),
    "a folder": ((*I2I, "."), "input_folder", "."),
    "http input": ((*I2I, "http://x.example/a.png"), "input_scheme", "https"),
    "data input": ((*I2I, "data:image/png;base64,AAAA"), "input_scheme", "https"),
    "no input": (("generate", "x", "--task-type", "image_to_image"), "inputs_range", "0"),
    "one frame": (("generate", "x", "--task-type", "first_last_frame_to_video", "--input-images",
                   "https://x.example/a.png"), "inputs_exactly", "2"),
    "input where none is taken": ((*T2I, "--input-images", "https://x.example/a.png"),
                                  "no_inputs_taken", "1"),
}  # fmt: skip


@pytest.mark.parametrize(("resolution", "points"), [(None, 8), ("480p", 8), ("720P", 10)])
def test_a_priced_setting_without_a_form_field_can_be_chosen(
    ima: Verb, resolution: str | None, points: int
) -> None:
    words = ("--param", f"resolution={resolution}") if resolution else ()
    said = ima(*T2I, "--model-id", "midjourney", "--json", *words)
    assert (said.code, said.json["status"], said.json["credit"]) == (0, "done", points)


def test_an_input_of_another_medium_is_refused_before_it_is_uploaded(
    ima: Verb, sandbox: Sandbox, tmp_path: Path
) -> None:
    sound = tmp_path / "song.png"  # names can lie
    sound.write_bytes(b"ID3" + bytes(400))
    said = ima(*I2I, str(sound))
    assert (said.code, sandbox.ledger()["creates"]) == (2, [])
    assert "SeeDream" in said.err
    assert set(sandbox.ledger()["counts"]) == {"product_list"}


@pytest.mark.parametrize(
    "words",
    [
        ("--n", "2"),
        ("--param", "n=2"),
        ("--param", " N = 2 "),
        ("--extra-params", '{"n": 2}'),
        ("--extra-params", '{"n": "2"}'),
        ("--extra-params", '{"n": 2.0}'),
    ],
    ids=" ".join,
)
def test_the_number_of_outputs_may_be_written_as_a_parameter(
    ima: Verb, words: tuple[str, ...]
) -> None:
    said = ima(*T2I, "--model-id", "gemini-3.1-flash-image", "--dry-run", "--json", *words)
    assert (said.code, said.json["total_credit"]) == (0, 12)
    assert said.json["payload"]["parameters"][0]["parameters"]["n"] == 2


def test_a_number_that_is_given_wins_over_the_words(ima: Verb) -> None:
    said = ima("generate", "3 images of a fox", "--param", "n=1", "--dry-run", "--json")
    assert said.json["payload"]["parameters"][0]["parameters"]["n"] == 1


@pytest.mark.parametrize(("words", "kind", "named"), BAD.values(), ids=BAD)
def test_a_bad_wish_is_answered_in_words_and_creates_nothing(
    ima: Verb, sandbox: Sandbox, words: tuple[str, ...], kind: str, named: str
) -> None:
    said = ima(*words)
    assert (said.code, said.out) == (2, "")
    assert named in said.err
    assert len(said.err.splitlines()) <= 2
    as_json = ima(*words, "--json")
    assert as_json.code == 2
    assert list(as_json.json["error"]) == ERROR_KEYS
    assert as_json.json["error"]["kind"] == kind
    assert creates(sandbox) == []


def test_an_input_that_is_no_picture(ima: Verb, home: Path, sandbox: Sandbox) -> None:
    (home / "text.png").write_text("this is no picture")
    (home / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    assert ima(*I2I, "text.png", "--json").json["error"]["kind"] == "input_kind"
    assert ima(*I2I, "cut.png", "--json").json["error"]["kind"] == "input_broken"
    assert creates(sandbox) == []


def test_an_input_that_can_not_be_used_is_never_charged(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    whole = Path(picture(home, "whole.jpg")).read_bytes()
    (home / "IMG_0001.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(2000))
    (home / "cut.jpg").write_bytes(whole[: len(whole) * 6 // 10])
    (home / "clip.jpg").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(2000))
    os.mkfifo(home / "pipe.png")
    (home / "loop.png").symlink_to(home / "loop.png")
    (home / "empty.png").touch()
    heic = "input_broken" if find_spec("pillow_heif") else "input_heif"
    for name, kind, words in (
        ("IMG_0001.HEIC", heic, ""),
        ("cut.jpg", "input_broken", "incomplete"),
        ("clip.jpg", "input_only_image", "is MP4"),
        ("pipe.png", "input_no_file", "pipe"),
        ("loop.png", "input_loop", "symbolic link"),
        ("empty.png", "input_empty", "empty"),
    ):
        said = ima(*I2I, name, "--json")
        assert (said.code, said.json["error"]["kind"]) == (2, kind)
        assert name in said.json["error"]["message"]
        assert words in said.json["error"]["message"]
    assert creates(sandbox) == []
    assert sandbox._service.uploads.files == {}


def test_a_large_lying_photo_is_sent_upright_and_nothing_is_warned(
    ima: Verb, home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CLOCK_SLACK", 1e9)  # two fast clocks drift apart
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (12_000, 9_000), "teal").save(home / "in.jpg", quality=10, exif=exif)
    said = ima(*I2I, "in.jpg", "--json")
    assert said.code == 0
    assert "Warning" not in said.err
    assert "site-packages" not in said.err
    (sent,) = sandbox._service.uploads.files.values()
    assert sent.data is not None
    width, height = Image.open(io.BytesIO(sent.data)).size
    assert width < height


def test_an_input_nobody_may_read(
    ima: Verb, home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(home)
    really = os.open

    def locked(path: Any, *rest: Any, **more: Any) -> Any:
        if str(path).endswith("in.png"):
            raise PermissionError(13, "Permission denied")
        return really(path, *rest, **more)

    monkeypatch.setattr(os, "open", locked)
    assert ima(*I2I, path, "--json").json["error"]["kind"] == "input_unreadable"
    assert creates(sandbox) == []


def test_without_a_key(ima: Verb, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.delenv("IMA_API_KEY")
    said = ima(*T2I, "--json")
    assert (said.code, said.json["error"]["kind"]) == (3, "key_missing")
    assert sandbox.ledger()["counts"] == {}


@pytest.mark.parametrize("key", ["sk-another-product", "", "ima_", "ima_a b c"])
def test_a_key_of_another_product_is_refused_before_any_request(
    ima: Verb, sandbox: Sandbox, key: str
) -> None:
    said = ima(*T2I, "--api-key", key, "--json")
    assert (said.code, said.json["error"]["kind"]) == (3, "key_prefix")
    assert sandbox.ledger()["counts"] == {}
    if len(key) > 4:
        assert key not in said.out + said.err


def test_a_refused_key(ima: Verb, sandbox: Sandbox) -> None:
    said = ima(*T2I, "--api-key", "ima_invalid_0001", "--json")
    assert (said.code, said.json["error"]["kind"]) == (3, "unauthorised")
    assert creates(sandbox) == []


def test_too_few_points(ima: Verb, sandbox: Sandbox) -> None:
    said = ima(*T2I, "--api-key", "ima_poor_0001", "--json")
    assert (said.code, said.json["error"]["kind"]) == (4, "too_few_points")
    assert sandbox.ledger()["charges"] == 0


def test_over_the_limit_nothing_is_sent(ima: Verb, sandbox: Sandbox) -> None:
    said = ima(*T2I, "--max-credits", "1", "--json")
    assert (said.code, said.json["error"]["kind"]) == (4, "over_limit")
    assert creates(sandbox) == []


@pytest.mark.parametrize(
    "text",
    ["[[[", "a = 1\na = 2", "x = " + "[" * 5000, "\xff\xfe"],
    ids=["cut", "twice", "deep", "no UTF-8"],
)
def test_a_broken_config_file_is_named(ima: Verb, home: Path, sandbox: Sandbox, text: str) -> None:
    (home / "config.toml").write_bytes(text.encode("latin-1"))
    said = ima(*T2I)
    assert (said.code, said.out) == (2, "")
    assert "config.toml" in said.err
    assert sandbox.ledger()["counts"] == {}


def test_broken_preferences_are_set_aside_and_told(ima: Verb, home: Path, sandbox: Sandbox) -> None:
    (home / "ima_prefs.json").write_text('{"user_default": {')
    said = ima(*T2I)
    assert (said.code, creates(sandbox)) == (2, [])
    assert str(home / "ima_prefs.json") in said.err
    (aside,) = home.glob("ima_prefs.broken-*.json")
    assert aside.read_text() == '{"user_default": {'
    assert not (home / "ima_prefs.json").exists()
    assert ima(*T2I).code == 0


def test_an_unreachable_service(ima: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("IMA_BASE_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    said = ima(*T2I, "--json")
    assert (said.code, said.json["error"]["kind"]) == (6, "unreachable")


def test_a_lost_answer_is_said_and_not_sent_again(ima: Verb, sandbox: Sandbox) -> None:
    sandbox.scenario('[[fault]]\nkind = "lose_answer"\nendpoint = "create"\n')
    said = ima(*T2I, "--json")
    assert (said.code, said.json["error"]["kind"]) == (7, "lost")
    assert (said.json["status"], said.json["task_id"]) == ("unknown", None)
    assert len(creates(sandbox)) == 1
    assert sandbox.ledger()["charges"] == said.json["total_credit"]
    assert ima("jobs", "show", str(said.json["job_id"]), "--json").json["status"] == "unknown"
    assert len(creates(sandbox)) == 1


def test_a_failed_generation(ima: Verb, sandbox: Sandbox) -> None:
    sandbox.scenario('[[fault]]\nkind = "fail_task"\nmessage = "bad \\u001b[31mwords"\n')
    said = ima(*T2I, "--json")
    assert (said.code, said.json["status"]) == (1, "failed")
    assert "\x1b" not in said.out
    assert said.json["error"]["suggestions"]
    assert len(creates(sandbox)) == 1


def test_a_deadline_that_passes_keeps_the_job(
    ima: Verb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "clock", ScaledClock(2000.0))  # 15 minutes are half a second
    sandbox.scenario('[[fault]]\nkind = "stuck"\ntimeout_s = 1\n')
    said = ima(*T2I, "--json")
    assert (said.code, said.json["status"]) == (5, "parked")
    assert said.json["task_id"]


def test_what_the_service_says_can_not_drive_the_terminal(
    ima: Verb, home: Path, sandbox: Sandbox
) -> None:
    sandbox.scenario('[[fault]]\nkind = "hostile"\nendpoint = "*"\nsize = 2000\n')
    for words in ((*T2I, "--download", str(home / "out")), ("models",), ("jobs", "list"),
                  ("jobs", "show", "1"), (*T2I, "--model-id", "\x1b[2Jx")):  # fmt: skip
        said = ima(*words)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]",
                             said.out + said.err)  # fmt: skip


@pytest.mark.parametrize("words", [("jobs", "show", "99"), ("jobs", "wait", "99")])
def test_a_job_that_is_not_there(ima: Verb, words: tuple[str, ...]) -> None:
    said = ima(*words)
    assert (said.code, said.out) == (2, "")
    assert "99" in said.err


async def _left_behind(data: Path, state: State, session_name: str) -> int:
    from fakes import any_order

    ledger = await Ledger.open(data / "ledger.sqlite3", session_name)
    now = session.clock.time()
    job = await ledger.add(any_order(), now)
    for step in () if state is State.QUEUED else (State.SENDING, State.RUNNING):
        await ledger.step(job.id, step, now, "event.sending", task_id="t")
    await ledger.hold(job.id, held=state is State.QUEUED)
    await ledger.release()
    await ledger.aclose()
    return job.id


def test_waiting_for_a_held_job_ends_at_once(ima: Verb, home: Path, sandbox: Sandbox) -> None:
    number = asyncio.run(_left_behind(home / "data", State.QUEUED, "x"))
    said = ima("jobs", "wait", str(number), "--json")
    assert (said.code, creates(sandbox)) == (5, [])


def test_waiting_for_a_job_that_timed_out_polls_it(ima: Verb, home: Path) -> None:
    said = ima("generate", "x", "--task-type", "text_to_image", "--no-wait", "--json")
    number = said.json["job_id"]

    async def timed_out() -> None:  # by a clock that was wrong
        ledger = await Ledger.open(home / "data" / "ledger.sqlite3", "x")
        await ledger.step(number, State.TIMED_OUT, session.clock.time(), "event.parked")
        await ledger.aclose()

    asyncio.run(timed_out())
    waited = ima("jobs", "wait", str(number), "--json")
    assert (waited.code, waited.jobs[0]["status"]) == (0, "done")


def test_waiting_without_a_key_ends_with_a_sentence(
    ima: Verb, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asyncio.run(_left_behind(home / "data", State.RUNNING, "x"))
    monkeypatch.delenv("IMA_API_KEY")
    said = ima("jobs", "wait", str(number))
    assert (said.code, said.out) == (3, "")


# --------------------------------------------------------------------------- real processes


def child(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ima_tui", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_running_the_job_is_kept(
    ima: Verb, sandbox: Sandbox, number: signal.Signals
) -> None:
    sandbox.scenario('[[fault]]\nkind = "stuck"\n')
    process = child(*T2I, "--json")
    while not sandbox.ledger()["counts"].get("detail"):  # asked once "running" is on disk
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (130, False)
    job = json.loads(out)
    assert job["error"]["kind"] == "interrupted"
    assert KEY not in out + err
    sandbox.scenario("")
    kept = ima("jobs", "show", str(job["job_id"]), "--json").json
    assert (kept["status"], bool(kept["task_id"])) == ("running", True)
    assert len(creates(sandbox)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_before_anything_was_sent(sandbox: Sandbox, number: signal.Signals) -> None:
    sandbox.scenario('[[fault]]\nkind = "hang"\nendpoint = "product_list"\n')
    process = child(*T2I)
    while not sandbox.ledger()["counts"]:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, "Traceback" in err) == (130, "", False)
    assert creates(sandbox) == []


# ------------------------------------------------------------------------------------ config set


def test_config_set_writes_what_it_is_told_and_says_what_wins(
    ima: Verb, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text("# mine\n[paths]\n")
    assert ima("config", "set", "queue.running", "3").code == 0
    assert ima("config", "set", "theme", "ima-light").code == 0
    assert (home / "config.toml").read_text().startswith("# mine\n[paths]\n")
    shown = json.loads(ima("config", "show", "--json").out)
    assert shown["queue.running"] == {"value": 3, "source": "file"}
    assert shown["look.theme"]["value"] == "ima-light"
    said = ima("config", "set", "paths.data", "/tmp/elsewhere")
    assert "IMA_TUI_DATA_DIR" in said.err
    assert ima("config", "unset", "queue.running").code == 0
    shown = json.loads(ima("config", "show", "--json").out)
    assert shown["queue.running"] == {"value": 8, "source": "default"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("queue.runing", "3", "queue.running"),
        ("queue.running", "many", "1, 2, 3"),
        ("network.base_url", "https://elsewhere.example", "elsewhere.example"),
        ("network.base_url", "http://api.imastudio.com", "api.imastudio.com"),
    ],
)
def test_config_set_refuses_with_a_word(
    ima: Verb, home: Path, name: str, value: str, words: str
) -> None:
    before = (home / "config.toml").read_text() if (home / "config.toml").exists() else None
    said = ima("config", "set", name, value)
    assert said.code == 2
    assert words in said.err
    after = (home / "config.toml").read_text() if (home / "config.toml").exists() else None
    assert before == after


# ------------------------------------------------------------------------------------ odd numbers


@pytest.mark.parametrize("number", ["9" * 5000, "1e400", "nan", "inf", "٥", "1_000"])
@pytest.mark.parametrize(
    "words",
    [
        ("generate", "a fox", "--max-credits"),
        ("generate", "a fox", "--n"),
        ("sandbox", "--port"),
        ("sandbox", "--speed"),
        ("jobs", "show"),
        ("jobs", "wait", "--timeout"),
        ("jobs", "list", "--limit"),
        ("logs", "--last"),
        ("logs", "--since"),
        ("jobs", "export", "--since"),
    ],
    ids=" ".join,
)
def test_a_number_that_is_none_is_a_sentence(
    words: tuple[str, ...],
    number: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IMA_TUI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IMA_API_KEY", "ima_test_0123456789")
    try:
        code = cli.run([*words, number])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr().err
    assert (code, "Traceback" in said, len(said) < 2000) == (2, False, True)


def test_a_preference_that_cant_be_stored_is_said_with_the_reason(
    ima: Verb, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "loop").symlink_to("loop")
    for path, reason in (
        ("loop", "symbolic links"),
        (".", "directory"),
        ("/dev/null", "read-only"),
    ):
        monkeypatch.setenv("IMA_PREFS_PATH", str(home / path))
        said = ima("prefs", "set", "text_to_image", "midjourney")
        assert (said.code, reason in said.err) == (2, True), said.err
