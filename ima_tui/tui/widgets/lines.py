"""Lines and panes drawn cell by cell, and the layout of text in them.

A line has a left and a right part; rules stand between panes, and a pane has a title, facts and
hints in its rule. `RowLines` are as many lines as there is room for. Chunks of text flow side by
side while they fit, then below; long text is laid out for the width it gets, with paths broken at
separators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from rich.segment import Segment
from textual import events, on
from textual.containers import Container, Vertical
from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widget import Widget

from ima_tui.core.records import dataclass
from ima_tui.core.text import pattern
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.cells import cut, width, wrap

Part = tuple[str, str]
"""Text, and the role it is drawn in."""
Parts = tuple[list[Part], list[Part]]
"""What stands on the left, and on the right."""


class Line(Widget):
    """One line of parts, drawn cell by cell; no markup, so data is only ever text."""

    DEFAULT_CSS = "Line { height: 1; }"
    GROUND = "surface"

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    def parts(self, cells: int) -> Parts:
        """What stands on the left, and on the right."""
        return [], []

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        left, right = self.parts(self.size.width)
        gap = self.size.width - measure([*left, *right])
        return self.drawn([*left, (" " * max(0, gap), "text"), *right])

    def drawn(self, parts: Iterable[Part]) -> Strip:
        """Return the cells of a whole line."""
        theme = self.app.theme
        segments = [Segment(text, style(theme, how, self.GROUND)) for text, how in parts if text]
        plain = style(theme, "text", self.GROUND)
        return Strip(segments).adjust_cell_length(self.size.width, plain)


def measure(parts: list[Part]) -> int:
    """Return the cells of all parts together."""
    return sum(width(text) for text, _ in parts)


def filled(left: Iterable[Part], right: Sequence[Part], cells: int) -> list[Part]:
    """Return a line of both: left cut to what room the right leaves, and blank between."""
    room = cells - measure(list(right))
    kept = clipped(left, room)
    return [*kept, (" " * max(0, room - measure(kept)), "text"), *right]


class ToldLine(Line):
    """A line of parts that is told what to say; the left is cut where they are too long."""

    def __init__(
        self,
        left: Sequence[Part] = (),
        right: Sequence[Part] = (),
        *,
        ground: str = Line.GROUND,
        widget_id: str | None = None,
    ) -> None:
        super().__init__(id=widget_id)
        self.GROUND = ground
        self._told: Parts = (list(left), list(right))

    def show(self, left: list[Part], right: list[Part]) -> None:
        """Show these parts at the left and right."""
        if self._told != (left, right):
            self._told = (left, right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        return self.drawn(filled(*self._told, self.size.width))


class Rule(Line):
    """A thin line between two parts of a screen."""

    GROUND = "background"

    def parts(self, cells: int) -> Parts:
        """Return the text at the left and at the right of the line, each part with its role."""
        return [(self.ima.glyphs.rule * cells, "rule")], []


Aside = list[Part]
"""What stands at the right end of a pane's upper rule."""


SEPARATOR = " · "
LEAST_TITLE = 8
"""Cells that a title keeps beside facts."""
LEAST_FACT = 20
"""Cells of the last fact of a title for which it is cut, and not left out."""


class PaneHead(Line):
    """The upper rule: left the title, right facts, of which shorter forms may be given."""

    GROUND = "background"

    def __init__(self, title: list[Part]) -> None:
        super().__init__()
        self.title = title
        self.asides: list[Aside] = []

    def fitted(self, cells: int) -> tuple[list[Part], Aside]:
        """Return title and facts for a rule of that width: the longest facts beside which the whole
        title fits; else the shortest, and of the title what fits beside them."""
        most = cells - 6
        for aside in self.asides:
            if measure(self.title) + measure(aside) + 3 <= most:
                return self.title, aside
        shortest = self.asides[-1] if self.asides else []
        room = most - measure(shortest) - 3 if shortest else most - 2
        if shortest and room < LEAST_TITLE:
            return _shortened(self.title, most - 2), []
        return _shortened(self.title, room), shortest

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        cells, glyphs = self.size.width, self.ima.glyphs
        pane = self.parent
        has_keys = isinstance(pane, Widget) and pane.has_pseudo_class("focus-within")
        role = "accent" if has_keys else "rule"
        framed = self.screen.has_class("-wide") or self.screen.has_class("-huge")
        first, last = glyphs.corners if framed else (glyphs.rule, glyphs.rule)
        title, aside = self.fitted(cells)
        room = cells - measure(title) - 6
        fill = room - (measure(aside) + 2 if aside else 0)
        parts: list[Part] = [(f"{first}{glyphs.rule}", role), (" ", "text"), *title, (" ", "text")]
        parts.append((glyphs.rule * max(0, fill), role))
        parts += [(" ", "text"), *aside, (" ", "text")] if aside else []
        parts.append((f"{glyphs.rule}{last}", role))
        return self.drawn(parts)


def _shortened(title: list[Part], cells: int) -> list[Part]:
    """The title without the last of its facts; if that is not enough, cut."""
    kept = list(title)
    while measure(kept) > cells:
        text, role = kept[-1]
        if SEPARATOR in text.strip(SEPARATOR):
            kept[-1] = (text.rpartition(SEPARATOR)[0], role)
            continue
        if len(kept) == 1 or cells - measure(kept[:-1]) >= LEAST_FACT:
            break
        kept.pop()
        if len(kept) > 1 and kept[-1][0] == SEPARATOR:
            kept.pop()
    return clipped(kept, cells)


class Pane(Vertical):
    """A part of a screen with a title; what is composed within it is its body."""

    def __init__(self, title: str, *, widget_id: str | None = None) -> None:
        self.head = PaneHead([(title, "strong")])
        self._body = Container(classes="pane-body")
        super().__init__(self.head, self._body, id=widget_id)

    def compose_add_child(self, widget: Widget) -> None:
        """Add a child to the body."""
        self._body.compose_add_child(widget)

    def say(self, title: list[Part], *asides: Aside) -> None:
        """Show another title, and other facts on the right: the longest form first."""
        now = title, [aside for aside in asides if aside]
        if now != (self.head.title, self.head.asides):
            self.head.title, self.head.asides = now
            self.head.refresh()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _follow_focus(self) -> None:
        self.head.refresh()


Chunk = list[Part]
"""What is torn apart only where a line of its own is too short for it."""


def flow(chunks: Sequence[Chunk], cells: int, indent: int, gap: int = 2) -> list[list[Part]]:
    """Lines of at most `cells`; all but the first begin `indent` cells in."""
    lines: list[list[Part]] = [[]]
    for chunk in (piece for each in chunks for piece in _torn(each, cells - indent)):
        line = lines[-1]
        if line and measure(line) + gap + measure(chunk) > cells:
            lines.append([(" " * indent, "text")])
            line = lines[-1]
        elif line:
            line.append((" " * gap, "text"))
        line += clipped(chunk, cells - measure(line))
    return lines


def clipped(chunk: Iterable[Part], cells: int) -> Chunk:
    """`chunk`, at most `cells` wide."""
    kept: Chunk = []
    for text, role in chunk:
        short = cut(text, cells)
        if short:
            kept.append((short, role))
        cells -= measure([(short, role)])
    return kept


def _torn(chunk: Chunk, cells: int) -> Iterator[Chunk]:
    """`chunk` in pieces of at most `cells`, where it is wider than that."""
    if measure(chunk) <= cells:
        yield chunk
        return
    roles = [role for text, role in chunk for _ in text]
    text = "".join(text for text, _ in chunk)
    for place, line in _laid(text, cells):
        yield [(letter, roles[place + i]) for i, letter in enumerate(line)]


def _laid(text: str, cells: int) -> Iterator[tuple[int, str]]:
    """The lines that a text is wrapped into, each with the place where it begins."""
    place = 0
    for line in wrap(text, cells):
        place = text.index(line, place)
        yield place, line
        place += len(line)


@dataclass(frozen=True, slots=True)
class FlowBlock:
    """Lines about one thing. `least`: so many of them stay for as long as anything can; those of
    the highest `yields` go first."""

    lines: list[list[Part]]
    least: int
    yields: int


def within(blocks: Sequence[FlowBlock], most: int, cells: int) -> list[list[Part]]:
    """All lines, at most `most`: where some had to go, the one before them ends in a sign."""
    kept = [len(block.lines) for block in blocks]
    by_rank = sorted(range(len(blocks)), key=lambda i: blocks[i].yields, reverse=True)
    for floor in ([block.least for block in blocks], [0] * len(blocks)):
        for i in by_rank:
            kept[i] = max(min(floor[i], kept[i]), kept[i] - max(0, sum(kept) - most))
    lines: list[list[Part]] = []
    for block, count in zip(blocks, kept, strict=True):
        lines += block.lines[:count]
        if count < len(block.lines) and lines and block.least:
            lines[-1] = _going_on(lines[-1], cells)
    return lines


def _going_on(line: list[Part], cells: int) -> list[Part]:
    """`line` with the sign that more would follow."""
    taken = measure(line)
    return [*line, (" …", "muted")] if taken + 2 <= cells else clipped(line, taken - 1)


_WORD = pattern(r"\S+")
_LEAST_COLUMN = 12
"""Cells of a column below which its text goes on at the left edge."""
_NAME = pattern(r".*/.*|[!-~]*[_-][!-~]*")
"""A path, or a name of letters with joints."""
_PIECE = pattern(r"[^/_-]+[/_-]*|[/_-]+")


class Fitted(Visual):
    """`made` is asked for the text as it is for so many cells; a `Static` shows it."""

    def __init__(self, made: Callable[[int], Content]) -> None:
        self._made = lru_cache(maxsize=2)(made)  # laid out, then drawn, at one width

    def __str__(self) -> str:
        """What it says where there is room enough."""
        return str(self._made(1_000))

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return the lines for that width."""
        return self._made(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width that is wanted."""
        return self._made(container_width).get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the lines for that width."""
        return self._made(width).get_height(rules, width)


def facts(told: Content) -> Fitted:
    """`told`, its long paths and links broken at their own joints, never inside an extension, and
    its Chinese lines nowhere but where a line of Chinese may end. What stands behind a tab goes on
    below its own first cell."""
    return Fitted(lambda cells: beside_wide(at_joints(hanging(told, cells), cells), cells))


def hanging(told: Content, cells: int) -> Content:
    """`told` with the part of a line behind a tab as a column of its own."""
    if "\t" not in told.plain:
        return told
    lines: list[Content] = []
    for line in told.split("\n"):
        name, tab, value = line.plain.partition("\t")
        room = cells - width(name)
        if not tab or room < _LEAST_COLUMN:
            lines.append(line if not tab else line[: len(name)] + line[len(name) + 1 :])
            continue
        first, *rest = line[len(name) + 1 :].divide([at for at, _ in _laid(value, room) if at])
        lines.append(line[: len(name)] + first.rstrip(" "))
        lines += [Content(" " * width(name)) + each.rstrip(" ") for each in rest]
    return Content("\n").join(lines)


def beside_wide(told: Content, cells: int) -> Content:
    """`told` with its lines of wide characters broken as `wrap` breaks them."""
    cuts: list[int] = []
    at = 0
    for line in told.plain.split("\n"):
        if not line.isascii() and width(line) > cells:
            cuts += [at + place for place, _ in _laid(line, cells) if place]
        at += len(line) + 1
    return Content("\n").join(part.rstrip(" ") for part in told.divide(cuts)) if cuts else told


def at_joints(told: Content, cells: int) -> Content:
    """`told` with what is longer than `cells` broken behind `/`, `-` and `_`; what stands behind
    it begins a line of its own where it would not fit."""
    cuts: list[int] = []
    for word in _WORD.finditer(told.plain):
        if width(word[0]) <= cells or _NAME.fullmatch(word[0]) is None:
            continue
        *found, last = _starts(word[0], cells)
        cuts += [word.start() + at for at in (*found, last) if at]
        rest = told.plain[word.end() :].partition("\n")[0]
        if rest.strip() and width(word[0][last:] + rest) > cells:
            cuts.append(word.end() + len(rest) - len(rest.lstrip()))
    return Content("\n").join(part.rstrip() for part in told.divide(cuts)) if cuts else told


def _starts(word: str, cells: int) -> Iterator[int]:
    """Where the lines begin that `word` is laid on."""
    yield 0
    taken = 0
    for piece in _PIECE.finditer(word):
        size = width(piece[0])
        if taken and taken + size > cells:
            yield piece.start()
            taken = 0
        taken += size


class RowLines(Line):
    """A subclass says what each line is."""

    DEFAULT_CSS = "RowLines { height: 1fr; }"
    GROUND = "background"

    def row(self, y: int, cells: int) -> list[Part]:
        """Return the parts of line `y`."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        return self.drawn(self.row(y, self.size.width))
