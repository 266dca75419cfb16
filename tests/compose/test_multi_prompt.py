"""Several entries of one text: each is read and priced for itself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from beliefs import torn

from ima_tui.catalogue import choice, tree
from ima_tui.compose import prompt_text
from ima_tui.compose.composer import KIND, MODEL, Composer
from ima_tui.compose.prompt_text import MultiPrompt
from ima_tui.core.domain import ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.intent import second_opinion
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import route
from ima_tui.sandbox.products import SandboxCatalogue

Lists = Mapping[TaskType, tuple[ModelVersion, ...]]


@pytest.fixture(scope="module")
def lists() -> Lists:
    offered = SandboxCatalogue()
    return {kind: tree.models(offered.tree(kind.value, "en"), kind) for kind in TaskType}


@pytest.fixture
def composer(lists: Lists) -> Composer:
    composer = Composer()
    composer.catch_up(
        lists[composer.task_type],
        choice.default_model(lists[composer.task_type], composer.task_type),
    )
    return composer


def planned(composer: Composer, lists: Lists, text: str, *, by_lines: bool = False) -> MultiPrompt:
    return prompt_text.plan(
        composer,
        prompt_text.rows(text, by_lines=by_lines),
        lambda words, composer: route(words, composer.attached, lists, settled=composer.settled),
        lambda kind: choice.default_model(lists[kind], kind),
    )


@pytest.mark.parametrize("text", ["", "  \n ", "a fox", "a {fox}", "a fox\na bear"])
def test_one_wish_is_not_taken_apart(text: str) -> None:
    assert prompt_text.rows(text, by_lines=False) == ()


def test_variants_are_read_for_themselves(composer: Composer, lists: Lists) -> None:
    found = planned(composer, lists, "画一只{红|蓝}狐狸，{16:9|9:16}")
    sizes = [dict(entry.order.parameters)["size"] for entry in found.entries if entry.order]
    assert sizes[:2] == sizes[2:]
    assert sizes[0] != sizes[1]
    assert found.entries[0].row.prompt == "画一只红狐狸，16:9"
    assert (len(found.entries), found.total, found.bad) == (4, 20, ())


def test_each_line_has_its_own_kind_and_model(composer: Composer, lists: Lists) -> None:
    text = "draw a fox\n\na 10s video of a puppy with Kling O1\nread aloud: Good evening"
    found = planned(composer, lists, text, by_lines=True)
    orders = [entry.order for entry in found.entries if entry.order]
    assert [order.task_type for order in orders] == [
        TaskType.TEXT_TO_IMAGE,
        TaskType.TEXT_TO_VIDEO,
        TaskType.TEXT_TO_SPEECH,
    ]
    assert orders[1].model_id == "kling-video-o1"
    assert orders[2].prompt == "Good evening"
    assert composer.task_type is TaskType.TEXT_TO_IMAGE  # it was tried on copies


def test_what_was_chosen_by_hand_holds_for_all(composer: Composer, lists: Lists) -> None:
    midjourney = next(
        model for model in lists[composer.task_type] if model.model_id == "midjourney"
    )
    composer.take(midjourney)
    composer.pins.hold(KIND, MODEL)
    found = planned(composer, lists, "a fox\na video of a bear", by_lines=True)
    assert {entry.order.model_id for entry in found.entries if entry.order} == {"midjourney"}


def test_what_cannot_be_sent_says_why(composer: Composer, lists: Lists) -> None:
    text = "draw a fox\nalways use Midjourney\n把这张图做成视频\na fox picture, then a video of it"
    found = planned(composer, lists, text, by_lines=True)
    keys = [entry.problem.key if entry.problem else "" for entry in found.entries]
    assert keys[0] == ""
    assert keys[1] == "compose.one_is_a_preference"
    assert keys[2] == "compose.one_needs_input"
    assert keys[3] == "compose.one_is_a_workflow"


def test_questions_and_unsure_rows_are_never_sent(
    composer: Composer, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = second_opinion.believe

    def at_times(text: str, intent: Intent) -> second_opinion.Beliefs | None:
        return torn(text, intent) if "wave" in text else known(text, intent)

    monkeypatch.setattr(second_opinion, "believe", at_times)
    text = "draw a fox\nhow much does a video cost?\ndraw a wave"
    found = planned(composer, lists, text, by_lines=True)
    keys = [entry.problem.key if entry.problem else "" for entry in found.entries]
    assert keys == ["", "compose.one_is_a_question", "compose.one_needs_medium"]


def test_too_many_are_told() -> None:
    with pytest.raises(UsageError):
        prompt_text.rows("\n".join(["a fox"] * (prompt_text.MOST + 1)), by_lines=True)
    with pytest.raises(UsageError):
        prompt_text.rows("{a|b|c|d|e|f}" * 4, by_lines=False)


def test_the_first_line_is_what_the_screen_reads() -> None:
    assert prompt_text.first_line("\n  a fox\na bear", by_lines=True) == "\n  a fox"
    assert prompt_text.first_line("a fox\na bear", by_lines=False) == "a fox\na bear"
