"""The ground gives way: a full disk, a home that can't be written, folders that vanish, paths that
no one should have. A clear word each time, and what can go on goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from smalldisk import fill, mounted

from ima_tui import cli
from ima_tui.catalogue import choice, order
from ima_tui.cli import exit_status, session
from ima_tui.config import loader
from ima_tui.config.api_key import Key
from ima_tui.core.clock import ScaledClock
from ima_tui.core.domain import Draft, State, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.ledger.records import LedgerError
from ima_tui.runner import result_files
from ima_tui.sandbox.server import Sandbox
from ima_tui.studio.studio import open_studio

pytestmark = pytest.mark.sandbox(speed=500)

BUG = "inside ima-tui"
FOX = ("generate", "a fox", "--task-type", "text_to_image")
ODD = os.fsdecode(b"caf\xe9-\xff\xfe")
"""A name that is no UTF-8."""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Ima = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Path:
    for name in list(os.environ):
        if name.startswith(("IMA_", "XDG_", "LC_")):
            monkeypatch.delenv(name)
    put(monkeypatch, tmp_path, sandbox)
    monkeypatch.setattr(session, "clock", ScaledClock(50.0))
    return tmp_path


def put(monkeypatch: pytest.MonkeyPatch, folder: Path, sandbox: Sandbox) -> None:
    """The person's whole home is `folder`."""
    for name, value in {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "IMA_API_KEY": "ima_ground_0001",
        "IMA_BASE_URL": sandbox.base_url,
        "IMA_UPLOAD_URL": sandbox.base_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def ima(capfd: pytest.CaptureFixture[str]) -> Ima:
    def run(*words: str) -> Said:
        code = cli.run(words)
        out, err = capfd.readouterr()
        assert BUG not in out + err
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run


# ------------------------------------------------------------------------------------- the disk


def test_on_a_full_disk_nothing_is_sent_and_looking_goes_on(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(home / "disk", "1m") as disk:
        put(monkeypatch, disk, sandbox)
        assert ima(*FOX).code == 0
        filler = fill(disk)
        said = ima(*FOX)
        assert said.code == 1
        assert "nothing can be sent" in said.err or "can't be used" in said.err
        assert len(sandbox.ledger()["creates"]) == 1
        assert "Nano Banana" in ima("models", "--task-type", "text_to_image").out
        assert "a fox" in ima("jobs", "list").out
        filler.unlink()
        assert ima(*FOX).code == 0  # room again: it goes on as if nothing had been
        assert ima("jobs", "list", "--json").out.count('"job_id"') == 2


def test_with_no_room_from_the_start_the_word_is_clear(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(home / "disk", "64k") as disk:
        put(monkeypatch, disk, sandbox)
        fill(disk)
        said = ima(*FOX)
        assert (said.code, sandbox.ledger()["creates"]) == (1, [])
        assert "Free some space" in said.err
        assert ima("models", "--task-type", "text_to_image").code == 0
        assert ima("route", "a fox in the snow").code == 0


def test_results_that_find_no_room_keep_their_link(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(home / "out", "16k") as disk:
        fill(disk)
        said = ima(*FOX, "--download", str(disk), "--json")
        assert (said.code, sandbox.ledger()["creates"]) == (2, [])  # said before anything is paid
        monkeypatch.setattr(result_files, "prepare", lambda folder: None)  # it was filled later
        said = ima(*FOX, "--download", str(disk), "--json")
        assert (said.code, '"status": "done"' in said.out) == (8, True)
        assert '"url": "http' in said.out
        assert [path.name for path in disk.iterdir()] == ["filler"]
        assert len(sandbox.ledger()["creates"]) == 1  # a failed download never generates again


def test_a_home_that_cant_be_written_is_looked_at(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(home / "disk", "4m") as disk:
        put(monkeypatch, disk, sandbox)
        assert ima(*FOX).code == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert "Nano Banana" in ima("models", "--task-type", "text_to_image").out
        assert "a fox" in ima("jobs", "list").out
        assert ima("route", "a fox in the snow").code == 0
        assert ima(*FOX, "--dry-run").code == 0
        said = ima(*FOX)
        assert (said.code, len(sandbox.ledger()["creates"])) == (1, 1)
        assert "nothing can be sent" in said.err
        assert ima("doctor").code == 1
        assert ima("prefs", "set", "text_to_image", "midjourney").code == 2
        assert ima("config", "init").code == 2


# ----------------------------------------------------------------------------- while it is running


def settings_of(home: Path) -> loader.Settings:
    return replace(loader.load({}), data=home / "data", cache=home / "cache", folder=home / "out")


async def test_folders_that_vanish_while_it_runs(home: Path, sandbox: Sandbox) -> None:
    settings = settings_of(home)
    clock = ScaledClock(50.0)
    async with open_studio(settings, clock=clock, key=Key("ima_ground_0001", "flag")) as studio:
        model = choice.default_model(await studio.catalogue.fresh(TaskType.TEXT_TO_IMAGE),
                                   TaskType.TEXT_TO_IMAGE)  # fmt: skip
        assert model is not None
        placed, _ = order.place(
            model, Draft(TaskType.TEXT_TO_IMAGE, model.model_id, model.version, "a fox")
        )
        first = await exit_status.wait_for(studio, await studio.jobs.submit(placed))
        assert first.state is State.DONE
        shutil.rmtree(home / "out")
        second = await exit_status.wait_for(studio, await studio.jobs.submit(placed))
        assert Path(second.medias[0].path).exists()  # the folder is made again
        shutil.rmtree(home / "cache")
        await studio.catalogue.refresh(TaskType.TEXT_TO_IMAGE)
        assert studio.catalogue.lists[TaskType.TEXT_TO_IMAGE].problem is None
        shutil.rmtree(home / "data")
        with pytest.raises(LedgerError) as caught:
            await studio.jobs.submit(placed)
        assert caught.value.key == "error.ledger_replaced"
        assert len(await studio.jobs.recent()) == 2  # and what was there is still shown
        assert len(sandbox.ledger()["creates"]) == 2
    async with open_studio(settings, clock=clock) as again:
        known = await again.jobs.recent()  # from the file that was made: nothing else is left
        assert [(job.state, job.waiting) for job in known] == [(State.DONE, "waiting.from_result")]
        assert len(sandbox.ledger()["creates"]) == 2


# ------------------------------------------------------------------------------------- odd paths


@pytest.mark.parametrize(
    "name", ["x" * 300, "y/" * 2500 + "z", "a\nb", ODD, "~nobody-of-this-name"]
)
@pytest.mark.parametrize(
    "variable",
    ["IMA_TUI_DATA_DIR", "IMA_TUI_CONFIG", "IMA_PREFS_PATH", "IMA_LOG_DIR", "IMA_KNOWLEDGE_DIR"],
)
def test_a_path_nobody_should_have(
    home: Path, ima: Ima, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv(variable, str(home / name) if not name.startswith("~") else name)
    for words in (("jobs", "list"), ("prefs", "list"), ("doctor", "--json"), (*FOX, "--dry-run")):
        ima(*words)  # whatever it says, it is no bug


@pytest.mark.parametrize("name", ["x" * 300, ODD, "a\x1b[31mb"])
def test_an_input_and_a_folder_of_that_name(
    home: Path, ima: Ima, sandbox: Sandbox, name: str
) -> None:
    from PIL import Image

    out = home / name
    if len(name) < 200:
        Image.new("RGB", (64, 64)).save(home / "in.png")
        (home / "in.png").rename(home / f"{name}.png")
    said = ima("generate", "zoom", "--task-type", "image_to_video", "--input-images",
               f"{out}.png", "--download", str(out), "--json")  # fmt: skip
    assert said.code == (2 if len(name) > 200 else 0), said
    assert "\x1b" not in said.out + said.err
    if said.code == 0:
        assert len(list(out.iterdir())) == 2
        assert ima("jobs", "show", "1").code == 0
        assert ima("jobs", "export", "--with-prompts").code == 0


def test_without_a_home(home: Path, ima: Ima, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setenv("IMA_TUI_DATA_DIR", str(home / "data"))
    assert ima("jobs", "list").code == 0
    assert ima("config", "show").code == 0
    ima("doctor")


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_clock_of_another_time(
    home: Path, ima: Ima, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, year: int
) -> None:
    class Wrong(ScaledClock):
        def time(self) -> float:
            return super().time() - session_start + max(100.0, (year - 1970) * 31_556_952.0)

    import time

    session_start = time.time()
    monkeypatch.setattr(session, "clock", Wrong(50.0))
    # by a clock far ahead every deadline has passed: what is not ready at the first question is
    # kept, and can be asked for again
    assert ima(*FOX).code in ((0,) if year == 1970 else (0, 5))
    assert len(sandbox.ledger()["creates"]) == 1
    assert "a fox" in ima("jobs", "list").out


def test_every_error_of_the_ground_has_its_next_step() -> None:
    from ima_tui.i18n import hint, say

    for key in ("error.ledger_damaged", "error.ledger_in_use", "error.ledger_unwritable"):
        error = ImaError(key, path="/x", reason="full")
        assert say(error.key, **error.values)
        assert hint(error.key, **error.values)
