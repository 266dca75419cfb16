"""Text of a workflow: rows of its graph, details of a step, the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from textual.content import Content

from ima_tui.compose import draft as drafting
from ima_tui.compose import parameter_names
from ima_tui.core.domain import (
    Draft,
    Event,
    Job,
    ModelVersion,
    State,
)
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, duration, one_line
from ima_tui.film.assembler import shortcomings
from ima_tui.i18n import explain, joined, say
from ima_tui.studio.endings import Ending, Stage
from ima_tui.tui.theme.glyphs import MEDIUM_ROLE, STATE_ROLE, Glyphs
from ima_tui.tui.widgets import job_text as words
from ima_tui.tui.widgets.cells import steady
from ima_tui.tui.widgets.lines import Part
from ima_tui.tui.widgets.price_text import usual_time
from ima_tui.workflow.lanes import Lanes, lanes
from ima_tui.workflow.sources import result_of
from ima_tui.workflow.status import StepStatus, WorkflowStatus
from ima_tui.workflow.steps import WorkflowStep, takes

MOST_SETTINGS = 6
PROMPT_LIMIT = 1200


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: its place among the lanes, its sign, and two lines of words."""

    id: int
    lanes: Lanes
    sign: Part
    tag: Part
    title: str
    prompt: str
    told: str
    state: Part
    points: Part


def rows(status: WorkflowStatus, now: float, glyphs: Glyphs) -> tuple[StepRow, ...]:
    """Return the rows of the graph."""
    drawn = lanes(status.workflow.steps, ascii_only=glyphs.ascii)
    return tuple(
        _row(each, lane, now, glyphs) for each, lane in zip(status.steps, drawn, strict=True)
    )


def _row(each: StepStatus, lane: Lanes, now: float, glyphs: Glyphs) -> StepRow:
    step, job = each.step, each.job
    sign = glyphs.state(job.state) if job else glyphs.planned
    state = _state(each, now)
    medium = step.task_type.medium
    return StepRow(
        id=step.id,
        lanes=lane,
        sign=("!" if state[1] == "bad" and job is None else sign, state[1]),
        tag=(say(f"task.tag_{medium}"), MEDIUM_ROLE[medium]),
        title=steady(step.title or step.prompt),
        prompt=steady(one_line(step.prompt, PROMPT_LIMIT)),
        told=steady(f" {glyphs.dot} ".join([step.model_name, *_settings(step), *_sources(step)])),
        state=state,
        points=(str(step.total), "muted" if each.is_done else "text"),
    )


def _settings(step: WorkflowStep) -> list[str]:
    told = parameter_names.settings(step.chosen, 24)
    return [*told[:MOST_SETTINGS], *([f"×{step.n}"] if step.n > 1 else [])]


def _sources(step: WorkflowStep) -> list[str]:
    """What it is made of, and what it waits for."""
    found: list[str] = []
    for source in step.inputs:
        made = result_of(source)
        name = one_line(source.rpartition("/")[2], 24)
        found.append(say("workflow.of_step", id=made[0]) if made else name)
    if step.after:
        found.append(say("workflow.after_step", id=step.after))
    return list(dict.fromkeys(found))


def _state(each: StepStatus, now: float) -> Part:
    """Where it stands in few words, and the role it is said in."""
    job = each.job
    if job is None:
        if each.priced.problem is not None:
            return say("workflow.lacks"), "bad"
        return ("", "muted") if not each.blocked else (say("workflow.blocked"), "muted")
    role = "warn" if job.needs_approval else STATE_ROLE[job.state]
    state = say(f"state.{words.state_name(job)}")
    if job.state in words.MOVING:
        return f"{state} {_time(job, now)}", role
    if job.state is State.DONE:
        return f"{state} {duration(job.elapsed(now))}", role
    # which step it waits for is said beside its model, by the number that steps have here
    is_plain = job.needs_approval or job.waiting == "waiting.after"
    waiting = "" if is_plain else words.waiting_words(job, short=True)
    return waiting or state, role


def _time(job: Job, now: float) -> str:
    so_far = duration(words.stepped(job.elapsed(now)))
    estimate = job.order.estimate
    return so_far if estimate is None else f"{so_far}/{duration(estimate.high)}"


# ------------------------------------------------------------------------------- one in detail


def headline(step: WorkflowStep) -> str:
    """Return the number, the task type and the model of a step."""
    return f"{step.id}  {say(f'task.{step.task_type}')} · {step.model_name}"


def detail(
    each: StepStatus, now: float, happened: Sequence[Event] = (), folder: Path | None = None
) -> Content:
    """Everything about one step; `happened`: the timeline of its job. Files in `folder` are named
    without it."""
    step, job = each.step, each.job
    lines = [Content.styled(_cost(step), "$muted")]
    problem = each.priced.problem
    if problem is not None and (job is None or each.failed):
        told = say(problem.key, **drafting.spoken(each.priced.model, problem))
        lines.append(Content.styled(told, "$bad"))
    if job is not None:
        sentence, role = words.status_sentence(job, now)
        if sentence:
            lines.append(Content.styled(sentence, f"${role}"))
        lines += [
            Content.styled(words.result_words(media, folder), "$info") for media in job.medias
        ]
    lines += [Content.styled(line, "$muted") for line in _labelled(each)]
    lines.append(Content(steady(clean(step.prompt, PROMPT_LIMIT)) or say("workflow.no_prompt")))
    lines += [Content.styled(words.event_words(event, now), "$muted") for event in happened]
    return Content("\n").join(lines)


def _cost(step: WorkflowStep) -> str:
    points = say("compose.points", points=step.total)
    if step.estimate is None:
        return points
    return f"{points} · {say('compose.usually', time=usual_time(step.estimate))}"


def _labelled(each: StepStatus) -> list[str]:
    model = each.priced.model
    told: list[str] = []
    for name, value in each.step.chosen:
        shown = say("compose.on" if value else "compose.off") if isinstance(value, bool) else value
        told.append(f"{drafting.label(model, name)} {one_line(shown, 60)}")
    if each.step.n > 1:
        told.append(f"{say('compose.count')} {each.step.n}")
    return [" · ".join([*told, *_sources(each.step)])] if told or each.step.needs else []


# ---------------------------------------------------------------------------------- the total


def total(status: WorkflowStatus) -> tuple[list[Part], list[Part]]:
    """What all of it costs and how long it takes; right what is still to be paid."""
    workflow = status.workflow
    left: list[Part] = [(" " + say("compose.points", points=workflow.total), "title")]
    left.append((f"   {say('workflow.steps', n=len(workflow.steps))}", "text"))
    estimate = takes(workflow)
    if estimate is not None:
        usual = say("compose.usually", time=usual_time(estimate))
        left.append((f"   {usual}", "muted"))
    return left, [(_left_to_do(status) + " ", "text")]


def _left_to_do(status: WorkflowStatus) -> str:
    if status.is_done:
        return say("workflow.all_done")
    if status.moving:
        done = sum(each.is_done for each in status.steps)
        return say("workflow.under_way", done=done, n=len(status.steps))
    points = status.to_pay(again=True)
    return say("workflow.left_to_pay", points=points) if status.begun else ""


def film_sentence(status: WorkflowStatus, keys: Mapping[str, str], *, made: bool) -> str:
    """Return what can be done about the workflow's film now, or ""; `keys`: those of `run` and
    `assemble`. `made`: a film is on the disk."""
    film, points = status.workflow.film, status.to_pay(again=True)
    if film is None:
        ends = status.is_done and status.workflow.finish
        return say("finish.make", assemble=keys["assemble"]) if ends else ""
    if status.is_done:
        return say("board.done" if made else "board.make_film", **keys)
    master = [each for each in status.steps if each.step.id == film.master and each.is_done]
    if not master or status.moving or not points:
        return ""
    return say("workflow.master_made", id=film.master, points=points, run=keys["run"])


def ending_sentence(ending: Ending, stop: str, *, is_film: bool) -> str:
    """Return what is being done about a workflow's end; `stop`: the key that stops it."""
    match ending.stage:
        case Stage.FILES:
            return say("board.downloading", n=ending.files_missing)
        case Stage.ELSEWHERE:
            return say("board.elsewhere", stop=stop)
    return say("board.assembling", stop=stop) if is_film else say("finish.begins")


def ended_sentence(ending: Ending) -> tuple[str, str]:
    """Return what has to be said about an end that is over, and the role it is said in."""
    if ending.error is not None:
        return explain(ending.error), "bad"
    if ending.film is not None:
        return shortcomings(ending.film.facts or {}), "warn"
    again = [say("finish.repeated", n=each.repeats) for each in ending.files if each.repeats]
    paths = ", ".join(one_line(each.path, 300) for each in ending.files)
    return (joined(say("finish.saved", path=paths), *again) if paths else ""), "ok"


def summary(status: WorkflowStatus) -> str:
    """A workflow in a few words, for the list of workflows."""
    if status.is_done:
        return say("workflow.all_done")
    return _left_to_do(status) or say("workflow.not_run")


def step_of(step: WorkflowStep, model: ModelVersion, draft: Draft) -> WorkflowStep:
    """The step as it was shaped, on `model`."""
    return replace(
        step,
        task_type=model.task_type,
        prompt=draft.prompt,
        model_id=model.model_id,
        version=model.version,
        model_name=model.name,
        chosen=draft.chosen,
        n=draft.n,
        inputs=draft.inputs,
    )


def problems(statuses: Sequence[StepStatus]) -> tuple[StepStatus, ...]:
    """The steps that can't be sent as they are."""
    return tuple(
        each
        for each in statuses
        if each.priced.problem is not None and (each.job is None or each.failed)
    )
