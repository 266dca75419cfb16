"""Free text to an intent: where everything else enters this package.

    text → folded, content hidden (`scan`) → what is asked for (`media`) → roles of inputs
    (`inputs`), models (`models`), parameters, requests, limits → one `Intent` with its evidence

Pure and deterministic: no clock, no network, no file but the vocabulary, which is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ima_tui.core.domain import Medium, TaskType
from ima_tui.intent import questions, second_opinion, tasks
from ima_tui.intent.inputs import gather
from ima_tui.intent.intent import Intent
from ima_tui.intent.kinds import RequestKind
from ima_tui.intent.media import read_media
from ima_tui.intent.models import Catalogue, Known, Preferred
from ima_tui.intent.router import Router
from ima_tui.intent.scan import Scan, scan

_READ_ONCE, _READ_WHOLE = 3000, 1000
"""Characters of the longest text that is read again where the second opinion differs; where a verb
asks, of the longest that it knows more of than a few sentences."""


def route(
    text: str,
    images: Sequence[str] = (),
    catalogue: Catalogue | None = None,
    preferences: Preferred | None = None,
    recommended: Preferred | None = None,
    settled: TaskType | None = None,
    *,
    weighed: bool = True,
) -> Intent:
    """Read `text`, with `images` attached. `weighed`: ask a second opinion. With a catalogue the
    intent also leads to a live model version and its own parameters. `settled`: the task type is
    known already, and nothing about it has to be asked."""
    known = Known(catalogue or {}, preferences or {}, recommended or {}, settled)
    read = scan(text)
    intent = _by_rules(read, images, known)
    if settled is not None:
        return intent
    if not intent.inputs:
        intent = replace(intent, wonders=questions.has_form(read))
    if not weighed:
        return intent

    def read_as(label: str) -> Intent:
        return _by_rules(read, images, replace(known, label=label))

    beliefs = second_opinion.believe(text, intent)
    if len(text) > (_READ_WHOLE if intent.asked else _READ_ONCE):
        return second_opinion.compare(intent, beliefs)
    return second_opinion.weigh(intent, beliefs, read_as)


def by_rules(text: str, images: Sequence[str] = ()) -> Intent:
    """The rules' reading of a part of a text, on which nobody else is asked."""
    return _by_rules(scan(text), images, Known({}, {}, {}))


def _by_rules(read: Scan, images: Sequence[str], known: Known) -> Intent:
    open_ = known.settled is None and not known.label
    if open_ and not images and questions.is_question(read):
        return Intent(RequestKind.QUESTION, medium=questions.asked_about(read))
    inputs = gather(read, images)
    several = known.label == second_opinion.SEVERAL
    asked = read_media(read, len(inputs.sources), several=several)
    intent = Router(read, inputs, asked, known).decide()
    alone = intent.kind is RequestKind.SINGLE and intent.medium is Medium.VIDEO
    if not alone or known.settled is not None or intent.spoken is not None:
        return intent
    text = read.plain.original
    start = tasks.behind_heading(text)
    if start:
        parts = _by_rules(scan(text[start:]), images, known)
        if any(step.uses is not None for step in parts.steps):
            return _shifted(parts, start)
    return intent


def _shifted(intent: Intent, by: int) -> Intent:
    """The reading of what stands `by` characters further on in the whole text."""
    evidence = tuple(
        replace(each, span=(each.span[0] + by, each.span[1] + by)) for each in intent.evidence
    )
    misplaced = tuple(
        replace(each, span=(each.span[0] + by, each.span[1] + by)) for each in intent.misplaced
    )
    spoken = intent.spoken
    moved = None if spoken is None else (spoken[0] + by, spoken[1] + by)
    told = tuple(
        replace(each, span=(each.span[0] + by, each.span[1] + by)) for each in intent.commands
    )
    return replace(intent, evidence=evidence, misplaced=misplaced, spoken=moved, commands=told)
