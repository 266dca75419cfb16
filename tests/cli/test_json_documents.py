"""Every JSON document has the shape that docs/json.schema.json says, on success and on failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from verbs import Said, Verb

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/json.schema.json").read_text("utf-8"))
T2I = ("--task-type", "text_to_image")

pytestmark = pytest.mark.sandbox(speed=200)


def valid(document: Any, name: str) -> Any:
    shape = {**SCHEMA, "$ref": f"#/$defs/{name}"}
    jsonschema.Draft202012Validator(shape).validate(document)
    return document


def stream(said: Said, name: str) -> list[dict[str, Any]]:
    assert said.lines, said.err
    return [valid(line, name) for line in said.lines]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    page = (ROOT / "docs/json.md").read_text("utf-8")
    shared = {"media", "alternative", "job", "ledger_job"}
    assert {name for name in SCHEMA["$defs"] if f"`{name}`" not in page} == shared


def test_a_job_has_one_shape_wherever_it_is_printed(ima: Verb, home: Path) -> None:
    made = valid(ima("generate", "a fox", *T2I, "--download", "--json").json, "generate")
    assert valid(ima("jobs", "show", "1", "--json").json, "jobs_show")["prompt"] == "a fox"
    assert valid(ima("jobs", "list", "--json").json, "jobs_list")["jobs"][0]["url"] == made["url"]
    valid(ima("jobs", "wait", "1", "--json").json, "jobs_ended")
    valid(ima("jobs", "fetch", "1", "--json").json, "jobs_ended")
    valid(ima("jobs", "retry", "1", "--yes", "--json").json, "jobs_ended")
    stream(ima("jobs", "export"), "jobs_export_line")
    (home / "rows.jsonl").write_text('{"prompt": "a boat", "task_type": "text_to_image"}\n')
    valid(ima("batch", "rows.jsonl", "--dry-run", "--json").json, "batch_dry_run")
    stream(ima("batch", "rows.jsonl", "--yes", "--json"), "batch_line")
    assert valid(ima("jobs", "forget", "1", "--json").json, "jobs_list")["jobs"][0]["job_id"] == 1
    stream(ima("logs", "--json"), "log_line")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("generate", "a fox", *T2I, "--dry-run"), "dry_run"),
        (("models", *T2I), "models"),
        (("route", "a fox"), "route"),
        (("workflow", "plan", "a song about rain, and a cover image for it"), "workflow"),
        (("prefs", "list"), "prefs"),
        (("prefs", "path"), "path"),
        (("prefs", "set", "text_to_image", "midjourney"), "preference"),
        (("prefs", "clear", "text_to_image"), "preference"),
        (("prefs", "restore"), "prefs_restore"),
        (("config", "path"), "path"),
        (("config", "show"), "config"),
        (("config", "set", "queue.running", "3"), "setting"),
        (("config", "unset", "queue.running"), "setting"),
        (("key", "show"), "key_show"),
        (("key", "forget"), "key_forget"),
        (("doctor",), "doctor"),
    ],
)
def test_other_documents(ima: Verb, words: tuple[str, ...], name: str) -> None:
    valid(ima(*words, "--json").json, name)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("generate", "a fox", "--jsno"), "usage", 2),
        (("generate", "a fox", "--n", "many"), "usage", 2),
        (("generate", ""), "empty_prompt", 2),
        (("jobs", "lst"), "usage", 2),
        (("jobs", "show", "7"), "no_job", 2),
        (("jobs", "wait", "7"), "no_job", 2),
        (("models", "--task-type", "text_to_smell"), "usage", 2),
        (("batch", "nowhere.jsonl"), "batch_file", 2),
        (("workflow", "run", "nowhere.json"), "", 2),
        (("config", "set", "queue.runnin", "3"), "config_name_near", 2),
        (("wrokflow", "run"), "no_verb", 2),
    ],
)
def test_an_error_is_one_document_too(
    ima: Verb, words: tuple[str, ...], kind: str, code: int
) -> None:
    said = ima(*words, "--json")
    document = valid(said.json, "failure")
    assert (said.code, document["error"]["kind"]) == (code, kind or document["error"]["kind"])
    keys = {"generate": "job_id", "jobs": "jobs", "models": "models"}
    if words[:2] != ("jobs", "show"):
        assert keys.get(words[0], "url") in document


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("generate", "fox", "--dwnload"), "Did you mean --download?"),
        (("jobs", "lst"), "Did you mean 'list'?"),
        (("prefs", "set", "text_to_imgae", "x"), "Did you mean 'text_to_image'?"),
        (("batch",), "missing: FILE"),
        (("generate", "fox", "--n"), "--n: needs a value"),
        (("--language", "zh", "jobs", "lst"), "是否想输入 'list'？"),
    ],
)
def test_a_slip_is_answered_with_the_right_word(
    ima: Verb, argv: tuple[str, ...], told: str
) -> None:
    said = ima(*argv)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_there_is_a_job_is_one_document(home: Path, number: int) -> None:
    """The interpreter is ours until its first import, the signal comes while the verb is loaded."""
    program = (
        "import os, signal, sys\n"
        "import ima_tui.__main__ as program\n"
        f"sys.argv = ['ima-tui', 'generate', 'a fox', '--json']\n"
        "class Loading:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'ima_tui.cli':\n"
        "            sys.meta_path.remove(self)\n"
        f"            os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Loading())\n"
        "sys.exit(program.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, timeout=120
    )
    document = valid(json.loads(done.stdout), "failure")
    assert (done.returncode, document["error"]["kind"]) == (130, "interrupted_early")
    assert (document["job_id"], done.stderr) == (None, "")
