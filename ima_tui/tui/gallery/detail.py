"""Results in detail: the one under the cursor, with preview and facts, or two side by side.

The functions below the widgets are the text about a result.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.compose import parameter_names
from ima_tui.core.domain import (
    Job,
    Media,
    ModelVersion,
    State,
)
from ima_tui.core.labels import UNMARKED
from ima_tui.core.text import clean, one_line, size
from ima_tui.i18n import say
from ima_tui.tui.gallery.arrangement import day_words
from ima_tui.tui.images.preview import Cover, Preview
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.viewer import ZOOM, ViewerItem
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets import lines
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import steady
from ima_tui.tui.widgets.lines import ToldLine


class CompareSide(Vertical):
    """One of the two."""

    def __init__(self, item: ViewerItem, cover: Cover | None) -> None:
        super().__init__()
        self.item = item
        self.preview = Preview(cover=cover)

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        job, order = self.item.job, self.item.job.order
        values = " ".join(parameter_names.settings(order.parameters))
        number = f"#{job.id}"
        if len(job.medias) > 1:
            number += f" {self.item.index + 1}/{len(job.medias)}"
        for text, role in (
            (f"{number}  {order.model_name}", "strong"),
            (f"{say('queue.points', points=order.points)}  {values}", "muted"),
            (one_line(order.prompt, 300), "text"),
        ):
            yield ToldLine([(f" {text}", role)], [(" ", "text")])
        yield self.preview

    def on_mount(self) -> None:
        """Set up once the widgets exist."""
        self.preview.see(self.item.media, self.item.job.order.task_type.medium)


class CompareScreen(ModalScreen[None]):
    """Over the gallery."""

    CSS_PATH = theme.path("compare")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("play", "play", "bind.play", "compare.play", show=True),
        *ZOOM,
        Binding("tab", "swap", "bind.swap", id="compare.swap"),
        bind("close", "close", "bind.close", "compare.close", show=True),
    ]

    def __init__(self, left: ViewerItem, right: ViewerItem, *, cover: Cover | None = None) -> None:
        super().__init__()
        self._sides = (CompareSide(left, cover), CompareSide(right, cover))

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Horizontal(id="sides"):
            yield from self._sides
        yield BottomLine()

    @property
    def previews(self) -> tuple[Preview, Preview]:
        """The two previews."""
        return self._sides[0].preview, self._sides[1].preview

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        match action:
            case "play":
                return any(preview.is_film for preview in self.previews)
            case "pan":
                return not self.previews[0].lens.whole
            case "zoom":
                lens, factor = self.previews[0].lens, cast(float, parameters[0])
                is_picture = any(preview.is_picture for preview in self.previews)
                return is_picture and lens.can_zoom(factor)
        return True

    def action_play(self) -> None:
        """Play the video, or stop it."""
        for preview in self.previews:
            preview.play()

    def action_zoom(self, factor: float) -> None:
        """Zoom in or out."""
        lens = self.previews[0].lens.closer(factor)
        for preview in self.previews:
            preview.lens = lens
        self.refresh_bindings()

    def action_pan(self, right: int, down: int) -> None:
        """Move the visible part."""
        lens = self.previews[0].lens.moved(right, down)
        for preview in self.previews:
            preview.lens = lens

    def action_swap(self) -> None:
        """The left one to the right: a difference is seen best where it jumps."""
        left, right = self._sides
        self._sides = (right, left)
        self.query_one("#sides").move_child(left, after=right)

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss()


class ResultDetail(Widget):
    """Beside the wall, as the style sheet says."""

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        studio = context(self).studio
        yield Preview(
            widget_id="placard-picture", ground="background", delay=0.15, cover=studio.gallery.cover
        )
        with VerticalScroll(id="placard-scroll", can_focus=False):
            yield Static(id="placard-facts")

    @property
    def preview(self) -> Preview:
        """The preview of the result."""
        return self.query_one(Preview)

    async def show(self, job: Job | None, index: int, *, eager: bool) -> None:
        """Tell about result `index` (from 0) of `job`; `eager`: draw it, too."""
        media = job.medias[index] if job is not None else None
        self.set_class(eager and media is not None, "-picture")
        if not eager or job is None:
            self.preview.see(None)
        else:
            self.preview.see(media, job.order.task_type.medium)
        told = Content("")
        if job is not None and media is not None:
            told = await self._facts(job, index)
            if not eager:
                told += Content.styled("\n\n" + say("viewer.on_demand"), "$muted")
        self.query_one("#placard-facts", Static).update(lines.facts(told))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    async def _facts(self, job: Job, index: int) -> Content:
        studio = context(self).studio
        return facts(
            job,
            index,
            model=studio.catalogue.model_of(job.order),
            bytes_here=await asyncio.to_thread(file_size, job.medias[index]),
            expires=job.links_expire_at,
            now=studio.clock.time(),
        )


PROMPT_LIMIT = 2_000
DAY = 24 * 3600.0


def file_size(media: Media) -> int:
    """Bytes of the file here; -1: there is none. Looks at the disk: call it in a thread."""
    try:
        return Path(media.path).stat().st_size if media.path else -1
    except OSError:
        return -1


def facts(
    job: Job, index: int, *, model: ModelVersion | None, bytes_here: int, expires: float, now: float
) -> Content:
    """Everything about one result; `index` counts from 0."""
    media, order = job.medias[index], job.order
    rows = words.settings(order, model)
    rows.append((say("gallery.cost"), say("queue.points", points=order.points)))
    if told := _told(media, bytes_here):
        rows.append((say("gallery.made"), told))
    rows += _labels(job, index + 1)
    lines = [
        Content.styled(_title(job, index), "bold"),
        Content.styled(f"{words.kind_words(order.task_type)} · {_made(job)}", "$muted"),
        Content(""),
        Content(steady(clean(order.prompt, PROMPT_LIMIT))),
        Content(""),
        *words.rows(rows),
        Content(""),
        _where(job, media, bytes_here),
        _link(expires, now, here=bytes_here >= 0),
    ]
    if trouble := words.trouble(job):
        lines.append(Content.styled(trouble, "$warn"))
    return Content("\n").join(lines)


def _labels(job: Job, index: int) -> list[tuple[str, str]]:
    """Return project, agent, star and tags of the result (from 1), where there are any."""
    mark, order = job.marks.get(index, UNMARKED), job.order
    found = [
        ("label.project_field", order.project),
        ("label.client_field", order.client),
        ("label.star_field", say("compose.on") if mark.star else ""),
        ("label.tags_field", " ".join(f"#{tag}" for tag in mark.tags)),
    ]
    return [(say(key), one_line(value, 300)) for key, value in found if value]


def _title(job: Job, index: int) -> str:
    title = f"#{job.id}  {job.order.model_name}"
    if len(job.medias) > 1:
        title += f" · {say('viewer.of', index=index + 1, count=len(job.medias))}"
    return title


def _made(job: Job) -> str:
    at = job.ended_at or job.updated_at
    return f"{day_words(at)} {words.clock_words(at)}"


def _told(media: Media, bytes_here: int) -> str:
    told = [media.format]
    if media.width and media.height:
        told.append(f"{media.width}x{media.height}")
    told += [words.length_words(media.duration), size(bytes_here) if bytes_here >= 0 else ""]
    return "  ".join(filter(None, told))


def _where(job: Job, media: Media, bytes_here: int) -> Content:
    if bytes_here >= 0:
        return Content.styled(media.path, "$info")
    if job.state is State.FETCHING:
        return Content.styled(say("gallery.fetching"), "$muted")
    return Content.styled(say("gallery.file_gone" if media.path else "gallery.no_file"), "$warn")


def _link(expires: float, now: float, *, here: bool) -> Content:
    """Links to results live for a week; after that only the file is left."""
    if now >= expires:
        key = "gallery.link_over" if here else "gallery.link_lost"
        return Content.styled(say(key, day=day_words(expires)), "$muted" if here else "$bad")
    left = expires - now
    role = "$warn" if left < DAY and not here else "$muted"
    at = f"{day_words(expires)} {time.strftime('%H:%M', time.localtime(expires))}"
    return Content.styled(say("gallery.link_until", at=at), role)
