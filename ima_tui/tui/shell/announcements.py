"""Notifications of the app: ended jobs, the ledger, odd settings, dropped preferences."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ima_tui.core.events import TaskUnsaved
from ima_tui.i18n import explain, joined, say
from ima_tui.tui.terminal import notifications
from ima_tui.tui.terminal.notifications import JobNotifications

if TYPE_CHECKING:
    from ima_tui.core.domain import Job
    from ima_tui.preferences.file import DroppedPreference
    from ima_tui.tui.widgets.app_context import AppContext

STAYS = 7 * 86_400.0
"""Seconds: a notification that is closed by hand alone."""


class Announcements:
    """Remembers what was said already."""

    def __init__(self, app: AppContext) -> None:
        self._app = app
        self._losses: set[DroppedPreference] = set()
        self._endings = JobNotifications(app.studio.clock.time())

    async def odd_settings(self) -> None:
        """Warn about the config file. The ids of all actions are known when all of tui is
        imported, which takes a moment."""
        from ima_tui.tui.shell import keymap_check

        settings = self._app.studio.settings
        odd = await asyncio.to_thread(keymap_check.warnings, settings.keys) if settings.keys else []
        for warning in (*settings.warnings, *odd):
            self._app.notify(warning, severity="warning", timeout=12)

    def ledger_state(self) -> None:
        """Say what became of the ledger, where it was repaired or can't be written."""
        app, studio = self._app, self._app.studio
        if (done := studio.engine.repair_report) is not None:
            from ima_tui.ledger import repair_report

            for words in repair_report.describe(done):
                app.notify(words, severity="warning", timeout=60)
        if (why := studio.read_only) is not None and not studio.settings.read_only:
            app.notify(explain(why), severity="error", timeout=60)

    def left_behind(self, jobs: Iterable[Job]) -> None:
        """Say which jobs of a run that ended badly need the user."""
        if left := notifications.left_behind(jobs, self._endings.since):
            self._app.notify(left, severity="warning", timeout=12)

    def unwritten(self, told: TaskUnsaved) -> None:
        """Keep a task id on the screen that the ledger could not take: whoever closes this window
        must know it."""
        from ima_tui.ledger import repair_report

        if told.written:
            self._app.unsaved.discard(told.job.id)
            self._app.notify(repair_report.saved_text(told), timeout=60)
        else:
            self._app.unsaved.add(told.job.id)
            words = explain(repair_report.unsaved_error(told))
            self._app.notify(words, severity="error", timeout=STAYS)

    def dropped_preferences(self) -> None:
        """Say which preferences another program dropped: once each, and not where they are shown
        anyway."""
        dropped = self._app.studio.preferences.dropped()
        fresh = [one for one in dropped if one not in self._losses]
        self._losses |= {*fresh}
        if fresh and self._app.current_mode != "preferences":
            from ima_tui.tui.widgets import model_text

            words = say("prefs.dropped_toast", which=model_text.dropped(fresh))
            self._app.notify(words, timeout=12)

    def ends(self, jobs: Iterable[Job]) -> None:
        """Tell of jobs that ended by title, bell or notification, as the setting says."""
        ended = self._endings.fresh(jobs)
        if not ended:
            return
        focused = self._app.app_focus
        sound = notifications.sounds(ended, self._app.studio.clock.time(), focused=focused)
        self._signal(notifications.words(ended), sound=sound)

    def asks(self, jobs: Iterable[Job]) -> None:
        """Say which jobs of agents need approval, with the bell: an agent waits for it."""
        asking = self._endings.asking(jobs)
        if not asking:
            return
        words = notifications.question(asking)
        self._app.notify(words, severity="warning", timeout=30, markup=False)
        self._signal(notifications.summons(asking), sound=True)

    def endings(self, workflows: Iterable[str]) -> None:
        """Tell that a film, or another end of a workflow, is there, or why it isn't."""
        for workflow_id in workflows:
            ending = self._app.studio.endings.of(workflow_id)
            if ending is None or ending.is_open:
                continue
            error = ending.error
            words = say("notify.workflow_failed" if error else "notify.workflow_made")
            self._signal(words, sound=not self._app.app_focus)
            top = self._app.screen_stack[-1:]  # empty while the app ends
            shown = getattr(top[0], "workflow", None) if top else None
            if getattr(shown, "id", "") != workflow_id:  # else that screen says it itself
                self._app.notify(
                    joined(words, explain(error)) if error else words,
                    severity="warning" if error else "information",
                    timeout=12,
                )

    def _signal(self, text: str, *, sound: bool) -> None:
        self._app.write(
            notifications.sequences(
                text,
                self._app.studio.settings.notify,
                sound=sound,
                in_tmux="TMUX" in os.environ,
            )
        )
