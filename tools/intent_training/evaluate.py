"""Figures of the classifier alone and beside the rules, on cases left out of the training."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from ima_tui.intent.classifier import LABELS
from ima_tui.intent.decision_json import decision_json
from ima_tui.intent.route import route
from intent_training import fit, judged
from intent_training.nouns import MEDIA
from intent_training.prompts import Prompt, prompts

Made = tuple[csr_matrix, np.ndarray]
VETOES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 99.0)
RESCUE = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: the label that is right, the rules' and the classifier's, and its margin."""

    truth: str
    rules: str
    guess: str
    margin: float
    text: str = ""


def run(made: Made, repeats: int, seed: int, outcomes_file: Path | None = None) -> None:
    held_out(fit.fit(*made), seed)
    outcomes: list[Outcome] = []
    sets = judged.sets()
    for name, left_out in sets.items():
        others = [case for other, each in sets.items() if other != name for case in each]
        rows, labels = fit.together([made, *[fit.matrix(others)] * repeats])
        found = list(judge(left_out, fit.fit(rows, labels)))
        right = sum(each.guess == each.truth for each in found)
        print(f"{name:<12} {right / len(found):6.1%} of {len(found)}", flush=True)
        outcomes += found
    if outcomes_file is not None:
        outcomes_file.write_text(json.dumps([asdict(each) for each in outcomes]), "utf-8")
    classes(outcomes)
    table(outcomes)
    for each in outcomes:
        if each.guess != each.truth:
            print(f"{each.truth:>8} read as {each.guess:<8} {each.margin:4.1f}  {each.text[:90]!r}")


def judge(cases: Sequence[Prompt], model: tuple[np.ndarray, np.ndarray]) -> Iterable[Outcome]:
    rows, _ = fit.matrix(cases)
    for case, scores in zip(cases, fit.scores(rows, *model), strict=True):
        order = np.argsort(-scores, kind="stable")
        yield Outcome(
            case.label,
            rules_label(case),
            LABELS[order[0]],
            float(scores[order[0]] - scores[order[1]]),
            case.text,
        )


def rules_label(case: Prompt) -> str:
    """What the rules say without the classifier."""
    images = [f"{number}.png" for number in range(case.images)]
    return judged.label_of(decision_json(case.text, route(case.text, images))) or "ask"


def held_out(model: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    """Generated prompts of another seed, by kind: the grammar knows them, so they flatter."""
    cases = list(prompts(3000, seed))
    rows, labels = fit.matrix(cases)
    right = fit.scores(rows, *model).argmax(1) == labels
    kinds: dict[str, list[bool]] = defaultdict(list)
    for case, each in zip(cases, right, strict=True):
        kinds[case.kind].append(bool(each))
    print("generated, another seed:", {k: f"{np.mean(v):.1%}" for k, v in sorted(kinds.items())})


def classes(outcomes: Sequence[Outcome]) -> None:
    """Precision and recall of the classifier, label by label."""
    said = Counter(each.guess for each in outcomes)
    true = Counter(each.truth for each in outcomes)
    both = Counter(each.truth for each in outcomes if each.guess == each.truth)
    print(f"all: classifier {sum(both.values()) / len(outcomes):.1%}, "
          f"rules {np.mean([each.rules == each.truth for each in outcomes]):.1%}")  # fmt: skip
    for label in LABELS:
        if true[label]:
            precision = both[label] / max(1, said[label])
            print(f"  {label:<9} precision {precision:.0%} recall {both[label] / true[label]:.0%}")


def table(outcomes: Sequence[Outcome]) -> None:
    """Right, silently wrong and asked for each veto threshold, with the rescue."""
    together = [each for each in outcomes if each.rules == each.guess]
    wrong = sum(each.truth != each.rules for each in together)
    print(
        f"rules and classifier agree on {len(together) / len(outcomes):.1%}, {wrong} of them wrong"
    )
    print("veto from |  right | silently wrong | asked needlessly | asked | right or asked")
    for veto in VETOES:
        ends = Counter(end(each, veto) for each in outcomes)
        count = len(outcomes)
        name = "never" if veto > 50 else f"{veto:.1f}"
        print(
            f"{name:>9} | {ends['right'] / count:6.1%} | {ends['wrong'] / count:14.1%} |"
            f" {ends['needless'] / count:16.1%} |"
            f" {(ends['needless'] + ends['needed']) / count:5.1%} |"
            f" {1 - ends['wrong'] / count:14.1%}"
        )


def end(case: Outcome, veto: float) -> str:
    """What the user gets: right, silently wrong, a needless question, a needed one."""
    label = case.rules
    if label == "ask" and case.guess in MEDIA and case.margin >= RESCUE:
        label = case.guess
    elif label != case.guess and case.margin >= veto:
        return "needed" if case.truth == "ask" else "needless"
    if label == "ask":
        return "needed" if case.truth == "ask" else "needless"
    return "right" if label == case.truth else "wrong"
