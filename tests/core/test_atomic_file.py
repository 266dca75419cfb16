"""A file is the old one or the new one, never half, and stays what it was: a link, its mode."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ima_tui.core import atomic_file


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    atomic_file.replace(path, b"one")
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["a.json"]


@pytest.mark.parametrize(("mode", "then"), [(None, 0o640), (0o600, 0o600)])
def test_the_mode_is_kept_or_named(tmp_path: Path, mode: int | None, then: int) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"one")
    path.chmod(0o640)
    atomic_file.replace(path, b"two", mode=mode)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", then)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"one")
    link.symlink_to(real)
    atomic_file.replace(link, b"two")
    assert link.is_symlink()
    assert real.read_bytes() == b"two"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"one")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), refuse)
    with pytest.raises(OSError, match="No space"):
        atomic_file.replace(path, b"two")
    assert path.read_bytes() == b"one"
    assert names(tmp_path) == ["a.json"]


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    target = tmp_path / "plan[1].json"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    long_ago = time.time() - 2 * atomic_file.SETTLED
    names = {
        "left": f".plan[1].json.abc.{gone.pid}.part",
        "left by an earlier version": ".plan[1].json.abcdefgh.part",
        "written now": f".plan[1].json.def.{os.getpid()}.part",
        "another file's": f".plan[12].json.abc.{gone.pid}.part",
        "just left": f".plan[1].json.ghi.{gone.pid}.part",
    }
    for what, name in names.items():
        (tmp_path / name).write_text("half")
        if what != "just left":
            os.utime(tmp_path / name, (long_ago, long_ago))
    atomic_file.replace(target, b"whole")
    kept = {what for what, name in names.items() if (tmp_path / name).exists()}
    assert kept == {"written now", "another file's", "just left"}
    atomic_file.remove_beside(target)
    assert not (tmp_path / names["just left"]).exists()


def test_a_process_of_another_user_has_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_allowed(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", not_allowed)
    assert not atomic_file.is_orphan(tmp_path / ".a.json.x.1.part")
    assert not atomic_file.is_orphan(tmp_path / "a.json")


def test_what_was_written_is_written_though_its_folder_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "the disk is gone")

    monkeypatch.setattr(Path, "glob", broken)
    atomic_file.replace(tmp_path / "plan.json", b"whole")
    assert (tmp_path / "plan.json").read_bytes() == b"whole"
