"""The rows of a batch as orders with a price, and what became of each in earlier runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ima_tui.batch.manifest import Manifest, outcome_of
from ima_tui.batch.rows import BadRow, Row
from ima_tui.catalogue import choice, order
from ima_tui.catalogue.form import COUNT
from ima_tui.cli import confirm
from ima_tui.cli.commands import generate_order
from ima_tui.cli.commands.generate_order import Meant, Prepared
from ima_tui.cli.confirm import count_unsure
from ima_tui.cli.output import talk
from ima_tui.compose import apply_intent, confirmation
from ima_tui.compose.confirmation import MODEL
from ima_tui.core.domain import Draft, Job, ModelVersion, Order, State, TaskType, Value
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.i18n import say
from ima_tui.ledger.records import UNSENT
from ima_tui.studio.studio import Studio

NEARBY, MOST_LOOKED_AT = 20, 200
"""How many lines further, and how many rows, `moved` looks."""
LISTED = "waiting.from_manifest"
"""A restore of the ledger has put the job back from a manifest already."""


@dataclass(frozen=True, slots=True)
class PricedRow:
    """A row that can be sent. `name` is the row's own intent; `intent` the one that counts now,
    another one where a failed job is tried again (`repeats`). `job` is what it has already."""

    row: Row
    order: Order
    name: str
    intent: str
    warnings: tuple[str, ...] = ()
    job: Job | None = None
    repeats: int | None = None
    unknown: bool = False
    """The job that it `repeats` may have been charged."""

    @property
    def may_be_second(self) -> bool:
        """Whether the row may have been paid for already: its outcome is unknown."""
        return self.job is None and self.unknown

    @property
    def to_pay(self) -> int:
        """Points that sending it from here on would cost."""
        if self.job is None:
            return self.order.total
        return self.job.order.total if self.job.state in UNSENT else 0


class RowPricer:
    """Prices rows, each list and each model looked up once. `agreed`: settings may change to fit
    a price; `lenient`: settings that the model does not know are left out."""

    def __init__(self, studio: Studio, label: str, *, lenient: bool, agreed: bool) -> None:
        self._studio = studio
        self._label = label
        self._lenient = lenient
        self._agreed = agreed
        self._models: dict[TaskType, tuple[ModelVersion, ...]] = {}
        self._picked: dict[tuple[TaskType, str, str], ModelVersion] = {}

    async def price(self, rows: Sequence[Row | BadRow]) -> tuple[list[PricedRow], list[BadRow]]:
        """Every good row priced, every bad one named. Raises what is wrong with all of them."""
        priced_rows: list[PricedRow] = []
        bad: list[BadRow] = []
        for row in rows:
            await asyncio.sleep(0)  # thousands of rows: ctrl+c gets its turn
            try:
                if isinstance(row, BadRow):
                    raise row.error
                priced_rows.append(await self._priced_row(row))
            except UsageError as error:
                bad.append(BadRow(row.line, error))
        return priced_rows, bad

    async def _priced_row(self, row: Row) -> PricedRow:
        one = self._read(row)
        task_type = one.task_type if one is not None else generate_order.task_type_of(row.task_type)
        if one is not None and not row.model_id:
            model = await generate_order.meant_model(self._studio, one)
        else:
            model = await self._model(task_type, row)
        chosen, warnings = generate_order.accepted(model, row.chosen, lenient=self._lenient)
        draft = self._draft(row, model, one, chosen)
        by_hand = chosen.keys() | ({MODEL} if row.model_id else set())
        by_hand |= {COUNT} if row.n != 1 else set()
        placed, _ = order.place(model, draft)
        text, intent = (one.text, one.intent) if one is not None else (row.prompt, None)
        found = confirmation.check(text, intent, model, draft, by_hand)
        differing, others = await confirm.warnings_of(self._studio, found.unmet, task_type)
        unclear = generate_order.doubt(intent)
        prepared = Prepared(placed, model, tuple(differing), others, unclear)
        if not self._agreed:
            prepared.agree()
        notes: list[str] = []
        if draft.inputs:
            facts = await self._studio.inspect_inputs(model, draft.inputs)
            placed = replace(placed, inputs=tuple(fact.source for fact in facts))
            notes = confirmation.input_notes(facts)
        name = row.intent(self._label)
        return PricedRow(row, placed, name, name, (*warnings, *notes, *prepared.told()))

    @staticmethod
    def _read(row: Row) -> Meant | None:
        """The intent of a row that names no task type, as `generate` reads its text."""
        if row.task_type:
            return None
        return generate_order.meant(row.prompt, generate_order.read(row.prompt, row.inputs))

    @staticmethod
    def _draft(
        row: Row, model: ModelVersion, one: Meant | None, chosen: Mapping[str, Value]
    ) -> Draft:
        prompt, inputs, said = row.prompt, row.inputs, dict[str, Value]()
        if one is not None:
            said |= generate_order.values(model, one.intent)
            prompt = apply_intent.prompt(one.text, one.intent, one.task_type, model)
            inputs = one.inputs
        n = None if row.n == 1 else row.n
        return generate_order.drafted(model, prompt, inputs, said, chosen, n, row.project)

    async def _model(self, task_type: TaskType, row: Row) -> ModelVersion:
        """The named model, else the preferred, else the default one."""
        if not row.model_id:
            generate_order.check_preferences(self._studio)
        if task_type not in self._models:
            self._models[task_type] = await self._studio.catalogue.fresh(task_type)
        model_id, suggested = row.model_id, self._studio.catalogue.suggested
        if not model_id and (usual := suggested(task_type, row.inputs)) is not None:
            model_id = usual.model_id
        wanted = (task_type, model_id, row.version_id)
        if wanted not in self._picked:
            self._picked[wanted] = choice.pick(self._models[task_type], model_id, row.version_id)
        return self._picked[wanted]


async def look_up(
    studio: Studio, priced_rows: Sequence[PricedRow], *, retry_failed: bool, retry_unknown: bool
) -> list[PricedRow]:
    """What became of each in earlier runs, retries followed to the last one.

    A retry's intent is made of the job that failed, so that two runs that both retry it name the
    same one.
    """
    current = list(priced_rows)
    wanted = {index: priced.intent for index, priced in enumerate(priced_rows)}
    while wanted:
        jobs = await studio.jobs.by_intents(tuple(wanted.values()))
        found = {index: jobs[intent] for index, intent in wanted.items() if intent in jobs}
        for index, job in found.items():
            current[index] = replace(current[index], intent=wanted[index], job=job)
        wanted = {
            index: _next_intent(current[index], job)
            for index, job in found.items()
            if may_retry(job) or job.state is State.NEEDS_REVIEW
        }
    return [
        _retried(priced) if (retry_unknown if _is_unknown(priced) else retry_failed) else priced
        for priced in current
    ]


async def match(
    studio: Studio, priced_rows: Sequence[PricedRow], manifest: Manifest | None
) -> list[PricedRow]:
    """Rows that the manifest knows and the ledger does not: what they became is put back."""
    missing = {
        priced.name for priced in priced_rows if priced.job is None and priced.repeats is None
    }
    again = sum(priced.job is not None and priced.job.waiting == LISTED for priced in priced_rows)
    lines = await asyncio.to_thread(manifest.known, missing) if manifest and missing else {}
    matched: list[PricedRow] = []
    for priced in priced_rows:
        known = outcome_of(lines[priced.name]) if priced.name in lines else None
        if known is None:
            matched.append(priced)
        else:
            job = await studio.jobs.put_back(priced.order, priced.name, known)
            matched.append(replace(priced, job=job))
            again += 1
    if again:
        talk(say("batch.matched", n=again))
    return matched


async def moved(studio: Studio, priced_rows: Sequence[PricedRow], label: str) -> int:
    """How many unsent rows an earlier run sent from another place, nearby, in the file: a row
    that is put in before them makes them new ones. Of a long file the first rows are looked at."""
    own = {priced.name for priced in priced_rows}
    unsent = [priced.row for priced in priced_rows if priced.job is None][:MOST_LOOKED_AT]
    elsewhere = {
        replace(row, place=row.place + by).intent(label): row
        for row in unsent
        for by in range(-NEARBY, NEARBY + 1)
    }
    found = await studio.jobs.by_intents(tuple(elsewhere.keys() - own))
    return len({elsewhere[intent] for intent in found})


def _is_unknown(priced: PricedRow) -> bool:
    return priced.job is not None and priced.job.state is State.NEEDS_REVIEW


def _retried(priced: PricedRow) -> PricedRow:
    unknown = _is_unknown(priced)
    if priced.job is None or not (unknown or may_retry(priced.job)):
        return priced
    intent = _next_intent(priced, priced.job)
    return replace(priced, intent=intent, job=None, repeats=priced.job.id, unknown=unknown)


def _next_intent(priced: PricedRow, failed: Job) -> str:
    return f"{priced.name}:after-{failed.id}"


def may_retry(job: Job) -> bool:
    """It brought nothing, and nothing will come of it: failed, or taken out before it was sent."""
    return job.state is State.FAILED or (job.state is State.STOPPED and not job.task_id)


def unsure_rows(studio: Studio, priced_rows: Sequence[PricedRow]) -> int:
    """How many of these rows may have been sent before the ledger was restored."""
    return count_unsure(studio, [priced.job for priced in priced_rows if priced.repeats is None])
