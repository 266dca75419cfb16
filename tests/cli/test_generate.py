"""`generate` itself: dry runs before the checker, every flag of the script, and no network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import any_order
from offered import URLS, Offer, option_wishes, rule_wishes, sandbox_offers, virtual_wishes
from payload_checker import Json, faults
from studios import UNHURRIED
from verbs import KEY, Verb

from ima_tui.cli import exit_status
from ima_tui.core.domain import Job, State, TaskType
from ima_tui.sandbox.server import Sandbox, running_sandbox

pytestmark = pytest.mark.sandbox(scenario=UNHURRIED)

OFFERS = sandbox_offers()
SAMPLE = [
    offer
    for offer in OFFERS
    if offer.model.version
    in (
        "doubao-seedream-4-5-251128", "midjourney", "MiniMax-Hailuo-02", "ima-pro",
        "kling-video-o1", "viduq2-pro", "Pixverse V4", "sonic", "GenBGM", "seed-tts-2.0",
    )
]  # fmt: skip


def creates(sandbox: Sandbox) -> list[dict[str, Any]]:
    ledger = sandbox.ledger()
    assert ledger["violations"] == []
    found: list[dict[str, Any]] = ledger["creates"]
    return found


def asked(offer: Offer, *more: str) -> list[str]:
    model = offer.model
    words = [
        "generate", "--task-type", model.task_type.value, "--model-id", model.model_id,
        "--version-id", model.version, "--prompt", "a lighthouse", "--dry-run", "--json", *more,
    ]  # fmt: skip
    count = model.task_type.inputs[0]
    return [*words, "--input-images", *URLS[:count]] if count else words


def as_params(said: Json) -> list[str]:
    return [word for name, value in said.items() for word in ("--param", f"{name}={value}")]


def some_wishes(offer: Offer) -> Iterator[Json]:
    """The default, the last price, the last option and the last virtual value of a leaf."""
    kind = offer.model.task_type.value
    for wishes in (
        rule_wishes(offer.raw, kind),
        option_wishes(offer.raw, kind),
        virtual_wishes(offer.raw),
    ):
        yield from [wish.said for wish in wishes][-1:]


@pytest.mark.parametrize("offer", SAMPLE, ids=lambda offer: offer.id)
def test_a_dry_run_prints_what_the_checker_accepts(
    offer: Offer, ima: Verb, sandbox: Sandbox
) -> None:
    for said in ({}, *some_wishes(offer)):
        words = as_params(said) if len(said) != 1 else ["--extra-params", json.dumps(said)]
        found = ima(*asked(offer, *words))
        assert found.code == 0, found.err
        assert faults(offer.raw, found.json["payload"]) == [], said
        entry = found.json["payload"]["parameters"][0]
        assert found.json["total_credit"] == entry["credit"] * entry["parameters"]["n"]
        assert found.json["warnings"] == []
    assert creates(sandbox) == []


def test_the_sample_holds_every_kind_of_task() -> None:
    assert {offer.model.task_type for offer in SAMPLE} == set(TaskType)


# --------------------------------------------------------- dropped in for the document's script

STILL = ("generate", "--task-type", "text_to_image", "--output-json")
FILM = ("generate", "--task-type", "text_to_video", "--output-json")


def payload(ima: Verb, *words: str) -> Json:
    found = ima(*words, "--dry-run")
    assert found.code == 0, found.err
    entry: Json = found.json["payload"]["parameters"][0]
    return entry


def test_prompt_model_id_and_version_id(ima: Verb) -> None:
    entry = payload(ima, *FILM, "--model-id", "pixverse", "--version-id", "Pixverse V4",
                    "--prompt", "a puppy")  # fmt: skip
    assert entry["parameters"]["prompt"] == "a puppy"
    assert (entry["model_version"], entry["parameters"]["model"]) == ("Pixverse V4", "v4")
    newest = payload(ima, *FILM, "--model-id", "pixverse", "--prompt", "a puppy")
    assert newest["model_version"] == "Pixverse V5.5"


@pytest.mark.parametrize("written", ["2k", "2K", " 2k "])
def test_size(ima: Verb, written: str) -> None:
    entry = payload(ima, *STILL, "--model-id", "gemini-3.1-flash-image", "--prompt", "a city",
                    "--size", written)  # fmt: skip
    assert (entry["parameters"]["size"], entry["credit"]) == ("2K", 10)


def test_extra_params(ima: Verb) -> None:
    given = '{"duration":10,"resolution":"1080P","aspect_ratio":"16:9"}'
    entry = payload(ima, *FILM, "--model-id", "wan2.6-t2v", "--prompt", "ocean",
                    "--extra-params", given)  # fmt: skip
    sent = entry["parameters"]
    assert (sent["duration"], sent["resolution"], sent["aspect_ratio"]) == (10, "1080P", "16:9")


def test_full_width_signs_are_understood(ima: Verb) -> None:
    entry = payload(ima, *FILM, "--model-id", "wan2.6-t2v", "--prompt", "ocean",
                    "--param", "aspect_ratio=９：16", "--param", "duration=１０")  # fmt: skip
    assert entry["parameters"]["aspect_ratio"] == "9:16"
    assert entry["parameters"]["duration"] == 10


def test_input_images_keep_their_order(ima: Verb) -> None:
    found = ima("generate", "--task-type", "first_last_frame_to_video", "--prompt", "smooth",
                "--model-id", "kling-video-o1", "--input-images", URLS[1], URLS[0],
                "--output-json", "--dry-run")  # fmt: skip
    assert found.json["payload"]["src_img_url"] == [URLS[1], URLS[0]]


def test_api_key_goes_before_the_environment(ima: Verb, sandbox: Sandbox) -> None:
    found = ima(*STILL, "--prompt", "a key", "--api-key", "ima_flag_9999")
    assert found.code == 0
    assert [create["key"] for create in creates(sandbox)] == ["9999"]
    assert KEY[-4:] != "9999"


def test_base_url_goes_before_the_environment(
    ima: Verb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMA_BASE_URL", "http://127.0.0.1:9")
    entry = payload(ima, *STILL, "--prompt", "elsewhere", "--base-url", sandbox.base_url)
    assert entry["model_id"] == "doubao-seedream-4.5"


def test_user_id_chooses_whose_wishes_and_is_never_sent(ima: Verb, tmp_path: Path) -> None:
    liked = {"model_id": "midjourney", "model_name": "Midjourney", "credit": 8}
    (tmp_path / "ima_prefs.json").write_text(json.dumps({"user_anna7": {"text_to_image": liked}}))
    found = ima(*STILL, "--prompt", "art", "--user-id", "anna7", "--dry-run")
    assert found.json["payload"]["parameters"][0]["model_id"] == "midjourney"
    assert "anna7" not in found.out
    other = payload(ima, *STILL, "--prompt", "art")
    assert other["model_id"] == "doubao-seedream-4.5"


def test_language(ima: Verb) -> None:
    words = ("generate", "--task-type", "text_to_image", "--prompt", " ")
    assert "描述" in ima(*words, "--language", "zh").err
    assert "prompt" in ima(*words, "--language", "en").err


def test_list_models(ima: Verb, sandbox: Sandbox) -> None:
    found = ima("generate", "--task-type", "text_to_speech", "--list-models", "--output-json")
    assert [row["model_id"] for row in found.json["models"]] == ["seed-tts-1.1", "seed-tts-2.0"]
    plain = ima("generate", "--task-type", "text_to_speech", "--list-models")
    assert "seed-tts-2.0" in plain.out
    assert creates(sandbox) == []


def test_output_json_holds_the_scripts_keys(ima: Verb) -> None:
    found = ima(*STILL, "--prompt", "keys", "--model-id", "gemini-3-pro-image").json
    assert found["url"].startswith("http")
    assert found["url"] == found["medias"][0]["url"]
    assert (found["model_id"], found["model_name"]) == ("gemini-3-pro-image", "Nano Banana Pro")
    assert (found["credit"], found["status"]) == (10, "done")
    assert found["task_id"].startswith("task_")


def test_the_documents_names_give_way_to_the_leafs_own(ima: Verb) -> None:
    """vocal_gender is m or f here; auto_lyric is no setting of this leaf."""
    words = ("generate", "--task-type", "text_to_music", "--model-id", "sonic", "--prompt", "pop")
    entry = payload(ima, *words, "--json", "--param", "vocal_gender=F", "--param", "custom_mode=1",
                    "--param", "tags=lo-fi", "--param", "make_instrumental=no")  # fmt: skip
    sent = entry["parameters"]
    assert (sent["vocal_gender"], sent["custom_mode"]) == ("f", True)
    assert (sent["tags"], sent["make_instrumental"]) == ("lo-fi", False)
    wrong = ima(*words, "--dry-run", "--param", "vocal_gender=mixed")
    assert (wrong.code, "m, f" in wrong.err) == (2, True)
    unknown = ima(*words, "--dry-run", "--param", "auto_lyric=yes")
    assert (unknown.code, "auto_lyrics" in unknown.err) == (2, True)
    lenient = ima(*words, "--dry-run", "--json", "--lenient", "--param", "auto_lyric=yes")
    assert lenient.code == 0
    assert "auto_lyric" not in lenient.json["payload"]["parameters"][0]["parameters"]
    assert "auto_lyric" in lenient.err


VIDU = ("generate", "--task-type", "image_to_video", "--model-id", "viduq2-pro",
        "--prompt", "waves", "--input-images", URLS[0], "--json",
        "--param", "duration=10", "--param", "resolution=540p")  # fmt: skip


def test_what_fits_no_price_is_asked_about_first(ima: Verb, sandbox: Sandbox) -> None:
    """Ten seconds have no price at 540p: said, and never replaced in silence."""
    dry = ima(*VIDU, "--dry-run")
    assert (dry.code, dry.json["total_credit"]) == (0, 20)
    assert [warning for warning in dry.json["warnings"] if "10" in warning and "5" in warning]
    refused = ima(*VIDU)
    assert (refused.code, refused.json["error"]["kind"]) == (2, "would_change")
    assert "duration 10 s: sent as 5 s" in refused.json["error"]["message"]
    assert creates(sandbox) == []
    agreed = ima(*VIDU, "--yes")
    assert (agreed.code, agreed.json["total_credit"]) == (0, 20)
    assert agreed.json["warnings"] == dry.json["warnings"]
    assert [create["charged"] for create in creates(sandbox)] == [20]


def test_what_can_not_be_combined_is_answered_with_what_can(ima: Verb, sandbox: Sandbox) -> None:
    """Two choices that exclude each other are answered; nothing is substituted in silence."""
    wish = ("--model-id", "MiniMax-Hailuo-2.3", "--prompt", "waves", "--yes")
    found = ima(*FILM, *wish, "--param", "duration=10", "--param", "resolution=1080P")
    assert (found.code, found.json["error"]["kind"]) == (2, "exclusive")
    assert found.json["error"]["message"].endswith("Possible instead: 6.")
    assert creates(sandbox) == []


# --------------------------------------------------------------------------------- no network


@pytest.fixture
def offline(ima: Verb, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """The lists were fetched a while ago, and the service is gone."""
    with running_sandbox(speed=1000) as gone:
        monkeypatch.setenv("IMA_BASE_URL", gone.base_url)
        monkeypatch.setenv("IMA_UPLOAD_URL", gone.base_url)
        assert ima("models", "--json").code == 0
    return ima


def make_old(home: Path) -> int:
    """Let every cached list be of another day; returns how many there are."""
    found = list(home.rglob("products/*/*.json"))
    for path in found:
        kept = json.loads(path.read_text())
        path.write_text(json.dumps({**kept, "as_of": 1_700_000_000.0}))
    return len(found)


DRY = ("generate", "--task-type", "text_to_image", "--model-id", "gemini-3-pro-image",
       "--prompt", "far away", "--param", "size=4K")  # fmt: skip


@pytest.mark.parametrize("old", [False, True])
def test_pricing_goes_on_without_the_service(offline: Verb, tmp_path: Path, old: bool) -> None:
    if old:
        assert make_old(tmp_path) == len(TaskType)
    found = offline(*DRY, "--dry-run", "--json")
    assert (found.code, found.json["total_credit"]) == (0, 18)
    assert any("2023-11" in warning for warning in found.json["warnings"]) is old


@pytest.mark.parametrize("old", [False, True])
def test_models_are_shown_with_their_age(offline: Verb, tmp_path: Path, old: bool) -> None:
    if old:
        make_old(tmp_path)
    found = offline("models", "--json")
    assert (found.code, len(found.json["models"])) == (0, 68)
    assert ("2023-11" in found.err) is old
    refreshed = offline("models", "--refresh", "--json")
    assert (refreshed.code, len(refreshed.json["models"])) == (0, 68)
    assert "prices may have changed" in refreshed.err
    assert ("2023-11" in refreshed.err) is old


@pytest.mark.parametrize("old", [False, True])
def test_nothing_is_sent_from_an_old_list(
    offline: Verb, tmp_path: Path, sandbox: Sandbox, old: bool
) -> None:
    if old:
        make_old(tmp_path)
    found = offline(*DRY, "--json")
    assert (found.code, found.json["error"]["kind"]) == (6, "unreachable")
    assert (found.json["status"], found.json["task_id"]) == ("failed", None)
    tried = [one["status"] for one in found.json["attempts"]]
    assert ("sending" in tried) is not old  # an old list is fetched first, and there it ends
    assert creates(sandbox) == []


def test_without_lists_there_is_no_price(ima: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMA_BASE_URL", "http://127.0.0.1:9")
    found = ima(*DRY, "--dry-run", "--json")
    assert (found.code, found.json["error"]["kind"]) == (6, "unreachable")


def test_sending_fetches_an_old_list_again(ima: Verb, tmp_path: Path, sandbox: Sandbox) -> None:
    assert ima("models", "--json").code == 0
    assert make_old(tmp_path) == len(TaskType)
    before = sandbox.ledger()["counts"]["product_list"]
    found = ima(*DRY, "--json")
    assert (found.code, found.json["status"]) == (0, "done")
    assert sandbox.ledger()["counts"]["product_list"] == before + 1


@pytest.mark.parametrize(
    ("link", "model"),
    [("https://x.org/clip.mp4", "Kling O1"), ("https://x.org/song.mp3", "Seedance 2.0 fast")],
)
def test_a_video_or_a_sound_in_the_prompt_goes_to_a_model_that_takes_it(
    ima: Verb, link: str, model: str
) -> None:
    for words in (
        (f"a dance video made from {link}",),
        ("a dance", "--task-type", "reference_image_to_video", "--input-images", link),
    ):
        payload = ima("generate", *words, "--dry-run", "--json").json["payload"]
        assert payload["task_type"] == "reference_image_to_video"
        assert payload["src_img_url"] == [link]
        assert payload["parameters"][0]["model_name"] == model
    said = ima("workflow", "plan", f"animate {link} and compose calm music", "--json")
    assert said.json["steps"][0]["model_name"] == model
    Path("rows.jsonl").write_text(json.dumps({"prompt": f"a dance video made from {link}"}))
    assert model in ima("batch", "rows.jsonl", "--dry-run").out


def test_what_takes_no_video_is_named_before_anything_is_paid(ima: Verb, sandbox: Sandbox) -> None:
    said = ima("generate", "a picture from https://x.org/clip.mp4", "--yes")
    assert said.code == 2
    assert "clip.mp4" in said.err
    assert creates(sandbox) == []


@pytest.mark.parametrize("state", [State.UPLOADING, State.VERIFYING, State.SENDING])
def test_a_long_exchange_with_the_service_is_explained_once_it_is_long(state: State) -> None:
    job = Job(7, any_order(), state, 1_000.0, 1_000.0)
    assert exit_status.holds_up(job, 1_001.0) == ""
    words = exit_status.holds_up(job, 1_006.0)
    assert words.startswith("Job 7: ")
    assert re.search(r"45 s|7 minutes|2 minutes", words)


# ---------------------------------------------------------------------- prompts of other places


def test_a_prompt_comes_from_a_file_or_from_stdin(
    ima: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prompt.txt").write_bytes("\ufeff雪中的狐狸\n".encode())
    t2i = ("--task-type", "text_to_image", "--dry-run", "--json")
    said = ima("generate", "--prompt-file", "prompt.txt", *t2i)
    assert said.json["payload"]["parameters"][0]["parameters"]["prompt"] == "雪中的狐狸"
    with (tmp_path / "prompt.txt").open() as stdin, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", stdin)
        said = ima("generate", "-", *t2i)
    assert said.json["payload"]["parameters"][0]["parameters"]["prompt"] == "雪中的狐狸"
    (tmp_path / "wrong.txt").write_bytes("狐狸".encode("gb18030"))
    for words, kind in (
        (("a fox", "--prompt-file", "prompt.txt"), "prompt_twice"),
        (("--prompt", "a fox", "--prompt-file", "prompt.txt"), "prompt_twice"),
        (("a fox", "--prompt", "a hen"), "prompt_twice"),
        (("-", "--prompt", "a hen"), "prompt_twice"),
        (("--prompt-file", "nowhere.txt"), "prompt_file"),
        (("--prompt-file", "wrong.txt"), "prompt_encoding"),
    ):
        said = ima("generate", *words, *t2i)
        assert (said.code, said.json["error"]["kind"]) == (2, kind)


def test_quiet_prints_the_result_alone_and_no_wait_names_the_job(
    ima: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exit_status, "LONG", 0.0)  # each step is one that takes long
    said = ima("generate", "a fox", "--task-type", "text_to_image", "--quiet")
    assert (said.code, said.err, len(said.out.splitlines())) == (0, "", 1)
    said = ima("generate", "a fox", "--task-type", "text_to_image", "--no-wait")
    assert (said.code, said.out.splitlines()[0]) == (0, "job 2")


def test_a_deadline_keeps_the_job(ima: Verb, sandbox: Sandbox) -> None:
    sandbox.scenario('[[fault]]\nkind = "stuck"\nendpoint = "create"')
    said = ima("generate", "a fox", "--task-type", "text_to_image", "--timeout", "5", "--json")
    assert (said.code, said.json["error"]["kind"]) == (5, "still_running")
    assert ima("jobs", "show", "1", "--json").json["status"] == "running"
