"""Workflows made of a prompt, by the current lists and preferences; nothing is stored or sent."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ima_tui.core.domain import Medium, TaskType
from ima_tui.core.records import dataclass
from ima_tui.preferences.policy import PreferenceService
from ima_tui.studio.catalogue_service import CatalogueService
from ima_tui.subjects import mentions
from ima_tui.workflow.status import StepStatus, WorkflowStatus, price_workflow
from ima_tui.workflow.steps import Workflow, intents, look_at_files

if TYPE_CHECKING:
    from ima_tui.film.brief_facts import Brief
    from ima_tui.intent.sharing import Shared
    from ima_tui.subjects.store import Subject
    from ima_tui.workflow.film_building import BuiltFilm

_VISUAL = (Medium.IMAGE, Medium.VIDEO)
_FOR_SERIES = (TaskType.TEXT_TO_IMAGE, TaskType.IMAGE_TO_IMAGE, TaskType.IMAGE_TO_VIDEO)


@dataclass(frozen=True, slots=True)
class CreatedWorkflow:
    """A new workflow, and the parsed prompt it was created from."""

    workflow: Workflow
    shared: Shared
    notes: tuple[str, ...] = ()
    """What a film has to be said about, such as lengths that no model offers."""


@dataclass(eq=False)
class WorkflowMaker:
    """Makes workflows of prompts. Files are read; no job is queried."""

    _catalogue: CatalogueService
    _preferences: PreferenceService
    _subjects: Callable[[], Sequence[Subject]]

    async def make(
        self, prompt: str, images: Sequence[str] = (), *, fetch: bool = True, films: bool = False
    ) -> CreatedWorkflow:
        """Create a workflow from a prompt, by the live lists (`fetch`: fresh ones).

        `films`: a brief of a film becomes one that ends with it; the caller can assemble. It has no
        steps where there is nothing to make. Raises `UsageError`.
        """
        prompt, images = self._with_subjects(prompt, images)
        shared = await asyncio.to_thread(_share, prompt, tuple(images))
        if films:
            from ima_tui.film.brief import refuse

            await asyncio.to_thread(refuse, prompt, shared)
        brief = await self._brief(prompt, images, shared) if films else None
        if brief is not None:
            return await self._film(brief, shared, prompt, fetch=fetch)
        if not shared.shares:
            return CreatedWorkflow(Workflow(secrets.token_hex(8), prompt, ()), shared)
        task_types = {each.task_type for each in shared.shares}
        if shared.one_subject:
            task_types |= set(_FOR_SERIES)
        if fetch:
            for task_type in sorted(task_types):
                await self._catalogue.fresh(task_type)
        return CreatedWorkflow(await _look(self._build(shared, prompt)), shared)

    async def _brief(self, prompt: str, images: Sequence[str], shared: Shared) -> Brief | None:
        """Return the brief of a film, None where the prompt asks for something else."""
        from ima_tui.film.brief import brief_of as read

        videos = any(each.task_type.medium is Medium.VIDEO for each in shared.shares)
        visual = all(each.task_type.medium in _VISUAL for each in shared.shares)
        alone = len(shared.shares) < 2 and visual
        brief = await asyncio.to_thread(read, prompt, tuple(images), wanted=alone)
        several = brief is not None and (brief.listed or brief.count > 1 or videos)
        return brief if several else None

    async def _film(
        self, brief: Brief, shared: Shared, prompt: str, *, fetch: bool
    ) -> CreatedWorkflow:
        from ima_tui.workflow import film_building

        if fetch:
            for task_type in sorted(film_building.task_types(brief)):
                await self._catalogue.fresh(task_type)
        built = await self._build_film(brief, shared, prompt)
        return CreatedWorkflow(await _look(built.workflow), shared, built.notes)

    async def _build_film(self, brief: Brief, shared: Shared, prompt: str) -> BuiltFilm:
        from ima_tui.film.brief import named_model
        from ima_tui.workflow import film_building

        named = shared.intent
        if not named.model_id and brief.model:
            named = await asyncio.to_thread(named_model, brief.model)
        return film_building.build(
            brief,
            self._catalogue.all_models(),
            self._preferences.preferred(),
            secrets.token_hex(8),
            prompt,
            (named.model_id, named.version),
        )

    async def outline(self, prompt: str, images: Sequence[str] = ()) -> WorkflowStatus | None:
        """Return what `make` would create by the current lists, priced; None for nothing.

        No file is read and no job queried, so it is fast enough to show while the user types.
        """
        prompt, images = self._with_subjects(prompt, images)
        shared = await asyncio.to_thread(_share, prompt, tuple(images))
        brief = await self._brief(prompt, images, shared)
        if brief is None and not shared.shares:
            return None
        if brief is not None:
            made = (await self._build_film(brief, shared, prompt)).workflow
        else:
            made = self._build(shared, prompt)
        workflow, prices = price_workflow(made, self._catalogue.all_models())
        names = intents(workflow)
        return WorkflowStatus(
            workflow, workflow, tuple(StepStatus(each, names[each.step.id]) for each in prices)
        )

    def _with_subjects(self, prompt: str, images: Sequence[str]) -> tuple[str, Sequence[str]]:
        """Return the prompt without the `@` of its subjects, and their pictures among the files."""
        named = mentions.find(prompt, self._subjects())
        files = [file for file in named.files if file not in images]
        return mentions.without_signs(prompt, named), (*images, *files)

    def _build(self, shared: Shared, prompt: str) -> Workflow:
        # with the router, which the first paint can't wait for
        from ima_tui.workflow.building import build

        preferred = self._preferences.preferred()
        return build(shared, self._catalogue.all_models(), preferred, secrets.token_hex(8), prompt)


async def _look(workflow: Workflow) -> Workflow:
    return await asyncio.to_thread(look_at_files, workflow)


def _share(prompt: str, images: tuple[str, ...]) -> Shared:
    """Split a prompt into shares. Loads the vocabulary on first use: call it off the event loop."""
    from ima_tui.intent.sharing import share

    return share(prompt, images)
