"""Where tiles stand on a wall, and which results are shown: arithmetic, and no widget."""

from __future__ import annotations

import time
from dataclasses import replace

from fake import NOW, SEEDREAM, WAN, done, job
from hypothesis import given
from hypothesis import strategies as st

from ima_tui.core.domain import (
    Media,
    Medium,
    Result,
    State,
    TaskType,
    results_of,
)
from ima_tui.tui.gallery.arrangement import GalleryArrangement, GallerySelection
from ima_tui.tui.gallery.tiles import TileLayout
from ima_tui.tui.images.thumbnails import key_of

SIZES = st.lists(st.integers(1, 12), max_size=6)


@given(SIZES, st.integers(1, 5), st.integers(1, 10))
def test_every_line_holds_a_heading_or_tiles_and_each_tile_once(
    sizes: list[int], across: int, high: int
) -> None:
    wall = TileLayout(sizes, across, high)
    seen: list[int] = []
    headings = 0
    for line in range(wall.lines):
        spot = wall.at(line)
        assert spot is not None
        row, inner = spot
        if not row.tiles:
            headings += 1
        elif inner == 0:
            seen += range(row.first, row.first + row.tiles)
    assert (headings, seen) == (len(sizes), list(range(sum(sizes))))
    assert wall.at(wall.lines) is None
    for tile in range(wall.count):
        first, end = wall.lines_of(tile)
        spot = wall.at(first)
        assert spot is not None
        row, _ = spot
        assert row.first <= tile < row.first + row.tiles
        assert end - first == high
        assert wall.column_of(tile) == tile - row.first


@given(SIZES.filter(bool), st.integers(1, 5), st.data())
def test_down_and_up_again_comes_back_to_the_column_where_there_is_one(
    sizes: list[int], across: int, data: st.DataObject
) -> None:
    wall = TileLayout(sizes, across, 3)
    tile = data.draw(st.integers(0, wall.count - 1))
    below = wall.moved(tile, 1)
    assert below >= tile
    if wall.column_of(below) == wall.column_of(tile) and below != tile:
        assert wall.moved(below, -1) == tile
    assert wall.moved(0, -3) == 0
    assert wall.lines_of(wall.moved(tile, 1000))[1] == wall.lines


@given(SIZES, st.integers(1, 5), st.integers(0, 60), st.integers(1, 30))
def test_what_is_seen_is_what_the_lines_hold(
    sizes: list[int], across: int, top: int, lines: int
) -> None:
    wall = TileLayout(sizes, across, 4)
    wanted = set()
    for line in range(top, min(wall.lines, top + lines)):
        spot = wall.at(line)
        if spot is not None and (row := spot[0]).tiles:
            wanted |= set(range(row.first, row.first + row.tiles))
    assert set(wall.seen(top, lines)) == wanted


# ---------------------------------------------------------------------------------- what is shown


def result(number: int, at: float = NOW, prompt: str = "a fox", **changes: object) -> Result:
    plain = Result(number, 1, at, TaskType.TEXT_TO_IMAGE, "SeeDream 4.5", prompt)
    return replace(plain, **changes)  # type: ignore[arg-type]


def shown(collected: GalleryArrangement, **how: object) -> list[int]:
    groups = collected.arranged(GallerySelection(**how))  # type: ignore[arg-type]
    return [key[0] for group in groups for key in group.keys]


def test_all_media_of_a_done_job_are_results_and_no_other_ones() -> None:
    medias = tuple(Media(f"https://ima.example/{at}.png", path=f"/x/{at}.png") for at in range(3))
    assert [key_of(one) for one in results_of(done(7, medias=medias))] == [(7, 1), (7, 2), (7, 3)]
    assert results_of(job(8, State.RUNNING, medias=medias)) == ()
    assert all(one.fetching for one in results_of(job(9, State.FETCHING, medias=medias)))


def test_newest_first_by_the_days_of_this_place() -> None:
    collected = GalleryArrangement()
    day = 24 * 3600
    collected.add([result(1, NOW - 2 * day), result(2, NOW), result(3, NOW - 60)])
    groups = collected.arranged(GallerySelection())
    assert [group.name for group in groups] == [
        time.strftime("%Y-%m-%d", time.localtime(at)) for at in (NOW, NOW - 2 * day)
    ]
    assert [group.keys for group in groups] == [((2, 1), (3, 1)), ((1, 1),)]
    assert shown(collected, sort="oldest") == [1, 3, 2]


def test_filter_and_kind_find_prompt_model_and_kind_in_both_languages() -> None:
    collected = GalleryArrangement()
    collected.add(
        [
            result(1, prompt="旺财在雪地里"),
            result(2, prompt="A Red FOX", model="Nano Banana"),
            result(3, task_type=TaskType.TEXT_TO_VIDEO, model="Wan 2.6"),
        ]
    )
    assert shown(collected, filter="雪地") == [1]
    assert shown(collected, filter="fox banana") == [2]
    assert shown(collected, filter="vid") == [3]
    assert shown(collected, filter="#2") == [2]
    assert shown(collected, kind=Medium.VIDEO) == [3]
    assert shown(collected, filter="nothing of it") == []
    assert [group.name for group in collected.arranged(GallerySelection(sort="model"))] == [
        "Nano Banana",
        "SeeDream 4.5",
        "Wan 2.6",
    ]
    assert len(collected.arranged(GallerySelection(sort="kind"))) == 2


def test_news_bring_change_and_take_results() -> None:
    collected = GalleryArrangement()
    first = done(1, "/x/1.png")
    assert collected.hear([first, job(2, State.RUNNING)])
    assert not collected.hear([first])
    away = replace(first, medias=(replace(first.medias[0], path=""),))
    assert collected.hear([away])
    assert collected[1, 1].path == ""
    assert collected.hear([replace(first, state=State.FORGOTTEN)])
    assert len(collected) == 0


def test_twenty_thousand_are_arranged_in_the_blink_of_an_eye() -> None:
    collected = GalleryArrangement()
    models = (SEEDREAM, WAN)
    collected.add(
        result(
            number,
            NOW - number * 300,
            f"wish number {number} with a fox in it",
            model=models[number % 2].name,
        )
        for number in range(20_000)
    )
    for how in (
        GallerySelection(),
        GallerySelection(filter="fox 77"),
        GallerySelection(sort="model"),
    ):
        started = time.process_time()
        collected.arranged(how)
        assert time.process_time() - started < 0.5
