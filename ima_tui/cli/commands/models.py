"""`ima-tui models`: what the service offers, live."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime

from ima_tui.catalogue import choice, times
from ima_tui.cli import session
from ima_tui.cli.json_documents import leaf_json
from ima_tui.cli.output import print_json, print_table, talk
from ima_tui.config.loader import Settings
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import EXIT_DONE
from ima_tui.core.text import folded, points_range
from ima_tui.i18n import explain, joined, say, usual_time
from ima_tui.studio.studio import Studio


def run(arguments: argparse.Namespace) -> int:
    """Print the models on offer."""
    settings = session.settle(arguments)
    return session.run(_models(arguments, settings))


async def _models(arguments: argparse.Namespace, settings: Settings) -> int:
    wanted = [TaskType(arguments.task_type)] if arguments.task_type else list(TaskType)
    async with session.session(arguments, settings) as studio:
        if arguments.refresh:
            await studio.catalogue.refresh(*wanted)
        else:
            stale = [each for each in wanted if studio.catalogue.age(each) > settings.max_age]
            if stale:
                await studio.catalogue.refresh(*stale)
        problem = next(
            (
                studio.catalogue.lists[t].problem
                for t in wanted
                if studio.catalogue.lists[t].problem
            ),
            None,
        )
        if problem is not None and not any(studio.catalogue.models(each) for each in wanted):
            raise problem
        if note := from_cache(studio, wanted):
            talk(note)
        print_models(studio, wanted, arguments.search, as_json=arguments.json)
    return EXIT_DONE


def from_cache(studio: Studio, task_types: Sequence[TaskType]) -> str:
    """How old the lists are and why, where they could not be fetched again; else ""."""
    kept = [
        studio.catalogue.lists[each]
        for each in task_types
        if studio.catalogue.lists[each].problem is not None
    ]
    for oldest in sorted(kept, key=lambda one: one.as_of or 0.0):
        if oldest.as_of is not None and oldest.problem is not None:
            time = datetime.fromtimestamp(oldest.as_of).astimezone().strftime("%Y-%m-%d %H:%M")
            return joined(say("cli.from_cache", time=time), explain(oldest.problem))
    return ""


def print_models(
    studio: Studio, task_types: Sequence[TaskType], search: str, *, as_json: bool
) -> None:
    """Print models as a table or as JSON."""
    words = folded(search).split()
    models = [
        model
        for task_type in task_types
        for model in studio.catalogue.models(task_type)
        if all(word in choice.search_terms(model) for word in words)
    ]
    if as_json:
        print_json({"models": [leaf_json(model) for model in models]})
        return
    heads = [
        say(f"cli.head.{name}") for name in ("task", "model", "id", "version", "points", "time")
    ]
    print_table(heads, [_row(model) for model in models], right=heads[4])


def _row(model: ModelVersion) -> list[str]:
    estimate = times.estimate(model)
    return [
        model.task_type.value,
        model.name,
        model.model_id,
        model.version,
        points_range(*model.points),
        usual_time(estimate.low, estimate.high),
    ]
