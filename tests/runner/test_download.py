"""Results that come in part, late, refused or wrong: kept where they came, told where they did not,
and never paid for twice, whenever the program ends."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import DONE, MP4, PNG, FakeService, FastClock, any_order, placed, scheduler
from hypothesis import given
from hypothesis import strategies as st
from trees import field_json, make, rule_json

from ima_tui.api.client import Created
from ima_tui.api.service import DownloadError
from ima_tui.api.wire import Progress
from ima_tui.core.domain import (
    LINK_SECONDS,
    Failure,
    Job,
    Media,
    Medium,
    State,
    TaskType,
)
from ima_tui.core.errors import ImaError
from ima_tui.ledger.store import Ledger
from ima_tui.runner import outputs, result_files
from ima_tui.runner.input_checks import InputChecks

LEAF = make(field_json("size", ["1K"]), rules=[rule_json(5, size="1K")])
MEDIAS = tuple(Media(f"https://x.example/{n}.png?sign=a") for n in (1, 2, 3))
PART = Progress(done=True, medias=MEDIAS[:2], total=3, broken=1, reason="sensitive words")
STARTS = (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"\0\0\0\x10ftypmp42\0\0\0\0")
MP4_HEAD = STARTS[-1]
EXPIRED = "error.link_expired"
DENIED = DownloadError("error.link_denied", status=403)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.sqlite3", "me")
    yield opened
    await opened.aclose()


async def until(ledger: Ledger, job_id: int, *states: State) -> Job:
    async with asyncio.timeout(60):
        while True:
            job = await ledger.job(job_id)
            assert job is not None
            if job.state in states:
                return job
            await asyncio.sleep(0.002)


async def story(ledger: Ledger, folder: Path, service: FakeService, **more: Any) -> Job:
    clock = more.pop("clock", None) or FastClock()
    job = await ledger.add(more.pop("order", None) or placed(LEAF, n=3), clock.time())
    made = scheduler(ledger, service, LEAF, folder, clock=clock, **more)
    await made.start(everything=True)
    try:
        return await until(ledger, job.id, State.DONE, State.FAILED, State.NEEDS_REVIEW)
    finally:
        await made.aclose()


# ---------------------------------------------------------------------------- in part, and late


async def test_the_rest_is_waited_for_and_then_what_came_is_kept(
    ledger: Ledger, tmp_path: Path
) -> None:
    first = Progress(medias=MEDIAS[:1], total=3, broken=1)
    service = FakeService(ask=(first, first, PART))
    job = await story(ledger, tmp_path, service)
    assert job.failure is not None
    assert (job.state, job.failure.kind, len(job.medias)) == (State.DONE, "error.partial", 2)
    assert job.failure.values["cause"] == "error.moderated"
    assert all(Path(media.path).read_bytes() == PNG for media in job.medias)
    assert (service.calls.count("create"), service.calls.count("ask")) == (1, 3)
    assert await ledger.spent(0.0) == 15


async def test_at_the_deadline_what_is_ready_is_kept(ledger: Ledger, tmp_path: Path) -> None:
    service = FakeService(ask=(Progress(medias=MEDIAS[:2], total=3),))
    job = await story(ledger, tmp_path, service)
    assert job.failure is not None
    assert (job.state, len(job.medias)) == (State.DONE, 2)
    assert job.failure.values["cause"] == outputs.LATE
    assert outputs.missing(job) == 1


class CountsFrames(InputChecks):
    """Finds a video cut off as often as told."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def missing_frames(self, path: Path) -> tuple[int, int] | None:
        self.times -= 1
        return (31, 72) if self.times >= 0 else None


@pytest.mark.parametrize(("times", "is_here"), [(2, True), (99, False)])
async def test_a_video_that_was_cut_off_is_downloaded_again(
    ledger: Ledger, tmp_path: Path, times: int, is_here: bool
) -> None:
    leaf = replace(LEAF, task_type=TaskType.TEXT_TO_VIDEO)
    video = Progress(done=True, medias=(Media("https://x.example/1.mp4", format="mp4"),))
    service = FakeService(ask=(video,), load=(MP4,))
    job = await story(
        ledger, tmp_path, service, order=placed(leaf), checks=CountsFrames(times), patient=False
    )
    assert bool(job.medias[0].path) == is_here
    assert service.calls.count("create") == 1
    if not is_here:
        assert job.failure is not None
        assert job.failure.kind == "error.result_cut"
        assert not list(tmp_path.glob("**/*.mp4*"))


async def test_a_list_that_is_still_growing_is_looked_at_once_more(
    ledger: Ledger, tmp_path: Path
) -> None:
    service = FakeService(ask=(replace(PART, total=2, broken=0), replace(DONE, medias=MEDIAS)))
    job = await story(ledger, tmp_path, service)
    assert (job.failure, len(job.medias)) == (None, 3)


async def test_more_than_was_ordered_is_capped_and_doubles_are_dropped(
    ledger: Ledger, tmp_path: Path
) -> None:
    flood = tuple(Media(f"https://x.example/{n % 500}.png") for n in range(3000))
    service = FakeService(ask=(Progress(done=True, medias=flood, total=3000),))
    job = await story(ledger, tmp_path, service, order=placed(LEAF))
    assert (job.failure, len(job.medias)) == (None, outputs.MOST_KEPT)
    assert len({media.path for media in job.medias}) == outputs.MOST_KEPT
    keys = [event.key for event in await ledger.timeline(job.id)]
    assert "event.more_than_ordered" in keys


@pytest.mark.parametrize("broken", ["ready", "first file", "last file"])
async def test_killed_at_any_step_of_a_partial_result_nothing_is_lost_or_paid_again(
    ledger: Ledger, tmp_path: Path, broken: str
) -> None:
    """The run ends at each step; another one goes on with what the ledger knows."""
    reached = asyncio.Event()

    async def never() -> bytes:
        reached.set()
        await asyncio.Event().wait()
        return PNG

    async def silent() -> Progress:
        reached.set()
        await asyncio.Event().wait()
        return PART

    asks = (silent,) if broken == "ready" else (PART,)
    loads: tuple[Any, ...] = (never,) if broken != "last file" else (PNG, never)
    service = FakeService(ask=asks, load=loads)
    clock = FastClock()
    job = await ledger.add(placed(LEAF, n=3), clock.time())
    first = scheduler(ledger, service, LEAF, tmp_path, clock=clock)
    await first.start(everything=True)
    async with asyncio.timeout(30):
        await reached.wait()
    await first.aclose()
    service.ask, service.load = (PART,), (PNG,)
    second = scheduler(ledger, service, LEAF, tmp_path, clock=clock)
    await second.start(everything=True)
    job = await until(ledger, job.id, State.DONE, State.FAILED)
    await second.aclose()
    assert job.failure is not None
    assert (job.state, job.failure.kind) == (State.DONE, "error.partial")
    assert [Path(media.path).read_bytes() for media in job.medias] == [PNG, PNG]
    assert service.calls.count("create") == 1
    assert not list(tmp_path.glob(".*.part"))


# --------------------------------------------------------------------------- refused and wrong


async def test_the_links_of_now_are_asked_for_before_each_try(
    ledger: Ledger, tmp_path: Path
) -> None:
    signed = replace(DONE, medias=(Media("https://x.example/1.png?sign=b"),))
    service = FakeService(ask=(DONE, signed), load=(DENIED, b"<html>not yet</html>", PNG))
    job = await story(ledger, tmp_path, service, order=placed(LEAF))
    assert (job.failure, job.medias[0].url) == (None, "https://x.example/1.png?sign=b")
    assert service.calls == ["create", "ask", "load", "ask", "load", "ask", "load"]


@pytest.mark.parametrize(
    ("days", "kind"), [(0.5, "error.link_denied"), (8.0, "error.link_expired")]
)
async def test_a_link_has_expired_only_after_seven_days(
    ledger: Ledger, tmp_path: Path, days: float, kind: str
) -> None:
    clock = FastClock()
    job = await ledger.add(any_order(), clock.time())
    for state in (State.SENDING, State.RUNNING):
        await ledger.step(job.id, state, clock.time(), "event.running", task_id="t")
    await ledger.step(job.id, State.FETCHING, clock.time(), "event.ready", medias=DONE.medias)
    clock.jump(days * LINK_SECONDS / 7)
    made = scheduler(
        ledger, FakeService(load=(DENIED,)), LEAF, tmp_path, clock=clock, patient=False
    )
    await made.start(everything=True)
    job = await until(ledger, job.id, State.DONE)
    await made.aclose()
    assert job.failure is not None
    assert job.failure.kind == kind


async def test_a_result_that_the_service_deleted_is_not_tried_for_long(
    ledger: Ledger, tmp_path: Path
) -> None:
    gone = Progress(failed=True, deleted=True, total=1, broken=1)
    service = FakeService(ask=(DONE, gone), load=(DENIED,))
    job = await story(ledger, tmp_path, service, order=placed(LEAF))
    assert job.failure is not None
    assert (job.failure.kind, service.calls.count("load")) == ("error.result_deleted", 1)


async def test_while_it_waits_the_job_says_why_and_a_word_ends_the_pause(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = FastClock(rate=1.0)  # the pause is two seconds of ours
    job = await ledger.add(placed(LEAF), clock.time())
    for state in (State.SENDING, State.RUNNING):
        await ledger.step(job.id, state, clock.time(), "event.running", task_id="t")
    await ledger.step(job.id, State.FETCHING, clock.time(), "event.ready", medias=DONE.medias)
    made = scheduler(ledger, FakeService(load=(DENIED, PNG)), LEAF, tmp_path, clock=clock)
    await made.start(everything=True)
    async with asyncio.timeout(30):
        while not job.waiting:
            found = await ledger.job(job.id)
            assert found is not None
            job = found
            await asyncio.sleep(0.002)
    assert (job.state, job.waiting) == (State.FETCHING, "waiting.link_denied")
    assert job.waiting_values["status"] == 403
    made.try_now(job.id)
    job = await until(ledger, job.id, State.DONE)
    await made.aclose()
    assert (job.failure, job.waiting) == (None, "")


async def test_a_folder_that_goes_with_its_drive_is_not_made_anew(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scheduler(ledger, FakeService(), LEAF, tmp_path)
    job = await ledger.add(placed(LEAF), 1.0)
    fetcher, drive = made._fetcher, tmp_path / "drive"
    fetcher._make_folder(drive, job, 1)
    drive.rmdir()
    fetcher._make_folder(drive, job, 1)  # somebody removed it: the same disk
    drive.rmdir()
    fetcher._devices[drive] += 1  # it was on another
    with pytest.raises(ImaError) as caught:
        fetcher._make_folder(drive, job, 1)
    assert (caught.value.key, drive.exists()) == ("error.folder_gone", False)


async def test_a_full_disk_leaves_a_job_that_can_be_fetched(ledger: Ledger, tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    job = await story(ledger, tmp_path, FakeService(load=(full,)), order=placed(LEAF))
    assert job.failure is not None
    assert (job.state, job.failure.kind, job.medias[0].path) == (State.DONE, "error.disk", "")
    assert outputs.unfetched(job)


async def test_two_processes_never_write_into_one_part(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await ledger.add(placed(LEAF), 1.0)
    ours = result_files.part_path(tmp_path, job, 1)
    monkeypatch.setattr("os.getpid", lambda: 1)
    assert result_files.part_path(tmp_path, job, 1) != ours
    ours.write_bytes(PNG)
    result_files.sweep(tmp_path, job, 1)
    assert ours.exists(), "somebody may still be writing it"
    import os

    os.utime(ours, (1.0, 1.0))
    result_files.sweep(tmp_path, job, 1)
    assert not ours.exists()


# --------------------------------------------------------------------- what nobody follows (A15)


async def test_a_run_that_waits_for_a_place_follows_what_keeps_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    from ima_tui.config.loader import Settings

    clock = FastClock(rate=20.0)
    other = await Ledger.open(tmp_path / "ledger.sqlite3", "another run")
    left = await other.add(placed(LEAF), clock.time())
    for state in (State.SENDING, State.RUNNING):
        await other.step(left.id, state, clock.time(), "event.running", task_id="left")
    unsent = await other.add(placed(LEAF), clock.time())
    await other.release(hold=True)
    await other.aclose()

    service = FakeService(create=(Created("mine", None),))
    made = scheduler(ledger, service, LEAF, tmp_path / "mine", clock=clock, patient=False)
    made._admission._limits = Settings(running=1)
    made.usual = replace(made.usual, folder=tmp_path / "usual")
    await made.start(everything=False)
    mine = await ledger.add(placed(LEAF), clock.time())
    await made.follow(mine)
    done = await until(ledger, mine.id, State.DONE)
    first = await until(ledger, left.id, State.DONE)
    await made.aclose()
    assert Path(done.medias[0].path).parent == tmp_path / "mine"
    assert Path(first.medias[0].path).parent == tmp_path / "usual"
    still = await ledger.job(unsent.id)
    assert still is not None
    assert (still.state, still.needs_approval, service.calls.count("create")) == (
        State.QUEUED,
        True,
        1,
    )


# ------------------------------------------------------------------------------------- the pure


@pytest.mark.parametrize(
    ("head", "medium", "good"),
    [
        (PNG, Medium.IMAGE, True),
        (PNG, Medium.VIDEO, False),
        (b"\0\0\0\x20ftypavif\0\0\0\0", Medium.IMAGE, True),
        (b"\0\0\0\x20ftypheic\0\0\0\0", Medium.VIDEO, False),
        (b"II*\0\x08\0\0\0", Medium.IMAGE, True),
        (b'<?xml version="1.0"?>\n<svg xmlns="x">', Medium.IMAGE, True),
        (b"<svg>", Medium.IMAGE, True),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', Medium.IMAGE, False),
        (b"<!DOCTYPE html>", Medium.IMAGE, False),
        (b"  \n<HTML>", Medium.MUSIC, False),
        (b'{"code": 0}', Medium.SPEECH, False),
        (b"", Medium.IMAGE, False),
        (b"not a picture", Medium.IMAGE, False),
        (bytes(64), Medium.IMAGE, False),
        (b"\0\0\0\x18ftypmp42\0\0\0\0....hdlr12345678vide", Medium.VIDEO, True),
        (b"\0\0\0\x18ftypmp42\0\0\0\0....hdlr12345678vide", Medium.MUSIC, False),
        (b"\0\0\0\x18ftypmp42\0\0\0\0....hdlr12345678soun", Medium.MUSIC, True),
        (b"ID3\4", Medium.MUSIC, True),
        (b"RIFF\0\0\0\0WAVEfmt ", Medium.SPEECH, True),
        (b"RIFF\0\0\0\0WAVEfmt ", Medium.VIDEO, False),
        (b"RIFF\0\0\0\0AVI LIST", Medium.VIDEO, True),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0", Medium.VIDEO, True),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0", Medium.VIDEO, False),
        (b"OggS", Medium.IMAGE, False),
    ],
)  # fmt: skip
def test_a_file_is_judged_by_its_bytes(
    tmp_path: Path, head: bytes, medium: Medium, good: bool
) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(head)
    assert judged(part, medium) == ("" if good else "error.not_the_medium")


def judged(part: Path, medium: Medium) -> str:
    try:
        result_files.check_medium(part, medium)
    except ImaError as error:
        return error.key
    return ""


def picture(form: str) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(made, form)
    return made.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_an_image_that_was_cut_off_anywhere_is_no_result(tmp_path: Path, form: str) -> None:
    part, whole = tmp_path / "a.part", picture(form)
    part.write_bytes(whole)
    result_files.check(part, Medium.IMAGE)
    for kept in range(len(whole) // 20, len(whole) - 1, len(whole) // 20):
        part.write_bytes(whole[:kept])
        with pytest.raises(ImaError, match=r"error\.download_broken"):
            result_files.check(part, Medium.IMAGE)


def test_a_film_or_sound_shorter_than_its_boxes_is_no_result(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    box = (1000).to_bytes(4, "big") + b"mdat" + bytes(992)
    part.write_bytes(MP4_HEAD + box)
    result_files.check(part, Medium.VIDEO)
    part.write_bytes(MP4_HEAD + box[:500])
    with pytest.raises(ImaError, match=r"error\.download_broken"):
        result_files.check(part, Medium.VIDEO)
    part.write_bytes(b"RIFF" + (900).to_bytes(4, "little") + b"WAVEfmt " + bytes(400))
    with pytest.raises(ImaError, match=r"error\.download_broken"):
        result_files.check(part, Medium.SPEECH)


@given(st.binary(max_size=200), st.sampled_from(Medium), st.sampled_from(STARTS))
def test_no_bytes_break_the_check(data: bytes, medium: Medium, start: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(start + data)
        file.flush()
        with suppress(ImaError):
            result_files.check(Path(file.name), medium)


@given(st.binary(max_size=200), st.sampled_from(Medium))
def test_no_bytes_break_the_judgement(data: bytes, medium: Medium) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        assert judged(Path(file.name), medium) in ("", "error.not_the_medium")


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True))
def test_new_links_keep_the_files_and_lose_no_result(before: list[int], now: list[int]) -> None:
    def medias(numbers: list[int], sign: str, path: str = "") -> list[Media]:
        return [Media(f"https://x.example/{n}?{sign}", path=path and f"/{n}") for n in numbers]

    found = outputs.renewed(medias(before, "a", "here"), medias(now, "b"))
    assert len(found) == max(len(before), len(now))
    for old, new in zip(before, found, strict=False):
        assert new.path == f"/{old}"
        assert old not in now or new.url == f"https://x.example/{old}?b"
    assert {f"https://x.example/{n}?b" for n in now} <= {media.url for media in found}


def test_an_older_version_called_every_refused_link_expired() -> None:
    job = Job(1, any_order(), State.DONE, 1.0, 90.0, ended_at=80.0, failure=Failure(EXPIRED))
    recent, late = outputs.problem_of(job), outputs.problem_of(replace(job, updated_at=1e6))
    assert recent is not None
    assert late is not None
    assert (recent.key, late.key) == ("error.not_fetched", EXPIRED)


def test_only_an_order_that_lacks_something_is_short() -> None:
    order = any_order(n=2)
    assert outputs.shortfall(order, 2, "", 0) == outputs.NONE
    short = outputs.shortfall(order, 1, "", 1)
    assert (short.kind, short.values["ready"], short.values["n"]) == ("error.partial", 1, 2)
    film = replace(order, task_type=TaskType.TEXT_TO_VIDEO)
    assert outputs.kept(film, MEDIAS) == MEDIAS
