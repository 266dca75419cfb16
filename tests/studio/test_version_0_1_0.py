"""A folder filled by version 0.1.0 opens with everything that is in it.

`tests/data/version_0_1_0.zip` was made by running commit 84d0cf8: a generation, a batch and a
workflow by its verbs against its sandbox, then a job in every state, of every task type, with every
event, reason to wait and kind of failure, by its own ledger. The ledger is SQL in there; `{HOME}`
and `{HOST}` stand for the folder and the machine.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

from batch_person import Person

from ima_tui import i18n
from ima_tui.compose.draft_store import Drafts, Templates, loaded
from ima_tui.config import loader
from ima_tui.config.loader import Settings
from ima_tui.core.domain import State, TaskType
from ima_tui.ledger import history
from ima_tui.ledger.history import JobFilter
from ima_tui.ledger.records import UNSENT
from ima_tui.ledger.store import Ledger
from ima_tui.preferences.file import Preferences
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import Studio
from ima_tui.tui.keys import keymap
from ima_tui.tui.shell import keymap_check

ARCHIVE = Path(__file__).parents[1] / "data" / "version_0_1_0.zip"
WRITTEN = 1_764_000_000.0
JOBS = 50


def unpack(home: Path) -> Path:
    """The folder as 0.1.0 left it, in `home`; returns its data folder."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            text = text.replace("{HOME}", str(home)).replace("{HOST}", socket.gethostname())
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    with closing(sqlite3.connect(home / "data" / "ledger.sqlite3")) as raw:
        raw.executescript((home / "ledger.sql").read_text("utf-8"))
    return home / "data"


async def test_every_job_keeps_its_order_state_and_history(tmp_path: Path) -> None:
    path = unpack(tmp_path) / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as raw:
        before = raw.execute("SELECT id, state, held, order_json, medias_json FROM jobs").fetchall()
    ledger = await Ledger.open(path, "vm/1/now")
    jobs = {
        job.id: job
        for job in await ledger.read(history.page, JobFilter(since=0.0, forgotten=True), 0, 1000)
    }
    assert len(before) == len(jobs) == JOBS
    for number, state, held, order, medias in before:
        job, told = jobs[number], json.loads(order)
        assert (job.state, job.needs_approval) == (state, bool(held))
        assert job.order.prompt == told["prompt"]
        assert (job.order.task_type, job.order.version) == (told["task_type"], told["version"])
        assert job.order.total == told["points"] * told["n"]
        assert [list(one) for one in job.order.parameters] == told["parameters"]
        assert list(job.order.inputs) == told["inputs"]
        assert [media.url for media in job.medias] == [one["url"] for one in json.loads(medias)]
    assert {job.state for job in jobs.values()} == set(State)
    assert {job.order.task_type for job in jobs.values()} == set(TaskType)
    for language in ("en", "zh"):
        i18n.use(language)
        for job in jobs.values():
            assert all(i18n.say(e.key, **e.values) for e in await ledger.timeline(job.id))
            assert not job.waiting or i18n.say(job.waiting, **job.waiting_values)
            assert not job.failure or i18n.say(job.failure.kind, **job.failure.values)
    queued = [job for job in jobs.values() if job.state is State.QUEUED]
    assert [job.id for job in sorted(queued, key=lambda job: job.queue_key)][:3] == [20, 19, 18]
    assert jobs[19].id in [job.id for job in await ledger.waiting_for(18)]
    assert await ledger.healthy()
    await ledger.aclose()
    assert path.with_name("ledger.version-5.sqlite3").exists()  # for who goes back to 0.1.0


async def test_nothing_that_it_left_unsent_is_sent_unasked(
    opened: Callable[..., AbstractAsyncContextManager[Studio]], settings: Settings, sandbox: Sandbox
) -> None:
    unpack(settings.data.parent)
    async with opened(patient=True) as studio:
        unsent = [job for job in await studio.jobs.recent(1000) if job.state in UNSENT]
        assert len(unsent) == 17
        assert all(job.needs_approval for job in unsent)
        sending = await studio.jobs.get(13)
        assert sending is not None
        assert sending.state is State.NEEDS_REVIEW
        ((workflow, _),) = await studio.workflows.kept()
        status = await studio.workflows.status(workflow)
        assert [step.job.state for step in status.steps if step.job] == [State.DONE] * 2
    assert sandbox.ledger()["creates"] == []


def test_its_batches_and_workflows_are_not_paid_for_again(person: Person) -> None:
    unpack(person.folder)
    (person.folder / "config.toml").unlink()  # as the test's environment says
    batch = person.verb("batch", str(person.folder / "rows.jsonl"), "--label", "kites", "--yes")
    written = str(person.folder / "plan.json")
    workflow = person.verb("workflow", "resume", written)
    listed = person.verb("jobs", "list", "--json")
    assert (batch.code, workflow.code, listed.code) == (0, 0, 0), (batch, workflow, listed)
    assert person.accepted() == []


def test_drafts_and_templates_are_offered_as_they_were(tmp_path: Path) -> None:
    data = unpack(tmp_path)
    kite, motion, melody = Templates(data / "templates").all()
    assert (kite.name, kite.text, kite.n) == ("Kite", "a red kite over {place}", 2)
    assert (kite.task_type, kite.chosen) == (TaskType.TEXT_TO_IMAGE, (("size", "2K"),))
    assert motion.chosen == (("duration", 10), ("sound", True))
    assert motion.inputs == ("https://example.com/a.png",)
    assert (melody.name, melody.task_type) == ("旋律", TaskType.TEXT_TO_MUSIC)
    drafts = Drafts(data / "drafts")
    mine = drafts.take_over(WRITTEN + 60)
    assert mine is not None
    assert (mine.text, mine.inputs) == ("a lighthouse at dusk", ("/tmp/sea.jpg",))
    assert drafts.take_over(WRITTEN + 60) is None  # the other window's machine may be on
    found = [loaded(path.read_text()) for path in (data / "drafts").iterdir()]
    (lines,) = [one for one, run in filter(None, found) if run.startswith("elsewhere/")]
    assert (lines.text, lines.n, lines.by_lines) == ("first line\nsecond line", 3, True)
    assert (lines.task_type, lines.label) == (TaskType.TEXT_TO_IMAGE, "label-1")


def test_preferences_settings_and_keys_hold(tmp_path: Path) -> None:
    data = unpack(tmp_path)
    preferences = Preferences(tmp_path / "ima_prefs.json", data / "wishes.json")
    preferences.reload()
    users = preferences.users()
    assert {
        user: {kind: one.model_id for kind, one in of.items()} for user, of in users.items()
    } == {
        "user_default": {
            TaskType.TEXT_TO_IMAGE: "doubao-seedream-4.5",
            TaskType.TEXT_TO_VIDEO: "wan2.6-t2v",
        },
        "user_ada": {TaskType.TEXT_TO_MUSIC: "sonic"},
    }
    assert (preferences.trouble, preferences.dropped()) == (None, ())
    settings = loader.load({}, {"IMA_TUI_CONFIG": str(tmp_path / "config.toml")})
    assert settings.warnings == ()
    assert (settings.language, settings.theme, settings.ask_above) == ("zh", "nord", 20)
    assert settings.folder == tmp_path / "out"
    assert settings.prompt_in_sidecar
    assert len(settings.keys) == 218  # every action of 0.1.0, with the keys it had
    known = {*keymap_check.every_id(), *keymap.MOVED, *keymap.REMOVED}
    assert set(settings.keys) - known == set()  # each one holds, or its successor is named
