"""The Gallery screen: all results, newest first, with previews."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input

from ima_tui.i18n import say
from ima_tui.tui.gallery.actions import GalleryChoice, ResultActions, SaveRow
from ima_tui.tui.gallery.arrangement import GalleryArrangement, GallerySelection
from ima_tui.tui.gallery.detail import CompareScreen, ResultDetail
from ima_tui.tui.gallery.tile_grid import TileGrid
from ima_tui.tui.images.thumbnails import Key
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.list_screen import ListScreen, ListStatus
from ima_tui.tui.shell.viewer import ViewerItem, ViewerScreen
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.app_context import Updates
from ima_tui.tui.widgets.lines import Pane, Part
from ima_tui.tui.widgets.text_fields import FilterInput

MANY = 2_000
"""From so many results on they are sorted in a thread."""
WIDE = 120
"""Columns from which on pictures hang on the wall by themselves."""


class GalleryScreen(ListScreen):
    """The wall, and the result under the cursor."""

    SCREEN_ID = "gallery"
    HOME = "#wall"
    DETAIL = "ResultDetail VerticalScroll"
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
        bind("compare", "compare(True)", "bind.compare", "gallery.compare", show=True),
        bind("compare", "compare(False)", "bind.compare", "gallery.compare_how"),
        bind("undo", "undo", "bind.undo", "gallery.undo", show=True),
        bind("filter", "filter", "bind.filter", "gallery.filter", show=True),
        bind("open_file", "do('open')", "bind.open", "gallery.open", show=True),
        bind("write", "save", "bind.save_copy", "gallery.save"),
        bind("new", "do('subject')", "bind.gallery_subject", "gallery.subject"),
        bind("copy", "do('copy_link')", "bind.copy", "gallery.copy_link"),
        bind("copy_more", "do('copy_path')", "bind.copy_path", "gallery.copy_path"),
        bind("layout", "draw('tiles')", "bind.view_as", "gallery.turn"),
        bind("type", "arrange('next')", "bind.kind", "gallery.kind"),
        bind("view_after", "arrange('next')", "bind.next_kind", "gallery.next_kind"),
        bind("view_before", "arrange('previous')", "bind.previous_kind", "gallery.previous_kind"),
        bind("sort", "arrange('sort')", "bind.sort", "gallery.sort"),
        bind("job", "do('show_job')", "bind.show_job", "gallery.job"),
        bind("fetch", "do('fetch')", "bind.fetch", "gallery.fetch"),
        bind("", "draw('images')", "bind.draw_pictures", "gallery.draw"),
        bind("delete", "do('discard')", "bind.discard", "gallery.discard"),
        bind("delete", "do('forget')", "bind.forget", "gallery.forget"),
        bind("scroll_down", "scroll_facts(3)", "bind.detail_down", "gallery.detail_down"),
        bind("scroll_up", "scroll_facts(-3)", "bind.detail_up", "gallery.detail_up"),
        bind("back", "leave_field", "bind.leave", "place.leave", show=True),
        bind("back", "clear", "bind.clear", "gallery.clear"),
    ]

    wall = getters.query_one(TileGrid)

    def __init__(self) -> None:
        super().__init__()
        self.collected = GalleryArrangement()
        self.how = GallerySelection()
        self.verbs = ResultActions(self)
        self.tiles: bool | None = None
        """Images on the wall; None: where there is room for them."""
        self.draws = True
        self._loaded = False
        self._turn = 0
        self.choice = GalleryChoice(self.studio.jobs, lambda: self.wall)

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        with Container(id="body"):
            with Pane(say("pane.gallery"), widget_id="wall-pane"):
                with Horizontal(id="head"):
                    yield FilterInput(widget_id="filter", placeholder=say("gallery.filter"))
                    yield ListStatus()
                yield TileGrid(self.collected.get)
            with Pane(say("pane.detail"), widget_id="facts-pane"):
                yield ResultDetail()
        yield SaveRow()

    # ------------------------------------------------------------------------------- the facts

    def on_mount(self) -> None:
        """Read all results in the background."""
        self.draws = self.studio.settings.preview
        self.wall.focus()
        self._hang()
        self._show_status()
        # also while it is hidden: then nothing is drawn
        self.ima.news.subscribe(
            self, lambda news: self.collected.hear(news.jobs.values()), immediate=True
        )
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

    async def heard(self, news: Updates) -> None:
        """Redraw what the news concern."""
        if any(job.medias for job in news.jobs.values()):
            await self._show()
            if self.choice.job is not None and self.choice.job.id in news.jobs:
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
        if self._loaded:
            self.wall.empty = say("gallery.none_match" if len(self.collected) else "gallery.empty")
        else:
            self.wall.empty = say("gallery.reading")
        self.wall.show(groups)
        self.set_class(not groups, "-empty")
        self._show_status()

    def _show_status(self) -> None:
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

    @on(TileGrid.Marked)
    async def _marks_changed(self) -> None:
        await self.choice.read_marks()
        self._show_status()
        self.refresh_bindings()

    @on(TileGrid.Highlighted)
    async def _show_placard(self) -> None:
        key = self.wall.cursor
        item = await self.choice.item(key) if key is not None else None
        if key != self.wall.cursor:
            return  # the cursor went on meanwhile
        self.choice.job = item.job if item is not None else None
        index = item.index if item is not None else 0
        await self.query_one(ResultDetail).show(self.choice.job, index, eager=self.draws)
        self.refresh_bindings()

    # --------------------------------------------------------------------------- the actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if not self.is_mounted:
            return True
        match action:
            case "do":
                # where only the marks are in the way, that is said
                return self.verbs.can(str(parameters[0]), self.choice.every)
            case "view":
                return self.choice.current is not None
            case "save":
                return any(one.media.path for one in self.choice.chosen)
            case "play":
                return self.query_one(ResultDetail).preview.is_film
            case "compare":
                return (len(self.choice.pair) == 2) is parameters[0]
            case "undo":
                return bool(self.verbs.jobs.forgetting.ids)
            case "clear":
                return bool(self.how.filter or self.how.kind or self.wall.marked)
            case "arrange":
                return len(self.collected) > 0
            case "draw":
                return parameters[0] == "tiles" or len(self.collected) > 0
        return super().check_action(action, parameters)

    async def action_do(self, verb: str) -> None:
        """Run an action by its name."""
        chosen = self.choice.chosen
        if self.verbs.can(verb, chosen):
            await self.verbs.do(verb, chosen)
        else:
            self.notify(say("gallery.not_for_marked", n=len(chosen)), severity="warning")

    async def action_undo(self) -> None:
        """Undo the last change."""
        await self.verbs.jobs.forgetting.undo()

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
        viewer = ViewerScreen(Shown(self.choice, keys), keys.index(key), cover=cover)
        self.app.push_screen(viewer, closed)

    def action_play(self) -> None:
        """Play the video of the result."""
        self.query_one(ResultDetail).preview.play()

    def action_compare(self, is_pair: bool) -> None:
        """Open the two marked results side by side, or tell how to choose two."""
        pair = self.choice.pair
        if not is_pair or len(pair) != 2:
            self.notify(say("gallery.compare_how"))
            return
        cover = self.studio.gallery.cover
        self.app.push_screen(CompareScreen(pair[0], pair[1], cover=cover))

    # ------------------------------------------------------------------------ what is shown

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again for the new size."""
        self._hang()
        self._show_status()

    def _hang(self) -> None:
        """Images where there is room for them, or where they were asked for."""
        width = self.size.width
        wanted = width >= WIDE and self.draws if self.tiles is None else self.tiles
        alone = width < 80
        self.set_class(alone and self.tiles is True, "-placard")
        self.wall.turn(wanted and not alone)

    async def action_draw(self, what: str) -> None:
        """Draw the results as `tiles` or as lines, and `images` from now on, or none.

        Where there is room for one thing alone, lines or what is known of the result; over a slow
        line images come on demand.
        """
        if what == "tiles":
            shown = self.has_class("-placard") if self.size.width < 80 else self.wall.tiles
            self.tiles = not shown
            self._hang()
        else:
            self.draws = not self.draws
            self._hang()
            await self._show_placard()

    async def action_arrange(self, what: str) -> None:
        """Sort by the next criterion, or show the `next` or `previous` task type or medium."""
        if what == "sort":
            self.how = self.how.next_sort()
        else:
            self.how = self.how.next_kind(1 if what == "next" else -1)
        await self._show()

    @on(Input.Changed, "#filter")
    async def _filter_changed(self, event: Input.Changed) -> None:
        if event.value != self.how.filter:
            self.how = replace(self.how, filter=event.value)
            await self._show()

    async def action_clear(self) -> None:
        """One step back: nothing is marked; then everything is shown again."""
        if self.wall.marked:
            self.wall.unmark()
            return
        self.how = replace(self.how, filter="", kind=None)
        self.query_one("#filter", Input).value = ""
        await self._show()

    def action_save(self) -> None:
        """Ask where to copy the files."""
        self.query_one(SaveRow).open()

    @on(Input.Submitted, "#save")
    async def _save(self, event: Input.Submitted) -> None:
        chosen, written = [one for one in self.choice.chosen if one.media.path], event.value.strip()
        self.wall.focus()
        if written and chosen:
            await self.verbs.save(chosen, written)


class Shown:
    """What the gallery shows, for the viewer to turn through."""

    def __init__(self, choice: GalleryChoice, keys: Sequence[Key]) -> None:
        self._choice = choice
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    async def get(self, number: int) -> ViewerItem | None:
        """Return the result with that number, from 0; None once it is gone."""
        return await self._choice.item(self._keys[number])
