"""Detail pane of the result under the cursor: preview and facts."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.core.domain import Job
from ima_tui.i18n import say
from ima_tui.tui.gallery import result_text
from ima_tui.tui.images.preview import Preview
from ima_tui.tui.widgets import fitted
from ima_tui.tui.widgets.app_context import context


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
        self.query_one("#placard-facts", Static).update(fitted.facts(told))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    async def _facts(self, job: Job, index: int) -> Content:
        studio = context(self).studio
        return result_text.facts(
            job,
            index,
            model=studio.catalogue.model_of(job.order),
            bytes_here=await asyncio.to_thread(result_text.file_size, job.medias[index]),
            expires=studio.gallery.expires(job),
            now=studio.clock.time(),
        )

    def scroll_facts(self, by: int) -> None:
        """By so many lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
