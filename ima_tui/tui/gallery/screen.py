"""The Gallery screen: all results, newest first, with previews."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from ima_tui.core import atomic_file
from ima_tui.core.domain import Job
from ima_tui.i18n import say
from ima_tui.tui.gallery.actions import ResultActions
from ima_tui.tui.gallery.arrangement import GalleryArrangement, GallerySelection
from ima_tui.tui.gallery.compare import CompareScreen
from ima_tui.tui.gallery.detail import ResultDetail
from ima_tui.tui.gallery.tile_grid import TileGrid
from ima_tui.tui.images.thumbnails import Key
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.base_screen import BaseScreen
from ima_tui.tui.shell.frame import HintLine
from ima_tui.tui.shell.viewer import ViewerItem, ViewerScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.inputs import PathSuggester
from ima_tui.tui.widgets.lines import ListStatus, Pane, Part
from ima_tui.tui.widgets.prompt import LineInput
from ima_tui.tui.widgets.update_batcher import Updates

MANY = 2_000
"""From so many results on they are sorted in a thread."""
WIDE = 120
"""Columns from which on pictures hang on the wall by themselves."""


class GalleryScreen(BaseScreen):
    """The wall, and the result under the cursor."""

    SCREEN_ID = "gallery"
    HOME = "#wall"
    CSS_PATH = theme.path("gallery")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "view", "bind.view_large", "gallery.view", show=True),
        bind("play", "play", "bind.play", "gallery.play", show=True),
        bind("use", "do('use')", "bind.use_as_input", "gallery.use", show=True),
        bind("duplicate", "do('variant')", "bind.variant", "gallery.variant", show=True),
        bind("star", "do('star')", "bind.star", "gallery.star"),
        bind("tags", "do('tags')", "bind.tags", "gallery.tags"),
        bind("project", "do('project')", "bind.project", "gallery.project"),
        bind("retry", "do('again')", "bind.again", "gallery.again"),
        bind("retry_other", "do('instead')", "bind.instead", "gallery.instead"),
        bind("similar", "do('similar')", "bind.similar", "gallery.similar"),
        bind("compare", "compare", "bind.compare", "gallery.compare", show=True),
        bind("compare", "how_to_compare", "bind.compare", "gallery.compare_how"),
        bind("undo", "undo", "bind.undo", "gallery.undo", show=True),
        bind("filter", "filter", "bind.filter", "gallery.filter", show=True),
        bind("open_file", "do('open')", "bind.open", "gallery.open", show=True),
        bind("write", "save", "bind.save_copy", "gallery.save"),
        bind("new", "do('subject')", "bind.gallery_subject", "gallery.subject"),
        bind("copy", "do('copy_link')", "bind.copy", "gallery.copy_link"),
        bind("copy_more", "do('copy_path')", "bind.copy_path", "gallery.copy_path"),
        bind("layout", "turn", "bind.view_as", "gallery.turn"),
        bind("type", "turn_kind(1)", "bind.kind", "gallery.kind"),
        bind("view_after", "turn_kind(1)", "bind.next_kind", "gallery.next_kind"),
        bind("view_before", "turn_kind(-1)", "bind.previous_kind", "gallery.previous_kind"),
        bind("sort", "sort", "bind.sort", "gallery.sort"),
        bind("job", "do('show_job')", "bind.show_job", "gallery.job"),
        bind("fetch", "do('fetch')", "bind.fetch", "gallery.fetch"),
        bind("", "draw", "bind.draw_pictures", "gallery.draw"),
        bind("delete", "do('discard')", "bind.discard", "gallery.discard"),
        bind("delete", "do('forget')", "bind.forget", "gallery.forget"),
        bind("scroll_down", "scroll_facts(3)", "bind.detail_down", "gallery.detail_down"),
        bind("scroll_up", "scroll_facts(-3)", "bind.detail_up", "gallery.detail_up"),
        bind("back", "leave_field", "bind.leave", "place.leave", show=True),
        bind("back", "clear", "bind.clear", "gallery.clear"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.collected = GalleryArrangement()
        self.how = GallerySelection()
        self.verbs = ResultActions(self)
        self.tiles: bool | None = None
        """Images on the wall; None: where there is room for them."""
        self.draws = True
        self._loaded = False
        self._job: Job | None = None
        self._marked: tuple[ViewerItem, ...] = ()
        self._turn = 0

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="body"):
            with Pane(say("pane.gallery"), widget_id="wall-pane"):
                with Horizontal(id="head"):
                    yield LineInput(widget_id="filter", placeholder=say("gallery.filter"))
                    yield ListStatus()
                yield TileGrid(self.collected.get)
            with Pane(say("pane.detail"), widget_id="facts-pane"):
                yield ResultDetail()
        with Horizontal(id="save-row"):
            yield Static(Content(say("gallery.save_label")), id="save-label")
            yield LineInput(
                widget_id="save", placeholder=say("gallery.save_to"), suggester=PathSuggester()
            )

    @property
    def wall(self) -> TileGrid:
        """The grid of results."""
        return self.query_one(TileGrid)

    # ------------------------------------------------------------------------------- the facts

    def on_mount(self) -> None:
        """Read all results in the background."""
        self.draws = self.studio.settings.preview
        self.wall.focus()
        self._hang()
        self._say_standing()
        self.run_worker(self._load(), name="read results", group="results", exit_on_error=False)

    async def on_unmount(self) -> None:
        """Carry out pending deletes."""
        await self.verbs.jobs.forgetting.end_all()

    async def _load(self) -> None:
        """Everything there is: what is newest first, the rest behind it."""
        async for found in self.studio.gallery.results():
            await asyncio.to_thread(self.collected.add, found)
            if not self.wall.keys:
                await self._show()
        self._loaded = True
        await self._show()

    async def reload(self) -> None:
        """Show everything again from current data."""
        await self._show()
        await self._show_placard()

    def _hear(self, news: Updates) -> None:
        self.collected.hear(news.jobs.values())  # also while it is hidden: then nothing is drawn
        super()._hear(news)

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        if any(job.medias for job in news.jobs.values()):
            await self._show()
            if self._job is not None and self._job.id in news.jobs:
                await self._show_placard()

    async def _show(self) -> None:
        self.how = replace(self.how, hidden=self.verbs.jobs.forgetting.ids)
        self._turn += 1
        turn, how = self._turn, self.how
        if len(self.collected) > MANY:
            groups = await asyncio.to_thread(self.collected.arranged, how)
            if turn != self._turn:
                return  # the user went on meanwhile
        else:
            groups = self.collected.arranged(how)
        self.wall.empty = self._why_empty()
        self.wall.show(groups)
        self.set_class(not groups, "-empty")
        self._say_standing()

    def _why_empty(self) -> str:
        if not self._loaded:
            return say("gallery.reading")
        return say("gallery.none_match" if len(self.collected) else "gallery.empty")

    def _say_standing(self) -> None:
        shown, how = len(self.wall.keys), self.how
        count = "gallery.count_one" if shown == 1 else "gallery.count"
        words: list[Part] = [(say(count, n=shown), "strong")]
        if how.kind is not None:
            words.append((f" · {say(f'gallery.kind_{how.kind}')}", "info"))
        if self.size.width >= 70:
            words.append((f" · {say(f'gallery.sort_{how.sort}')}", "muted"))
        if (hidden := len(self.collected) - shown) and (how.filter or how.kind):
            words.append((f" · {say('queue.sum_hidden', n=hidden)}", "warn"))
        if forgotten := len(how.hidden):
            words.insert(0, (say("queue.sum_forgotten", n=forgotten) + " · ", "info"))
        if self.wall.marked:
            words.insert(0, (say("gallery.marked", n=len(self.wall.marked)) + " · ", "accent"))
        self.query_one(ListStatus).say(words)

    # ---------------------------------------------------------------------- what is beside it

    @on(TileGrid.Highlighted)
    async def _highlighted(self) -> None:
        await self._show_placard()

    @on(TileGrid.Marked)
    async def _marks_changed(self) -> None:
        found = [await self._exhibit(key) for key in self.wall.marked]
        self._marked = tuple(one for one in found if one is not None)
        self._say_standing()
        self.refresh_bindings()

    async def _show_placard(self) -> None:
        key = self.wall.cursor
        exhibit = await self._exhibit(key) if key is not None else None
        if key != self.wall.cursor:
            return  # the cursor went on meanwhile
        self._job = exhibit.job if exhibit is not None else None
        index = exhibit.index if exhibit is not None else 0
        await self.query_one(ResultDetail).show(self._job, index, eager=self.draws)
        self.refresh_bindings()

    async def _exhibit(self, key: Key) -> ViewerItem | None:
        job = await self.studio.jobs.get(key[0])
        if job is None or not 1 <= key[1] <= len(job.medias):
            return None
        return ViewerItem(job, key[1] - 1)

    @property
    def current(self) -> ViewerItem | None:
        """The result under the cursor."""
        key = self.wall.cursor
        if self._job is None or key is None or key[0] != self._job.id:
            return None
        return ViewerItem(self._job, key[1] - 1) if key[1] <= len(self._job.medias) else None

    def _chosen(self) -> Sequence[ViewerItem]:
        """The marked ones, or the one under the cursor."""
        if self.wall.marked:
            return self._marked
        return (self.current,) if self.current is not None else ()

    # --------------------------------------------------------------------------- the actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if not self.is_mounted:
            return True
        match action:
            case "do":
                # where only the marks are in the way, that is said
                every = [*self._chosen(), *((self.current,) if self.current else ())]
                return self.verbs.can(str(parameters[0]), every)
            case "view":
                return self.current is not None
            case "save":
                return any(one.media.path for one in self._chosen())
            case "play":
                return self.query_one(ResultDetail).preview.is_film
            case "compare" | "how_to_compare":
                return (len(self._pair()) == 2) is (action == "compare")
            case "undo":
                return bool(self.verbs.jobs.forgetting.ids)
            case "clear":
                return bool(self.how.filter or self.how.kind or self.wall.marked)
            case "sort" | "turn_kind" | "draw":
                return len(self.collected) > 0
        return super().check_action(action, parameters)

    async def action_do(self, verb: str) -> None:
        """Run an action by its name."""
        chosen = self._chosen()
        if self.verbs.can(verb, chosen):
            await self.verbs.do(verb, chosen)
        else:
            self.notify(say("gallery.not_for_marked", n=len(chosen)), severity="warning")

    async def action_undo(self) -> None:
        """Undo the last change."""
        await self.verbs.jobs.undo()

    @on(TileGrid.Selected)
    def action_view(self) -> None:
        """Open the result at full size."""
        key = self.wall.cursor
        if key is None:
            return
        keys = tuple(self.wall.keys)

        def closed(number: int | None) -> None:
            if number is not None and number < len(keys):
                self.wall.move_to(keys[number])

        cover = self.studio.gallery.cover
        viewer = ViewerScreen(Shown(self, keys), keys.index(key), cover=cover)
        self.app.push_screen(viewer, closed)

    def action_play(self) -> None:
        """Play the video of the result."""
        self.query_one(ResultDetail).preview.play()

    def _pair(self) -> tuple[ViewerItem, ...]:
        """The two that are marked; one that is marked, with the one under the cursor."""
        if len(self._marked) == 1 and self.current not in (None, *self._marked):
            return (*self._marked, self.current) if self.current else ()
        return self._marked

    def action_how_to_compare(self) -> None:
        """Tell how to choose two results."""
        self.notify(say("gallery.compare_how"))

    def action_compare(self) -> None:
        """Open the two marked results side by side."""
        pair = self._pair()
        if len(pair) == 2:
            cover = self.studio.gallery.cover
            self.app.push_screen(CompareScreen(pair[0], pair[1], cover=cover))

    # ------------------------------------------------------------------------ what is shown

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again for the new size."""
        self._hang()
        self._say_standing()

    def _hang(self) -> None:
        """Images where there is room for them, or where they were asked for."""
        width = self.size.width
        wanted = width >= WIDE and self.draws if self.tiles is None else self.tiles
        alone = width < 80
        self.set_class(alone and self.tiles is True, "-placard")
        self.wall.turn(wanted and not alone)

    def action_turn(self) -> None:
        """Lines or pictures; where there is room for one thing alone: lines or what is known."""
        shown = self.has_class("-placard") if self.size.width < 80 else self.wall.tiles
        self.tiles = not shown
        self._hang()

    async def action_draw(self) -> None:
        """Draw pictures from now on, or none: over a slow line they come on demand."""
        self.draws = not self.draws
        self._hang()
        await self._show_placard()

    async def action_sort(self) -> None:
        """Sort by the next criterion."""
        self.how = self.how.next_sort()
        await self._show()

    async def action_turn_kind(self, by: int) -> None:
        """Show the next or previous task type or medium."""
        self.how = self.how.next_kind(by)
        await self._show()

    def action_filter(self) -> None:
        """Move the focus to the filter."""
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    async def _filter_changed(self, event: Input.Changed) -> None:
        if event.value != self.how.filter:
            self.how = replace(self.how, filter=event.value)
            await self._show()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.wall.focus()

    async def action_clear(self) -> None:
        """One step back: nothing is marked; then everything is shown again."""
        if self.wall.marked:
            self.wall.unmark()
            return
        self.how = replace(self.how, filter="", kind=None)
        self.query_one("#filter", Input).value = ""
        await self._show()

    def action_scroll_facts(self, by: int) -> None:
        """Scroll the details."""
        self.query_one(ResultDetail).scroll_facts(by)

    # ------------------------------------------------------------------------- saving a copy

    def action_save(self) -> None:
        """Ask where to copy the files."""
        field = self.query_one("#save", Input)
        home = atomic_file.known()
        field.value = field.value or (f"{home}/" if home else "")
        self._set_saving(True)
        field.focus()
        field.cursor_position = len(field.value)

    @on(Input.Submitted, "#save")
    async def _save(self, event: Input.Submitted) -> None:
        chosen = [one for one in self._chosen() if one.media.path]
        self._put_save_away()
        if event.value.strip() and chosen:
            await self.verbs.save(chosen, event.value)

    @on(events.DescendantBlur)
    def _left_field(self) -> None:
        if not self.query_one("#save").has_focus:
            self._set_saving(False)

    def _put_save_away(self) -> None:
        self._set_saving(False)
        self.wall.focus()

    def _set_saving(self, saving: bool) -> None:
        """Show the field in the place of the hint, or the hint again."""
        self.set_class(saving, "-saving")
        hint = self.query_one(HintLine)
        hint.makes_way = saving
        hint.show()


class Shown:
    """What the gallery shows, for the viewer to turn through."""

    def __init__(self, gallery: GalleryScreen, keys: Sequence[Key]) -> None:
        self._gallery = gallery
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    async def get(self, number: int) -> ViewerItem | None:
        """Return the result with that number, from 0; None once it is gone."""
        return await self._gallery._exhibit(self._keys[number])
