"""Timelines: of a workflow when each step runs, of a film its shots, sounds and state over time.

Of a workflow what ran stands where it ran; what did not begin stands where its inputs are usually
ready.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.core.text import duration, one_line
from ima_tui.film.timeline import Role, Track, spoken_seconds
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, Glyphs
from ima_tui.tui.widgets.cells import cut, fit, steady, width
from ima_tui.tui.widgets.lines import Part, RowLines, clipped, measure
from ima_tui.tui.widgets.price_text import usual_time
from ima_tui.tui.workflow import board_tiles
from ima_tui.tui.workflow.board_tiles import BoardFacts, BoardTile
from ima_tui.workflow import film_edits
from ima_tui.workflow.status import StepStatus, WorkflowStatus

NAME = 28
"""Cells of a step's name at most."""
TIMES = 12
"""Cells of what it took, or usually takes."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
_MOST_STEPS, TICK_CELLS = 10, 9


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds from the first step's start: begin, end, and until when it ran so far."""

    begin: float
    end: float
    ran: float


def spans(status: WorkflowStatus, now: float) -> dict[int, Span]:
    """Return the span of each step by its id."""
    sent = [each.job.sent_at for each in status.steps if each.job and each.job.sent_at]
    first = min(sent, default=now)
    found: dict[int, Span] = {}
    for each in status.steps:
        usual = each.step.estimate.high if each.step.estimate is not None else 0.0
        ready = max((found[need].end for need in each.step.needs if need in found), default=0.0)
        if each.job is None or each.job.sent_at is None:
            found[each.step.id] = Span(ready, ready + usual, ready)
            continue
        begin = each.job.sent_at - first
        ran = begin + each.job.elapsed(now)
        is_over = each.job.ended_at is not None
        found[each.step.id] = Span(begin, ran if is_over else max(ran, begin + usual), ran)
    return found


class StepTimeline(RowLines):
    """Seconds above, below them a line a step."""

    def __init__(self) -> None:
        super().__init__(id="step-times")
        self._status: WorkflowStatus | None = None
        self._now = 0.0

    def show(self, status: WorkflowStatus, now: float) -> None:
        """Show these steps; only lines that differ are sent."""
        self._status, self._now = status, now
        high = len(status.steps) + 1
        if self.styles.height is None or self.styles.height.value != high:
            self.styles.height = high
        self.refresh()

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        if self._status is None:
            return []
        return step_lines(self._status, self._now, cells, self.ima.glyphs)[y : y + 1][0]


def step_lines(
    status: WorkflowStatus, now: float, cells: int, glyphs: Glyphs
) -> Sequence[list[Part]]:
    """Return the axis and a line for each step, of `cells` cells."""
    found = spans(status, now)
    names = min(NAME, max((width(_name(each)) for each in status.steps), default=0))
    head = names + 9
    room = max(1, cells - head - TIMES - 2)
    total = max((span.end for span in found.values()), default=0.0) or 1.0
    most = min(_MOST_STEPS, max(1, room // TICK_CELLS))
    tick = next((one for one in _STEPS if total / one <= most), _STEPS[-1])
    axis: list[Part] = [(" " * head + _axis(total, tick, room, duration), "muted")]
    return [
        axis,
        *(
            [*_head(each, names), *_step_bar(each, found[each.step.id], total, room, glyphs)]
            for each in status.steps
        ),
    ]


def _name(each: StepStatus) -> str:
    return steady(each.step.title or each.step.prompt)


def _head(each: StepStatus, names: int) -> list[Part]:
    medium = each.step.task_type.medium
    tag = fit(say(f"task.tag_{medium}"), 3)
    number: Part = (f"{each.step.id:>2} ", "muted")
    name: Part = (f"{fit(_name(each), names)}  ", "text")
    return [number, (f"{tag} ", MEDIUM_ROLE[medium]), name]


def _step_bar(each: StepStatus, span: Span, total: float, room: int, glyphs: Glyphs) -> list[Part]:
    """Return the bar, full as far as it ran, and behind the scale how long it took."""
    begin, ran, end = (
        min(room, round(at / total * room)) for at in (span.begin, span.ran, span.end)
    )
    begin = min(begin, room - 1)
    end = max(end, begin + 1)
    is_over = each.job is not None and each.job.ended_at is not None
    role = "bad" if each.failed else MEDIUM_ROLE[each.step.task_type.medium]
    ran = end if is_over else ran
    if is_over or span.ran > span.begin:
        took = duration(span.ran - span.begin)
    else:
        took = usual_time(each.step.estimate) if each.step.estimate is not None else ""
    return [
        (" " * begin, "text"),
        (glyphs.full * (ran - begin), role),
        (glyphs.empty * (end - ran), "muted"),
        (" " * (room - end), "text"),
        (fit(took, TIMES, "right"), "text" if is_over else "muted"),
    ]


def _axis(total: float, tick: int, room: int, told: Callable[[int], str]) -> str:
    """Return times above the bars, one a `tick`, as many as there is room for."""
    line = ""
    for second in range(0, int(total) + 1, tick):
        at, words = round(second / total * room), told(second)
        if at >= width(line) and at + width(words) <= room:
            line += " " * (at - width(line)) + words
    return line


# ---------------------------------------------------------------------------------- of a film

LABEL = 8
"""Cells of the name before each line."""
BAR_ENDS = 2
"""Cells of a bar seen before and, at least, behind words that stand on it."""
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
MOST_TICKS = 9
ROOMY = 12
"""Lines from which on each shot says what it is, and a blank one stands between the lines."""

Lines = list[list[Part]]


def film_lines(facts: BoardFacts, tiles: Sequence[BoardTile], cells: int, most: int) -> Lines:
    """Return at most `most` lines of `cells` cells: the film and the shots go last."""
    room = max(1, cells - LABEL - 1)
    shots = [_label("board.line_shots"), *_shots(facts, tiles, room)]
    film = [_label("board.line_film"), *_film(facts, room)]
    sounds = [
        [_label(f"board.line_{tile.id}"), *_sound(facts, tile, room)]
        for tile in tiles
        if board_tiles.is_sound(tile)
    ]
    found: Lines = [shots, *sounds, film]
    if most >= ROOMY:
        found = [shots, *_told_of_shots(facts, tiles, room), []]
        for each in sounds:
            found += [each, []]
        found.append(film)
    if len(found) < most and board_tiles.film_seconds(facts):
        found.insert(0, [("", "muted"), (" " * LABEL + _ticks(facts, room), "muted")])
    if len(found) > most:
        found = [shots, film][:most]
    return found


def _label(key: str) -> Part:
    return fit(f" {say(key)}", LABEL), "muted"


def _ticks(facts: BoardFacts, room: int) -> str:
    total = board_tiles.film_seconds(facts)
    step = next((s for s in _TICKS if total / s <= MOST_TICKS), int(total) + 1)
    return _axis(total, step, room, lambda seconds: say("board.seconds", seconds=seconds))


def _shots(facts: BoardFacts, tiles: Sequence[BoardTile], room: int) -> list[Part]:
    """Return a bar a shot: full where it is made."""
    found: list[Part] = []
    for place, (tile, cells) in enumerate(_cells_of_shots(facts, tiles, room), 1):
        is_made = tile.sign[1] == "ok"
        head = f"{'|' if facts.glyphs.ascii else '▏'}{place} "
        left = max(0, cells - len(head) - width(tile.sign[0]))
        bar = (facts.glyphs.full if is_made else facts.glyphs.empty) * left
        found += [(head, "strong"), tile.sign, (bar, "video" if is_made else "muted")]
    return found


def _cells_of_shots(
    facts: BoardFacts, tiles: Sequence[BoardTile], room: int
) -> list[tuple[BoardTile, int]]:
    """Return the tile of each shot, and the cells of its bar."""
    shown = [tile for tile in tiles if tile.shot]
    lengths = [board_tiles.shot_seconds(facts, shot) or 5.0 for shot in facts.film.shots]
    ends = [round(at / sum(lengths) * room) for at in accumulate(lengths, initial=0.0)]
    bars = (max(3, end - begin) for begin, end in pairwise(ends))
    return list(zip(shown, bars, strict=True))


def _told_of_shots(facts: BoardFacts, tiles: Sequence[BoardTile], room: int) -> Lines:
    """Return two lines below the bars: what each shot is, and what it is made of."""
    captions: list[Part] = []
    states: list[Part] = []
    for tile, cells in _cells_of_shots(facts, tiles, room):
        captions.append(("   " + fit(tile.caption, cells - 3), "text"))
        kept = clipped(tile.states, cells - 3)
        blank = " " * (cells - 3 - measure(kept))
        states += [("   ", "text"), *kept, (blank, "text")]
    margin: Part = (" " * LABEL, "muted")
    return [[margin, *captions], [margin, *states]]


def _sound(facts: BoardFacts, tile: BoardTile, room: int) -> list[Part]:
    """Return a bar from where a sound begins to where it ends, and what it is.

    The words stand on the bar, or behind it where it is too short for them.
    """
    track = next(
        each
        for each in facts.film.tracks
        if (each.role is Role.MUSIC) == (tile.id == board_tiles.MUSIC)
    )
    total = board_tiles.film_seconds(facts) or 1.0
    begins, ends = sound_span(track, tile, total)
    first = min(room - 1, round(begins / total * room))
    cells = max(1, round(ends / total * room) - first)
    is_made = tile.sign[1] == "ok"
    role = MEDIUM_ROLE[Medium.MUSIC if track.role is Role.MUSIC else Medium.SPEECH]
    look = (facts.glyphs.full, role) if is_made else (facts.glyphs.empty, "muted")
    told = f"{one_line(tile.caption, 60)}  {tile.length}"
    margin: Part = (" " * first, "muted")
    return [margin, *_named_bar(cells, room - first - cells, tile.sign, told, look)]


def sound_span(track: Track, tile: BoardTile, total: float) -> tuple[float, float]:
    """Return the seconds of a film of `total` seconds between which a sound is heard.

    What is repeated ends with the film; what is not made yet is as long as its words take.
    """
    lasts = _told_seconds(tile.result.length) if tile.result is not None else 0.0
    lasts = lasts or spoken_seconds(track.text)
    ends = track.start + lasts if lasts and not track.loop else total
    return track.start, min(ends, total)


def _told_seconds(length: str) -> float:
    """Return the seconds of "5s" or "0:12", 0 for anything else."""
    seconds = 0.0
    for part in length.split(":"):
        seconds = seconds * 60 + film_edits.number(part)
    return seconds


def _named_bar(cells: int, behind: int, sign: Part, told: str, look: Part) -> list[Part]:
    """Return a bar of `cells` cells with its name; `behind`: cells that are free after it."""
    glyph, role = look
    on_bar = cells - 2 * BAR_ENDS - width(sign[0]) - 3
    after = behind - width(sign[0]) - 2
    if on_bar >= min(width(told), max(after, 1)):
        short = cut(told, on_bar)
        left = cells - BAR_ENDS - width(sign[0]) - width(short) - 3
        name: list[Part] = [(" ", "text"), sign, (f" {short} ", "text")]
        return [(glyph * BAR_ENDS, role), *name, (glyph * left, role)]
    bar: Part = (glyph * cells, role)
    if after < 0:
        return [bar]
    return [bar, (" ", "text"), sign, (" " + cut(told, after), "muted")]


def _film(facts: BoardFacts, room: int) -> list[Part]:
    told, role = board_tiles.film_words(facts)
    found: list[Part] = []
    if (progress := facts.state.progress) is not None:
        cells = max(6, min(30, room - width(told) - 2))
        found.append((facts.glyphs.bar(int(progress.share * 100), cells) + " ", "accent"))
    found.append((told, role))
    settings = f"  {board_tiles.settings_words(facts.film)}"
    if sum(width(text) for text, _ in found) + width(settings) <= room:
        found.append((settings, "muted"))
    return found


class FilmTimeline(RowLines):
    """The lines above, for a storyboard."""

    DEFAULT_CSS = "FilmTimeline { height: 5; }"

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._facts: BoardFacts | None = None
        self._tiles: tuple[BoardTile, ...] = ()

    def show(self, facts: BoardFacts, tiles: tuple[BoardTile, ...]) -> None:
        """Show these."""
        self._facts, self._tiles = facts, tiles
        self.refresh()

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        if self._facts is None:
            return []
        found = film_lines(self._facts, self._tiles, cells, self.size.height)
        return found[y] if y < len(found) else []
