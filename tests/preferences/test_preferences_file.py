"""ima_prefs.json belongs to the person and to other programs: never torn, never guessed."""

from __future__ import annotations

import errno
import itertools
import json
import multiprocessing
import os
import stat
import sys
import time
import warnings
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from filelock import FileLock
from trees import make, model_json, read

from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.preferences.file import Preferences

LEAF = make(model_id="midjourney", name="Midjourney")
T2I = TaskType.TEXT_TO_IMAGE
FOREIGN = {
    "version": 3,
    "user_ana": {
        "text_to_image": {"model_id": "a", "note": "keep me"},
        "text_to_smell": {"model_id": "x"},
    },
    "other_tool": [1, 2, {"deep": None}],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "ima_prefs.json"


def opened(path: Path) -> Preferences:
    preferences = Preferences(path)
    preferences.reload()
    return preferences


def written(path: Path, data: object) -> Preferences:
    path.parent.mkdir(exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return opened(path)


def test_a_wish_is_kept_for_one_user_and_one_kind(path: Path) -> None:
    assert opened(path).save("ana", T2I, LEAF)
    again = opened(path)
    wish = again.of("ana", T2I)
    assert wish is not None
    assert (wish.model_id, wish.model_name, wish.credit) == ("midjourney", "Midjourney", 5)
    assert again.of("ana", TaskType.TEXT_TO_VIDEO) is None
    assert again.of("ben", T2I) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir() if p.suffix != ".lock"] == ["ima_prefs.json"]


def test_what_we_do_not_know_stays_as_it_is(path: Path) -> None:
    preferences = written(path, FOREIGN)
    preferences.save("ana", T2I, LEAF)
    found = json.loads(path.read_text("utf-8"))
    assert found["version"] == 3
    assert found["other_tool"] == FOREIGN["other_tool"]
    assert found["user_ana"]["text_to_smell"] == {"model_id": "x"}
    assert found["user_ana"]["text_to_image"]["note"] == "keep me"
    assert found["user_ana"]["text_to_image"]["model_id"] == "midjourney"


def test_clearing_takes_one_wish_and_no_more(path: Path) -> None:
    preferences = written(path, FOREIGN)
    preferences.clear("ana", T2I)
    found = json.loads(path.read_text("utf-8"))
    assert found["user_ana"] == {"text_to_smell": {"model_id": "x"}}
    assert found["other_tool"] == FOREIGN["other_tool"]


def test_what_another_program_wrote_meanwhile_is_kept(path: Path) -> None:
    preferences = opened(path)
    written(path, FOREIGN)
    preferences.save("ben", T2I, LEAF)
    assert set(json.loads(path.read_text("utf-8"))) == {*FOREIGN, "user_ben"}


def test_a_change_from_outside_is_seen(path: Path) -> None:
    preferences = opened(path)
    assert not preferences.changed()
    written(path, FOREIGN)
    assert preferences.changed()
    preferences.reload()
    assert not preferences.changed()


BROKEN = ['{"user_ana": {', "[1, 2]", '"text"', "null", "{'single': 1}", "[" * 100_000]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("by_saving", [False, True])
def test_a_broken_file_is_set_aside_whole_and_told(path: Path, text: str, by_saving: bool) -> None:
    preferences = Preferences(path)
    path.parent.mkdir()
    path.write_text(text)
    if by_saving:
        preferences.save("ana", T2I, LEAF)
    else:
        preferences.reload()
    assert preferences.trouble is not None
    assert preferences.trouble.key == "error.prefs_set_aside"
    aside = Path(str(preferences.trouble.values["aside"]))
    assert aside.read_text() == text
    assert path.exists() is by_saving


class OneSecond(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> OneSecond:
        return cls(2026, 11, 26, 12, 0, 0, tzinfo=tz)


def test_two_broken_files_in_one_second_are_both_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.preferences.file.datetime", OneSecond)
    for text in ("{1", "{2"):
        written(path, text)
    assert sorted(p.read_text() for p in path.parent.glob("*.broken-*")) == ["{1", "{2"]


def test_a_broken_file_that_cant_be_set_aside_is_left_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preferences = opened(path)
    path.parent.mkdir()
    path.write_text("{broken")

    def refuse(*_: object) -> None:
        raise OSError(36, "File name too long")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(UsageError) as caught:
        preferences.save("ana", T2I, LEAF)
    assert caught.value.key == "error.prefs_broken"
    assert path.read_text() == "{broken"


def test_no_utf8_is_broken_too(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"user_ana": "\xff"}')
    assert opened(path).trouble is not None


@pytest.mark.parametrize("text", ["", "  \n", "{}"])
def test_an_empty_file_is_no_trouble(path: Path, text: str) -> None:
    preferences = written(path, text)
    assert preferences.trouble is None
    assert preferences.save("ana", T2I, LEAF)


@pytest.mark.parametrize("row", [None, [], "x", {}, {"model_id": 5}, {"model_id": None}], ids=str)
def test_a_wish_of_another_shape_is_none(path: Path, row: object) -> None:
    preferences = written(path, {"user_ana": {"text_to_image": row}, "user_ben": row})
    assert preferences.of("ana", T2I) is None
    assert preferences.trouble is None


def test_names_come_in_clean(path: Path) -> None:
    row = {"model_id": "a\x1b[2J", "model_name": "b\u202ec", "credit": True, "last_used": 5}
    preferences = written(path, {"user_\x1b[31mana": {"text_to_image": row}})
    ((user, wishes),) = preferences.users().items()
    assert user == "user_ana"
    assert (wishes[T2I].model_id, wishes[T2I].model_name, wishes[T2I].credit) == ("a", "bc", None)


def test_lone_surrogates_of_another_program_survive(path: Path) -> None:
    preferences = written(path, '{"odd": "\\ud800", "中": "文"}')
    assert preferences.save("ana", T2I, LEAF)
    found = json.loads(path.read_bytes())
    assert (found["odd"], found["中"]) == ("\ud800", "文")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")
def test_dev_null_means_do_not_store() -> None:
    preferences = opened(Path(os.devnull))
    assert preferences.trouble is None
    assert not preferences.writable
    assert preferences.save("ana", T2I, LEAF) is False
    assert not Path(os.devnull).is_file()


def test_a_file_that_may_not_be_written_means_do_not_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preferences = written(path, FOREIGN)
    real = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: mode != os.W_OK and real(p, mode))
    assert preferences.save("ana", T2I, LEAF) is False
    assert json.loads(path.read_text()) == FOREIGN


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}")
    path.parent.mkdir()
    path.symlink_to(real)
    assert opened(path).save("ana", T2I, LEAF)
    assert path.is_symlink()
    assert "midjourney" in real.read_text()


def test_the_files_own_mode_is_kept(path: Path) -> None:
    preferences = written(path, {})
    path.chmod(0o644)
    preferences.save("ana", T2I, LEAF)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


# ------------------------------------------------------------------------- what others drop of ours


@pytest.fixture
def noted(path: Path, tmp_path: Path) -> Preferences:
    preferences = Preferences(path, tmp_path / "data" / "wishes.json")
    preferences.reload()
    return preferences


def rewrite(path: Path, data: object) -> None:
    """As the older tool does: no lock, truncated and written in place."""
    path.write_text(json.dumps(data), "utf-8")


def gone(preferences: Preferences) -> list[tuple[str, TaskType, str]]:
    preferences.reload()
    return [
        (each.user_id, each.task_type, each.preference.model_id) for each in preferences.dropped()
    ]


def test_what_a_lockless_writer_drops_is_noticed_and_brought_back(
    noted: Preferences, path: Path
) -> None:
    rewrite_with = {"user_ben": {"text_to_image": {"model_id": "x"}}}
    noted.save("ana", T2I, LEAF)
    assert gone(noted) == []
    rewrite(path, rewrite_with)
    assert gone(noted) == [("ana", T2I, "midjourney")]
    again = Preferences(path, path.parent.parent / "data" / "wishes.json")
    assert gone(again) == gone(noted), "the next start knows it, too"
    (dropped,) = noted.dropped()
    assert noted.bring_back(dropped)
    assert gone(noted) == []
    found = json.loads(path.read_text())
    assert found["user_ben"] == rewrite_with["user_ben"]
    assert found["user_ana"]["text_to_image"]["model_id"] == "midjourney"


def test_an_older_wish_put_back_is_a_loss_and_a_newer_one_is_not(
    noted: Preferences, path: Path
) -> None:
    noted.save("ana", T2I, LEAF)
    for stamp, lost in (("2001-01-01T00:00:00Z", ["midjourney"]), ("2099-01-01T00:00:00Z", [])):
        row = {"model_id": "other", "last_used": stamp}
        rewrite(path, {"user_ana": {"text_to_image": row}})
        assert [model for *_, model in gone(noted)] == lost


def test_what_we_clear_ourselves_is_no_loss_and_what_is_let_go_is_not_offered_again(
    noted: Preferences, path: Path
) -> None:
    noted.save("ana", T2I, LEAF)
    noted.clear("ana", T2I)
    assert gone(noted) == []
    noted.save("ana", T2I, LEAF)
    rewrite(path, {})
    (dropped,) = (gone(noted), noted.dropped())[1]
    noted.let_go(dropped)
    assert gone(noted) == []
    assert json.loads(path.read_text()) == {}


def test_a_broken_file_loses_nothing_until_it_is_settled(noted: Preferences, path: Path) -> None:
    noted.save("ana", T2I, LEAF)
    path.write_text("{broken")
    assert gone(noted) == []
    assert noted.trouble is not None
    assert gone(noted) == [("ana", T2I, "midjourney")], "set aside now, and ours can be had back"


@pytest.mark.parametrize("first", ["", '{"user_ben": {"text_to_im'])
def test_a_file_that_is_just_being_written_is_waited_for(
    noted: Preferences, path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    whole = {"user_ben": {"text_to_image": {"model_id": "x"}}}
    path.parent.mkdir()
    path.write_text(first)
    monkeypatch.setattr("time.sleep", lambda _: rewrite(path, whole))
    assert noted.save("ana", T2I, LEAF)
    found = json.loads(path.read_text())
    assert found["user_ben"] == whole["user_ben"]
    assert set(found) == {"user_ana", "user_ben"}
    assert noted.trouble is None


@pytest.mark.parametrize("text", ["[]", "{broken", '{"user_ana": 3}'])
def test_notes_that_cant_be_read_are_none(noted: Preferences, path: Path, text: str) -> None:
    notes = path.parent.parent / "data" / "wishes.json"
    notes.parent.mkdir()
    notes.write_text(text)
    assert gone(noted) == []
    assert noted.save("ben", T2I, LEAF)
    assert noted.of("ben", T2I) is not None


def _write_many(path: Path, notes: Path, user: str, count: int) -> None:
    preferences = Preferences(path, notes)
    for number in range(count):
        model = read(model_json(model_id=f"model-{number:04}"))
        preferences.save(user, T2I, model)


def _write_like_the_script(path: Path, stop: str) -> None:
    """Reads, changes its own row and writes in place: no lock, no rename, broken read as empty."""
    number = 0
    while not Path(stop).exists():
        try:
            data = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            data = {}
        row = {"model_id": f"s{number}", "last_used": "2001-01-01T00:00:00Z"}
        data.setdefault("user_script", {})["text_to_image"] = row
        with path.open("w", encoding="utf-8") as handle:
            json.dump(data, handle)
        number += 1
        time.sleep(0.05)


EACH = int(os.environ.get("TORTURE_UPDATES", "20"))
"""Updates of each of the eight writers; `make slow` asks for 100, `make torture` for 1,000."""


@pytest.mark.parametrize("with_script", [False, True])
def test_eight_writers_lose_nothing_and_are_never_torn(
    path: Path, tmp_path: Path, with_script: bool
) -> None:
    """With a lockless writer beside them, what it drops of ours is noticed: nothing goes unnoticed,
    and ours never makes a torn file."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    notes, stop = tmp_path / "data" / "wishes.json", tmp_path / "stop"
    path.parent.mkdir()
    path.write_text(json.dumps(FOREIGN))
    users = [f"user{n}" for n in range(8)]
    crowd = [context.Process(target=_write_many, args=(path, notes, u, EACH)) for u in users]
    script = context.Process(target=_write_like_the_script, args=(path, str(stop)))
    if with_script:
        script.start()
    for process in crowd:
        process.start()
    while any(process.is_alive() for process in crowd):
        if not with_script:
            json.loads(path.read_bytes())
        time.sleep(0.005)
    stop.touch()
    if with_script:
        script.join()
    assert [process.exitcode for process in crowd] == [0] * 8
    preferences = Preferences(path, notes)
    preferences.reload()
    lost = {each.user_id: each.preference.model_id for each in preferences.dropped()}
    for user in users:
        wish = preferences.of(user, T2I)
        last = f"model-{EACH - 1:04}"
        assert (wish is not None and wish.model_id == last) or lost.get(user) == last
    if not with_script:
        assert lost == {}
        assert json.loads(path.read_text())["other_tool"] == FOREIGN["other_tool"]


# ------------------------------------------------------------------------ what can't be as it is


def test_a_full_disk_is_said_and_the_file_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    preferences = written(path, FOREIGN)
    monkeypatch.setattr("ima_tui.preferences.file.atomic_file.replace", full)
    with pytest.raises(UsageError) as caught:
        preferences.save("ana", T2I, LEAF)
    assert caught.value.key == "error.prefs_unwritable"
    assert json.loads(path.read_text()) == FOREIGN


def test_a_lock_that_nobody_lets_go_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences = written(path, FOREIGN)
    monkeypatch.setattr("ima_tui.preferences.file.LOCK_SECONDS", 0.01)
    with FileLock(path.with_name(path.name + ".lock")), pytest.raises(UsageError) as caught:
        preferences.save("ana", T2I, LEAF)
    assert caught.value.key == "error.prefs_unwritable"
    assert caught.value.values["reason"] == "another program has locked it"
    assert json.loads(path.read_text()) == FOREIGN


def test_a_file_system_without_locks_is_no_matter_for_the_user(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise OSError(errno.ENOSYS, "no such call")

    preferences = written(path, FOREIGN)
    monkeypatch.setattr("fcntl.flock", missing)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert preferences.save("ana", T2I, LEAF)
    assert [str(each.message) for each in told] == []


def test_one_who_never_stops_writing_can_not_keep_us_from_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preferences = written(path, FOREIGN)
    stamps = itertools.count()
    monkeypatch.setattr("ima_tui.preferences.file._stamp", lambda _: (next(stamps), 0, 0))
    assert preferences.save("ben", T2I, LEAF)
    monkeypatch.undo()
    assert opened(path).of("ben", T2I) is not None
    assert json.loads(path.read_text())["other_tool"] == FOREIGN["other_tool"]


def test_megabytes_are_no_preferences(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ima_tui.preferences.file.LARGEST", 40)
    preferences = written(path, FOREIGN)
    assert preferences.trouble is not None
    assert preferences.trouble.key == "error.prefs_set_aside"
    (aside,) = [each for each in path.parent.iterdir() if each.suffix != ".lock"]
    assert json.loads(aside.read_text()) == FOREIGN


def test_an_entry_of_another_shape_is_never_written_over(path: Path) -> None:
    preferences = written(path, {"user_ana": "of another tool", "user_ben": {}})
    with pytest.raises(UsageError) as caught:
        preferences.save("ana", T2I, LEAF)
    assert caught.value.key == "error.prefs_entry"
    assert preferences.clear("ana", T2I)
    assert json.loads(path.read_text()) == {"user_ana": "of another tool", "user_ben": {}}
    assert preferences.save("ben", T2I, LEAF)


def test_kinds_and_notes_that_we_do_not_know_are_no_wishes(path: Path, tmp_path: Path) -> None:
    wish = {"model_id": "x", "model_name": "X", "credit": 1, "last_used": ""}
    assert written(path, {"user_ana": {"text_to_smell": wish}}).users() == {"user_ana": {}}
    notes = tmp_path / "wishes.json"
    notes.write_text(json.dumps({"user_ana": 5, "user_ben": {"text_to_image": wish}}))
    preferences = Preferences(path, notes)
    preferences.reload()
    assert [each.user_id for each in preferences.dropped()] == ["ben"]
    assert preferences.save("ana", T2I, LEAF)
    assert opened(path).dropped() == ()
