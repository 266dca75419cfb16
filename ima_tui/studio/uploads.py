"""Uploads of files without a job: the link can be an input of any later job. Costs no points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ima_tui.api.connection import Connection
from ima_tui.config.loader import Settings
from ima_tui.core.domain import PICTURES, Accepts, ModelVersion, TaskType
from ima_tui.core.errors import Unreachable
from ima_tui.runner.input_checks import InputChecks
from ima_tui.studio.engine import Engine

_ANY_MODEL = ModelVersion(
    task_type=TaskType.REFERENCE_TO_VIDEO,
    model_id="",
    version="",
    name="IMA",
    rules=(),
    accepts=(
        Accepts(PICTURES),
        Accepts(("video/mp4", "video/quicktime")),
        Accepts(("audio/mpeg", "audio/wav", "audio/mp4")),
    ),
)
"""What some model of the service takes; a file is checked and converted as for that."""


class Uploads:
    """Uploads files, each decoded to its end first."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        engine: Engine,
        input_checks: Callable[[], InputChecks],
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._engine = engine
        self._input_checks = input_checks

    async def upload(self, path: Path) -> str:
        """Upload the file at an absolute path; returns its link.

        Raises `UsageError` for a file that no model takes, and errors of the service.
        """
        self._settings.for_writing()
        file = await self._input_checks().upload(_ANY_MODEL, str(path))
        service, scheduler = await self._connection.connect(), await self._engine.scheduler()
        try:
            async with scheduler.connectivity.passage(), scheduler.rate_limit.request():
                url = await service.upload(file.content, mime=file.mime, suffix=file.suffix)
        except Unreachable as error:
            scheduler.connectivity.broke(error)
            raise
        scheduler.connectivity.works()
        return url
