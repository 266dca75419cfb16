"""Price table of all combinations of settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from textual.content import Content

from ima_tui.catalogue import choice, form, price
from ima_tui.catalogue.price import Combination
from ima_tui.compose import parameter_names
from ima_tui.compose.draft import OtherModel
from ima_tui.core.domain import Medium, ModelVersion
from ima_tui.core.text import points_range
from ima_tui.i18n import say
from ima_tui.tui.theme.glyphs import Glyphs
from ima_tui.tui.widgets.cells import fit, steady, width
from ima_tui.tui.widgets.price_text import usual_time

MOST = 24
ROOM = 36
"""Cells that a table may take: those of the narrowest pane it stands in, beside a list."""
LONG = 10
"""Cells from which on the last word of a label is title enough."""


def every(model: ModelVersion, glyphs: Glyphs) -> list[Content]:
    """One line for each combination, the usual one marked."""
    combinations = price.table(model)
    if not combinations or not combinations[0].values:
        low, high = model.points
        key = "models.one_price" if low == high else "models.hidden_price"
        return [Content.styled(say(key, points=points_range(low, high)), "bold")]
    lines = _usual_marked(model, combinations[:MOST], glyphs)
    if len(combinations) > MOST:
        lines.append(Content.styled(say("models.more", n=len(combinations) - MOST), "$muted"))
    return lines


def _usual_marked(
    model: ModelVersion, rows: Sequence[Combination], glyphs: Glyphs
) -> list[Content]:
    """With as much behind the usual one as there is room for; it is bold anyway."""
    for told in (f"  {glyphs.left} {say('models.usual')}", f"  {glyphs.left}", ""):
        lines = _lines(model, [(one, one.is_default, told * one.is_default) for one in rows])
        if all(width(str(line)) <= ROOM for line in lines):
            break
    return lines


def near(model: ModelVersion, chosen: form.Chosen, glyphs: Glyphs, n: int = 1) -> list[Content]:
    """What is set, and what one setting more or less would cost, for `n` results; nothing where
    there is one price.

    Raises nothing: a draft that can't be priced has no neighbours.
    """
    now = form.shown(model, chosen)
    table = (replace(one, points=one.points * n) for one in price.table(model))
    steps = [(one, _steps(one, now)) for one in table]
    here = next((one for one, steps_ in steps if steps_ == 0), None)
    if here is None or len(steps) < 2:
        return []
    found = [one for one, steps_ in steps if steps_ <= 1]
    return _lines(model, [(one, one is here, _difference(one, here, glyphs)) for one in found])


def others(found: Sequence[OtherModel]) -> list[Content]:
    """Other models that could do it, each with the price of the draft there, and its time."""
    if not found:
        return []
    titles = [say("compose.column_others"), say("models.col_points"), say("models.col_time")]
    rows = [
        (one.model.name, str(one.quote.total), usual_time(price.estimate(one.model)))
        for one in found[:MOST]
    ]
    names = max(width(cells[0]) for cells in (titles, *rows))
    points = max(width(cells[1]) for cells in (titles, *rows))
    lines = [
        Content(f"{fit(name, names)}  {fit(price_, points, 'right')}")
        + Content.styled(f"  {time}", "$muted")
        for name, price_, time in rows
    ]
    head = f"{fit(titles[0], names)}  {fit(titles[1], points, 'right')}  {titles[2]}"
    return [Content.styled(head, "$muted"), *lines]


def overview(models: Iterable[ModelVersion], *, spaced: bool = False) -> list[Content]:
    """Every model once: its medium, prices, usual time and tiers. `spaced`: a blank line between
    media."""
    found: dict[tuple[Medium, str], ModelVersion] = {}
    for model in models:
        found.setdefault((model.task_type.medium, model.name), model)
    rows = [
        (steady(name), points_range(*model.points), usual_time(price.estimate(model)))
        for (_, name), model in found.items()
    ]
    sizes = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines: list[Content] = []
    before: Medium | None = None
    for ((medium, _), model), cells in zip(found.items(), rows, strict=True):
        lines += [Content("")] if spaced and before not in (None, medium) else []
        before = medium
        name = fit(cells[0], sizes[0])
        points, time = (fit(cells[at], sizes[at], "right") for at in (1, 2))
        tiers = " ".join(say(f"compose.tier_{tier}") for tier in choice.tiers_of(model))
        tag = Content.styled(f"{say(f'task.tag_{medium}')}  ", f"${medium}")
        rest = Content.styled(f"  {time}  {tiers}".rstrip(), "$muted")
        lines.append(tag + f"{name}  {points}" + rest)
    return lines


def _steps(one: Combination, now: form.Chosen) -> int:
    """How many settings differ."""
    return sum(not form.same(now.get(name), value) for name, value in one.values)


def _difference(one: Combination, here: Combination, glyphs: Glyphs) -> str:
    if one is here:
        return f"  {say('compose.price_now')}"
    more = one.points - here.points
    return f"  {'+' if more > 0 else glyphs.minus}{abs(more)}" if more else ""


Row = tuple[Combination, bool, str]
"""A combination, whether it stands out, and what is said behind it."""


def _lines(model: ModelVersion, rows: Sequence[Row]) -> list[Content]:
    names = [name for name, _ in rows[0][0].values]
    titles = [_title(_label(model, name)) for name in names]
    table = [[parameter_names.value(*setting) for setting in one.values] for one, _, _ in rows]
    widths = [max(width(cells[i]) for cells in (titles, *table)) for i in range(len(names))]
    points = say("models.col_points")
    most = max(width(points), *(len(str(one.points)) for one, _, _ in rows))
    lines = [Content.styled(_aligned(titles, widths) + fit(points, most, "right"), "$muted")]
    for (one, stands_out, told), cells in zip(rows, table, strict=True):
        text = _aligned(cells, widths) + fit(str(one.points), most, "right")
        line = Content.styled(text, "bold") if stands_out else Content(text)
        lines.append(line + Content.styled(told, "$muted"))
    return lines


def _aligned(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "".join(f"{fit(cell, size)}  " for cell, size in zip(cells, widths, strict=True))


def _title(label: str) -> str:
    """As every head of a column: `AUDIO` for "Generate audio"."""
    return (label.split()[-1] if width(label) > LONG else label).upper()


def _label(model: ModelVersion, name: str) -> str:
    field = form.user_field(model, name)
    return steady(parameter_names.label(field)) if field else name
