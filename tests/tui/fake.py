"""A studio without a service, a ledger or a clock of its own: what the screens see of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ima_tui.catalogue.choice import Alternative, alternatives
from ima_tui.config.api_key import checked
from ima_tui.core.domain import (
    Accepts,
    Estimate,
    Event,
    Failure,
    Field,
    FieldKind,
    Job,
    Media,
    ModelVersion,
    Option,
    Order,
    PriceRule,
    Result,
    State,
    TaskType,
    results_of,
)
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import (
    JobChanged,
    ListChanged,
    Notice,
    PreferencesChanged,
    ProductList,
    Totals,
)
from ima_tui.core.input_files import InputFacts
from ima_tui.core.labels import UNMARKED, MarkChange
from ima_tui.ledger.history import JobFilter, ReportRow
from ima_tui.ledger.records import ENDED, SPENT
from ima_tui.ledger.repair_report import RepairReport
from ima_tui.preferences.file import DroppedPreference
from ima_tui.runner import outputs
from ima_tui.runner.input_checks import InputChecks
from ima_tui.studio.endings import Endings
from ima_tui.studio.films import Films
from ima_tui.studio.guides import Guides
from ima_tui.studio.workflow_making import WorkflowMaker
from ima_tui.studio.workflows import Workflows
from ima_tui.subjects.store import Subjects

NOW = 1_800_000_000.0

T2I, T2V = TaskType.TEXT_TO_IMAGE, TaskType.TEXT_TO_VIDEO


def choice(name: str, *values: str | int, default: str | int | None = None) -> Field:
    return Field(
        name=name,
        label=name.replace("_", " ").capitalize(),
        kind=FieldKind.CHOICE,
        default=values[0] if default is None else default,
        options=tuple(Option(str(value), value) for value in values),
    )


def rules(name: str, **points: int) -> tuple[PriceRule, ...]:
    return tuple(
        PriceRule(100 + index, price, ((name, value),))
        for index, (value, price) in enumerate(points.items())
    )


BANANA_PRO = ModelVersion(
    T2I,
    "gemini-3-pro-image",
    "gemini-3-pro-image-preview",
    "Nano Banana Pro",
    rules("size", **{"1K": 10, "2K": 10, "4K": 18}),
    (choice("aspect_ratio", "1:1", "16:9", "9:16"), choice("size", "1K", "2K", "4K")),
    description="Pro picture quality, text in pictures, up to 4K",
    group="Nano Banana",
    features=("Pro",),
    estimate=Estimate(25, 45),
)
BANANA_2 = ModelVersion(
    T2I,
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-image-preview",
    "Nano Banana 2",
    rules("size", **{"512": 4, "1K": 6, "2K": 10, "4K": 13}),
    (choice("size", "512", "1K", "2K", "4K", default="1K"),),
    description="Fast and cheap",
    group="Nano Banana",
    features=("NEW", "Fast"),
    estimate=Estimate(20, 35),
)
SEEDREAM = ModelVersion(
    T2I,
    "doubao-seedream-4.5",
    "doubao-seedream-4-5-251128",
    "SeeDream 4.5",
    (PriceRule(200, 5),),
    (choice("size", "2048x2048", "2560x1440"),),
    description="即梦：画面干净",
    group="Seedream",
    estimate=Estimate(20, 40),
)
MIDJOURNEY = ModelVersion(
    T2I,
    "midjourney",
    "midjourney-v7",
    "Midjourney",
    rules("quality", **{"480p": 8, "720p": 10}),
    (choice("quality", "480p", "720p"),),
    description="Artist-level styles",
    group="Midjourney",
    estimate=Estimate(40, 90),
)
WAN = ModelVersion(
    T2V,
    "wan2.6-t2v",
    "wan2.6-t2v",
    "Wan 2.6",
    rules("resolution", **{"720p": 25, "1080p": 40}),
    (choice("resolution", "720p", "1080p"), choice("duration", 5, 10)),
    description="Videos with sound",
    group="Wan",
    estimate=Estimate(60, 90),
)
KLING = ModelVersion(
    TaskType.IMAGE_TO_VIDEO,
    "kling-v2-6",
    "kling-v2-6-i2v",
    "Kling 2.6",
    rules("duration", **{"5": 48, "10": 96}),
    (choice("duration", 5, 10),),
    estimate=Estimate(180, 360),
    accepts=(Accepts(("image/jpeg", "image/png"), 1, 1),),
)
LEAVES = (MIDJOURNEY, SEEDREAM, BANANA_2, BANANA_PRO, WAN, KLING)


def order(model: ModelVersion = SEEDREAM, prompt: str = "a red fox in snow", n: int = 1) -> Order:
    rule = model.rules[0]
    return Order(
        task_type=model.task_type,
        model_id=model.model_id,
        version=model.version,
        model_name=model.name,
        prompt=prompt,
        n=n,
        parameters=rule.attributes or (("size", "2560x1440"),),
        attribute_id=rule.attribute_id,
        points=rule.points,
        estimate=model.estimate,
    )


def job(
    number: int, state: State = State.RUNNING, model: ModelVersion = SEEDREAM, **changes: object
) -> Job:
    """A job that was sent 14 seconds ago, or ended after 38."""
    prompt = str(changes.pop("prompt", "a red fox in snow"))
    sent = None if state is State.QUEUED else NOW - 14
    facts: dict[str, object] = {
        "task_id": f"task{number}",
        "sent_at": sent,
        "ended_at": NOW + 24 if state in ENDED else None,
        **changes,
    }
    return Job(number, order(model, prompt), state, NOW - 20, NOW - 14, **facts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class FakeSettings:
    language: str = "en"
    theme: str = "ima-dark"
    profile: str = "demo"
    read_only: bool = False
    user_id: str = "default"
    base_url: str = "https://api.imastudio.com"
    custom_endpoint: bool = False
    data: Path = Path("/dev/null/data")
    downloads: Path = Path("/nowhere")
    logs: Path = Path("/nowhere/logs")
    ask_above: int = 100
    motion: bool = False
    quiet: bool = False
    hints: bool = False
    inline_safe: bool = False
    preview: bool = True
    images: str = "auto"
    notify: str = "off"
    ascii: bool = False
    after_send: str = "queue"
    config_file: Path = Path("/nowhere/config.toml")
    keys: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def for_writing(self) -> FakeSettings:
        if self.read_only:
            raise UsageError("error.looking")
        return self


@dataclass
class FakeClock:
    now: float = NOW

    def time(self) -> float:
        return self.now

    def steady(self) -> float:
        return self.now


@dataclass(frozen=True)
class FakePreference:
    model_id: str
    model_name: str = ""
    credit: int = 0
    last_used: str = ""


@dataclass
class FakePreferences:
    rows: dict[str, dict[TaskType, FakePreference]] = field(default_factory=dict)
    path: Path = Path("/nowhere/ima_prefs.json")
    writable: bool = True
    trouble: ImaError | None = None

    def users(self) -> Mapping[str, Mapping[TaskType, FakePreference]]:
        return self.rows

    def of(self, user_id: str, task_type: TaskType) -> FakePreference | None:
        return self.rows.get(f"user_{user_id}", {}).get(task_type)


Asked = list[tuple[object, ...]]


class FakeJobs:
    """Keeps jobs in a dict, and tells of every change at once."""

    def __init__(self, jobs: tuple[Job, ...], asked: Asked, tell: Callable[[Notice], None]) -> None:
        self.rows = {one.id: one for one in jobs}
        self.events: dict[int, tuple[Event, ...]] = {}
        self._asked = asked
        self._tell = tell

    def __getitem__(self, job_id: int) -> Job:
        return self.rows[job_id]

    async def submit(self, wanted: Order, repeats: int | None = None) -> Job:
        self._asked.append(("submit", wanted, *(() if repeats is None else (repeats,))))
        number = max(self.rows, default=0) + 1
        made = Job(number, wanted, State.QUEUED, NOW, NOW)
        self._tell(JobChanged(made))
        return made

    async def edit(self, old: int, order: Order) -> Job:
        found = self.rows.get(old)
        if found is None or found.state is not State.QUEUED:
            raise UsageError("error.no_longer_unsent", id=old)
        self._asked.append(("edit", old, order))
        return await self.submit(order)

    async def submit_all(self, orders: Sequence[tuple[str, Order]]) -> list[Job]:
        return [await self.submit(order) for _, order in orders]

    async def recent(self, limit: int = 500) -> tuple[Job, ...]:
        return tuple(sorted(self.rows.values(), key=lambda one: -one.id))[:limit]

    async def newest(self) -> Job | None:
        kept = (one for one in await self.recent() if one.state is not State.FORGOTTEN)
        return next(kept, None)

    async def get(self, job_id: int) -> Job | None:
        return self.rows.get(job_id)

    async def timeline(self, job_id: int) -> tuple[Event, ...]:
        return self.events.get(job_id, ())

    async def stop(self, job_id: int) -> Job:
        return self._turn("stop", job_id, State.STOPPED)

    async def remove_from_queue(self, job_id: int) -> Job:
        return self._turn("take_out", job_id, State.STOPPED)

    async def follow(self, job_id: int) -> Job:
        return self._turn("follow", job_id, State.RUNNING)

    async def arrange(self, ids: Sequence[int]) -> None:
        self._asked.append(("arrange", *ids))
        places = sorted(self.rows[each].queue_key for each in ids)
        for each, place in zip(ids, places, strict=True):
            self._tell(JobChanged(replace(self.rows[each], queue_position=place)))

    async def forget(self, job_id: int) -> None:
        self._turn("forget", job_id, State.FORGOTTEN)
        del self.rows[job_id]

    def order_again(self, before: Job) -> Order:
        lacking = outputs.missing(before)
        return replace(before.order, n=lacking) if lacking else before.order

    def order_like(self, before: Job) -> Order:
        return before.order

    async def mark(self, job_id: int, change: MarkChange, indices: Collection[int] = ()) -> Job:
        self._asked.append(("mark", job_id, change, tuple(indices)))
        found = self.rows[job_id]
        every = range(1, max(found.order.n, len(found.medias)) + 1)
        marks = {i: change.of(found.marks.get(i, UNMARKED)) for i in indices or every}
        project = found.order.project if change.project is None else change.project
        order = replace(found.order, project=project)
        made = replace(found, order=order, marks={**found.marks, **marks})
        self._tell(JobChanged(made))
        return made

    async def again(self, job_id: int) -> Job:
        self._asked.append(("again", job_id))
        return await self.submit(self.rows[job_id].order)

    async def fetch(self, job_id: int) -> Job:
        return self._turn("fetch", job_id, State.FETCHING)

    def _turn(self, verb: str, job_id: int, state: State) -> Job:
        self._asked.append((verb, job_id))
        changed = replace(self.rows[job_id], state=state)
        self._tell(JobChanged(changed))
        return changed

    async def totals(self) -> Totals:
        out = sum(one.order.total for one in self.rows.values() if one.state in SPENT)
        return Totals(today=325, session=61, out=out)


class FakeHistory:
    """Adds up the jobs that there are, as the ledger does."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs

    async def report(self, by: str, among: JobFilter) -> tuple[ReportRow, ...]:
        groups: dict[str, ReportRow] = {}
        for one in self._jobs.rows.values():
            at = one.sent_at or one.created_at
            if at < among.since:
                continue
            day = datetime.fromtimestamp(at).strftime("%Y-%m-%d")  # noqa: DTZ006
            kind = one.order.task_type.value
            key = {
                "day": day,
                "model": one.order.model_id,
                "type": kind,
                "project": one.order.project,
            }[by]
            row = groups.setdefault(key, ReportRow(key))
            row.jobs += 1
            row.done += one.state is State.DONE
            row.failed += one.state is State.FAILED
            row.points += one.order.total if one.state in {*SPENT, State.DONE} else 0
            if one.state is State.DONE and one.sent_at and one.ended_at and one.order.estimate:
                row.times.append(one.ended_at - one.sent_at)
                row.estimates.append(one.order.estimate.high)
        return tuple(groups[key] for key in sorted(groups))

    async def listed(self, among: JobFilter, below: int, limit: int) -> tuple[Job, ...]:
        found = [
            job
            for job in self._jobs.rows.values()
            if job.created_at >= among.since
            and among.task_type in ("", job.order.task_type)
            and among.model in job.order.model_id
        ]
        newest_first = sorted(found, key=lambda job: -job.id)
        return tuple(job for job in newest_first if not below or job.id < below)[:limit]

    async def projects(self) -> tuple[str, ...]:
        named = (job.order.project for job in self._jobs.rows.values())
        return tuple(dict.fromkeys(filter(None, named)))

    async def tags(self) -> tuple[str, ...]:
        jobs = self._jobs.rows.values()
        return tuple(dict.fromkeys(tag for job in jobs for tag in job.tags))


class FakeOffer:
    def __init__(self, models: tuple[ModelVersion, ...], asked: Asked) -> None:
        self.usual: Alternative | None = None
        self.way = ""
        self._asked = asked
        self.lists = {
            kind: ProductList(
                kind,
                tuple(model for model in models if model.task_type is kind),
                NOW - 60,
                live=True,
            )
            for kind in TaskType
        }

    def models(self, task_type: TaskType) -> tuple[ModelVersion, ...]:
        return self.lists[task_type].models

    def all_models(self) -> dict[TaskType, tuple[ModelVersion, ...]]:
        return {task_type: self.models(task_type) for task_type in TaskType}

    def is_loading(self, task_type: TaskType) -> bool:
        found = self.lists[task_type]
        return found.as_of is None and found.problem is None

    def suggested(self, task_type: TaskType) -> ModelVersion | None:
        return next(iter(self.models(task_type)), None)

    async def check_connection(self) -> None: ...

    async def refresh(self, *task_types: TaskType) -> None:
        self._asked.append(("refresh", *task_types))

    def model_of(self, wanted: Order) -> ModelVersion | None:
        models = self.models(wanted.task_type)
        return next((model for model in models if model.version == wanted.version), None)

    def usual_instead(self, wanted: Order) -> Alternative | None:
        return self.usual

    def instead(self, found: Job) -> tuple[Alternative, ...]:
        return self.alternatives(found.order) if found.state is State.FAILED else ()

    def alternatives(self, wanted: Order) -> tuple[Alternative, ...]:
        models = self.models(wanted.task_type)
        return alternatives(models, wanted.task_type, wanted.model_id, len(wanted.inputs))

    def replacements(self, wanted: Order) -> tuple[Alternative, ...]:
        models, count = self.models(wanted.task_type), len(wanted.inputs)
        return alternatives(models, wanted.task_type, wanted.model_id, count, most=None)


class FakeWishes:
    def __init__(self, asked: Asked, tell: Callable[[Notice], None]) -> None:
        self.preferences = FakePreferences()
        self.gone: tuple[DroppedPreference, ...] = ()
        self._asked = asked
        self._tell = tell

    def dropped(self) -> tuple[DroppedPreference, ...]:
        return self.gone

    async def bring_back(self, dropped: Sequence[DroppedPreference]) -> bool:
        self._asked.append(("bring_back", *(one.task_type for one in dropped)))
        self.gone = ()
        return self.preferences.writable

    async def let_go(self, dropped: Sequence[DroppedPreference]) -> None:
        self._asked.append(("let_go", *(one.task_type for one in dropped)))
        self.gone = ()

    def model_id(self, task_type: TaskType, user: str | None = None) -> str:
        wish = self.preferences.of(user or "default", task_type)
        return wish.model_id if wish else ""

    def preferred(self) -> dict[TaskType, str]:
        return {kind: wish for kind in TaskType if (wish := self.model_id(kind))}

    async def prefer(
        self, task_type: TaskType, model: ModelVersion, user: str | None = None
    ) -> bool:
        self._asked.append(("prefer", task_type, model.model_id))
        if not self.preferences.writable:
            return False
        mine = self.preferences.rows.setdefault(f"user_{user or 'default'}", {})
        mine[task_type] = FakePreference(model.model_id, model.name, model.points[0])
        self._tell(PreferencesChanged())
        return True

    async def unprefer(self, task_type: TaskType, user: str | None = None) -> bool:
        self._asked.append(("unprefer", task_type))
        if not self.preferences.writable:
            return False
        self.preferences.rows.get(f"user_{user or 'default'}", {}).pop(task_type, None)
        self._tell(PreferencesChanged())
        return True


class FakeConnection:
    def __init__(self, asked: Asked) -> None:
        self.has_key = True
        self._asked = asked

    async def set_key(self, key: str, *, keep: str) -> None:
        checked(key)
        self._asked.append(("set_key", key, keep))
        self.has_key = True


class FakeGallery:
    """What the jobs made; verbs on files are noted."""

    def __init__(self, jobs: FakeJobs, asked: Asked, tell: Callable[[Notice], None]) -> None:
        self._jobs = jobs
        self._asked = asked
        self._tell = tell

    async def results(self) -> AsyncIterator[tuple[Result, ...]]:
        rows = sorted(self._jobs.rows.values(), key=lambda one: -one.id)
        for start in range(0, len(rows), 1000):
            yield tuple(r for one in rows[start : start + 1000] for r in results_of(one))

    def expires(self, one: Job) -> float:
        return (one.ended_at or one.updated_at) + 7 * 24 * 3600

    async def cover(self, media: Media) -> str:
        return ""

    async def copy(self, media: Media, written: str) -> Path:
        self._asked.append(("copy", media.path, written))
        return Path(written)

    async def discard(self, job_id: int, index: int) -> Job:
        self._asked.append(("discard", job_id, index))
        before = self._jobs.rows[job_id]
        medias = tuple(
            replace(media, path="") if at == index else media
            for at, media in enumerate(before.medias, 1)
        )
        changed = replace(before, medias=medias, revision=before.revision + 1)
        self._tell(JobChanged(changed))
        return changed


class FakeEngine:
    """What the screens ask the engine for."""

    def __init__(self) -> None:
        self.repair_report: RepairReport | None = None
        self.waiting: tuple[str, float] | None = None


class FakeStudio:
    """Calls its listeners at once, and notes in `asked` what was asked of it."""

    def __init__(
        self,
        jobs: tuple[Job, ...] = (),
        models: tuple[ModelVersion, ...] = LEAVES,
        **settings: object,
    ) -> None:
        self.settings = FakeSettings(**settings)  # type: ignore[arg-type]
        self.clock = FakeClock()
        self.asked: Asked = []
        self.connection = FakeConnection(self.asked)
        self.preferences = FakeWishes(self.asked, self.tell)
        self.guides = Guides(Path("no guides"))
        self.catalogue = FakeOffer(models, self.asked)
        self.jobs = FakeJobs(jobs, self.asked, self.tell)
        self.history = FakeHistory(self.jobs)
        self.gallery = FakeGallery(self.jobs, self.asked, self.tell)
        self.listeners: list[Callable[[Notice], None]] = []
        self.read_only: ImaError | None = None
        self.engine = FakeEngine()
        self.config_editor = None
        self.workflows = Workflows(
            self.jobs,  # type: ignore[arg-type]
            self.catalogue,  # type: ignore[arg-type]
            self.inspect_inputs,
            Path("/dev/null/plans"),
            clock=self.clock,  # type: ignore[arg-type]
            download=False,
        )
        self.workflow_maker = WorkflowMaker(
            self.catalogue,  # type: ignore[arg-type]
            self.preferences,  # type: ignore[arg-type]
            lambda: self.subjects.all,
        )
        self.subjects = Subjects(self.settings, self.clock, self.tell)  # type: ignore[arg-type]
        self.films = Films(self.settings, self.jobs)  # type: ignore[arg-type]
        self.endings = Endings(
            self.workflows,
            self.films,
            self.jobs,  # type: ignore[arg-type]
            self.clock,  # type: ignore[arg-type]
            self.tell,
            lambda: None,
        )

    async def load_stored(self, *task_types: TaskType) -> None:
        pass

    async def begin(self) -> None:
        """All is there from the start."""

    def subscribe(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, notice: Notice) -> None:
        """What the studio does after a commit."""
        if isinstance(notice, JobChanged):
            self.jobs.rows[notice.job.id] = notice.job
        if isinstance(notice, ListChanged):
            self.catalogue.lists[notice.product_list.task_type] = notice.product_list
        for listener in list(self.listeners):
            listener(notice)

    async def inspect_inputs(
        self, model: ModelVersion, sources: Sequence[str]
    ) -> tuple[InputFacts, ...]:
        async with aclosing(InputChecks()) as checks:
            return await checks.inspect(model, sources)


def done(number: int, path: str = "", model: ModelVersion = SEEDREAM, **changes: object) -> Job:
    media = Media("https://ima.example/a.png", format="png", width=640, height=360, path=path)
    return job(number, State.DONE, model, **{"medias": (media,), **changes})


def failed(number: int, kind: str = "error.too_heavy", model: ModelVersion = BANANA_PRO) -> Job:
    return job(number, State.FAILED, model, failure=Failure(kind, "Resource Exhausted"))
