"""Text about a result. No widget here."""

from __future__ import annotations

import time
from pathlib import Path

from textual.content import Content

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
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets import order_text
from ima_tui.tui.widgets.cells import steady

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
    rows = order_text.settings(order, model)
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
        *order_text.rows(rows),
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
    told += [media.duration, size(bytes_here) if bytes_here >= 0 else ""]
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
