"""The gallery's owner: what the ledger knows of results, and what is done with their files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import any_order

from ima_tui.core.domain import (
    Media,
    Result,
    State,
    TaskType,
    results_of,
)
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import EventBus, JobChanged, Notice
from ima_tui.ledger.store import Ledger
from ima_tui.studio.gallery import ResultGallery, _make_room


class Parts:
    """An engine that is a ledger, a connection that is nobody's, a clock, settings."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self.cache = folder / "cache"
        self.read_only = False
        self.downloads: list[str] = []

    def for_writing(self) -> None:
        """Nobody is only looking."""

    async def ledger(self) -> Ledger:
        return self._ledger

    async def connect(self) -> Parts:
        return self

    async def download(self, url: str, part: Path) -> int:
        self.downloads.append(url)
        part.write_bytes(b"a cover")
        return 7

    def time(self) -> float:
        return 500.0


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", session="here")
    yield opened
    await opened.aclose()


def gallery(parts: Parts, told: list[Notice]) -> ResultGallery:
    broadcast = EventBus()
    broadcast.subscribe(told.append)
    return ResultGallery(parts, parts, parts, parts, broadcast)  # type: ignore[arg-type]


async def made(ledger: Ledger, *paths: str, state: State = State.DONE) -> int:
    job = await ledger.add(any_order(), 100.0)
    medias = tuple(Media(f"https://ima.example/{at}", path=path) for at, path in enumerate(paths))
    await ledger.step(job.id, State.SENDING, 101.0, "event.sending")
    await ledger.step(job.id, State.RUNNING, 102.0, "event.running", task_id=f"t{job.id}")
    if state in (State.DONE, State.FETCHING):
        await ledger.step(job.id, state, 103.0, "event.done", medias=medias)
    return job.id


async def every(found: ResultGallery) -> list[Result]:
    return [result async for stretch in found.results() for result in stretch]


async def test_results_are_all_media_newest_job_first(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.studio.gallery.STRETCH", 2)
    first = await made(ledger, "/x/1.png", "/x/2.png")
    await made(ledger, state=State.RUNNING)
    third = await made(ledger, "/x/3.png")
    fourth = await made(ledger, "/x/4.png", state=State.FETCHING)
    gone = await made(ledger, "/x/5.png")
    await ledger.step(gone, State.FORGOTTEN, 104.0, "event.forgotten")
    found = await every(gallery(Parts(ledger, tmp_path), []))
    assert [(one.job, one.index, one.path) for one in found] == [
        (fourth, 1, "/x/4.png"),
        (third, 1, "/x/3.png"),
        (first, 1, "/x/1.png"),
        (first, 2, "/x/2.png"),
    ]
    jobs = {number: await ledger.job(number) for number in (first, third, fourth)}
    for one in found:
        job = jobs[one.job]
        assert job is not None
        assert one in results_of(job)  # read off the rows as it is made from a whole job
    assert found[0].task_type in TaskType


async def test_a_copy_overwrites_nothing_and_leaves_no_half(ledger: Ledger, tmp_path: Path) -> None:
    found = gallery(Parts(ledger, tmp_path), [])
    source = tmp_path / "20261125-fox-1.png"
    source.write_bytes(b"picture")
    media = Media("u", path=str(source))
    folder = tmp_path / "out"
    folder.mkdir()
    assert await found.copy(media, str(folder)) == folder / source.name
    assert await found.copy(media, f"{tmp_path}/new/place/") == tmp_path / "new/place" / source.name
    assert await found.copy(media, f"'{folder}/fox'") == folder / "fox.png"
    assert (folder / "fox.png").read_bytes() == b"picture"
    with pytest.raises(UsageError) as caught:
        await found.copy(media, str(folder / "fox.png"))
    assert caught.value.key == "gallery.exists"
    assert (folder / "fox.png").read_bytes() == b"picture"
    with pytest.raises(UsageError, match="gallery"):
        await found.copy(replace(media, path=str(tmp_path / "gone.png")), str(folder / "x"))
    assert not (folder / "x.png").exists()
    with pytest.raises(UsageError, match="gallery"):
        await found.copy(replace(media, path=""), str(folder))
    with pytest.raises(ImaError):
        await found.copy(media, f"{source}/below/a/file.png")


async def test_a_deleted_file_leaves_the_result_and_a_line_in_its_story(
    ledger: Ledger, tmp_path: Path
) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        file.write_bytes(b"picture")
    beside = tmp_path / "b.png.json"
    beside.write_text("{}")
    number = await made(ledger, *map(str, files))
    told: list[Notice] = []
    found = gallery(Parts(ledger, tmp_path), told)
    job = await found.discard(number, 2)
    assert [media.path for media in job.medias] == [str(files[0]), ""]
    assert [file.exists() for file in (*files, beside)] == [True, False, False]
    assert isinstance(told[-1], JobChanged)
    assert told[-1].job.revision == job.revision
    assert (await ledger.timeline(number))[-1].key == "event.file_deleted"
    assert (await found.discard(number, 2)).revision == job.revision  # twice does no harm
    with pytest.raises(UsageError):
        await found.discard(number, 3)


async def test_a_cover_is_fetched_once_and_there_are_never_too_many(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Parts(ledger, tmp_path)
    found = gallery(parts, [])
    media = Media("u", cover="https://ima.example/cover.jpg")
    path = await found.cover(media)
    assert Path(path).read_bytes() == b"a cover"
    assert await found.cover(media) == path
    assert parts.downloads == ["https://ima.example/cover.jpg"]
    monkeypatch.setattr("ima_tui.studio.gallery.MOST_COVERS", 3)
    folder = tmp_path / "many"
    _make_room(folder)
    for at in range(6):
        (folder / str(at)).write_bytes(b"x")
    _make_room(folder)
    assert len(list(folder.iterdir())) == 2
