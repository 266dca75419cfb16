"""Traces of paid jobs outside the ledger: files of results, batch manifests and the log.

Where the ledger, its copies and its trail are lost, these still name what was sent. A restore puts
such jobs back as far as they are known: done with their files, or to be asked for again by their
task id, or needing review. They are never sent again: neither by this package nor, because they
keep their intent, by a rerun of their batch.

Log lines and sidecars belong to a ledger by a tag made of its path: profiles share folders.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ima_tui.core import atomic_file, labels
from ima_tui.core.domain import UNKNOWN_RULE, Media, Order, Outcome, State, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line
from ima_tui.ledger import task_ids
from ima_tui.ledger.records import ENDED

FROM = "waiting.from_"
"""Message keys of why a job's facts are incomplete; the source follows."""
MOST_FILES = 40_000
MOST_FOLDERS = 1_000
MOST_NOTED = 5_000
LARGEST_SIDECAR = 256 * 1024
LARGEST_MANIFEST = 64 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
LARGEST_NUMBER = 2**53
_QUEUED = re.compile(
    r"queued (?:\(again\) )?(\w+) (.{1,200}?) x(\d{1,4}), (\d{1,9}) points"
    r"(?: intent (\S{1,100}))?(?: ledger ([0-9a-f]{8}))?"
    r'(?: project ("(?:[^"\\]|\\.){1,400}"))?(?: client ("(?:[^"\\]|\\.){1,400}"))?'
)
_STEP = re.compile(r"\w+ -> (\w+)")
_TASK = re.compile(r" task (\S{1,200})")
_INDEX = re.compile(r"-(\d{1,4})\.\w{1,8}\.json$")


@dataclass(frozen=True, slots=True)
class Places:
    """Where traces are: the log folder, and the folders of results."""

    logs: Path | None = None
    results: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A job as far as a source knows it. `number`: its id in the lost ledger; 0: unknown."""

    source: str
    state: State
    order: Order
    made: float
    task_id: str = ""
    medias: tuple[Media, ...] = ()
    number: int = 0
    intent: str = ""
    sent_at: float | None = None


@dataclass(slots=True)
class Found:
    """Everything found.

    `loose`: how many jobs the log began and did not end; more may have been sent than is known.
    """

    traces: list[Trace] = field(default_factory=list)
    loose: int = 0

    def __bool__(self) -> bool:
        return bool(self.traces or self.loose)


def tag_of(ledger: Path) -> str:
    """Return the mark of this ledger's lines in the log."""
    return sha256(os.fsencode(ledger.absolute())).hexdigest()[:8]


def collect(ledger: Path, places: Places | None) -> Found:
    """Return every job that any source knows, each once."""
    found = Found()
    if places is None:
        return found
    tag = tag_of(ledger)
    files, ours = _results(ledger, places)
    by_task: dict[str, Trace] = {}
    logged = list(_logged(places.logs, tag, found)) if places.logs is not None else []
    for trace in (*_listed(ledger), *logged, *ours):
        known = by_task.get(trace.task_id) if trace.task_id else None
        if known is not None and known.intent and trace.intent not in ("", known.intent):
            continue  # two rows can't have one task
        if known is not None:
            intent, number = known.intent or trace.intent, known.number or trace.number
            by_task[trace.task_id] = replace(known, intent=intent, number=number)
        elif trace.task_id:
            by_task[trace.task_id] = _with_files(trace, files.get(trace.task_id))
        else:
            found.traces.append(trace)
    found.traces += by_task.values()
    found.traces.sort(key=lambda trace: (trace.made, trace.number))
    return found


def _with_files(trace: Trace, file: Trace | None) -> Trace:
    """A job whose results are here is done, whatever else its source could say."""
    if file is None or trace is file:
        return trace
    state = trace.state if trace.state in ENDED - {State.NEEDS_REVIEW} else State.DONE
    here = any(media.path for media in trace.medias)
    order = trace.order if trace.order.prompt else replace(
        file.order, n=max(trace.order.n, file.order.n)
    )  # fmt: skip
    return replace(trace, state=state, medias=trace.medias if here else file.medias, order=order)


# ------------------------------------------------------------------------------ known places


def note(ledger: Path, kind: str, path: Path) -> None:
    """Remember a manifest or a folder of results, in a file beside the ledger that outlives it."""
    line = json.dumps({kind: str(path.absolute())})
    with suppress(OSError):
        if line not in _noted(ledger):
            handle = os.open(_notes(ledger), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(handle, line.encode() + b"\n")
                atomic_file.sync(handle)
            finally:
                os.close(handle)


def _notes(ledger: Path) -> Path:
    return ledger.with_name("places.jsonl")


def _noted(ledger: Path) -> list[str]:
    try:
        return _notes(ledger).read_text("utf-8", "replace").splitlines()[-MOST_NOTED:]
    except OSError:
        return []


def _named(ledger: Path, kind: str) -> Iterator[Path]:
    for line in dict.fromkeys(_noted(ledger)):
        facts = _object(line)
        if isinstance(path := facts.get(kind), str) and path.startswith("/"):
            yield Path(path)


# ----------------------------------------------------------------------------------- results


def _results(ledger: Path, places: Places) -> tuple[dict[str, Trace], list[Trace]]:
    """Return the jobs of all sidecars by task id, and those that are certainly this ledger's.

    Version 0.1.0 wrote no tag: such a file may be another profile's, and only adds to what is known
    of its task.
    """
    found: dict[str, list[tuple[int, Path, dict[str, object]]]] = {}
    named = dict.fromkeys((*places.results, *_named(ledger, "results")))
    for folder in (each for one in named for each in (one, *_folders_in(one))):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in itertools.islice(entries, MOST_FILES):
                if entry.name.endswith(".json") and (facts := sidecar(Path(entry.path))):
                    place = _index(entry.name, facts), Path(entry.path), facts
                    found.setdefault(one_line(facts["task_id"], 200), []).append(place)
    made = {task: trace for task, files in found.items() if (trace := _made(task, files))}
    tag = tag_of(ledger)
    return made, [made[task] for task in made if found[task][0][2].get("ledger") == tag]


def _folders_in(folder: Path) -> list[Path]:
    """Return the folders of projects, or whatever else is in a folder of results."""
    try:
        with os.scandir(folder) as entries:
            few = itertools.islice(entries, MOST_FILES)
            found = [Path(each.path) for each in few if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(found)[:MOST_FOLDERS]


def _index(name: str, facts: Mapping[str, object]) -> int:
    """Return which of the job's results it is; older sidecars have it in their names alone."""
    index, found = facts.get("index"), _INDEX.search(name)
    if isinstance(index, int) and 0 < index < 10_000:
        return index
    return int(found[1]) if found else 1


def sidecar(path: Path) -> dict[str, object]:
    """Return a sidecar's facts; none where it is no sidecar."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SIDECAR:
            return {}
        facts = _object(path.read_text("utf-8", "replace"))
    except OSError:
        return {}
    return facts if isinstance(facts.get("task_id"), str) and facts["task_id"] else {}


def _made(task_id: str, files: list[tuple[int, Path, dict[str, object]]]) -> Trace | None:
    files.sort()
    medias = []
    for _, path, facts in files:
        result = path.with_suffix("")  # the sidecar's name is the result's and `.json`
        here = str(result.absolute()) if result.is_file() else ""
        medias.append(replace(_media(facts), format=result.suffix[1:], path=here))
    order = order_of({**files[0][2], "credit": files[0][2].get("points"), "n": len(files)})
    if order is None:
        return None
    moment = time.time()
    with suppress(OSError):  # removed meanwhile
        moment = min(moment, files[0][1].stat().st_mtime)
    return Trace("result", State.DONE, order, moment, task_id, tuple(medias), sent_at=moment)


# --------------------------------------------------------------------------------- manifests


def _listed(ledger: Path) -> Iterator[Trace]:
    """Yield the last known state of every row of the noted manifests."""
    rows: dict[str, Trace] = {}
    for path in _named(ledger, "manifest"):
        with suppress(OSError):
            if not path.is_file() or path.stat().st_size > LARGEST_MANIFEST:
                continue
            made = path.stat().st_mtime
            with path.open("rb") as handle:
                while written := handle.readline(LONGEST_LINE):
                    trace = _row(_object(written.decode("utf-8", "replace")), made)
                    known = rows.get(trace.intent) if trace is not None else None
                    if trace is not None and (trace.task_id or known is None or not known.task_id):
                        rows[trace.intent] = trace
    yield from rows.values()


def _row(line: dict[str, object], made: float) -> Trace | None:
    intent, known, order = line.get("intent"), outcome_of(line), order_of(line)
    if not isinstance(intent, str) or not intent or known is None or order is None:
        return None
    state = State.TIMED_OUT if known.state is State.RUNNING else known.state
    unsent = state in (State.FAILED, State.STOPPED) and not known.task_id
    at = known.sent_at or made
    return Trace(
        "manifest",
        state,
        order,
        at,
        known.task_id,
        known.medias,
        _whole(line.get("job_id")) or 0,
        intent,
        None if unsent else at,
    )


def outcome_of(line: dict[str, object]) -> Outcome | None:
    """Return the outcome in a manifest's line as far as it is valid: a task id, or an end."""
    task_id, status = line.get("task_id"), line.get("status")
    task_id = one_line(task_id, 200) if isinstance(task_id, str) else ""
    try:
        state = State(str(status))
    except ValueError:
        state = State.RUNNING
    if state not in ENDED:
        state = State.RUNNING
    if state is State.RUNNING and not task_id:
        return None
    medias = tuple(map(_media, _objects(line.get("medias"))))
    moments = [each.get("at") for each in _objects(line.get("attempts"))]
    at = next((each for each in moments if isinstance(each, int | float)), None)
    return Outcome(state, task_id, medias, float(at) if at is not None else None)


# --------------------------------------------------------------------------------------- log


@dataclass
class _Logged:
    """One job of the log. `state`: the last one that was logged.

    `mixed`: another profile's job of this number was under way at the same time, so that nobody
    knows whose the lines are; a task id is not believed then.
    """

    order: Order
    number: int
    queued: float
    intent: str
    tag: str
    state: str = "queued"
    sent_at: float | None = None
    task_id: str = ""
    mixed: bool = False


def _logged(logs: Path, tag: str, found: Found) -> Iterator[Trace]:
    """Yield what was sent according to this ledger's lines of the log."""
    for job in _jobs_of(logs):
        if job.tag != tag:
            continue
        state = _STATES.get(job.state)
        if job.mixed:
            state = State.NEEDS_REVIEW if job.sent_at is not None else None
        if state is None or not (job.task_id or state is State.NEEDS_REVIEW):
            found.loose += job.mixed or job.state not in _SETTLED
            continue
        found.loose += job.state not in _SETTLED
        yield Trace(
            "log",
            state,
            job.order,
            job.queued,
            "" if job.mixed else job.task_id,
            number=job.number,
            intent=job.intent,
            sent_at=job.sent_at or job.queued,
        )


_SETTLED = frozenset({"failed", "stopped", "forgotten", "done"})
_STATES = {
    "sending": State.NEEDS_REVIEW,
    "unknown": State.NEEDS_REVIEW,
    "running": State.TIMED_OUT,
    "parked": State.TIMED_OUT,
    "fetching": State.TIMED_OUT,
    "done": State.TIMED_OUT,
    "failed": State.FAILED,
    "stopped": State.STOPPED,
    "forgotten": State.FORGOTTEN,
}
"""What a job is that was last logged in a state. The log has no links: a done job is asked for
again, which is free."""


def _jobs_of(logs: Path) -> list[_Logged]:
    """Return every profile's jobs; lines after the first name a job by its number only."""
    jobs: list[_Logged] = []
    newest: dict[int, _Logged] = {}
    for line in task_ids.log_lines(logs):
        if (parts := task_ids.LINE.match(line)) is None:
            continue
        at, number = datetime.fromisoformat(parts[1]).timestamp(), int(parts[2])
        before, began = newest.get(number), _begun(number, at, parts[3])
        if began is not None:
            if before is not None and before.tag != began.tag and before.state not in _SETTLED:
                before.mixed = began.mixed = True
            newest[number] = began
            jobs.append(began)
        elif before is not None and (step := _STEP.match(parts[3])):
            before.state = step[1]
            before.sent_at = at if step[1] == "sending" else before.sent_at
            before.task_id = task[1] if (task := _TASK.search(parts[3])) else before.task_id
    return jobs


def _begun(number: int, at: float, words: str) -> _Logged | None:
    said = _QUEUED.match(words)
    if said is None:
        return None
    n, points = int(said[3]), int(said[4])
    facts = {"task_type": said[1], "model_id": said[2], "n": n, "credit": points // max(n, 1)}
    facts |= {"project": _text(said[7]), "client": _text(said[8])}
    order = order_of(facts)
    return None if order is None else _Logged(order, number, at, said[5] or "", said[6] or "")


# ------------------------------------------------------------------------- facts from outside


def order_of(facts: dict[str, object]) -> Order | None:
    """Return the order in a manifest's line or a sidecar; None where that says too little."""
    try:
        task_type = TaskType(str(facts.get("task_type")))
    except ValueError:
        return None
    model = one_line(facts.get("model_id") or "", 200)
    settings = facts.get("parameters")
    chosen = settings.items() if isinstance(settings, dict) else ()
    prompt = facts.get("prompt")
    return Order(
        task_type,
        model,
        one_line(facts.get("model_version") or "", 200),
        one_line(facts.get("model_name") or model, 200),
        clean(prompt, 100_000) if isinstance(prompt, str) else "",
        min(max(_whole(facts.get("n")) or 1, 1), 1000),
        tuple((one_line(k, 100), v) for k, v in chosen if isinstance(v, str | int | float)),
        UNKNOWN_RULE,
        min(max(_whole(facts.get("credit")) or 0, 0), 10**9),
        project=labels.shortened(facts.get("project")),
        client=labels.shortened(facts.get("client")),
    )


def _text(quoted: str | None) -> str:
    """Return a name from the log, which quotes it as JSON does."""
    try:
        return str(json.loads(quoted)) if quoted else ""
    except ValueError:
        return ""


def _media(facts: dict[str, object]) -> Media:
    def text(name: str) -> str:
        value = facts.get(name)
        return value if isinstance(value, str) else ""

    return Media(
        text("url"),
        text("cover"),
        text("format"),
        _whole(facts.get("width")),
        _whole(facts.get("height")),
        text("duration"),
        text("path"),
    )


def _whole(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and abs(value) < LARGEST_NUMBER else None  # type: ignore[arg-type,return-value]


def _object(written: str) -> dict[str, object]:
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _objects(found: object) -> list[dict[str, object]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
