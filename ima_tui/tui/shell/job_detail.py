"""Detail pane of a job: settings, state, timeline and preview."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ima_tui.core.domain import Event, Job, Media, State
from ima_tui.core.text import clean
from ima_tui.i18n import say
from ima_tui.tui.images.preview import Preview
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets import lines, price_text
from ima_tui.tui.widgets.app_context import context
from ima_tui.tui.widgets.cells import steady
from ima_tui.tui.widgets.lines import SEPARATOR, Pane, Part

if TYPE_CHECKING:
    from ima_tui.studio.studio import Studio

PROMPT_LIMIT = 400
LATEST = 3
"""Events told when the timeline was not asked for."""


class JobDetail(Widget):
    """Beside or below the queue's table, as the style sheet says."""

    def __init__(self, title: str = "pane.job") -> None:
        super().__init__()
        self.title_key = title

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        pane = Pane(say(self.title_key), widget_id="detail-pane")
        with pane, VerticalScroll(id="detail-scroll", can_focus=False):
            yield Static(id="detail-facts")
        with Pane(say("pane.preview"), widget_id="picture-pane"):
            yield Preview(
                widget_id="detail-picture", ground="background", delay=0.3, cover=self._find_cover
            )

    async def _find_cover(self, media: Media) -> str:
        return await context(self).studio.gallery.cover(media)

    def show(
        self,
        job: Job | None,
        events: Sequence[Event],
        now: float,
        place: str = "",
        *,
        timeline: bool = False,
        nothing: str = "",
    ) -> None:
        """Tell about `job`; `timeline` puts what happened to it first, `place` is its in line;
        `nothing` is said where there is no job."""
        media = next((media for media in job.medias if media.path), None) if job else None
        studio = context(self).studio
        eager = studio.settings.preview
        self.set_class(media is not None and eager, "-picture")
        facts = Content.styled(nothing, "$muted")
        if job is None or not eager:
            self.query_one(Preview).see(None)
        else:
            self.query_one(Preview).see(media, job.order.task_type.medium)
        title: list[Part] = [(say(self.title_key), "strong")]
        points: list[Part] = []
        state: list[Part] = []
        if job is not None:
            title.append((f" {words.headline(job)}", "text"))
            points = [(say("queue.points", points=job.order.total), "strong")]
            cell = words.state_cell(job, context(self).glyphs)
            state = [(cell.text, cell.role)]
        between: list[Part] = [(SEPARATOR, "muted")] if job is not None else []
        self.query_one("#detail-pane", Pane).say(title, [*state, *between, *points], state)
        if job is not None:
            told = words.labels_of(job, context(self).glyphs)
            aside_words = place or _aside(studio, job)
            folder = studio.settings.downloads
            facts = _facts(job, events, now, aside_words, told, timeline=timeline, folder=folder)
            if self.screen.has_class("-huge"):
                facts = _all_facts(job, events, now, aside_words, told, studio)
            if media is not None and not eager:
                facts += Content.styled("\n" + say("viewer.on_demand"), "$muted")
        self.query_one("#detail-facts", Static).update(lines.facts(facts))
        self.query_one(VerticalScroll).scroll_home(animate=False)


def _aside(studio: Studio, job: Job) -> str:
    """After a failure what to take instead; after a success a quiet word on the usual choice."""
    if job.state is State.FAILED:
        before = studio.catalogue.model_of(job.order)
        others = price_text.others(job.order, before, studio.catalogue.instead(job))
        return say("queue.others", alternatives=others) if others else ""
    if job.state is State.DONE and (usual := studio.catalogue.usual_instead(job.order)) is not None:
        from ima_tui.compose.confirmation import price_instead

        points = price_instead(usual.model, job.order, studio.catalogue.model_of(job.order))
        told = say("queue.usual", model=usual.model.name, points=points or 0)
        return told if points is not None else ""
    return ""


def _all_facts(
    job: Job, events: Sequence[Event], now: float, aside: str, labels: str, studio: Studio
) -> Content:
    """What `_facts` says, and where there is room for it all settings and the whole timeline."""
    told = _facts(job, (), now, aside, labels, timeline=False)
    settings = words.rows(words.settings(job.order, studio.catalogue.model_of(job.order)))
    happened = [Content.styled(words.event_words(event, now), "$muted") for event in events]
    groups = [[told], settings, happened]
    return Content("\n\n").join(Content("\n").join(group) for group in groups if group)


def _facts(
    job: Job,
    events: Sequence[Event],
    now: float,
    aside: str,
    labels: str,
    *,
    timeline: bool,
    folder: Path | None = None,
) -> Content:
    """What is known of a job; files in `folder` are named without it, for a path takes lines."""
    happened = [Content.styled(words.event_words(event, now), "$muted") for event in events]
    sentence, role = words.status_sentence(job, now)
    lines = [
        Content.styled(words.cost(job), "$muted"),
    ]
    if labels:
        lines.append(Content.styled(labels, "$muted"))
    if sentence:
        lines.append(Content.styled(sentence, f"${role}"))
    if job.order.client:
        lines += [Content.styled(line, "$info") for line in words.ordered_by(job)]
    if aside:
        lines.append(Content.styled(aside, "$muted"))
    results = [Content.styled(words.result_words(media, folder), "$info") for media in job.medias]
    prompt = [Content(steady(clean(job.order.prompt, PROMPT_LIMIT)))]
    rest = [happened, results, prompt] if timeline else [results, prompt, happened[-LATEST:]]
    for group in rest:
        lines += group
    return Content("\n").join(lines)
