"""Subjects on the disk: shared by windows, whole after a crash, nothing overwritten by guess."""

from __future__ import annotations

import io
import json
import multiprocessing
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ima_tui.core import atomic_file
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.subjects.store import MOST_FILES, SubjectStore, checked_name


def picture(folder: Path, name: str, colour: str = "red") -> Path:
    path = folder / name
    Image.new("RGB", (8, 8), colour).save(path)
    return path


def test_a_subject_keeps_its_own_copy(tmp_path: Path) -> None:
    store = SubjectStore(tmp_path / "subjects")
    source = picture(tmp_path, "cat.png")
    made = store.add("旺财", [source], 1000.0, {source: "job:41#1"})
    source.unlink()
    again = SubjectStore(tmp_path / "subjects").all()
    assert again == (made,)
    assert Image.open(made.files[0].path).size == (8, 8)
    assert made.files[0].job == "job:41#1"
    assert (tmp_path / "subjects/index.json").stat().st_mode & 0o777 == 0o600


def test_more_pictures_join_it_and_the_same_one_only_once(tmp_path: Path) -> None:
    store = SubjectStore(tmp_path / "subjects")
    red, blue = picture(tmp_path, "a.png"), picture(tmp_path, "b.jpg", "blue")
    first = store.add("Mia", [red], 1.0)
    second = store.add("mia", [red, blue], 2.0)
    assert second.id == first.id
    assert [Path(file.path).name for file in second.files] == ["1.png", "2.jpg"]
    assert store.get("@MIA") == second


def test_what_is_removed_is_gone_with_its_files(tmp_path: Path) -> None:
    store = SubjectStore(tmp_path / "subjects")
    made = store.add("Mia", [picture(tmp_path, "a.png")], 1.0)
    store.remove("Mia")
    assert store.all() == ()
    assert not Path(made.files[0].path).exists()
    with pytest.raises(UsageError):
        store.remove("Mia")


@pytest.mark.parametrize("name", ["", "a b", "a@b", "#1", "x" * 41, "a\u202eb", "a\nb"])
def test_a_name_that_no_prompt_could_hold_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        checked_name(name)


def test_other_files_are_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    store = SubjectStore(tmp_path / "subjects")
    text = tmp_path / "cat.png"
    text.write_text("no picture")
    for path in (text, tmp_path / "missing.png", tmp_path):
        with pytest.raises(UsageError):
            store.add("Mia", [path], 1.0)
    assert store.all() == ()
    many = [picture(tmp_path, f"{n}.png", f"rgb({n},0,0)") for n in range(MOST_FILES + 1)]
    with pytest.raises(UsageError):
        store.add("Mia", many, 1.0)
    assert store.all() == ()


def test_an_index_that_is_damaged_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "subjects"
    folder.mkdir()
    index = folder / "index.json"
    for content in ("{", "[]", '{"version": 2, "subjects": []}', _escaping()):
        index.write_text(content)
        with pytest.raises(UsageError):
            SubjectStore(folder).add("Mia", [picture(tmp_path, "a.png")], 1.0)
        assert index.read_text() == content


def _escaping() -> str:
    files = [{"file": "../../secret.png", "sha256": "", "job": ""}]
    one = {"id": "0" * 16, "name": "Mia", "aliases": [], "created": 0, "files": files}
    return json.dumps({"version": 1, "subjects": [one]})


def test_a_crash_before_the_index_leaves_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SubjectStore(tmp_path / "subjects")
    kept = store.add("Mia", [picture(tmp_path, "a.png")], 1.0)
    real = atomic_file.replace

    def fails(path: Path, content: bytes) -> None:
        if path.name == "index.json":
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(atomic_file, "replace", fails)
    with pytest.raises(ImaError):
        store.add("Rex", [picture(tmp_path, "b.png", "blue")], 2.0)
    assert SubjectStore(tmp_path / "subjects").all() == (kept,)


def _add(folder: Path, name: str, path: Path) -> None:
    SubjectStore(folder).add(name, [path], 1.0)


def test_windows_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    source = picture(tmp_path, "a.png")
    names = ["Ann", "Bob", "Cleo", "Dan"]
    context = multiprocessing.get_context("fork")
    running = [
        context.Process(target=_add, args=(tmp_path / "subjects", name, source)) for name in names
    ]
    for one in running:
        one.start()
    for one in running:
        one.join()
    found = SubjectStore(tmp_path / "subjects").all()
    assert [one.name for one in found] == names


def test_the_archive_holds_everything(tmp_path: Path) -> None:
    store = SubjectStore(tmp_path / "subjects")
    made = store.add("旺财", [picture(tmp_path, "a.png")], 1.0)
    target = tmp_path / "subjects.zip"
    assert store.export(target) == 1
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["index.json", f"{made.id}/1.png"]
        assert json.loads(archive.read("index.json"))["subjects"][0]["name"] == "旺财"
        assert Image.open(io.BytesIO(archive.read(f"{made.id}/1.png"))).size == (8, 8)
    with pytest.raises(UsageError):
        store.export(target)
