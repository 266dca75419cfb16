"""Actions on a film's shots and sounds. All are free but ordering a shot anew, which asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ima_tui.core.domain import Job, Media, Medium
from ima_tui.core.errors import ImaError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded
from ima_tui.film import timeline
from ima_tui.film.timeline import Role
from ima_tui.i18n import explain, listed, say
from ima_tui.studio.gallery import open_file
from ima_tui.tui.shell import model_picker
from ima_tui.tui.shell.confirm_bar import Choice
from ima_tui.tui.shell.picker import Picker, PickerItem
from ima_tui.tui.widgets.cells import Column
from ima_tui.tui.widgets.table import Cell
from ima_tui.tui.workflow import board_tiles
from ima_tui.tui.workflow.actions import WorkflowHost, ask_for_key, send
from ima_tui.workflow import film_edits, film_plan
from ima_tui.workflow.film_plan import FilmPlan, PlannedShot
from ima_tui.workflow.sources import job_of
from ima_tui.workflow.steps import Workflow

if TYPE_CHECKING:
    from ima_tui.tui.workflow.board_tiles import BoardFacts
    from ima_tui.workflow.status import WorkflowStatus

MOST_UNDONE = 50


_COLUMNS = (Column("setting", 30, "board.col_setting", flex=1), Column("now", 14, "board.col_now"))
_SHIFTS = {
    "less": ("change", -1),
    "more": ("change", 1),
    "earlier": ("move", -1),
    "later": ("move", 1),
}
"""Methods and arguments of verbs that are not the name of a method."""


class FilmActions:
    """Actions on the film that a host shows, by name."""

    def __init__(self, host: WorkflowHost) -> None:
        self._host = host
        self._undo: list[FilmPlan] = []

    def forget(self) -> None:
        """Another workflow is shown: nothing of this one can be undone."""
        self._undo.clear()

    def can(self, verb: str) -> bool:
        """Return whether an action is available for the current tile."""
        tile, facts, workflow = self._host.page.tile, self._host.facts, self._host.workflow
        if verb in ("assemble", "cancel"):
            ending = self._host.studio.endings.of(workflow.id) if workflow is not None else None
            is_open = ending is not None and ending.is_open
            return is_open if verb == "cancel" else not is_open and _can_assemble(self._host.status)
        if tile is None or facts is None:
            return False
        match verb:
            case "undo":
                return bool(self._undo)
            case "settings":
                return tile.id == board_tiles.FILM
            case "watch":
                return tile.id == board_tiles.FILM and tile.result is not None
            case "open_file":
                return tile.result is not None and bool(tile.result.path)
            case "less" | "more":
                return bool(tile.shot) or board_tiles.is_sound(tile)
            case "remake":
                return self._can_remake(facts)
        return bool(tile.shot)

    def _can_remake(self, facts: BoardFacts) -> bool:
        """Tell whether a shot's video is there, so that only another take helps."""
        shot = self._shot()
        step = film_edits.video_step(facts.status.workflow, shot) if shot is not None else None
        return (
            step is not None
            and facts.status.step_status(step.id).is_done
            and not facts.status.moving
        )

    async def do(self, verb: str) -> None:
        """Run an action by its name, if it is available."""
        if self.can(verb):
            name, *by = _SHIFTS.get(verb, (verb,))
            await getattr(self, str(name))(*by)

    def _shot(self) -> PlannedShot | None:
        tile, workflow = self._host.page.tile, self._host.workflow
        if tile is None or workflow is None or workflow.film is None or not tile.shot:
            return None
        return next((shot for shot in workflow.film.shots if shot.id == tile.shot), None)

    # --------------------------------------------------------------------------- free changes

    async def _change(self, change: Callable[[FilmPlan], FilmPlan], told: str = "") -> None:
        """Change the film and keep it; `told` is said then, or that it costs nothing."""
        host = self._host
        workflow = host.workflow
        if workflow is None or workflow.film is None:
            return
        try:
            film = change(workflow.film)
        except ImaError as error:
            host.remark(explain(error), "bad")
            return
        if film == workflow.film:
            return
        if await self._keep(film):
            self._undo = [*self._undo, workflow.film][-MOST_UNDONE:]
            host.remark(told or say("board.free"), "info")

    async def _keep(self, film: FilmPlan) -> bool:
        host = self._host
        if host.workflow is None:
            return False
        changed = replace(host.workflow, film=film)
        try:
            await host.studio.workflows.keep(changed)
        except ImaError as error:
            host.remark(explain(error), "bad")
            return False
        await host.put(changed)
        return True

    async def change(self, by: int) -> None:
        """Make a shot shorter or longer, or a sound quieter or louder."""
        tile, facts, shot = self._host.page.tile, self._host.facts, self._shot()
        if tile is None or facts is None:
            return
        if shot is None:
            role = Role.MUSIC if tile.id == board_tiles.MUSIC else Role.VOICE
            step = by * film_edits.STEP_VOLUME
            await self._change(lambda film: film_edits.with_louder(film, role, step))
            return
        whole = board_tiles.whole_seconds(facts, shot)
        if not whole:
            self._host.remark(say("board.no_length"), "warn")
            return
        step = by * film_edits.STEP_SECONDS
        if by > 0 and shot.trim[1] in (0.0, whole):
            self._host.remark(say("board.longest", seconds=f"{whole:g}"), "warn")
            return
        await self._change(lambda film: film_edits.trimmed(film, shot.id, step, whole))

    async def move(self, by: int) -> None:
        """Move a shot earlier or later in the film."""
        if (shot := self._shot()) is not None:
            await self._change(lambda film: film_edits.moved(film, shot.id, by))

    async def leave_out(self) -> None:
        """Leave a shot out of the film; its video stays in the gallery."""
        if (shot := self._shot()) is not None:
            await self._change(
                lambda film: film_edits.without(film, shot.id), say("board.left_out")
            )

    async def undo(self) -> None:
        """Undo the last free change."""
        if self._undo and await self._keep(self._undo[-1]):
            self._undo.pop()
            self._host.remark(say("board.undone"), "info")

    async def swap(self) -> None:
        """Show another take or another video in place of a shot."""
        host, shot = self._host, self._shot()
        if host.workflow is None or host.facts is None or shot is None:
            return
        offered = await self._videos(shot)
        if not offered:
            host.remark(say("board.no_videos"), "warn")
            return
        now = host.studio.clock.time()
        picker = model_picker.results([(job, media) for job, media, _ in offered], now)

        async def chosen(number: int | None) -> None:
            if number is not None:
                source = offered[number][2]
                await self._change(lambda film: film_edits.swapped(film, shot.id, source))

        await host.ima.push_screen(picker, chosen)

    async def _videos(self, shot: PlannedShot) -> list[tuple[Job, Media, str]]:
        """Return the takes of a shot, then other videos, each with its source."""
        jobs = self._host.studio.jobs
        taken = [found for take in shot.takes if (found := job_of(take)) is not None]
        numbers = list(dict.fromkeys(number for number, _ in taken))
        first = [job for number in numbers if (job := await jobs.get(number)) is not None]
        others = [job for job in await jobs.recent() if job.id not in numbers]
        own = _own_steps(self._host.status)
        return [
            (job, media, own.get(job.id) or f"job:{job.id}#{index}")
            for job in (*first, *others)
            if board_tiles.is_video(job)
            for index, media in enumerate(job.medias, 1)
            if (own.get(job.id) or f"job:{job.id}#{index}") != shot.source
        ]

    async def settings(self) -> None:
        """Change how the shots are joined, and the subtitles."""
        host = self._host
        if host.workflow is None or host.workflow.film is None:
            return
        rows = _setting_changes(host.workflow.film)
        items = [
            PickerItem((Cell(row.words), Cell(row.now, "muted")), folded(row.words)) for row in rows
        ]

        async def chosen(number: int | None) -> None:
            if number is not None:
                await self._change(rows[number].change)

        await host.ima.push_screen(Picker(say("board.settings"), _COLUMNS, items), chosen)

    # ----------------------------------------------------------------------- a take that costs

    async def remake(self) -> None:
        """Order a shot anew: its video, or its picture and then the video. Asks, with prices."""
        host, shot = self._host, self._shot()
        if host.workflow is None or host.facts is None or shot is None or host.status is None:
            return
        if not host.studio.connection.has_key:
            ask_for_key(host.ima)
            return
        workflow, workflows = host.status.workflow, host.studio.workflows
        video = film_edits.video_step(workflow, shot)
        picture = film_edits.picture_step(workflow, shot)
        if video is None:
            return
        choices: list[Choice] = []
        try:
            for step, key in ((video, "board.video_again"), (picture, "board.picture_again")):
                if step is None:
                    continue
                changed = film_edits.remade(
                    workflow, shot.id, step.id, _made(host.status, video.id)
                )
                status = await workflows.status(changed, fetch=True)
                only = status.with_needs({step.id, video.id})
                points = sum(each.price() for each in status.steps if each.step.id in only)
                words = say(key, points=points)
                choices.append(Choice(words, partial(self._order, status, only)))
        except ImaError as error:
            host.remark(explain(error), "bad")
            return
        host.ask(
            say("board.ask_again", n=_place(host.workflow, shot)), choices[0].then, choices=choices
        )

    async def _order(self, status: WorkflowStatus, only: frozenset[int]) -> None:
        host, agreed = self._host, await send(self._host, status, only)
        if agreed is None:
            return
        self._undo.clear()  # an older film would name the take before
        await host.put(agreed)
        host.remark(say("board.ordered"), "ok")

    # ------------------------------------------------------------------------------- the film

    async def assemble(self) -> None:
        """Make the film, or what else the workflow ends with; say first what is missing."""
        host = self._host
        if host.status is None:
            return
        try:
            lacking = await host.studio.films.lacking(host.status)
            if lacking.steps:
                numbers = listed(lacking.steps)
                host.remark(say("board.lacks", steps=numbers), "warn")
            else:
                await host.studio.endings.want(host.status.workflow.id)
        except ImaError as error:
            host.remark(explain(error), "bad")

    async def cancel(self) -> None:
        """Stop making it; pieces that are ready are used again."""
        if self._host.workflow is not None:
            await self._host.studio.endings.stop(self._host.workflow.id)
            self._host.remark(say("board.stopped"), "info")

    async def watch(self) -> None:
        """Open the film in the viewer."""
        from ima_tui.tui.shell.viewer import FewItems, FileItem, ViewerScreen

        tile = self._host.page.tile
        if tile is not None and tile.result is not None:
            media = Media("", format="mp4", path=tile.result.path)
            item = FileItem(say("board.film"), media, Medium.VIDEO)
            self._host.ima.push_screen(ViewerScreen(FewItems([item])))

    async def open_file(self) -> None:
        """Open the file of a tile with the system's program."""
        tile = self._host.page.tile
        path = tile.result.path if tile is not None and tile.result is not None else ""
        if path and not open_file(path):
            self._host.ima.notify(say("queue.file_is", path=path))


def _can_assemble(status: WorkflowStatus | None) -> bool:
    """Tell whether the end may be made now: else it is made by itself when all is done."""
    return status is not None and status.workflow.ends and (status.is_done or bool(status.failures))


def _own_steps(status: WorkflowStatus | None) -> dict[int, str]:
    """Return the job of each step that makes a video, with the step's result as a source."""
    return {
        each.job.id: f"step:{each.step.id}#1"
        for each in (status.steps if status is not None else ())
        if each.job is not None and each.step.task_type.medium is Medium.VIDEO
    }


def _place(workflow: Workflow, shot: PlannedShot) -> int:
    """Return the number of a shot in the film; 0 for none."""
    ids = [each.id for each in workflow.film.shots] if workflow.film is not None else []
    return ids.index(shot.id) + 1 if shot.id in ids else 0


def _made(status: WorkflowStatus, step_id: int) -> str:
    """Return the result that a step has, as a source; "" for none."""
    job = status.step_status(step_id).job
    return f"job:{job.id}#1" if job is not None else ""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A change of a whole film, in words, and what holds now."""

    words: str
    now: str
    change: Callable[[FilmPlan], FilmPlan]


def _setting_changes(film: FilmPlan) -> list[SettingChange]:
    """Return the changes that mean something for a film."""
    fades = any(shot.transition == "fade" for shot in film.shots)
    wanted, even = "cut" if fades else "fade", film.loudness != 0.0
    offered: tuple[tuple[bool, str, str, Callable[[FilmPlan], FilmPlan]], ...] = (
        (
            len(film.shots) > 1,
            "use_cuts" if fades else "use_fades",
            say("board.fades" if fades else "board.cuts"),
            lambda plan: film_plan.with_transition(plan, wanted, timeline.FADE),
        ),
        (
            any(track.text for track in film.tracks),
            "no_subtitles" if film.subtitles else "with_subtitles",
            _on(film.subtitles),
            lambda plan: replace(plan, subtitles=not plan.subtitles),
        ),
        (
            bool(film.title) or film.subtitles,
            "subtitle_track" if film.burned else "burn_subtitles",
            _on(film.burned),
            lambda plan: replace(plan, burned=not plan.burned),
        ),
        (
            True,
            "keep_loudness" if even else "even_loudness",
            _on(even),
            lambda plan: replace(plan, loudness=0.0 if even else timeline.LOUDNESS),
        ),
    )
    return [
        SettingChange(say(f"board.{key}"), now, change)
        for fits, key, now, change in offered
        if fits
    ]


def _on(flag: bool) -> str:
    return say("compose.on" if flag else "compose.off")
